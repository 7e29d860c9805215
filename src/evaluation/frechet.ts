// Fréchet distance between two sets of rows, each taken as the Gaussian of its mean and covariance (Heusel et al. 2017,
// arXiv:1706.08500): |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½). With the features of Inception v3 it is the FID; with other
// features it is not, and the two cannot be compared.

import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { compileStep } from '../engine/step.js';
import * as tf from '../engine/tf.js';
import { expected } from '../errors.js';
import type { Enough } from './guard.js';
import type { Material } from './material.js';
import {
  compareFeatures,
  countOfReferences,
  countsText,
  FEATURE_SAMPLES,
  needsFeatures,
  numberAt,
  type Protocol,
  scaleText,
} from './protocol.js';
import { blocksOf, centred, countOf, type Effort, meanRow, type Rows } from './rows.js';

export interface Moments {
  readonly mean: Float64Array;
  /** Unbiased (n − 1), as numpy.cov: size × size. */
  readonly covariance: Matrix;
}

const BLOCK = 500;

/** Products run on the engine in float32, a block at a time, and are added up in double precision. */
export async function momentsOf(rows: Rows, { threads, onRows }: Effort): Promise<Moments> {
  const count = countOf(rows);
  if (count < 2) throw expected('at least 2 rows for a covariance', count);
  const { size } = rows;
  const centre = meanRow(rows);
  const compiled = await compileStep(
    (_, inputs) => {
      const x = inputs['rows'] as tf.Tensor2D;
      return { state: {}, outputs: { products: tf.matMul(x, x, true, false) } };
    },
    { state: {}, inputs: { rows: { dtype: 'float32', shape: [BLOCK, size] } }, threads },
  );
  const sums = new Float64Array(size * size);
  try {
    for (const { data } of blocksOf(centred(rows, centre), BLOCK, onRows)) {
      const { products } = await compiled.run({ rows: data });
      const values = products!.data as Float32Array;
      for (let i = 0; i < sums.length; i++) sums[i]! += values[i]!;
    }
  } finally {
    await compiled.dispose();
  }
  return {
    mean: centre,
    covariance: Matrix.from1DArray(
      size,
      size,
      sums.map((sum) => sum / (count - 1)),
    ),
  };
}

/**
 * tr (Σ₁Σ₂)^½ is the sum of the roots of the eigenvalues of Σ₁^½ Σ₂ Σ₁^½, which is symmetric and never negative, so
 * that covariances of fewer samples than features need no special case and nothing becomes complex.
 */
export function frechetDistance(a: Moments, b: Moments): number {
  const shift = a.mean.reduce((sum, value, i) => sum + (value - b.mean[i]!) ** 2, 0);
  const root = squareRoot(a.covariance);
  const product = root.mmul(b.covariance).mmul(root);
  const symmetric = Matrix.add(product, product.transpose()).mul(0.5);
  const cross = eigen(symmetric).realEigenvalues.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
  return Math.max(0, shift + a.covariance.trace() + b.covariance.trace() - 2 * cross);
}

/** V √λ Vᵀ; eigenvalues that rounding made negative count as 0. */
function squareRoot(covariance: Matrix): Matrix {
  const { eigenvectorMatrix: vectors, realEigenvalues: values } = eigen(covariance);
  const scaled = vectors.clone().mulRowVector(values.map((value) => Math.sqrt(Math.max(0, value))));
  return scaled.mmul(vectors.transpose());
}

function eigen(matrix: Matrix): EigenvalueDecomposition {
  return new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
}

export const frechetProtocol: Protocol = {
  what: 'Fréchet distance between 10,000 samples and held-out images in a stated feature space',
  heeds: ['samples', 'split', 'features'],
  samples: FEATURE_SAMPLES,
  refuses: needsFeatures,
  needs: needsOfCovariances,
  measure: (material) =>
    compareFeatures(material, async (real, others) => {
      const moments = (rows: Rows) => momentsOf(rows, material.effort('comparing'));
      return { distance: frechetDistance(await moments(real), await moments(others)) };
    }),
  describe: (figures) =>
    `Fréchet distance ${numberAt(figures, 'distance').toFixed(3)}${scaleText(figures, 'distance', 3)}, ${countsText(figures)}`,
};

/** Of protocols that compare covariances of features. */
export async function needsOfCovariances(material: Material): Promise<Enough> {
  const { size } = (await material.seen('reference', 1)).features;
  return {
    real: await countOfReferences(material),
    least: size + 1,
    enough: 10 * size,
    because: `a covariance of ${size} features has full rank only from more than ${size} examples, and with fewer than ten times as many the distance is mostly the error of its own estimate`,
  };
}
