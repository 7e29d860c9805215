import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { eagerStep } from '../../src/engine/step.js';
import { float32, type HostTensors, sizeOf } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import type { Layer } from '../../src/networks/layer.js';
import { conv, deconv, dense } from '../../src/networks/linear.js';
import { minibatchDeviation } from '../../src/networks/minibatch.js';
import type { Pass } from '../../src/networks/network.js';
import { KEEP, normalisation } from '../../src/networks/normalisation.js';
import { weight } from '../../src/networks/weight.js';
import { type Norm } from '../../src/recipes/network-configs.js';
import { lcg, tensorsOf, valuesOf } from '../training/helpers.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Values in [−1, 1) for every tensor of a layer, running ones above 0. */
function valuesFor(layer: Pick<Layer, 'slots'>, seed = 5): HostTensors {
  const random = lcg(seed);
  return Object.fromEntries(
    Object.entries(layer.slots).map(([name, { shape, trained }]) => [
      name,
      float32(
        shape,
        Float32Array.from({ length: sizeOf(shape) }, () => (trained === false ? 0.5 + random() : 2 * random() - 1)),
      ),
    ]),
  );
}

function random(shape: readonly number[], seed: number): Float32Array<ArrayBuffer> {
  const next = lcg(seed);
  return Float32Array.from({ length: sizeOf(shape) }, () => 4 * next() - 1.5);
}

function run(layer: Layer, params: HostTensors, x: ArrayLike<number>, shape: number[], pass: Pass = {}): number[] {
  return valuesOf(layer.apply(tensorsOf(params), tf.tensor(Float32Array.from(x), shape), pass));
}

function expectClose(received: readonly number[], wanted: readonly number[], digits = 5): void {
  expect(received.length).toBe(wanted.length);
  received.forEach((value, i) => {
    expect(value, `at ${i}`).toBeCloseTo(wanted[i]!, digits);
  });
}

const at = (values: HostTensors, name: string) => values[name]!.data as Float32Array;

describe('linear layers', () => {
  it('multiply and add as a double loop does', () => {
    const layer = dense({ name: 'd', from: 3, to: 2, deviation: 1 });
    const params = valuesFor(layer);
    const x = random([2, 3], 1);
    const wanted = [0, 1].flatMap((n) =>
      [0, 1].map((o) =>
        [0, 1, 2].reduce(
          (sum, i) => sum + x[n * 3 + i]! * at(params, 'd/weight')[i * 2 + o]!,
          at(params, 'd/bias')[o]!,
        ),
      ),
    );
    expectClose(run(layer, params, x, [2, 3]), wanted);
  });

  // With 4 taps and stride 2, `same` pads one pixel on each side of an even image.
  const SIDE = 4;
  const [FROM, TO, KERNEL] = [2, 3, 4];

  it('convolve as a loop over taps does: stride 2, one pixel of padding', () => {
    const layer = conv({ name: 'c', from: FROM, to: TO, kernel: KERNEL, stride: 2, deviation: 1 });
    const params = valuesFor(layer);
    const x = random([1, SIDE, SIDE, FROM], 2);
    const wanted: number[] = [];
    for (let y = 0; y < 2; y++)
      for (let column = 0; column < 2; column++)
        for (let o = 0; o < TO; o++) {
          let sum = at(params, 'c/bias')[o]!;
          for (let ky = 0; ky < KERNEL; ky++)
            for (let kx = 0; kx < KERNEL; kx++) {
              const [row, col] = [2 * y + ky - 1, 2 * column + kx - 1];
              if (row < 0 || row >= SIDE || col < 0 || col >= SIDE) continue;
              for (let i = 0; i < FROM; i++) {
                sum +=
                  x[(row * SIDE + col) * FROM + i]! * at(params, 'c/filter')[((ky * KERNEL + kx) * FROM + i) * TO + o]!;
              }
            }
          wanted.push(sum);
        }
    expectClose(run(layer, params, x, [1, SIDE, SIDE, FROM]), wanted);
  });

  it('convolve backwards: every pixel is spread over the taps that would have seen it', () => {
    const layer = deconv({ name: 'u', from: FROM, to: TO, kernel: KERNEL, stride: 2, deviation: 1 });
    const params = valuesFor(layer);
    const x = random([1, 2, 2, FROM], 3);
    const wanted = Array.from({ length: SIDE * SIDE * TO }, (_, i) => at(params, 'u/bias')[i % TO]!);
    for (let y = 0; y < 2; y++)
      for (let column = 0; column < 2; column++)
        for (let ky = 0; ky < KERNEL; ky++)
          for (let kx = 0; kx < KERNEL; kx++) {
            const [row, col] = [2 * y + ky - 1, 2 * column + kx - 1];
            if (row < 0 || row >= SIDE || col < 0 || col >= SIDE) continue;
            for (let o = 0; o < TO; o++)
              for (let i = 0; i < FROM; i++) {
                wanted[(row * SIDE + col) * TO + o]! +=
                  x[(y * 2 + column) * FROM + i]! * at(params, 'u/filter')[((ky * KERNEL + kx) * TO + o) * FROM + i]!;
              }
          }
    expectClose(run(layer, params, x, [1, 2, 2, FROM]), wanted);
  });
});

