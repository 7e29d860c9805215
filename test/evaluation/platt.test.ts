import { describe, expect, it } from 'vitest';
import { areaUnderCurve, fitPlatt, qualityOf } from '../../src/evaluation/platt.js';
import { normals } from './rows.js';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** x of N(d/2, 1) and of N(−d/2, 1): their ln p/q is d · x, exactly. */
function gaussians(count: number, d: number): { real: Float64Array; samples: Float64Array } {
  return {
    real: normals(count, 1).map((x) => d * (x + d / 2)),
    samples: normals(count, 2).map((x) => d * (x - d / 2)),
  };
}

describe('fitPlatt', () => {
  it.each([
    [1, 0],
    [0.2, 1.5],
    [4, -3],
    [-0.5, 0.3],
  ])('undoes what was done to the true ln p/q of two Gaussians: times %f plus %f', (times, plus) => {
    const { real, samples } = gaussians(40_000, 1.5);
    const distorted = (values: Float64Array) => values.map((x) => times * x + plus);
    const { slope, offset, standardError } = fitPlatt(distorted(real), distorted(samples));
    expect(Math.abs(slope * times - 1)).toBeLessThan(4 * standardError * Math.abs(times));
    expect(standardError * Math.abs(times)).toBeLessThan(0.02);
    expect(Math.abs(slope * plus + offset)).toBeLessThan(0.04);
  });

  it('finds where the gradient of Platt’s loss is nought, as worked out beside it', () => {
    const real = [2, 0.5, -1, 3];
    const samples = [-2, 0, 1, -0.5];
    const { slope, offset } = fitPlatt(real, samples);
    const errors = [
      ...real.map((x) => ({ x, error: sigmoid(slope * x + offset) - 5 / 6 })),
      ...samples.map((x) => ({ x, error: sigmoid(slope * x + offset) - 1 / 6 })),
    ];
    expect(errors.reduce((sum, { error }) => sum + error, 0)).toBeCloseTo(0, 9);
    expect(errors.reduce((sum, { x, error }) => sum + x * error, 0)).toBeCloseTo(0, 9);
  });

  it('separates what is perfectly separate no further than the targets (n + 1)/(n + 2) say', () => {
    // Two places only, so the line goes through both targets: σ(slope · ±1) = 4/5 and 1/5, slope = ln 4.
    const { slope, offset } = fitPlatt([1, 1, 1], [-1, -1, -1]);
    expect(slope).toBeCloseTo(Math.log(4), 6);
    expect(offset).toBeCloseTo(0, 6);
  });

  it('has a finite answer for one of each', () => {
    // Targets 2/3 and 1/3 at 87 and −87.
    expect(fitPlatt([87], [-87]).slope).toBeCloseTo(Math.log(2) / 87, 9);
    expect(fitPlatt([0], [0])).toEqual({ slope: 0, offset: 0, standardError: 0 });
  });

  it('takes nothing from ratios that are all equal', () => {
    expect(fitPlatt([5, 5, 5], [5, 5, 5])).toEqual({ slope: 0, offset: 0, standardError: 0 });
  });

  it('is finite for one ratio as large as float32 holds among small ones', () => {
    const { slope, offset } = fitPlatt([3.4e38, 1, 0.5], [0, -1, -0.5]);
    expect(Number.isFinite(slope) && Number.isFinite(offset)).toBe(true);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('refuses %f', (bad) => {
    expect(() => fitPlatt([1, bad], [0, 0])).toThrow(expect.objectContaining({ code: 'NOT_FINITE' }));
    expect(() => qualityOf([1, 0], [bad, 0])).toThrow(expect.objectContaining({ code: 'NOT_FINITE' }));
  });

  it('refuses none at all, and more of the one than of the other', () => {
    expect(() => fitPlatt([], [])).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
    expect(() => fitPlatt([1], [1, 2])).toThrow('but received "1 and 2"');
  });
});

describe('qualityOf', () => {
  it('gives who knows nothing ln 2, 0.5 and no calibration error', () => {
    const { logLoss, auc, ece, reliability } = qualityOf([0, 0, 0], [0, 0, 0]);
    expect(logLoss).toBeCloseTo(Math.LN2, 12);
    expect(auc).toBe(0.5);
    expect(ece).toBe(0);
    expect(reliability).toEqual([{ low: 0.5, high: 0.6, count: 6, predicted: 0.5, observed: 0.5 }]);
  });

  it('agrees with figures worked out by hand', () => {
    // Probabilities 0.9 and 0.6 of real ones, 0.6 and 0.2 of samples.
    const [a, b, c] = [Math.log(9), Math.log(1.5), Math.log(0.25)];
    const { logLoss, auc, ece, reliability } = qualityOf([a, b], [b, c]);
    expect(logLoss).toBeCloseTo(-(Math.log(0.9) + Math.log(0.6) + Math.log(0.4) + Math.log(0.8)) / 4, 12);
    expect(auc).toBe(3.5 / 4); // the tie counts half
    expect(reliability.map(({ count }) => count).reduce((sum, n) => sum + n, 0)).toBe(4);
    expect(ece).toBeCloseTo((0.1 + 2 * 0.1 + 0.2) / 4, 12);
  });

  it('gives Φ(d/√2) as the AUC of two Gaussians, and their true ratios hardly an error', () => {
    const { real, samples } = gaussians(20_000, 1);
    const { auc, ece, logLoss } = qualityOf(real, samples);
    expect(auc).toBeCloseTo(0.7602, 2); // Φ(0.70711)
    expect(ece).toBeLessThan(0.01);
    expect(logLoss).toBeLessThan(Math.LN2);
  });

  it('stays finite where who was sure was wrong', () => {
    expect(qualityOf([-1e4], [1e4]).logLoss).toBe(1e4);
    expect(qualityOf([87], [-87])).toMatchObject({ auc: 1, ece: expect.closeTo(0, 9) });
  });
});

describe('areaUnderCurve', () => {
  it('counts pairs as one would by hand', () => {
    const real = [3, 1, 1, -2];
    const samples = [1, 0, -2, 5];
    let wins = 0;
    for (const r of real) for (const s of samples) wins += r > s ? 1 : r === s ? 0.5 : 0;
    expect(areaUnderCurve(real, samples)).toBe(wins / 16);
  });
});
