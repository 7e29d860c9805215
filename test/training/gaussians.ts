// One-dimensional Gaussians with everything in closed form or by sums over a fine grid: what the tests of objectives
// hold their numbers against. Double precision throughout.
import * as tf from '../../src/engine/tf.js';
import type { Objective } from '../../src/training/objectives.js';
import { valuesOf } from './helpers.js';

export type Density = (x: number) => number;

export function normal(mean: number, deviation: number): Density {
  return (x) => Math.exp(-(((x - mean) / deviation) ** 2) / 2) / (deviation * Math.sqrt(2 * Math.PI));
}

/** ∫ f over [−12, 14] by the midpoint rule: exact to 1e-9 for the smooth integrands here. */
export function integral(f: (x: number) => number, low = -12, high = 14, steps = 26_000): number {
  const width = (high - low) / steps;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += f(low + (i + 0.5) * width);
  return sum * width;
}

/** The example of Nowozin's table as recomputed in double precision: P = N(0, 1), Q = N(0.5, 1.2²). */
export const EXAMPLE = { p: normal(0, 1), q: normal(0.5, 1.2), mean: 0.5, deviation: 1.2 };

/** V* = g_f⁻¹(f′(r)) as a function of ln r, by what the objective says of its density ratio. */
export const OPTIMAL_OUTPUT: Readonly<Record<Exclude<Objective['densityRatio'], 'none'>, (logR: number) => number>> = {
  logit: (logR) => logR,
  kl: (logR) => 1 + logR,
  pearson: (logR) => 2 * (Math.exp(logR) - 1),
  neyman: (logR) => 2 * logR,
  'squared-hellinger': (logR) => logR / 2,
  'least-squares': (logR) => 1 / (1 + Math.exp(-logR)),
};

/**
 * d/dμ of the generator's loss E_z[ℓ(V*(μ + σz))] with the optimal D of `example` held fixed: E_z[ℓ′(V*) · (slope of V*
 * at x)]. ℓ′ comes from the objective by TensorFlow.js, the rest from closed forms on a grid of z.
 */
export function gradientOfMean(objective: Objective, example: typeof EXAMPLE): number {
  const { mean, deviation } = example;
  const steps = 20_001;
  const z = Array.from({ length: steps }, (_, i) => -8 + (16 * i) / (steps - 1));
  const weight = z.map((value) => normal(0, 1)(value) * (16 / (steps - 1)));
  const x = z.map((value) => mean + deviation * value);
  const logR = (at: number) => (-at * at) / 2 + (at - mean) ** 2 / (2 * deviation ** 2) + Math.log(deviation);
  const kind = objective.densityRatio;
  if (kind === 'none') throw new RangeError('Expected an objective whose optimal D is a function of p/q.');
  const optimum = (at: number) => OPTIMAL_OUTPUT[kind](logR(at));
  const outputs = tf.tensor1d(x.map(optimum));
  const perExample = valuesOf(tf.grad((v: tf.Tensor) => objective.generator(v, () => v))(outputs));
  return perExample.reduce((sum, gradient, i) => {
    const slope = (optimum(x[i]! + 1e-5) - optimum(x[i]! - 1e-5)) / 2e-5;
    return sum + weight[i]! * gradient * steps * slope;
  }, 0);
}
