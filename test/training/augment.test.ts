import '@tensorflow/tfjs-backend-cpu';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/datasets/open.js';
import { compileStep, eagerStep } from '../../src/engine/step.js';
import * as tf from '../../src/engine/tf.js';
import type { Network, Tensors } from '../../src/networks/network.js';
import { streamOf } from '../../src/random/noise.js';
import { augmentConfig } from '../../src/recipes/update-configs.js';
import { augmented } from '../../src/training/augment.js';
import { train } from '../../src/training/trainer.js';
import { Reporter, type WorkEvent } from '../../src/work.js';
import { barsRecipe, writeBars } from './bars.js';
import { temporaryFolder, tensorsOf, valuesOf } from './helpers.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** A discriminator that answers with all it sees: what the augmentation made of the image. */
function witness(shape: readonly number[], range: readonly [number, number], config: object): Network {
  const inner: Network = {
    name: 'discriminator',
    input: shape,
    output: shape,
    noise: {},
    stages: ['discriminator/all/'],
    fate: () => 'trained',
    init: () => ({}),
    apply: (_params, x) => x,
  };
  return augmented(inner, augmentConfig.parse(config), { range, batch: 2 });
}

/** One number for each image, by the name of the noise. */
function numbers(values: Record<string, readonly number[]>): Tensors {
  return Object.fromEntries(
    Object.entries(values).map(([name, list]) => [`augment/${name}`, tf.tensor([...list], [list.length, 1, 1, 1])]),
  );
}

function seen(network: Network, image: readonly number[], noise: Tensors, params: Tensors = {}): number[] {
  const count = Object.values(noise)[0]!.shape[0]!;
  return valuesOf(network.apply(params, tf.tensor([...image], [count, ...network.input]), { noise }));
}

const expectClose = (received: readonly number[], wanted: readonly number[]) => {
  expect(received.length).toBe(wanted.length);
  received.forEach((value, i) => {
    expect(value, `at ${i}`).toBeCloseTo(wanted[i]!, 6);
  });
};

