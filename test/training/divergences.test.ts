import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '../../src/engine/tf.js';
import { DIVERGENCE_NAMES, DIVERGENCES, type Divergence } from '../../src/training/divergences.js';
import { EXAMPLE, integral, OPTIMAL_OUTPUT } from './gaussians.js';
import { slope, valuesOf } from './helpers.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** D_f(P‖Q) of the example, computed outside this project; Neyman's and both KL's also have closed forms. */
const PUBLISHED = {
  kl: 0.11634933,
  'reverse-kl': 0.16267844,
  pearson: 0.19959734,
  neyman: 0.74022821,
  'squared-hellinger': 0.06662385,
  'jensen-shannon': 0.06419378,
  gan: -1.32210058,
  'total-variation': 0.1929885,
} satisfies Record<(typeof DIVERGENCE_NAMES)[number], number>;

/** sup over u > 0 of ut − f(u), which is concave in u: the best of a logarithmic grid, refined by golden sections. */
function supremum(f: (u: number) => number, t: number): number {
  const value = (u: number) => u * t - f(u);
  const grid = Array.from({ length: 4001 }, (_, i) => 10 ** (-9 + (18 * i) / 4000));
  const best = grid.reduce((at, u, i) => (value(u) > value(grid[at]!) ? i : at), 0);
  let [low, high] = [grid[Math.max(0, best - 1)]!, grid[Math.min(grid.length - 1, best + 1)]!];
  const golden = (Math.sqrt(5) - 1) / 2;
  for (let i = 0; i < 200; i++) {
    const [a, b] = [high - golden * (high - low), low + golden * (high - low)];
    if (value(a) > value(b)) high = b;
    else low = a;
  }
  return value((low + high) / 2);
}

/**
 * Points inside the domain of f* where the supremum is attained at a u > 0: slopes of f, and those between the two
 * sides of a corner.
 */
function inside({ domain, f }: Divergence): number[] {
  const corner = [0.1, 0.3, 0.5, 0.7, 0.9].map((share) => {
    const [left, right] = [slope(f, 1 - 1e-3, 1e-4), slope(f, 1 + 1e-3, 1e-4)];
    return left + share * (right - left);
  });
  const slopes = [0.05, 0.3, 0.8, 1.7, 4, 20].map((u) => slope(f, u, 1e-6 * u));
  return [...slopes, ...corner].filter((t) => t > domain.low && t < domain.high);
}

describe.each(DIVERGENCE_NAMES)('the divergence %s', (name) => {
  const row: Divergence = DIVERGENCES[name];
  const { p, q } = EXAMPLE;

  it('has f(1) = 0 and the published value for two Gaussians', () => {
    // GAN's own f is shifted by −ln 4, as the paper's value function is.
    expect(row.f(1)).toBeCloseTo(name === 'gan' ? -Math.log(4) : 0, 12);
    // Total variation has corners, which cost the sum some digits.
    const digits = name === 'total-variation' ? 6 : 7;
    expect(integral((x) => q(x) * row.f(p(x) / q(x)))).toBeCloseTo(PUBLISHED[name], digits);
  });

  it('has the conjugate f*(t) = sup of ut − f(u) over u', () => {
    const points = inside(row);
    expect(points.length).toBeGreaterThanOrEqual(5);
    for (const t of points) expect(row.conjugate(t), `t = ${t}`).toBeCloseTo(supremum(row.f, t), 6);
  });

  it('has a conjugate that is infinite outside its stated domain, and finite inside', () => {
    const { low, high, closed } = row.domain;
    // Without a maximum, ut − f(u) still grows at the end of the grid, where u = 1e9.
    if (Number.isFinite(high)) expect(supremum(row.f, high + 0.01)).toBeGreaterThan(1e5);
    if (Number.isFinite(high) && closed) expect(Number.isFinite(row.conjugate(high))).toBe(true);
    if (Number.isFinite(high) && !closed) expect(Number.isFinite(row.conjugate(high))).toBe(false);
    // f(0) bounds f* from below where u may go to 0: total variation's f* would be −½ there, and t is its larger bound.
    if (Number.isFinite(low)) expect(supremum(row.f, low - 0.3)).toBeCloseTo(-row.f(0), 6);
  });

  it('has an increasing activation into that domain, with f′(1) at the boundary', () => {
    const outputs = Array.from({ length: 121 }, (_, i) => -6 + i / 10);
    const critics = valuesOf(row.critic(tf.tensor1d(outputs)));
    for (let i = 1; i < critics.length; i++) expect(critics[i]!).toBeGreaterThan(critics[i - 1]!);
    for (const t of critics) {
      expect(t).toBeGreaterThanOrEqual(row.domain.low);
      expect(t).toBeLessThanOrEqual(row.domain.high);
    }
    const [threshold] = valuesOf(row.critic(tf.tensor1d([row.boundary])));
    expect(threshold).toBeCloseTo(row.threshold, 6);
    if (name !== 'total-variation') expect(row.threshold).toBeCloseTo(slope(row.f, 1), 6);
  });

  it('simplifies f*(g(v)) without changing it', () => {
    const outputs = Array.from({ length: 41 }, (_, i) => -3 + 0.15 * i);
    const critics = valuesOf(row.critic(tf.tensor1d(outputs)));
    const simplified = valuesOf(row.conjugateOfCritic(tf.tensor1d(outputs)));
    critics.forEach((t, i) => {
      // Where float32 rounds T to the end of the domain, f* of the rounded T is not comparable.
      const expected = row.conjugate(t);
      expect(Math.abs(simplified[i]! - expected) / Math.max(1, Math.abs(expected))).toBeLessThan(1e-4);
    });
  });

  it.skipIf(row.densityRatio === 'none')('has a bound that is tight at V* and lower at any other V', () => {
    const kind = row.densityRatio as Exclude<typeof row.densityRatio, 'none'>;
    const bound = (bend: (x: number) => number) => {
      const xs = Array.from({ length: 4000 }, (_, i) => -7 + (14 * (i + 0.5)) / 4000);
      const outputs = tf.tensor1d(xs.map((x) => OPTIMAL_OUTPUT[kind](Math.log(p(x) / q(x))) + bend(x)));
      const [t, conjugate] = [valuesOf(row.critic(outputs)), valuesOf(row.conjugateOfCritic(outputs))];
      return xs.reduce((sum, x, i) => sum + (p(x) * t[i]! - q(x) * conjugate[i]!) * (14 / 4000), 0);
    };
    const tight = bound(() => 0);
    // [−7, 7] leaves out a part of Neyman's heavy tail, so the comparison is with the integral over the same interval.
    const truth = integral((x) => q(x) * row.f(p(x) / q(x)), -7, 7);
    expect(tight).toBeCloseTo(truth, 4);
    for (const bend of [() => 0.2, () => -0.2, (x: number) => 0.1 * x, (x: number) => 0.3 * Math.sin(3 * x)]) {
      expect(bound(bend)).toBeLessThan(tight);
    }
  });
});
