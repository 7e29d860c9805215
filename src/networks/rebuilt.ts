// An ONNX graph taken apart into the operations of a network of ours and its weights, so that gradients pass through
// it. The graph is run once with all its values shown: whatever does not follow from what goes in is a constant,
// however it was computed, and of what only moves values about the shapes alone count.

import {
  attribute,
  changed,
  decodeProto,
  encodeProto,
  type GraphProto,
  type NodeProto,
  node as nodeProto,
  valueInfo,
} from '../engine/onnx-proto.js';
import { Session } from '../engine/session.js';
import { float32, type HostTensor, type HostTensors, sizeOf } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import { ELEMENTWISE, type GraphConfig, type GraphNode } from '../recipes/graph-config.js';

export interface Rebuilt {
  readonly config: GraphConfig;
  /** By the names that the network has for them. */
  readonly weights: HostTensors;
}

export interface Source {
  readonly onnx: Uint8Array;
  /** The name of the network. */
  readonly name: string;
  /** What gradients pass to, and what comes out. */
  readonly input: string;
  readonly output: string;
  /** Whether what comes out is one number a row, [N], which the network gives as [N, 1]. */
  readonly isScore?: boolean;
  /** Rows for all inputs; those besides the input and `label` are the same in every row. */
  readonly feeds: (count: number) => HostTensors;
}

/** @throws GanymedeError CAPABILITY_MISSING naming the operator that cannot be rebuilt */
export async function rebuild(source: Source): Promise<Rebuilt> {
  const { graph, values } = await seen(source);
  return new Rebuilding(source, graph, values).result();
}

/** Of two batches: what differs in size between them follows from the batch. */
type Values = ReadonlyMap<string, readonly [HostTensor, HostTensor]>;

const COUNTS = [2, 3] as const;
const FLOAT32 = 1;

/** Every value of the graph, as float32. */
async function seen({ onnx, feeds }: Source): Promise<{ graph: GraphProto; values: Values }> {
  const model = decodeProto(onnx);
  const { graph } = model;
  const outer = graph.node.find(({ domain }) => domain !== '' && domain !== 'ai.onnx');
  if (outer) throw standsInTheWay(outer.opType);
  const loop = graph.node.find(({ opType }) => ['Scan', 'Loop'].includes(opType));
  if (loop) throw standsInTheWay(loop.opType, 'rows run one at a time; export it for any number of rows');
  const made = graph.node.flatMap(({ output }) => output.filter((name) => name !== ''));
  const names = [...new Set([...made, ...graph.initializer.map(({ name }) => name)])];
  const casts = names.map((name, i) =>
    nodeProto({
      opType: 'Cast',
      input: [name],
      output: [`seen/${i}`],
      attribute: [attribute({ name: 'to', type: 2, i: FLOAT32 })],
    }),
  );
  const output = names.map((_, i) => ({ ...valueInfo(`seen/${i}`, FLOAT32, null) }));
  const shown = encodeProto(changed(model, { graph: changed(graph, { node: [...graph.node, ...casts], output }) }));
  const session = await Session.load(shown);
  try {
    const runs: HostTensors[] = [];
    for (const count of COUNTS) runs.push(await session.run(feeds(count)));
    const both = (i: number) => [runs[0]![`seen/${i}`]!, runs[1]![`seen/${i}`]!] as const;
    const values = new Map(names.map((name, i) => [name, both(i)] as const));
    const fed = COUNTS.map((count) => feeds(count));
    for (const name of Object.keys(fed[0]!)) values.set(name, [fed[0]![name]!, fed[1]![name]!]);
    return { graph, values };
  } finally {
    await session.release();
  }
}

function standsInTheWay(operator: string, why = 'no layer that gradients can pass'): GanymedeError {
  return new GanymedeError(
    'CAPABILITY_MISSING',
    `Expected a graph made of layers (Gemm, MatMul, Conv, ConvTranspose, BatchNormalization, activations and what moves values about) but received the operator ${operator}: ${why}.`,
    { details: { operator } },
  );
}

