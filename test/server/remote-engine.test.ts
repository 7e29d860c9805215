// The program with its graphs on another server: in front of a small one of the Open Inference Protocol, and in front
// of Ganymede itself. What it answers is held against a server that computes by itself; a value may differ by 10⁻⁵ of
// the range, since another machine adds up in another order, and a score by 10⁻⁴.

import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shippedFolder, shippedVersion } from '../../bench/shipped.js';
import { exportModel } from '../../src/export/export-model.js';
import { OipServer } from '../engine/remote/oip-server.js';
import { type Served, startServer } from '../examples/serving.js';
import { freePort } from '../free-port.js';

const RING = shippedVersion('ring8');
const STYLES = shippedVersion('mnist-styles');
const TOLERANCE = { tensor: 1e-5, score: 1e-4 };

/** Runs `generate`, `score`, `scorer`, `map` and `synthesize`; directions are found by this process. */
const QUERY = `{
  points: sample(model: "ring8", seed: 7, count: 5) { tensor { data } score { logit } }
  digits: sample(model: "mnist-styles", seed: 3, count: 2) { tensor { data } score { logit } image { dataUri } }
  mixed: mixStyles(model: "mnist-styles", styles: [{ seed: 1 }, { seed: 2, layers: [1] }]) { tensor { data } }
  latentDirections(model: "ring8", count: 2) { share }
}`;

