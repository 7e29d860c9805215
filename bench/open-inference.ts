// The Open Inference Protocol in both directions. As served: 64 digits a request as bytes, as JSON and by GraphQL. As
// asked: how runs grow with the engine processes behind `ENGINE=kserve://…`; processes that wait instead of computing
// show what the way costs, however few cores there are.

import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Graph } from 'ganymede/engine/engine.js';
import { RemoteEngine } from 'ganymede/engine/remote/remote-engine.js';
import { float32 } from 'ganymede/engine/tensor.js';
import { Batcher } from 'ganymede/models/batcher.js';
import { latent } from 'ganymede/models/latent.js';
import { type Asked, answersPerSecond, asking } from './client.js';
import { median } from './measure.js';
import { type Row, row, spreadRow } from './report.js';
import { served } from './served.js';
import { shippedFolder, shippedVersion } from './shipped.js';

const ROUNDS = 5;
const ROUND_MS = 1500;
const BATCH = 64;
const LATENT = 100;

export async function openInferenceRows(): Promise<Row[]> {
  return [...(await formRows()), ...(await waitingRows()), ...(await processRows())];
}

/** Answers a second of each form, in turns, and processor time of the server for one. */
async function formRows(): Promise<Row[]> {
  const server = await served();
  try {
    const forms: Readonly<Record<string, Asked>> = {
      'binary tensors': inferring(server.port, true),
      JSON: inferring(server.port, false),
      'GraphQL, tensor { data }': asking(
        server.port,
        `query ($seed: Seed) { sample(model: "mnist", count: ${BATCH}, seed: $seed) { tensor { data } } }`,
      ),
    };
    const rates = new Map<string, number[]>();
    const costs = new Map<string, number[]>();
    for (let round = -1; round < ROUNDS; round++) {
      for (const [name, asked] of Object.entries(forms)) {
        await server.usage();
        const rate = await answersPerSecond(asked, 4, ROUND_MS);
        const { cpuSeconds } = await server.usage();
        if (round < 0) continue;
        rates.set(name, [...(rates.get(name) ?? []), rate]);
        costs.set(name, [...(costs.get(name) ?? []), (1000 * cpuSeconds) / (rate * (ROUND_MS / 1000))]);
      }
    }
    const against = (name: string) => rates.get('binary tensors')!.map((rate, i) => rate / rates.get(name)![i]!);
    return [
      ...Object.keys(forms).map((name) => spreadRow(`${BATCH} digits, ${name}`, rates.get(name)!, 'requests/s')),
      ...Object.keys(forms).map((name) => spreadRow(`… processor time, ${name}`, costs.get(name)!, 'ms')),
      spreadRow('binary tensors against JSON', against('JSON'), '×', 2),
      spreadRow('binary tensors against GraphQL', against('GraphQL, tensor { data }'), '×', 1),
    ];
  } finally {
    await server.stop();
  }
}

/** The same latents each time: nothing of an answer is kept. */
function inferring(port: number, binary: boolean): Asked {
  const data = latents();
  const tensor = { name: 'z', datatype: 'FP32', shape: [BATCH, LATENT] };
  const input = binary
    ? { ...tensor, parameters: { binary_data_size: data.byteLength } }
    : { ...tensor, data: [...data] };
  const outputs = [{ name: 'image', ...(binary && { parameters: { binary_data: true } }) }];
  const json = Buffer.from(JSON.stringify({ inputs: [input], outputs }));
  const body = binary ? Buffer.concat([json, Buffer.from(data.buffer)]) : json;
  const head = [
    'POST /v2/models/mnist.generate/infer HTTP/1.1',
    `host: 127.0.0.1:${port}`,
    `content-type: application/${binary ? 'octet-stream' : 'json'}`,
    ...(binary ? [`inference-header-content-length: ${json.length}`] : []),
    `content-length: ${body.length}`,
  ];
  const bytes = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
  return { port, request: () => bytes };
}

function latents(): Float32Array<ArrayBuffer> {
  const data = new Float32Array(BATCH * LATENT);
  for (let i = 0; i < BATCH; i++) data.set(latent(i, LATENT, { kind: 'uniform', low: -1, high: 1 }), i * LATENT);
  return data;
}

const COUNTS = [1, 2, 4] as const;

