import { describe, expect, it } from 'vitest';
import { limiter } from '../../src/images/limiter.js';

/** A task that ends when told to. */
function controlled(): { task: () => Promise<void>; end: () => void; fail: () => void; readonly started: boolean } {
  let started = false;
  const { promise, resolve, reject } = withResolvers();
  return {
    task: () => {
      started = true;
      return promise;
    },
    end: resolve,
    fail: () => reject(new Error('task failed')),
    get started() {
      return started;
    },
  };
}

function withResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve = (): void => {};
  let reject = (_: Error): void => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

describe('the limiter', () => {
  it('starts as many tasks as it has places, and the next when one ends', async () => {
    const inTurn = limiter(2);
    const tasks = [controlled(), controlled(), controlled()];
    const results = tasks.map(({ task }) => inTurn(task));
    expect(tasks.map(({ started }) => started)).toEqual([true, true, false]);
    tasks[1]!.end();
    await results[1];
    expect(tasks[2]!.started).toBe(true);
    tasks[0]!.end();
    tasks[2]!.end();
    await Promise.all(results);
  });

  it('gives back the place of a task that fails', async () => {
    const inTurn = limiter(1);
    const failing = controlled();
    const failure = inTurn(failing.task);
    const next = inTurn(async () => 'done');
    failing.fail();
    await expect(failure).rejects.toThrow('task failed');
    await expect(next).resolves.toBe('done');
    await expect(inTurn(async () => 'again')).resolves.toBe('again');
  });

  it('keeps the order of those who wait', async () => {
    const inTurn = limiter(1);
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4].map((n) => inTurn(async () => order.push(n))));
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('never runs more than its places, however many come and go', async () => {
    const inTurn = limiter(3);
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise((resume) => setImmediate(resume));
      running--;
    };
    await Promise.all(Array.from({ length: 50 }, () => inTurn(work).then(() => inTurn(work))));
    expect(most).toBe(3);
  });
});
