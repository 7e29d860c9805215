// The first runs of a graph, before anything is served by it: three rows in a batch and one of them alone, twice. They
// show what the bytes do not: rows that depend on their neighbours, answers that are others each time, and no numbers
// at all. A sample has an address under which it may be cached for ever, so none of these may be served.

import type { Graph } from '../engine/engine.js';
import { float32, type HostTensor, type HostTensors, sizeOf } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import { fillMask, MASK_KINDS, numbersOfMask } from '../random/masks.js';
import { firstNotFinite, rowsOf } from './batch.js';
import { type Capability, checkOutputs, signatureOf } from './capabilities.js';
import { exampleOf } from './example.js';
import { together } from './faults.js';
import { oneHot } from './labels.js';
import { latent } from './latent.js';
import type { Manifest } from './manifest.js';

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
  const outputs = Object.keys(signatureOf(capability, manifest).outputs);
  for (let attempt = 1; ; attempt++) {
    const trial = await tryRows(graph, capability, manifest, file, attempt);
    const fault = together(outputs.flatMap((output) => faultsOf(trial, output, file)));
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

/** z of a seed, a noisy image or a point, a class, or a mask of each kind in turn. */
function warmUpRow(input: string, index: number, shape: readonly number[], manifest: Manifest): Float32Array {
  const size = sizeOf(shape);
  switch (input) {
    case 'z':
      return latent(index, size, manifest.latent.prior);
    case 'label':
      return oneHot([index % size], size);
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

function faultsOf({ batch, batchAgain, alone, aloneAgain }: Trial, output: string, file: string): GanymedeError[] {
  const rows = rowsOf(batch[output]!);
  const [single, singleAgain] = [alone, aloneAgain].map((tensors) => rowsOf(tensors[output]!)[0]!);
  const allowed = SHARE * spreadOf(rows) + ROUNDING * magnitudeOf(rows);
  const fault = (difference: number, what: string, next: string) =>
    difference <= allowed
      ? []
      : [
          new GanymedeError(
            'CHECKPOINT_INVALID',
            `Expected ${file} to give ${what} but output "${output}" of one row differed by ${difference.toPrecision(2)}, where rows differ from each other by ${spreadOf(rows).toPrecision(2)}. ${next}`,
            { details: { file, output, difference: String(difference), allowed } },
          ),
        ];
  const again = [...rows, single!].map((row, i) => distance(row, [...rowsOf(batchAgain[output]!), singleAgain!][i]!));
  return [
    ...fault(Math.max(...again), 'the same output each time', 'Take what is random out of the graph.'),
    ...fault(
      distance(single!, rows[MIDDLE]!),
      'a row the same output alone as among others',
      'Use statistics from training, not of the batch at hand: call model.eval() before exporting, and leave out minibatch statistics.',
    ),
  ];
}

/**
 * Root mean square of the differences. Values that are not finite in both rows are alike; in one only, they are as far
 * as can be.
 */
function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const [finite, other] = [Number.isFinite(a[i]), Number.isFinite(b[i])];
    if (finite !== other) return Number.POSITIVE_INFINITY;
    if (finite) sum += (a[i]! - b[i]!) ** 2;
  }
  return Math.sqrt(sum / Math.max(1, a.length));
}

/** The largest distance between two of the finite rows. */
function spreadOf(rows: readonly Float32Array[]): number {
  const finite = rows.filter((row) => firstNotFinite(row) < 0);
  return Math.max(0, ...finite.flatMap((a, i) => finite.slice(i + 1).map((b) => distance(a, b))));
}

/** Root mean square of the largest finite row. */
function magnitudeOf(rows: readonly Float32Array[]): number {
  const finite = rows.filter((row) => firstNotFinite(row) < 0);
  return Math.max(0, ...finite.map((row) => distance(row, new Float32Array(row.length))));
}

function notFinite({ data }: HostTensor, output: string, file: string): GanymedeError {
  const index = firstNotFinite(data as Float32Array);
  return new GanymedeError(
    'CHECKPOINT_INVALID',
    `Expected ${file} to give finite values but received ${data[index]} at index ${index} of output "${output}", and no finite row among ${ROWS * ATTEMPTS}.`,
    { details: { file, output, index } },
  );
}
