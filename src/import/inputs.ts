// What we feed, brought into the form in which a graph by other hands takes it: a latent reshaped, a class as an index,
// an image in another order, range and type.

import type { Port } from './foreign.js';
import { type ExampleForm, rowOf, toTheirs } from './layout.js';
import { int, type Nodes } from './nodes.js';
import type { LabelPort, Roles } from './roles.js';
import { FLOAT32, isInteger } from './types.js';
import type { Given, Lead } from './wrap.js';

/** z [N, size]. */
export function latentGiven({ main, row }: Roles): Given {
  const size = row.reduce((product, dim) => product * dim, 1);
  const feed = (nodes: Nodes, value: string, lead: Lead) =>
    typed(nodes, nodes.reshape(value, [...theirs(lead), ...row]), main);
  return { name: 'z', row: [size], port: main, feed };
}

/** label [N, classes], one-hot. */
export function labelGiven({ port, form, classes }: LabelPort): Given {
  const rest = port.dims.slice(1);
  const feed = (nodes: Nodes, value: string, lead: Lead) => {
    if (form === 'one-hot') {
      const row = port.dims.length === 1 ? [classes] : rest.map((dim) => dim ?? classes);
      return typed(nodes, nodes.reshape(value, [...theirs(lead), ...row]), port);
    }
    const index = nodes.add('ArgMax', [value], [int('axis', lead.ours.length), int('keepdims', 0)]);
    const shape = port.dims.length === 0 ? [] : [...theirs(lead, 1), ...rest.map(() => 1)];
    return nodes.reshape(nodes.cast(index, port.type), shape);
  };
  return { name: 'label', row: [classes], port, feed };
}

/**
 * truncation [N]. `dims`: how many dimensions it has where all rows run at once; an input of one number for all of them
 * may as well be one for each, where it is multiplied with something whose rows lie first.
 */
export function truncationGiven(port: Port, dims: number | null): Given {
  const feed = (nodes: Nodes, value: string, lead: Lead) => {
    const isAlone = lead.ours.length === 0;
    if (isAlone)
      return typed(
        nodes,
        nodes.reshape(
          value,
          port.dims.map(() => 1),
        ),
        port,
      );
    if (dims === null)
      return typed(
        nodes,
        nodes.reshape(
          nodes.gather(value, [0], 0),
          port.dims.map(() => 1),
        ),
        port,
      );
    return typed(nodes, nodes.reshape(value, [-1, ...new Array<number>(dims - 1).fill(1)]), port);
  };
  return { name: 'truncation', row: [], port, feed };
}

/**
 * In how many dimensions it may be one for each row: as it was declared, then those of a vector, of vectors, of images.
 */
export function truncationDims({ dims }: Port): number[] {
  return [...new Set([dims.length, 2, 3, 4])].filter((count) => count > 0);
}

export interface ImageInput {
  /** Without the batch; −1 where it is open. */
  readonly row: readonly number[];
  readonly form: ExampleForm;
  /** The range of ours, and of theirs. */
  readonly ours: readonly [number, number];
  readonly theirs: readonly [number, number];
}

/** image [N, C, H, W] or point [N, size]. */
export function exampleGiven(port: Port, { row, form, ours, theirs: range }: ImageInput): Given {
  const shape = rowOf(form);
  const feed = (nodes: Nodes, value: string, lead: Lead) => {
    const laid = toTheirs(nodes, value, form, lead.ours, ours);
    const scale = (range[1] - range[0]) / (ours[1] - ours[0]);
    const scaled = form.kind === 'point' ? laid : nodes.affine(laid, scale, range[0] - ours[0] * scale);
    return typed(nodes, nodes.reshape(scaled, [...theirs(lead), ...knownRow(row, form)]), port);
  };
  return { name: form.kind, row: shape, port, feed };
}

/** Dimensions that theirs leaves open are those of the image. */
function knownRow(row: readonly number[], form: ExampleForm): readonly number[] {
  if (!row.includes(-1) || form.kind === 'point')
    return row.map((dim) => (dim === -1 && form.kind === 'point' ? form.size : dim));
  const channels = form.alpha ? 4 : form.channels;
  return form.order === 'CHW' ? [channels, form.height, form.width] : [form.height, form.width, channels];
}

/** `least`: of a port that has a dimension for the batch even where the graph has none. */
function theirs({ theirs: lead }: Lead, least = 0): readonly number[] {
  const [count] = lead;
  if (count === undefined) return least > 0 ? [1] : [];
  return [count === -1 ? -1 : 1]; // a row; where theirs was declared for several it is repeated
}

function typed(nodes: Nodes, value: string, { type }: Port): string {
  if (type === FLOAT32) return value;
  if (!isInteger(type)) return nodes.cast(value, type);
  return nodes.cast(nodes.add('Floor', [nodes.affine(nodes.clamp(value, 0, 255), 1, 0.5)]), type);
}
