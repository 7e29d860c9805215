import { describe, expect, it } from 'vitest';
import { curveOf, curveSchema, evenly, type Line, lineOf, MOST_REPORTS, thinned } from '../../src/models/curve.js';

describe('a training as a curve', () => {
  it('keeps the series that have values, and null where a report has none', () => {
    const reports = [
      { step: 100, lossD: 1, augment: undefined, gone: Number.NaN },
      { step: 200, lossD: 0.5, augment: 0.25, gone: Number.NaN },
    ];
    const curve = curveOf(reports, ['lossD', 'augment', 'gone']);
    expect(curve).toEqual({ steps: [100, 200], series: { lossD: [1, 0.5], augment: [null, 0.25] } });
    expect(curveSchema.parse(curve)).toEqual(curve);
    expect(lineOf(curve, 'augment')).toEqual({ name: 'augment', steps: [200], values: [0.25] });
  });

  it('of more reports than a file holds has so many spread evenly, the first and the last among them', () => {
    const reports = Array.from({ length: 10_000 }, (_, i) => ({ step: 100 * (i + 1), lossD: i }));
    const { steps } = curveOf(reports, ['lossD']);
    expect(steps).toHaveLength(MOST_REPORTS);
    expect([steps[0], steps.at(-1)]).toEqual([100, 1_000_000]);
    const gaps = steps.slice(1).map((step, i) => step - steps[i]!);
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(100);
  });

  it('is refused where a series has another length than its steps', () => {
    expect(curveSchema.safeParse({ steps: [1, 2], series: { lossD: [1] } }).success).toBe(false);
  });
});

describe('items spread evenly', () => {
  it('are all where there are few, and the last where there is to be one', () => {
    expect(evenly([1, 2, 3], 3)).toEqual([1, 2, 3]);
    expect(evenly([1, 2, 3, 4, 5], 3)).toEqual([1, 3, 5]);
    expect(evenly([1, 2, 3], 1)).toEqual([3]);
    expect(evenly([], 4)).toEqual([]);
  });
});

describe('a line of fewer points', () => {
  const line = (values: readonly number[]): Line => ({ name: 'x', steps: values.map((_, i) => 10 * i), values });

  it('is the line itself where it has no more', () => {
    const short = line([3, 1, 2]);
    expect(thinned(short, 3)).toBe(short);
  });

  it('keeps its ends, and the spike that a mean would lose', () => {
    const values = new Array<number>(101).fill(0);
    values[37] = 5;
    const { steps, values: kept } = thinned(line(values), 10);
    expect(steps).toHaveLength(10);
    expect([steps[0], steps.at(-1)]).toEqual([0, 1000]);
    expect(kept.filter((value) => value === 5)).toEqual([5]);
    expect(steps[kept.indexOf(5)]).toBe(370);
  });

  it('of two points is its ends', () => {
    expect(thinned(line([4, 9, 9, 7]), 2)).toEqual({ name: 'x', steps: [0, 30], values: [4, 7] });
  });

  it('of each bucket has the point of the largest triangle: worked out by hand', () => {
    // Ends 0 and 5, buckets {1, 2} and {3, 4}. First: A = (0, 0), mean of the next bucket (35, 1): twice the areas are
    // |0·… − (0 − 10·i)(1 − 0) …|, that is |10·i·1 − 35·v|: 25 for (10, 1), 90 for (20, −2). Then A = (20, −2), next
    // (50, 0): |30·(v + 2) − (10·i − 20)·2| is 100 for (30, 2), 20 for (40, 0).
    const { steps } = thinned(line([0, 1, -2, 2, 0, 0]), 4);
    expect(steps).toEqual([0, 20, 30, 50]);
  });
});
