// How the numbers of one example lie in a graph by other hands, and the nodes that bring them into our order, [C, H,
// W], and back.

import { int, type Nodes } from './nodes.js';
import { refused, undecided } from './refusals.js';

export type Order = 'CHW' | 'HWC';

export interface ImageForm {
  readonly kind: 'image';
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** A fourth channel says how opaque each pixel is. */
  readonly alpha: boolean;
  readonly order: Order;
}

/** Coordinates of the plane, or of a space. */
export interface PointForm {
  readonly kind: 'point';
  readonly size: number;
}

export type ExampleForm = ImageForm | PointForm;

export interface ImageSize {
  readonly width: number;
  readonly height: number;
  /** 4 with one for transparency. */
  readonly channels: 1 | 3 | 4;
}

export interface FormHints {
  readonly image?: ImageSize | undefined;
  readonly order?: Order | undefined;
  /** The program that wrote the graph. */
  readonly producer: string;
}

/** Null for what is neither. @throws GanymedeError IMPORT_UNDECIDED, GRAPH_REFUSED */
export function formOfRow(row: readonly number[], hints: FormHints): { form: ExampleForm; because: string } | null {
  const long = row.filter((dim) => dim !== 1);
  const dims = row.length > 3 ? row.slice(row.findIndex((dim) => dim !== 1)) : row;
  if (hints.image) return asTold(row, hints.image, hints);
  if (long.length <= 1) return flat(long[0] ?? 1, hints);
  if (dims.length === 2) return image(dims[1]!, dims[0]!, 1, 'CHW', `[H, W] of ${dims.join('×')}`);
  return dims.length === 3 ? threeDims(dims as [number, number, number], hints) : null;
}

function threeDims(dims: readonly [number, number, number], { order }: FormHints) {
  const [first, middle, last] = dims;
  const may: Record<Order, boolean> = {
    CHW: isChannels(first) && middle > 1 && last > 1,
    HWC: isChannels(last) && first > 1 && middle > 1,
  };
  const both = may.CHW && may.HWC;
  const square: Record<Order, boolean> = { CHW: middle === last, HWC: first === middle };
  const chosen =
    order ?? (both ? (square.CHW === square.HWC ? undefined : square.CHW ? 'CHW' : 'HWC') : may.CHW ? 'CHW' : 'HWC');
  if (!may.CHW && !may.HWC) return null;
  if (chosen === undefined)
    throw undecided(`[${dims.join(', ')}] may be channels first or last.`, '--layout CHW or --layout HWC');
  const because = `${chosen === 'CHW' ? 'channels first' : 'channels last'}: [${dims.join(', ')}]`;
  if (chosen === 'CHW') return image(last, middle, first, 'CHW', because);
  return image(middle, first, last, 'HWC', because);
}

function isChannels(count: number): count is 1 | 3 | 4 {
  return count === 1 || count === 3 || count === 4;
}

/** Up to so many numbers in a row are coordinates; up to the next bound they may be either. */
const [POINT, SMALL_IMAGE] = [16, 64];

function flat(size: number, hints: FormHints) {
  if (size <= POINT)
    return { form: { kind: 'point', size } as const, because: `${size} numbers are too few for an image` };
  const side = Math.sqrt(size);
  if (Number.isInteger(side)) {
    if (size > SMALL_IMAGE) return image(side, side, 1, 'CHW', `${size} = ${side}² numbers in a row`);
    throw undecided(
      `${size} numbers in a row may be a point or an image.`,
      `--image ${side}x${side}x1, or --image point`,
    );
  }
  const coloured = Math.sqrt(size / 3);
  if (Number.isInteger(coloured)) {
    const order = flatOrder(hints, size);
    return image(
      coloured,
      coloured,
      3,
      order,
      `${size} = 3 · ${coloured}² numbers in a row, as ${hints.producer || 'said'} lays them out: ${order}`,
    );
  }
  if (size <= SMALL_IMAGE)
    return { form: { kind: 'point', size } as const, because: `${size} numbers make no square image` };
  return null;
}