describe('normalisation', () => {
  const SHAPE = [3, 2, 2, 2]; // N, H, W, C
  const x = random(SHAPE, 4);
  const index = { n: (i: number) => Math.floor(i / 8), c: (i: number) => i % 2 };
  const groups: Record<Exclude<Norm, 'none'>, (i: number) => string> = {
    batch: (i) => `${index.c(i)}`,
    instance: (i) => `${index.n(i)},${index.c(i)}`,
    layer: (i) => `${index.n(i)}`,
  };
  const statistics = (group: (i: number) => string) => {
    const members = new Map<string, number[]>();
    x.forEach((value, i) => {
      members.set(group(i), [...(members.get(group(i)) ?? []), value]);
    });
    return new Map(
      [...members].map(([key, values]) => {
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        return [key, { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length }];
      }),
    );
  };

  it.each(Object.keys(groups) as (keyof typeof groups)[])(
    'over the %s is (x − mean)/√(variance + ε), scaled and shifted',
    (kind) => {
      const layer = normalisation(kind, { name: 'n', channels: 2 });
      const params = valuesFor(layer);
      const stats = statistics(groups[kind]);
      const wanted = Array.from(x, (value, i) => {
        const { mean, variance } = stats.get(groups[kind](i))!;
        const normal = (value - mean) / Math.sqrt(variance + 1e-5);
        return normal * at(params, 'n/scale')[index.c(i)]! + at(params, 'n/shift')[index.c(i)]!;
      });
      expectClose(run(layer, params, x, SHAPE, { running: {} }), wanted, 4);
    },
  );

  it('takes the scale and the shift of the class of each example, where there are classes', () => {
    const layer = normalisation('batch', { name: 'n', channels: 2, classes: 3 });
    const params = valuesFor(layer);
    const classes = [2, 0, 2];
    const label = tf.cast(tf.oneHot(tf.tensor1d(classes, 'int32'), 3), 'float32');
    const wanted = Array.from(x, (value, i) => {
      const of = (part: string) => at(params, `n/${part}`)[classes[index.n(i)]! * 2 + index.c(i)]!;
      const [mean, variance] = [at(params, 'n/mean')[index.c(i)]!, at(params, 'n/variance')[index.c(i)]!];
      return ((value - mean) / Math.sqrt(variance + 1e-5)) * of('scale') + of('shift');
    });
    expectClose(run(layer, params, x, SHAPE, { label }), wanted);
  });

  it('over the batch moves the running statistics a tenth of the way, once a pass', () => {
    const layer = normalisation('batch', { name: 'n', channels: 2 });
    const params = valuesFor(layer);
    const running: Record<string, tf.Tensor> = {};
    const stats = statistics(groups.batch);
    let mean = at(params, 'n/mean')[1]!;
    let variance = at(params, 'n/variance')[1]!;
    for (let pass = 0; pass < 2; pass++) {
      run(layer, params, x, SHAPE, { running });
      mean = KEEP * mean + (1 - KEEP) * stats.get('1')!.mean;
      variance = KEEP * variance + (1 - KEEP) * stats.get('1')!.variance;
      expect(valuesOf(running['n/mean']!)[1]).toBeCloseTo(mean, 5);
      expect(valuesOf(running['n/variance']!)[1]).toBeCloseTo(variance, 5);
    }
  });

  it('of a served batch norm uses the running statistics, so that an example is the same in any batch', () => {
    const layer = normalisation('batch', { name: 'n', channels: 2 });
    const params = valuesFor(layer);
    const together = run(layer, params, x, SHAPE);
    const alone = run(layer, params, x.slice(0, 8), [1, 2, 2, 2]);
    expect(together.slice(0, 8)).toEqual(alone);
    const wanted = Array.from(x, (value, i) => {
      const of = (part: string) => at(params, `n/${part}`)[index.c(i)]!;
      return ((value - of('mean')) / Math.sqrt(of('variance') + 1e-5)) * of('scale') + of('shift');
    });
    expectClose(together, wanted);
  });
});

