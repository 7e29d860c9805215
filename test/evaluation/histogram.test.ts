import { describe, expect, it } from 'vitest';
import { histogramOf } from '../../src/evaluation/histogram.js';

const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);

describe('a histogram of ratios', () => {
  it('counts each once, by hand: 0 to 40 in 40 bins, the highest in the last', () => {
    const { low, high, data, samples } = histogramOf([0, 0.5, 1, 39.9, 40], [2.25, 2.75]);
    expect([low, high]).toEqual([0, 40]);
    expect(data).toEqual([2, 1, ...new Array(37).fill(0), 2]);
    expect(samples).toEqual([0, 0, 2, ...new Array(37).fill(0)]);
  });

  it('is not widened for a few wild ones, which lie in the outermost bins', () => {
    const data = Float64Array.from({ length: 1000 }, (_, i) => i / 1000);
    const samples = Float64Array.from(data);
    [samples[0], samples[999]] = [-1e6, 1e6];
    const found = histogramOf(data, samples);
    expect(found.low).toBeGreaterThanOrEqual(0);
    expect(found.high).toBeLessThanOrEqual(1);
    expect([sum(found.data), sum(found.samples)]).toEqual([1000, 1000]);
  });

  it('of ratios that are all equal puts them in the middle', () => {
    const { low, high, data } = histogramOf([2, 2], [2, 2]);
    expect([low, high, data[20]]).toEqual([1.5, 2.5, 2]);
  });
});
