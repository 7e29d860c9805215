import { describe, expect, it } from 'vitest';
import { DENSITY_RATIOS, type DensityRatio, MAX_LOG_RATIO, sigmoid, toScore } from '../../src/models/density.js';
import { oneHot } from '../../src/models/labels.js';

/**
 * The output V* of an optimal discriminator where p/q = r, by objective: Nowozin et al. 2016, Goodfellow et al. 2014.
 */
const OPTIMAL_OUTPUT: Record<Exclude<DensityRatio, 'none'>, (r: number) => number> = {
  logit: (r) => Math.log(r),
  kl: (r) => 1 + Math.log(r),
  pearson: (r) => 2 * (r - 1),
  neyman: (r) => 2 * Math.log(r),
  'squared-hellinger': (r) => Math.log(r) / 2,
  'least-squares': (r) => r / (1 + r),
};

describe('scores', () => {
  it.each(Object.entries(OPTIMAL_OUTPUT))('%s: an optimal output gives back ln p/q and p/(p+q)', (kind, optimal) => {
    for (const r of [0.01, 0.5, 1, 3, 200]) {
      const score = toScore(optimal(r), kind as DensityRatio);
      expect(score.logDensityRatio).toBeCloseTo(Math.log(r), 10);
      expect(score.probability).toBeCloseTo(r / (1 + r), 10);
    }
  });

  it('tests every formula but "none", which has no ratio to give', () => {
    expect([...DENSITY_RATIOS].sort()).toEqual([...Object.keys(OPTIMAL_OUTPUT), 'none'].sort());
    expect(toScore(3, 'none')).toEqual({ logit: 3, probability: null, logDensityRatio: null });
  });

  it('stays finite where a discriminator leaves the domain of its objective', () => {
    expect(toScore(-2, 'pearson').logDensityRatio).toBe(-MAX_LOG_RATIO);
    expect(toScore(-5, 'pearson').logDensityRatio).toBe(-MAX_LOG_RATIO);
    expect(toScore(1.5, 'least-squares').logDensityRatio).toBe(MAX_LOG_RATIO);
    expect(toScore(-0.5, 'least-squares').logDensityRatio).toBe(-MAX_LOG_RATIO);
  });

  it('the sigmoid neither overflows nor loses small probabilities', () => {
    expect(sigmoid(0)).toBe(0.5);
    expect(sigmoid(1000)).toBe(1);
    expect(sigmoid(-1000)).toBe(0);
    expect(sigmoid(-50) / Math.exp(-50)).toBeCloseTo(1, 10);
    expect(sigmoid(2) + sigmoid(-2)).toBeCloseTo(1, 15);
  });
});

describe('one-hot labels', () => {
  it('has a 1 at the class of each row', () => {
    expect([...oneHot([2, 0], 3)]).toEqual([0, 0, 1, 1, 0, 0]);
  });

  it.each([-1, 3, 0.5, Number.NaN])('refuses class %f of three', (label) => {
    expect(() => oneHot([label], 3)).toThrow(`Expected a label to be an integer in [0, 2] but received ${label}.`);
  });
});
