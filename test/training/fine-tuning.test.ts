import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/datasets/open.js';
import type { HostTensors } from '../../src/engine/tensor.js';
import type { Network } from '../../src/networks/network.js';
import { streamOf } from '../../src/random/noise.js';
import { loadRecipe } from '../../src/recipes/check-recipe.js';
import { loadWeights, transplanted } from '../../src/training/fine-tuning.js';
import { networksOf } from '../../src/training/game.js';
import { stepOfPreview } from '../../src/training/previews.js';
import { trainModel } from '../../src/training/train-model.js';
import { type TrainOptions, train } from '../../src/training/trainer.js';
import { barsRecipe, type Changes, writeBars, writeRecipe } from './bars.js';
import { finished, temporaryFolder } from './helpers.js';

const adam = (learningRate: number) => {
  const one = { kind: 'adam', learningRate, beta1: 0.5, beta2: 0.999, epsilon: 1e-8 } as const;
  return { generator: one, discriminator: one };
};

async function setUp() {
  const folder = await temporaryFolder();
  await writeBars(folder, 192);
  const run = async (name: string, changes: Changes = {}, options: Partial<TrainOptions> = {}) => {
    const runDirectory = join(folder, name);
    const dataset = await openDataset(folder);
    const recipe = barsRecipe(changes);
    const common = { recipe, seed: 4, dataset, runDirectory, model: 'bars', steps: 20, threads: 1 };
    return { training: await train({ ...common, ...options }), runDirectory };
  };
  return { folder, run };
}

function ofNetworks(tensors: HostTensors): HostTensors {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => /^(generator|discriminator)\//.test(name)));
}

describe('an epoch', () => {
  it('is as long as the mirrored data, with --epochs too', async () => {
    const folder = await temporaryFolder();
    await writeBars(folder, 96);
    const epochs = async (name: string, augment: Changes) => {
      const { training } = await finished(
        trainModel({
          data: folder,
          config: await writeRecipe(folder, { data: { range: [0, 1], scale: 1, validation: 0 }, ...augment }),
          out: join(folder, 'models', name),
          run: join(folder, name),
          epochs: 10,
          threads: 1,
        }),
      );
      return training.step;
    };
    // 96 images in batches of 32 are 3 steps.
    expect(await epochs('plain', {})).toBe(30);
    const augment = { mirror: true };
    expect(await epochs('mirrored', { augment })).toBe(60);
  });
});

