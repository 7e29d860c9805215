import { describe, expect, it } from 'vitest';
import { kernelDistance } from '../../src/evaluation/kernel.js';
import { listOf, normalRows } from './rows.js';

const kernel = (a: number[], b: number[]) => (a.reduce((sum, value, i) => sum + value * b[i]!, 0) / a.length + 1) ** 3;

/** The unbiased estimate by its definition, in double precision. */
function naive(x: number[][], y: number[][]): number {
  const m = x.length;
  const pairs = (a: number[][], b: number[][], keep: (i: number, j: number) => boolean) =>
    a.reduce((sum, p, i) => sum + b.reduce((inner, q, j) => (keep(i, j) ? inner + kernel(p, q) : inner), 0), 0);
  const within = (a: number[][]) => pairs(a, a, (i, j) => i !== j) / (m * (m - 1));
  return within(x) + within(y) - (2 * pairs(x, y, () => true)) / (m * m);
}

describe('the kernel distance', () => {
  it('is the mean of the unbiased estimates of its blocks, with the standard error of that mean', async () => {
    const [x, y] = [normalRows(90, 5, 1), normalRows(85, 5, 2, 0.3)];
    const blocks = [0, 1, 2, 3].map((block) =>
      naive(listOf(x).slice(20 * block, 20 * (block + 1)), listOf(y).slice(20 * block, 20 * (block + 1))),
    );
    const mean = blocks.reduce((sum, value) => sum + value, 0) / 4;
    const deviation = Math.sqrt(blocks.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3);
    const found = await kernelDistance(x, y, { threads: 1 }, 20);
    expect(found).toMatchObject({ blocks: 4, blockSize: 20 });
    expect(Math.abs(found.distance - mean)).toBeLessThan(1e-5);
    expect(Math.abs(found.standardError - deviation / 2)).toBeLessThan(1e-5);
  });

  it('is 0 within three standard errors for two draws of one distribution, and far above for a shifted one', async () => {
    const same = await kernelDistance(normalRows(2000, 8, 3), normalRows(2000, 8, 4), { threads: 1 }, 250);
    expect(Math.abs(same.distance)).toBeLessThan(3 * same.standardError);
    expect(same.standardError).toBeLessThan(0.01);
    const shifted = await kernelDistance(normalRows(2000, 8, 3), normalRows(2000, 8, 5, 0.5), { threads: 1 }, 250);
    expect(shifted.distance).toBeGreaterThan(20 * shifted.standardError);
  });

  it('refuses sets too small for two blocks', async () => {
    await expect(kernelDistance(normalRows(39, 2, 1), normalRows(80, 2, 2), { threads: 1 }, 20)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'Expected at least 40 rows on either side for a kernel distance but received 39.',
    });
  });
});
