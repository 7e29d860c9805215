import { describe, expect, it } from 'vitest';
import {
  acceptance,
  chooseByChains,
  chooseByRejection,
  chooseTop,
  rejectionSample,
  rejectionSettings,
} from '../../src/models/rejection.js';
import { fillNormal, fillUniform, STREAMS } from '../../src/random/philox.js';
import { lcg } from '../training/helpers.js';

const logistic = (x: number) => 1 / (1 + Math.exp(-x));

describe('discriminator rejection sampling', () => {
  it('accepts with σ(Δ − ln(1 − e^(Δ−ε)) − γ), worked by hand', () => {
    // Δ = −ln 2: 1 − e^Δ = ½, so F = −ln 2 + ln 2 − γ = −γ up to ε, and σ(F) = 1/2 for γ = 0.
    expect(acceptance(3 - Math.LN2, { max: 3, gamma: 0 })).toBeCloseTo(0.5, 5);
    // Δ = −ln 4: F = −ln 4 − ln ¾ = −ln 3: accepted with 1/4, which is e^Δ.
    expect(acceptance(-Math.log(4), { max: 0, gamma: 0 })).toBeCloseTo(0.25, 5);
    // With γ = ln 2 the odds halve: 1/3 becomes 1/6, a probability of 1/7.
    expect(acceptance(-Math.log(4), { max: 0, gamma: Math.LN2 })).toBeCloseTo(1 / 7, 5);
    // At the highest logit F = −ln(1 − e^−ε) = 13.8 for ε = 1e-6.
    expect(acceptance(5, { max: 5, gamma: 0 })).toBeCloseTo(logistic(-Math.log(1e-6)), 8);
  });

  it('without γ keeps each sample with p/q over its bound, so that what is kept is drawn from the data', () => {
    // q uniform over three outcomes, p = (1/2, 1/3, 1/6): ln p/q = ln(3/2, 1, 1/2), accepted with 1, 2/3, 1/3.
    const ratios = [1.5, 1, 0.5].map(Math.log);
    const random = lcg(5);
    const outcomes = Array.from({ length: 30_000 }, () => Math.floor(random() * 3));
    const { kept } = rejectionSample(
      outcomes.map((outcome) => ratios[outcome]!),
      outcomes.map(() => random()),
      { max: ratios[0]!, gamma: 0 },
    );
    const shares = [0, 1, 2].map((outcome) => kept.filter((i) => outcomes[i] === outcome).length / kept.length);
    expect(Math.abs(shares[0]! - 1 / 2)).toBeLessThan(0.015);
    expect(Math.abs(shares[1]! - 1 / 3)).toBeLessThan(0.015);
    expect(Math.abs(shares[2]! - 1 / 6)).toBeLessThan(0.015);
    expect(Math.abs(kept.length / 30_000 - 2 / 3)).toBeLessThan(0.015);
  });

  it('raises the bound at a higher logit, for it and all that follow, and hands it on', () => {
    const even = [0.4, 0.4, 0.4];
    const { kept, settings } = rejectionSample([-Math.LN2, 2, -Math.LN2], even, { max: 0, gamma: 0 });
    expect(kept).toEqual([0, 1]); // the first has ½ > 0.4; after the second the same logit has e^(−2−ln 2) < 0.4
    expect(settings).toEqual({ max: 2, gamma: 0 });
  });

  it('takes the highest logit and the percentile of F, between values as numpy does, from samples set aside', () => {
    const logits = [0, -Math.log(4), -Math.LN2]; // F without γ: 13.8, −ln 3, 0
    expect(rejectionSettings(logits, 50).max).toBe(0);
    expect(rejectionSettings(logits, 50).gamma).toBeCloseTo(0, 5);
    expect(rejectionSettings(logits, 25).gamma).toBeCloseTo(-Math.log(3) / 2, 5);
    expect(rejectionSettings(logits).gamma).toBeCloseTo(0.9 * -Math.log(1e-6), 3);
  });

  it('refuses too few uniform numbers, no logits, and a percentile that is none', () => {
    expect(() => rejectionSample([1, 2], [0.5], { max: 2, gamma: 0 })).toThrow('Expected 2 uniform numbers');
    expect(() => rejectionSettings([])).toThrow('Expected at least 1 logit');
    expect(() => rejectionSettings([1], 101)).toThrow('Expected percentile in [0, 100]');
  });
});

