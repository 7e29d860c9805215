import '@tensorflow/tfjs-backend-cpu';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src/datasets/dataset.js';
import { float32 } from '../../../src/engine/tensor.js';
import * as tf from '../../../src/engine/tf.js';
import type { Classifier } from '../../../src/training/fit/feature-net.js';
import { misreading, type Read, readEach, readerOf, trainReaders } from '../../../src/training/fit/reader.js';

const SIDE = 8;
const SIZE = SIDE * SIDE;

/** Bright bars, upright and lying by turns: which way they go is their class, and moving them about leaves it. */
function bars(count: number, labelled = true): Dataset {
  return {
    ...{ name: 'bars', count, shape: [1, SIDE, SIDE], range: [0, 1], sha256: 'none' },
    ...(labelled && {
      labels: Int32Array.from({ length: count }, (_, i) => i % 2),
      classes: ['upright', 'lying'],
    }),
    async read(indices, out) {
      out.fill(0);
      Array.from(indices).forEach((index, row) => {
        const at = (index >> 1) % SIDE;
        const place = (k: number) => (index % 2 === 0 ? k * SIDE + at : at * SIDE + k);
        for (let k = 0; k < SIDE; k++) out[row * SIZE + place(k)] = 1;
      });
    },
  };
}

async function imagesOf(data: Dataset, indices: number[]): Promise<tf.Tensor> {
  const out = new Float32Array(indices.length * SIZE);
  await data.read(indices, out);
  return tf.tensor(out, [indices.length, ...data.shape]);
}

beforeEach(async () => {
  await tf.setBackend('cpu');
});

describe('misreading', () => {
  it('is the chance that one is taken for another class than the other, on the mean of the images', () => {
    const apply = (params: Record<string, tf.Tensor>, image: tf.Tensor) => {
      const features = tf.reshape(image, [-1, 2]);
      return { features, logits: tf.mul(features, params['scale']!) };
    };
    const scale = float32([1], Float32Array.of(2));
    const net: Classifier = Object.assign(apply, { init: () => ({ scale }) });
    const reader = readerOf(net, { scale });
    const real = tf.tensor([0, Math.log(3) / 2], [1, 1, 1, 2]); // ¼ and ¾
    const made = tf.tensor([Math.log(4) / 2, 0], [1, 1, 1, 2]); // ⅘ and ⅕
    expect(misreading(reader(made), reader(real)).dataSync()[0]).toBeCloseTo(1 - 0.25 * 0.8 - 0.75 * 0.2, 5);
    const [first, second] = readEach(reader, [tf.concat([made, real]), tf.concat([real, real])]);
    expect(misreading(first!, second!).dataSync()[0]).toBeCloseTo(
      (1 - 0.25 * 0.8 - 0.75 * 0.2 + 1 - 0.25 ** 2 - 0.75 ** 2) / 2,
      5,
    );
  });
});

describe('readers', () => {
  it('take bars that go the same way for alike, and others for unlike, after as few steps as they are given', async () => {
    const data = bars(240);
    const readers = await trainReaders(data, { seed: 1, steps: 60, threads: 1 });
    expect(await trainReaders(data, { seed: 1, steps: 1, threads: 1 })).toHaveLength(3);
    await tf.setBackend('cpu');
    const images = [await imagesOf(data, [0, 4, 10]), await imagesOf(data, [2, 6, 8]), await imagesOf(data, [1, 5, 7])];
    for (const reader of readers) {
      const [upright, others, lying] = readEach(reader, images) as [Read, Read, Read];
      expect(misreading(others, upright).dataSync()[0]).toBeLessThan(0.25); // chance: 0.5
      expect(misreading(lying, upright).dataSync()[0]).toBeGreaterThan(0.75);
    }
    const sure = readers.map((reader) => Array.from(reader(images[0]!).logits.dataSync()));
    expect(sure[0]).not.toEqual(sure[1]); // each learnt by itself
  });

  it('are none where the data has no classes, or fewer images than they see at a time', async () => {
    const reading = { seed: 1, steps: 20, threads: 1 };
    expect(await trainReaders(bars(240, false), reading)).toEqual([]);
    expect(await trainReaders(bars(99), reading)).toEqual([]);
  });
});
