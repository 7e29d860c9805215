// Graphs run by another server, through the whole of HTTP: what has to be there, both forms of tensors, and whatever a
// server may do instead of answering.

import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it, test } from 'vitest';
import type { EngineNews, Graph, GraphEngine } from '../../../src/engine/engine.js';
import { exportGraph } from '../../../src/engine/export.js';
import { RemoteEngine, type RemoteOptions } from '../../../src/engine/remote/remote-engine.js';
import { float32, type HostTensors } from '../../../src/engine/tensor.js';
import * as tf from '../../../src/engine/tf.js';
import { EngineUnavailable } from '../../../src/engine/unavailable.js';
import { type Fault, type OipOptions, OipServer } from './oip-server.js';

const doubled = exportGraph((_params, { x }) => ({ y: tf.mul(x!, 2) }), {
  params: {},
  inputs: { x: { dtype: 'float32', shape: [-1, 2] } },
  name: 'doubled',
});
const DOUBLED = { model: 'doubled.run', version: 3 };

const toClose: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of toClose.splice(0).reverse()) await one.close();
});

async function served(options: OipOptions = {}): Promise<OipServer> {
  const server = await OipServer.start(options);
  toClose.push(server);
  await server.add('doubled.run', 3, doubled);
  return server;
}

async function engineOf(server: { url: string }, options: Partial<RemoteOptions> = {}): Promise<RemoteEngine> {
  const { url } = server;
  const local = () => Promise.reject(new Error('nothing is to be run here'));
  const engine = await RemoteEngine.start({ address: url, url, lookEveryMs: 20, seconds: 1, local, ...options });
  toClose.push(engine);
  return engine;
}

/** Two rows; x → 2x. */
const feeds = (): HostTensors => ({ x: float32([2, 2], [1, -2, 0.25, 1e-7]) });
const ANSWER = { y: float32([2, 2], [2, -4, 0.5, 2e-7]) };

function news(engine: RemoteEngine, wanted: (news: EngineNews) => boolean): Promise<EngineNews> {
  return new Promise((resolve) => engine.follow((one) => wanted(one) && resolve(one)));
}

