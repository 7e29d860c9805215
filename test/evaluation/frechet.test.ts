import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { frechetDistance, type Moments, momentsOf } from '../../src/evaluation/frechet.js';
import { listOf, normalRows, rowsOf } from './rows.js';

function moments(mean: number[], covariance: number[][]): Moments {
  return { mean: Float64Array.from(mean), covariance: new Matrix(covariance) };
}

describe('the Fréchet distance', () => {
  it('is the closed form for Gaussians with independent coordinates: |Δμ|² + Σ(σ₁ − σ₂)²', () => {
    const a = moments(
      [0, 0, 1],
      [
        [1, 0, 0],
        [0, 4, 0],
        [0, 0, 9],
      ],
    );
    const b = moments(
      [3, 4, 1],
      [
        [4, 0, 0],
        [0, 4, 0],
        [0, 0, 0.25],
      ],
    );
    expect(frechetDistance(a, b)).toBeCloseTo(25 + 1 + 0 + 6.25, 10);
  });

  it('is the closed form for Gaussians whose covariances do not commute', () => {
    // In the plane, tr (AB)^½ = √(tr AB + 2 √det AB): Cayley and Hamilton on the root.
    const [a, b] = [
      [
        [2, 1],
        [1, 3],
      ],
      [
        [5, -1],
        [-1, 1],
      ],
    ] as const;
    const traceOfProduct = 2 * 5 + 1 * -1 + (1 * -1 + 3 * 1);
    const determinant = (2 * 3 - 1) * (5 * 1 - 1);
    const cross = Math.sqrt(traceOfProduct + 2 * Math.sqrt(determinant));
    const expected = 1 + (2 + 3) + (5 + 1) - 2 * cross;
    const copy = (rows: readonly (readonly number[])[]) => rows.map((row) => [...row]);
    expect(frechetDistance(moments([0, 0], copy(a)), moments([1, 0], copy(b)))).toBeCloseTo(expected, 10);
    expect(frechetDistance(moments([1, 0], copy(b)), moments([0, 0], copy(a)))).toBeCloseTo(expected, 10);
  });

  it('is 0 for equal moments, also when the covariance has no full rank', () => {
    const flat = moments(
      [1, 2],
      [
        [4, 2],
        [2, 1],
      ],
    );
    expect(frechetDistance(flat, flat)).toBeCloseTo(0, 6);
  });

  it('takes means and unbiased covariances as double precision does, over more rows than a block', async () => {
    const rows = normalRows(1203, 4, 3, 5);
    const list = listOf(rows);
    const mean = [0, 1, 2, 3].map((i) => list.reduce((sum, row) => sum + row[i]!, 0) / list.length);
    const covariance = mean.map((_, i) =>
      mean.map(
        (_, j) => list.reduce((sum, row) => sum + (row[i]! - mean[i]!) * (row[j]! - mean[j]!), 0) / (list.length - 1),
      ),
    );
    const found = await momentsOf(rows, { threads: 1 });
    for (let i = 0; i < 4; i++) {
      expect(found.mean[i]).toBeCloseTo(mean[i]!, 10);
      for (let j = 0; j < 4; j++) expect(Math.abs(found.covariance.get(i, j) - covariance[i]![j]!)).toBeLessThan(1e-5);
    }
  });

  it('of samples nears the closed form of what they were drawn from', async () => {
    const near = await momentsOf(normalRows(20_000, 3, 4), { threads: 1 });
    const far = await momentsOf(normalRows(20_000, 3, 5, 1), { threads: 1 });
    expect(Math.abs(frechetDistance(near, far) - 3)).toBeLessThan(0.1); // |Δμ|² = 3; s.e. 2 · √3 · √(2/n) = 0.035
  });

  it('refuses a single row, which has no covariance', async () => {
    await expect(momentsOf(rowsOf([1, 2]), { threads: 1 })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
