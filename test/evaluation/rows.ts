// Rows of numbers for the tests of protocols, from a generator of the tests' own.
import type { Rows } from '../../src/evaluation/rows.js';
import { lcg } from '../training/helpers.js';

/** Standard normals by the sum of twelve uniforms: not exact in the tails, which no test here looks at. */
export function normals(count: number, seed: number): Float64Array {
  const random = lcg(seed);
  return Float64Array.from({ length: count }, () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += random();
    return sum;
  });
}

export function normalRows(count: number, size: number, seed: number, shift = 0): Rows {
  return { size, data: Float32Array.from(normals(count * size, seed), (value) => value + shift) };
}

export function rowsOf(...rows: readonly (readonly number[])[]): Rows {
  return { size: rows[0]!.length, data: Float32Array.from(rows.flat()) };
}

export function listOf({ data, size }: Rows): number[][] {
  return Array.from({ length: data.length / size }, (_, i) => Array.from(data.subarray(i * size, (i + 1) * size)));
}
