// A graph of a version as others can take it: float32 weights, no work left that needs no input, readable names, the
// forms of operators that most runtimes know, and what one has to know of it inside the file. What it gives is what the
// served graph gives, and is compared with that before it leaves.

import type { Engine, Graph } from '../engine/engine.js';
import { PRODUCER } from '../engine/onnx.js';
import { changed, decodeProto, encodeProto } from '../engine/onnx-proto.js';
import type { HostTensors, TensorSpecs } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import type { Capability } from '../models/capabilities.js';
import type { Manifest } from '../models/manifest.js';
import type { Checkpoint } from '../models/verified.js';
import { warmUpFeeds } from '../models/warm-up.js';
import { described } from './describe.js';
import { folded } from './fold.js';
import { named } from './names.js';
import { inOlderForms } from './older.js';
import { withoutRowCount } from './rows.js';

export interface PlainGraph {
  readonly capability: Capability;
  readonly onnx: Uint8Array<ArrayBuffer>;
  readonly inputs: TensorSpecs;
  readonly outputs: TensorSpecs;
  /** The most that one of its numbers differs from the served graph's, on the rows by which versions are tried. */
  readonly difference: number;
}

/** Graphs of a version. */
export interface PlainVersion {
  readonly manifest: Manifest;
  readonly graphs: readonly PlainGraph[];
}

/** How much a number may differ, of 1 or the largest of its output. What was written otherwise rounds otherwise. */
export const TOLERANCE = 1e-5;

/** @throws GanymedeError EXPORT_REFUSED where it does not give what the served graph gives, CHECKPOINT_INVALID */
export async function plainGraph(checkpoint: Checkpoint, capability: Capability, engine: Engine): Promise<PlainGraph> {
  const { manifest } = checkpoint;
  const served = await checkpoint.graph(capability);
  const { model, origins } = await folded(decodeProto(served), engine);
  const isOurs = model.producerName === PRODUCER; // names and habits of others stay as they are
  const older = inOlderForms(isOurs ? changed(model, { graph: withoutRowCount(model.graph) }) : model);
  const plain = isOurs ? changed(older, { graph: named(older.graph, origins) }) : older;
  const onnx = encodeProto(described(plain, capability, manifest));
  const graph = await engine.load(`${capability}, exported`, onnx);
  try {
    const difference = await compared(await engine.load(capability, served), graph, capability, manifest);
    return { capability, onnx, inputs: graph.inputs, outputs: graph.outputs, difference };
  } finally {
    await graph.release();
  }
}

/** Lets the served graph go. */
async function compared(served: Graph, plain: Graph, capability: Capability, manifest: Manifest): Promise<number> {
  const feeds = () => warmUpFeeds(served, manifest, [0, 1, 2]); // anew for each run, which takes them away
  try {
    const [wanted, given] = [await served.run(feeds()), await plain.run(feeds())];
    const differences = Object.keys(wanted).map((name) => [name, differenceOf(wanted, given, name)] as const);
    const bad = differences.find(([, { share }]) => !(share <= TOLERANCE));
    if (bad) throw unlike(capability, ...bad);
    return Math.max(...differences.map(([, { most }]) => most));
  } finally {
    await served.release();
  }
}

interface Difference {
  readonly most: number;
  /** Of the largest number that it should give, or of 1: a logit of nearly 0 is the sum of larger numbers. */
  readonly share: number;
}

function differenceOf(wanted: HostTensors, given: HostTensors, name: string): Difference {
  const [a, b] = [wanted[name]!.data as Float32Array, given[name]?.data as Float32Array | undefined];
  if (a.length !== b?.length) return { most: Number.POSITIVE_INFINITY, share: Number.POSITIVE_INFINITY };
  let [most, largest] = [0, 1];
  for (const [i, value] of a.entries()) {
    if (Object.is(value, b[i])) continue; // what is not a number may be so in both
    most = Math.max(most, Math.abs(value - b[i]!)); // NaN where one of them is
    largest = Math.max(largest, Math.abs(value));
  }
  return { most, share: most / largest };
}

function unlike(capability: Capability, output: string, { most }: Difference): GanymedeError {
  return new GanymedeError(
    'EXPORT_REFUSED',
    `Expected the exported graph "${capability}" to give what the served one gives but "${output}" differed by ${most.toPrecision(2)}. Take the graph of the version as it lies in its folder.`,
    { details: { graph: capability, output, difference: String(most) } },
  );
}
