// Convolutions that ONNX Runtime's WebGPU kernels get wrong, in silence, made into ones that they get right. Where the
// channels that go in are a multiple of 3, but neither 3 nor a multiple of 4, and those that come out a multiple of 4,
// a filter of more than one place reads the wrong channels (onnxruntime#29651; seen with 1.30 on software and on an
// H100). With channels of zeros up to the next multiple of 4 the result is the same, and right.

import { dataTypeOf } from './onnx.js';
import {
  attribute,
  changed,
  decodeProto,
  encodeProto,
  type GraphProto,
  type Model,
  type NodeProto,
  node,
  type TensorProto,
  tensor,
} from './onnx-proto.js';

/** AttributeProto.AttributeType */
const INTS = 7;
/** Operators that leave the shape of their first input as it is: what stored filters go through. */
const KEEPS_SHAPE: ReadonlySet<string> = new Set(['Cast', 'Identity', 'DequantizeLinear', 'QuantizeLinear']);
/** Pad takes what to add as an input from this opset on. */
const PAD_BY_INPUT = 11;

/** The same bytes where no convolution is among those; subgraphs are looked into. */
export function withWholeFours(onnx: Uint8Array): Uint8Array {
  const model = decoded(onnx);
  if (!model) return onnx;
  const opset = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0;
  const graph = model.graph && rewritten(model.graph, Number(opset));
  return graph === model.graph ? onnx : encodeProto(changed(model, { graph }));
}

/** Null for what is no model: the runtime says what is wrong with it. */
function decoded(onnx: Uint8Array): Model | null {
  try {
    return decodeProto(onnx);
  } catch {
    return null;
  }
}

type Shapes = (name: string) => number[] | null;

/** The graph itself where nothing in it changes. */
function rewritten(graph: GraphProto, opset: number, outer: Shapes = () => null): GraphProto {
  const shapes = shapesOf(graph, outer);
  const initializer = [...graph.initializer];
  const nodes = graph.node.flatMap((given): readonly NodeProto[] => {
    const one = withInside(given, (inside) => rewritten(inside, opset, shapes));
    const missing = missingOf(one, shapes);
    if (missing === 0) return [one];
    const rank = shapes(one.input[1]!)!.length;
    const added = Array.from({ length: 2 * rank }, (_, i) => (i === rank + 1 ? missing : 0)); // behind the channels
    const pads = tensor({
      name: `${one.output[0]}/added`,
      dims: [2 * rank],
      dataType: dataTypeOf('int64'),
      int64Data: added,
    });
    if (opset >= PAD_BY_INPUT) initializer.push(pads);
    const wider = one.input.slice(0, 2).map((from) => padOf(from, `${one.output[0]}/whole/${from}`, pads, opset));
    const input = [...wider.map(({ output }) => output[0]!), ...one.input.slice(2)];
    return [...wider, changed(one, { input })];
  });
  const isSame = nodes.length === graph.node.length && nodes.every((one, i) => one === graph.node[i]);
  return isSame ? graph : changed(graph, { node: nodes, initializer });
}

/** The node itself where none of its subgraphs changes. */
function withInside(one: NodeProto, change: (graph: GraphProto) => GraphProto): NodeProto {
  const attribute = one.attribute.map((given) => {
    const g = given.g && change(given.g);
    return g === given.g ? given : changed(given, { g });
  });
  return attribute.every((given, i) => given === one.attribute[i]) ? one : changed(one, { attribute });
}

/** How many channels a convolution lacks to be one that is right; 0 where it is. */
function missingOf({ opType, domain, input, attribute: given }: NodeProto, shapes: Shapes): number {
  if (opType !== 'Conv' || !(domain === '' || domain === 'ai.onnx')) return 0;
  const groups = given.find(({ name }) => name === 'group');
  const filter = shapes(input[1] ?? '');
  if (!filter || (groups && Number(groups.i) !== 1)) return 0;
  const [out, channels, ...places] = filter as [number, number, ...number[]];
  const isOnePlace = places.every((size) => size === 1);
  const isWrong = channels > 3 && channels % 3 === 0 && channels % 4 !== 0 && out % 4 === 0 && !isOnePlace;
  return isWrong ? 4 - (channels % 4) : 0;
}

/** The shape of a value of a graph, where the file says it. */
function shapesOf(graph: GraphProto, outer: Shapes): Shapes {
  const said = new Map<string, number[]>();
  for (const { name, type } of [...graph.input, ...graph.valueInfo]) {
    const dims = type?.tensorType?.shape?.dim;
    if (dims)
      said.set(
        name,
        dims.map(({ dimValue }) => Number(dimValue ?? -1)),
      );
  }
  for (const { name, dims } of graph.initializer) said.set(name, dims.map(Number));
  const makers = new Map(graph.node.flatMap((one) => one.output.map((name) => [name, one] as const)));
  const shapeOf = (name: string): number[] | null => {
    const known = said.get(name);
    if (known) return known;
    const maker = makers.get(name);
    if (!maker) return outer(name);
    return KEEPS_SHAPE.has(maker.opType) ? shapeOf(maker.input[0]!) : null;
  };
  return shapeOf;
}

function padOf(from: string, to: string, pads: TensorProto, opset: number): NodeProto {
  const ints = pads.int64Data;
  const by =
    opset >= PAD_BY_INPUT
      ? { input: [from, pads.name] }
      : { input: [from], attribute: [attribute({ name: 'pads', type: INTS, ints })] };
  return node({ opType: 'Pad', output: [to], name: to, ...by });
}
