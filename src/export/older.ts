// The same graph in older forms of its operators, which more runtimes know: reductions along axes that are attributes,
// as they were up to opset 17, and the inverse of sinh written out.

import {
  changed,
  type GraphProto,
  type Model,
  type NodeProto,
  node,
  type TensorProto,
  tensor,
} from '../engine/onnx-proto.js';
import { ints } from '../import/nodes.js';
import { FLOAT32, numberOf, valuesOf } from '../import/types.js';

/** Opset 18 changed what these take. https://github.com/onnx/onnx/blob/main/docs/Changelog.md */
const NEW = 18;
const CHANGED =
  /^(Reduce(?!Sum$)\w+|Pad|Resize|Split|Scatter(Elements|ND)|LpPool|Mish|CenterCropPad|Col2Im|Bitwise\w+|GroupNormalization|OptionalGetElement|OptionalHasElement)$/;

export function inOlderForms(model: Model): Model {
  const written = changed(model, { graph: withAsinhWritten(model.graph) });
  const [opset, ...others] = written.opsetImport;
  if (!opset || numberOf(opset.version) !== NEW || others.length > 0 || model.functions.length > 0) return written;
  const constants = new Map(model.graph.initializer.map((each) => [each.name, each]));
  const nodes = written.graph.node.map((each) => asBefore(each, constants));
  if (!nodes.every((each) => each !== null)) return written;
  const graph = changed(written.graph, { node: nodes });
  return changed(written, { opsetImport: [{ domain: '', version: NEW - 1 }], graph });
}

/** A node as it was before; null where it cannot be said so. */
function asBefore(each: NodeProto, constants: ReadonlyMap<string, TensorProto>): NodeProto | null {
  const { opType, input, attribute: given } = each;
  if (given.some(({ g, graphs }) => g || graphs.length > 0)) return null;
  if (!CHANGED.test(opType)) return each;
  if (opType === 'Pad') return input.length <= 3 ? each : null;
  const [value, axes] = input;
  const along = axes === undefined ? undefined : constants.get(axes);
  if (!opType.startsWith('Reduce') || !along) return null;
  return changed(each, { input: [value!], attribute: [...given, ints('axes', valuesOf(along)!)] });
}

/** sign(x) · ln(|x| + √(x² + 1)): of a negative x the sum would cancel. */
function withAsinhWritten(graph: GraphProto): GraphProto {
  if (!graph.node.some(({ opType }) => opType === 'Asinh')) return graph;
  const rawData = new Uint8Array(Float32Array.of(1).buffer);
  const one = tensor({ name: 'asinh:one', dims: [], dataType: FLOAT32, rawData });
  return changed(graph, {
    node: graph.node.flatMap((each) => (each.opType === 'Asinh' ? asinh(each, one.name) : [each])),
    initializer: [...graph.initializer, one],
  });
}

function asinh({ input, output }: NodeProto, one: string): NodeProto[] {
  const [x, result] = [input[0]!, output[0]!];
  const of = (what: string) => `${result}:${what}`;
  const step = (opType: string, inputs: string[], to: string) =>
    node({ opType, name: to, input: inputs, output: [to], attribute: [] });
  return [
    step('Mul', [x, x], of('square')),
    step('Add', [of('square'), one], of('sum')),
    step('Sqrt', [of('sum')], of('root')),
    step('Abs', [x], of('size')),
    step('Add', [of('size'), of('root')], of('both')),
    step('Log', [of('both')], of('log')),
    step('Sign', [x], of('sign')),
    step('Mul', [of('sign'), of('log')], result),
  ];
}
