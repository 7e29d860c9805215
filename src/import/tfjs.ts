// A layers model of TensorFlow.js, model.json and its weights, as an ONNX graph: the model is built as its file says
// and traced by our own engine, as networks are that were trained here.

import { open, readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { exportGraph } from '../engine/export.js';
import type { TensorSpecs } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import { GanymedeError, messageOf } from '../errors.js';
import { realPathInside } from '../files/inside.js';
import { quoted, refused } from './refusals.js';

/** @throws GanymedeError GRAPH_REFUSED */
export async function onnxOfLayersModel(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const artifacts = await readArtifacts(file);
  try {
    const model = await holding(() => tf.loadLayersModel(tf.io.fromMemory(artifacts)));
    return traced(model, file);
  } catch (error) {
    if (error instanceof GanymedeError && error.code !== 'TRACE_UNSUPPORTED') throw error;
    throw refused(`${file} to be a layers model that can be traced`, messageOf(error), CONVERT, error);
  }
}

const CONVERT = 'Convert it: python -m tf2onnx.convert --tfjs model.json --output generator.onnx.';

function traced(model: tf.LayersModel, file: string): Uint8Array<ArrayBuffer> {
  const inputs: TensorSpecs = {};
  for (const { name, shape } of model.inputs) {
    if (shape.slice(1).includes(null))
      throw refused(`${file} to say the sizes of input ${quoted(name)}`, `[${shape}]`, CONVERT);
    inputs[name] = { dtype: 'float32', shape: shape.map((size) => size ?? -1) };
  }
  const forward = (_: unknown, given: Record<string, tf.Tensor>) => {
    const results = model.apply(
      model.inputs.map(({ name }) => given[name]!),
      { training: false },
    );
    const list = (Array.isArray(results) ? results : [results]) as tf.Tensor[];
    return Object.fromEntries(list.map((result, i) => [`output:${model.outputNames[i]}`, result]));
  };
  return exportGraph(forward, { params: {}, inputs, name: model.name });
}

async function readArtifacts(file: string): Promise<tf.io.ModelArtifacts> {
  const json = await readJson(file);
  const { format, modelTopology, weightsManifest } = json;
  if (format !== 'layers-model' || modelTopology === undefined || !Array.isArray(weightsManifest)) {
    const next = `Export it by model.save() of TensorFlow.js. ${CONVERT}`;
    throw refused(`${file} to be a layers model of TensorFlow.js`, `the format ${quoted(String(format))}`, next);
  }
  const groups = weightsManifest as { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
  const parts: Uint8Array[] = [];
  for (const path of groups.flatMap(({ paths }) => paths)) parts.push(await readPart(file, path));
  const data = new Uint8Array(Buffer.concat(parts));
  return {
    modelTopology: modelTopology as object,
    weightSpecs: groups.flatMap(({ weights }) => weights),
    weightData: data.buffer,
  };
}

async function readJson(file: string): Promise<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof json === 'object' && json !== null) return json as Record<string, unknown>;
  } catch (error) {
    throw refused(`${file} to hold JSON`, messageOf(error), CONVERT, error);
  }
  throw refused(`${file} to hold a model`, 'other JSON', CONVERT);
}

/** Weights lie in the folder of the model, links followed. */
async function readPart(file: string, path: string): Promise<Uint8Array> {
  const folder = dirname(file);
  const what = `the weights of ${file} in files inside its folder`;
  const next = 'Copy them there, as they were saved.';
  try {
    const real = isAbsolute(path) ? null : await realPathInside(join(folder, path), folder);
    if (real === null) throw refused(what, `${quoted(path)}, which leads out of it`, next);
    if (!(await stat(real)).isFile()) throw refused(what, `${quoted(path)}, which is no regular file`, next);
    const handle = await open(real);
    return await handle.readFile().finally(() => handle.close());
  } catch (error) {
    if (error instanceof GanymedeError) throw error;
    throw refused(what, messageOf(error), next, error);
  }
}

/** Keeps weights and computes nothing. */
class Held extends tf.KernelBackend {
  readonly #values = new Map<object, { values: tf.BackendValues; count: number }>();

  override write(values: tf.BackendValues): object {
    const id = {};
    this.#values.set(id, { values, count: 1 });
    return id;
  }
  override move(id: object, values: tf.BackendValues): void {
    this.#values.set(id, { values, count: 1 });
  }
  override readSync(id: object): tf.BackendValues {
    return this.#values.get(id)!.values;
  }
  override async read(id: object): Promise<tf.BackendValues> {
    return this.readSync(id);
  }
  override numDataIds(): number {
    return this.#values.size;
  }
  override refCount(id: object): number {
    return this.#values.get(id)?.count ?? 0;
  }
  override incRef(id: object): void {
    this.#values.get(id)!.count++;
  }
  decRef(id: object): void {
    const held = this.#values.get(id);
    if (held) held.count--;
  }
  /** Tensors that share values count: they go with the last. */
  override disposeData(id: object, force = false): boolean {
    this.decRef(id);
    return (force || this.refCount(id) <= 0) && this.#values.delete(id);
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override dispose(): void {
    this.#values.clear();
  }
}

/** Does something while tensors are kept and nothing is computed. */
async function holding<T>(work: () => Promise<T>): Promise<T> {
  const name = 'held';
  if (tf.engine().registryFactory[name] === undefined) tf.registerBackend(name, () => new Held());
  const previous = tf.engine().backendName;
  tf.setBackend(name);
  try {
    return await work();
  } finally {
    if (previous) tf.setBackend(previous);
  }
}
