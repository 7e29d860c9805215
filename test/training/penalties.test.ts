import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileStep, eagerStep } from '../../src/engine/step.js';
import { allocate, type HostTensors, sizeOf, type TensorData } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { mlp } from '../../src/networks/mlp.js';
import { fillStream, streamOf } from '../../src/random/noise.js';
import { parseRecipe } from '../../src/recipes/check-recipe.js';
import { mlpConfig } from '../../src/recipes/network-configs.js';
import { OBJECTIVE_NAMES } from '../../src/recipes/objective-names.js';
import { type PenaltyConfig, penaltyConfig } from '../../src/recipes/update-configs.js';
import { OBJECTIVES } from '../../src/training/objectives.js';
import { optimizer } from '../../src/training/optimizers.js';
import { type Game, trainingStep } from '../../src/training/step.js';
import { barsRecipe } from './bars.js';
import { gaussianGenerator, numberOf, plainNetwork } from './play.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const RATE = 0.125;
const [A, B] = [0.7, -0.3];
const REAL = [0.5, -1.2, 2.1, 0.4];
const Z = [1.1, -0.6, 0.2, -2.0];
const FAKE = Z.map((z) => 0.25 + 1.5 * z);
const MIX = [0.1, 0.9, 0.35, 0.6];
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** D(x) = ax + bx², so that ∇V = a + 2bx, and the penalties and their gradients can be written down. */
const parabola = plainNetwork('discriminator', { a: A, b: B }, (params, x) =>
  tf.add(tf.mul(params['discriminator/a']!, x), tf.mul(params['discriminator/b']!, tf.square(x))),
);

function gameWith(penalties: readonly PenaltyConfig[], overrides: Partial<Game> = {}): Game {
  const sgd = optimizer({ kind: 'momentum', learningRate: RATE, momentum: 0 });
  return {
    generator: gaussianGenerator(0.25, 1.5),
    discriminator: parabola,
    prior: { kind: 'normal', shape: [1] },
    objective: OBJECTIVES.wgan,
    penalties,
    optimizers: { generator: sgd, discriminator: sgd },
    updates: { order: 'simultaneous', discriminatorSteps: 1, weights: { discriminator: 0.5, generator: 1 } },
    batch: REAL.length,
    ...overrides,
  };
}

/** D after one step on the numbers above, and what the step put out. */
async function once(penalties: readonly PenaltyConfig[], step = 0) {
  const game = gameWith(penalties);
  const plan = trainingStep(game);
  const params = { ...game.generator.init(streamOf(1)), ...game.discriminator.init(streamOf(1)) };
  const compiled = await compileStep(plan.step, { state: plan.state(params), inputs: plan.specs });
  const feeds: Record<string, TensorData> = {};
  for (const [name, source] of Object.entries(plan.inputs)) {
    if (source.from === 'hyper')
      feeds[name] = Float32Array.of(game.optimizers[source.player].hyperAt(0, 1)[source.name]!);
    else if (source.from === 'schedule') feeds[name] = Float32Array.of(source.at(step));
    else feeds[name] = Float32Array.from({ 'd1/real': REAL, 'd1/z': Z, 'd1/mix': MIX }[name]!);
  }
  const outputs = await compiled.run(feeds);
  const state = compiled.state();
  await compiled.dispose();
  return { a: numberOf(state, 'discriminator/a'), b: numberOf(state, 'discriminator/b'), outputs };
}

/** Where a plain step without penalties leads: half of WGAN's loss, as updates.weights says. */
const plain = {
  a: A - RATE * 0.5 * (mean(FAKE) - mean(REAL)),
  b: B - RATE * 0.5 * (mean(FAKE.map((x) => x * x)) - mean(REAL.map((x) => x * x))),
};
const slopeAt = (x: number) => A + 2 * B * x;

