// Rows of numbers, n × size in one array, as every protocol compares them: how many, cut into blocks of equal length
// for a compiled graph, their mean. A row may be an image, its features or a point.
import { GanymedeError } from '../errors.js';

export interface Rows {
  readonly data: Float32Array<ArrayBuffer>;
  /** Values a row. */
  readonly size: number;
}

export function countOf({ data, size }: Rows): number {
  const count = data.length / size;
  if (Number.isInteger(count) && count > 0) return count;
  throw new GanymedeError('BAD_USER_INPUT', `Expected rows of ${size} values each but received ${data.length} values.`);
}

export function sliceRows({ data, size }: Rows, from: number, to: number): Rows {
  return { data: data.subarray(from * size, to * size), size };
}

/** Row i as a view. */
export function rowAt({ data, size }: Rows, index: number): Float32Array<ArrayBuffer> {
  return data.subarray(index * size, (index + 1) * size);
}

/** What a computation over many rows is given. */
export interface Effort {
  readonly threads: number;
  /** Hears how many rows are done, of how many. It may throw, and so stop the computation. */
  readonly onRows?: OnRows | undefined;
}
export type OnRows = (done: number, total: number) => void;

export interface Block {
  /** `length` rows; those past `rows` are zeros. */
  readonly data: Float32Array<ArrayBuffer>;
  readonly from: number;
  readonly rows: number;
}

/** Blocks of `length` rows each, the last one filled up with zeros. The buffer is used again for the next block. */
export function* blocksOf(rows: Rows, length: number, onRows?: OnRows): Generator<Block> {
  const count = countOf(rows);
  const data = new Float32Array(length * rows.size);
  for (let from = 0; from < count; from += length) {
    const here = Math.min(length, count - from);
    data.fill(0, here * rows.size);
    data.set(rows.data.subarray(from * rows.size, (from + here) * rows.size));
    yield { data, from, rows: here };
    onRows?.(from + here, count);
  }
}

/** Mean row, in double precision. */
export function meanRow(rows: Rows): Float64Array {
  const count = countOf(rows);
  const mean = new Float64Array(rows.size);
  for (let i = 0; i < rows.data.length; i++) mean[i % rows.size]! += rows.data[i]!;
  return mean.map((sum) => sum / count);
}

/** Deviation of each value about its mean. */
export function deviationRow(rows: Rows, means: Float64Array): Float64Array {
  const count = countOf(rows);
  const squares = new Float64Array(rows.size);
  for (let i = 0; i < rows.data.length; i++) squares[i % rows.size]! += (rows.data[i]! - means[i % rows.size]!) ** 2;
  return squares.map((sum) => Math.sqrt(sum / count));
}

/** The first of the greatest. */
export function placeOfMost(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/**
 * Rows minus `centre`. Distances do not change, but |x|² + |y|² − 2x·y in float32 loses fewer digits when the norms are
 * small.
 */
export function centred(rows: Rows, centre: Float64Array): Rows {
  return { size: rows.size, data: rows.data.map((value, i) => value - centre[i % rows.size]!) };
}

export function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Standard error of the mean of independent values: sample deviation / √n. */
export function standardErrorOf(values: ArrayLike<number>): number {
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - centre) ** 2;
  return Math.sqrt(sum / (values.length - 1) / values.length);
}
