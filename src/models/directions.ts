// Directions of a version's latent space along which its samples change most, found without a label or an example: from
// the first layer of its generator, of which the graph is cut off and shown unit vectors or a fixed sample of latents.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import pLimit from 'p-limit';
import { cutAt } from '../engine/cut.js';
import type { Graph, GraphEngine } from '../engine/engine.js';
import { float32, type HostTensors, sizeOf } from '../engine/tensor.js';
import { GanymedeError, messageOf } from '../errors.js';
import { type DirectionMethod, MAX_DIRECTIONS } from './direction-methods.js';
import type { DirectionsTask } from './directions-thread.js';
import { type FirstLayer, firstLayerOf } from './first-layer.js';
import { labelFromSeed, oneHot } from './labels.js';
import { latent } from './latent.js';
import type { Manifest } from './manifest.js';
import type { Direction, Rows } from './principal.js';
import { untruncated } from './truncation.js';

/** Longer latents would take minutes: eigenvectors cost the cube of it. */
const MAX_LATENT = 512;

/** Seeds 0, 1, …, whose activations PCA looks at, and how many of them its components come from. */
const SAMPLES = 2048;
const BASIS = 256;

/** Activations looked at, evenly spread over all that there are. */
const MAX_ACTIVATIONS = 2048;

/** Rows of one run. */
const BATCH = 256;

/** Largest error, in parts of the largest value, of a layer that is taken for linear; float16 weights keep to 1e-5. */
const TOLERANCE = 1e-3;

export interface Source {
  readonly manifest: Manifest;
  /** Of the graph `generate`. */
  readonly onnx: Uint8Array;
  readonly engine: Pick<GraphEngine, 'load'>;
  /** The version is released. */
  readonly signal: AbortSignal;
}

/** One at a time, however many versions are asked for at once: each takes a core for seconds. */
const oneAtATime = pLimit(1);

/** At most `MAX_DIRECTIONS`, the strongest first. @throws GanymedeError CAPABILITY_MISSING where there are none */
export function findDirections(method: DirectionMethod, source: Source): Promise<readonly Direction[]> {
  return oneAtATime(() => find(method, source));
}

async function find(method: DirectionMethod, source: Source): Promise<readonly Direction[]> {
  refuseReleased(source);
  const { manifest, onnx } = source;
  if (manifest.latent.size > MAX_LATENT) {
    throw without(manifest, `a latent of at most ${MAX_LATENT} numbers`, `one of ${manifest.latent.size}`);
  }
  const layer = firstLayerOf(onnx);
  if (!layer) throw without(manifest, 'a layer that multiplies z by weights', 'none');
  const task = method === 'factorised' ? await matrixOf(layer, source) : await sampleOf(layer, source);
  return solved(task, source);
}

/** A row for each unit vector: what the layer makes of it, its bias taken off. */
async function matrixOf({ output }: FirstLayer, source: Source): Promise<DirectionsTask> {
  const { size } = source.manifest.latent;
  const units = Array.from({ length: size }, (_, i) => new Float32Array(size).fill(1, i, i + 1));
  const probe = latent(0, size, { kind: 'normal' });
  // Of one class throughout: what a class adds is the same for each and is taken off with the bias.
  const shown = [new Float32Array(size), probe, ...units].map((z) => ({ z, label: 0 }));
  const [bias, probed, ...made] = await through(output, 'first-layer', shown, source, isNotLinear(source.manifest));
  const rows = made.map((row) => row.map((value, k) => value - bias![k]!));
  refuseNonlinear(bias!, probe, probed!, rows, source.manifest);
  return { most: MAX_DIRECTIONS, rows: joined(rows), basis: rows.length };
}

function refuseNonlinear(
  bias: Float32Array,
  z: Float32Array,
  received: Float32Array,
  rows: readonly Float32Array[],
  manifest: Manifest,
): void {
  const wanted = bias.map((value, k) => rows.reduce((sum, row, i) => sum + z[i]! * row[k]!, value));
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (wanted.every((value, k) => Math.abs(value - received[k]!) <= TOLERANCE * largest)) return;
  throw isNotLinear(manifest);
}

