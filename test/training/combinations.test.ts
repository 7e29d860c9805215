import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/datasets/dataset.js';
import { compileStep } from '../../src/engine/step.js';
import { allocate, type HostTensors, sizeOf, type TensorData } from '../../src/engine/tensor.js';
import { fillStream, streamOf } from '../../src/random/noise.js';
import { type Recipe, recipeSchema } from '../../src/recipes/recipe.js';
import { Diagnostics } from '../../src/training/diagnostics.js';
import { gameOf, networksOf } from '../../src/training/game.js';
import { trainingStep } from '../../src/training/step.js';
import { barsRecipe } from './bars.js';

const COUNT = 32;
const BATCH = 4;

/** 8×8 images of noise in two classes. */
const data: Dataset = {
  name: 'noise',
  count: COUNT,
  shape: [1, 8, 8],
  range: [-1, 1],
  labels: Int32Array.from({ length: COUNT }, (_, i) => i % 2),
  classes: ['even', 'odd'],
  sha256: 'of no file',
  async read(indices, out) {
    fillStream(out, streamOf(8, 'images', indices[0]!), { kind: 'uniform', low: -1, high: 1, shape: [] });
  },
};

const adam = { kind: 'adam', learningRate: 0.001 } as const;
const momentum = { kind: 'momentum', learningRate: 0.01, momentum: 0.5 } as const;

/** Every penalty that goes with a network whose examples do not look at each other, on half of the batch. */
const penalties = [
  { kind: 'r1', weight: 0.1, examples: 2 },
  { kind: 'r2', weight: 0.1, everySteps: 2 },
  { kind: 'gradient-penalty', weight: 1 },
] as const;

const PAIRS: Record<string, object> = {
  'a conditional convolutional pair with projection, spectral norm and batch norm, hinge': {
    generator: { network: { kind: 'dcgan-generator', width: 4, most: 8 } },
    discriminator: { network: { kind: 'dcgan-discriminator', width: 4, most: 8, spectral: true } },
    conditional: { generator: { kind: 'concat', size: 3 }, discriminator: { kind: 'projection' } },
    objective: 'hinge',
    penalties,
    optimizer: { generator: adam, discriminator: momentum },
  },
  'a residual pair, WGAN-GP': {
    generator: { network: { kind: 'resnet-generator', width: 4 } },
    discriminator: { network: { kind: 'resnet-discriminator', width: 4, deepBlocks: 1 } },
    objective: 'wgan-gp',
    optimizer: { generator: adam, discriminator: adam },
  },
  'a conditional MLP with augmentation, reverse KL': {
    conditional: { generator: { kind: 'concat', size: 3 }, discriminator: { kind: 'concat' } },
    augment: { differentiable: ['translation'] },
    objective: 'f-reverse-kl',
    penalties,
    optimizer: { generator: momentum, discriminator: adam },
  },
  'a discriminator that compares its batch, relativistic': {
    generator: { network: { kind: 'dcgan-generator', width: 4, most: 8 } },
    discriminator: { network: { kind: 'dcgan-discriminator', width: 4, most: 8, minibatchDeviation: true } },
    objective: 'relativistic-average',
    penalties: [{ kind: 'weight-clipping', limit: 0.5 }],
    optimizer: { generator: adam, discriminator: adam },
  },
};

describe('any objective, penalty, optimizer and number of D-steps', () => {
  it.each(Object.entries(PAIRS))(
    'goes with %s, and can be diagnosed',
    async (_, changes) => {
      const recipe: Recipe = recipeSchema.parse({
        ...barsRecipe(),
        data: { range: [-1, 1], validation: 0 },
        generator: barsRecipe().generator,
        batch: BATCH,
        updates: { order: 'alternating', discriminatorSteps: 2, weights: { discriminator: 1, generator: 1 } },
        ...changes,
      });
      const networks = networksOf(recipe, data);
      const game = gameOf(recipe, networks, data);
      const plan = trainingStep(game);
      const params: HostTensors = {
        ...networks.generator.init(streamOf(1)),
        ...networks.discriminator.init(streamOf(1)),
      };
      const compiled = await compileStep(plan.step, { state: plan.state(params), inputs: plan.specs, stepsPerRun: 2 });
      const feeds: Record<string, TensorData> = {};
      for (const [name, source] of Object.entries(plan.inputs)) {
        const size = sizeOf(source.spec.shape);
        const all = allocate(source.spec.dtype, 2 * size);
        for (let k = 0; k < 2; k++) {
          const out = all.subarray(k * size, (k + 1) * size) as Float32Array;
          if (source.from === 'noise') fillStream(out, streamOf(2, name, k), source.noise);
          else if (source.from === 'data') await data.read([k], out);
          else if (source.from === 'label') for (let row = 0; row < BATCH; row++) out[2 * row + (row % 2)] = 1;
          else if (source.from === 'schedule') out[0] = source.at(k);
          else if (source.from === 'hyper') out[0] = game.optimizers[source.player].hyperAt(k, 10)[source.name]!;
        }
        feeds[name] = all;
      }
      const outputs = await compiled.run(feeds);
      const state = compiled.state();
      await compiled.dispose();
      for (const [name, { data: values }] of [...Object.entries(outputs), ...Object.entries(state)]) {
        expect((values as Float32Array).every(Number.isFinite), name).toBe(true);
      }
      const slope = (game.penalties ?? game.objective.penalties).some(({ kind }) => kind !== 'weight-clipping');
      expect(Number(outputs['penalty']!.data[0]) > 0).toBe(slope);
      for (const name of Object.keys(params).filter((each) => each.endsWith('weight'))) {
        expect(state[name]!.data, name).not.toEqual(params[name]!.data);
      }

      const diagnostics = await Diagnostics.open({ game, params, held: data, data, examples: 8, seed: 1, threads: 1 });
      const { divergence, ...figures } = await diagnostics.at(2, 0, state);
      await diagnostics.dispose();
      for (const [name, value] of Object.entries(figures)) expect(Number.isFinite(value), name).toBe(true);
      expect(figures.gradientD).toBeGreaterThan(0);
      expect(figures.gradientG).toBeGreaterThan(0);
      expect(divergence === null).toBe(recipe.objective === 'relativistic-average');
    },
    60_000,
  );
});
