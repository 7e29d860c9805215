import '@tensorflow/tfjs-backend-cpu';
import { beforeEach, describe, expect, it } from 'vitest';
import * as tf from '../../../src/engine/tf.js';
import { fillStream, streamOf } from '../../../src/random/noise.js';
import { energyScore } from '../../../src/training/fit/energy.js';

beforeEach(async () => {
  await tf.setBackend('cpu');
});

/** Numbers of a normal distribution, one a row. */
function normal(name: string, deviation: number, count = 20_000): tf.Tensor {
  const numbers = new Float32Array(count);
  fillStream(numbers, streamOf(1, name), { kind: 'normal', shape: [] });
  return tf.tensor(
    numbers.map((value) => deviation * value),
    [count, 1],
  );
}

const scoreOf = (score: tf.Scalar) => score.dataSync()[0]!;

describe('the energy score', () => {
  it('is the mean distance of two draws from the truth, less half of that between the two', () => {
    const truth = tf.tensor([0, 0, 1, 1], [2, 1, 1, 2]);
    const one = tf.tensor([3, 4, 1, 1], [2, 1, 1, 2]); // 5 and 0 from the truth
    const other = tf.tensor([0, 12, 1, 3], [2, 1, 1, 2]); // 12 and 2
    const scores = [(5 + 12 - Math.hypot(3, 8)) / 2, (0 + 2 - 2) / 2];
    expect(scoreOf(energyScore([one, other], truth))).toBeCloseTo((scores[0]! + scores[1]!) / 2, 2);
  });

  it('is lowest for draws as various as the truth: draws that are all alike pay, and so do draws too various', () => {
    const truth = normal('truth', 1);
    const score = (deviation: number) =>
      scoreOf(energyScore([normal('one', deviation), normal('other', deviation)], truth));
    // Closed form of normal draws: √(2(1 + s²)/π) − s/√π.
    for (const s of [0, 0.5, 1, 2]) {
      expect(score(s)).toBeCloseTo(Math.sqrt((2 * (1 + s ** 2)) / Math.PI) - s / Math.sqrt(Math.PI), 1);
    }
    expect(score(1)).toBeLessThan(score(0) - 0.2);
    expect(score(1)).toBeLessThan(score(2) - 0.05);
  });

  it('is lowest for draws more alike than the truth where their variety counts less, and more various where more', () => {
    const truth = normal('truth', 1);
    const score = (deviation: number, variety: number) =>
      scoreOf(energyScore([normal('one', deviation), normal('other', deviation)], truth, variety));
    // √(2(1 + s²)/π) − 2v·s/√π is least at s = k/√(1 − k²) for k = v·√2: 0.69 for v = 0.4, 1.24 for 0.55.
    for (const [variety, best] of [
      [0.4, 0.69],
      [0.55, 1.24],
    ] as const) {
      expect(score(best, variety)).toBeLessThan(score(best / 2, variety));
      expect(score(best, variety)).toBeLessThan(score(best * 2, variety));
    }
  });

  it('pulls two equal draws towards the truth, and leaves two that hit it alone', () => {
    const slope = tf.grad((draw: tf.Tensor) => energyScore([draw, draw], tf.tensor([[0, 0]])));
    expect(Array.from(slope(tf.tensor([[3, 4]])).dataSync())).toEqual([expect.closeTo(0.6), expect.closeTo(0.8)]);
    expect(Array.from(slope(tf.tensor([[0, 0]])).dataSync())).toEqual([0, 0]);
  });
});
