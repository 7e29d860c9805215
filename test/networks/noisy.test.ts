import '@tensorflow/tfjs-backend-cpu';
import { expect, test } from 'vitest';
import * as tf from '../../src/engine/tf.js';
import { mlp } from '../../src/networks/mlp.js';
import { noisy } from '../../src/networks/noisy.js';
import { streamOf } from '../../src/random/noise.js';
import { tensorsOf, valuesOf } from '../training/helpers.js';

const layer = { units: 1, activation: 'linear' as const, keep: 1 };
const plain = mlp({ kind: 'mlp', layers: [layer] }, { name: 'discriminator', input: [2], output: [1] });
const params = tensorsOf(plain.init(streamOf(1)));
const x = tf.tensor2d([[1, -2]]);
const drawn = tf.tensor2d([[3, 0.5]]);

test('a discriminator with instance noise sees each example moved by as many deviations as were drawn', () => {
  const network = noisy(plain, 0.5);
  expect(network.noise).toEqual({ 'discriminator/instanceNoise': { kind: 'normal', shape: [2] } });
  const pass = { noise: { 'discriminator/instanceNoise': drawn } };
  const moved = valuesOf(plain.apply(params, tf.tensor2d([[2.5, -1.75]])));
  expect(valuesOf(network.apply(params, x, pass))[0]).toBeCloseTo(moved[0]!, 6);
  const { trunk } = network;
  expect(valuesOf(trunk!.head(params, trunk!.features(params, x, pass), pass))[0]).toBeCloseTo(moved[0]!, 6);
});

test('it sees examples as they are where nothing was drawn, as when it is served', () => {
  expect(valuesOf(noisy(plain, 0.5).apply(params, x))).toEqual(valuesOf(plain.apply(params, x)));
  expect(noisy(plain)).toBe(plain);
});
