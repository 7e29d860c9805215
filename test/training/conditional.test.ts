// Conditional training end to end: labels from a dataset, both networks told of them, and the served graphs that take them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Session } from '../../src/engine/session.js';
import { float32 } from '../../src/engine/tensor.js';
import { oneHot } from '../../src/models/labels.js';
import { latent } from '../../src/models/latent.js';
import { readManifest } from '../../src/models/manifest.js';
import type { Dataset } from '../../src/training/datasets/dataset.js';
import type { Recipe } from '../../src/training/recipe.js';
import { train } from '../../src/training/trainer.js';
import { barsRecipe } from './bars.js';
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

function recipe(changes: Partial<Recipe>): Recipe {
  return barsRecipe({
    data: { range: [-1, 1], scale: 1, validation: 0 },
    latent: { size: 2, prior: { kind: 'normal' } },
    generator: { network: { kind: 'mlp', layers: layers(2) }, outputBias: 'zero' } as Recipe['generator'],
    discriminator: { network: { kind: 'mlp', layers: layers(1) }, freeze: 0 } as Recipe['discriminator'],
    penalties: [{ kind: 'r1', weight: 0.1 }],
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
      message: expect.stringContaining('Expected data with labels of 2 or more classes'),
    });
  });
});
