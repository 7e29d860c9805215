import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/datasets/dataset.js';
import { float32, type HostTensors } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import type { Network } from '../../src/networks/network.js';
import { fillStream, streamOf } from '../../src/random/noise.js';
import { type ObjectiveName } from '../../src/recipes/objective-names.js';
import { Diagnostics } from '../../src/training/diagnostics.js';
import { OBJECTIVES } from '../../src/training/objectives.js';
import { optimizer } from '../../src/training/optimizers.js';
import type { Game } from '../../src/training/step.js';
import { slope } from './helpers.js';
import { gaussianGenerator, plainNetwork } from './play.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const EXAMPLES = [0.5, -1.2, 2.1, 0.4, -0.3, 1.6, -2.2, 0.9];
const COUNT = 4;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const softplus = (v: number) => Math.log1p(Math.exp(-Math.abs(v))) + Math.max(v, 0);

const held: Dataset = {
  name: 'numbers',
  count: EXAMPLES.length,
  shape: [1],
  range: [-3, 3],
  sha256: 'of no file',
  async read(indices, out) {
    Array.from(indices).forEach((index, i) => {
      out[i] = EXAMPLES[index]!;
    });
  },
};

/** D(x) = ax + bx². */
const parabola = (a: number, b: number) =>
  plainNetwork('discriminator', { a, b }, (params, x) =>
    tf.add(tf.mul(params['discriminator/a']!, x), tf.mul(params['discriminator/b']!, tf.square(x))),
  );

function gameOf(objective: ObjectiveName, generator: Network, discriminator: Network): Game {
  const sgd = optimizer({ kind: 'momentum', learningRate: 0.1, momentum: 0 });
  return {
    generator,
    discriminator,
    prior: { kind: 'normal', shape: [1] },
    objective: OBJECTIVES[objective],
    optimizers: { generator: sgd, discriminator: sgd },
    updates: { order: 'simultaneous', discriminatorSteps: 1, weights: { discriminator: 1, generator: 1 } },
    batch: COUNT,
  };
}

async function diagnose(game: Game, report = 0, step = 7) {
  const params: HostTensors = { ...game.generator.init(streamOf(1)), ...game.discriminator.init(streamOf(1)) };
  const diagnostics = await Diagnostics.open({ game, params, held, data: held, examples: COUNT, seed: 3, threads: 1 });
  const slots = { 'velocity/generator/mean': float32([1], Float32Array.of(99)) };
  const diagnosis = await diagnostics.at(step, report, { ...params, ...slots });
  await diagnostics.dispose();
  return diagnosis;
}

/** The samples that report is about. */
function zAt(step: number): number[] {
  const z = new Float32Array(COUNT);
  fillStream(z, streamOf(3, 'diagnostics/z', step), { kind: 'normal', shape: [] });
  return Array.from(z);
}

function pairDistance(values: readonly number[]): number {
  const pairs = values.flatMap((a, i) => values.slice(i + 1).map((b) => Math.abs(a - b)));
  return mean(pairs);
}

describe('a report of a run', () => {
  it('has the figures that the formulas give, worked out one number at a time', async () => {
    const [m, s, a, b] = [0.3, 1.4, 0.8, -0.4];
    const found = await diagnose(gameOf('non-saturating', gaussianGenerator(m, s), parabola(a, b)));

    const real = EXAMPLES.slice(0, COUNT);
    const z = zAt(7);
    const samples = (mu: number, sigma: number) => z.map((value) => mu + sigma * value);
    const v = (x: number, p = a, q = b) => p * x + q * x * x;
    const lossD = (p: number, q: number) =>
      mean(real.map((x) => softplus(-v(x, p, q)))) + mean(samples(m, s).map((x) => softplus(v(x, p, q))));
    const lossG = (mu: number, sigma: number) => mean(samples(mu, sigma).map((x) => softplus(-v(x))));

    expect(found.divergence).toBeCloseTo((2 * Math.LN2 - lossD(a, b)) / 2, 5);
    const right = [...real.map((x) => v(x) > 0), ...samples(m, s).map((x) => v(x) <= 0)];
    expect(found.accuracy).toBeCloseTo(right.filter(Boolean).length / (2 * COUNT), 6);
    expect(found.gradientD).toBeCloseTo(
      Math.hypot(
        slope((x) => lossD(x, b), a),
        slope((x) => lossD(a, x), b),
      ),
      4,
    );
    expect(found.gradientG).toBeCloseTo(
      Math.hypot(
        slope((x) => lossG(x, s), m),
        slope((x) => lossG(m, x), s),
      ),
      4,
    );
    expect(found.weightD).toBeCloseTo(Math.hypot(a, b), 5);
    expect(found.weightG).toBeCloseTo(Math.hypot(m, s), 5);
    const slopes = samples(m, s).map((x) => Math.abs(slope((at) => softplus(-v(at)), x)));
    expect(found.pull).toBeCloseTo(mean(slopes) * pairDistance(real), 4);
    expect(found.diversity).toBeCloseTo(pairDistance(samples(m, s)) / pairDistance(real), 4);
  });

  it('looks at other held-out examples each time, in turn, and at the same ones when it is made again', async () => {
    const game = gameOf('non-saturating', gaussianGenerator(0, 1), parabola(0.8, -0.4));
    const [first, second, third] = [await diagnose(game, 0), await diagnose(game, 1), await diagnose(game, 2)];
    expect(second.divergence).not.toBe(first.divergence);
    expect(third).toEqual(first);
  });

  it('says that D is right half of the time when it cannot tell', async () => {
    const { accuracy } = await diagnose(gameOf('hinge', gaussianGenerator(0, 1), parabola(0, 0)));
    expect(accuracy).toBe(0.5);
  });

  it('judges a critic without a threshold half-way between its two means', async () => {
    // All V are far above 0, those of the data more so.
    const shifted = plainNetwork('discriminator', { a: 5 }, (params, x) =>
      tf.add(tf.mul(params['discriminator/a']!, x), 100),
    );
    const { accuracy } = await diagnose(gameOf('wgan-gp', gaussianGenerator(-30, 1), shifted));
    expect(accuracy).toBe(1);
  });

  it('has no divergence where the objective bounds none', async () => {
    const { divergence } = await diagnose(gameOf('relativistic-average', gaussianGenerator(0, 1), parabola(1, 0)));
    expect(divergence).toBeNull();
  });

  it('sees a generator that makes one sample of every z', async () => {
    const { diversity } = await diagnose(gameOf('non-saturating', gaussianGenerator(0.7, 0), parabola(1, 0)));
    expect(diversity).toBeLessThan(1e-3);
  });

  it('sees the gradient vanish with minimax where D is sure, and not with the non-saturating loss', async () => {
    // Samples near −20, which D gives logits near −20.
    const pull = async (objective: ObjectiveName) =>
      (await diagnose(gameOf(objective, gaussianGenerator(-20, 1), parabola(1, 0)))).pull;
    expect(await pull('minimax')).toBeLessThan(1e-5);
    expect(await pull('non-saturating')).toBeGreaterThan(0.5);
  });
});
