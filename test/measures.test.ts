import { expect, test } from 'vitest';
import { Distribution, timed } from '../src/measures.js';

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
