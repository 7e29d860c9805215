// Integers that are known while a graph is traced: shapes that programs compute and read back, against TensorFlow.js's
// own CPU backend.

import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/engine/graph.js';
import * as tf from '../../src/engine/tf.js';
import { trace } from '../../src/engine/tracer.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const ints = (...values: number[]) => tf.tensor1d(values, 'int32');
const int = (value: number) => tf.scalar(value, 'int32');

test.each<[string, () => tf.Tensor]>([
  ['one number, as it was written', () => ints(7, 7, 7)],
  ['a table of numbers', () => tf.transpose(tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], 'int32'))],
  ['sums', () => tf.add(ints(1, -2, 3), int(4))],
  ['differences of a number and a list of one', () => tf.sub(int(9), ints(4))],
  ['products', () => tf.mul(ints(8, 9), ints(2, 3))],
  ['quotients, rounded down', () => tf.floorDiv(ints(7, -7), int(2))],
  ['the larger', () => tf.maximum(ints(1, 5), ints(4, 2))],
  ['the smaller', () => tf.minimum(ints(1, 5), ints(4, 2))],
  ['a number and others stacked', () => tf.stack([int(3), int(1), int(2)])],
  ['lists, one after the other', () => tf.concat([ints(1, 2), ints(3), ints(4, 5)])],
  ['a sum of all', () => tf.sum(ints(2, 3, 4))],
  ['a sum along no axis', () => tf.sum(ints(2, 3, 4), [])],
  ['a product of all, kept as a list', () => tf.prod(ints(2, 3, 4), 0, true)],
  ['picked ones', () => tf.gather(ints(5, 6, 7), ints(2, 0))],
  ['a picked one', () => tf.gather(ints(5, 6, 7), int(1))],
  ['a slice', () => tf.slice(ints(1, 2, 3, 4), [1], [2])],
  ['the rest from one on', () => tf.slice(ints(1, 2, 3, 4), 2)],
  ['every second', () => tf.stridedSlice(ints(1, 2, 3, 4, 5), [0], [5], [2])],
  ['all backwards', () => tf.stridedSlice(ints(1, 2, 3), [0], [0], [-1], 1, 1)],
  ['one out of a list', () => tf.stridedSlice(ints(4, 5, 6), [-2], [0], [1], 0, 0, 0, 0, 1)],
  ['none', () => tf.slice(ints(1, 2), [1], [0])],
])('%s: read back as TensorFlow.js has them', (_, program) => {
  const wanted = program();
  let found: number[] = [];
  let shape: number[] = [];
  trace(new GraphBuilder(), () => {
    const result = program();
    [found, shape] = [[...result.dataSync()], result.shape];
    return { result };
  });
  expect([shape, found]).toEqual([wanted.shape, [...wanted.dataSync()]]);
});
