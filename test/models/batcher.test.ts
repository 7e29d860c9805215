import { setImmediate as nextRound } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { float32, type HostTensors } from '../../src/engine/tensor.js';
import { EngineUnavailable } from '../../src/engine/unavailable.js';
import { GanymedeError } from '../../src/errors.js';
import { Batcher, MOST_OVERTAKING, SMALL_ROWS } from '../../src/models/batcher.js';
import { FakeGraph, plusOne } from './fakes.js';

const rows = (...values: number[]): HostTensors => ({ x: float32([values.length, 1], values) });
const many = (value: number, count: number) => rows(...Array<number>(count).fill(value));
const outputs = async (result: Promise<HostTensors>) => [...((await result)['y']!.data as Float32Array)];
const inputs = (graph: FakeGraph, run: number) => [...(graph.runs[run]!['x']!.data as Float32Array)];
const codeOf = (result: Promise<unknown>) =>
  result.then(
    () => 'no refusal',
    (error: GanymedeError) => error.code,
  );

const away = (): never => {
  throw new EngineUnavailable('Nobody is there.');
};

/** A batcher whose only worker is busy with the row 0, so that what comes next waits. */
async function busy(options = {}, graph = plusOne(1)) {
  const batcher = new Batcher(graph, options);
  graph.hold();
  const first = batcher.submit(rows(0));
  await graph.started(1);
  return { graph, batcher, first };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('Batcher', () => {
  it('gathers what arrives while the worker is busy into one batch, in order', async () => {
    const { graph, batcher, first } = await busy();
    const waiting = [rows(1), rows(2, 3), rows(4)].map((each) => outputs(batcher.submit(each)));
    graph.free();
    expect(await outputs(first)).toEqual([1]);
    expect(await Promise.all(waiting)).toEqual([[2], [3, 4], [5]]);
    expect(graph.runs).toHaveLength(2);
    expect(inputs(graph, 1)).toEqual([1, 2, 3, 4]);
    expect(batcher.stats).toMatchObject({ batches: 2, rows: 5, meanBatchSize: 2.5, queued: 0 });
    expect(batcher.stats.sizes).toMatchObject({ count: 2, sum: 5 });
    expect(batcher.stats.waits.count).toBe(4); // one for each that was submitted
  });

  it('gathers what arrives in one round of the event loop, with the worker idle', async () => {
    const graph = plusOne(1);
    const batcher = new Batcher(graph);
    await Promise.all([1, 2, 3].map((value) => batcher.submit(rows(value))));
    expect(graph.runs).toHaveLength(1);
  });

  it('sends no more than maxBatch rows, and keeps an entry that fits whole', async () => {
    const { graph, batcher, first } = await busy({ maxBatch: 4 });
    const waiting = [rows(1, 2, 3), rows(4, 5), rows(6)].map((each) => outputs(batcher.submit(each)));
    graph.free();
    await first;
    expect(await Promise.all(waiting)).toEqual([[2, 3, 4], [5, 6], [7]]);
    expect([inputs(graph, 1), inputs(graph, 2)]).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('lets a small entry go before large ones that came first', async () => {
    const { graph, batcher, first } = await busy({ maxBatch: 16 });
    const large = [100, 200].map((value) => outputs(batcher.submit(many(value, 16))));
    const small = outputs(batcher.submit(rows(1)));
    graph.finish();
    await first;
    await graph.started(2);
    expect(inputs(graph, 1)).toEqual([1]);
    graph.free();
    expect(await small).toEqual([2]);
    expect((await Promise.all(large)).map(([value]) => value)).toEqual([101, 201]);
  });

  it(`holds a large entry up by at most ${MOST_OVERTAKING} runs, however many small ones keep coming`, async () => {
    const { graph, batcher, first } = await busy({ maxBatch: 16 });
    const large = batcher.submit(many(100, 16));
    const small = Array.from({ length: 40 }, (_, i) => batcher.submit(many(i, SMALL_ROWS)));
    graph.free();
    await Promise.all([first, large, ...small]);
    const sizes = graph.runs.map((_, run) => inputs(graph, run));
    expect(sizes.findIndex((run) => run[0] === 100)).toBe(1 + MOST_OVERTAKING);
  });

  it('fills the run of a large entry with small ones, and the other way round', async () => {
    const { graph, batcher, first } = await busy({ maxBatch: 16 });
    const waiting = [batcher.submit(many(100, 12)), batcher.submit(rows(1, 2))];
    graph.free();
    await Promise.all([first, ...waiting]);
    expect(inputs(graph, 1)).toEqual([1, 2, ...Array<number>(12).fill(100)]);
    expect(graph.runs).toHaveLength(2);
  });

  it('cuts an entry larger than maxBatch and puts its rows together again', async () => {
    const graph = plusOne(2);
    const batcher = new Batcher(graph, { maxBatch: 3 });
    const values = Array.from({ length: 14 }, (_, i) => i);
    const { y } = await batcher.submit({ x: float32([7, 2], values) });
    expect(y!.shape).toEqual([7, 2]);
    expect([...(y!.data as Float32Array)]).toEqual(values.map((value) => value + 1));
    expect(graph.runs.map((run) => run['x']!.shape[0])).toEqual([3, 3, 1]);
  });

  it('puts pieces in order even when a later one finishes first', async () => {
    const finished: (() => void)[] = [];
    const graph = plusOne(1, 2);
    const runWhenFree = graph.runWhenFree.bind(graph);
    // The first run's result is kept back until the second is there.
    vi.spyOn(graph, 'runWhenFree').mockImplementation(async (makeFeeds) => {
      const result = await runWhenFree(makeFeeds);
      if (result?.['y']?.data[0] === 2) await new Promise<void>((resolve) => finished.push(resolve));
      else for (const release of finished) release();
      return result;
    });
    expect(await outputs(new Batcher(graph, { maxBatch: 2 }).submit(rows(1, 2, 3)))).toEqual([2, 3, 4]);
    expect(finished).toHaveLength(1);
  });

  it('uses a second worker for what the first batch had no room for', async () => {
    const graph = plusOne(1, 2);
    graph.hold();
    const batcher = new Batcher(graph, { maxBatch: 2 });
    const both = [rows(1, 2), rows(3, 4)].map((each) => outputs(batcher.submit(each)));
    await graph.started(2);
    graph.free();
    expect(await Promise.all(both)).toEqual([
      [2, 3],
      [4, 5],
    ]);
  });

  it('leaves the rows of a caller as they were', async () => {
    const mine = rows(1, 2);
    await new Batcher(plusOne(1)).submit(mine);
    expect([...(mine['x']!.data as Float32Array)]).toEqual([1, 2]);
  });

  it('batches every input of a row together', async () => {
    const graph = new FakeGraph(
      'conditional',
      { z: { dtype: 'float32', shape: [-1, 1] }, label: { dtype: 'int64', shape: [-1] } },
      { y: { dtype: 'float32', shape: [-1] } },
      ({ z, label }) => {
        const sums = Array.from(z!.data as Float32Array, (value, i) => value + Number(label!.data[i]));
        return { y: float32([sums.length], sums) };
      },
    );
    const batcher = new Batcher(graph);
    const entry = (z: number, label: bigint): HostTensors => ({
      z: float32([1, 1], [z]),
      label: { dtype: 'int64', shape: [1], data: BigInt64Array.of(label) },
    });
    const sums = [entry(1, 10n), entry(2, 20n)].map((each) => outputs(batcher.submit(each)));
    expect(await Promise.all(sums)).toEqual([[11], [22]]);
    expect(graph.runs).toHaveLength(1);
  });
});

describe('Batcher limits', () => {
  it('refuses more rows than its queue may hold, and takes others once there is room', async () => {
    const { graph, batcher, first } = await busy({ maxQueue: 3 });
    const waiting = batcher.submit(rows(1, 2));
    await expect(batcher.submit(rows(3, 4))).rejects.toMatchObject({
      code: 'QUEUE_FULL',
      message: 'Expected at most 3 rows to wait for plus-one but received 2 with 2 waiting. Try again later.',
    });
    expect(batcher.stats.queued).toBe(2);
    graph.free();
    await Promise.all([first, waiting]);
    expect(await outputs(batcher.submit(rows(3, 4)))).toEqual([4, 5]);
    expect(batcher.stats.queued).toBe(0);
  });

  it('says so when an entry can never fit', async () => {
    await expect(new Batcher(plusOne(1), { maxQueue: 1 }).submit(rows(1, 2))).rejects.toThrow(
      'Ask for fewer at a time.',
    );
  });

  it('fails an entry at its deadline, by a timer, and does not run it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { graph, batcher, first } = await busy({ deadlineMs: 100 });
    const late = codeOf(batcher.submit(rows(1), { deadlineMs: 40 }));
    const inTime = outputs(batcher.submit(rows(2)));
    vi.advanceTimersByTime(40);
    expect(await late).toBe('DEADLINE_EXCEEDED');
    graph.free();
    await first;
    expect(await inTime).toEqual([3]);
    expect(inputs(graph, 1)).toEqual([2]);
  });

  it('lets a request shorten the deadline but not lengthen it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { batcher, first } = await busy({ deadlineMs: 100 });
    const running = codeOf(first);
    const greedy = batcher.submit(rows(1), { deadlineMs: 10_000 });
    vi.advanceTimersByTime(100);
    await expect(greedy).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: 'Expected a result within 100 ms but received none.',
    });
    expect(await running).toBe('DEADLINE_EXCEEDED'); // a run that hangs keeps nobody waiting
  });

  it('checks deadlines when a batch forms, should the timer be late', async () => {
    // Only the clock is moved: the timers of a blocked event loop would not have fired either.
    vi.useFakeTimers({ toFake: ['performance'] });
    const { graph, batcher } = await busy({ deadlineMs: 1000 });
    const late = codeOf(batcher.submit(rows(1), { deadlineMs: 500 }));
    vi.advanceTimersByTime(600);
    graph.free();
    expect(await late).toBe('DEADLINE_EXCEEDED');
    expect(graph.runs).toHaveLength(1);
  });

  it('drops an entry whose client left, and only that one', async () => {
    const { graph, batcher, first } = await busy();
    const client = new AbortController();
    const left = codeOf(batcher.submit(rows(1, 2), { signal: client.signal }));
    const stays = outputs(batcher.submit(rows(3)));
    client.abort();
    expect(await left).toBe('CANCELLED');
    expect(batcher.stats.queued).toBe(1);
    graph.free();
    await first;
    expect(await stays).toEqual([4]);
    expect(inputs(graph, 1)).toEqual([3]);
  });

  it('asks for no worker’s time when all that waited have left', async () => {
    const { graph, batcher, first } = await busy();
    const client = new AbortController();
    const left = codeOf(batcher.submit(rows(1), { signal: client.signal }));
    client.abort();
    await left;
    graph.free();
    await first;
    await nextRound();
    expect(graph.runs).toHaveLength(1);
    expect(await outputs(batcher.submit(rows(5)))).toEqual([6]);
  });

  it('refuses a signal that has aborted already', async () => {
    expect(await codeOf(new Batcher(plusOne(1)).submit(rows(1), { signal: AbortSignal.abort() }))).toBe('CANCELLED');
  });

  it('holds on to no signal once the entry is done', async () => {
    const client = new AbortController();
    const remove = vi.spyOn(client.signal, 'removeEventListener');
    await new Batcher(plusOne(1)).submit(rows(1), { signal: client.signal });
    expect(remove).toHaveBeenCalledWith('abort', expect.any(Function));
  });

  it('refuses options that make no sense', () => {
    expect(() => new Batcher(plusOne(1), { maxBatch: 0 })).toThrow('Expected maxBatch to be an integer in [1, 2^31)');
  });
});

