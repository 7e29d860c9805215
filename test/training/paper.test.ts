// The recipes of the 2014 paper: the published figures in the networks that they make, and that a step of each learns.
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileStep, eagerStep } from '../../src/engine/step.js';
import { allocate, type HostTensors, sizeOf, type TensorData } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { fillStream, streamOf } from '../../src/random/noise.js';
import { loadRecipe } from '../../src/recipes/check-recipe.js';
import { checkFit } from '../../src/recipes/data-fit.js';
import type { Overrides } from '../../src/recipes/overrides.js';
import type { Recipe } from '../../src/recipes/recipe.js';
import { valueAt } from '../../src/recipes/schedules.js';
import { gameOf, networksOf } from '../../src/training/game.js';
import { trainingStep } from '../../src/training/step.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const COLOUR = { shape: [3, 32, 32] };
const FACE = { shape: [1, 48, 48] };

const sizesOf = (params: HostTensors) =>
  Object.fromEntries(Object.entries(params).map(([name, { shape }]) => [name.replace(/^\w+\//, ''), [...shape]]));
const countOf = (params: HostTensors) => Object.values(params).reduce((sum, { shape }) => sum + sizeOf(shape), 0);

/** Hidden layers of the generators are 8,000 units wide, which takes long to draw: here the middle one is 100. */
const NARROW: Overrides = { 'generator.network.layers.0.units': 100 };

describe('the fully connected pair of CIFAR-10', () => {
  it('has the published sizes', async () => {
    const { generator, discriminator } = networksOf(await loadRecipe('cifar10-mlp', NARROW), COLOUR);
    // 100·100 + 100, 100·8,000 + 8,000, 8,000·3,072 + 3,072
    expect(countOf(generator.init(streamOf(1)))).toBe(10_100 + 808_000 + 24_579_072);
    expect(sizesOf(discriminator.init(streamOf(1)))).toEqual({
      'layer1/weight': [3072, 8000],
      'layer1/bias': [8000],
      'layer2/weight': [1600, 8000],
      'layer2/bias': [8000],
      'layer3/weight': [1600, 1],
      'layer3/bias': [1],
    });
  });
});

describe('the convolutional pair of CIFAR-10', () => {
  it('has the published sizes', async () => {
    const { generator, discriminator } = networksOf(await loadRecipe('cifar10-deconv', NARROW), COLOUR);
    // 80 maps of 10 × 10 become 3 · 9 + 5 = 32 pixels a side, each with a bias.
    expect(sizesOf(generator.init(streamOf(1)))).toMatchObject({
      'layer2/weight': [100, 8000],
      'image/filter': [5, 5, 3, 80],
      'image/bias': [3, 32, 32],
    });
    // Sides: 32 → 33 → 16, 15 → 7, 9 → 5, so that the dense layer sees 192 · 5 · 5.
    const params = discriminator.init(streamOf(1));
    expect(sizesOf(params)).toEqual({
      'conv1/filter': [8, 8, 3, 64],
      'conv1/bias': [64],
      'conv2/filter': [8, 8, 32, 64],
      'conv2/bias': [64],
      'conv3/filter': [5, 5, 32, 384],
      'conv3/bias': [384],
      'layer1/weight': [4800, 2500],
      'layer1/bias': [2500],
      'layer2/weight': [500, 1],
      'layer2/bias': [1],
    });
    expect(countOf(params)).toBe(12_288 + 64 + 131_072 + 64 + 307_200 + 384 + 12_000_000 + 2500 + 500 + 1);
    const { noise } = discriminator;
    expect(Object.entries(noise).map(([name, { shape }]) => [name.split('/')[1], shape])).toEqual([
      ['conv1', [3, 32, 32]],
      ['conv2', [32, 16, 16]],
      ['conv3', [32, 7, 7]],
      ['layer1', [4800]],
      ['layer2', [500]],
    ]);
  });
});

describe('the face net', () => {
  it('has the published sizes, starts and bounds', async () => {
    const recipe = await loadRecipe('faces-mlp', NARROW);
    const { generator, discriminator } = networksOf(recipe, FACE);
    const params = generator.init(streamOf(1));
    expect(sizesOf(params)).toMatchObject({ 'layer2/weight': [100, 8000], 'layer3/weight': [8000, 2304] });
    expect(new Set(params['generator/layer2/bias']!.data as Float32Array)).toEqual(new Set([-2]));
    const last = params['generator/layer3/weight']!.data as Float32Array;
    expect(last.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0)).toBe(100 * 2304);
    expect(sizesOf(discriminator.init(streamOf(1)))).toMatchObject({
      'layer1/weight': [2304, 6000],
      'layer2/weight': [1200, 6000],
    });
  });

  it('is trained for 50 epochs of 980 batches, in which momentum goes as far as it did', async () => {
    const { epochs, optimizer } = await loadRecipe('faces-mlp');
    const perEpoch = 3;
    expect(Math.abs(epochs * perEpoch - 50 * 980)).toBeLessThan(perEpoch);
    const { generator } = optimizer;
    if (generator.kind !== 'momentum') throw new Error('Expected momentum.');
    // pylearn2: 0.5 + 0.2 · (epoch − 1)/249, at the beginning of the 50th epoch.
    expect(valueAt(generator.momentum, 49 * 980, perEpoch)).toBeCloseTo(0.5 + (0.2 * 49) / 249, 4);
  });
});

/**
 * Weights of ±0.005 in layers so narrow would leave G a gradient too small for float32, so D starts with larger ones.
 */
const SMALL: Record<string, { data: { shape: number[] }; overrides: Overrides }> = {
  'cifar10-mlp': { data: COLOUR, overrides: small(10, 6, 6) },
  'faces-mlp': { data: FACE, overrides: { ...small(10, 12, 6), 'generator.network.layers.2.sparse': 5 } },
  'cifar10-deconv': {
    data: COLOUR,
    overrides: {
      'generator.network.layers.0.units': 6,
      'generator.network.layers.1.units': 200,
      'discriminator.network.convolutions.0.channels': 2,
      'discriminator.network.convolutions.1.channels': 2,
      'discriminator.network.convolutions.2.channels': 3,
      'discriminator.network.layers.0.units': 4,
      ...Object.fromEntries([0, 1, 2].map((i) => [`discriminator.network.convolutions.${i}.irange`, 0.3])),
      ...Object.fromEntries([0, 1].map((i) => [`discriminator.network.layers.${i}.irange`, 0.3])),
    },
  },
};

function small(first: number, second: number, judge: number): Overrides {
  return {
    'generator.network.layers.0.units': first,
    'generator.network.layers.1.units': second,
    'discriminator.network.layers.0.units': judge,
    'discriminator.network.layers.1.units': judge,
    ...Object.fromEntries([0, 1, 2].map((i) => [`discriminator.network.layers.${i}.irange`, 0.3])),
  };
}

const BATCH = 3;

function planOf(recipe: Recipe, data: { shape: number[] }) {
  const networks = networksOf(recipe, data);
  const game = gameOf(recipe, networks, data);
  const plan = trainingStep(game);
  const params = { ...networks.generator.init(streamOf(3)), ...networks.discriminator.init(streamOf(3)) };
  const feeds = Object.fromEntries(
    Object.entries(plan.inputs).map(([name, source]): [string, TensorData] => {
      const part = allocate(source.spec.dtype, sizeOf(source.spec.shape)) as Float32Array<ArrayBuffer>;
      if (source.from === 'hyper') part[0] = game.optimizers[source.player].hyperAt(0, 1)[source.name]!;
      else {
        const noise =
          source.from === 'noise' ? source.noise : ({ kind: 'uniform', low: 0, high: 1, shape: [] } as const);
        fillStream(part, streamOf(11, name), noise);
      }
      return [name, part];
    }),
  );
  return { plan, params, feeds };
}

describe.each(Object.entries(SMALL))('a step of %s, made narrow,', (name, { data, overrides }) => {
  it('is the same compiled as op by op, is finite, moves every tensor, and keeps norms within their bounds', async () => {
    const recipe = await loadRecipe(name, { ...overrides, batch: BATCH, 'data.validation': 2 });
    checkFit(recipe, { name: 'data', count: 100, ...data });
    const { plan, params, feeds } = planOf(recipe, data);
    const options = { state: plan.state(params), inputs: plan.specs };
    const [compiled, eager] = [await compileStep(plan.step, options), await eagerStep(plan.step, options)];
    await Promise.all([compiled.run(feeds), eager.run(feeds)]);
    const [a, b] = [compiled.state(), eager.state()];
    for (const tensor of Object.keys(params)) {
      const [received, wanted] = [a[tensor]!.data as Float32Array, b[tensor]!.data as Float32Array];
      let [most, moved] = [0, 0];
      received.forEach((value, i) => {
        most = Math.max(most, Math.abs(value - wanted[i]!));
        moved = Math.max(moved, Math.abs(value - Number(params[tensor]!.data[i])));
      });
      expect(most, tensor).toBeLessThan(1e-5);
      expect(moved, tensor).toBeGreaterThan(0);
      expect(received.every(Number.isFinite), tensor).toBe(true);
      if (name === 'faces-mlp' && tensor.endsWith('/weight')) {
        expect(largestNorm(received, params[tensor]!.shape[1]!), tensor).toBeLessThan(1.93651);
      }
    }
    await compiled.dispose();
    await eager.dispose();
  });
});

/** Of the columns of a matrix. */
function largestNorm(weight: Float32Array, columns: number): number {
  const squares = new Float64Array(columns);
  weight.forEach((value, i) => {
    squares[i % columns]! += value ** 2;
  });
  return Math.sqrt(Math.max(...squares));
}