/** Operators that move values about: what comes out has the shape that was seen. */
const MOVES: ReadonlySet<string> = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);
const NOTHING: ReadonlySet<string> = new Set(['Identity', 'Dropout', 'CastLike']);
const FLOATS: ReadonlySet<number> = new Set([1, 10, 11]);
const SAME: ReadonlyMap<string, (typeof ELEMENTWISE)[number]> = new Map(
  ELEMENTWISE.map((name) => [name.replace(/^./, (letter) => letter.toUpperCase()), name]),
);
const BINARY = { Add: 'add', Sub: 'sub', Mul: 'mul', Div: 'div', Max: 'max', Min: 'min', Pow: 'pow' } as const;

type Own<T> = T extends GraphNode ? Omit<T, 'name' | 'of'> : never;

class Rebuilding {
  readonly #nodes: GraphNode[] = [];
  readonly #weights: HostTensors = {};
  /** Value of the graph → operation that gives it. */
  readonly #known = new Map<string, string>();
  /** The index of a class, made of the one-hot label. */
  readonly #indices = new Set<string>();
  readonly #following = new Set<string>();
  readonly #counts = new Map<string, number>();

  constructor(
    private readonly source: Source,
    private readonly graph: GraphProto,
    private readonly values: Values,
  ) {
    this.#known.set(source.input, 'x');
    this.#known.set('label', 'label');
  }

