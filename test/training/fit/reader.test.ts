import '@tensorflow/tfjs-backend-cpu';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src/datasets/dataset.js';
import { float32 } from '../../../src/engine/tensor.js';
import * as tf from '../../../src/engine/tf.js';
import type { Classifier } from '../../../src/training/fit/feature-net.js';
import { misreading, readerOf, trainReader } from '../../../src/training/fit/reader.js';

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
  it('is the cross-entropy of what a classifier makes of what was made, under what it makes of the real image', () => {
    const apply = (params: Record<string, tf.Tensor>, image: tf.Tensor) => {
      const features = tf.reshape(image, [-1, 2]);
      return { features, logits: tf.mul(features, params['scale']!) };
    };
    const scale = float32([1], Float32Array.of(2));
    const net: Classifier = Object.assign(apply, { init: () => ({ scale }) });
    const reader = readerOf(net, { scale });
    const real = tf.tensor([0, Math.log(3) / 2], [1, 1, 1, 2]); // ¼ and ¾
    const made = tf.tensor([Math.log(4) / 2, 0], [1, 1, 1, 2]); // ⅘ and ⅕
    expect(misreading(reader(made), reader(real)).dataSync()[0]).toBeCloseTo(
      -0.25 * Math.log(0.8) - 0.75 * Math.log(0.2),
      5,
    );
  });
});

describe('a reader', () => {
  it('takes bars that go the same way for alike, and others for unlike, after as few steps as it is given', async () => {
    const data = bars(240);
    const reader = (await trainReader(data, { seed: 1, steps: 60, threads: 1 }))!;
    expect(await trainReader(data, { seed: 1, steps: 1, threads: 1 })).toBeTypeOf('function');
    await tf.setBackend('cpu');
    const upright = await imagesOf(data, [0, 4, 10]);
    const nats = async (indices: number[]) =>
      misreading(reader(await imagesOf(data, indices)), reader(upright)).dataSync()[0]!;
    expect(await nats([2, 6, 8])).toBeLessThan(Math.LN2 / 4); // chance: ln 2
    expect(await nats([1, 5, 7])).toBeGreaterThan(2 * Math.LN2);
  });

  it('is none where the data has no classes, or fewer images than it sees at a time', async () => {
    const reading = { seed: 1, steps: 20, threads: 1 };
    expect(await trainReader(bars(240, false), reading)).toBeNull();
    expect(await trainReader(bars(99), reading)).toBeNull();
  });
});
