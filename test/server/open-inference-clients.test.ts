// Triton's own client for Python, as PyPI has it, against the server as it is started. Skipped where there is no Python
// or nothing can be installed for it.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { messageOf } from '../../src/errors.js';
import { type Served, startServer } from '../examples/serving.js';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('open-inference-clients.py', import.meta.url));

let folder: string;
let server: Served | undefined;
let why: string | undefined;
const python = () => join(folder, 'bin', 'python');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-triton-'));
  try {
    await run('python3', ['-m', 'venv', folder]);
    await run(python(), ['-m', 'pip', 'install', '--quiet', 'tritonclient[http]==2.60.0'], { timeout: 240_000 });
    await run(python(), ['-c', 'import tritonclient.http']);
  } catch (error) {
    why = `Triton’s client cannot be had here: ${messageOf(error).slice(0, 200)}`;
    return;
  }
  server = await startServer({ LOG_LEVEL: 'silent' });
}, 300_000);
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

it('Triton’s client for Python works unchanged', { timeout: 60_000 }, async ({ skip }) => {
  if (why !== undefined) return skip(why);
  const { stdout } = await run(python(), [SCRIPT, new URL(server!.url).host]);
  const told = JSON.parse(stdout);
  expect(told).toMatchObject({
    ...{ live: true, ready: true, server: 'ganymede', id: 'mine', loaded: true },
    index: expect.arrayContaining(['ring8.generate', 'ring8.score', 'mnist-conditional.inpaint']),
    refusal: expect.stringContaining('ring8.generate, ring8.score'),
  });
  expect(told.json).toEqual(told.bytes);
  expect(told.after).toEqual(told.bytes);
  const query = 'query ($z: [Latent!]) { sample(model: "ring8", z: $z) { tensor { data } } }';
  const reply = await fetch(`${server!.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { z: told.z } }),
  });
  const { data } = (await reply.json()) as { data: { sample: { tensor: { data: string } }[] } };
  const points = told.bytes.map((point: number[]) => Buffer.from(Float32Array.from(point).buffer).toString('base64'));
  expect(data.sample.map(({ tensor }) => tensor.data)).toEqual(points);
});
