// A graph by other hands, opened: its bytes decoded, values of other files brought in, refused where it may not be
// served, and its names moved out of the way of ours. What it takes and gives is said in the words of its author.

import { readFile, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { faultsOf } from '../engine/inspect.js';
import { decodeProto, encodeProto, type GraphProto, type Model, tensor, type ValueInfo } from '../engine/onnx-proto.js';
import { messageOf } from '../errors.js';
import { inlineExternal } from './external.js';
import { graphsOf, tensorsOf } from './parts.js';
import { quoted, refused } from './refusals.js';
import { holdsNaN, isBrainFloat, numberOf, typeName, valuesOf } from './types.js';

/** An input or output; a dimension of null is left open. */
export interface Port {
  /** As its author named it. */
  readonly name: string;
  /** What it is called in the graph that was opened. */
  readonly value: string;
  readonly type: number;
  readonly dims: readonly (number | null)[];
}

export interface Foreign {
  readonly file: string;
  readonly graph: GraphProto;
  /** With which the graph goes: its operators' versions and its functions. */
  readonly model: Model;
  readonly opset: number;
  readonly producer: string;
  /** What somebody has to feed; weights that old exports list as inputs are none of them. */
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** Before every name of theirs, so that none is one of ours. */
const PREFIX = 'foreign/';

/** @throws GanymedeError GRAPH_REFUSED */
export async function openForeign(file: string): Promise<Foreign> {
  if (!file.toLowerCase().endsWith('.json')) return foreignOf(await readOnnx(file), file);
  const { onnxOfTfjs } = await import('./tfjs.js'); // TensorFlow.js takes a moment to load
  return foreignOf(await onnxOfTfjs(file), file);
}

/** `file` is where it lies: values in files of their own are looked for beside it. */
export async function foreignOf(onnx: Uint8Array, file: string): Promise<Foreign> {
  const model = decoded(onnx, file);
  refuseTypes(model, file);
  await inlineExternal(model, dirname(file));
  refuseUnsafe(encodeProto(model), file);
  refuseNotNumbers(model, file);
  refuseOld(model, file);
  for (const body of [model.graph, ...model.functions]) refuseEndless(body, file);
  const ports = (list: readonly ValueInfo[]) => list.map((value) => portOf(value, file));
  const { graph } = model;
  const stored = new Set(
    [...graph.initializer, ...graph.sparseInitializer.flatMap(({ values }) => values ?? [])].map(({ name }) => name),
  );
  const inputs = ports(graph.input.filter(({ name }) => !stored.has(name)));
  const outputs = ports(graph.output);
  if (outputs.length === 0) throw refused(`${file} to give something`, 'a graph without outputs', EXPORT);
  for (const each of graphsOf(graph)) prefixNames(each);
  return { file, graph, model, opset: opsetOf(model), producer: model.producerName, inputs, outputs };
}

const EXPORT = 'docs/import-a-model.md says how to export each kind of model.';

/** Of the endings that models of other kinds have: what makes an ONNX file of them. */
const OTHERS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['.pt', '.pth', '.pkl', '.ckpt', '.bin', '.safetensors'].map((ending) => [
      ending,
      'Files of Python objects are never opened here, and weights alone say nothing of their network. Export the network from Python: torch.onnx.export(generator.eval(), z, "generator.onnx").',
    ]),
  ),
  ...Object.fromEntries(
    ['.h5', '.keras', '.pb', '.tflite'].map((ending) => [
      ending,
      'Convert it: python -m tf2onnx.convert --saved-model DIR --output generator.onnx, or model.export("generator.onnx", format="onnx") in Keras 3.',
    ]),
  ),
};

async function readOnnx(file: string): Promise<Uint8Array> {
  const ending = extname(file).toLowerCase();
  const way = OTHERS[ending];
  if (way) throw refused('an ONNX file (.onnx)', `${file}, a file of another kind`, `${way} ${EXPORT}`);
  try {
    const stats = await stat(file); // before opening: to open a named pipe would wait for ever
    if (stats.isFile()) return await readFile(file);
  } catch (error) {
    throw refused(`a readable file ${file}`, messageOf(error), 'Check the path.', error);
  }
  throw refused(`an ONNX file (.onnx)`, `${file}, which is no regular file`, 'Name the file itself.');
}

function decoded(onnx: Uint8Array, file: string): Model {
  try {
    const model = decodeProto(onnx);
    if (model.graph) return model;
  } catch (error) {
    throw refused(`${file} to be an ONNX model`, messageOf(error), EXPORT, error);
  }
  throw refused(`${file} to be an ONNX model`, 'bytes without a graph', EXPORT);
}

function refuseUnsafe(onnx: Uint8Array, file: string): void {
  const [fault, ...more] = faultsOf(onnx);
  if (fault === undefined) return;
  const others = more.length > 0 ? ` And ${more.length} more faults.` : '';
  throw refused(`${file} to hold a graph that is safe to load`, `${fault}`, others.trim());
}

