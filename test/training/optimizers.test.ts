import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { float32 } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { schedule, valueAt } from '../../src/recipes/schedules.js';
import { emaConfig } from '../../src/recipes/update-configs.js';
import { keptOfAverage, updateEma } from '../../src/training/ema.js';
import { type Optimizer, optimizer } from '../../src/training/optimizers.js';
import { tensorsOf, valuesOf } from './helpers.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Parameter values after each of the given gradients, starting from [1, −2]. */
function follow(rule: Optimizer, gradients: readonly [number, number][]): number[][] {
  const start = { 'generator/weight': float32([2], [1, -2]) };
  let params = tensorsOf(start);
  let slots = tensorsOf(rule.slots(start));
  return gradients.map((gradient, step) => {
    const hyper = Object.fromEntries(
      Object.entries(rule.hyperAt(step, 500)).map(([name, value]) => [name, tf.scalar(value)]),
    );
    const factor = rule.lossFactor(hyper);
    const plain = tf.tensor1d(gradient);
    const next = rule.update(params, { 'generator/weight': factor ? tf.mul(plain, factor) : plain }, slots, hyper);
    params = next.params;
    slots = next.slots;
    return valuesOf(params['generator/weight']!);
  });
}

describe('momentum', () => {
  it('moves by velocity: v ← μv − lr·g, p ← p + v', () => {
    const rule = optimizer({ kind: 'momentum', learningRate: 0.1, momentum: 0.5 });
    const path = follow(rule, [
      [1, -4], // v = (−0.1, 0.4)
      [2, 0], // v = (−0.25, 0.2)
      [0, 0], // v = (−0.125, 0.1)
    ]);
    const worked = [
      [0.9, -1.6],
      [0.65, -1.4],
      [0.525, -1.3],
    ];
    path.flat().forEach((value, i) => {
      expect(value).toBeCloseTo(worked.flat()[i]!, 6);
    });
  });
});

describe('Adam', () => {
  it('equals the published update with bias correction, in plain arithmetic', () => {
    const [lr, beta1, beta2, epsilon] = [0.01, 0.5, 0.9, 1e-3];
    const gradients: [number, number][] = [
      [1, -4],
      [0.02, 0],
      [-3, 1e-4],
    ];
    const worked: number[][] = [];
    const p = [1, -2];
    const m = [0, 0];
    const v = [0, 0];
    gradients.forEach((g, step) => {
      for (const i of [0, 1] as const) {
        m[i] = beta1 * m[i]! + (1 - beta1) * g[i];
        v[i] = beta2 * v[i]! + (1 - beta2) * g[i] ** 2;
        const mHat = m[i]! / (1 - beta1 ** (step + 1));
        const vHat = v[i]! / (1 - beta2 ** (step + 1));
        p[i] = p[i]! - (lr * mHat) / (Math.sqrt(vHat) + epsilon);
      }
      worked.push([...p]);
    });

    const path = follow(optimizer({ kind: 'adam', learningRate: lr, beta1, beta2, epsilon }), gradients);

    path.flat().forEach((value, i) => {
      expect(value).toBeCloseTo(worked.flat()[i]!, 6);
    });
  });

  it('makes a first step of the learning rate, whatever the size of the gradient', () => {
    const rule = optimizer({ kind: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-12 });
    const [first] = follow(rule, [[1e-3, -1e3]]);
    expect(first![0]).toBeCloseTo(0.99, 5);
    expect(first![1]).toBeCloseTo(-1.99, 5);
  });
});

