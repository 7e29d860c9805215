// What was made lately.
import { expect, test, vi } from 'vitest';
import { Recent } from '../../src/server/recent.js';

const bytes = (length: number) => vi.fn(async () => new Uint8Array(length));

test('who asks at once, or again, gets what is made once', async () => {
  const recent = new Recent(10);
  const make = bytes(4);
  const [one, other] = await Promise.all([recent.get('a', make), recent.get('a', make)]);
  expect(await recent.get('a', make)).toBe(one);
  expect(other).toBe(one);
  expect(make).toHaveBeenCalledOnce();
});

test('what was asked for longest ago goes first when there is too much', async () => {
  const recent = new Recent(10);
  await recent.get('a', bytes(5));
  await recent.get('b', bytes(5));
  await recent.get('a', bytes(5));
  await recent.get('c', bytes(5)); // b goes
  const [a, b] = [bytes(5), bytes(5)];
  await recent.get('a', a);
  await recent.get('b', b);
  expect([a.mock.calls.length, b.mock.calls.length]).toEqual([0, 1]);
});

test('a failure is told to who waits, and tried again by the next', async () => {
  const recent = new Recent(10);
  await expect(recent.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(recent.get('a', bytes(1))).resolves.toHaveLength(1);
});

test('what is forgotten while it is made takes no room from others', async () => {
  const recent = new Recent(10);
  let finish: (bytes: Uint8Array) => void = () => {};
  const slow = recent.get('slow', () => new Promise((resolve) => (finish = resolve)));
  await recent.get('large', bytes(11)); // too much: all that is older goes, and itself
  finish(new Uint8Array(9));
  await slow;
  const small = bytes(5);
  await recent.get('small', small);
  await recent.get('small', small);
  expect(small).toHaveBeenCalledOnce();
});
