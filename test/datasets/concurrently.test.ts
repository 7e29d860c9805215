import { describe, expect, it } from 'vitest';
import { forEachConcurrently } from '../../src/datasets/concurrently.js';

describe('work on many things, some at a time', () => {
  it('is done on each of them once, never on more at a time than allowed', async () => {
    const seen: number[] = [];
    let running = 0;
    let most = 0;
    await forEachConcurrently(20, 3, async (i) => {
      most = Math.max(most, ++running);
      await new Promise((resume) => setImmediate(resume));
      seen.push(i);
      running--;
    });
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(most).toBe(3);
    await forEachConcurrently(0, 3, async () => expect.unreachable());
  });

  it('begins nothing new after a failure, and fails only when what was running is done', async () => {
    const begun: number[] = [];
    const done: number[] = [];
    let finish = (): void => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const all = forEachConcurrently(100, 2, async (i) => {
      begun.push(i);
      if (i === 1) throw new Error('the second is damaged');
      await slow;
      done.push(i);
    });
    let failed = false;
    all.catch(() => {
      failed = true;
    });
    await new Promise((resume) => setImmediate(resume));
    expect([begun, failed]).toEqual([[0, 1], false]);
    finish();
    await expect(all).rejects.toThrow('the second is damaged');
    expect([begun, done]).toEqual([[0, 1], [0]]);
  });
});