/** ONNX Runtime has no operators for these on a CPU, wherever in a graph they are. */
function refuseTypes(model: Model, file: string): void {
  const { graph } = model;
  const typed = [...graph.input, ...graph.output, ...graph.valueInfo].map(({ name, type }) => ({
    name,
    type: type?.tensorType?.elemType ?? 0,
  }));
  const stored = tensorsOf(model).map(({ name, dataType }) => ({ name, type: dataType }));
  const found = [...typed, ...stored].find(({ type }) => isBrainFloat(type));
  if (!found) return;
  const came = `${quoted(found.name)} of ${typeName(found.type)}`;
  const next = 'Export in float32: model.float() before the export.';
  throw refused(`${file} to compute in float32 or float16`, came, next);
}

/** Weights that are infinite or no numbers make images that are none. */
function refuseNotNumbers(model: Model, file: string): void {
  const bad = tensorsOf(model).find(holdsNaN);
  if (!bad) return;
  throw refused(`${file} to hold weights that are numbers`, `NaN in ${quoted(bad.name)}`, DIVERGED);
}

export const DIVERGED =
  'Its training may have diverged, or its numbers left the range of float16: export an earlier state, in float32.';

/** The oldest operators that ONNX Runtime promises to run. */
const OLDEST = 7;

function refuseOld(model: Model, file: string): void {
  const opset = opsetOf(model);
  if (opset >= OLDEST) return;
  const next =
    'Export it again with opset_version=17, or convert it: onnx.version_converter.convert_version(model, 17).';
  throw refused(`${file} to use operators of opset ${OLDEST} or later`, `opset ${opset}`, next);
}

/** Turns of a loop and of those around it; beyond, nobody would wait for an image. */
const MOST_TURNS = 10_000;

/** A loop that ends by a condition alone may never end, for some latent that nobody has tried. */
function refuseEndless(body: Pick<GraphProto, 'node'> & Partial<GraphProto>, file: string, around = 1): void {
  const stored = new Map((body.initializer ?? []).map((each) => [each.name, each]));
  for (const { opType, input, output, attribute } of body.node) {
    const value = opType === 'Constant' ? attribute.find(({ name }) => name === 'value')?.t : undefined;
    if (value) stored.set(output[0]!, value);
    const [turns] = opType === 'Loop' ? (valuesOf(stored.get(input[0]!) ?? NOTHING) ?? []) : [1];
    const all = around * (turns ?? Number.POSITIVE_INFINITY);
    if (all > MOST_TURNS) {
      const came = turns === undefined ? 'a Loop that ends by a condition' : `a Loop of ${all} turns`;
      throw refused(`${file} to hold loops of a known number of turns, at most ${MOST_TURNS}`, came, UNROLL);
    }
    for (const { g, graphs } of attribute)
      for (const inner of g ? [g, ...graphs] : graphs) refuseEndless(inner, file, all);
  }
}

const NOTHING = tensor({ name: '', dims: [0], dataType: 7 });
const UNROLL = 'Write its turns out: a Python loop over numbers is, when it is traced.';

function opsetOf(model: Model): number {
  const own = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  return own ? numberOf(own.version) : 0;
}

function portOf({ name, type }: ValueInfo, file: string): Port {
  const tensor = type?.tensorType;
  if (!tensor) throw refused(`${file} to take and give tensors`, `${quoted(name)}, which is none`, EXPORT);
  const dims = (tensor.shape?.dim ?? []).map(({ dimValue, dimParam }) => {
    const size = dimParam || dimValue === undefined || dimValue === null ? null : numberOf(dimValue);
    return size !== null && size < 0 ? null : size; // −1 is how some exporters leave one open
  });
  return { name, value: `${PREFIX}${name}`, type: tensor.elemType, dims };
}

/** As messages show it: float32 [N, 100, 1, 1]. */
export function formOf({ type, dims }: Port): string {
  return `${typeName(type)} [${dims.map((dim, axis) => dim ?? (axis === 0 ? 'N' : '?')).join(', ')}]`;
}

function prefixNames(graph: GraphProto): void {
  const prefixed = (name: string) => (name === '' ? '' : `${PREFIX}${name}`);
  const rename = (named: { name: string }) => {
    named.name = prefixed(named.name);
  };
  for (const node of graph.node) {
    node.input = node.input.map(prefixed);
    node.output = node.output.map(prefixed);
  }
  for (const list of [graph.initializer, graph.input, graph.output, graph.valueInfo]) list.forEach(rename);
  for (const { values } of graph.sparseInitializer) if (values) rename(values);
  for (const annotation of graph.quantizationAnnotation) {
    annotation.tensorName = prefixed(annotation.tensorName);
    for (const entry of annotation.quantParameterTensorNames) entry.value = prefixed(entry.value);
  }
}
