// Distances between all rows of two sets, on the engine and in blocks, so that 10,000 × 60,000 of them never lie in
// memory: the k nearest rows, and who lies in whose ball. |x − y|² = |x|² + |y|² − 2x·y makes each block one matrix
// product.
import { type CompiledStep, compileStep } from '../engine/step.js';
import type { TensorSpecs } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import { expected } from '../errors.js';
import { blocksOf, centred, countOf, type Effort, meanRow, type Rows, rowAt, squaredDistance } from './rows.js';

/** Rows of one block on either side: 500 × 2,000 distances take 4 MB. */
const POINTS = 500;
const REFERENCE = 2000;
/** Squared distance given to the zeros that fill up a block. */
const FAR = 1e30;

export interface Neighbour {
  /** Row of the reference. */
  readonly index: number;
  readonly distance: number;
}

/**
 * The k nearest reference rows of each point, nearest first. The product finds them in float32; the distances given are
 * then computed in double precision, so that a copy has distance 0 and not the rounding error of two large norms.
 * `skipSelf`: points and reference are the same rows, and none is its own neighbour.
 */
export async function nearest(
  points: Rows,
  reference: Rows,
  k: number,
  { threads, onRows, skipSelf = false }: Effort & { readonly skipSelf?: boolean },
): Promise<Neighbour[][]> {
  const available = countOf(reference) - (skipSelf ? 1 : 0);
  if (available < k) throw expected(`at least ${k} rows to find ${k} neighbours in`, available);
  // One more than asked for: a point itself, and near ties whose order the rounding may have changed.
  const kept = Math.min(countOf(reference), k + (skipSelf ? 2 : 1), REFERENCE);
  const found: Neighbour[][] = Array.from({ length: countOf(points) }, () => []);
  const compiled = await compileBlock(points.size, threads, (squared) => {
    const { values, indices } = tf.topk(tf.neg(squared), kept);
    return { values, indices };
  });
  try {
    const centre = meanRow(reference);
    const centredReference = centred(reference, centre);
    for (const block of blocksOf(centred(points, centre), POINTS, onRows)) {
      for (const { data, from, rows } of blocksOf(centredReference, REFERENCE)) {
        const outputs = await compiled.run({ points: block.data, reference: data, filler: filler(rows) });
        const indices = outputs['indices']!.data as Int32Array;
        for (let p = 0; p < block.rows; p++) {
          const point = block.from + p;
          const candidates = Array.from(indices.subarray(p * kept, p * kept + Math.min(kept, rows)), (i) => from + i);
          for (const index of candidates.filter((each) => !(skipSelf && each === point))) {
            const distance = Math.sqrt(squaredDistance(rowAt(points, point), rowAt(reference, index)));
            found[point]!.push({ index, distance });
          }
        }
      }
      for (let p = block.from; p < block.from + block.rows; p++) {
        found[p] = found[p]!.sort((a, b) => a.distance - b.distance).slice(0, k);
      }
    }
  } finally {
    await compiled.dispose();
  }
  return found;
}

export interface Balls {
  /** For each point, how many balls hold it. */
  readonly holding: Float64Array;
  /** For each ball, how many points it holds. */
  readonly held: Float64Array;
}

/** Which points lie within radius `radii[i]` of reference row i (strictly, as prdc.py of Naeem et al. has it). */
export async function balls(
  points: Rows,
  reference: Rows,
  radii: ArrayLike<number>,
  { threads, onRows }: Effort,
): Promise<Balls> {
  const holding = new Float64Array(countOf(points));
  const held = new Float64Array(countOf(reference));
  const compiled = await compileBlock(
    points.size,
    threads,
    (squared, inputs) => {
      const inside = tf.mul(tf.cast(tf.less(squared, inputs['radii']!), 'float32'), inputs['present']!);
      return { holding: tf.sum(inside, 1), held: tf.sum(inside, 0) };
    },
    { radii: { dtype: 'float32', shape: [1, REFERENCE] }, present: { dtype: 'float32', shape: [POINTS, 1] } },
  );
  try {
    const centre = meanRow(reference);
    const centredPoints = centred(points, centre);
    for (const block of blocksOf(centred(reference, centre), REFERENCE, onRows)) {
      const squares = Float32Array.from({ length: REFERENCE }, (_, i) =>
        i < block.rows ? radii[block.from + i]! ** 2 : 0,
      );
      for (const { data, from, rows } of blocksOf(centredPoints, POINTS)) {
        const present = Float32Array.from({ length: POINTS }, (_, i) => (i < rows ? 1 : 0));
        const outputs = await compiled.run({
          points: data,
          reference: block.data,
          filler: filler(block.rows),
          radii: squares,
          present,
        });
        const perPoint = outputs['holding']!.data as Float32Array;
        const perBall = outputs['held']!.data as Float32Array;
        for (let i = 0; i < rows; i++) holding[from + i]! += perPoint[i]!;
        for (let i = 0; i < block.rows; i++) held[block.from + i]! += perBall[i]!;
      }
    }
  } finally {
    await compiled.dispose();
  }
  return { holding, held };
}

/** Squared distances of one block, [POINTS, REFERENCE], handed to `use`, which says what leaves the graph. */
function compileBlock(
  size: number,
  threads: number,
  use: (squared: tf.Tensor, inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>,
  extra: TensorSpecs = {},
): Promise<CompiledStep> {
  return compileStep(
    (_, inputs) => {
      const x = inputs['points'] as tf.Tensor2D; // [POINTS, size]
      const y = inputs['reference'] as tf.Tensor2D; // [REFERENCE, size]
      const norms = tf.add(
        tf.sum(tf.square(x), 1, true),
        tf.reshape(tf.add(tf.sum(tf.square(y), 1), inputs['filler']!), [1, REFERENCE]),
      );
      return { state: {}, outputs: use(tf.sub(norms, tf.mul(tf.matMul(x, y, false, true), 2)), inputs) };
    },
    {
      state: {},
      inputs: {
        points: { dtype: 'float32', shape: [POINTS, size] },
        reference: { dtype: 'float32', shape: [REFERENCE, size] },
        filler: { dtype: 'float32', shape: [REFERENCE] },
        ...extra,
      },
      threads,
    },
  );
}

function filler(rows: number): Float32Array<ArrayBuffer> {
  return new Float32Array(REFERENCE).fill(FAR, rows);
}