describe('a penalty', () => {
  it.each([
    ['r1', REAL],
    ['r2', FAKE],
  ] as const)(
    '%s is weight/2 times the mean squared slope, unscaled by the weight of the loss',
    async (kind, points) => {
      const { a, b, outputs } = await once([{ kind, weight: 3 }]);
      expect(numberOf(outputs, 'penalty')).toBeCloseTo(1.5 * mean(points.map((x) => slopeAt(x) ** 2)), 5);
      expect(numberOf(outputs, 'lossD')).toBeCloseTo(
        mean(FAKE.map((x) => A * x + B * x * x)) - mean(REAL.map((x) => A * x + B * x * x)),
        5,
      );
      expect(a).toBeCloseTo(plain.a - RATE * 3 * mean(points.map(slopeAt)), 5);
      expect(b).toBeCloseTo(plain.b - RATE * 3 * mean(points.map((x) => slopeAt(x) * 2 * x)), 5);
    },
  );

  it('on interpolates pulls the slope to 1, at one ε for each example', async () => {
    const { a, b, outputs } = await once([{ kind: 'gradient-penalty', weight: 10 }]);
    const points = MIX.map((mix, i) => mix * REAL[i]! + (1 - mix) * FAKE[i]!);
    const excess = (x: number) => Math.abs(slopeAt(x)) - 1;
    expect(numberOf(outputs, 'penalty')).toBeCloseTo(10 * mean(points.map((x) => excess(x) ** 2)), 4);
    const pull = (x: number) => 20 * excess(x) * Math.sign(slopeAt(x));
    expect(a).toBeCloseTo(plain.a - RATE * mean(points.map(pull)), 4);
    expect(b).toBeCloseTo(plain.b - RATE * mean(points.map((x) => pull(x) * 2 * x)), 4);
  });

  it('is added to others', async () => {
    const { outputs } = await once([
      { kind: 'r1', weight: 3 },
      { kind: 'r2', weight: 1 },
    ]);
    const expected = 1.5 * mean(REAL.map((x) => slopeAt(x) ** 2)) + 0.5 * mean(FAKE.map((x) => slopeAt(x) ** 2));
    expect(numberOf(outputs, 'penalty')).toBeCloseTo(expected, 5);
  });

  it('that is lazy counts n times as much at each n-th step and nothing between', async () => {
    const lazy = { kind: 'r1', weight: 3, everySteps: 4 } as const;
    const full = 1.5 * mean(REAL.map((x) => slopeAt(x) ** 2));
    for (const step of [0, 4, 8]) {
      expect(numberOf((await once([lazy], step)).outputs, 'penalty')).toBeCloseTo(4 * full, 4);
    }
    for (const step of [1, 2, 3, 7]) {
      const { a, outputs } = await once([lazy], step);
      expect(numberOf(outputs, 'penalty')).toBe(0);
      expect(a).toBeCloseTo(plain.a, 6);
    }
  });

  it('on some examples is the same mean over those alone', async () => {
    const { outputs } = await once([{ kind: 'r1', weight: 3, examples: 2 }]);
    expect(numberOf(outputs, 'penalty')).toBeCloseTo(1.5 * mean(REAL.slice(0, 2).map((x) => slopeAt(x) ** 2)), 5);
  });

  it('is not asked for more examples than a batch has', () => {
    const text = JSON.stringify({ ...barsRecipe(), penalties: [{ kind: 'r1', weight: 1, examples: 33 }] });
    expect(() => parseRecipe(text, 'bars')).toThrow(
      'Expected penalties.0.examples in the recipe bars to be at most the batch (32) but received 33.',
    );
  });

  it('comes with the objectives whose papers prescribe one, unless the recipe lists its own', () => {
    expect(OBJECTIVES.wgan.penalties).toEqual([{ kind: 'weight-clipping', limit: 0.01 }]);
    expect(OBJECTIVES['wgan-gp'].penalties).toEqual([{ kind: 'gradient-penalty', weight: 10 }]);
    const { penalties: _, ...own } = gameWith([], { objective: OBJECTIVES['wgan-gp'] });
    expect(Object.keys(trainingStep(own).inputs)).toContain('d1/mix');
    expect(Object.keys(trainingStep({ ...own, penalties: [] }).inputs)).not.toContain('d1/mix');
  });
});