interface Row {
  readonly tensor: { readonly data: string };
  readonly score?: { readonly logit: number };
}
interface Answer {
  readonly points: readonly Row[];
  readonly digits: readonly (Row & { readonly image: { readonly dataUri: string } })[];
  readonly mixed: Row;
  readonly latentDirections: readonly { readonly share: number }[];
}
interface Reply<Data> {
  readonly data: Data;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

let folder: string;
let repository: string;
let local: Served;
let reference: Answer;
const started: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-remote-'));
  for (const model of ['ring8', 'mnist-styles']) {
    await cp(shippedFolder(model), join(folder, model, `${shippedVersion(model)}`), { recursive: true });
  }
  repository = join(folder, '.repository');
  for (const model of ['ring8', 'mnist-styles']) {
    await exportModel({ model, for: 'triton', out: repository, checkpoints: [folder] });
  }
  local = await start();
  reference = (await ask<Answer>(local)).data;
}, 120_000);
afterAll(async () => {
  await Promise.all(started.map((one) => one.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(settings: Readonly<Record<string, string>> = {}): Promise<Served> {
  const served = await startServer({
    CHECKPOINTS: folder,
    LOG_LEVEL: 'silent',
    WORKERS: '2',
    THREADS: '1',
    ...settings,
  });
  started.push(served);
  return served;
}

/** With the repository that `export --for triton` writes. */
async function small(port?: number): Promise<OipServer> {
  const server = await OipServer.start(port === undefined ? {} : { port });
  for (const model of await readdir(repository)) {
    const version = model.startsWith('ring8.') ? RING : STYLES;
    await server.add(model, version, await readFile(join(repository, model, `${version}`, 'model.onnx')), {
      maxBatch: 64,
    });
  }
  started.push({ stop: () => server.close() });
  return server;
}

async function ask<Data>({ url }: Served, query = QUERY): Promise<Reply<Data>> {
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return (await reply.json()) as Reply<Data>;
}

async function readiness({ url }: Served): Promise<{ status: number; says: Record<string, unknown> }> {
  const reply = await fetch(`${url}/readyz`);
  return { status: reply.status, says: (await reply.json()) as Record<string, unknown> };
}

/** The server looks every two seconds whether the other one is there. */
const untilReady = (served: Served, status = 200) =>
  expect.poll(async () => (await readiness(served)).status, { timeout: 40_000 }).toBe(status);

function numbersOf({ tensor: { data } }: Row): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer);
}

function expectSame({ data, errors }: Reply<Answer>): void {
  expect(errors).toBeUndefined();
  const rows = ({ points, digits, mixed }: Answer) => [...points, ...digits, mixed];
  for (const [i, row] of rows(data).entries()) {
    const [received, wanted] = [row, rows(reference)[i]!].map(numbersOf) as [Float32Array, Float32Array];
    expect(received.length).toBe(wanted.length);
    const apart = received.reduce((most, value, k) => Math.max(most, Math.abs(value - wanted[k]!)), 0);
    expect(apart).toBeLessThanOrEqual(2 * TOLERANCE.tensor); // of [−1, 1]
    const logits = [row, rows(reference)[i]!].map(({ score }) => score?.logit ?? 0);
    expect(Math.abs(logits[0]! - logits[1]!)).toBeLessThanOrEqual(TOLERANCE.score);
  }
  for (const { image } of data.digits) expect(image.dataUri).toMatch(/^data:image\/png;base64,/);
  for (const [i, { share }] of data.latentDirections.entries()) {
    expect(share).toBeCloseTo(reference.latentDirections[i]!.share, 5);
  }
}

describe('in front of a small server', { timeout: 120_000 }, () => {
  it('answers as one does that computes by itself, and says where the graphs run', async () => {
    const there = await small();
    const here = await start({ ENGINE: `kserve://127.0.0.1:${there.port}` });
    there.runs.length = 0; // of the start
    expectSame(await ask<Answer>(here));
    expect(new Set(there.runs.map(({ model }) => model))).toEqual(
      new Set([
        'ring8.generate',
        'ring8.scorer',
        'mnist-styles.map',
        'mnist-styles.synthesize',
        'mnist-styles.generate',
        'mnist-styles.scorer',
      ]),
    );
    expect(there.runs.every(({ binary }) => binary)).toBe(true);
    expect((await readiness(here)).says).toMatchObject({ status: 'ready', models: 2, workers: 2, engine: 'kserve' });
    const { data } = await ask(here, '{ server { device engine { kind ready address server } } }');
    const engine = { kind: 'KSERVE', ready: true, address: `kserve://127.0.0.1:${there.port}`, server: 'oip 1' };
    expect(data).toEqual({ server: { device: 'remote', engine } });
    const metrics = await (await fetch(`${here.url}/metrics`)).text();
    expect(metrics).toMatch(/^ganymede_engine_remote\{server="oip 1"\} 1$/m);
    expect(metrics).toMatch(/^ganymede_engine_healthy 1$/m);
    expect(metrics).toMatch(
      new RegExp(`engine_run_seconds_count\\{model="ring8",version="${RING}",graph="generate"\\} `),
    );
  });

  it('fails in time while that is away, and goes on by itself when it is back', async () => {
    const port = await freePort();
    const there = await small(port);
    const here = await start({ ENGINE: `kserve://127.0.0.1:${port}` });
    expectSame(await ask<Answer>(here));
    await there.close();
    const { errors } = await ask(here);
    expect(errors!.map(({ extensions }) => extensions.code)).toContain('ENGINE_FAILED');
    expect(errors![0]!.message).toContain('Expected an answer from the inference server');
    await untilReady(here, 503);
    expect((await readiness(here)).says).toMatchObject({ status: 'engine not ready', models: 2 });
    await small(port);
    await untilReady(here);
    expectSame(await ask<Answer>(here));
  });

  it('starts while that is away, and serves as soon as it is there', async () => {
    const port = await freePort();
    const here = await start({ ENGINE: `kserve://127.0.0.1:${port}` });
    expect((await readiness(here)).says).toMatchObject({ status: 'engine not ready', models: 2 });
    const { errors } = await ask(here);
    expect(errors![0]!.extensions.code).toBe('ENGINE_FAILED');
    await small(port);
    await untilReady(here);
    expectSame(await ask<Answer>(here));
  });

  it('goes on with the version that is there until the next one is there, too', async () => {
    const there = await small();
    const here = await start({ ENGINE: `kserve://127.0.0.1:${there.port}` });
    const next = join(folder, 'ring8', `${RING + 1}`);
    await cp(shippedFolder('ring8'), next, { recursive: true });
    const manifest = JSON.parse(await readFile(join(next, 'manifest.json'), 'utf8'));
    await writeFile(join(next, 'manifest.json'), JSON.stringify({ ...manifest, version: RING + 1 }));
    const version = async () =>
      (await ask<{ model: { version: number; versions: unknown[] } }>(here, '{ model(name: "ring8") { version } }'))
        .data.model.version;
    process.kill(here.pid, 'SIGHUP');
    const problems = async () =>
      (await (await fetch(`${here.url}/metrics`)).text()).match(/^ganymede_model_problems (\d)/m)?.[1];
    await expect.poll(problems, { timeout: 40_000 }).toBe('1');
    expect(await version()).toBe(RING);
    for (const graph of ['generate', 'score', 'scorer']) {
      await there.add(`ring8.${graph}`, RING + 1, await readFile(join(next, `${graph}.onnx`)));
    }
    await expect.poll(version, { timeout: 40_000 }).toBe(RING + 1);
    await rm(next, { recursive: true });
  });
});

describe('in front of Ganymede', { timeout: 120_000 }, () => {
  it('answers as that does, and its pictures are equal', async () => {
    const here = await start({ ENGINE: `kserve://${new URL(local.url).host}` });
    const reply = await ask<Answer>(here);
    expectSame(reply);
    expect(reply.data.digits.map(({ image }) => image.dataUri)).toEqual(
      reference.digits.map(({ image }) => image.dataUri),
    );
    const { data } = await ask<{ server: { engine: { server: string } } }>(here, '{ server { engine { server } } }');
    expect(data.server.engine.server).toMatch(/^ganymede \d/);
  });
});
