// Serving speed over real HTTP: the server runs in a process of its own, clients in this one, sessions to compare with
// in this one too while the server is idle.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Session } from 'ganymede/engine/session.js';
import { float32 } from 'ganymede/engine/tensor.js';
import { encodeImage, toPixels } from 'ganymede/images/image.js';
import { readManifest } from 'ganymede/models/manifest.js';
import { scorerOf } from 'ganymede/models/scoring.js';
import { median } from './measure.js';
import { type Row, row } from './report.js';
import type { ServerReport } from './serving-process.js';
import { shippedFolder } from './shipped.js';

const CHECKPOINT = shippedFolder('mnist');
const ROUNDS = 5;
const ROUND_MS = 1500;

export async function servingRows(): Promise<Row[]> {
  const bare = await bareSamplesPerSecond();
  const encoding = await encodingSeconds();
  const server = fork(fileURLToPath(new URL('./serving-process.js', import.meta.url)), { stdio: 'inherit' });
  try {
    const [{ port }] = (await once(server, 'message')) as [{ port: number }];
    const ask = client(port);
    const report = async (): Promise<ServerReport> => {
      server.send('report');
      return ((await once(server, 'message')) as [ServerReport])[0];
    };
    const vectors =
      'query ($seed: Seed) { sample(model: "mnist", count: 64, seed: $seed) { z score { probability logit } } }';
    const pictures =
      'query ($seed: Seed) { sample(model: "mnist", count: 64, seed: $seed) { z score { logit } image { dataUri } } }';
    const single = 'query ($seed: Seed) { sample(model: "mnist", count: 1, seed: $seed) { image { dataUri } } }';
    const names = '{ models { name } }';

    const counted: Record<string, number[]> = { vectors: [], pictures: [], single: [], names: [] };
    const batches: number[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const rates: Record<string, number> = {
        vectors: 64 * (await perSecond(ask, vectors, 8)),
        pictures: 64 * (await perSecond(ask, pictures, 8)),
      };
      await report();
      rates.single = await perSecond(ask, single, 64);
      const { meanBatch } = await report();
      rates.names = await perSecond(ask, names, 64);
      if (round < 0) continue;
      for (const [name, rate] of Object.entries(rates)) counted[name]!.push(rate);
      batches.push(meanBatch);
    }
    const rate = (name: string) => median(counted[name]!);
    return [
      row('bare session, generate + score, best batch', bare, 'samples/s'),
      row('GraphQL, 64 samples a request, z and score', rate('vectors'), 'samples/s'),
      row('GraphQL against the bare session', rate('vectors') / bare, '×', 0.6),
      row('GraphQL, the same with PNG data URIs', rate('pictures'), 'samples/s'),
      row('… of the bare session', rate('pictures') / bare, '×'),
      row('… share of the server’s main thread spent on encoding', 100 * rate('pictures') * encoding, '%'),
      row('64 clients, one 28×28 image a request', rate('single'), 'requests/s'),
      row('64 clients, { models { name } }', rate('names'), 'requests/s'),
      row('one image a request against { models { name } }', rate('single') / rate('names'), '×', 0.5),
      row('mean batch that the Batcher reached', median(batches), 'samples'),
    ];
  } finally {
    server.send('stop');
    await once(server, 'exit');
  }
}

/** The two graphs of the shipped model, one after the other on all cores, at the batch size that does best. */
async function bareSamplesPerSecond(): Promise<number> {
  const options = { threads: 2 };
  const generate = await Session.load(await readFile(`${CHECKPOINT}/generate.onnx`), options);
  const { graph } = scorerOf(await readManifest(CHECKPOINT))!;
  const score = await Session.load(await readFile(`${CHECKPOINT}/${graph}.onnx`), options);
  let best = 0;
  for (const batch of [32, 64, 128, 256, 512]) {
    const z = Float32Array.from({ length: batch * 100 }, (_, i) => Math.sin(i));
    const times: number[] = [];
    for (let i = 0; i < 12; i++) {
      const started = performance.now();
      const { image } = await generate.run({ z: float32([batch, 100], z) });
      await score.run({ image: image! });
      times.push(performance.now() - started);
    }
    best = Math.max(best, (1000 * batch) / median(times));
  }
  await Promise.all([generate.release(), score.release()]);
  return best;
}

/** Seconds that one digit takes from the generator's floats to a PNG, on one thread. */
async function encodingSeconds(): Promise<number> {
  const generate = await Session.load(await readFile(`${CHECKPOINT}/generate.onnx`));
  const { image } = await generate.run({
    z: float32(
      [64, 100],
      Float32Array.from({ length: 6400 }, (_, i) => Math.sin(i)),
    ),
  });
  await generate.release();
  const shape = { width: 28, height: 28, channels: 1, range: [0, 1] } as const;
  const times: number[] = [];
  for (let i = 0; i < 20; i++) {
    const started = performance.now();
    for (let k = 0; k < 64; k++) {
      const chw = (image!.data as Float32Array).subarray(k * 784, (k + 1) * 784);
      await encodeImage(toPixels(chw, shape), { format: 'png' });
    }
    times.push((performance.now() - started) / 64);
  }
  return median(times) / 1000;
}

type Ask = (query: string) => Promise<void>;

/** Asks over connections that are kept; each request has other seeds. */
export function client(port: number): Ask {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  let seed = 0;
  return (query) =>
    new Promise((resolve, reject) => {
      seed = (seed + 64) % 4_000_000_000;
      const body = JSON.stringify({
        query,
        variables: { seed },
      });
      const sent = request(
        { port, path: '/graphql', method: 'POST', agent, headers: { 'content-type': 'application/json' } },
        (response) => {
          let head = '';
          response.on('data', (chunk: Buffer) => {
            if (head.length < 200) head += chunk.toString('latin1', 0, 200);
          });
          response.on('end', () => (head.includes('"errors"') ? reject(new Error(head)) : resolve()));
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
}

/** Requests finished in a second by `clients` that each send the next request when the last is answered. */
export async function perSecond(ask: Ask, query: string, clients: number): Promise<number> {
  const started = performance.now();
  let finished = 0;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() - started < ROUND_MS) {
        await ask(query);
        finished++;
      }
    }),
  );
  return (1000 * finished) / (performance.now() - started);
}
