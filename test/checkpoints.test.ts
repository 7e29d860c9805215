// The checkpoints that the repository ships: whole, loadable and good for what the README promises of them.

import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../src/engine/engine.js';
import { exampleOf } from '../src/models/example.js';
import { ModelRepository } from '../src/models/repository.js';

const CHECKPOINTS = fileURLToPath(new URL('../checkpoints', import.meta.url));

/** The runtime's tanh may pass 1 by a rounding. */
const SLACK = 1e-6;

let engine: Engine;
let repository: ModelRepository;

beforeAll(async () => {
  engine = await Engine.start();
  repository = await ModelRepository.open(CHECKPOINTS, engine);
});

afterAll(async () => {
  await repository.close();
  await engine.close();
});

describe('shipped checkpoints', () => {
  it('are all served, with nothing to report', async () => {
    expect(repository.problems).toEqual([]);
    expect(repository.list().map(({ name }) => name)).toEqual((await readdir(CHECKPOINTS)).sort());
  });

  it('make varied samples within the range of their data, and score them', async () => {
    for (const model of repository.list()) {
      const { labels, image } = model.manifest;
      const latents = model.latents({ seed: 42, count: 16 });
      const options = labels ? { labels: latents.map((_, i) => i % labels.length) } : {};
      const samples = await model.generate(latents, options);
      const [low, high] = image?.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      const size = exampleOf(model.manifest).shape.reduce((a, b) => a * b, 1);
      for (const sample of samples) {
        expect(sample.length, model.name).toBe(size);
        expect(
          sample.every((value) => value >= low - SLACK && value <= high + SLACK),
          model.name,
        ).toBe(true);
      }
      expect(new Set(samples.map((sample) => sample.join())).size, model.name).toBe(16);
      const scores = await model.score(samples, options);
      expect(
        scores.every(({ logit }) => Number.isFinite(logit)),
        model.name,
      ).toBe(true);
    }
  });

  it('find every mode of the mixtures that show mode collapse', async () => {
    const counted = async (name: string, centers: readonly (readonly [number, number])[], sigma: number) => {
      const model = repository.get(name);
      const points = await model.generate(model.latents({ seed: 0, count: 2500 }));
      const near = (p: Float32Array) => centers.findIndex(([x, y]) => Math.hypot(p[0]! - x, p[1]! - y) <= 3 * sigma);
      const found = points.map(near).filter((mode) => mode >= 0);
      return { modes: new Set(found).size, share: found.length / points.length };
    };
    const ring = Array.from(
      { length: 8 },
      (_, i) => [Math.cos((i * Math.PI) / 4), Math.sin((i * Math.PI) / 4)] as const,
    );
    const grid = Array.from({ length: 25 }, (_, i) => [2 * (i % 5) - 4, 2 * Math.floor(i / 5) - 4] as const);
    const [ring8, grid25] = [await counted('ring8', ring, 0.01), await counted('grid25', grid, 0.05)];
    expect(ring8.modes).toBe(8);
    expect(ring8.share).toBeGreaterThan(0.97);
    expect(grid25.modes).toBe(25);
    expect(grid25.share).toBeGreaterThan(0.95);
  });
});
