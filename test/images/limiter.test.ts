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
    const inTurn = limiter({ places: 2 });
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
    const inTurn = limiter({ places: 1 });
    const failing = controlled();
    const failure = inTurn(failing.task);
    const next = inTurn(async () => 'done');
    failing.fail();
    await expect(failure).rejects.toThrow('task failed');
    await expect(next).resolves.toBe('done');
    await expect(inTurn(async () => 'again')).resolves.toBe('again');
  });

  it('keeps the order of those who wait', async () => {
    const inTurn = limiter({ places: 1 });
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4].map((n) => inTurn(async () => order.push(n))));
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('never runs more than its places, however many come and go', async () => {
    const inTurn = limiter({ places: 3 });
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
    const inTurn = limiter({ places: 1 });
    const running = controlled();
    const leaving = controlled();
    const stop = new AbortController();
    const first = inTurn(running.task, { signal: stop.signal });
    const second = inTurn(leaving.task, { signal: stop.signal });
    const third = inTurn(async () => 'done');
    await running.started;
    stop.abort();
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(inTurn(leaving.task, { signal: stop.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    running.end();
    await expect(first).resolves.toBeUndefined(); // it had begun
    await expect(third).resolves.toBe('done');
    const started = await Promise.race([leaving.started.then(() => true), inTurn(async () => false)]);
    expect(started).toBe(false);
  });

  it('holds no more than its bound, and takes the next when one has left', async () => {
    const inTurn = limiter({ places: 1, mostWaiting: 10 });
    const running = controlled();
    const clients = [new AbortController(), new AbortController(), new AbortController()];
    const of = (client: number, weight: number) => ({ signal: clients[client]!.signal, weight });
    const first = inTurn(running.task, of(0, 100)); // nobody waits: its own size does not matter
    await running.started;
    const second = inTurn(async () => 'second', of(1, 7));
    await expect(inTurn(async () => 'third', of(2, 4))).rejects.toMatchObject({
      code: 'QUEUE_FULL',
      details: { waiting: 7, mostWaiting: 10 },
    });
    clients[1]!.abort();
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
    const third = inTurn(async () => 'third', of(2, 10));
    running.end();
    await first;
    await expect(third).resolves.toBe('third');
  });

  it('refuses at the deadline what still waits, but not what runs', async () => {
    const inTurn = limiter({ places: 1, deadlineMs: 1 });
    const running = controlled();
    const late = controlled();
    const { signal } = new AbortController();
    const first = inTurn(running.task, { signal });
    await running.started;
    await expect(inTurn(late.task, { signal })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    running.end();
    await expect(first).resolves.toBeUndefined();
    const started = await Promise.race([late.started.then(() => true), inTurn(async () => false)]);
    expect(started).toBe(false);
  });

  it('serves a cheap task while dear ones hold the places that they may and many more wait', async () => {
    const inTurn = limiter({ places: 3, dear: 5 });
    const dear = Array.from({ length: 8 }, controlled);
    const clients = dear.map(() => new AbortController());
    const running = dear.map(({ task }, i) => inTurn(task, { signal: clients[i]!.signal, weight: 6 }));
    await Promise.all([dear[0]!.started, dear[1]!.started]);
    await expect(inTurn(async () => 'cheap', { signal: new AbortController().signal, weight: 5 })).resolves.toBe(
      'cheap',
    );
    for (const { end } of dear) end();
    await Promise.all(running);
  });

  it('gives a client two places, so that another need not wait for all of his', async () => {
    const inTurn = limiter({ places: 3 });
    const greedy = Array.from({ length: 8 }, controlled);
    const { signal } = new AbortController();
    const running = greedy.map(({ task }) => inTurn(task, { signal }));
    await Promise.all([greedy[0]!.started, greedy[1]!.started]);
    await expect(inTurn(async () => 'other', { signal: new AbortController().signal })).resolves.toBe('other');
    for (const { end } of greedy) end();
    await Promise.all(running);
  });

  it('neither bounds nor hurries our own work, which has no client', async () => {
    const inTurn = limiter({ places: 1, mostWaiting: 1, deadlineMs: 1 });
    const running = controlled();
    const first = inTurn(running.task, { weight: 100 });
    const others = [1, 2, 3].map((n) => inTurn(async () => n, { weight: 100 }));
    running.end();
    await first;
    expect(await Promise.all(others)).toEqual([1, 2, 3]);
  });
});
