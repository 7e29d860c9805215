import '@tensorflow/tfjs-backend-cpu';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '../../src/datasets/open.js';
import { eagerStep } from '../../src/engine/step.js';
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
