import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src/datasets/dataset.js';
import { exportGraph } from '../../../src/engine/export.js';
import * as tf from '../../../src/engine/tf.js';
import { FeatureNet } from '../../../src/evaluation/features.js';
import { measureCompletions } from '../../../src/training/fit/completions.js';
import type { Fixed } from '../../../src/training/fit/fixed-model.js';
import { writeHalves } from '../../evaluation/halves.js';
import { temporaryFolder } from '../helpers.js';

const SIDE = 8;
const SIZE = SIDE * SIDE;

/** White in the upper or in the lower half, by turns, in [−1, 1]. */
const held: Dataset = {
  ...{ name: 'halves', count: 40, shape: [1, SIDE, SIDE], range: [-1, 1], sha256: 'none' },
  async read(indices, out) {
    Array.from(indices).forEach((index, row) => {
      for (let i = 0; i < SIZE; i++) out[row * SIZE + i] = i < SIZE / 2 === (index % 2 === 0) ? 1 : -1;
    });
  },
};

/** What a measurement asks of a model. */
const fixed = {
  shape: [1, SIDE, SIDE],
  recipe: { data: { range: [-1, 1] } },
  prior: { kind: 'normal', shape: [2] },
} as unknown as Fixed;

function inpainting(complete: (image: tf.Tensor, mask: tf.Tensor) => tf.Tensor): Uint8Array {
  const row = (...shape: number[]) => ({ dtype: 'float32', shape: [-1, ...shape] }) as const;
  const forward: Parameters<typeof exportGraph>[0] = (_, { image, mask, z }) => {
    const nothing = tf.reshape(tf.mul(tf.sum(z!, 1), 0), [-1, 1, 1, 1]);
    return { completed: tf.add(complete(image!, mask!), nothing) };
  };
  const inputs = { image: row(1, SIDE, SIDE), mask: row(1, SIDE, SIDE), z: row(2) };
  return exportGraph(forward, { params: {}, name: 'inpaint', inputs });
}

describe('completions', () => {
  it('are read by a classifier: as the original if hidden pixels come back, as another if they come back inverted', async () => {
    const reader = await FeatureNet.open(await writeHalves(await temporaryFolder(), SIDE), 1);
    const measured = async (complete: (image: tf.Tensor, mask: tf.Tensor) => tf.Tensor) =>
      measureCompletions({ fixed, inpaint: inpainting(complete), held, seed: 1, threads: 1, reader });
    try {
      const perfect = await measured((image) => image);
      expect(perfect.map(({ read, error }) => [read, error])).toEqual(perfect.map(() => [1, 0]));
      const inverted = await measured((image) => tf.neg(image));
      expect(inverted.map(({ read }) => read)).toEqual(inverted.map(() => 0));
      // The mean image is grey all over: what is known decides, unless nothing telling is.
      const [box, , half, pixels] = perfect;
      expect([box!.readOfMean, half!.readOfMean]).toEqual([1, 1]);
      expect(pixels!.readOfMean).toBeGreaterThan(0.9);
    } finally {
      await reader.close();
    }
  });

  it('are not said to be read as anything where no classifier is at hand', async () => {
    const [row] = await measureCompletions({ fixed, inpaint: inpainting((image) => image), held, seed: 1, threads: 1 });
    expect(row).not.toHaveProperty('read');
    expect(row).not.toHaveProperty('readOfMean');
  });
});
