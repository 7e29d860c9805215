import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HostTensors } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { mlp } from '../../src/networks/mlp.js';
import { fillStream, streamOf } from '../../src/random/noise.js';
import { mlpConfig } from '../../src/recipes/network-configs.js';
import { type ObjectiveName } from '../../src/recipes/objective-names.js';
import { DIVERGENCE_NAMES, DIVERGENCES, type DivergenceName } from '../../src/training/divergences.js';
import { OBJECTIVES } from '../../src/training/objectives.js';
import { optimizer } from '../../src/training/optimizers.js';
import { integral, normal } from './gaussians.js';
import { valuesOf } from './helpers.js';
import { gaussianGenerator, outputsOf, play } from './play.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

interface Gaussian {
  readonly mean: number;
  readonly deviation: number;
}

const NARROW: Gaussian = { mean: 0, deviation: 1 };
const WIDE: Gaussian = { mean: 0.5, deviation: 1.2 };

const discriminator = mlp(
  mlpConfig.parse({
    kind: 'mlp',
    layers: [
      { units: 24, activation: 'tanh' },
      { units: 24, activation: 'tanh' },
      { units: 1, activation: 'linear' },
    ],
  }),
  { name: 'discriminator', input: [1], output: [1] },
);

/** Trains D alone, by the training step itself, on samples of P against a generator that is Q and stands still. */
function trainDiscriminator(objective: ObjectiveName, P: Gaussian, Q: Gaussian, steps: number): Promise<HostTensors> {
  const generator = gaussianGenerator(Q.mean, Q.deviation);
  const still = optimizer({ kind: 'momentum', learningRate: 0, momentum: 0 });
  const falling = { kind: 'exponential', from: 0.01, factorPerStep: 100 ** (1 / steps), floor: 0 } as const;
  return play({
    game: {
      generator,
      discriminator,
      prior: { kind: 'normal', shape: [1] },
      objective: OBJECTIVES[objective],
      optimizers: {
        generator: still,
        discriminator: optimizer({ kind: 'adam', learningRate: falling, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }),
      },
      updates: { order: 'simultaneous', discriminatorSteps: 1, weights: { discriminator: 1, generator: 1 } },
      batch: 768,
    },
    params: { ...generator.init(streamOf(1)), ...discriminator.init(streamOf(1)) },
    data(out, stream) {
      fillStream(out, stream, { kind: 'normal', shape: [] });
      for (const [i, z] of out.entries()) out[i] = P.mean + P.deviation * z;
    },
    steps,
    stepsPerRun: 100,
  });
}

/** E_P[T] − E_Q[f*(T)] of a trained D by the midpoint rule: exact densities, no sampling error. */
function boundOf(name: DivergenceName, state: HostTensors, p: (x: number) => number, q: (x: number) => number): number {
  const count = 4000;
  const xs = Array.from({ length: count }, (_, i) => -9 + (20 * (i + 0.5)) / count);
  const outputs = tf.tensor1d(outputsOf(discriminator, state, xs));
  const t = valuesOf(DIVERGENCES[name].critic(outputs));
  const conjugate = valuesOf(DIVERGENCES[name].conjugateOfCritic(outputs));
  return xs.reduce((sum, x, i) => sum + (p(x) * t[i]! - q(x) * conjugate[i]!) * (20 / count), 0);
}

/** Exponentials of V make noisier gradients and want more steps. */
const STEPS: Partial<Record<DivergenceName, number>> = { kl: 2000, 'reverse-kl': 1500, neyman: 1500 };

describe('a discriminator trained on samples of two Gaussians', () => {
  // Neyman's gradient at P narrow, Q wide has infinite variance (∫ q⁴/p³ diverges), so its Gaussians change places.
  it.each(DIVERGENCE_NAMES)(
    'bounds the divergence from below, and comes within two percent of it: %s',
    async (name) => {
      const [P, Q] = name === 'neyman' ? [WIDE, NARROW] : [NARROW, WIDE];
      const [p, q] = [normal(P.mean, P.deviation), normal(Q.mean, Q.deviation)];
      const { f } = DIVERGENCES[name];
      const truth = integral((x) => q(x) * f(p(x) / q(x)));
      const bound = boundOf(name, await trainDiscriminator(`f-${name}`, P, Q, STEPS[name] ?? 1000), p, q);
      expect(bound).toBeLessThanOrEqual(truth + 1e-6);
      // Of the distance itself: GAN's value function starts at −ln 4 where P = Q.
      expect((truth - bound) / (truth - f(1))).toBeLessThan(0.02);
    },
    30_000,
  );

  it('reaches D*(x) = p/(p + q) to within 0.05 where 99 % of the data and of the samples are', async () => {
    const [p, q] = [normal(0, 1), normal(0.5, 1.2)];
    const state = await trainDiscriminator('non-saturating', NARROW, WIDE, 3000);
    const xs = Array.from({ length: 651 }, (_, i) => -3.1 + i / 100);
    const errors = outputsOf(discriminator, state, xs).map((v, i) => {
      const [here, there] = [p(xs[i]!), q(xs[i]!)];
      return Math.abs(1 / (1 + Math.exp(-v)) - here / (here + there));
    });
    expect(Math.max(...errors)).toBeLessThan(0.05);
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.01);
  }, 30_000);

  it('finds C(G) = −ln 4 when the generator makes the data’s own distribution (Theorem 1)', async () => {
    const p = normal(0, 1);
    const value = boundOf('gan', await trainDiscriminator('minimax', NARROW, NARROW, 1000), p, p);
    expect(value).toBeLessThanOrEqual(-Math.log(4) + 1e-6);
    expect(value).toBeGreaterThan(-Math.log(4) - 1e-3);
  }, 30_000);
});