describe('fine-tuning', () => {
  it('begins with the weights and the average of another run, with fresh optimizers, at step 0, on other data', async () => {
    const { folder, run } = await setUp();
    const base = await run('base');
    const from = await loadWeights(base.runDirectory);
    await writeBars(folder, 160);
    // At a rate of 0 nothing moves, so what a run ends with is what it began with.
    const tuned = await run('tuned', { optimizer: adam(0) }, { from, steps: 10, seed: 9 });
    expect(tuned.training.step).toBe(10);
    expect(tuned.training.dataset.sha256).not.toBe(base.training.dataset.sha256);
    expect(ofNetworks(tuned.training.state)).toEqual(ofNetworks(base.training.state));
    const fresh = await run('fresh', { optimizer: adam(0) }, { steps: 10, seed: 4 });
    expect(ofNetworks(tuned.training.state)).not.toEqual(ofNetworks(fresh.training.state));
    // Ten steps after base's twenty, the moments of Adam are those of ten gradients at the same weights: not base's.
    const slot = 'first/generator/layer2/bias';
    expect(tuned.training.state[slot]).not.toEqual(base.training.state[slot]);
  });

  it('takes the weights of a served checkpoint, whose generator is the average', async () => {
    const { run } = await setUp();
    const { training, runDirectory } = await run('base');
    const from = await loadWeights(join(runDirectory, 'checkpoints', 'bars', '20'));
    const wanted = { ...ofNetworks(training.state), ...training.ema };
    for (const [name, { shape, data }] of Object.entries(wanted)) {
      expect(from.newest[name], name).toEqual({ dtype: 'float32', shape, data });
    }
    expect(from.average).toBe(from.newest);
  });

  it('of a version is drawn at even intervals, what begins anew often while it is young', async () => {
    const { folder, run } = await setUp();
    const settings = { stepsPerRun: 10, reportEverySteps: 80, previewEverySteps: 40, saveEverySteps: 80 };
    const changes = { run: settings, ema: { decay: 0.99, everySteps: 10, rampUp: 0 } };
    const drawn = async (name: string, options: Partial<TrainOptions>) => {
      const { runDirectory } = await run(name, changes, { steps: 80, ...options });
      return (await readdir(join(runDirectory, 'previews'))).map((file) => stepOfPreview(file)).sort((a, b) => a! - b!);
    };
    expect(await drawn('base', {})).toEqual([0, 10, 20, 40, 80]);
    const from = await loadWeights(join(folder, 'base', 'checkpoints', 'bars', '80'));
    expect(await drawn('tuned', { from })).toEqual([0, 40, 80]);
  });

  it('goes on with the average that came along, as slowly as its decay says from the first step', async () => {
    const { run } = await setUp();
    const base = await run('base');
    const from = await loadWeights(base.runDirectory);
    const ema = { decay: 0.99, everySteps: 10, rampUp: 0.05 };
    const { training } = await run('tuned', { optimizer: adam(0.01), ema }, { from, steps: 10 });
    const name = 'generator/layer2/bias';
    const at = (tensors: HostTensors) => tensors[name]!.data as Float32Array;
    const keep = 0.99 ** 10;
    const wanted = at(base.training.ema).map((value, i) => keep * value + (1 - keep) * at(training.state)[i]!);
    expect(Array.from(at(training.ema))).toEqual(Array.from(wanted, (value) => expect.closeTo(value, 5)));
    expect(at(training.state)).not.toEqual(at(base.training.state));
  });

  it('is what `ganymede train --from` does', async () => {
    const { folder, run } = await setUp();
    const { training, runDirectory } = await run('base');
    const tuned = await finished(
      trainModel({
        data: folder,
        config: await writeRecipe(folder, { optimizer: adam(0) }),
        out: join(folder, 'models', 'tuned'),
        run: join(folder, 'tuned'),
        from: runDirectory,
        steps: 10,
        threads: 1,
        device: 'cpu',
      }),
    );
    expect(ofNetworks(tuned.training.state)).toEqual(ofNetworks(training.state));
    expect(tuned.version).toBe(join(folder, 'models', 'tuned', '1'));
  });

  it('by mnist-mlp-finish takes all that mnist-mlp made, as docs/recipes.md says how the shipped mnist is made', async () => {
    const networksBy = async (name: string) => {
      const { generator, discriminator } = networksOf(await loadRecipe(name), { shape: [1, 28, 28] });
      return [generator, discriminator];
    };
    const drawn = (networks: readonly Network[], seed: number): HostTensors =>
      Object.assign({}, ...networks.map((network) => network.init(streamOf(seed))));
    const first = drawn(await networksBy('mnist-mlp'), 1);
    const networks = await networksBy('mnist-mlp-finish');
    const { newest } = transplanted(drawn(networks, 2), networks, { source: 'x', newest: first, average: first });
    expect(newest).toEqual(first);
  });

  it('holds frozen layers of the discriminator bit for bit while the others move', async () => {
    const { run } = await setUp();
    const { runDirectory } = await run('base');
    const from = await loadWeights(join(runDirectory, 'state.safetensors'));
    const discriminator = { ...barsRecipe().discriminator, freeze: 1 };
    const { training } = await run('tuned', { discriminator }, { from });
    for (const part of ['weight', 'bias']) {
      expect(training.state[`discriminator/layer1/${part}`]).toEqual(from.newest[`discriminator/layer1/${part}`]);
      expect(training.state[`discriminator/layer2/${part}`]).not.toEqual(from.newest[`discriminator/layer2/${part}`]);
    }
    expect(Object.keys(training.state)).not.toContain('first/discriminator/layer1/weight');
  });

  it('refuses weights of other networks, naming the tensor and both shapes', async () => {
    const { run } = await setUp();
    const { runDirectory } = await run('base');
    const from = await loadWeights(runDirectory);
    await expect(run('tuned', { latent: { size: 9, prior: { kind: 'normal' } } }, { from })).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
      details: { tensor: 'generator/layer1/weight', expected: [9, 64], received: [8, 64] },
    });
    const { 'discriminator/layer2/bias': _, ...newest } = from.newest;
    await expect(run('other', {}, { from: { ...from, newest } })).rejects.toMatchObject({
      details: { tensor: 'discriminator/layer2/bias', received: null },
    });
    await expect(loadWeights('/nowhere')).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
  });
});
