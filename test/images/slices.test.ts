// Small works on the event loop's thread: clients take turns, and other events come between.
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { inSlices } from '../../src/images/slices.js';

describe('works in slices', () => {
  it('are done in order, and give their results and failures to who asked', async () => {
    const client = {};
    const order: number[] = [];
    const work = (n: number) => inSlices(client, async () => order.push(n));
    const failed = inSlices(client, () => Promise.reject(new Error('bad')));
    await Promise.all([work(1), work(2), work(3), expect(failed).rejects.toThrow('bad')]);
    expect(order).toEqual([1, 2, 3]);
  });

  it('of a client who brings one come before most of another, who brought a hundred first', async () => {
    const done: string[] = [];
    const many = {};
    const hundred = Array.from({ length: 100 }, () => inSlices(many, async () => done.push('many')));
    await inSlices({}, async () => done.push('one'));
    expect(done).toEqual(['many', 'one']);
    await Promise.all(hundred);
    expect(done).toHaveLength(101);
  });

  it('let other events in between when together they take long', async () => {
    const client = {};
    let done = 0;
    const busy = async () => {
      const end = performance.now() + 1;
      while (performance.now() < end);
      done++;
    };
    const all = Array.from({ length: 50 }, () => inSlices(client, busy));
    await setImmediate();
    await setImmediate();
    expect(done).toBeLessThan(50);
    await Promise.all(all);
    expect(done).toBe(50);
  });
});
