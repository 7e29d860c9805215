// Directions against matrices whose answer is known.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latent } from '../../src/models/latent.js';
import { factorised, principal, type Rows } from '../../src/models/principal.js';

const rowsOf = (rows: readonly (readonly number[])[]): Rows => ({
  count: rows.length,
  data: Float32Array.from(rows.flat()),
});

describe('factorisation', () => {
  it('of a diagonal layer is its axes, by the squares of its gains', () => {
    const directions = factorised(
      rowsOf([
        [1, 0, 0],
        [0, 3, 0],
        [0, 0, -2],
      ]),
      3,
    );
    expect(directions.map(({ vector }) => Array.from(vector, Math.round))).toEqual([
      [0, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
    ]);
    expect(directions.map(({ eigenvalue }) => Math.round(eigenvalue))).toEqual([9, 4, 1]);
    expect(directions.map(({ share }) => share)).toEqual([9 / 14, 4 / 14, 1 / 14].map((one) => expect.closeTo(one, 6)));
  });

  it('of a 2×2 layer is worked out by hand', () => {
    // A Aᵀ = [[5, 4], [4, 5]]: eigenvalues 9 and 1 along (1, 1)/√2 and (1, −1)/√2.
    const directions = factorised(
      rowsOf([
        [2, 1],
        [1, 2],
      ]),
      2,
    );
    const [first, second] = directions.map(({ vector }) => Array.from(vector));
    expect(directions.map(({ eigenvalue }) => eigenvalue)).toEqual([expect.closeTo(9, 5), expect.closeTo(1, 5)]);
    for (const value of first!) expect(value).toBeCloseTo(Math.SQRT1_2, 6);
    expect(second![0]).toBeCloseTo(Math.SQRT1_2, 6); // of equal components the first is positive
    expect(second![1]).toBeCloseTo(-Math.SQRT1_2, 6);
  });

  it('leaves out what the layer does not see', () => {
    expect(
      factorised(
        rowsOf([
          [1, 1],
          [2, 2],
          [0, 0],
        ]),
        3,
      ),
    ).toHaveLength(1);
  });

  it('gives orthogonal unit vectors, strongest first, each with the gain that it says', () => {
    const matrix = fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 5, maxLength: 5 }), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(
      fc.property(
        matrix.filter((rows) => rows.flat().some((value) => value !== 0)),
        (rows) => {
          const directions = factorised(rowsOf(rows), 4);
          directions.forEach(({ vector, eigenvalue, share }, i) => {
            const made = rows[0]!.map((_, k) => rows.reduce((sum, row, j) => sum + vector[j]! * row[k]!, 0));
            const gain = made.reduce((sum, value) => sum + value * value, 0);
            expect(gain).toBeCloseTo(eigenvalue, 2);
            expect(share).toBeLessThanOrEqual(1 + 1e-9);
            if (i > 0) expect(eigenvalue).toBeLessThanOrEqual(directions[i - 1]!.eigenvalue);
            for (const other of directions.slice(0, i)) {
              expect(vector.reduce((sum, value, k) => sum + value * other.vector[k]!, 0)).toBeCloseTo(0, 4);
            }
          });
        },
      ),
    );
  });
});

describe('principal components', () => {
  const z = Array.from({ length: 600 }, (_, seed) => latent(seed, 3, { kind: 'normal' }));
  const latents = rowsOf(z.map((row) => Array.from(row)));

  it('of activations that are linear in z are the directions of its factorisation', () => {
    // a = (5 z₁, 2 z₀, z₂) + 7: the mean does not matter, and z is the standard normal.
    const activations = rowsOf(z.map(([a, b, c]) => [5 * b! + 7, 2 * a! + 7, c! + 7]));
    const directions = principal(activations, latents, 600, 3);
    const largest = directions.map(({ vector }) => vector.map(Math.abs).indexOf(Math.max(...vector.map(Math.abs))));
    expect(largest).toEqual([1, 0, 2]);
    for (const [k, { vector }] of directions.entries()) expect(vector[largest[k]!]).toBeGreaterThan(0.98);
    for (const [k, variance] of [25, 4, 1].entries()) {
      expect(directions[k]!.eigenvalue / variance).toBeGreaterThan(0.8);
      expect(directions[k]!.eigenvalue / variance).toBeLessThan(1.2); // of 600 samples
    }
    expect(directions.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
  });

  it('see through a nonlinearity, and find components from some of the rows only', () => {
    const activations = rowsOf(z.map(([a, b, c]) => [Math.tanh(3 * c!), 0.1 * Math.max(0, a!), 0.1 * b!]));
    const [first] = principal(activations, latents, 200, 1);
    expect(first!.vector[2]).toBeGreaterThan(0.99);
  });
});
