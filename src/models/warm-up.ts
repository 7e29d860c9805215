// The first runs of a graph, before anything is served by it: three rows in a batch and one of them alone, twice. They
// show what the bytes do not: rows that depend on their neighbours, answers that are others each time, and no numbers
// at all. A sample has an address under which it may be cached for ever, so none of these may be served.

import type { Graph } from '../engine/engine.js';
import { float32, type HostTensor, type HostTensors, sizeOf } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import { fillMask, MASK_KINDS, numbersOfMask } from '../random/masks.js';
import { firstNotFinite, rowsOf } from './batch.js';
import { type Capability, checkOutputs, outputsOf } from './capabilities.js';
import { exampleOf } from './example.js';
import { together } from './faults.js';
import { oneHot } from './labels.js';
import { latent } from './latent.js';
import type { Manifest } from './manifest.js';
import { untruncated } from './truncation.js';

/** How much a row may differ from itself, as a share of how far rows differ from each other. */
const SHARE = 1e-3;
/** Besides, as a share of its size: float32 rounds, and one row and many are added up in another order. */
const ROUNDING = 1e-5;

const ROWS = 3;
/** The row that runs alone: in the batch it has one before it and one behind. */
const MIDDLE = 1;
/** How often other rows are tried while none is finite. */
const ATTEMPTS = 4;

/**
 * Returns how many rows were not finite. One that is suffices: the others are refused one by one as they are asked for.
 * @throws GanymedeError CHECKPOINT_INVALID naming each output that is wrong and how; ENGINE_FAILED as the graph does.
 */
export async function warmUp(graph: Graph, capability: Capability, manifest: Manifest, file: string): Promise<number> {
  const outputs = Object.keys(outputsOf(graph, capability, manifest));
  for (let attempt = 1; ; attempt++) {
    const trial = await tryRows(graph, capability, manifest, file, attempt);
    const fault = together(outputs.flatMap((output) => disagreements(trial, output, file)));
    if (fault) throw fault;
    const finite = (output: string) => rowsOf(trial.batch[output]!).filter((row) => firstNotFinite(row) < 0).length;
    const dead = outputs.find((output) => finite(output) === 0);
    if (dead === undefined) return ROWS - Math.min(...outputs.map(finite));
    if (attempt === ATTEMPTS) throw notFinite(trial.batch[dead]!, dead, file);
  }
}

interface Trial {
  readonly batch: HostTensors;
  readonly batchAgain: HostTensors;
  readonly alone: HostTensors;
  readonly aloneAgain: HostTensors;
}

async function tryRows(
  graph: Graph,
  capability: Capability,
  manifest: Manifest,
  file: string,
  attempt: number,
): Promise<Trial> {
  const run = async (rows: readonly number[]) => {
    const results = await graph.run(warmUpFeeds(graph, manifest, rows));
    checkOutputs(results, rows.length, capability, manifest, file);
    return results;
  };
  const rows = Array.from({ length: ROWS }, (_, row) => (attempt - 1) * ROWS + row);
  const alone = [rows[MIDDLE]!];
  return {
    batch: await run(rows),
    alone: await run(alone),
    batchAgain: await run(rows),
    aloneAgain: await run(alone),
  };
}

/**
 * Rows of every input that a graph may have, a pure function of their numbers: no two alike, so that one shows in
 * another.
 */
export function warmUpFeeds(graph: Pick<Graph, 'inputs'>, manifest: Manifest, rows: readonly number[]): HostTensors {
  return Object.fromEntries(
    Object.entries(graph.inputs).map(([name, { shape }]) => {
      const row = shape.slice(1);
      const values = new Float32Array(rows.length * sizeOf(row));
      for (const [i, index] of rows.entries()) values.set(warmUpRow(name, index, row, manifest), i * sizeOf(row));
      return [name, float32([rows.length, ...row], values)];
    }),
  );
}

/** z of a seed, styles, a noisy image or a point, a class, a truncation, or a mask of each kind in turn. */
function warmUpRow(input: string, index: number, shape: readonly number[], manifest: Manifest): Float32Array {
  const size = sizeOf(shape);
  switch (input) {
    case 'z':
      return latent(index, size, manifest.latent.prior);
    case 'w':
      return latent(index, size, { kind: 'normal' });
    case 'label':
      return oneHot([index % size], size);
    case 'truncation':
      return Float32Array.of(1 - (index % ROWS) / 4);
    case 'mask': {
      const mask = new Float32Array(size);
      const numbers = latent(index, numbersOfMask(shape), { kind: 'uniform', low: 0, high: 1 });
      fillMask(mask, MASK_KINDS[index % MASK_KINDS.length]!, shape, numbers);
      return mask;
    }
    default:
      return exampleRow(index, size, manifest);
  }
}

