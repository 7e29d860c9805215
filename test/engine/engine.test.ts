// The pool of worker threads: real graphs on the real worker, and a worker under the test's control that crashes, waits
// and fails on command.

import { BroadcastChannel } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { Engine, type EngineOptions, type Graph } from '../../src/engine/engine.js';
import { exportGraph } from '../../src/engine/export.js';
import { Session } from '../../src/engine/session.js';
import { float32, type HostTensors } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import type { GanymedeError } from '../../src/errors.js';

const engines: Engine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

async function start(options: EngineOptions = {}): Promise<Engine> {
  const engine = await Engine.start(options);
  engines.push(engine);
  return engine;
}

describe('with the real worker', () => {
  const doubled = exportGraph((_params, { x }) => ({ y: tf.mul(x!, 2) }), {
    params: {},
    inputs: { x: { dtype: 'float32', shape: [-1, 2] } },
    name: 'doubled',
  });

  test('runs a graph at any batch size and says what it takes and gives', async () => {
    const graph = await (await start()).load('doubled', doubled);
    expect(graph.inputs).toEqual({ x: { dtype: 'float32', shape: [-1, 2] } });
    expect(graph.outputs).toEqual({ y: { dtype: 'float32', shape: [-1, 2] } });
    for (const rows of [1, 3]) {
      const values = Array.from({ length: 2 * rows }, (_, i) => i);
      const { y } = await graph.run({ x: float32([rows, 2], values) });
      expect(y).toEqual(
        float32(
          [rows, 2],
          values.map((value) => 2 * value),
        ),
      );
    }
  });

  // Processors of other kinds are as fast with such numbers as with any.
  test.skipIf(process.arch !== 'x64')(
    'numbers too small to be normal are 0 in a worker and in the thread that began it, which trains',
    async () => {
      const squared = exportGraph((_params, { x }) => ({ y: tf.square(x!) }), {
        params: {},
        inputs: { x: { dtype: 'float32', shape: [-1, 2] } },
        name: 'squared',
      });
      const small = () => float32([1, 2], [1e-20, 2 ** -60]);
      const graph = await (await start()).load('squared', squared);
      expect((await graph.run({ x: small() }))['y']!.data).toEqual(Float32Array.of(0, 2 ** -120));
      const session = await Session.load(squared);
      expect((await session.run({ x: small() }))['y']!.data).toEqual(Float32Array.of(0, 2 ** -120));
      await session.release();
    },
  );

  test('takes the buffers of its feeds: no copy is made', async () => {
    const graph = await (await start()).load('doubled', doubled);
    const x = float32([1, 2], [1, 2]);
    await graph.run({ x });
    expect(x.data.buffer.byteLength).toBe(0);
  });

  test('feeds that an earlier run took are refused, and the next run goes on', async () => {
    const graph = await (await start()).load('doubled', doubled);
    const feeds = { x: float32([1, 2], [1, 2]) };
    await graph.run(feeds);
    await expect(graph.run(feeds)).rejects.toThrow(
      'Expected 2 values of input "x" of shape [1, 2] but received 0. A run takes the buffers of its inputs',
    );
    expect((await graph.run({ x: float32([1, 2], [1, 2]) }))['y']!.data).toEqual(Float32Array.of(2, 4));
  });

  test('refuses bytes that are no graph, and goes on', async () => {
    const engine = await start();
    await expect(engine.load('noise', Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    const graph = await engine.load('doubled', doubled);
    expect((await graph.run({ x: float32([1, 2], [1, 2]) }))['y']!.data).toEqual(Float32Array.of(2, 4));
  });

  test('a run that the runtime refuses fails alone', async () => {
    const graph = await (await start()).load('doubled', doubled);
    await expect(graph.run({ x: float32([1, 3], [1, 2, 3]) })).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    await expect(graph.run({})).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect((await graph.run({ x: float32([1, 2], [1, 2]) }))['y']!.data).toEqual(Float32Array.of(2, 4));
  });

  test('a released graph is refused; releasing twice is harmless', async () => {
    const graph = await (await start()).load('doubled', doubled);
    await graph.release();
    await graph.release();
    await expect(graph.run({ x: float32([1, 2], [1, 2]) })).rejects.toThrow(
      'Expected graph "doubled" to be loaded but it was released.',
    );
  });
});

// What the controlled worker does with a run.
const [COUNT, EXIT, THROW, HOLD, FAIL, HOLD_THEN_EXIT] = [0, 1, 2, 3, 4, 5];
const feed = (command: number): HostTensors => ({
  command: { dtype: 'int32', shape: [1], data: Int32Array.of(command) },
});

/** An engine of controlled workers with one graph loaded, and the crashes it reported. */
async function controlled(workers = 1): Promise<{ engine: Engine; graph: Graph; crashes: GanymedeError[] }> {
  const crashes: GanymedeError[] = [];
  const workerProgram = new URL('./test-worker.mjs', import.meta.url);
  const engine = await start({ workers, workerProgram, onWorkerCrash: (error) => crashes.push(error) });
  return { engine, graph: await engine.load('controlled', Uint8Array.of()), crashes };
}

/** Starts a run that holds its worker until `go` is called. */
async function hold(graph: Graph, command = HOLD): Promise<{ held: Promise<HostTensors>; go: () => void }> {
  const channel = new BroadcastChannel('ganymede-test-worker');
  const ready = new Promise<void>((resolve) => {
    channel.onmessage = (event) => {
      if ((event as MessageEvent).data === 'held') resolve();
    };
  });
  const held = graph.run(feed(command));
  await ready;
  const go = () => {
    channel.postMessage('go');
    channel.close();
  };
  return { held, go };
}

describe('its numbers', () => {
  test('say how many workers are busy, what waits, and how often each graph ran, failures included', async () => {
    const { engine, graph } = await controlled();
    const { held, go } = await hold(graph);
    const next = graph.run(feed(COUNT));
    expect(engine.stats).toMatchObject({ busy: 1, waiting: 1, crashes: 0 });
    go();
    await Promise.all([held, next]);
    await expect(graph.run(feed(FAIL))).rejects.toThrow('the graph refused');
    await expect(graph.run(feed(EXIT))).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    await graph.run(feed(COUNT));
    const { busy, waiting, crashes, runs } = engine.stats;
    expect({ busy, waiting, crashes }).toEqual({ busy: 0, waiting: 0, crashes: 1 });
    expect(runs.get('controlled')).toMatchObject({ count: 5 });
    expect(runs.get('controlled')!.sum).toBeGreaterThan(0);
  });

  test('forget a graph that is released', async () => {
    const { engine, graph } = await controlled();
    expect([...engine.stats.runs.keys()]).toEqual(['controlled']);
    await graph.release();
    expect([...engine.stats.runs.keys()]).toEqual([]);
  });
});

describe('crashes', () => {
  test.each([
    ['exits', EXIT, 'exit code 7'],
    ['throws', THROW, 'out of luck'],
  ])('a worker that %s fails its run, is replaced with its graphs, and is reported', async (_, command, cause) => {
    const { engine, graph, crashes } = await controlled();
    await expect(graph.run(feed(command))).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: `Expected the worker to finish its run but it ended with ${cause}. It has been replaced; try again.`,
    });
    expect(crashes.map(({ message }) => message)).toEqual([expect.stringContaining(cause)]);
    expect((await graph.run(feed(COUNT)))['runs']!.data).toEqual(Int32Array.of(1)); // the first run of a new worker
    expect(engine.healthy).toBe(true);
  });

  test('what waits behind a crash still runs', async () => {
    const { graph } = await controlled();
    const crash = graph.run(feed(EXIT));
    const next = graph.run(feed(COUNT));
    await expect(crash).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect((await next)['runs']!.data).toEqual(Int32Array.of(1));
  });

  test('a run that fails is no crash', async () => {
    const { graph, crashes } = await controlled();
    await graph.run(feed(COUNT));
    await expect(graph.run(feed(FAIL))).rejects.toThrow('the graph refused');
    expect((await graph.run(feed(COUNT)))['runs']!.data).toEqual(Int32Array.of(2)); // the same worker
    expect(crashes).toEqual([]);
  });

  test('five in a row make the engine unhealthy; a success between them starts the count anew', async () => {
    const { engine, graph, crashes } = await controlled();
    const crash = (times: number) =>
      Array.from({ length: times }).reduce<Promise<void>>(
        (before) => before.then(() => expect(graph.run(feed(EXIT))).rejects.toMatchObject({ code: 'ENGINE_FAILED' })),
        Promise.resolve(),
      );
    await crash(4);
    await graph.run(feed(COUNT));
    await crash(4);
    expect(engine.healthy).toBe(true);
    await crash(1);
    expect(engine.healthy).toBe(false);
    expect(crashes).toHaveLength(9);
    await expect(graph.run(feed(COUNT))).rejects.toThrow('crashed 5 times in a row');
    await expect(engine.load('more', Uint8Array.of())).rejects.toThrow('crashed 5 times in a row');
  });

  test('the fifth crash fails what waits', async () => {
    const { graph } = await controlled();
    const runs = Array.from({ length: 6 }, () => graph.run(feed(EXIT)));
    const results = await Promise.allSettled(runs);
    expect(results.map(({ status }) => status)).toEqual(Array(6).fill('rejected'));
  });
});

