import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '../../src/engine/tf.js';
import { mlp } from '../../src/networks/mlp.js';
import { streamOf } from '../../src/random/noise.js';
import { mlpConfig } from '../../src/recipes/network-configs.js';
import { tensorsOf, valuesOf } from '../training/helpers.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const X = [
  [0.3, -0.7],
  [0.05, 0.9],
];

/** One linear layer whose output is what it sees: [x, waves] for two numbers in. */
function looking(waves: object) {
  const config = mlpConfig.parse({ kind: 'mlp', waves, layers: [{ units: 10, activation: 'linear', diagonal: 1 }] });
  return mlp(config, { name: 'discriminator', input: [2], output: [10] });
}

/** What is seen of a row, by hand: two octaves at a gain. */
function seenBeside(row: readonly number[], gain: number): number[] {
  return [
    ...row,
    ...row.map((value) => gain * Math.sin(Math.PI * value)),
    ...row.map((value) => gain * Math.cos(Math.PI * value)),
    ...row.map((value) => (gain / 2) * Math.sin(2 * Math.PI * value)),
    ...row.map((value) => (gain / 2) * Math.cos(2 * Math.PI * value)),
  ];
}

function expectSeen(network: ReturnType<typeof looking>, params: Record<string, tf.Tensor>, gain: number): void {
  const seen = valuesOf(network.apply(params, tf.tensor2d(X)));
  X.flatMap((row) => seenBeside(row, gain)).forEach((value, i) => {
    expect(seen[i]).toBeCloseTo(value, 6);
  });
}

describe('waves beside what a perceptron sees', () => {
  it('are sine and cosine of each number, in octaves that are equally steep, times the gain', () => {
    const network = looking({ octaves: 2, gain: 0.5 });
    const params = network.init(streamOf(9));
    expect(params['discriminator/layer1/weight']!.shape).toEqual([10, 10]);
    expectSeen(network, tensorsOf(params), 0.5);
  });

  it('grow from nothing at one step to their gain at another, and stay there', () => {
    const network = looking({ octaves: 2, gain: 0.5, growth: { fromStep: 2, toStep: 6 } });
    let params = tensorsOf(network.init(streamOf(9)));
    const gains = [0, 0, 0, 0.125, 0.25, 0.375, 0.5, 0.5, 0.5];
    for (const gain of gains) {
      expectSeen(network, params, gain);
      params = { ...params, ...network.advance!(params) };
    }
  });

  it('count steps in a tensor that no gradient moves', () => {
    const network = looking({ octaves: 2, gain: 0.5, growth: { fromStep: 2, toStep: 6 } });
    expect(Object.keys(network.init(streamOf(9))).map((name) => [name, network.fate(name)])).toEqual([
      ['discriminator/waves/steps', 'following'],
      ['discriminator/layer1/weight', 'trained'],
      ['discriminator/layer1/bias', 'trained'],
    ]);
  });

  it('cannot have grown before they begin to', () => {
    expect(() => looking({ octaves: 2, gain: 0.5, growth: { fromStep: 6, toStep: 6 } })).toThrow(
      'fromStep before toStep',
    );
  });
});
