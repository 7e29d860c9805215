import { describe, expect, it } from 'vitest';
import { SIGMAS } from '../../src/evaluation/parzen.js';
import { parzenInFolds } from '../../src/evaluation/parzen-folds.js';
import { lcg } from '../training/helpers.js';
import { rowsOf } from './rows.js';

/** ln of the mean over samples of a normal density of the plane. */
function density(point: readonly number[], samples: readonly (readonly number[])[], sigma: number): number {
  const each = samples.map((sample) => {
    const squared = sample.reduce((sum, value, i) => sum + (value - point[i]!) ** 2, 0);
    return Math.exp(-squared / (2 * sigma ** 2)) / (2 * Math.PI * sigma ** 2);
  });
  return Math.log(mean(each));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('Parzen windows in folds', () => {
  it('test each fifth with the width that fits the next fifth best, as a double loop does', async () => {
    const random = lcg(4);
    const samples = Array.from({ length: 30 }, () => [random(), random()]);
    // The fifths lie ever farther from the samples, so that they want other widths.
    const held = Array.from({ length: 50 }, (_, i) => [random() + Math.floor(i / 10) / 3, random()]);
    const fifth = (fold: number) => held.slice((fold % 5) * 10, (fold % 5) * 10 + 10);
    const wanted = [0, 1, 2, 3, 4].map((fold) => {
      const scores = SIGMAS.map((sigma) => mean(fifth(fold + 1).map((point) => density(point, samples, sigma))));
      const sigma = SIGMAS[scores.indexOf(Math.max(...scores))]!;
      return { sigma, value: mean(fifth(fold).map((point) => density(point, samples, sigma))) };
    });
    const values = wanted.map(({ value }) => value);
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / 4);

    const result = await parzenInFolds(rowsOf(...samples), rowsOf(...held), { threads: 1 });

    expect(result.sigmas).toEqual(wanted.map(({ sigma }) => sigma));
    expect(new Set(result.sigmas).size).toBeGreaterThan(1);
    expect(result.logLikelihood).toBeCloseTo(mean(values), 4);
    expect(result.standardError).toBeCloseTo(deviation / Math.sqrt(5), 4);
  });
});
