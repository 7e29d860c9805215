import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HostTensors } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { mlp } from '../../src/networks/mlp.js';
import { fillStream, streamOf } from '../../src/random/noise.js';
import { mlpConfig } from '../../src/recipes/network-configs.js';
import { type ObjectiveName } from '../../src/recipes/objective-names.js';
import type { PenaltyConfig } from '../../src/recipes/update-configs.js';
import { OBJECTIVES } from '../../src/training/objectives.js';
import { optimizer } from '../../src/training/optimizers.js';
import type { Game } from '../../src/training/step.js';
import { type Density, normal, OPTIMAL_OUTPUT } from './gaussians.js';
import { valuesOf } from './helpers.js';
import { gaussianGenerator, numberOf, plainNetwork, play } from './play.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/**
 * The Dirac-GAN (Mescheder et al. 2018, section 2): all data at 0, all samples at θ, D(x) = ψx. The only balance is θ =
 * ψ = 0.
 */
function diracGame(objective: ObjectiveName, penalties: readonly PenaltyConfig[]): Game {
  const sgd = optimizer({ kind: 'momentum', learningRate: 0.1, momentum: 0 });
  return {
    generator: plainNetwork('generator', { theta: 1 }, (params, z) => tf.add(tf.mul(z, 0), params['generator/theta']!)),
    discriminator: plainNetwork('discriminator', { psi: 0.5 }, (params, x) => tf.mul(x, params['discriminator/psi']!)),
    prior: { kind: 'uniform', low: 0, high: 0, shape: [1] },
    objective: OBJECTIVES[objective],
    penalties,
    optimizers: { generator: sgd, discriminator: sgd },
    updates: { order: 'simultaneous', discriminatorSteps: 1, weights: { discriminator: 1, generator: 1 } },
    batch: 1,
  };
}

/** ‖(θ, ψ)‖ at the start and after each run of 25 steps, and how often θ changed its sign. */
async function orbit(objective: ObjectiveName, penalties: readonly PenaltyConfig[], steps = 500) {
  const game = diracGame(objective, penalties);
  const norms = [Math.hypot(1, 0.5)];
  const thetas = [1];
  const params: HostTensors = { ...game.generator.init(streamOf(1)), ...game.discriminator.init(streamOf(1)) };
  await play({
    game,
    params,
    data: (out) => out.fill(0),
    steps,
    stepsPerRun: 25,
    onRun(_step, _outputs, compiled) {
      const state = compiled.state();
      const [theta, psi] = [numberOf(state, 'generator/theta'), numberOf(state, 'discriminator/psi')];
      norms.push(Math.hypot(theta, psi));
      thetas.push(theta);
    },
  });
  const turns = thetas.slice(1).filter((theta, i) => Math.sign(theta) !== Math.sign(thetas[i]!)).length;
  return { norms, turns };
}

describe('the Dirac-GAN', () => {
  it.each(['minimax', 'wgan'] as const)(
    'under plain simultaneous descent circles the balance and never comes nearer: %s',
    async (objective) => {
      const { norms, turns } = await orbit(objective, []);
      expect(turns).toBeGreaterThanOrEqual(4);
      // Both players move along the same value, so each step multiplies the norm by √(1 + h²f′²).
      for (let i = 1; i < norms.length; i++) expect(norms[i]!).toBeGreaterThan(norms[i - 1]!);
    },
  );

  it('circles with the non-saturating loss too, and nears the balance only at a crawl', async () => {
    const { norms, turns } = await orbit('non-saturating', []);
    expect(turns).toBeGreaterThanOrEqual(4);
    expect(norms.at(-1)!).toBeGreaterThan(0.4);
  });

  it.each(['minimax', 'non-saturating', 'wgan', 'maximise-logit', 'f-jensen-shannon'] as const)(
    'comes to rest with R1: %s',
    async (objective) => {
      const { norms } = await orbit(objective, [{ kind: 'r1', weight: 1 }]);
      expect(norms.at(-1)!).toBeLessThan(1e-3);
      expect(norms.at(-1)!).toBeLessThan(norms[4]!);
    },
  );

  it('does not come to rest with the gradient penalty of WGAN-GP, whose slope 1 is wrong at the balance', async () => {
    const { norms } = await orbit('wgan-gp', [{ kind: 'gradient-penalty', weight: 1 }]);
    expect(norms.at(-1)!).toBeGreaterThan(0.1);
  });
});