describe('Batcher failures', () => {
  it.each<{ name: string; bad: HostTensors; says: string }>([
    { name: 'width', bad: { x: float32([1, 2], [1, 2]) }, says: 'float32 [1, 1]' },
    { name: 'name', bad: { ...rows(1), w: float32([1, 1], [1]) }, says: 'only inputs x' },
    { name: 'type', bad: { x: { dtype: 'int32', shape: [1, 1], data: Int32Array.of(1) } }, says: 'float32 [1, 1]' },
    {
      name: 'length',
      bad: { x: { dtype: 'float32', shape: [2, 1], data: Float32Array.of(1) } },
      says: 'with 1 values',
    },
    { name: 'count of zero', bad: { x: float32([0, 1], []) }, says: 'n ≥ 1' },
    { name: 'missing input', bad: {}, says: 'input "x"' },
  ])('refuses rows of the wrong $name at once, without hurting those that wait', async ({ bad, says }) => {
    const { graph, batcher, first } = await busy();
    const waiting = outputs(batcher.submit(rows(1)));
    await expect(batcher.submit(bad)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(says),
    });
    graph.free();
    await first;
    expect(await waiting).toEqual([2]);
  });

  it('fails a poisonous entry alone: its batch-mates are run again without it', async () => {
    const { graph, batcher, first } = await busy();
    const before = outputs(batcher.submit(rows(1)));
    const poison = codeOf(batcher.submit(rows(666)));
    const after = outputs(batcher.submit(rows(2, 3)));
    graph.free();
    await first;
    expect(await before).toEqual([2]);
    expect(await poison).toBe('ENGINE_FAILED');
    expect(await after).toEqual([3, 4]);
    expect(graph.runs.slice(1).map((_, i) => inputs(graph, i + 1))).toEqual([[1, 666, 2, 3], [1], [666], [2, 3]]);
  });

  it('tries none again where the engine itself is away: other rows would fare no better', async () => {
    const { graph, batcher, first } = await busy(
      {},
      new FakeGraph('away', plusOne(1).inputs, plusOne(1).outputs, away),
    );
    const waiting = [1, 2].map((value) => codeOf(batcher.submit(rows(value))));
    graph.free();
    expect(await codeOf(first)).toBe('ENGINE_FAILED');
    expect(await Promise.all(waiting)).toEqual(['ENGINE_FAILED', 'ENGINE_FAILED']);
    expect(graph.runs).toHaveLength(2);
  });

  it('sends no more rows than the graph takes', async () => {
    const { graph, batcher, first } = await busy({ maxBatch: 4 }, Object.assign(plusOne(1), { maxRows: 2 }));
    const waiting = outputs(batcher.submit(rows(1, 2, 3)));
    graph.free();
    await first;
    expect(await waiting).toEqual([2, 3, 4]);
    expect([inputs(graph, 1), inputs(graph, 2)]).toEqual([[1, 2], [3]]);
  });

  it('fails the whole of an entry when one of its pieces fails, and runs no further piece', async () => {
    const graph = plusOne(1);
    const batcher = new Batcher(graph, { maxBatch: 1 });
    expect(await codeOf(batcher.submit(rows(1, 666, 2)))).toBe('ENGINE_FAILED');
    await nextRound();
    expect(graph.runs).toHaveLength(2);
    expect(batcher.stats.queued).toBe(0);
  });

  it('leaves nobody waiting when the engine stops before it takes them', async () => {
    const { graph, batcher, first } = await busy();
    const waiting = [1, 2].map((value) => codeOf(batcher.submit(rows(value))));
    await nextRound(); // the batcher has asked for a worker
    graph.refuseWaiting(new GanymedeError('SHUTTING_DOWN', 'the engine stops'));
    expect(await Promise.all(waiting)).toEqual(['SHUTTING_DOWN', 'SHUTTING_DOWN']);
    graph.free();
    expect(await outputs(first)).toEqual([1]);
  });

  it('calls an output with another number of rows a fault of the engine', async () => {
    const graph = new FakeGraph('short', plusOne(1).inputs, plusOne(1).outputs, () => ({ y: float32([1, 1], [0]) }));
    await expect(new Batcher(graph).submit(rows(1, 2))).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });

  it('closes when the last entry is settled, and takes no more', async () => {
    const { graph, batcher, first } = await busy();
    const waiting = batcher.submit(rows(1));
    const order: string[] = [];
    const closed = batcher.close().then(() => order.push('closed'));
    expect(await codeOf(batcher.submit(rows(2)))).toBe('SHUTTING_DOWN');
    void waiting.then(() => order.push('settled'));
    graph.free();
    await Promise.all([first, waiting, closed]);
    expect(order).toEqual(['settled', 'closed']);
    await batcher.close(); // at once, with nothing open
  });
});
