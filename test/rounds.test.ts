import { describe, expect, it } from 'vitest';
import { inRounds, rounds } from '../src/rounds.js';

/** Resolves when the event loop has come round. */
const round = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('rounds', () => {
  it('gives each large step a round of its own, in the order of asking', async () => {
    const done: string[] = [];
    const steps = ['a', 'b', 'c'].map((name) => rounds.next().then(() => done.push(name)));
    const seen: string[] = [];
    for (let i = 0; i < 3; i++) {
      await round();
      seen.push(done.join(''));
    }
    await Promise.all(steps);
    expect(seen).toEqual(['a', 'ab', 'abc']);
  });

  it('lets what is small go between two steps', async () => {
    const order: string[] = [];
    const steps = [1, 2].map((step) => rounds.next().then(() => order.push(`large ${step}`)));
    setImmediate(() => order.push('small'));
    await Promise.all(steps);
    expect(order).toEqual(['large 1', 'small', 'large 2']);
  });

  it('computes a list in rounds of a millisecond, in order', async () => {
    let turns = 0;
    let going = true;
    const count = (): void => {
      turns++;
      if (going) setImmediate(count);
    };
    setImmediate(count);
    const made = await inRounds([1, 2, 3, 4], (item) => {
      const until = performance.now() + 2;
      while (performance.now() < until);
      return -item;
    });
    going = false;
    expect(made).toEqual([-1, -2, -3, -4]);
    expect(turns).toBeGreaterThanOrEqual(3);
  });

  it('computes a short list at once', async () => {
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    expect(await inRounds([1, 2], (item) => item + 1)).toEqual([2, 3]);
    expect(turned).toBe(false);
  });
});