describe('minibatch standard deviation', () => {
  const layer = minibatchDeviation('m');
  const params = { 'm/deviation': float32([], Float32Array.of(0.75)) };

  it('adds a map of the mean deviation over the batch while training, and follows it', () => {
    const running: Record<string, tf.Tensor> = {};
    // Two examples of one pixel and two channels: deviations |1 − 3|/2 = 1 and |2 − 6|/2 = 2.
    const y = run(layer, params, [1, 2, 3, 6], [2, 1, 1, 2], { running });
    expectClose(y, [1, 2, 1.5, 3, 6, 1.5]);
    expect(valuesOf(running['m/deviation']!)[0]).toBeCloseTo(KEEP * 0.75 + (1 - KEEP) * 1.5, 6);
  });

  it('adds the running value when served, whatever else is in the batch', () => {
    expect(run(layer, params, [1, 2, 3, 6], [2, 1, 1, 2])).toEqual([1, 2, 0.75, 3, 6, 0.75]);
    expect(run(layer, params, [1, 2], [1, 1, 1, 2])).toEqual([1, 2, 0.75]);
  });
});

describe('spectral norm', () => {
  it('divides by the largest singular value: √(45) for [[3, 0], [4, 5]], whose AᵀA has eigenvalues 45 and 5', async () => {
    const w = weight({ name: 'w', shape: [2, 2], deviation: 1, spectral: true });
    const params: HostTensors = {
      w: float32([2, 2], Float32Array.of(3, 0, 4, 5)),
      'w/left': float32([1, 2], Float32Array.of(1, -0.3)),
      'w/right': float32([1, 2], Float32Array.of(0.2, 1)),
    };
    const step = await eagerStep((state) => ({ state: w.advance(state), outputs: { w: w.of(state) } }), {
      state: params,
      inputs: {},
    });
    let last: ArrayLike<number | bigint> = [];
    // Each step shrinks the error of a singular value by (5/45)² or more.
    for (let i = 0; i < 12; i++) last = (await step.run({}))['w']!.data;
    expectClose(
      Array.from(last, Number),
      [3, 0, 4, 5].map((value) => value / Math.sqrt(45)),
    );
    expect(step.state()['w']!.data).toEqual(params['w']!.data);
  });

  it('of a filter is that of the matrix [height · width · in, out]', () => {
    // Orthogonal columns of lengths 2 and 6.
    const w = weight({ name: 'w', shape: [1, 2, 1, 2], deviation: 1, spectral: true });
    const state = tensorsOf({
      w: float32([1, 2, 1, 2], Float32Array.of(2, 0, 0, 6)),
      'w/left': float32([1, 2], Float32Array.of(0, 1)),
      'w/right': float32([1, 2], Float32Array.of(0, 1)),
    });
    expectClose(valuesOf(w.of(state)), [2 / 6, 0, 0, 1]);
  });
});
