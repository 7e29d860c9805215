// The real parts together: real ONNX graphs in worker threads, a real socket. And the program itself, started, asked
// and stopped as a person would.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { latent } from '../../src/models/latent.js';
import { ModelRepository } from '../../src/models/repository.js';
import { buildServer } from '../../src/server/server.js';
import { freePort } from '../free-port.js';
import type { Reply } from './replies.js';
import { writeTinyGan } from './tiny-gan.js';
import { LATENT, tinyImage, tinyLogit } from './tiny-graphs.js';

const PRIOR = { kind: 'uniform', low: -2, high: 2 } as const;
let root = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ganymede-e2e-'));
  await writeTinyGan(root, {});
  await writeTinyGan(root, { model: 'broken' });
  await writeFile(join(root, 'broken/1/generate.onnx'), 'not what the manifest says');
});
afterAll(async () => {
  for (const folder of [root, `${root}-data`, `${root}-uploads`]) await rm(folder, { recursive: true, force: true });
});

describe('the server on the real engine', () => {
  let engine: Engine;
  let repository: ModelRepository;
  let app: FastifyInstance;

  beforeAll(async () => {
    engine = await Engine.start({ workers: 2, threadsPerWorker: 1 });
    repository = await ModelRepository.open(root, engine);
    const config = { introspection: true };
    app = await buildServer({ repository, engine, config, logger: pino({ level: 'silent' }) });
    await app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    await app.close();
    await repository.close();
    await engine.close();
  });

  const ask = async (query: string): Promise<Reply> => {
    const { body } = await request(app.server).post('/graphql').send({ query });
    expect(body.errors).toBeUndefined();
    return body.data;
  };

  test('serves the sound checkpoint and skips the corrupt one', async () => {
    expect(
      await ask('{ models { name version versions capabilities latentSize image { width height channels } } }'),
    ).toEqual({
      models: [
        {
          name: 'tiny',
          version: 1,
          versions: [1],
          capabilities: ['generate', 'score'],
          latentSize: 4,
          image: { width: 8, height: 6, channels: 1 },
        },
      ],
    });
    expect(repository.problems).toHaveLength(1);
  });

  test('samples and scores are those of the networks', async () => {
    const { sample } = await ask('{ sample(model: "tiny", count: 100, seed: 9) { seed score { logit } } }');
    expect(sample).toHaveLength(100);
    for (const { seed, score } of sample) {
      expect(score.logit).toBeCloseTo(tinyLogit(tinyImage(latent(seed, LATENT, PRIOR))), 4);
    }
  });

  test('the image at the address has the bytes of the data URI, alone and out of a batch of 64', async () => {
    const { sample } = await ask('{ sample(model: "tiny", count: 64, seed: 0) { image { url dataUri } } }');
    for (const { image } of [sample[0], sample[31]!, sample[63]!]) {
      const reply = await fetch(image.url);
      expect(reply.status).toBe(200);
      const bytes = Buffer.from(await reply.arrayBuffer());
      expect(`data:image/png;base64,${bytes.toString('base64')}`).toBe(image.dataUri);
    }
  });

  test('64 requests at once each get their own sample', async () => {
    const query = (seed: number) => `{ sample(model: "tiny", seed: ${seed}) { seed score { logit } } }`;
    const replies = await Promise.all(Array.from({ length: 64 }, (_, seed) => ask(query(seed))));
    for (const [seed, { sample }] of replies.entries()) {
      expect(sample[0].seed).toBe(seed);
      expect(sample[0].score.logit).toBeCloseTo(tinyLogit(tinyImage(latent(seed, LATENT, PRIOR))), 4);
    }
  });
});

describe('the program', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  });

  const settings = () => ({
    ...{ CHECKPOINTS: root, DATA: `${root}-data`, UPLOADS: `${root}-uploads` },
    PORT: '0',
  });

  function start(environment: Record<string, string>) {
    const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
    const child = spawn(process.execPath, [program], {
      env: { ...process.env, ...settings(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => (output.stdout += chunk));
    child.stderr.on('data', (chunk) => (output.stderr += chunk));
    const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
    const ready = new Promise<void>((resolve, reject) => {
      child.stdout.on('data', () => output.stdout.includes('curl') && resolve());
      void exit.then(() => reject(new Error(`It ended before it was ready: ${output.stderr}`)));
    });
    ready.catch(() => undefined); // tests of a failing start wait for the exit instead
    return { child, output, exit, ready };
  }

  test('prints its address and a command that returns a sample, and stops cleanly on SIGTERM', async () => {
    const { child, output, exit, ready } = start({});
    await ready;
    expect(output.stdout).toMatch(/^Ganymede serves tiny \(version 1\) at http:\/\/127\.0\.0\.1:\d+\/graphql/);
    expect(output.stdout).toMatch(/In a browser:\n {2}http:\/\/127\.0\.0\.1:\d+\/\n/);
    const command = output.stdout.split('\n').find((line) => line.includes('curl')) as string;
    const [, url, body] = /curl -s (\S+) -H 'content-type: application\/json' -d '(.*)'/.exec(command) ?? [];
    const reply = await fetch(url as string, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: body as string,
    });
    const { data, errors } = (await reply.json()) as {
      data: { sample: { seed: number; image: { url: string } }[] };
      errors?: [];
    };
    expect(errors).toBeUndefined();
    expect(data.sample[0]?.seed).toBe(42);
    expect((await fetch(data.sample[0]?.image.url as string)).status).toBe(200);

    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    // The corrupt checkpoint was reported, and nothing else went wrong.
    expect(
      output.stderr
        .trim()
        .split('\n')
        .filter((line) => !line.includes('broken')),
    ).toEqual([]);
  });

  test('says which variable is wrong and ends with status 1', async () => {
    const { output, exit } = start({ PORT: 'http' });
    expect(await exit).toEqual([1, null]);
    expect(output.stderr).toBe(
      'Ganymede cannot start. Expected PORT to be a whole number from 0 to 65535 but received "http".\n',
    );
  });

  test('says that its port is taken and ends with status 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { output, exit } = start({ PORT: `${port}` });
    expect(await exit).toEqual([1, null]);
    expect(output.stderr).toMatch(
      `Expected port ${port} of 127.0.0.1 to be free but received: another program uses it.`,
    );
    other.close();
  });

  test('has /metrics on a port of its own, which is on no other, until it stops', async () => {
    const port = await freePort();
    const { child, output, exit, ready } = start({ METRICS_PORT: `${port}` });
    await ready;
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(output.stdout)!;
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    const reply = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(reply.status).toBe(200);
    expect(await reply.text()).toMatch('ganymede_http_requests_total{method="GET",route="none",status="404"} 1');
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  });

  test('ends with status 1 where the port of /metrics is taken, and names its setting', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const { output, exit } = start({ METRICS_PORT: `${port}` });
    expect(await exit).toEqual([1, null]);
    expect(output.stderr).toMatch(/another program uses it. Stop that one, or set METRICS_PORT/);
    other.close();
  });

  test('says that the folder of checkpoints is missing and ends with status 1', async () => {
    const { output, exit } = start({ CHECKPOINTS: join(root, 'nowhere') });
    expect(await exit).toEqual([1, null]);
    expect(output.stderr).toMatch('Expected a readable folder of checkpoints');
  });
});