describe("the paper's schedules", () => {
  it('divide the learning rate by 1.000004 a step and never pass the floor', () => {
    const decay = { kind: 'exponential', from: 0.1, factorPerStep: 1.000004, floor: 1e-6 } as const;
    expect(valueAt(decay, 0, 500)).toBe(0.1);
    expect(valueAt(decay, 1, 500)).toBeCloseTo(0.1 / 1.000004, 12);
    expect(valueAt(decay, 250_000, 500)).toBeCloseTo(0.036788, 6); // 0.1 e^(−1 + 2·10^−6)
    expect(valueAt(decay, 10_000_000, 500)).toBe(1e-6);
  });

  it('raise the momentum once per epoch, from 0.5 in the first to 0.7 in the 250th', () => {
    const rise = { kind: 'linear', from: 0.5, to: 0.7, startEpoch: 1, endEpoch: 250 } as const;
    expect(valueAt(rise, 0, 500)).toBe(0.5);
    expect(valueAt(rise, 499, 500)).toBe(0.5);
    expect(valueAt(rise, 500, 500)).toBeCloseTo(0.5 + 0.2 / 249, 12);
    expect(valueAt(rise, 124 * 500 + 250, 500)).toBeCloseTo(0.5 + (0.2 * 124) / 249, 12);
    expect(valueAt(rise, 249 * 500, 500)).toBeCloseTo(0.7, 12);
    expect(valueAt(rise, 1000 * 500, 500)).toBeCloseTo(0.7, 12);
  });

  it('follow one another in stages, each as if it had held from the first step', () => {
    const fall = { kind: 'exponential', from: 8, factorPerStep: 2, floor: 0 } as const;
    const rise = { kind: 'linear', from: 0, to: 10, startEpoch: 1, endEpoch: 11 } as const;
    const stages = [
      { fromEpoch: 1, value: fall },
      { fromEpoch: 3, value: rise },
      { fromEpoch: 5, value: 7 },
    ];
    const at = (step: number) => valueAt({ kind: 'stages', stages }, step, 2);
    expect([0, 1, 3, 4, 6, 7, 8, 100].map(at)).toEqual([8, 4, 1, 2, 3, 3, 7, 7]);
    expect(schedule.safeParse({ kind: 'stages', stages: stages.toReversed() }).success).toBe(false);
    expect(schedule.safeParse({ kind: 'stages', stages: stages.slice(1) }).success).toBe(false);
  });
});

describe('the average of weights', () => {
  it('keeps its share of the old average', () => {
    const average = { a: float32([2], [1, 0]) };
    updateEma(average, { a: float32([2], [3, 4]) }, 1 / 4);
    expect(Array.from(average.a.data as Float32Array)).toEqual([2.5, 3]);
  });

  it('keeps decay^n when it runs every n steps', () => {
    expect(keptOfAverage({ decay: 0.5, everySteps: 2, rampUp: 0 }, 2, 100)).toBe(0.25);
  });

  it('forgets half within a twentieth of the steps made while these are few, and then as fast as its decay says', () => {
    const kept = (step: number) => keptOfAverage({ decay: 0.999, everySteps: 20, rampUp: 0.05 }, step, 100);
    expect(kept(400)).toBeCloseTo(1 / 2, 12); // 20 steps are a twentieth of 400
    expect(kept(800)).toBeCloseTo(1 / Math.SQRT2, 12);
    expect(kept(100_000)).toBeCloseTo(0.999 ** 20, 12);
  });

  it('refuses a decay outside [0, 1), at whatever time', () => {
    const valid = (decay: unknown) => emaConfig.safeParse({ decay, everySteps: 1 }).success;
    expect([0, 0.999, -0.1, 1].map(valid)).toEqual([true, true, false, false]);
    expect(valid({ kind: 'linear', from: 0.9, to: 0.99, endEpoch: 5 })).toBe(true);
    expect(valid({ kind: 'linear', from: 0.9, to: 1, endEpoch: 5 })).toBe(false);
    expect(valid({ kind: 'exponential', from: 0.9, factorPerStep: 2 })).toBe(true);
    expect(
      valid({
        kind: 'stages',
        stages: [
          { fromEpoch: 1, value: 0.9 },
          { fromEpoch: 2, value: 1.5 },
        ],
      }),
    ).toBe(false);
  });

  it('widens from an epoch on: the update after the last step before it is still the narrow one', () => {
    const stages = [
      { fromEpoch: 1, value: 0.9 },
      { fromEpoch: 3, value: 0.99 },
    ];
    const kept = (step: number) =>
      keptOfAverage({ decay: { kind: 'stages', stages }, everySteps: 1, rampUp: 0 }, step, 100);
    expect([kept(199), kept(200), kept(201)]).toEqual([0.9, 0.9, 0.99]);
  });
});