describe('a graph that is there', () => {
  test.each([true, false])('runs with the tensors as bytes: %s', async (binary) => {
    const server = await served({ binary });
    const engine = await engineOf(server);
    expect(engine.healthy).toBe(true);
    expect(engine.remote).toEqual({ address: server.url, server: 'oip 1', retries: 0 });
    const graph = await engine.load('doubled/3/run', doubled, DOUBLED);
    expect(graph.inputs).toEqual({ x: { dtype: 'float32', shape: [-1, 2] } });
    expect(graph.outputs).toEqual({ y: { dtype: 'float32', shape: [-1, 2] } });
    expect(await graph.run(feeds())).toEqual(ANSWER);
    expect(server.runs).toEqual([{ model: 'doubled.run', binary, rows: 2 }]);
    expect(engine.stats.runs.get('doubled/3/run')?.count).toBe(1);
  });

  it('may give a number for each row as a row of one, as Triton does', async () => {
    const summed = exportGraph((_params, { x }) => ({ s: tf.sum(x!, 1) }), {
      params: {},
      inputs: { x: { dtype: 'float32', shape: [-1, 2] } },
      name: 'summed',
    });
    const server = await served();
    const says = { outputs: { s: { dtype: 'float32', shape: [-1, 1] } } } as const;
    await server.add('doubled.run', 3, summed, { says });
    const graph = await (await engineOf(server)).load('a', summed, DOUBLED);
    server.fault = rewrite((json) => json.replace('"shape":[2]', '"shape":[2,1]'));
    expect(await graph.run({ x: float32([2, 2], [1, 2, 3, 4]) })).toEqual({ s: float32([2], [3, 7]) });
  });

  it('may say its version as a number, or not at all', async () => {
    const server = await served();
    const graph = await (await engineOf(server)).load('a', doubled, DOUBLED);
    for (const said of ['3', '""', 'null']) {
      server.fault = rewrite((json) => json.replace('"model_version":"3"', `"model_version":${said}`));
      expect(await graph.run(feeds())).toEqual(ANSWER);
    }
  });

  it('may take a number for each row as a row of one', async () => {
    const scaled = exportGraph((_params, { x, by }) => ({ y: tf.mul(x!, tf.reshape(by!, [-1, 1])) }), {
      params: {},
      inputs: { x: { dtype: 'float32', shape: [-1, 2] }, by: { dtype: 'float32', shape: [-1] } },
      name: 'scaled',
    });
    const server = await served();
    const inputs = { x: { dtype: 'float32', shape: [-1, 2] }, by: { dtype: 'float32', shape: [-1, 1] } } as const;
    await server.add('doubled.run', 3, scaled, { says: { inputs } });
    const graph = await (await engineOf(server)).load('a', scaled, DOUBLED);
    const feeds = { x: float32([2, 2], [1, 2, 3, 4]), by: float32([2], [10, 100]) };
    expect(await graph.run(feeds)).toEqual({ y: float32([2, 2], [10, 20, 300, 400]) });
  });

  it('is run as often at once as the settings say, and what waits makes its rows when it is its turn', async () => {
    const server = await served();
    const engine = await engineOf(server, { workers: 2 });
    const graph = await engine.load('doubled/3/run', doubled, DOUBLED);
    const free = server.hold();
    const made: number[] = [];
    const runs = [0, 1, 2].map((i) =>
      graph.runWhenFree(() => {
        made.push(i);
        return i === 2 ? null : feeds();
      }),
    );
    await expect.poll(() => server.runs.length).toBe(2);
    expect(made).toEqual([0, 1]);
    expect(engine.stats).toMatchObject({ busy: 2, waiting: 1 });
    free();
    expect(await Promise.all(runs)).toEqual([ANSWER, ANSWER, null]);
  });

  it('says how many rows it takes, where the server says so', async () => {
    const server = await served();
    const engine = await engineOf(server);
    expect(await engine.load('a', doubled, DOUBLED)).not.toHaveProperty('maxRows');
    await server.add('doubled.run', 3, doubled, { maxBatch: 8 });
    expect(await engine.load('a', doubled, DOUBLED)).toMatchObject({ maxRows: 8 });
  });

  it('is asked for with the key, which no message repeats', async () => {
    const server = await served({ key: 'letmein' });
    const graph = await (await engineOf(server, { key: 'letmein' })).load('a', doubled, DOUBLED);
    expect(await graph.run(feeds())).toEqual(ANSWER);
    const refusal = (await engineOf(server, { key: 'wrong-one' })).load('a', doubled, DOUBLED);
    await expect(refusal).rejects.toThrow(EngineUnavailable);
    await expect(refusal).rejects.toThrow('401: who are you?');
    await expect(refusal).rejects.not.toThrow('wrong-one');
  });

  it('ends its runs when the engine closes; those that wait are refused', async () => {
    const server = await served();
    const engine = await engineOf(server, { workers: 1 });
    const graph = await engine.load('a', doubled, DOUBLED);
    const free = server.hold();
    const [running, waiting] = [graph.run(feeds()), graph.run(feeds())];
    await expect.poll(() => server.runs.length).toBe(1);
    const closing = engine.close();
    free();
    expect(await running).toEqual(ANSWER);
    await expect(waiting).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await closing;
    await expect(engine.load('a', doubled, DOUBLED)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('is run here where no server has it: what no checkpoint holds', async () => {
    const loaded: string[] = [];
    const local = async () => ({
      load: async (name: string) => {
        loaded.push(name);
        return { name } as Graph;
      },
      close: async () => void loaded.push('closed'),
    });
    const engine = await engineOf(await served(), { local: local as unknown as () => Promise<GraphEngine> });
    await engine.load('doubled/3/first-layer', doubled);
    await engine.load('doubled/3/neighbours', doubled);
    await engine.close();
    expect(loaded).toEqual(['doubled/3/first-layer', 'doubled/3/neighbours', 'closed']);
  });
});

describe('a graph that is not there as it has to be', () => {
  it('is refused with what has to be there, and heard of once it is', async () => {
    const server = await served();
    server.remove('doubled.run', 3);
    const engine = await engineOf(server);
    const refusal = engine.load('a', doubled, DOUBLED);
    await expect(refusal).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    await expect(refusal).rejects.toThrow(
      "Expected the inference server to have doubled.run version 3, which takes x FP32 [N, 2] and gives y FP32 [N, 2], but received 400: Request for unknown model: 'doubled.run' version 3 is not found.",
    );
    await expect(refusal).rejects.not.toThrow(EngineUnavailable);
    const appeared = news(engine, ({ appeared }) => appeared.length > 0);
    await server.add('doubled.run', 3, doubled);
    expect(await appeared).toEqual({ ready: true, appeared: ['doubled.run version 3'] });
    expect(await (await engine.load('a', doubled, DOUBLED)).run(feeds())).toEqual(ANSWER);
  });

  test.each([
    ['an input of another size', { inputs: { x: { dtype: 'float32', shape: [-1, 3] } } }, 'input "x" FP32 [-1, 3]'],
    ['another type', { outputs: { y: { dtype: 'int64', shape: [-1, 2] } } }, 'output "y" INT64 [-1, 2]'],
    ['a fixed batch', { inputs: { x: { dtype: 'float32', shape: [1, 2] } } }, 'input "x" FP32 [1, 2]'],
    ['another name', { inputs: { z: { dtype: 'float32', shape: [-1, 2] } } }, 'input "x" missing, input "z" FP32'],
  ] as const)('is refused for %s', async (_, says, named) => {
    const server = await served();
    await server.add('doubled.run', 3, doubled, { says });
    await expect((await engineOf(server)).load('a', doubled, DOUBLED)).rejects.toThrow(named);
  });

  it('is taken from a server that leaves sizes open, or says nothing of them', async () => {
    const server = await served();
    const open = { inputs: {}, outputs: { y: { dtype: 'float32', shape: [-1, -1] } } } as const;
    await server.add('doubled.run', 3, doubled, { says: open });
    const graph = await (await engineOf(server)).load('a', doubled, DOUBLED);
    expect(await graph.run(feeds())).toEqual(ANSWER);
  });
});

/** Sends a body with the headers of the good one, but for those given. */
const send =
  (body: (good: Buffer) => Buffer | string, headers: Record<string, string> = {}, status = 200): Fault =>
  (good, reply) =>
    void reply.writeHead(status, { ...good.headers, ...headers }).end(body(good.body));

/** Changes the JSON before the bytes, and its length. */
const rewrite =
  (change: (json: string) => string): Fault =>
  (good, reply) => {
    const length = Number(good.headers['inference-header-content-length']);
    const json = Buffer.from(change(good.body.toString('utf8', 0, length)));
    reply.writeHead(200, { ...good.headers, 'inference-header-content-length': `${json.length}` });
    reply.end(Buffer.concat([json, good.body.subarray(length)]));
  };

const HUGE = 2 ** 20;

const FAULTS: Readonly<Record<string, readonly [Fault, string]>> = {
  'says an error of its own': [send(() => '{"error":"out of memory, sorry"}', {}, 500), '500: out of memory, sorry'],
  'says an error that is a page': [send(() => '<h1>Bad\ngateway</h1>', {}, 502), '502: <h1>Bad gateway</h1>'],
  redirects: [send(() => '', { location: 'http://127.0.0.1:1/' }, 302), '302: nothing'],
  'sends nothing': [send(() => ''), 'to be from 1 to 0'],
  'sends text': [send(() => 'hello', { 'inference-header-content-length': '5' }), 'received "hello"'],
  'sends a list': [send(() => '[1]', { 'inference-header-content-length': '3' }), 'outputs with name'],
  'leaves out the length of the JSON': [
    ({ body }, reply) => void reply.writeHead(200).end(body),
    'Expected an answer in JSON',
  ],
  'says a length of nonsense': [send((body) => body, { 'inference-header-content-length': '-1' }), 'received "-1"'],
  'says a length beyond the body': [send((body) => body, { 'inference-header-content-length': '9999' }), '"9999"'],
  'cuts the last number': [send((body) => body.subarray(0, -2)), '16 bytes of tensors behind the JSON'],
  'adds a number': [send((body) => Buffer.concat([body, Buffer.alloc(4)])), 'but received "20"'],
  'gives other sizes': [
    rewrite((json) => json.replace('size":16', 'size":12')),
    'Expected 16 bytes of "y" for its shape',
  ],
  'gives a negative size': [rewrite((json) => json.replace('size":16', 'size":-4')), 'outputs'],
  'gives fewer rows': [rewrite((json) => json.replace('[2,2]', '[1,2]')), 'but received "FP32 [1, 2]"'],
  'gives another shape': [rewrite((json) => json.replace('[2,2]', '[2,2,1]')), 'but received "FP32 [2, 2, 1]"'],
  'gives another type': [rewrite((json) => json.replace('FP32', 'FP64')), 'but received "FP64 [2, 2]"'],
  'gives another output': [rewrite((json) => json.replace('"y"', '"q"')), 'Expected the output "y"'],
  'gives a name of every object': [rewrite((json) => json.replace('"y"', '"constructor"')), 'the output "y"'],
  'answers for another version': [rewrite((json) => json.replace('_version":"3"', '_version":"2"')), 'of version 3'],
  'gives no outputs': [rewrite(() => '{"outputs":[]}'), 'Expected 0 bytes'],
  'gives words for numbers': [
    (_, reply) =>
      void reply
        .writeHead(200)
        .end('{"outputs":[{"name":"y","datatype":"FP32","shape":[2,2],"data":["a","b","c","d"]}]}'),
    'numbers of "y"',
  ],
  'gives too few numbers': [
    (_, reply) =>
      void reply.writeHead(200).end('{"outputs":[{"name":"y","datatype":"FP32","shape":[2,2],"data":[[1,2],[3]]}]}'),
    '4 numbers of "y"',
  ],
  'says that it sends more than an answer has': [send(() => '', { 'content-length': `${HUGE}` }), 'at most'],
  'sends without end': [
    (_, reply) => {
      reply.writeHead(200);
      const more = () => {
        while (!reply.destroyed && reply.write(Buffer.alloc(65_536)));
      };
      reply.on('drain', more).on('error', () => {});
      more();
    },
    'at most',
  ],
  'sends a byte now and then': [
    (good, reply) => {
      reply.writeHead(200, good.headers);
      const drip = setInterval(() => reply.write(' '), 20);
      reply.on('close', () => clearInterval(drip));
    },
    'none after 1 s',
  ],
  'never answers': [() => {}, 'none after 1 s'],
  'closes before it answers': [(_, reply) => void reply.socket!.destroy(), 'none: '],
  'closes in the middle': [
    ({ headers, body }, reply) => {
      reply.writeHead(200, { ...headers, 'content-length': `${body.length}` });
      reply.write(body.subarray(0, 20), () => reply.socket!.destroy());
    },
    'none: ',
  ],
  'speaks no HTTP': [(_, reply) => void reply.socket!.end('SSH-2.0-OpenSSH_9.6\r\n'), 'none: '],
};

describe('a server that', () => {
  test.each(Object.entries(FAULTS))('%s is an error, and the next run is none', async (_, [fault, said]) => {
    const server = await served();
    const graph = await (await engineOf(server)).load('a', doubled, DOUBLED);
    server.fault = fault;
    const failure = await graph.run(feeds()).then(
      (outputs) => expect.unreachable(`received ${JSON.stringify(outputs)}`),
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringContaining(said) });
    server.fault = undefined;
    expect(await graph.run(feeds())).toEqual(ANSWER);
  });

  it('loses a connection before it answers is asked once more, and not a third time', async () => {
    const server = await served();
    const engine = await engineOf(server);
    const graph = await engine.load('a', doubled, DOUBLED);
    server.fault = (_, reply) => {
      server.fault = undefined;
      reply.socket!.destroy();
    };
    expect(await graph.run(feeds())).toEqual(ANSWER);
    expect(engine.remote.retries).toBe(1);
    server.fault = (_, reply) => void reply.socket!.destroy();
    await expect(graph.run(feeds())).rejects.toThrow(EngineUnavailable);
    expect(server.runs).toHaveLength(4);
  });

  it('gives numbers that are none gives them to whoever asks, row by row', async () => {
    const server = await served({ binary: false });
    const graph = await (await engineOf(server)).load('a', doubled, DOUBLED);
    server.fault = (_, reply) =>
      void reply.writeHead(200).end('{"outputs":[{"name":"y","datatype":"FP32","shape":[2,2],"data":[1,null,2,3]}]}');
    expect((await graph.run(feeds()))['y']!.data).toEqual(Float32Array.of(1, Number.NaN, 2, 3));
  });

  it('goes away and comes back, as another even, is followed', async () => {
    const first = await served();
    const { port } = first;
    const engine = await engineOf(first);
    const graph = await engine.load('a', doubled, DOUBLED);
    expect(await graph.run(feeds())).toEqual(ANSWER);
    const gone = news(engine, ({ ready }) => !ready);
    await first.close();
    await gone;
    expect(engine.healthy).toBe(false);
    await expect(graph.run(feeds())).rejects.toThrow(EngineUnavailable);
    const refusal = engine.load('a', doubled, DOUBLED);
    await expect(refusal).rejects.toThrow('but received none: ECONNREFUSED.');
    await expect(refusal).rejects.not.toThrow('127.0.0.1');
    const back = news(engine, ({ ready }) => ready);
    const second = await served({ port, binary: false });
    await back;
    expect(engine.healthy).toBe(true);
    expect(await graph.run(feeds())).toEqual(ANSWER);
    expect(second.runs).toEqual([{ model: 'doubled.run', binary: false, rows: 2 }]);
  });

  it('is not ready, though it answers, is waited for', async () => {
    const server = await served();
    server.ready = false;
    server.remove('doubled.run', 3);
    const engine = await engineOf(server);
    expect(engine.healthy).toBe(false);
    await expect(engine.load('a', doubled, DOUBLED)).rejects.toThrow(EngineUnavailable);
    const ready = news(engine, (one) => one.ready);
    server.ready = true;
    await ready;
  });

  it('takes connections and says nothing is left after a while', async () => {
    const silent: Server = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    toClose.push(silent);
    const { port } = silent.address() as { port: number };
    const engine = await engineOf({ url: `http://127.0.0.1:${port}` });
    expect(engine.healthy).toBe(false);
  });
});