describe('the line', () => {
  test('one worker takes runs in the order of their requests', async () => {
    const { graph } = await controlled();
    const order: number[] = [];
    await Promise.all([0, 1, 2, 3].map((i) => graph.run(feed(COUNT)).then(() => order.push(i))));
    expect(order).toEqual([0, 1, 2, 3]);
  });

  test('two workers run at once', async () => {
    const { graph } = await controlled(2);
    const { held, go } = await hold(graph);
    await graph.run(feed(COUNT)); // would wait forever behind the held run
    go();
    await held;
  });

  test('makeFeeds is called only when a worker is free, so a batch can grow until then', async () => {
    const { graph } = await controlled();
    const { held, go } = await hold(graph);
    let rows = 1;
    let taken = 0;
    const late = graph.runWhenFree(() => {
      taken = rows;
      return feed(COUNT);
    });
    rows = 5;
    expect(taken).toBe(0);
    go();
    await held;
    await late;
    expect(taken).toBe(5);
  });

  test('makeFeeds may find nothing left to do, or throw; the line moves on', async () => {
    const { graph } = await controlled();
    const { held, go } = await hold(graph);
    const nothing = graph.runWhenFree(() => null);
    const broken = graph.runWhenFree(() => {
      throw new RangeError('mine');
    });
    const rejected = expect(broken).rejects.toThrow(new RangeError('mine'));
    const next = graph.run(feed(COUNT));
    go();
    await held;
    expect(await nothing).toBeNull();
    await rejected;
    expect((await next)['runs']!.data).toEqual(Int32Array.of(2));
  });
});

describe('closing', () => {
  test('lets the running work end, fails what waits, and takes nothing new', async () => {
    const { engine, graph, crashes } = await controlled();
    const { held, go } = await hold(graph);
    const waiting = graph.run(feed(COUNT));
    const refused = expect(waiting).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    const closed = engine.close();
    await refused;
    go();
    expect((await held)['runs']!.data).toEqual(Int32Array.of(1));
    await closed;
    await expect(graph.run(feed(COUNT))).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await expect(engine.load('more', Uint8Array.of())).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(crashes).toEqual([]);
  });

  test('ends even if the running work crashes', async () => {
    const { engine, graph } = await controlled();
    const { held, go } = await hold(graph, HOLD_THEN_EXIT);
    const failed = expect(held).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    const closed = engine.close();
    go();
    await failed;
    await closed;
  });

  test('twice is as good as once', async () => {
    const { engine } = await controlled();
    await Promise.all([engine.close(), engine.close()]);
    await engine.close();
  });
});