function flatOrder({ order, producer }: FormHints, size: number): Order {
  if (order) return order;
  if (/torch/i.test(producer)) return 'CHW';
  if (/tf2onnx|keras|tensorflow|tfjs/i.test(producer)) return 'HWC';
  throw undecided(
    `${size} numbers in a row may be an image with its channels first or last.`,
    '--layout CHW or --layout HWC',
  );
}

function asTold(row: readonly number[], { width, height, channels }: ImageSize, hints: FormHints) {
  const long = row.filter((dim) => dim !== 1);
  const is = (...dims: number[]) => dims.filter((dim) => dim !== 1).join() === long.join();
  const told = `as said by --image ${width}x${height}x${channels}`;
  const [first, last] = [is(channels, height, width), is(height, width, channels)];
  if (first && last && channels === 1) return image(width, height, 1, 'CHW', told);
  if (first && last) {
    if (hints.order) return image(width, height, channels, hints.order, told);
    throw undecided(`[${row.join(', ')}] may be channels first or last.`, '--layout CHW or --layout HWC');
  }
  if (first || last) return image(width, height, channels, first ? 'CHW' : 'HWC', told);
  const size = row.reduce((product, dim) => product * dim, 1);
  if (long.length === 1 && size === width * height * channels) {
    return image(width, height, channels, channels === 1 ? 'CHW' : flatOrder(hints, size), told);
  }
  throw refused(
    `an output that is ${told.slice(3)}`,
    `[${row.join(', ')}]`,
    'Correct --image, or choose another by --output.',
  );
}

function image(width: number, height: number, channels: number, order: Order, because: string) {
  const form: ImageForm = {
    kind: 'image',
    width,
    height,
    channels: channels === 1 ? 1 : 3,
    alpha: channels === 4,
    order,
  };
  return { form, because };
}

/** Shape of one example of ours. */
export function rowOf(form: ExampleForm): readonly number[] {
  return form.kind === 'point' ? [form.size] : [form.channels, form.height, form.width];
}

/** Theirs, as float32 of any shape, to ours: [...lead, ...rowOf(form)]. What is transparent lies on black. */
export function toOurs(
  nodes: Nodes,
  value: string,
  form: ExampleForm,
  lead: readonly number[],
  [low, high]: readonly [number, number],
): string {
  if (form.kind === 'point') return nodes.reshape(value, [...lead, form.size]);
  const { width, height, channels, alpha, order } = form;
  const all = alpha ? 4 : channels;
  const at = lead.length;
  const first = order === 'CHW';
  const laid = nodes.reshape(value, [...lead, ...(first ? [all, height, width] : [height, width, all])]);
  const planes = first ? laid : nodes.transpose(laid, [...lead.map((_, i) => i), at + 2, at, at + 1]);
  if (!alpha) return planes;
  const colour = nodes.affine(nodes.gather(planes, [0, 1, 2], at), 1, -low);
  const opaque = nodes.affine(nodes.gather(planes, [3], at), 1 / (high - low), -low / (high - low));
  return nodes.affine(nodes.add('Mul', [colour, nodes.clamp(opaque, 0, 1)]), 1, low);
}

/** Ours, [...lead, ...rowOf(form)], in the order of theirs. All of it is opaque. */
export function toTheirs(
  nodes: Nodes,
  value: string,
  form: ExampleForm,
  lead: readonly number[],
  [, high]: readonly [number, number],
): string {
  if (form.kind === 'point') return value;
  const at = lead.length;
  const opaque = () => nodes.affine(nodes.add('Mul', [nodes.gather(value, [0], at), nodes.number(0)]), 1, high);
  const planes = form.alpha ? nodes.add('Concat', [value, opaque()], [int('axis', at)]) : value;
  return form.order === 'CHW' ? planes : nodes.transpose(planes, [...lead.map((_, i) => i), at + 1, at + 2, at]);
}
