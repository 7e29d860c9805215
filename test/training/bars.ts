// A world small enough to train in seconds: 8×8 images of one bright vertical bar in any of 8 columns, and a recipe for
// it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { type Recipe, recipeSchema } from '../../src/recipes/recipe.js';
import { lcg, writeIdxFolder } from './helpers.js';

/** What a recipe may leave out is left out here. */
export type Changes = Partial<z.input<typeof recipeSchema>>;

export const SIDE = 8;

/** Bars of 200–255 on black, one column each, the columns in turn. */
export async function writeBars(folder: string, count: number): Promise<void> {
  const random = lcg(9);
  const images = new Uint8Array(count * SIDE * SIDE);
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < SIDE; y++) images[n * SIDE * SIDE + y * SIDE + (n % SIDE)] = 200 + Math.floor(random() * 56);
  }
  await writeIdxFolder(folder, images, SIDE, true);
}

export function barsRecipe(changes: Changes = {}): Recipe {
  const adam = { kind: 'adam', learningRate: 0.002, beta1: 0.5, beta2: 0.999 };
  return recipeSchema.parse({
    name: 'bars',
    title: 'Bars',
    description: 'One bright bar',
    license: 'CC0-1.0',
    source: 'made by this test',
    data: { range: [0, 1], validation: 32 },
    latent: { size: 8, prior: { kind: 'uniform', low: -1, high: 1 } },
    generator: {
      network: {
        kind: 'mlp',
        layers: [
          { units: 64, activation: 'relu' },
          { units: SIDE * SIDE, activation: 'sigmoid' },
        ],
      },
      outputBias: 'marginals',
    },
    discriminator: {
      network: {
        kind: 'mlp',
        layers: [
          { units: 24, activation: 'maxout', pieces: 3, keep: 0.8 },
          { units: 1, activation: 'linear', keep: 0.5 },
        ],
      },
    },
    objective: 'non-saturating',
    updates: { order: 'simultaneous', discriminatorSteps: 1, weights: { discriminator: 0.5, generator: 1 } },
    optimizer: { generator: adam, discriminator: adam },
    ema: { decay: 0.99, everySteps: 10 },
    batch: 32,
    epochs: 10,
    run: { stepsPerRun: 10, reportEverySteps: 20, previewEverySteps: 1000, saveEverySteps: 1000 },
    ...changes,
  });
}

export async function writeRecipe(folder: string, changes: Changes = {}): Promise<string> {
  const path = join(folder, 'bars.json');
  await writeFile(path, JSON.stringify(barsRecipe(changes)));
  return path;
}

/** Squared distance to the nearest clean bar (227.5 of 255 all along). */
export function distanceToBar(image: Float32Array): number {
  const bars = Array.from({ length: SIDE }, (_, column) =>
    image.reduce((sum, value, i) => sum + (value - (i % SIDE === column ? 227.5 / 255 : 0)) ** 2, 0),
  );
  return Math.min(...bars);
}