/** Runs that take a fixed time of nobody's processor. */
async function waitingRows(): Promise<Row[]> {
  const { rates, costs } = await ratesOf(async (count) => {
    const child = fork(fileURLToPath(new URL('./waiting-engine.js', import.meta.url)), [`${count}`]);
    const [port] = (await once(child, 'message')) as [number];
    return { url: `http://127.0.0.1:${port}`, stop: () => ended(child) };
  });
  const shares = [2, 4].map((count) => {
    const share = rates.get(count)!.map((rate, i) => rate / (count * rates.get(1)![i]!));
    return spreadRow(`${count} engine processes that wait, of linear`, share, '×', 0.9);
  });
  return [spreadRow(`the way of a run of ${BATCH} digits, processor time here`, costs, 'ms'), ...shares];
}

/** Ganymede itself, a thread in each process. With fewer cores than processes nothing can grow. */
async function processRows(): Promise<Row[]> {
  const { rates } = await ratesOf(async (count) => {
    const child = spawn(process.execPath, ['dist/main.js'], {
      env: { ...process.env, PORT: '0', CLUSTER: `${count}`, WORKERS: '1', THREADS: '1', LOG_LEVEL: 'silent' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    for await (const text of child.stdout) {
      said += text;
      const url = /at (http:\/\/[^/\s]+)\/graphql/.exec(said)?.[1];
      if (url) return { url, stop: () => ended(child) };
    }
    throw new Error(`The engine process ended: ${said}`);
  });
  const one = median(rates.get(1)!);
  return [
    row('1 process of Ganymede behind kserve://', BATCH * one, 'samples/s'),
    ...[2, 4].map((count) => {
      const share = rates
        .get(count)!
        .map((rate, i) => rate / (Math.min(count, availableParallelism()) * rates.get(1)![i]!));
      return spreadRow(`${count} processes, of linear in the cores there are`, share, '×');
    }),
  ];
}

interface Behind {
  readonly url: string;
  stop(): Promise<void>;
}

interface Rates {
  /** Engine processes → runs a second, of each round. */
  readonly rates: Map<number, number[]>;
  /** Milliseconds of this process for a run, of each round of each. */
  readonly costs: number[];
}

async function ratesOf(start: (count: number) => Promise<Behind>): Promise<Rates> {
  const behind = await Promise.all(COUNTS.map(async (count) => ({ count, ...(await start(count)) })));
  const rates = new Map<number, number[]>();
  const costs: number[] = [];
  try {
    const tried = await Promise.all(behind.map(async ({ count, url }) => ({ count, ...(await opened(url, count)) })));
    for (let round = -1; round < ROUNDS; round++) {
      for (const { count, graph } of tried) {
        const { rate, cost } = await runsPerSecond(graph, 4 * count);
        if (round < 0) continue;
        rates.set(count, [...(rates.get(count) ?? []), rate]);
        costs.push(cost);
      }
    }
    await Promise.all(tried.map(({ engine }) => engine.close()));
    return { rates, costs };
  } finally {
    await Promise.all(behind.map(({ stop }) => stop()));
  }
}

/** Two runs under way for each process: one computes while the tensors of the other are on their way. */
async function opened(url: string, count: number): Promise<{ engine: RemoteEngine; graph: Graph }> {
  const local = () => Promise.reject(new Error('Nothing is run here.'));
  const engine = await RemoteEngine.start({ address: url, url, workers: 2 * count, local });
  const onnx = await readFile(`${shippedFolder('mnist')}/generate.onnx`);
  const graph = await engine.load('mnist', onnx, { model: 'mnist.generate', version: shippedVersion('mnist') });
  return { engine, graph };
}

async function runsPerSecond(graph: Graph, clients: number): Promise<{ rate: number; cost: number }> {
  const batcher = new Batcher(graph);
  const z = float32([BATCH, LATENT], latents());
  const began = performance.now();
  const before = process.cpuUsage();
  let finished = 0;
  const client = async () => {
    while (performance.now() - began < ROUND_MS) {
      await batcher.submit({ z });
      finished++;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const { user, system } = process.cpuUsage(before);
  return { rate: finished / ((performance.now() - began) / 1000), cost: (user + system) / 1000 / finished };
}

async function ended(child: ReturnType<typeof spawn>): Promise<void> {
  const exit = once(child, 'exit');
  child.kill();
  await exit;
}
