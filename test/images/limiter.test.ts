import { describe, expect, it } from 'vitest';
import { limiter } from '../../src/images/limiter.js';

/** A task that ends when told to, and says when it has started. */
function controlled(): { task: () => Promise<void>; end: () => void; fail: () => void; started: Promise<void> } {
  const ending = withResolvers();
  const starting = withResolvers();
  return {
    task: () => {
      starting.resolve();
      return ending.promise;
    },
    end: ending.resolve,
    fail: () => ending.reject(new Error('task failed')),
    started: starting.promise,
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
    let third = false;
    void tasks[2]!.started.then(() => {
      third = true;
    });
    const results = tasks.map(({ task }) => inTurn(task));
    await Promise.all([tasks[0]!.started, tasks[1]!.started]);
    await new Promise((resume) => setImmediate(resume));
    expect(third).toBe(false);
    tasks[1]!.end();
    await tasks[2]!.started;
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

  it('lets those leave who still wait, at once, and gives their turn to the next', async () => {
    const inTurn = limiter(1);
    const running = controlled();
    const leaving = controlled();
    const stop = new AbortController();
    const first = inTurn(running.task, stop.signal);
    const second = inTurn(leaving.task, stop.signal);
    const third = inTurn(async () => 'done');
    await running.started;
    stop.abort(new Error('the client left'));
    await expect(second).rejects.toThrow('the client left');
    await expect(inTurn(leaving.task, stop.signal)).rejects.toThrow('the client left');
    running.end();
    await expect(first).resolves.toBeUndefined(); // it had begun
    await expect(third).resolves.toBe('done');
    const started = await Promise.race([leaving.started.then(() => true), inTurn(async () => false)]);
    expect(started).toBe(false);
  });
});