  result(): Rebuilt {
    const { input, output, isScore } = this.source;
    this.#follow([input, 'label']);
    for (const node of this.#needed(output)) this.#node(node);
    const end = this.#known.get(output);
    if (end === undefined) throw standsInTheWay('that gives the output', 'it does not follow from what goes in');
    if (isScore) this.#add({ op: 'reshape', shape: [-1, 1] }, [end]);
    else if (this.#nodes.at(-1)?.name !== end) this.#add({ op: 'reshape', shape: this.#shape(output) }, [end]);
    return { config: { kind: 'graph', nodes: this.#nodes }, weights: this.#weights };
  }

  /** Values that follow from others; shapes do not. */
  #follow(from: readonly string[]): void {
    for (const name of from) this.#following.add(name);
    for (const node of this.graph.node) {
      if (node.opType === 'Shape' || node.opType === 'Size') continue;
      const inside = node.attribute.flatMap(({ g }) => (g ? g.node.flatMap(({ input }) => input) : []));
      if (![...node.input, ...inside].some((name) => this.#following.has(name))) continue;
      for (const name of node.output) this.#following.add(name);
    }
  }

  /** Nodes that the output follows from, as far as they follow from what goes in, in order. */
  #needed(output: string): NodeProto[] {
    const wanted = new Set([output]);
    const found = this.graph.node.toReversed().filter((node) => {
      if (!node.output.some((name) => wanted.has(name) && this.#following.has(name))) return false;
      const inside = node.attribute.flatMap(({ g }) => (g ? g.node.flatMap(({ input }) => input) : []));
      for (const name of [...node.input, ...inside]) wanted.add(name);
      return true;
    });
    return found.reverse();
  }

  #node(node: NodeProto): void {
    const [out = ''] = node.output;
    const op = node.opType;
    if (this.#asIndex(node)) return;
    const same = SAME.get(op);
    if (NOTHING.has(op) || (op === 'Cast' && FLOATS.has(integer(node, 'to')))) this.#pass(node);
    else if (MOVES.has(op)) this.#put(out, { op: 'reshape', shape: this.#shape(out) }, [this.#of(node, 0)]);
    else if (same) this.#put(out, { op: 'elementwise', by: same }, [this.#of(node, 0)]);
    else if (Object.hasOwn(BINARY, op)) this.#binary(node, BINARY[op as keyof typeof BINARY]);
    else {
      const build = BUILDERS[op];
      if (!build) throw standsInTheWay(op);
      build(this, node);
    }
  }

  /** Of a label: from one-hot to an index, and back, or to a row of a table, which is a product with the one-hot. */
  #asIndex(node: NodeProto): boolean {
    const [out = ''] = node.output;
    const { opType: op, input } = node;
    if (op === 'ArgMax' && this.#known.get(input[0]!) === 'label') {
      this.#indices.add(out);
      return true;
    }
    const at = input.findIndex((name) => this.#indices.has(name));
    if (at < 0) return false;
    if (NOTHING.has(op) || MOVES.has(op) || op === 'Cast') {
      this.#indices.add(out);
      return true;
    }
    const classes = this.values.get('label')![0].shape[1]!;
    if (op === 'OneHot' && at === 0 && this.constant(input[1]!).data[0] === classes) {
      this.#put(out, { op: 'reshape', shape: this.#shape(out) }, ['label']);
      return true;
    }
    if (op !== 'Gather' || at !== 1) throw standsInTheWay(op, 'it takes the class as a number');
    const table = this.constant(input[0]!);
    const [rows = 0, width = 1] = [table.shape[0], sizeOf(table.shape.slice(1))];
    if (integer(node, 'axis', 0) !== 0 || rows < classes) throw standsInTheWay(op, 'its table is of something else');
    const weight = float32([classes, width], (table.data as Float32Array).slice(0, classes * width));
    const product = this.#add({ op: 'dense', from: classes, to: width, bias: false }, ['label'], { weight });
    this.#put(out, { op: 'reshape', shape: this.#shape(out) }, [product]);
    return true;
  }

  #pass(node: NodeProto): void {
    this.#known.set(node.output[0]!, this.#of(node, 0));
  }

  #binary(node: NodeProto, by: (typeof BINARY)[keyof typeof BINARY]): void {
    const [a = '', b = ''] = node.input;
    if (node.input.length !== 2) throw standsInTheWay(node.opType, `it has ${node.input.length} inputs`);
    const [fixedA, fixedB] = [!this.#following.has(a), !this.#following.has(b)];
    const number = fixedA ? this.#number(a) : fixedB ? this.#number(b) : undefined;
    if (number !== undefined) {
      const of = [this.#of(node, fixedA ? 1 : 0)];
      this.#put(node.output[0]!, { op: 'binary', by, number, ...(fixedA && { first: true }) }, of);
    } else this.#put(node.output[0]!, { op: 'binary', by }, [this.#of(node, 0), this.#of(node, 1)]);
  }

  /** The operation of an input; what does not follow from what goes in becomes a weight. */
  #of(node: NodeProto, place: number): string {
    const name = node.input[place] ?? '';
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#following.has(name)) throw standsInTheWay(node.opType, 'of an input that is none of numbers');
    const value = this.constant(name);
    const weight = this.#add({ op: 'weight', shape: [...value.shape] }, [], { value });
    this.#known.set(name, weight);
    return weight;
  }

  /** The only number of a constant, or that which it repeats. */
  #number(name: string): number | undefined {
    const { data } = this.constant(name);
    const first = Number(data[0]);
    return data.length > 0 && data.every((value) => Number(value) === first) ? first : undefined;
  }

  of(node: NodeProto, place = 0): string {
    return this.#of(node, place);
  }

  put(node: NodeProto, own: Own<GraphNode>, of: readonly string[], weights: HostTensors = {}): void {
    this.#put(node.output[0]!, own, of, weights);
  }

  add(own: Own<GraphNode>, of: readonly string[], weights: HostTensors = {}): string {
    return this.#add(own, of, weights);
  }

  /** Under which a further output of a node is known. */
  knownAs(value: string, operation: string): void {
    this.#known.set(value, operation);
  }

  /** What does not follow from what goes in. @throws GanymedeError where it follows from the number of rows */
  constant(name: string): HostTensor {
    if (this.#following.has(name)) throw standsInTheWay('whose weights are computed', 'they follow from what goes in');
    const [two, three] = this.values.get(name) ?? [];
    if (!two || !three) throw standsInTheWay('that gives no numbers', `value "${name.slice(0, 60)}"`);
    if (two.shape.join() === three.shape.join()) return two;
    const width = two.data.length / two.shape[0]!;
    const row = float32([1, ...two.shape.slice(1)], (two.data as Float32Array).slice(0, width));
    const isSame = [two, three].every(({ data }) => data.every((value, i) => value === row.data[i % width]));
    if (two.shape[0] === COUNTS[0] && three.shape[0] === COUNTS[1] && isSame) return row;
    throw standsInTheWay('that counts rows', 'a value follows from how many there are');
  }

  has(node: NodeProto, place: number): boolean {
    return (node.input[place] ?? '') !== '';
  }

  follows(name: string): boolean {
    return this.#following.has(name);
  }

  /** Of a value, −1 where it follows from the number of rows. */
  shape(name: string): number[] {
    return this.#shape(name);
  }

  #shape(name: string): number[] {
    const [two, three] = this.values.get(name)!;
    const dims = two.shape.map((size, axis) => (size === three.shape[axis] ? size : -1));
    if (two.shape.length === three.shape.length && dims.filter((size) => size === -1).length <= 1) return dims;
    throw standsInTheWay('that takes rows apart', 'shapes follow from how many there are');
  }

  #put(value: string, own: Own<GraphNode>, of: readonly string[], weights: HostTensors = {}): void {
    this.#known.set(value, this.#add(own, of, weights));
  }

  #add(own: Own<GraphNode>, of: readonly string[], weights: HostTensors = {}): string {
    const kind = own.op.toLowerCase();
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const name = `${kind}${count}`;
    this.#nodes.push({ ...own, name, of: [...of] } as GraphNode);
    for (const [key, tensor] of Object.entries(weights)) this.#weights[`${this.source.name}/${name}/${key}`] = tensor;
    return name;
  }
}

type Builder = (to: Rebuilding, node: NodeProto) => void;

const BUILDERS: Readonly<Record<string, Builder>> = {
  LeakyRelu: (to, node) => to.put(node, { op: 'leakyRelu', slope: number(node, 'alpha', 0.01) }, [to.of(node)]),
  Clip: (to, node) => {
    const bound = (name: string, place: number) =>
      to.has(node, place) ? Number(to.constant(node.input[place]!).data[0]) : float(node, name);
    const [low, high] = [bound('min', 1), bound('max', 2)];
    const own = { op: 'clip', ...(low !== undefined && { low }), ...(high !== undefined && { high }) } as const;
    to.put(node, own, [to.of(node)]);
  },
  Transpose: (to, node) => {
    const rank = to.shape(node.input[0]!).length;
    const order = integers(node, 'perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
    to.put(node, { op: 'transpose', order }, [to.of(node)]);
  },
  Concat: (to, node) => {
    if (node.input.some((name) => !to.follows(name))) throw standsInTheWay('Concat', 'with a constant');
    const axis = positive(integer(node, 'axis', 0), to.shape(node.output[0]!).length);
    to.put(
      node,
      { op: 'concat', axis },
      node.input.map((_, i) => to.of(node, i)),
    );
  },
  Gemm: (to, node) => {
    const [alpha, beta] = [number(node, 'alpha', 1), number(node, 'beta', 1)];
    if (integer(node, 'transA', 0) !== 0) throw standsInTheWay('Gemm', 'of a transposed input');
    const b = to.constant(node.input[1]!);
    const weight = scaled(integer(node, 'transB', 0) === 1 ? transposed(b, [1, 0]) : b, alpha);
    const [from = 0, width = 0] = weight.shape;
    const bias = to.has(node, 2) ? scaled(spread(to.constant(node.input[2]!), width), beta) : undefined;
    to.put(node, { op: 'dense', from, to: width, bias: bias !== undefined }, [to.of(node)], {
      weight,
      ...(bias && { bias }),
    });
  },
  MatMul: (to, node) => {
    const { shape, data } = to.constant(node.input[1]!);
    const [from = 0, width = 0] = shape.slice(-2);
    if (data.length !== from * width) throw standsInTheWay('MatMul', `with a constant [${shape.join(', ')}]`);
    const weight = float32([from, width], data as Float32Array<ArrayBuffer>);
    const row = to.add({ op: 'reshape', shape: [-1, from] }, [to.of(node)]);
    const product = to.add({ op: 'dense', from, to: width, bias: false }, [row], { weight });
    to.put(node, { op: 'reshape', shape: to.shape(node.output[0]!) }, [product]);
  },
  Conv: (to, node) => {
    const w = to.constant(node.input[1]!);
    const [width = 0, from = 0, ...kernel] = w.shape;
    const [sees, gives] = [sides(to.shape(node.input[0]!)), sides(to.shape(node.output[0]!))];
    if (isDepthwise(to, node, w)) {
      const own = {
        kernel: [kernel[0]!, kernel[1]!] as Pair,
        stride: pairOf(node, 'strides'),
        pads: padsOf(node, [0, 0]),
      };
      const filter = transposed(w, [2, 3, 0, 1]);
      to.put(node, { op: 'depthwise', from: width, ...own }, [to.of(node)], { filter });
      return;
    }
    refuseGroups(node, w);
    const [stride, dilation] = [pairOf(node, 'strides'), pairOf(node, 'dilations')];
    const whole = (i: 0 | 1) => Math.max(0, (gives[i] - 1) * stride[i] + (kernel[i]! - 1) * dilation[i] + 1 - sees[i]);
    const pads = padsOf(node, [whole(0), whole(1)]);
    const own = { from, to: width, kernel: [kernel[0]!, kernel[1]!] as Pair, stride, dilation, pads, sees, gives };
    const bias = biasOf(to, node);
    to.put(node, { op: 'conv', ...own, bias: bias !== undefined }, [to.of(node)], {
      filter: transposed(w, [2, 3, 1, 0]),
      ...(bias && { bias }),
    });
  },
  ConvTranspose: (to, node) => {
    const w = to.constant(node.input[1]!);
    const [from = 0, width = 0, ...kernel] = w.shape;
    refuseGroups(node, w);
    if (pairOf(node, 'dilations').some((one) => one !== 1)) throw standsInTheWay('ConvTranspose', 'with dilations');
    const [sees, gives] = [sides(to.shape(node.input[0]!)), sides(to.shape(node.output[0]!))];
    const stride = pairOf(node, 'strides');
    const whole = (i: 0 | 1) => Math.max(0, stride[i] * (sees[i] - 1) + kernel[i]! - gives[i]);
    const told = integers(node, 'output_shape') !== undefined;
    const pads = padsOf(node, [whole(0), whole(1)], told);
    const own = { from, to: width, kernel: [kernel[0]!, kernel[1]!] as Pair, stride, pads, sees, gives };
    const bias = biasOf(to, node);
    to.put(node, { op: 'deconv', ...own, bias: bias !== undefined }, [to.of(node)], {
      filter: transposed(w, [2, 3, 1, 0]),
      ...(bias && { bias }),
    });
  },
  BatchNormalization: (to, node) => {
    const [scale, shift, mean, variance] = [1, 2, 3, 4].map((place) => to.constant(node.input[place]!)) as HostTensor[];
    if (integer(node, 'training_mode', 0) !== 0) throw standsInTheWay('BatchNormalization', 'in the mode of training');
    const own = { op: 'norm', channels: scale!.shape[0]!, epsilon: number(node, 'epsilon', 1e-5) } as const;
    to.put(node, own, [to.of(node)], { scale: scale!, shift: shift!, mean: mean!, variance: variance! });
  },
  Expand: (to, node) => {
    const [before, after] = [to.shape(node.input[0]!), to.shape(node.output[0]!)];
    if (before.join() === after.join()) to.knownAs(node.output[0]!, to.of(node));
    else to.put(node, { op: 'broadcast', shape: after }, [to.of(node)]);
  },
  Slice: (to, node) => {
    const rank = to.shape(node.input[0]!).length;
    const list = (name: string, place: number) =>
      to.has(node, place) ? [...to.constant(node.input[place]!).data].map(Number) : integers(node, name);
    const starts = list('starts', 1) ?? [];
    const axes = list('axes', 3) ?? starts.map((_, i) => i);
    if (list('steps', 4)?.some((step) => step !== 1)) throw standsInTheWay('Slice', 'with steps');
    let value = to.of(node);
    for (const [i, start] of starts.entries()) {
      const axis = positive(axes[i]!, rank);
      value = sliced(to, node, value, axis, start);
    }
    to.knownAs(node.output[0]!, value);
  },
  Split: (to, node) => {
    const axis = positive(integer(node, 'axis', 0), to.shape(node.input[0]!).length);
    let start = 0;
    for (const name of node.output) {
      const size = to.shape(name)[axis]!;
      if (size < 0) throw standsInTheWay('Split', 'of rows');
      to.knownAs(name, to.add({ op: 'slice', axis, start, size }, [to.of(node)]));
      start += size;
    }
  },
  Gather: (to, node) => {
    const before = to.shape(node.input[0]!);
    const axis = positive(integer(node, 'axis', 0), before.length);
    const index = to.constant(node.input[1]!);
    if (index.data.length !== 1 || before[axis]! < 0) throw standsInTheWay('Gather', 'of several places');
    const part = to.add({ op: 'slice', axis, start: positive(Number(index.data[0]), before[axis]!), size: 1 }, [
      to.of(node),
    ]);
    to.put(node, { op: 'reshape', shape: to.shape(node.output[0]!) }, [part]);
  },
  Pad: (to, node) => {
    const pads = to.has(node, 1) ? [...to.constant(node.input[1]!).data].map(Number) : (integers(node, 'pads') ?? []);
    const zero = !to.has(node, 2) || Number(to.constant(node.input[2]!).data[0]) === 0;
    const mode = text(node, 'mode') ?? 'constant';
    const [before, after] = [pads.slice(0, pads.length / 2), pads.slice(pads.length / 2)];
    const isBeside = pads.every((one) => one >= 0) && before[0] === 0 && after[0] === 0 && !to.has(node, 3);
    if (!zero || mode !== 'constant' || !isBeside) throw standsInTheWay('Pad', 'with other than zeros beside a row');
    to.put(node, { op: 'pad', before, after }, [to.of(node)]);
  },
  Resize: (to, node) => resize(to, node),
  Upsample: (to, node) => resize(to, node),
  GlobalAveragePool: (to, node) => to.put(node, { op: 'reduce', by: 'mean', axes: [2, 3], keep: true }, [to.of(node)]),
  ReduceMean: (to, node) => reduce(to, node, 'mean'),
  ReduceSum: (to, node) => reduce(to, node, 'sum'),
  AveragePool: (to, node) => pool(to, node, 'average'),
  MaxPool: (to, node) => pool(to, node, 'max'),
  If: (to, node) => {
    const value = throughIf(node);
    if (value === null) throw standsInTheWay('If');
    const moved = changed(node, { input: [value] });
    to.put(node, { op: 'reshape', shape: to.shape(node.output[0]!) }, [to.of(moved)]);
  },
};

type Pair = [number, number];

function resize(to: Rebuilding, node: NodeProto): void {
  const [before, after] = [to.shape(node.input[0]!), to.shape(node.output[0]!)];
  const mode = text(node, 'mode') ?? 'nearest';
  const how =
    text(node, 'coordinate_transformation_mode') ?? (node.opType === 'Upsample' ? 'asymmetric' : 'half_pixel');
  const [from, size] = [sides(before), sides(after)];
  const isWhole = size.every((side, i) => side % from[i as 0 | 1] === 0);
  const isKnown = before[1] === after[1] && (mode === 'linear' || (mode === 'nearest' && isWhole));
  if (!isKnown) throw standsInTheWay(node.opType, `by "${mode}"`);
  const [corners, half] = [how === 'align_corners', how === 'half_pixel' || how === 'pytorch_half_pixel'];
  const method = mode === 'linear' ? 'linear' : 'nearest';
  const own = {
    op: 'resize',
    size,
    method,
    corners: method === 'linear' && corners,
    half: method === 'linear' && half,
  } as const;
  to.put(node, own, [to.of(node)]);
}

function reduce(to: Rebuilding, node: NodeProto, by: 'mean' | 'sum'): void {
  const rank = to.shape(node.input[0]!).length;
  const given = to.has(node, 1) ? [...to.constant(node.input[1]!).data].map(Number) : integers(node, 'axes');
  const axes = (given ?? Array.from({ length: rank }, (_, i) => i)).map((axis) => positive(axis, rank));
  if (axes.includes(0)) throw standsInTheWay(node.opType, 'over the rows of a batch');
  to.put(node, { op: 'reduce', by, axes, keep: integer(node, 'keepdims', 1) === 1 }, [to.of(node)]);
}

function pool(to: Rebuilding, node: NodeProto, method: 'average' | 'max'): void {
  const kernel = pairOf(node, 'kernel_shape');
  const pads = padsOf(node, [0, 0]);
  const counted = method === 'average' && integer(node, 'count_include_pad', 0) === 1;
  const automatic = (text(node, 'auto_pad') ?? 'NOTSET') !== 'NOTSET' && text(node, 'auto_pad') !== 'VALID';
  if (automatic || (counted && pads.some((one) => one > 0)) || integer(node, 'ceil_mode', 0) !== 0) {
    throw standsInTheWay(node.opType, 'with padding that counts');
  }
  to.put(node, { op: 'pool', method, kernel, stride: pairOf(node, 'strides'), pads }, [to.of(node)]);
}

function sliced(to: Rebuilding, node: NodeProto, value: string, axis: number, start: number): string {
  const [before, after] = [to.shape(node.input[0]!), to.shape(node.output[0]!)];
  if (before[axis] === after[axis]) return value;
  if (before[axis]! < 0 || after[axis]! < 0) throw standsInTheWay('Slice', 'of rows');
  return to.add({ op: 'slice', axis, start: positive(start, before[axis]!), size: after[axis]! }, [value]);
}

/** The value that both branches move about, if that is all they do. */
function throughIf(node: NodeProto): string | null {
  const ends = node.attribute.flatMap(({ g }) => {
    if (!g) return [];
    const inside = new Map(g.node.flatMap((each) => each.output.map((output) => [output, each] as const)));
    let value = g.output[0]?.name ?? '';
    for (
      let maker = inside.get(value);
      maker && (MOVES.has(maker.opType) || NOTHING.has(maker.opType));
      maker = inside.get(value)
    )
      value = maker.input[0]!;
    return [inside.has(value) ? '' : value];
  });
  const [first] = ends;
  return first && ends.every((end) => end === first) ? first : null;
}

function biasOf(to: Rebuilding, node: NodeProto): HostTensor | undefined {
  return to.has(node, 2) ? to.constant(node.input[2]!) : undefined;
}

/** One kernel for each channel, as filters that blur have it. */
function isDepthwise(to: Rebuilding, node: NodeProto, { shape }: HostTensor): boolean {
  const isPlain =
    pairOf(node, 'dilations').every((one) => one === 1) && (text(node, 'auto_pad') ?? 'NOTSET') === 'NOTSET';
  const group = integer(node, 'group', 1);
  return isPlain && group > 1 && group === shape[0] && shape[1] === 1 && shape.length === 4 && !to.has(node, 2);
}

function refuseGroups(node: NodeProto, { shape }: HostTensor): void {
  const group = integer(node, 'group', 1);
  if (shape.length !== 4) throw standsInTheWay(node.opType, `over ${shape.length - 2} axes`);
  if (group !== 1) throw standsInTheWay(node.opType, `in ${group} groups`);
}

function sides(shape: readonly number[]): Pair {
  const [height, width] = shape.slice(-2);
  if (shape.length === 4 && height! > 0 && width! > 0) return [height!, width!];
  throw standsInTheWay('of images', `of a value [${shape.join(', ')}]`);
}

/** `whole`: of both sides together, where they follow from the sizes. */
function padsOf(node: NodeProto, whole: Pair, isOfOutput = false): [number, number, number, number] {
  const auto = text(node, 'auto_pad') ?? 'NOTSET';
  const given = integers(node, 'pads');
  if (auto === 'VALID') return [0, 0, 0, 0];
  if (auto === 'NOTSET' && !isOfOutput) {
    const [top = 0, left = 0, bottom = 0, right = 0] = given ?? [];
    return [top, left, bottom, right];
  }
  const less = whole.map((one) => Math.floor(one / 2)) as Pair;
  const more = whole.map((one, i) => one - less[i as 0 | 1]) as Pair;
  const isUpper = auto === 'SAME_UPPER' || auto === 'NOTSET';
  return isUpper ? [...less, ...more] : [...more, ...less];
}

function pairOf(node: NodeProto, name: string): Pair {
  const [height = 1, width = 1] = integers(node, name) ?? [];
  return [height, width];
}

function attributeOf(node: NodeProto, name: string) {
  return node.attribute.find((each) => each.name === name);
}

function integer(node: NodeProto, name: string, otherwise = Number.NaN): number {
  const found = attributeOf(node, name);
  return found ? Number(found.i.toString()) : otherwise;
}

function integers(node: NodeProto, name: string): number[] | undefined {
  return attributeOf(node, name)?.ints.map((value) => Number(value.toString()));
}

function float(node: NodeProto, name: string): number | undefined {
  return attributeOf(node, name)?.f;
}

function number(node: NodeProto, name: string, otherwise: number): number {
  return float(node, name) ?? otherwise;
}

function text(node: NodeProto, name: string): string | undefined {
  const found = attributeOf(node, name);
  return found && Buffer.from(found.s).toString('utf8');
}

function positive(index: number, count: number): number {
  return index < 0 ? index + count : index;
}

function scaled(tensor: HostTensor, factor: number): HostTensor {
  return factor === 1
    ? tensor
    : float32(
        tensor.shape,
        Float32Array.from(tensor.data as Float32Array, (one) => one * factor),
      );
}

function spread({ data }: HostTensor, size: number): HostTensor {
  return float32(
    [size],
    Float32Array.from({ length: size }, (_, i) => Number(data[data.length === 1 ? 0 : i])),
  );
}

/** Axis i of the result is axis order[i] of the tensor. */
function transposed({ shape, data }: HostTensor, order: readonly number[]): HostTensor {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const out = order.map((axis) => shape[axis]!);
  const result = new Float32Array(data.length);
  const at = order.map(() => 0);
  for (let i = 0; i < result.length; i++) {
    result[i] = Number(data[order.reduce((sum, axis, k) => sum + at[k]! * strides[axis]!, 0)]);
    for (let k = out.length - 1; k >= 0 && ++at[k]! === out[k]; k--) at[k] = 0;
  }
  return float32(out, result);
}
