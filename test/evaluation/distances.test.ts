import { describe, expect, it } from 'vitest';
import { balls, nearest } from '../../src/evaluation/distances.js';
import { listOf, normalRows, rowsOf } from './rows.js';

const distance = (a: number[], b: number[]) => Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));

describe('nearest rows', () => {
  it('are those that double precision finds, over several blocks on either side', async () => {
    const [points, reference] = [normalRows(503, 6, 1, 40), normalRows(4003, 6, 2, 40)];
    const found = await nearest(points, reference, 3, { threads: 1 });
    const list = listOf(reference);
    for (const i of [0, 17, 499, 500, 502]) {
      const all = list.map((row, index) => ({ index, distance: distance(listOf(points)[i]!, row) }));
      const best = all.sort((a, b) => a.distance - b.distance).slice(0, 3);
      expect(found[i]!.map(({ index }) => index)).toEqual(best.map(({ index }) => index));
      for (const [k, { distance }] of found[i]!.entries()) expect(distance).toBeCloseTo(best[k]!.distance, 10);
    }
  });

  it('give a copy the distance 0 exactly, however large its values', async () => {
    const rows = rowsOf([1e4, 2e4], [1e4 + 1, 2e4], [-3e4, 5e3]);
    const found = await nearest(rows, rows, 1, { threads: 1 });
    expect(found.map(([first]) => first)).toEqual([0, 1, 2].map((index) => ({ index, distance: 0 })));
  });

  it('leave a row itself out when asked to, but not its twin', async () => {
    const rows = rowsOf([0, 0], [0, 0], [3, 4]);
    const found = await nearest(rows, rows, 2, { threads: 1, skipSelf: true });
    expect(found).toEqual([
      [
        { index: 1, distance: 0 },
        { index: 2, distance: 5 },
      ],
      [
        { index: 0, distance: 0 },
        { index: 2, distance: 5 },
      ],
      [
        { index: 0, distance: 5 },
        { index: 1, distance: 5 },
      ],
    ]);
    await expect(nearest(rows, rows, 3, { threads: 1, skipSelf: true })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });
});

describe('balls', () => {
  it('count points in each and balls around each, over several blocks, as the definition does', async () => {
    const [points, centres] = [normalRows(501, 2, 3), normalRows(2001, 2, 4)];
    const radii = Array.from({ length: 2001 }, (_, i) => 0.05 + (i % 7) / 40);
    const { holding, held } = await balls(points, centres, radii, { threads: 1 });
    const [p, c] = [listOf(points), listOf(centres)];
    const inside = (i: number, j: number) => distance(p[i]!, c[j]!) < radii[j]!;
    for (const i of [0, 250, 500]) expect(holding[i]).toBe(c.filter((_, j) => inside(i, j)).length);
    for (const j of [0, 1999, 2000]) expect(held[j]).toBe(p.filter((_, i) => inside(i, j)).length);
    expect(holding.reduce((sum, n) => sum + n, 0)).toBe(held.reduce((sum, n) => sum + n, 0));
  });
});
