// What the nodes of a graph tell: which operator an output comes from, within which bounds its values lie, how many
// rows the table of a class has.

import type { NodeProto, TensorProto } from '../engine/onnx-proto.js';
import type { Foreign, Port } from './foreign.js';
import { graphsOf } from './parts.js';
import { numberOf, valuesOf } from './types.js';

/** Operators that move values about, or change their type, and nothing else; their first input is what they move. */
const MOVES: ReadonlySet<string> = new Set([
  ...['Reshape', 'Transpose', 'Identity', 'Cast', 'CastLike', 'Squeeze', 'Unsqueeze', 'Flatten', 'Slice', 'Split'],
  ...['DepthToSpace', 'SpaceToDepth', 'QuantizeLinear', 'DequantizeLinear', 'Expand', 'Dropout'],
]);

/** Of values in between and constants of the outermost graph, by name. */
export class Trace {
  readonly #makers = new Map<string, NodeProto>();
  readonly #stored: ReadonlyMap<string, TensorProto>;
  readonly #nodes: readonly NodeProto[];

  constructor({ graph }: Foreign) {
    this.#nodes = graph.node;
    for (const node of graph.node) for (const output of node.output) this.#makers.set(output, node);
    this.#stored = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  }

  maker(value: string): NodeProto | undefined {
    return this.#makers.get(value);
  }

  users(value: string): NodeProto[] {
    return this.#nodes.filter(({ input, attribute }) => {
      const inside = attribute.flatMap(({ g }) => (g ? graphsOf(g) : [])).flatMap(({ node }) => node);
      return input.includes(value) || inside.some((node) => node.input.includes(value));
    });
  }

  /** A constant by its name. */
  constant(value: string): TensorProto | undefined {
    const node = this.maker(value);
    if (node?.opType === 'Constant') return node.attribute.find(({ name }) => name === 'value')?.t ?? undefined;
    if (node && MOVES.has(node.opType) && node.input[0]) return this.constant(node.input[0]);
    return this.#stored.get(value);
  }

  /** The only number of a constant. */
  number(value: string | undefined): number | null {
    const node = value === undefined ? undefined : this.maker(value);
    const short = node?.opType === 'Constant' ? node.attribute.find(({ name }) => name === 'value_float') : undefined;
    if (short) return short.f;
    const tensor = value === undefined ? undefined : this.constant(value);
    const values = tensor && tensor.rawData.length <= 64 ? valuesOf(tensor) : null;
    return values?.length === 1 ? values[0]! : null;
  }

  /** Whether a node gives what it takes, in another form. */
  isMove(node: NodeProto): boolean {
    // Of an If, the condition is its input, and branches take values from around it.
    return MOVES.has(node.opType) || (node.opType === 'If' && this.#throughIf(node) !== null);
  }

  /** The node that computed a value which was only moved about since; also through an If that squeezes. */
  origin(value: string): NodeProto | undefined {
    const node = this.maker(value);
    if (node === undefined) return undefined;
    if (MOVES.has(node.opType)) return this.origin(node.input[0]!);
    const through = node.opType === 'If' ? this.#throughIf(node) : null;
    return through === null ? node : this.origin(through);
  }

  /** The value that both branches move about, if that is all they do. */
  #throughIf(node: NodeProto): string | null {
    const ends = node.attribute.flatMap(({ g }) => {
      if (!g) return [];
      const inside = new Map(g.node.flatMap((each) => each.output.map((output) => [output, each] as const)));
      let value = g.output[0]?.name ?? '';
      for (let maker = inside.get(value); maker && MOVES.has(maker.opType); maker = inside.get(value))
        value = maker.input[0]!;
      return [inside.has(value) ? '' : value];
    });
    const [first] = ends;
    return first && ends.every((end) => end === first) ? first : null;
  }
}

export interface Bounds {
  readonly low: number;
  readonly high: number;
  readonly because: string;
}

const BOUNDED: Readonly<Record<string, readonly [number, number]>> = {
  Tanh: [-1, 1],
  Sigmoid: [0, 1],
  HardSigmoid: [0, 1],
  Softmax: [0, 1],
  Softsign: [-1, 1],
  Erf: [-1, 1],
  Sin: [-1, 1],
  Cos: [-1, 1],
};

/** Between which numbers a value must lie, by its last operators; null where they set no bounds. */
export function boundsOf(trace: Trace, value: string): Bounds | null {
  const node = trace.origin(value);
  if (!node) return null;
  const [first, second] = node.input as [string, string | undefined];
  const known = BOUNDED[node.opType];
  if (known) return { low: known[0], high: known[1], because: `its last operator is ${node.opType}` };
  switch (node.opType) {
    case 'Clip': {
      const [low, high] = clipOf(trace, node);
      if (low === null || high === null || low >= high) return boundsOf(trace, first);
      return { low, high, because: `it clips at ${low} and ${high}` };
    }
    case 'Round':
    case 'Floor':
      return boundsOf(trace, first);
    case 'Mul':
    case 'Div':
    case 'Add':
    case 'Sub':
      return second === undefined ? null : affineBounds(trace, node.opType, first, second);
    default:
      return null;
  }
}

function clipOf(trace: Trace, { attribute, input }: NodeProto): [number | null, number | null] {
  const old = (name: string) => attribute.find((each) => each.name === name)?.f;
  return [old('min') ?? trace.number(input[1]), old('max') ?? trace.number(input[2])];
}

function affineBounds(
  trace: Trace,
  operator: 'Mul' | 'Div' | 'Add' | 'Sub',
  first: string,
  second: string,
): Bounds | null {
  const [left, right] = [trace.number(first), trace.number(second)];
  const number = right ?? left;
  if (number === null || (left !== null && operator === 'Div')) return null;
  const bounds = boundsOf(trace, right === null ? second : first);
  if (!bounds) return null;
  const apply = (x: number) => {
    if (operator === 'Mul') return x * number;
    if (operator === 'Div') return x / number;
    if (operator === 'Add') return x + number;
    return right === null ? number - x : x - number;
  };
  const [a, b] = [apply(bounds.low), apply(bounds.high)];
  if (a === b) return null;
  return { low: Math.min(a, b), high: Math.max(a, b), because: `${bounds.because}, scaled after it` };
}

/** How many rows the table has in which a graph looks an index up; null where it does something else with it. */
export function rowsOfTable(foreign: Foreign, { value }: Port): number | null {
  const trace = new Trace(foreign);
  for (const node of usersThroughMoves(trace, value)) {
    const table = node.opType === 'Gather' ? trace.constant(node.input[0]!) : undefined;
    if (table?.dims.length === 2) return numberOf(table.dims[0]!);
    if (node.opType === 'OneHot') return trace.number(node.input[1]);
  }
  return null;
}

function usersThroughMoves(trace: Trace, value: string): NodeProto[] {
  return trace
    .users(value)
    .flatMap((node) => (MOVES.has(node.opType) ? usersThroughMoves(trace, node.output[0]!) : [node]));
}

/** How many numbers the first layer wants of an input; undefined where it does not say. */
export function widthWanted(foreign: Foreign, { value }: Port): number | undefined {
  const trace = new Trace(foreign);
  for (const { opType, input, attribute } of usersThroughMoves(trace, value)) {
    const dims = trace.constant(input[1] ?? '')?.dims.map(numberOf) ?? [];
    const transposed = attribute.some(({ name, i }) => name === 'transB' && numberOf(i) === 1);
    if ((opType === 'Gemm' || opType === 'MatMul') && dims.length === 2) return transposed ? dims[1] : dims[0];
  }
  return undefined;
}
