import { expect, test } from 'vitest';
import { Distribution, quantileOf, timed } from '../src/measures.js';

test('a distribution counts each value under the first bound that holds it, bounds included', () => {
  const values = new Distribution([1, 2, 4]);
  for (const value of [0, 1, 1.5, 2, 3, 4, 5, 100]) values.add(value);
  expect(values.counts).toEqual([2, 2, 2, 2]);
  expect(values.count).toBe(8);
  expect(values.sum).toBe(116.5);
});

test('work is timed whether it succeeds or fails, and keeps its result and its error', async () => {
  const seconds = new Distribution([60]);
  await expect(timed(seconds, async () => 'done')).resolves.toBe('done');
  const error = new Error('no');
  await expect(timed(seconds, () => Promise.reject(error))).rejects.toBe(error);
  expect(seconds.count).toBe(2);
});

test('a quantile lies between two bounds as if the values there were even, as histogram_quantile of Prometheus has it', () => {
  const values = new Distribution([1, 2, 4]);
  expect(quantileOf(values, 0.5)).toBeNull();
  for (const value of [0.5, 1.5, 1.5, 1.5, 1.5, 3, 3, 3, 3, 100]) values.add(value);
  expect(quantileOf(values, 0.05)).toBeCloseTo(0.5, 12); // half of the one up to 1
  expect(quantileOf(values, 0.3)).toBeCloseTo(1.5, 12); // two of the four in (1, 2]
  expect(quantileOf(values, 0.5)).toBe(2);
  expect(quantileOf(values, 0.7)).toBe(3);
  expect(quantileOf(values, 0.99)).toBe(4); // beyond every bound nobody knows
  expect(quantileOf(values, 0)).toBe(0);
});
