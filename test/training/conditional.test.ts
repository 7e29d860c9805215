// Conditional training end to end: labels from a dataset, both networks told of them, and the served graphs that take
// them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/datasets/dataset.js';
import { Session } from '../../src/engine/session.js';
import { float32 } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { decodeImage } from '../../src/images/image.js';
import { oneHot } from '../../src/models/labels.js';
import { latent } from '../../src/models/latent.js';
import { readManifest } from '../../src/models/manifest.js';
import type { Network } from '../../src/networks/network.js';
import type { Recipe } from '../../src/recipes/recipe.js';
import { Previews } from '../../src/training/previews.js';
import { train } from '../../src/training/trainer.js';
import { barsRecipe, type Changes } from './bars.js';
import { lcg, temporaryFolder } from './helpers.js';

const PLACES = [
  [-0.6, -0.6],
  [0.6, -0.6],
  [-0.6, 0.6],
  [0.6, 0.6],
] as const;
const NAMES = ['south-west', 'south-east', 'north-west', 'north-east'];

/** Points within 0.1 of the place of their class, as many of each. */
function places(count: number): Dataset {
  const random = lcg(2);
  const points = Array.from({ length: count }, (_, i) =>
    PLACES[i % 4]!.map((middle) => middle + 0.2 * (random() - 0.5)),
  );
  return {
    name: 'places',
    count,
    shape: [2],
    range: [-1, 1],
    labels: Int32Array.from({ length: count }, (_, i) => i % 4),
    classes: NAMES,
    sha256: 'made by this test',
    read: async (indices, out) => {
      Array.from(indices).forEach((index, row) => {
        out.set(points[index]!, 2 * row);
      });
    },
  };
}

const layers = (last: number) => [
  { units: 32, activation: 'relu', keep: 1 },
  { units: 32, activation: 'relu', keep: 1 },
  { units: last, activation: 'linear', keep: 1 },
];

function recipe(changes: Changes): Recipe {
  return barsRecipe({
    data: { range: [-1, 1], scale: 1, validation: 0 },
    latent: { size: 2, prior: { kind: 'normal' } },
    generator: { network: { kind: 'mlp', layers: layers(2) }, outputBias: 'zero' } as Recipe['generator'],
    discriminator: { network: { kind: 'mlp', layers: layers(1) }, freeze: 0 } as Recipe['discriminator'],
    penalties: [{ kind: 'r1', weight: 0.1, everySteps: 1 }],
    batch: 64,
    run: { stepsPerRun: 50, reportEverySteps: 100, previewEverySteps: 10_000, saveEverySteps: 10_000 },
    ema: { decay: 0.99, everySteps: 50 },
    ...changes,
  });
}

describe('a conditional game', () => {
  it.each(['projection', 'concat'] as const)(
    'puts each class at its place, and knows points from points of other classes (D by %s)',
    async (kind) => {
      const runDirectory = await temporaryFolder();
      const discriminator = kind === 'projection' ? { kind, spectral: false } : { kind, size: 4 };
      const conditional = { generator: { kind: 'concat' as const, size: 4 }, discriminator };
      await train({
        recipe: recipe({ conditional }),
        seed: 3,
        dataset: places(256),
        runDirectory,
        model: 'places',
        steps: 1000,
        threads: 1,
      });
      const checkpoint = join(runDirectory, 'checkpoints', 'places', '1000');
      expect((await readManifest(checkpoint)).labels).toEqual(NAMES);

      const count = 100;
      const z = new Float32Array(2 * count);
      for (let i = 0; i < count; i++) z.set(latent(i, 2, { kind: 'normal' }), 2 * i);
      const generate = await Session.load(await readFile(join(checkpoint, 'generate.onnx')));
      const score = await Session.load(await readFile(join(checkpoint, 'score.onnx')));
      for (const [label, place] of PLACES.entries()) {
        const told = (given: number) => float32([count, 4], oneHot(Array(count).fill(given), 4));
        const { point } = await generate.run({ z: float32([count, 2], z), label: told(label) });
        const values = point!.data as Float32Array;
        for (const axis of [0, 1]) {
          const mean = values.reduce((sum, v, i) => (i % 2 === axis ? sum + v / count : sum), 0);
          expect(Math.abs(mean - place[axis]!), `${NAMES[label]}, axis ${axis}: ${mean}`).toBeLessThan(0.15);
        }
        const real = float32(
          [count, 2],
          Float32Array.from({ length: 2 * count }, (_, i) => place[i % 2]!),
        );
        const logit = async (given: number) =>
          (await score.run({ point: real, label: told(given) }))['logit']!.data[0]!;
        expect(await logit(label)).toBeGreaterThan(Number(await logit((label + 1) % 4)));
      }
      await generate.release();
      await score.release();
    },
  );

  it('needs data with labels of two classes or more', async () => {
    const { labels: _labels, classes: _classes, ...unlabelled } = places(64);
    const conditional = {
      generator: { kind: 'concat' as const, size: 4 },
      discriminator: { kind: 'concat' as const, size: 4 },
    };
    const options = {
      recipe: recipe({ conditional }),
      seed: 1,
      model: 'places',
      runDirectory: await temporaryFolder(),
    };
    await expect(train({ ...options, dataset: unlabelled })).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining(
        'the data to have labels of 2 or more classes, but received "data of no classes"',
      ),
    });
  });
});

describe('a preview with classes', () => {
  it('has a column for each class and a row for each of 8 seeds', async () => {
    // A generator whose one pixel is the number of its class plus a little of z.
    const generator: Network = {
      name: 'generator',
      input: [1],
      output: [1, 1, 1],
      noise: {},
      stages: ['generator/all/'],
      fate: () => 'trained',
      init: () => ({}),
      apply: (params, z, pass = {}) => {
        const number = tf.matMul(pass.label as tf.Tensor2D, params['generator/numbers'] as tf.Tensor2D);
        return tf.reshape(tf.add(number, tf.mul(tf.sigmoid(z), 0.1)), [-1, 1, 1, 1]);
      },
    };
    const folder = await temporaryFolder();
    const params = { 'generator/numbers': float32([3, 1], Float32Array.of(0, 0.4, 0.8)) };
    const latentSpace = { size: 1, prior: { kind: 'normal' as const } };
    const options = { recipe: barsRecipe({ latent: latentSpace }), generator, folder, threads: 1 };
    const previews = await Previews.open({ ...options, params, classes: 3 });
    const [width, height] = [3 * 1 + 2 * 2, 8 * 1 + 7 * 2]; // gaps of 2 pixels between
    const { data } = await decodeImage(await readFile(await previews.write(0, params)), { width, height, channels: 1 });
    for (let row = 0; row < 8; row++) {
      const z = latent(row, 1, { kind: 'normal' })[0]!;
      for (let column = 0; column < 3; column++) {
        const value = 0.4 * column + 0.1 / (1 + Math.exp(-z));
        expect(Math.abs(data[row * 3 * width + column * 3]! - 255 * value)).toBeLessThan(1);
      }
    }
    await previews.dispose();
  });
});
