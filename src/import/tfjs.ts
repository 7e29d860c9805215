// A model of TensorFlow.js, model.json and its weights, as an ONNX graph. A layers model is built as its file says, a
// graph model run node by node by TensorFlow.js; either is traced by our own engine, as networks are that were trained
// here.

import type { GraphModel } from '@tensorflow/tfjs-converter';
import { exportGraph } from '../engine/export.js';
import type { TensorSpecs } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import { GanymedeError, messageOf } from '../errors.js';
import { quoted, refused } from './refusals.js';
import { culpritAmong, type TfNode } from './tfjs-culprit.js';
import { type Artifacts, CONVERT, readArtifacts } from './tfjs-files.js';
import { holding } from './tfjs-held.js';
import { nodesOf, refuseOperators } from './tfjs-refused.js';

/** @throws GanymedeError GRAPH_REFUSED */
export async function onnxOfTfjs(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const artifacts = await readArtifacts(file);
  const nodes = artifacts.kind === 'graph' ? nodesOf(artifacts.modelTopology, file) : null;
  if (nodes) refuseOperators(nodes, file);
  try {
    return await (nodes ? ofGraphModel(artifacts, nodes, file) : ofLayersModel(artifacts, file));
  } catch (error) {
    if (error instanceof GanymedeError && error.code !== 'TRACE_UNSUPPORTED') throw error;
    throw refused(`${file} to be a ${artifacts.kind} model that can be traced`, messageOf(error), CONVERT, error);
  }
}

async function ofLayersModel(artifacts: Artifacts, file: string): Promise<Uint8Array<ArrayBuffer>> {
  const model = await holding(() => tf.loadLayersModel(tf.io.fromMemory(artifacts)));
  const forward = (_: unknown, given: Record<string, tf.Tensor>) => {
    const results = model.apply(
      model.inputs.map(({ name }) => given[name]!),
      { training: false },
    );
    const list = (Array.isArray(results) ? results : [results]) as tf.Tensor[];
    return Object.fromEntries(list.map((result, i) => [`output:${model.outputNames[i]}`, result]));
  };
  const inputs = specsOf(
    model.inputs.map(({ name, shape }) => ({ name, dtype: 'float32', shape })),
    file,
  );
  return exportGraph(forward, { params: {}, inputs, name: model.name });
}

/** Its inputs and outputs by the names of its signature; without one, by those of its nodes. */
async function ofGraphModel(
  artifacts: Artifacts,
  nodes: readonly TfNode[],
  file: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { loadGraphModel } = await import('@tensorflow/tfjs-converter');
  const model = await holding(() => loadGraphModel({ load: async () => artifacts }));
  const outputs = model.outputNodes;
  const forward = (_: unknown, given: Record<string, tf.Tensor>) => {
    const results = executed(model, given, nodes);
    return Object.fromEntries(outputs.map((name, i) => [name, results[i]!]));
  };
  return exportGraph(forward, { params: {}, inputs: specsOf(portsOf(model), file), name: 'graph-model' });
}

function executed(model: GraphModel, given: tf.NamedTensorMap, nodes: readonly TfNode[]): tf.Tensor[] {
  const run = (names: string[]) => [model.execute(given, names)].flat();
  try {
    return run(model.outputNodes);
  } catch (error) {
    const culprit = culpritAmong(nodes, (names) => succeeds(() => run(names.map((name) => `${name}:0`))));
    if (!culprit) throw error;
    const { op, name } = culprit;
    throw new Error(`operator ${quoted(op)} (node ${quoted(name)}): ${reasonOf(error)}`, { cause: error });
  }
}

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false; // why is known from the run before
  }
}

/** What they say to those who write programs, as somebody needs it who has a file. */
function reasonOf(error: unknown): string {
  const message = messageOf(error);
  if (message.startsWith('Unknown op ')) return 'TensorFlow.js does not know it';
  return message.includes('not to read values back') ? 'a shape or size depends on what is fed' : message;
}

interface TfPort {
  readonly name: string;
  readonly dtype: string;
  /** null or −1 where left open. */
  readonly shape: readonly (number | null)[] | undefined;
}

function portsOf({ inputs, inputNodes }: GraphModel): TfPort[] {
  return inputs.map(({ dtype, shape }, i) => ({ name: inputNodes[i]!, dtype, shape }));
}

function specsOf(ports: readonly TfPort[], file: string): TensorSpecs {
  return Object.fromEntries(
    ports.map(({ name, dtype, shape }) => {
      const sizes = shape?.map((size) => size ?? -1);
      if (!sizes || sizes.slice(1).includes(-1))
        throw refused(`${file} to say the sizes of input ${quoted(name)}`, sizes ? `[${sizes}]` : 'none', CONVERT);
      if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
        throw refused(`${file} to take numbers`, `input ${quoted(name)} of ${dtype}`, CONVERT);
      return [name, { dtype, shape: sizes }];
    }),
  );
}
