import { describe, expect, it } from 'vitest';
import { Sampler } from '../../src/evaluation/sampler.js';
import { openCheckpoint } from '../../src/models/verified.js';
import { labelChoice, labelOf } from '../../src/pictures/label-choice.js';
import { shippedFolder, shippedModels } from '../shipped.js';

const [SEED, COUNT] = [40, 24];

const models = shippedModels();

/** What a client gets who asks for these seeds and for no class in particular, in [0, 1]. */
async function served(name: string): Promise<{ images: Float32Array[]; labels: number[] }> {
  const model = models().get(name);
  const choice = await labelChoice(undefined, model);
  const labels = Array.from({ length: COUNT }, (_, i) => labelOf(choice, SEED + i, model) as number);
  const [low, high] = model.manifest.image!.range;
  const images = await model.generate(model.latents({ seed: SEED, count: COUNT }), { labels });
  return { images: images.map((image) => image.map((value) => (value - low) / (high - low))), labels };
}

function furthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

describe('samples for an evaluation', () => {
  for (const name of ['glyphs', 'mnist-conditional']) {
    it(`are those that the server gives for the same seeds, classes included: ${name}`, async () => {
      const { images, labels } = await served(name);
      const folder = shippedFolder(name);
      const sampler = await Sampler.open(await openCheckpoint(folder), { threads: 1 });
      try {
        const { data, size } = await sampler.generate(SEED, COUNT);
        expect(sampler.drawnLabels(SEED, COUNT)).toEqual(labels);
        expect(new Set(labels).size).toBeGreaterThan(4);
        for (const [i, image] of images.entries()) {
          expect(furthest(image, data.subarray(i * size, (i + 1) * size))).toBeLessThan(1e-4);
        }
        const chosen = await sampler.generate(
          SEED,
          COUNT,
          labels.map((label) => (label + 1) % 10),
        );
        expect(furthest(chosen.data, data)).toBeGreaterThan(0.5);
      } finally {
        await sampler.close();
      }
    });
  }
});
