import { describe, expect, it } from 'vitest';
import { SIGMAS } from '../../src/evaluation/parzen.js';
import { parzenInFolds, summaryOfFolds } from '../../src/evaluation/parzen-folds.js';
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

    const folds = await parzenInFolds(rowsOf(...samples), rowsOf(...held), { threads: 1 });

    expect(folds.map(({ sigma }) => sigma)).toEqual(wanted.map(({ sigma }) => sigma));
    expect(new Set(folds.map(({ sigma }) => sigma)).size).toBeGreaterThan(1);
    folds.forEach(({ mean: received }, fold) => {
      expect(received).toBeCloseTo(wanted[fold]!.value, 4);
    });
  });

  it('have an error of the folds and one of the latents, which add in squares', () => {
    const stream = (...means: number[]) => means.map((value) => ({ sigma: 0.1, mean: value }));
    const summary = summaryOfFolds([stream(1, 2, 3, 4, 5), stream(3, 4, 5, 6, 7)]);
    // Folds 2, 3, 4, 5, 6: variance 2.5. Streams 3 and 5: variance 2.
    expect(summary.logLikelihood).toBe(4);
    expect(summary.errorByFolds).toBeCloseTo(Math.sqrt(2.5 / 5), 10);
    expect(summary.deviationByLatents).toBeCloseTo(Math.SQRT2, 10);
    expect(summary.standardError).toBeCloseTo(Math.sqrt(0.5 + 1), 10);
    expect(summary.folds.map(({ logLikelihood }) => logLikelihood)).toEqual([2, 3, 4, 5, 6]);
    expect(summaryOfFolds([stream(1, 2, 3, 4, 5)]).standardError).toBeCloseTo(Math.sqrt(0.5), 10);
  });
});
