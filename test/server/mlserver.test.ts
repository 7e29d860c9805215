// MLServer, as PyPI has it, from both sides: its client and codecs ask our /v2, and a server of it runs our graphs.
// Skipped where it is not installed: a third of a gigabyte is too much for every run of the tests.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shippedFolder, shippedVersion } from '../../bench/shipped.js';
import { messageOf } from '../../src/errors.js';
import { type Served, startServer } from '../examples/serving.js';
import { freePort } from '../free-port.js';

const run = promisify(execFile);
const PYTHON = process.env['PYTHON'] ?? 'python3';
const beside = (file: string) => fileURLToPath(new URL(file, import.meta.url));

let folder: string;
let here: Served | undefined;
let why: string | undefined;
const started: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-mlserver-'));
  try {
    await run(PYTHON, ['-c', 'import mlserver, onnxruntime']);
  } catch (error) {
    why = `pip install mlserver onnxruntime, and name its Python in PYTHON: ${messageOf(error).slice(-100)}`;
    return;
  }
  here = await startServer({ LOG_LEVEL: 'silent' });
  started.push(here);
}, 60_000);
afterAll(async () => {
  await Promise.all(started.map((one) => one.stop()));
  await rm(folder, { recursive: true, force: true });
});

interface Point {
  readonly tensor: { readonly data: string };
  readonly score: { readonly logit: number };
}

async function sample({ url }: Served, variables: object): Promise<readonly Point[]> {
  const query =
    'query ($z: [Latent!], $seed: Seed, $count: Int) { sample(model: "ring8", z: $z, seed: $seed, count: $count) { tensor { data } score { logit } } }';
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ query, variables });
  const reply = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
  return ((await reply.json()) as { data: { sample: Point[] } }).data.sample;
}

const inBase64 = (point: readonly number[]) => Buffer.from(Float32Array.from(point).buffer).toString('base64');

it('its codecs make requests that are answered', { timeout: 60_000 }, async ({ skip }) => {
  if (why !== undefined) return skip(why);
  const { stdout } = await run(PYTHON, [beside('mlserver-client.py'), new URL(here!.url).host]);
  const told = JSON.parse(stdout);
  expect(told.id).toBe('mine');
  const points = await sample(here!, { z: told.z });
  expect(told.point.map(inBase64)).toEqual(points.map(({ tensor }) => tensor.data));
});

it('its command "infer" works unchanged', { timeout: 60_000 }, async ({ skip }) => {
  if (why !== undefined) return skip(why);
  const [from, to] = [join(folder, 'in.jsonl'), join(folder, 'out.jsonl')];
  const latents = [1, 2, 3, 4].map((i) => Array.from({ length: 4 }, (_, k) => 0.5 * i - 0.25 * k));
  const lines = latents.map((data, i) => ({
    id: `row ${i}`,
    inputs: [{ name: 'z', shape: [1, data.length], datatype: 'FP32', data }],
  }));
  await writeFile(from, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const host = new URL(here!.url).host;
  const mlserver = ['-c', 'from mlserver.cli import main; main()', 'infer'];
  await run(PYTHON, [...mlserver, '-u', host, '-m', 'ring8.generate', '-i', from, '-o', to, '-s', '3']);
  const answers = (await readFile(to, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const points = await sample(here!, { z: latents });
  const made = new Map(answers.map(({ id, outputs }) => [id, inBase64(outputs[0].data)]));
  expect(latents.map((_, i) => made.get(`row ${i}`))).toEqual(points.map(({ tensor }) => tensor.data));
});

it('runs the graphs of a server whose ENGINE it is', { timeout: 120_000 }, async ({ skip }) => {
  if (why !== undefined) return skip(why);
  const engine = await startMlserver();
  const there = await startServer({ LOG_LEVEL: 'silent', CHECKPOINTS: await someModels(), ENGINE: engine });
  started.push(there);
  const [theirs, ours] = await Promise.all([there, here!].map((server) => sample(server, { seed: 7, count: 20 })));
  for (const [i, { tensor, score }] of theirs!.entries()) {
    const [received, wanted] = [tensor, ours![i]!.tensor].map(
      ({ data }) => new Float32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer),
    );
    for (const [k, value] of received!.entries()) expect(value).toBeCloseTo(wanted![k]!, 5);
    expect(score.logit).toBeCloseTo(ours![i]!.score.logit, 4);
  }
});

const MODELS = ['ring8', 'mnist-styles'];

/** A folder with nothing but their newest versions. */
async function someModels(): Promise<string> {
  const models = join(folder, 'models');
  for (const model of MODELS) {
    await cp(shippedFolder(model), join(models, model, `${shippedVersion(model)}`), { recursive: true });
  }
  return models;
}

/** Their graphs, each a model; returns the address for ENGINE once it is ready. */
async function startMlserver(): Promise<string> {
  const [http_port, grpc_port, metrics_port] = [await freePort(), await freePort(), await freePort()];
  const settings = { host: '127.0.0.1', http_port, grpc_port, metrics_port, parallel_workers: 0, debug: false };
  const repository = join(folder, 'repository');
  await mkdir(repository);
  await writeFile(join(repository, 'settings.json'), JSON.stringify(settings));
  for (const model of MODELS) {
    const graphs = (await readdir(shippedFolder(model))).filter((file) => file.endsWith('.onnx'));
    for (const file of graphs) {
      const name = `${model}.${basename(file, '.onnx')}`;
      await mkdir(join(repository, name));
      const parameters = { uri: join(shippedFolder(model), file), version: `${shippedVersion(model)}` };
      const settings = { name, implementation: 'mlserver_runtime.OnnxModel', parameters };
      await writeFile(join(repository, name, 'model-settings.json'), JSON.stringify(settings));
    }
  }
  const env = { ...process.env, PYTHONPATH: dirname(beside('mlserver_runtime.py')) };
  const args = ['-c', 'from mlserver.cli import main; main()', 'start', repository];
  const child = spawn(PYTHON, args, { env, stdio: 'ignore' });
  const ended = once(child, 'exit');
  started.push({
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  });
  const ready = async () => (await fetch(`http://127.0.0.1:${http_port}/v2/health/ready`).catch(() => null))?.status;
  await expect.poll(ready, { timeout: 60_000, interval: 250 }).toBe(200);
  return `kserve://127.0.0.1:${http_port}`;
}
