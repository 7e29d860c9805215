// Directions of a latent space that change most of what the first layer of a generator makes: the mathematics, on plain
// matrices. Pure, and slow enough (seconds) to have a thread of its own: directions-thread.ts.

import { EigenvalueDecomposition, Matrix, solve } from 'ml-matrix';
import type { Latent } from './latent.js';

export interface Direction {
  /** Of length 1; its largest component (the first of equals) is positive. */
  readonly vector: Latent;
  readonly eigenvalue: number;
  /** Of the sum of all eigenvalues. */
  readonly share: number;
}

/** Rows of a matrix, one after another. */
export interface Rows {
  readonly count: number;
  readonly data: Float32Array<ArrayBuffer>;
}

/**
 * Closed-form factorisation (SeFa: Shen and Zhou 2021, arXiv:2007.06600): the n that make |A n| largest, A being the
 * layer's matrix, are the eigenvectors of AᵀA. `weights`: row i is what A makes of the unit vector i.
 */
export function factorised(weights: Rows, most: number): Direction[] {
  const { values, vectors, sum } = eigenpairs(gram(weights), most);
  return vectors.map((vector, k) => directionOf(vector, values[k]!, sum));
}

/**
 * Principal components of activations, carried over to z (GANSpace: Härkönen et al. 2020, arXiv:2004.02546): row i of
 * `activations` belongs to row i of `latents`. Components are those of the first `basis` rows. The direction of one is
 * how its coordinate changes with z, by least squares over all rows.
 */
export function principal(activations: Rows, latents: Rows, basis: number, most: number): Direction[] {
  const centred = centre(activations);
  const width = centred.length / activations.count;
  const first = Math.min(basis, activations.count);
  const { values, vectors, sum } = eigenpairs(gram({ count: first, data: centred.subarray(0, first * width) }), most);
  const z = toMatrix({ count: latents.count, data: centre(latents) });
  const coordinates = new Matrix(activations.count, vectors.length);
  vectors.forEach((vector, k) => {
    const component = combined(centred, vector, width);
    for (let row = 0; row < activations.count; row++) {
      coordinates.set(row, k, dot(centred, row * width, component, 0, width));
    }
  });
  const zt = z.transpose();
  const slopes = solve(zt.mmul(z), zt.mmul(coordinates));
  return vectors.map((_, k) => directionOf(slopes.getColumn(k), values[k]! / (first - 1), sum / (first - 1)));
}

/** The largest first. Those that are nothing but rounding have no direction and are left out. */
function eigenpairs(symmetric: Matrix, most: number): { values: number[]; vectors: number[][]; sum: number } {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!);
  const least = realEigenvalues[order[0]!]! * 1e-10;
  const kept = order.filter((i) => realEigenvalues[i]! > least).slice(0, most);
  return {
    values: kept.map((i) => realEigenvalues[i]!),
    vectors: kept.map((i) => eigenvectorMatrix.getColumn(i)),
    sum: realEigenvalues.reduce((total, value) => total + Math.max(0, value), 0),
  };
}

function directionOf(vector: readonly number[], eigenvalue: number, sum: number): Direction {
  const length = Math.sqrt(vector.reduce((total, value) => total + value * value, 0));
  // Rounded, so that components equal but for their last bits count as equal.
  const sizes = vector.map((value) => Math.round((Math.abs(value) / length) * 1e6));
  const sign = Math.sign(vector[sizes.indexOf(sizes.reduce((a, b) => Math.max(a, b), 0))]!) || 1;
  const unit = Float32Array.from(vector, (value) => (sign * value) / length);
  return { vector: unit, eigenvalue, share: eigenvalue / sum };
}

/** All products of two rows. */
function gram({ count, data }: Rows): Matrix {
  const width = data.length / count;
  const products = Matrix.zeros(count, count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      const product = dot(data, i * width, data, j * width, width);
      products.set(i, j, product);
      products.set(j, i, product);
    }
  }
  return products;
}

/** Four sums at a time: twice as fast as one, for none waits for the last. */
function dot(a: ArrayLike<number>, atA: number, b: ArrayLike<number>, atB: number, width: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < width; k += 4) {
    s0 += a[atA + k]! * b[atB + k]!;
    s1 += a[atA + k + 1]! * b[atB + k + 1]!;
    s2 += a[atA + k + 2]! * b[atB + k + 2]!;
    s3 += a[atA + k + 3]! * b[atB + k + 3]!;
  }
  for (; k < width; k++) s0 += a[atA + k]! * b[atB + k]!;
  return s0 + s1 + s2 + s3;
}

/** The mean row taken off each. */
function centre({ count, data }: Rows): Float32Array<ArrayBuffer> {
  const width = data.length / count;
  const mean = new Float64Array(width);
  for (let i = 0; i < data.length; i++) mean[i % width]! += data[i]! / count;
  return data.map((value, i) => value - mean[i % width]!);
}

/** The rows weighted by `weights` and added up, to length 1. */
function combined(data: Float32Array, weights: readonly number[], width: number): Float64Array {
  const sum = new Float64Array(width);
  weights.forEach((weight, row) => {
    for (let k = 0; k < width; k++) sum[k]! += weight * data[row * width + k]!;
  });
  const length = Math.sqrt(dot(sum, 0, sum, 0, width));
  return sum.map((value) => value / length);
}

function toMatrix({ count, data }: Rows): Matrix {
  return Matrix.from1DArray(count, data.length / count, data);
}
