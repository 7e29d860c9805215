// What a graph computes of its own weights alone, computed once and stored: halves become float32, the statistics of a
// normalisation its scale and offset. ONNX Runtime does the same whenever it loads a graph, by the same operators, so
// results keep their bits; others stumble over what stands there.

import type { Engine } from '../engine/engine.js';
import { dataTypeOf } from '../engine/onnx.js';
import {
  changed,
  encodeProto,
  type GraphProto,
  type Model,
  type NodeProto,
  node,
  tensor,
  valueInfo,
} from '../engine/onnx-proto.js';
import type { HostTensors } from '../engine/tensor.js';
import { ints } from '../import/nodes.js';
import { graphsOf } from '../import/parts.js';
import { BOOL, FLOAT32, INT64, numberOf, UINT8 } from '../import/types.js';

/**
 * Operators whose result has the type of their first input. Those of quantisation are no part of it: a runtime knows
 * them together with what they stand around.
 */
const FOLDED: ReadonlySet<string> = new Set([
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Neg', 'Sqrt', 'Reciprocal', 'Exp', 'Log', 'Abs', 'Min', 'Max', 'Clip'],
  ...[
    'Reshape',
    'Flatten',
    'Transpose',
    'Squeeze',
    'Unsqueeze',
    'Concat',
    'Slice',
    'Gather',
    'Identity',
    'Cast',
    'Expand',
  ],
  ...['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'MatMul'],
]);

const INT32 = 6;
/** Types that the engine gives back. */
const READ: ReadonlySet<number> = new Set([FLOAT32, UINT8, INT32, INT64, BOOL]);

export interface Folded {
  readonly model: Model;
  /** Weights that were computed → the names of those that they were computed from, in order. */
  readonly origins: ReadonlyMap<string, readonly string[]>;
}

export async function folded(given: Model, engine: Engine): Promise<Folded> {
  const model = changed(given, { graph: withPlainProducts(given.graph) });
  const { graph } = model;
  const constant = foldable(model);
  const stays = graph.node.filter((node) => !constant.has(node));
  const used = namesUsed(stays);
  const border = [...constant].flatMap(([node, type]) => (used.has(node.output[0]!) ? [{ node, type }] : []));
  const results = await computed(model, [...constant.keys()], border, engine);
  const stored = Object.entries(results).map(([name, { dtype, shape, data }]) => {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return tensor({ name, dims: [...shape], dataType: dataTypeOf(dtype), rawData });
  });
  const initializer = [...graph.initializer.filter(({ name }) => used.has(name)), ...stored];
  const origins = originsOf([...constant.keys()]);
  return { model: changed(model, { graph: changed(graph, { node: stays, initializer, valueInfo: [] }) }), origins };
}

function originsOf(nodes: readonly NodeProto[]): Map<string, readonly string[]> {
  const origins = new Map<string, readonly string[]>();
  for (const { input, output } of nodes) {
    origins.set(output[0]!, [...new Set(input.flatMap((name) => origins.get(name) ?? [name]))]);
  }
  return origins;
}

/** Names that nodes read, in their subgraphs too. */
export function namesUsed(nodes: readonly NodeProto[]): Set<string> {
  const inside = nodes.flatMap(({ attribute }) =>
    attribute.flatMap(({ g, graphs }) => [...(g ? graphsOf(g) : []), ...graphs.flatMap(graphsOf)]),
  );
  const all = [...nodes, ...inside.flatMap(({ node }) => node)];
  const given = inside.flatMap(({ output }) => output.map(({ name }) => name));
  return new Set([...all.flatMap(({ input }) => input), ...given]);
}

/** Node → type of what it gives: those that need nothing but weights, in the order in which they can run. */
function foldable({ graph }: Model): Map<NodeProto, number> {
  const outputs = new Set(graph.output.map(({ name }) => name));
  const types = new Map(graph.initializer.map(({ name, dataType }) => [name, dataType]));
  const found = new Map<NodeProto, number>();
  for (const node of graph.node) {
    const type = resultOf(node, types);
    const [name] = node.output;
    if (type === undefined || !READ.has(type) || name === undefined || outputs.has(name)) continue;
    types.set(name, type);
    found.set(node, type);
  }
  return found;
}

function resultOf({ opType, domain, input, output, attribute }: NodeProto, types: ReadonlyMap<string, number>) {
  if (domain !== '' || output.length !== 1) return undefined;
  if (opType === 'Constant') return attribute.find(({ name }) => name === 'value')?.t?.dataType;
  if (!FOLDED.has(opType) || input.some((name) => name !== '' && !types.has(name))) return undefined;
  const to = attribute.find(({ name }) => name === 'to');
  return opType === 'Cast' && to ? numberOf(to.i) : types.get(input[0]!);
}

async function computed(
  model: Model,
  nodes: NodeProto[],
  border: readonly { node: NodeProto; type: number }[],
  engine: Engine,
): Promise<HostTensors> {
  if (border.length === 0) return {};
  const used = namesUsed(nodes);
  const alone = changed(model.graph, {
    node: nodes,
    initializer: model.graph.initializer.filter(({ name }) => used.has(name)),
    input: [],
    output: border.map(({ node, type }) => valueInfo(node.output[0]!, type, null)),
    valueInfo: [],
  });
  const graph = await engine.load('what is constant', encodeProto(changed(model, { graph: alone })));
  try {
    return await graph.run({});
  } finally {
    await graph.release();
  }
}

/** A product with a transposed matrix, as one with the matrix that its transpose then is. */
function withPlainProducts(graph: GraphProto): GraphProto {
  const nodes = graph.node.flatMap((each) => {
    const { opType, domain, input, output, attribute } = each;
    const isPlain = attribute.every(({ name, i, f }) =>
      name === 'transB' ? numberOf(i) === 1 : name === 'transA' ? numberOf(i) === 0 : f === 1,
    );
    if (opType !== 'Gemm' || domain !== '' || input.length !== 2 || !isPlain) return [each];
    const turned = `${output[0]}/transposed`;
    return [
      node({
        opType: 'Transpose',
        name: turned,
        input: [input[1]!],
        output: [turned],
        attribute: [ints('perm', [1, 0])],
      }),
      node({ opType: 'MatMul', name: each.name, input: [input[0]!, turned], output: [...output] }),
    ];
  });
  return changed(graph, { node: nodes });
}
