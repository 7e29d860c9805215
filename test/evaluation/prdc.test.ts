import { describe, expect, it } from 'vitest';
import { prdc } from '../../src/evaluation/prdc.js';
import { normalRows, rowsOf } from './rows.js';

/** Six real points on a line, 1 apart: every ball of k = 3 reaches 2 or 3, of k = 5 it reaches 3 to 5. */
const LINE = rowsOf([0], [1], [2], [3], [4], [5]);

describe('precision, recall, density and coverage', () => {
  it('are what a hand counts on points of a line', async () => {
    // Samples 0.5 and 20, 21, 22: the radii of real points at k = 3 are 3 2 2 2 2 3, at k = 5 they are 5 4 3 3 4 5.
    const found = await prdc(LINE, rowsOf([0.5], [20], [21], [22]), { threads: 1 });
    // 0.5 lies in balls of 0 (r 3), 1, 2 (r 2, distance 1.5); the others in none.
    expect(found.precision).toBe(1 / 4);
    // Sample balls at k = 3: 0.5 reaches 22 − 0.5 = 21.5, and so holds all real points.
    expect(found.recall).toBe(1);
    // At k = 5: |0.5 − x| < r for x = 0 (5), 1 (4), 2 (3), 3 (3: 2.5), 4 (4: 3.5), 5 (5: 4.5): six balls. 6 / (5 · 4).
    expect(found.density).toBeCloseTo(6 / 20, 12);
    expect(found.coverage).toBe(1);
  });

  it('see a collapse onto one mode in recall and coverage but not in precision', async () => {
    const real = rowsOf(
      ...Array.from({ length: 10 }, (_, i) => [i * 0.01]),
      ...Array.from({ length: 10 }, (_, i) => [100 + i * 0.01]),
    );
    const samples = rowsOf(...Array.from({ length: 10 }, (_, i) => [0.005 + i * 0.01]));
    const found = await prdc(real, samples, { threads: 1 });
    expect(found.precision).toBe(1);
    expect(found.recall).toBe(0.5);
    expect(found.coverage).toBe(0.5);
  });

  it('are near 1 for two draws of one distribution, and 0 for two that are far apart', async () => {
    const same = await prdc(normalRows(600, 3, 1), normalRows(600, 3, 2), { threads: 1 });
    expect(same.precision).toBeGreaterThan(0.9);
    expect(same.recall).toBeGreaterThan(0.9);
    expect(Math.abs(same.density - 1)).toBeLessThan(0.1);
    // Expected coverage is 1 − (M−1)…(M−k)/(2M−1)…(2M−k), about 1 − 2^−k = 0.969 (Naeem et al., equation 6).
    expect(Math.abs(same.coverage - 0.969)).toBeLessThan(0.03);
    expect(await prdc(normalRows(50, 3, 1), normalRows(50, 3, 2, 100), { threads: 1 })).toEqual({
      precision: 0,
      recall: 0,
      density: 0,
      coverage: 0,
    });
  });
});
