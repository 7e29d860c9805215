// The graphs of a version as graph models of TensorFlow.js, which a page loads with tf.loadGraphModel: model.json and
// its weights, a folder each. Inputs and outputs have the names and shapes that they have here, images [N, C, H, W].

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../engine/engine.js';
import {
  changed,
  decodeProto,
  encodeProto,
  type Model,
  type NodeProto,
  type TensorProto,
  valueInfo,
} from '../engine/onnx-proto.js';
import { float32, type HostTensor, type TensorSpecs } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import { writeAndSync } from '../files/atomic.js';
import { FLOAT32, numberOf, valuesOf } from '../import/types.js';
import type { Manifest } from '../models/manifest.js';
import { warmUpFeeds } from '../models/warm-up.js';
import { VERSION } from '../version.js';
import { factsOf } from './describe.js';
import type { PlainGraph, PlainVersion } from './plain.js';
import { dimensions, TfNodes, type Value } from './tfjs-nodes.js';
import { OPERATORS } from './tfjs-operators.js';

const WEIGHTS = 'weights.bin';

/** @throws GanymedeError EXPORT_REFUSED naming what each graph has that cannot be said */
export async function writeTfjs({ manifest, graphs }: PlainVersion, folder: string, engine: Engine): Promise<void> {
  refuseUnknown(graphs);
  for (const graph of graphs) {
    const { json, weights } = await tfjsModel(graph, manifest, engine);
    const place = join(folder, graph.capability);
    await mkdir(place);
    await writeAndSync(join(place, WEIGHTS), weights);
    await writeAndSync(join(place, 'model.json'), `${JSON.stringify(json)}\n`);
  }
}

export interface TfjsModel {
  readonly json: object;
  readonly weights: Uint8Array;
}

export async function tfjsModel(plain: PlainGraph, manifest: Manifest, engine: Engine): Promise<TfjsModel> {
  const model = decodeProto(plain.onnx);
  const out = new TfNodes(Object.keys(plain.outputs));
  writeNodes(plain, model, await shapesOf(model, manifest, engine), out);
  const facts = factsOf(plain.capability, manifest);
  const json = {
    format: 'graph-model',
    generatedBy: `Ganymede ${VERSION}`,
    convertedBy: null,
    signature: { inputs: signature(plain.inputs), outputs: signature(plain.outputs) },
    userDefinedMetadata: facts,
    modelTopology: { node: out.nodes, library: {}, versions: { producer: 1087 } },
    weightsManifest: [{ paths: [WEIGHTS], weights: out.weights }],
  };
  return { json, weights: out.data };
}

function writeNodes({ capability, inputs, outputs }: PlainGraph, { graph }: Model, shapes: Shapes, out: TfNodes): void {
  const constants = new Map(graph.initializer.map((each) => [each.name, each]));
  const values = new Map<string, Value>();
  for (const [name, { shape }] of Object.entries(inputs)) values.set(name, out.input({ name, shape }));
  const valueNamed = (name: string): Value => {
    const value = values.get(name) ?? out.floats(float32Of(constants.get(name)!), dimsOf(constants.get(name)!), name);
    values.set(name, value);
    return value;
  };
  for (const node of graph.node) {
    const [name = ''] = node.output;
    const write = OPERATORS[node.opType]!;
    const result = write({
      ...{ node, out, name: node.name || name, shape: shapes.get(name)! },
      value: (i) => valueNamed(node.input[i]!),
      constant: (i) => constantOf(constants.get(node.input[i] ?? '')),
      refuse: (why) => {
        throw refusal([`${node.opType} with ${why} (graph "${capability}")`]);
      },
    });
    values.set(name, result);
  }
  for (const name of Object.keys(outputs)) out.output(name, values.get(name)!);
}

type Shapes = ReadonlyMap<string, readonly number[]>;

/** Value → its shape, −1 for a size that goes with the rows: as two runs of other numbers of rows give it. */
async function shapesOf(model: Model, manifest: Manifest, engine: Engine): Promise<Shapes> {
  const values = model.graph.node.flatMap(({ output }) => output);
  const output = values.map((name) => valueInfo(name, FLOAT32, null));
  const all = encodeProto(changed(model, { graph: changed(model.graph, { output }) }));
  const graph = await engine.load('every value of a graph', all);
  try {
    const [two, three] = [
      await graph.run(warmUpFeeds(graph, manifest, [0, 1])),
      await graph.run(warmUpFeeds(graph, manifest, [0, 1, 2])),
    ];
    return new Map(
      values.map((name) => [
        name,
        two[name]!.shape.map((size, axis) => (size === three[name]!.shape[axis] ? size : -1)),
      ]),
    );
  } finally {
    await graph.release();
  }
}

/** All at once, so that whoever asks knows what to leave out. */
function refuseUnknown(graphs: readonly PlainGraph[]): void {
  const faults = graphs.flatMap(({ capability, onnx }) => {
    const unknown = decodeProto(onnx).graph.node.filter((node) => !isKnown(node));
    return [...new Set(unknown.map(({ opType }) => opType))].map((operator) => `${operator} (graph "${capability}")`);
  });
  if (faults.length > 0) throw refusal(faults);
}

function isKnown({ domain, opType, output }: NodeProto): boolean {
  return domain === '' && output.length === 1 && Object.hasOwn(OPERATORS, opType);
}

function refusal(faults: readonly string[]): GanymedeError {
  return new GanymedeError(
    'EXPORT_REFUSED',
    `Expected graphs whose operators a graph model of TensorFlow.js can say but received ${faults.join(', ')}. Leave such a graph out by --graphs, or export --for onnx, which onnxruntime-web runs in a page.`,
    { details: { faults } },
  );
}

function signature(specs: TensorSpecs) {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape }]) => [
      name,
      { name: `${name}:0`, dtype: 'DT_FLOAT', tensorShape: dimensions(shape) },
    ]),
  );
}

function constantOf(tensor: TensorProto | undefined): HostTensor | undefined {
  if (!tensor) return undefined;
  if (tensor.dataType === FLOAT32) return float32(dimsOf(tensor), float32Of(tensor));
  const data = BigInt64Array.from(valuesOf(tensor) ?? [], BigInt);
  return { dtype: 'int64', shape: dimsOf(tensor), data };
}

function float32Of(tensor: TensorProto): Float32Array<ArrayBuffer> {
  return Float32Array.from(valuesOf(tensor) ?? []);
}

function dimsOf({ dims }: TensorProto): number[] {
  return dims.map(numberOf);
}