/** As behind a z that is normalised, of which nothing is left where it is nothing. */
function isNotLinear(manifest: Manifest): GanymedeError {
  return without(manifest, 'a first layer that is linear in z', 'one that is not; PCA may find some');
}

async function sampleOf({ activations }: FirstLayer, source: Source): Promise<DirectionsTask> {
  const { latent: space, labels } = source.manifest;
  const most = Math.min(MAX_DIRECTIONS, space.size);
  const shown = Array.from({ length: SAMPLES }, (_, seed) => ({
    z: latent(seed, space.size, space.prior),
    label: labels ? labelFromSeed(seed, labels.length) : 0,
  }));
  const rows = await through(activations, 'first-activations', shown, source);
  const thinned = rows.map((row) => thin(row, Math.ceil(row.length / MAX_ACTIVATIONS)));
  return { most, rows: joined(thinned), latents: joined(shown.map(({ z }) => z)), basis: BASIS };
}

interface Shown {
  readonly z: Float32Array;
  readonly label: number;
}

/** What a tensor of the generator is for each. */
async function through(
  tensor: string,
  name: string,
  shown: readonly Shown[],
  source: Source,
  broken = without(source.manifest, 'finite activations in its first layer', 'others'),
): Promise<Float32Array[]> {
  const { manifest, onnx, engine } = source;
  const graph = await engine.load(`${manifest.model}/${manifest.version}/${name}`, cutAt(onnx, tensor));
  try {
    const rows: Float32Array[] = [];
    for (let start = 0; start < shown.length; start += BATCH) {
      refuseReleased(source);
      rows.push(...(await runOn(graph, shown.slice(start, start + BATCH), manifest)));
    }
    if (rows.every((row) => row.every(Number.isFinite))) return rows;
    throw broken;
  } finally {
    await graph.release();
  }
}

async function runOn(graph: Graph, shown: readonly Shown[], manifest: Manifest): Promise<Float32Array[]> {
  const feeds: HostTensors = { z: float32([shown.length, manifest.latent.size], joined(shown.map(({ z }) => z)).data) };
  if (Object.hasOwn(graph.inputs, 'label')) {
    const classes = manifest.labels!.length;
    const labels = shown.map(({ label }) => label);
    feeds['label'] = float32([shown.length, classes], oneHot(labels, classes));
  }
  Object.assign(feeds, untruncated(graph, shown.length));
  const [{ data, shape }] = Object.values(await graph.run(feeds)) as [HostTensors[string]];
  const width = sizeOf(shape.slice(1));
  return shown.map((_, i) => (data as Float32Array).slice(i * width, (i + 1) * width));
}

function thin(row: Float32Array, step: number): Float32Array {
  return step === 1 ? row : row.filter((_, k) => k % step === 0);
}

function joined(rows: readonly Float32Array[]): Rows {
  const width = rows[0]!.length;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, i) => void data.set(row, i * width));
  return { count: rows.length, data };
}

async function solved(task: DirectionsTask, source: Source): Promise<Direction[]> {
  refuseReleased(source);
  const buffers = [task.rows, ...(task.latents ? [task.latents] : [])].map(({ data }) => data.buffer);
  const thread = new Worker(new URL('../../dist/models/directions-thread.js', import.meta.url), {
    name: 'ganymede-directions',
    workerData: task,
    transferList: buffers,
  });
  try {
    const [directions] = (await once(thread, 'message', { signal: source.signal })) as [Direction[]];
    return directions;
  } catch (cause) {
    refuseReleased(source);
    throw new GanymedeError(
      'ENGINE_FAILED',
      `Expected directions of a latent space but received: ${messageOf(cause)}.`,
      {
        cause,
      },
    );
  } finally {
    await thread.terminate();
  }
}

function refuseReleased({ signal, manifest: { model, version } }: Source): void {
  if (signal.aborted) throw new GanymedeError('SHUTTING_DOWN', `${model} version ${version} is being released.`);
}

function without({ model, version }: Manifest, wanted: string, received: string): GanymedeError {
  return new GanymedeError(
    'CAPABILITY_MISSING',
    `Expected the generator of ${model} version ${version} to have ${wanted} but received ${received}.`,
    { details: { model, version, capability: 'generate' } },
  );
}
