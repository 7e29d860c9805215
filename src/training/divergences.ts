// The f-divergences of f-GAN (Nowozin, Cseke & Tomioka 2016, arXiv:1606.00709) as a table: D_f(P‖Q) = ∫ q f(p/q) with
// f(1) = 0 but for GAN's, and its variational bound E_P[T] − E_Q[f*(T)] ≤ D_f(P‖Q) over T = g_f(V).
// All activations g_f increase, so that a higher output V always means "more like the data".
import * as tf from '../engine/tf.js';
import type { DensityRatio } from '../models/density.js';

export interface Divergence {
  readonly title: string;
  /** What D_f is, in print. */
  readonly definition: string;
  /** In print: f(u), g_f(v), f*(t), and the t for which f* is finite. */
  readonly print: {
    readonly f: string;
    readonly activation: string;
    readonly conjugate: string;
    readonly domain: string;
  };
  f(u: number): number;
  /** f*(t) = sup over u > 0 of ut − f(u). */
  conjugate(t: number): number;
  /** Where f* is finite: an interval, with its upper end in it or not. */
  readonly domain: { readonly low: number; readonly high: number; readonly closed: boolean };
  /**
   * f′(1): the critic T is above it where p > q. For total variation, where f has a corner, the middle of its slopes.
   */
  readonly threshold: number;
  /** The output V at which g_f(V) = f′(1). */
  readonly boundary: number;
  /** The best output V* = g_f⁻¹(f′(r)) at r = p/q, in print, and how V gives ln r. */
  readonly optimum: string;
  readonly densityRatio: DensityRatio;
  /** T = g_f(V). */
  critic(v: tf.Tensor): tf.Tensor;
  /** f*(g_f(V)), simplified: the composition neither overflows nor leaves the domain where the two apart would. */
  conjugateOfCritic(v: tf.Tensor): tf.Tensor;
}

const ALL = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, closed: false };
const below = (high: number) => ({ low: Number.NEGATIVE_INFINITY, high, closed: false });

/** 1 − e^−v, the activation of Neyman's and Hellinger's divergence. */
const oneMinusExp = (v: tf.Tensor) => tf.sub(1, tf.exp(tf.neg(v)));

