// Training steps over networks that carry more than parameters: running statistics, power iterations, an augmentation
// that adapts.
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileStep, eagerStep } from '../../src/engine/step.js';
import { allocate, sizeOf, type TensorData } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { fillStream, streamOf } from '../../src/random/noise.js';
import type { Recipe } from '../../src/recipes/recipe.js';
import { recipeSchema } from '../../src/recipes/recipe.js';
import { gameOf, networksOf } from '../../src/training/game.js';
import { trainingStep } from '../../src/training/step.js';
import { barsRecipe } from './bars.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const DATA = { shape: [1, 8, 8], classes: ['a', 'b', 'c'] };
const BATCH = 4;

const generator = { network: { kind: 'dcgan-generator', width: 2, spectral: true } };
const discriminator = {
  network: { kind: 'dcgan-discriminator', width: 2, norm: 'batch', spectral: true, minibatchDeviation: true },
};
const VARIANTS: Record<string, object> = {
  'simultaneous updates, concatenation and projection': {
    updates: { order: 'simultaneous', discriminatorSteps: 1, weights: { discriminator: 1, generator: 1 } },
    conditional: { generator: { kind: 'concat', size: 2 }, discriminator: { kind: 'projection', spectral: true } },
    augment: { differentiable: ['color', 'translation', 'cutout'], probability: { kind: 'adaptive', kimg: 0.01 } },
  },
  'alternating updates, norms of the class and a plane of it, R1': {
    updates: { order: 'alternating', discriminatorSteps: 2, weights: { discriminator: 1, generator: 1 } },
    conditional: { generator: { kind: 'norm' }, discriminator: { kind: 'concat' } },
    penalties: [{ kind: 'r1', weight: 0.1, examples: 2 }],
  },
  'layers of styles, some of them mixed': {
    generator: { network: { kind: 'style-generator', width: 2, style: 3 } },
    conditional: { generator: { kind: 'concat', size: 2 }, discriminator: { kind: 'projection' } },
  },
};

function planOf(changes: object) {
  const recipe: Recipe = recipeSchema.parse({
    ...barsRecipe(),
    latent: { size: 3, prior: { kind: 'normal' } },
    generator,
    discriminator,
    batch: BATCH,
    ...changes,
  });
  const networks = networksOf(recipe, DATA);
  const game = gameOf(recipe, networks, DATA);
  const plan = trainingStep(game);
  const params = { ...networks.generator.init(streamOf(3)), ...networks.discriminator.init(streamOf(3)) };
  const feeds = (first: number, count: number) =>
    Object.fromEntries(
      Object.entries(plan.inputs).map(([name, source]): [string, TensorData] => {
        const size = sizeOf(source.spec.shape);
        const data = allocate(source.spec.dtype, count * size) as Float32Array<ArrayBuffer>;
        for (let k = 0; k < count; k++) {
          const part = data.subarray(k * size, (k + 1) * size);
          if (source.from === 'hyper') part[0] = game.optimizers[source.player].hyperAt(first + k, 1)[source.name]!;
          else if (source.from === 'schedule') part[0] = source.at(first + k);
          else if (source.from === 'label') for (let n = 0; n < BATCH; n++) part[n * 3 + ((n + first + k) % 3)] = 1;
          else {
            const noise = source.from === 'noise' ? source.noise : ({ kind: 'normal', shape: [] } as const);
            fillStream(part, streamOf(11, name, first + k), noise);
          }
        }
        return [name, data];
      }),
    );
  return { networks, plan, params, feeds };
}

describe.each(Object.entries(VARIANTS))('with %s', (_, changes) => {
  it('compiled steps equal TensorFlow.js op by op, which keeps no tensor between steps', async () => {
    const { plan, params, feeds } = planOf(changes);
    const options = { state: plan.state(params), inputs: plan.specs, stepsPerRun: 2 };
    const compiled = await compileStep(plan.step, options);
    const eager = await eagerStep(plan.step, options);
    const kept: number[] = [];
    for (let run = 0; run < 3; run++) {
      const inputs = feeds(2 * run, 2);
      const [a, b] = [await compiled.run(inputs), await eager.run(inputs)];
      kept.push(tf.memory().numTensors);
      for (const name of Object.keys(b)) {
        b[name]!.data.forEach((value, k) => {
          expect(Number(a[name]!.data[k]), name).toBeCloseTo(Number(value), 3);
        });
      }
    }
    expect(new Set(kept).size).toBe(1);
    const [a, b] = [compiled.state(), eager.state()];
    for (const name of Object.keys(b)) {
      Array.from(b[name]!.data as Float32Array).forEach((value, i) => {
        expect(Number(a[name]!.data[i]), `${name}[${i}]`).toBeCloseTo(value, 2);
      });
    }
    await compiled.dispose();
    await eager.dispose();
  });

  it('what follows has no optimizer slots, yet moves with every step', async () => {
    const { networks, plan, params, feeds } = planOf(changes);
    const state = plan.state(params);
    const step = await compileStep(plan.step, { state, inputs: plan.specs });
    await step.run(feeds(0, 1));
    const after = step.state();
    const fateOf = (name: string) =>
      (name.startsWith('generator/') ? networks.generator : networks.discriminator).fate(name);
    const following = Object.keys(params).filter((name) => fateOf(name) === 'following');
    expect(following.some((name) => /\/(mean|deviation)$/.test(name))).toBe(true);
    expect(following.some((name) => name.endsWith('/left'))).toBe(true);
    for (const name of following) {
      expect(Object.keys(state)).not.toContain(`first/${name}`);
      // One number of either sign is its own direction; a D that knows nothing yet keeps the probability at its least.
      if (params[name]!.data.length === 1 && /\/(left|right|probability)$/.test(name)) continue;
      expect(after[name]!.data, name).not.toEqual(params[name]!.data);
    }
    const trained = Object.keys(params).filter((name) => fateOf(name) === 'trained');
    expect(Object.keys(state).filter((name) => name.startsWith('first/')).length).toBe(trained.length);
    await step.dispose();
  });
});