describe('differentiable augmentation', () => {
  it('changes brightness, then saturation about grey, then contrast about the mean of the image', () => {
    const network = witness([3, 1, 2], [-1, 1], { differentiable: ['color'] });
    expect(network.noise['augment/brightness']).toEqual({ kind: 'uniform', low: -0.5, high: 0.5, shape: [1, 1, 1] });
    // Two pixels, channels r, g, b: (0, 0.3, 0.6) and (0.3, 0.3, 0.3).
    const image = [0, 0.3, 0.3, 0.3, 0.6, 0.3];
    const noise = numbers({ brightness: [0.1], saturation: [2], contrast: [0.5] });
    // Brighter: (0.1, 0.4, 0.7), (0.4, 0.4, 0.4), greys 0.4. Saturated: (−0.2, 0.4, 1.0), same. Mean 0.4. Half the
    // contrast:
    expectClose(seen(network, image, noise), [0.1, 0.4, 0.4, 0.4, 0.7, 0.4]);
  });

  const row = [1, 2, 3, 4, 5, 6, 7, 8];

  it.each([
    ['left', 0, [2, 3, 4, 5, 6, 7, 8, 0]],
    ['nowhere', 0.5, row],
    ['right', 0.99, [0, 1, 2, 3, 4, 5, 6, 7]],
  ])('moves an image of 8 pixels by an eighth to the %s, the middle of the range coming in', (_, number, wanted) => {
    const network = witness([1, 1, 8], [-9, 9], { differentiable: ['translation'] });
    expectClose(seen(network, row, numbers({ shiftY: [0.5], shiftX: [number] })), wanted);
    const brighter = witness([1, 1, 8], [0, 18], { differentiable: ['translation'] });
    const up = (values: readonly number[]) => values.map((value) => value + 9);
    expectClose(seen(brighter, up(row), numbers({ shiftY: [0.5], shiftX: [number] })), up(wanted));
  });

  it('moves each image of a batch by its own shift, rows and columns apart', () => {
    const network = witness([1, 8, 8], [-1, 1], { differentiable: ['translation'] });
    const dot = (y: number, x: number) => Array.from({ length: 64 }, (_, i) => (i === y * 8 + x ? 1 : 0));
    const noise = numbers({ shiftY: [0.99, 0], shiftX: [0, 0.5] });
    expectClose(seen(network, [...dot(3, 4), ...dot(3, 4)], noise), [...dot(4, 3), ...dot(2, 4)]);
  });

  it.each([
    // A box of 2×2 whose second pixel lies on the centre; centres run from 0 to 4 and the box is cut at the border.
    ['in the corner', [0, 0], [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
    ['inside', [0.5, 0.3], [1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1]],
    ['at the far end', [0.99, 0.99], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]],
  ])('cuts a box of half of each side %s out', (_, [y, x], wanted) => {
    const network = witness([1, 4, 4], [-1, 1], { differentiable: ['cutout'] });
    expectClose(seen(network, Array(16).fill(1), numbers({ boxY: [y!], boxX: [x!] })), wanted);
  });

  const grid = [1, 2, 3, 4, 5, 6, 7, 8, 9];

  it('leaves an image as it is where it neither turns nor scales it', () => {
    const network = witness([1, 3, 3], [-9, 9], { differentiable: ['affine'] });
    expect(seen(network, grid, numbers({ angle: [0], octaves: [0] }))).toEqual(grid);
  });

  it('turns each image of a batch about its centre by its own angle, all channels alike', () => {
    const network = witness([2, 3, 3], [-9, 9], { differentiable: ['affine'] });
    const both = (image: readonly number[]) => [...image, ...image.map((value) => -value)];
    const noise = numbers({ angle: [Math.PI / 2, Math.PI], octaves: [0, 0] });
    const wanted = [...both([7, 4, 1, 8, 5, 2, 9, 6, 3]), ...both([...grid].reverse())];
    expectClose(seen(network, [...both(grid), ...both(grid)], noise), wanted);
  });

  it.each([
    ['doubles', 1, [1.75, 2.25, 2.75, 3.25, 3.75, 4.25, 4.75, 5.25]],
    // Seven pixels left of the centre lies 3.5 outside, three and a half … between pixels both sides count half.
    ['halves', -1, [0, 0, 0.5, 2.5, 4.5, 6.5, 0, 0]],
  ])('%s an image about its centre, the middle of the range coming in', (_, octaves, wanted) => {
    const network = witness([1, 1, 8], [-9, 9], { differentiable: ['affine'] });
    expectClose(seen(network, [0, 1, 2, 3, 4, 5, 6, 7], numbers({ angle: [0], octaves: [octaves] })), wanted);
    const brighter = witness([1, 1, 8], [0, 18], { differentiable: ['affine'] });
    const up = (values: readonly number[]) => values.map((value) => value + 9);
    expectClose(seen(brighter, up([0, 1, 2, 3, 4, 5, 6, 7]), numbers({ angle: [0], octaves: [octaves] })), up(wanted));
  });

  it('fades to the middle of the range between the last pixel and the outside', () => {
    const network = witness([1, 2, 1], [-9, 9], { differentiable: ['affine'] });
    expectClose(seen(network, [4, 8], numbers({ angle: [0], octaves: [-1] })), [2, 4]);
  });

  it('turns by at most 20° and scales by at most 2^0.35 either way', () => {
    const { noise } = witness([1, 2, 1], [-9, 9], { differentiable: ['affine'] });
    const unit = { kind: 'uniform', shape: [1, 1, 1] };
    expect(noise['augment/angle']).toEqual({ ...unit, low: -Math.PI / 9, high: Math.PI / 9 });
    expect(noise['augment/octaves']).toEqual({ ...unit, low: -0.35, high: 0.35 });
  });

  it('has, compiled, the gradients of what it does when it turns and scales, and those of their squares', async () => {
    const network = witness([2, 4, 3], [-1, 1], { differentiable: ['affine'] });
    const size = 2 * 24;
    const noise = numbers({ angle: [0.3, -0.2], octaves: [0.3, -0.35] });
    const images = Float64Array.from({ length: size }, (_, i) => Math.sin(1.7 * i));
    // It is linear in the image: with A its matrix and V = Σ (Ax)³, ∇V = 3 Aᵀ(Ax)², and ∇‖∇V‖² by differences of it.
    const matrix = Array.from({ length: size }, (_, k) =>
      seen(
        network,
        Array.from({ length: size }, (_, i) => (i === k ? 1 : 0)),
        noise,
      ),
    );
    const gradientAt = (x: Float64Array) => {
      const y = Array.from({ length: size }, (_, i) => x.reduce((sum, value, k) => sum + matrix[k]![i]! * value, 0));
      return matrix.map((column) => 3 * column.reduce((sum, weight, i) => sum + weight * y[i]! ** 2, 0));
    };
    const slopeAt = (x: Float64Array) => gradientAt(x).reduce((sum, value) => sum + value ** 2, 0);
    const moved = (k: number, by: number) => images.map((value, i) => (i === k ? value + by : value));
    const second = matrix.map((_, k) => (slopeAt(moved(k, 1e-4)) - slopeAt(moved(k, -1e-4))) / 2e-4);
    const step = await compileStep(
      (_, { x, angle, octaves }) => {
        const given = { noise: { 'augment/angle': angle!, 'augment/octaves': octaves! } };
        const gradient = (image: tf.Tensor) =>
          tf.grad((each: tf.Tensor) => tf.sum(tf.pow(network.apply({}, each, given), 3)))(image);
        const slope = tf.grad((image: tf.Tensor) => tf.sum(tf.square(gradient(image))));
        return { state: {}, outputs: { first: gradient(x!), second: slope(x!) } };
      },
      {
        state: {},
        inputs: {
          x: { dtype: 'float32', shape: [2, 2, 4, 3] },
          angle: { dtype: 'float32', shape: [2, 1, 1, 1] },
          octaves: { dtype: 'float32', shape: [2, 1, 1, 1] },
        },
      },
    );
    const outputs = await step.run({
      x: Float32Array.from(images),
      angle: Float32Array.of(0.3, -0.2),
      octaves: Float32Array.of(0.3, -0.35),
    });
    await step.dispose();
    const close = (name: string, wanted: readonly number[]) =>
      wanted.forEach((value, i) => {
        expect(Number(outputs[name]!.data[i]), `${name} at ${i}`).toBeCloseTo(value, 3);
      });
    close('first', gradientAt(images));
    close('second', second);
  });

  it('lets gradients through to the pixels that are still there', () => {
    const network = witness([1, 1, 8], [-9, 9], { differentiable: ['translation'] });
    const noise = numbers({ shiftY: [0.5], shiftX: [0] });
    const slope = tf.grad((x) => tf.sum(tf.mul(network.apply({}, x, { noise }), tf.tensor(row, [1, 1, 1, 8]))));
    expect(valuesOf(slope(tf.tensor(row, [1, 1, 1, 8])))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('happens to each image with the given probability, and not at all when served', () => {
    const network = witness([1, 1, 8], [-9, 9], { differentiable: ['translation'], probability: 0.25 });
    const noise = numbers({ shiftY: [0.5, 0.5], shiftX: [0, 0], translation: [0.24, 0.26] });
    expectClose(seen(network, [...row, ...row], noise), [2, 3, 4, 5, 6, 7, 8, 0, ...row]);
    expect(valuesOf(network.apply({}, tf.tensor(row, [1, 1, 1, 8])))).toEqual(row);
  });
});

describe('adaptive augmentation', () => {
  const config = { differentiable: ['cutout'], probability: { kind: 'adaptive', target: 0.6, kimg: 1 } };

  it('moves its probability by batch / kimg towards where D is right about 60 % of real images, within [0, 1]', async () => {
    const network = witness([1, 1, 1], [-1, 1], config);
    const state = network.init(streamOf(1));
    expect(Object.keys(state).map((name) => network.fate(name))).toEqual(['following', 'following']);
    const step = await eagerStep(
      (tensors, { image }) => {
        const running: Tensors = {};
        network.apply(tensors, image!, { role: 'real', running });
        const next = Object.fromEntries(Object.entries(running).map(([name, t]) => [name, tf.add(t, 0)]));
        tf.dispose(running);
        return { state: next, outputs: {} };
      },
      { state, inputs: { image: { dtype: 'float32', shape: [2, 1, 1, 1] } } },
    );
    const p = () => Number(step.state()['discriminator/augment/probability']!.data[0]);
    const repeated = async (times: number, ...image: number[]) => {
      for (let i = 0; i < times; i++) await step.run({ image: Float32Array.from(image) });
      return p();
    };
    // The running mean of the signs is 1 − 0.9ⁿ: above 0.6 from the ninth step on. Steps are 2/1000.
    expect(await repeated(8, 3, 4)).toBe(0);
    expect(await repeated(10, 3, 4)).toBeCloseTo(0.02, 6);
    // Signs that cancel pull the mean from 0.85 below 0.6 in the fourth step: three more up, then down.
    expect(await repeated(3, 3, -4)).toBeCloseTo(0.026, 6);
    expect(await repeated(5, 3, -4)).toBeCloseTo(0.016, 6);
    expect(await repeated(50, -3, -4)).toBe(0);
  });

  it('says in every report what the probability has come to, and keeps it in the state of the run', async () => {
    const folder = await temporaryFolder();
    await writeBars(folder, 96);
    const probability = { kind: 'adaptive' as const, target: 0.01, kimg: 10 };
    const reports: (number | undefined)[] = [];
    const onEvent = (event: WorkEvent) => {
      if (event.kind === 'metric' && event.name === 'report') reports.push(event.values['augment'] as number);
    };
    const { state } = await train(
      {
        recipe: barsRecipe({ augment: { differentiable: ['cutout'], probability } }),
        seed: 4,
        dataset: await openDataset(folder),
        runDirectory: join(folder, 'run'),
        model: 'bars',
        steps: 40,
        threads: 1,
      },
      new Reporter({ onEvent }),
    );
    expect(reports.length).toBe(2);
    expect(reports[0]).toBeGreaterThan(0);
    // A step moves it by 32/10,000 at most.
    expect(reports[0]).toBeLessThanOrEqual(20 * 0.0032 + 1e-6);
    expect(reports[1]).toBe(Number(state['discriminator/augment/probability']!.data[0]));
  });

  it('counts real images only', () => {
    const network = witness([1, 1, 1], [-1, 1], config);
    const running: Tensors = {};
    network.apply(tensorsOf(network.init(streamOf(1))), tf.ones([2, 1, 1, 1]), { role: 'fake', running });
    expect(running).toEqual({});
  });
});