/** Noise about the middle of the range, of a contrast that differs from row to row. */
function exampleRow(index: number, size: number, manifest: Manifest): Float32Array {
  const { image } = manifest;
  if (!image) return latent(index, size, { kind: 'normal' });
  const { middle } = exampleOf(manifest);
  const reach = (image.range[1] - middle) / (1 + (index % ROWS));
  return latent(index, size, { kind: 'uniform', low: middle - reach, high: middle + reach });
}

function disagreements({ batch, batchAgain, alone, aloneAgain }: Trial, output: string, file: string): GanymedeError[] {
  const [rows, again] = [rowsOf(batch[output]!), rowsOf(batchAgain[output]!)];
  const [single, singleAgain] = [rowsOf(alone[output]!)[0]!, rowsOf(aloneAgain[output]!)[0]!];
  const spread = spreadOf(rows);
  const allowed = SHARE * spread + ROUNDING * magnitudeOf(rows);
  const unsteady = Math.max(distance(single, singleAgain), ...rows.map((row, i) => distance(row, again[i]!)));
  const mixed = distance(single, rows[MIDDLE]!);
  const fault = (what: string, difference: number, next: string) =>
    new GanymedeError(
      'CHECKPOINT_INVALID',
      `Expected ${file} to give ${what} but output "${output}" of one row differed by ${difference.toPrecision(2)}, ` +
        `where rows differ from each other by ${spread.toPrecision(2)}. ${next}`,
      { details: { file, output, difference: String(difference), spread, allowed } },
    );
  return [
    ...(unsteady > allowed ? [fault('the same output each time', unsteady, NOT_RANDOM)] : []),
    ...(mixed > allowed ? [fault('a row the same output alone as among others', mixed, NOT_MIXED)] : []),
  ];
}

/**
 * Refuses halves of a generator that are not those of `generate`: synthesize(map(z)) has to be what it gives for z.
 * `file` says where they lie. @throws GanymedeError CHECKPOINT_INVALID
 */
export async function checkHalves(halves: Halves, manifest: Manifest, file: string): Promise<void> {
  const { generate, map, synthesize } = halves;
  const told = (graph: Graph) => Object.hasOwn(graph.inputs, 'label');
  if (told(generate) !== told(map)) {
    throw unlike(file, `to be told of a class where "generate" is`, told(map) ? 'a label for "map" alone' : 'none');
  }
  // Anew for each run, which takes them away.
  const feeds = () => ({ ...warmUpFeeds(generate, manifest, [0, 1, 2]), ...untruncated(generate, 3) });
  const { tensor } = exampleOf(manifest);
  const whole = rowsOf((await generate.run(feeds()))[tensor]!);
  const { w } = await map.run(warmUpFeeds(map, manifest, [0, 1, 2]));
  const made = rowsOf((await synthesize.run({ w: w! }))[tensor]!);
  const difference = Math.max(...whole.map((row, i) => distance(row, made[i]!)));
  if (difference <= SHARE * spreadOf(whole) + ROUNDING * magnitudeOf(whole)) return;
  throw unlike(file, 'to give together what "generate" gives', `images that differ by ${difference.toPrecision(2)}`);
}

type Halves = Readonly<Record<'generate' | 'map' | 'synthesize', Graph>>;

function unlike(file: string, wanted: string, came: string): GanymedeError {
  const message = `Expected the graphs "map" and "synthesize" of ${file} ${wanted} but received ${came}. Export them from one network.`;
  return new GanymedeError('CHECKPOINT_INVALID', message, { details: { file } });
}

const NOT_RANDOM = 'Take what is random out of the graph.';
const NOT_MIXED =
  'Use statistics from training, not of the batch at hand: call model.eval() before exporting, and leave out minibatch ' +
  'statistics.';

/** How far a row is from itself in another run: infinitely far if a value is finite in one of them only. */
function distance(a: Float32Array, b: Float32Array): number {
  const alike = a.every((value, i) => Number.isFinite(value) === Number.isFinite(b[i]));
  return alike ? rootMeanSquare(a, b) : Number.POSITIVE_INFINITY;
}

/** The most that two rows differ. */
function spreadOf(rows: readonly Float32Array[]): number {
  return Math.max(0, ...rows.flatMap((a, i) => rows.slice(i + 1).map((b) => rootMeanSquare(a, b))));
}

/** The size of the largest row. */
function magnitudeOf(rows: readonly Float32Array[]): number {
  return Math.max(0, ...rows.map((row) => rootMeanSquare(row, new Float32Array(row.length))));
}

/** Of the differences, where both are finite. */
function rootMeanSquare(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    if (Number.isFinite(difference)) sum += difference ** 2;
  }
  return Math.sqrt(sum / Math.max(1, a.length));
}

function notFinite({ data }: HostTensor, output: string, file: string): GanymedeError {
  const index = firstNotFinite(data as Float32Array);
  return new GanymedeError(
    'CHECKPOINT_INVALID',
    `Expected ${file} to give finite values but received ${data[index]} at index ${index} of output "${output}", and no finite row among ${ROWS * ATTEMPTS}.`,
    { details: { file, output, index } },
  );
}