describe('a Gaussian generator on a target of two modes', () => {
  const target: Density = (x) => 0.6 * normal(-2, 0.5)(x) + 0.4 * normal(2, 0.5)(x);

  const RATE = 0.1;

  /**
   * Descends (μ, ln σ) along the objective's own generator gradient with the optimal D of each moment, V*(p/q), held
   * fixed: sums over a grid of z instead of samples, so that nothing but the objective decides where it ends.
   */
  function descend(objective: ObjectiveName, start: { mean: number; deviation: number }) {
    const { generator, densityRatio } = OBJECTIVES[objective];
    const optimum = OPTIMAL_OUTPUT[densityRatio as 'logit'];
    const count = 161;
    const z = Array.from({ length: count }, (_, i) => -5 + (10 * i) / (count - 1));
    const weight = z.map((value) => normal(0, 1)(value) * (10 / (count - 1)));
    let { mean, deviation } = start;
    for (let step = 0; step < 500; step++) {
      const q = normal(mean, deviation);
      const v = (x: number) => optimum(Math.log(target(x)) - Math.log(q(x)));
      const x = z.map((value) => mean + deviation * value);
      const outputs = x.map(v);
      const gradient = tf.tidy(() => valuesOf(tf.grad((t: tf.Tensor) => generator(t, () => t))(tf.tensor1d(outputs))));
      let [toMean, toLogDeviation] = [0, 0];
      for (const [i, at] of x.entries()) {
        const slope = (v(at + 1e-4) - v(at - 1e-4)) / 2e-4;
        const pull = weight[i]! * gradient[i]! * count * slope;
        toMean += pull;
        toLogDeviation += pull * deviation * z[i]!;
      }
      mean -= RATE * toMean;
      deviation *= Math.exp(-RATE * toLogDeviation);
    }
    return { mean, deviation };
  }

  it('covers both modes under KL(P‖Q): mean and deviation of the whole target', () => {
    const { mean, deviation } = descend('f-kl', { mean: 0.5, deviation: 1.5 });
    // The minimum of KL(P‖Q) over Gaussians matches the moments: −0.4, and √(0.25 + 4 − 0.16).
    expect(mean).toBeCloseTo(-0.4, 2);
    expect(deviation).toBeCloseTo(Math.sqrt(4.09), 2);
  });

  it.each(['f-reverse-kl', 'maximise-logit'] as const)('settles on one mode under KL(Q‖P): %s', (objective) => {
    for (const side of [-1, 1]) {
      const { mean, deviation } = descend(objective, { mean: 1.2 * side, deviation: 0.8 });
      expect(mean).toBeCloseTo(2 * side, 1);
      expect(deviation).toBeCloseTo(0.5, 1);
    }
  });

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

  /** The same by adversarial training: a small D, samples, two steps of D for one of G. */
  async function trained(objective: ObjectiveName, start: { mean: number; deviation: number }) {
    const generator = gaussianGenerator(start.mean, start.deviation);
    const adam = (learningRate: number) =>
      optimizer({ kind: 'adam', learningRate, beta1: 0.5, beta2: 0.999, epsilon: 1e-8 });
    const state = await play({
      game: {
        generator,
        discriminator,
        prior: { kind: 'normal', shape: [1] },
        objective: OBJECTIVES[objective],
        optimizers: { generator: adam(0.002), discriminator: adam(0.01) },
        updates: { order: 'alternating', discriminatorSteps: 2, weights: { discriminator: 1, generator: 1 } },
        batch: 256,
      },
      params: { ...generator.init(streamOf(1)), ...discriminator.init(streamOf(1)) },
      data(out, stream) {
        const side = new Float32Array(out.length);
        fillStream(out, stream, { kind: 'normal', shape: [] });
        fillStream(side, stream.at('side'), { kind: 'uniform', low: 0, high: 1, shape: [] });
        for (const [i, z] of out.entries()) out[i] = (side[i]! < 0.6 ? -2 : 2) + 0.5 * z;
      },
      steps: 1200,
      stepsPerRun: 100,
    });
    return { mean: numberOf(state, 'generator/mean'), deviation: numberOf(state, 'generator/deviation') };
  }

  it('does the same when D is trained on samples: KL(P‖Q) covers both modes, KL(Q‖P) takes one', async () => {
    const wide = await trained('f-kl', { mean: 0.5, deviation: 1.5 });
    expect(Math.abs(wide.mean + 0.4)).toBeLessThan(0.2);
    expect(Math.abs(wide.deviation - Math.sqrt(4.09))).toBeLessThan(0.2);
    const narrow = await trained('f-reverse-kl', { mean: 1.2, deviation: 0.8 });
    expect(Math.abs(narrow.mean - 2)).toBeLessThan(0.1);
    expect(Math.abs(narrow.deviation - 0.5)).toBeLessThan(0.1);
  });
});