const drawn = (count: number, stream: number): Float32Array => {
  const out = new Float32Array(count);
  fillUniform(out, { seed: 1, stream, counter: 0 }, 0, 1);
  return out;
};

describe('between two known Gaussians, p = N(0, 1) and q = N(0, 2²)', () => {
  const COUNT = 40_000;
  const x = new Float32Array(COUNT);
  fillNormal(x, { seed: 2, stream: STREAMS.latent, counter: 0 });
  for (let i = 0; i < COUNT; i++) x[i] = x[i]! * 2;
  /** ln p/q = ln 2 − x²/2 + x²/8, at most ln 2. */
  const ratios = Float64Array.from(x, (value) => Math.LN2 - (3 * value * value) / 8);
  const variance = (kept: readonly number[]) => kept.reduce((sum, i) => sum + x[i]! ** 2, 0) / kept.length;

  it('rejection with the true bound keeps half of the draws, and what it keeps is p', () => {
    const { kept } = rejectionSample(ratios, drawn(COUNT, 20), { max: Math.LN2, gamma: 0 });
    expect(Math.abs(kept.length / COUNT - 1 / 2)).toBeLessThan(0.01);
    expect(Math.abs(variance(kept) - 1)).toBeLessThan(0.04);
  });

  it('the ends of chains are p, where the draws were q', () => {
    const { kept } = chooseByChains(ratios, drawn(COUNT, 21), 16);
    expect(kept).toHaveLength(COUNT / 16);
    expect(Math.abs(variance(kept) - 1)).toBeLessThan(0.12); // four standard errors of 2,500
  });
});

describe('chains of Metropolis and Hastings', () => {
  it('accept as often, and end where, the transition matrix of three outcomes says', () => {
    const r = [1.5, 1, 0.5];
    const [chains, length] = [20_000, 4];
    const outcomes = Uint8Array.from(drawn(chains * length, 22), (u) => Math.min(2, Math.floor(3 * u)));
    const logs = Float64Array.from(outcomes, (outcome) => Math.log(r[outcome]!));
    const { kept, accepted, judged } = chooseByChains(logs, drawn(chains * length, 23), length);
    let at = [1 / 3, 1 / 3, 1 / 3];
    let moves = 0;
    for (let step = 1; step < length; step++) {
      const next = [...at];
      for (const [from, share] of at.entries()) {
        for (const to of [0, 1, 2]) {
          const flow = (share / 3) * Math.min(1, r[to]! / r[from]!);
          moves += flow;
          next[from]! -= flow;
          next[to]! += flow;
        }
      }
      at = next;
    }
    expect(judged).toBe(chains * (length - 1));
    expect(Math.abs(accepted / judged - moves / (length - 1))).toBeLessThan(0.008);
    for (const [outcome, share] of at.entries()) {
      const ended = kept.filter((i) => outcomes[i] === outcome).length / kept.length;
      expect(Math.abs(ended - share)).toBeLessThan(0.014);
    }
  });

  it('begin at their first number, pass over what is none, and leave out a chain that has none', () => {
    const logs = Float64Array.of(Number.NaN, 0, Number.NaN, Number.NaN, Number.NaN, Number.NaN);
    expect(chooseByChains(logs, new Float32Array(6), 3)).toEqual({ kept: [1], accepted: 0, judged: 1 });
  });
});

it('the best are the highest, the highest first, of equal ones the first drawn', () => {
  const values = Float64Array.of(1, 3, Number.NaN, 3, 2);
  expect(chooseTop(values, 3).kept).toEqual([1, 3, 4]);
  expect(chooseTop(values, 9).kept).toEqual([1, 3, 4, 0]);
});

it('rejection among draws passes over what is no number, and keeps nothing of nothing', () => {
  const { kept, judged } = chooseByRejection(Float64Array.of(Number.NaN, 5, Number.NaN), new Float32Array(3), 95);
  expect({ kept, judged }).toEqual({ kept: [1], judged: 3 });
  expect(chooseByRejection(Float64Array.of(Number.NaN), new Float32Array(1), 95).kept).toEqual([]);
});
