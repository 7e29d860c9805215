import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src/datasets/dataset.js';
import { Session } from '../../../src/engine/session.js';
import { float32 } from '../../../src/engine/tensor.js';
import * as tf from '../../../src/engine/tf.js';
import type { Network } from '../../../src/networks/network.js';
import { fillStream, streamOf } from '../../../src/random/noise.js';
import type { Fixed } from '../../../src/training/fit/fixed-model.js';
import { PLAIN, type ScorerOptions, scorerGraph, trainScorer } from '../../../src/training/fit/scorer.js';
import { linesOf } from '../../../src/training/fit/scorer-measure.js';
import { type ScorerConfig, scorerNetwork } from '../../../src/training/fit/scorer-network.js';
import { barsRecipe } from '../bars.js';
import { lcg } from '../helpers.js';

/** Data and samples are normal of deviation 1 on the line; class c has these means. */
const MEANS = { data: [-1.5, 1.5], samples: [-1, 2.5] } as const;
const CLASSES = ['left', 'right'];
const COUNT = 100_000;
/** Enough for curves so smooth, in a few seconds. */
const hidden = { units: 48, activation: 'leakyRelu', keep: 1 } as const;
const SMALL: ScorerConfig = { kind: 'mlp', layers: [hidden, { units: 1, activation: 'linear', keep: 1 }] };

/** x = z + the mean of the class, or of the first one where it is told of none. */
function generatorOf(classes: number): Network {
  const means = MEANS.samples.slice(0, classes);
  return {
    ...{ name: 'generator', input: [1], output: [1], noise: {}, stages: [], fate: () => 'frozen', init: () => ({}) },
    apply: (_, z, { label } = {}) =>
      label
        ? tf.add(z, tf.matMul(label as tf.Tensor2D, tf.tensor2d(means.map((mean) => [mean]))))
        : tf.add(z, means[0]!),
  };
}

function fixedOf(classes: number): Fixed {
  return {
    manifest: { title: 'A line' } as Fixed['manifest'],
    recipe: barsRecipe({ data: { range: [-1, 1], validation: 0 } }),
    generator: generatorOf(classes),
    discriminator: generatorOf(classes),
    weights: {},
    tensor: 'point',
    shape: [1],
    prior: { kind: 'normal', shape: [1] },
    float16: false,
    ...(classes > 1 ? { classes: CLASSES } : {}),
  };
}

/** Points of the classes in turn. */
function drawn(means: readonly number[], name: string, count: number) {
  const data = new Float32Array(count);
  fillStream(data, streamOf(7, name), { kind: 'normal', shape: [] });
  for (let i = 0; i < count; i++) data[i]! += means[i % means.length]!;
  return { data, size: 1 };
}

function fitted(classes: number) {
  const means = MEANS.data.slice(0, classes);
  const rows = drawn(means, 'data', COUNT);
  const labels = Int32Array.from({ length: COUNT }, (_, i) => i % classes);
  const data: Dataset = {
    ...{ name: 'line', count: COUNT, shape: [1], range: [-1, 1], sha256: '' },
    ...(classes > 1 ? { labels, classes: CLASSES } : {}),
    read: async (indices, out) => {
      for (let i = 0; i < indices.length; i++) out[i] = rows.data[indices[i]!]!;
    },
  };
  const aside = {
    real: drawn(means, 'aside', 2000),
    samples: drawn(MEANS.samples.slice(0, classes), 'aside samples', 2000),
    ...(classes > 1 ? { labels: [...labels.subarray(0, 2000)] } : {}),
  };
  const fixed = fixedOf(classes);
  const options = { fixed, data, aside, pool: aside.samples, seed: 1, threads: 1, batch: 256, network: SMALL };
  const train = (steps: number, more: Partial<ScorerOptions> = {}) => trainScorer({ ...options, steps, ...more });
  return { fixed, aside, train };
}

async function scores(onnx: Uint8Array, points: readonly number[]) {
  const session = await Session.load(onnx);
  const outputs = await session.run({ point: float32([points.length, 1], [...points]) });
  await session.release();
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, Array.from(data, Number)]));
}

/** ln of a normal density of deviation 1, without what all have in common. */
const density = (x: number, mean: number) => -((x - mean) ** 2) / 2;
const logSum = (...values: number[]) => Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0));

/** Where data and samples both lie. */
const POINTS = [-2.5, -1.5, -1, 0, 1, 1.5, 2.5, 3];

async function scorerOf(classes: number, steps: number): Promise<Uint8Array> {
  const { fixed, aside, train } = fitted(classes);
  const made = { fixed, params: await train(steps), network: SMALL };
  return scorerGraph(made, await linesOf(scorerGraph(made, PLAIN), fixed, aside, 1));
}