const TABLE = {
  kl: {
    title: 'Kullback–Leibler, KL(P‖Q)',
    definition: '∫ p ln(p/q)',
    print: { f: 'u ln u', activation: 'v', conjugate: 'e^(t−1)', domain: 'ℝ' },
    f: (u) => (u === 0 ? 0 : u * Math.log(u)),
    conjugate: (t) => Math.exp(t - 1),
    domain: ALL,
    threshold: 1,
    boundary: 1,
    optimum: '1 + ln r',
    densityRatio: 'kl',
    critic: (v) => v,
    conjugateOfCritic: (v) => tf.exp(tf.sub(v, 1)),
  },
  'reverse-kl': {
    title: 'reverse Kullback–Leibler, KL(Q‖P)',
    definition: '∫ q ln(q/p)',
    print: { f: '−ln u', activation: '−e^(−v)', conjugate: '−1 − ln(−t)', domain: 't < 0' },
    f: (u) => -Math.log(u),
    conjugate: (t) => -1 - Math.log(-t),
    domain: below(0),
    threshold: -1,
    boundary: 0,
    optimum: 'ln r',
    densityRatio: 'logit',
    critic: (v) => tf.neg(tf.exp(tf.neg(v))),
    conjugateOfCritic: (v) => tf.sub(v, 1),
  },
  pearson: {
    title: 'Pearson χ²',
    definition: '∫ (p − q)²/q',
    // f* of f on u ≥ 0 is −1 below t = −2. t²/4 + t is f* of (u − 1)² on all of ℝ: larger there, so the bound still
    // holds.
    print: { f: '(u − 1)²', activation: 'v', conjugate: 't²/4 + t', domain: 'ℝ' },
    f: (u) => (u - 1) ** 2,
    conjugate: (t) => t ** 2 / 4 + t,
    domain: ALL,
    threshold: 0,
    boundary: 0,
    optimum: '2(r − 1)',
    densityRatio: 'pearson',
    critic: (v) => v,
    conjugateOfCritic: (v) => tf.add(tf.mul(tf.square(v), 0.25), v),
  },
  neyman: {
    title: 'Neyman χ²',
    definition: '∫ (p − q)²/p',
    print: { f: '(1 − u)²/u', activation: '1 − e^(−v)', conjugate: '2 − 2√(1 − t)', domain: 't ≤ 1' },
    f: (u) => (1 - u) ** 2 / u,
    conjugate: (t) => 2 - 2 * Math.sqrt(1 - t),
    domain: { ...below(1), closed: true },
    threshold: 0,
    boundary: 0,
    optimum: '2 ln r',
    densityRatio: 'neyman',
    critic: oneMinusExp,
    conjugateOfCritic: (v) => tf.sub(2, tf.mul(tf.exp(tf.mul(v, -0.5)), 2)),
  },
  'squared-hellinger': {
    title: 'squared Hellinger',
    definition: '∫ (√p − √q)²',
    print: { f: '(√u − 1)²', activation: '1 − e^(−v)', conjugate: 't/(1 − t)', domain: 't < 1' },
    f: (u) => (Math.sqrt(u) - 1) ** 2,
    conjugate: (t) => t / (1 - t),
    domain: below(1),
    threshold: 0,
    boundary: 0,
    optimum: '½ ln r',
    densityRatio: 'squared-hellinger',
    critic: oneMinusExp,
    conjugateOfCritic: (v) => tf.sub(tf.exp(v), 1),
  },
  'jensen-shannon': {
    title: 'Jensen–Shannon, twice',
    definition: '2·JSD(P‖Q) = KL(P‖M) + KL(Q‖M), M = (P + Q)/2',
    print: {
      f: 'u ln u − (u + 1) ln((1 + u)/2)',
      activation: 'ln 2 − ln(1 + e^(−v))',
      conjugate: '−ln(2 − e^t)',
      domain: 't < ln 2',
    },
    f: (u) => (u === 0 ? 0 : u * Math.log(u)) - (u + 1) * Math.log((1 + u) / 2),
    conjugate: (t) => -Math.log(2 - Math.exp(t)),
    domain: below(Math.LN2),
    threshold: 0,
    boundary: 0,
    optimum: 'ln r',
    densityRatio: 'logit',
    critic: (v) => tf.sub(Math.LN2, tf.softplus(tf.neg(v))),
    conjugateOfCritic: (v) => tf.sub(tf.softplus(v), Math.LN2),
  },
  gan: {
    title: 'the original GAN',
    definition: '2·JSD(P‖Q) − ln 4',
    print: {
      f: 'u ln u − (u + 1) ln(u + 1)',
      activation: '−ln(1 + e^(−v))',
      conjugate: '−ln(1 − e^t)',
      domain: 't < 0',
    },
    f: (u) => (u === 0 ? 0 : u * Math.log(u)) - (u + 1) * Math.log(u + 1),
    conjugate: (t) => -Math.log(1 - Math.exp(t)),
    domain: below(0),
    threshold: -Math.LN2,
    boundary: 0,
    optimum: 'ln r',
    densityRatio: 'logit',
    critic: (v) => tf.neg(tf.softplus(tf.neg(v))),
    conjugateOfCritic: (v) => tf.softplus(v),
  },
  'total-variation': {
    title: 'total variation',
    definition: '½ ∫ |p − q|',
    print: { f: '½|u − 1|', activation: '½ tanh v', conjugate: 't', domain: '−½ ≤ t ≤ ½' },
    f: (u) => Math.abs(u - 1) / 2,
    conjugate: (t) => t,
    domain: { low: -0.5, high: 0.5, closed: true },
    threshold: 0,
    boundary: 0,
    optimum: '±∞, the sign of r − 1',
    densityRatio: 'none',
    critic: (v) => tf.mul(tf.tanh(v), 0.5),
    conjugateOfCritic: (v) => tf.mul(tf.tanh(v), 0.5),
  },
} as const satisfies Record<string, Divergence>;

export type DivergenceName = keyof typeof TABLE;
export const DIVERGENCES: Readonly<Record<DivergenceName, Divergence>> = TABLE;
export const DIVERGENCE_NAMES = Object.keys(TABLE) as [DivergenceName, ...DivergenceName[]];