describe('weight clipping', () => {
  it('leaves every weight of D within the limit after the update, and G alone', async () => {
    const { a, b } = await once([{ kind: 'weight-clipping', limit: 0.3 }]);
    expect(plain.a).toBeGreaterThan(0.3);
    expect(a).toBeCloseTo(0.3, 6);
    expect(Math.abs(plain.b)).toBeGreaterThan(0.3);
    expect(b).toBeCloseTo(-0.3, 6);
  });
});

describe('any objective', () => {
  const dense = (layers: unknown[]) => mlpConfig.parse({ kind: 'mlp', layers });
  const generator = mlp(
    dense([
      { units: 5, activation: 'tanh' },
      { units: 4, activation: 'sigmoid' },
    ]),
    {
      name: 'generator',
      input: [3],
      output: [1, 2, 2],
    },
  );
  const discriminator = mlp(
    dense([
      { units: 3, activation: 'maxout', pieces: 2, keep: 0.8 },
      { units: 3, activation: 'leakyRelu' },
      { units: 1, activation: 'linear' },
    ]),
    { name: 'discriminator', input: [1, 2, 2], output: [1] },
  );
  const everything = [
    { kind: 'r1', weight: 0.5 },
    { kind: 'r2', weight: 0.5, everySteps: 2 },
    { kind: 'gradient-penalty', weight: 2, examples: 3 },
    { kind: 'weight-clipping', limit: 0.9 },
  ].map((penalty) => penaltyConfig.parse(penalty));

  function feedsOf(game: Game, first: number, count: number): Record<string, TensorData> {
    return Object.fromEntries(
      Object.entries(trainingStep(game).inputs).map(([name, source]) => {
        const size = sizeOf(source.spec.shape);
        const all = allocate(source.spec.dtype, count * size);
        for (let k = 0; k < count; k++) {
          const step = first + k;
          if (source.from === 'schedule') all[k] = source.at(step);
          else if (source.from === 'hyper') all[k] = game.optimizers[source.player].hyperAt(step, 1)[source.name]!;
          else {
            const noise =
              source.from === 'noise' ? source.noise : { kind: 'uniform' as const, low: 0, high: 1, shape: [] };
            fillStream(all.subarray(k * size, (k + 1) * size) as Float32Array, streamOf(5, name, step), noise);
          }
        }
        return [name, all];
      }),
    );
  }

  it.each(OBJECTIVE_NAMES)(
    'trains with every penalty, 2 D-steps, dropout and two optimizers, in a loop as op by op: %s',
    async (name) => {
      const game: Game = {
        generator,
        discriminator,
        prior: { kind: 'normal', shape: [3] },
        objective: OBJECTIVES[name],
        penalties: everything,
        optimizers: {
          generator: optimizer({ kind: 'adam', learningRate: 0.01, beta1: 0.5, beta2: 0.9, epsilon: 1e-3 }),
          discriminator: optimizer({ kind: 'momentum', learningRate: 0.02, momentum: 0.5 }),
        },
        updates: { order: 'alternating', discriminatorSteps: 2, weights: { discriminator: 1, generator: 1 } },
        batch: 6,
      };
      const plan = trainingStep(game);
      const params: HostTensors = { ...generator.init(streamOf(3)), ...discriminator.init(streamOf(3)) };
      const options = { state: plan.state(params), inputs: plan.specs, stepsPerRun: 3 };
      const compiled = await compileStep(plan.step, options);
      const eager = await eagerStep(plan.step, options);
      const feeds = feedsOf(game, 0, 3);
      const [a, b] = [await compiled.run(feeds), await eager.run(feeds)];
      for (const [key, { data }] of Object.entries(b)) {
        data.forEach((value, k) => {
          expect(Number(a[key]!.data[k]), key).toBeCloseTo(Number(value), 4);
        });
      }
      const [after, reference] = [compiled.state(), eager.state()];
      for (const key of Object.keys(params)) {
        reference[key]!.data.forEach((value, i) => {
          expect(Number(after[key]!.data[i]), `${key}[${i}]`).toBeCloseTo(Number(value), 4);
        });
        // A bias of D's last layer cancels in differences of V.
        if (key.endsWith('/weight')) expect(after[key]!.data).not.toEqual(params[key]!.data);
      }
      await compiled.dispose();
      await eager.dispose();
    },
    20_000,
  );
});