describe('a scorer of two bell curves', () => {
  let onnx: Uint8Array;
  beforeAll(async () => {
    onnx = await scorerOf(1, 800);
  }, 60_000);

  it('says ln p/q, which is a straight line', async () => {
    const near = POINTS.filter((x) => x < 1.5);
    const { logit } = await scores(onnx, near);
    for (const [i, x] of near.entries()) {
      const truth = density(x, MEANS.data[0]) - density(x, MEANS.samples[0]);
      expect(Math.abs(logit![i]! - truth), `at ${x}`).toBeLessThan(0.2);
    }
  });

  it('knows what lies far from both, at any distance', async () => {
    const { familiarity } = await scores(onnx, [-1.5, -1, 8, -12, 60, 1e3, -1e5]);
    for (const [i, value] of familiarity!.entries()) expect(value > 0, `${i}`).toBe(i < 2);
  });

  it('says nothing of classes where there are none', async () => {
    expect(Object.keys(await scores(onnx, [0])).sort()).toEqual(['familiarity', 'logit']);
  });
});

describe('a scorer of a model of classes', () => {
  let said: Record<string, number[]>;
  let onnx: Uint8Array;
  beforeAll(async () => {
    onnx = await scorerOf(2, 1000);
    said = await scores(onnx, POINTS);
  }, 60_000);
  const each = (check: (x: number, i: number) => void) => POINTS.forEach(check);
  const [left, right] = MEANS.data;
  const [leftMade, rightMade] = MEANS.samples;

  it('says ln p(x)/q(x) of both classes together', () => {
    each((x, i) => {
      const truth = logSum(density(x, left), density(x, right)) - logSum(density(x, leftMade), density(x, rightMade));
      expect(Math.abs(said['logit']![i]! - truth), `at ${x}`).toBeLessThan(0.2);
    });
  });

  it('says ln p(x|c)/q(x|c) of a class where its points lie', () => {
    each((x, i) => {
      for (const [c, [mean, made]] of [
        [left, leftMade],
        [right, rightMade],
      ].entries()) {
        if (Math.abs(x - mean!) > 1.5) continue;
        const truth = density(x, mean!) - density(x, made!);
        expect(Math.abs(said['given']![2 * i + c]! - truth), `class ${c} at ${x}`).toBeLessThan(0.25);
      }
    });
  });

  it('says ln p(c|x) of the data, whatever the samples of a class are like', () => {
    each((x, i) => {
      const logs = [left, right].map((mean) => density(x, mean) - logSum(density(x, left), density(x, right)));
      for (const c of [0, 1]) {
        expect(Math.abs(Math.exp(said['classes']![2 * i + c]!) - Math.exp(logs[c]!)), `at ${x}`).toBeLessThan(0.08);
      }
    });
  });

  it('says the same of a point alone as among others', async () => {
    for (const [i, x] of POINTS.entries()) {
      const alone = await scores(onnx, [x]);
      expect(alone['logit']![0]).toBeCloseTo(said['logit']![i]!, 4);
      expect(alone['given']![1]).toBeCloseTo(said['given']![2 * i + 1]!, 4);
      expect(alone['familiarity']![0]).toBeCloseTo(said['familiarity']![i]!, 4);
    }
  });
});

it('takes so many steps as were asked for, and looks at what is kept aside after the last', async () => {
  const [learnt, looked] = [[] as number[], [] as number[]];
  await fitted(1).train(30, { onLosses: (_, step) => learnt.push(step), onAside: (_, step) => looked.push(step) });
  expect([learnt, looked]).toEqual([[20, 30], [30]]);
});

it('follows from the seed, and takes the weights that do best on what is kept aside', async () => {
  const { train } = fitted(1);
  const [first, again] = [await train(40), await train(40)];
  expect(again).toEqual(first);
});

it.each([
  ['of a photograph in colour is odds that it is familiar and that its negative is not', 3],
  ['of an image in grey is what the network says of it alone', 1],
])('familiarity %s', async (_, channels) => {
  await tf.setBackend('cpu');
  const shape = [channels, 8, 8];
  const size = channels * 64;
  const fixed: Fixed = { ...fixedOf(1), tensor: 'image', shape };
  const net = scorerNetwork({ shape, units: { centre: [0], spread: [1] } });
  const params = net.init(5);
  const random = lcg(4);
  const image = Float32Array.from({ length: 2 * size }, () => 2 * random() - 1);
  const alone = (values: Float32Array): number[] => {
    const tensors = Object.entries(params).map(
      ([name, { data, shape: of }]) => [name, tf.tensor(data as Float32Array, [...of])] as const,
    );
    return Array.from(net.likeness(Object.fromEntries(tensors), tf.tensor(values, [2, ...shape])).dataSync());
  };
  const session = await Session.load(scorerGraph({ fixed, params }, PLAIN));
  const { familiarity } = await session.run({ image: float32([2, ...shape], image) });
  await session.release();
  const negatives = alone(image.map((value) => -value));
  const expected = alone(image).map((x, i) => (channels === 3 ? x - Math.log1p(Math.exp(negatives[i]!)) : x));
  for (const [i, value] of expected.entries()) expect(familiarity!.data[i]).toBeCloseTo(value, 4);
});
