// The commands about jobs, as a script runs them against a server that it did not start.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobFacts } from '../../src/client/jobs.js';
import type { JobUpdate } from '../../src/client/watch.js';
import { ROOT, type Served, startServer } from '../examples/serving.js';
import { freePort } from '../free-port.js';
import { shippedVersion } from '../shipped.js';

let folder: string;
let settings: Record<string, string>;
let server: Served;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-jobs-cli-'));
  const port = await freePort(); // on which it is begun again
  settings = { PORT: `${port}`, CHECKPOINTS: join(folder, 'models'), DATA: join(folder, 'data'), LOG_LEVEL: 'fatal' };
  for (const model of ['ring8', 'mnist'])
    await cp(join(ROOT, 'checkpoints', model), join(folder, 'models', model), { recursive: true });
  server = await startServer(settings);
}, 60_000);
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function begin(...args: readonly string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'dist/cli.js'), 'jobs', ...args], {
    env: { ...process.env, GANYMEDE_SERVER: server.url },
  });
  return { child, errors: text(child.stderr), ended: once(child, 'close') as Promise<[number | null]> };
}

async function jobs(...args: readonly string[]) {
  const { child, errors, ended } = begin(...args);
  const [out, [status]] = await Promise.all([text(child.stdout), ended]);
  return { status, out, errors: await errors };
}

const SHIPPED = shippedVersion('ring8');
const NEXT = SHIPPED + 1;

const RING8 = ['start', 'train', '--config', 'ring8', '--model', 'ring8', '--data', 'builtin:ring8'] as const;

async function started(steps: number): Promise<JobFacts> {
  const { status, out } = await jobs(...RING8, '--steps', `${steps}`, '--json');
  expect(status).toBe(0);
  return JSON.parse(out) as JobFacts;
}

describe('jobs start', () => {
  it('asks for a job and, told to watch it, tells how it goes to its end', async () => {
    const { status, out, errors } = await jobs(...RING8, '--steps', '200', '--watch');
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^train [a-z0-9-]+ of ring8 is (queued|running)\.$/);
    expect(out).toMatch(/^picture {2}http:.*\.png$/m);
    expect(lines.at(-1)).toBe(`Made version ${NEXT} of ring8. It waits to be promoted.`);
  }, 120_000);

  it('names every fault of an order', async () => {
    const { status, out, errors } = await jobs(...RING8, '--set', 'batch=-1', '--set', 'latent.size=0');
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(errors).toMatch(/^Expected batch in the recipe ring8 to be at least 1 but received -1/m);
    expect(errors).toMatch(/^CONFIG_INVALID: Expected latent\.size in the recipe ring8/m);
  }, 60_000);

  it('says as JSON what was refused, and with which details', async () => {
    const { status, errors } = await jobs('show', 'nobody', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(errors)).toMatchObject({ errors: [{ code: 'JOB_NOT_FOUND', details: {} }] });
  });

  it('is the same job for the same idempotency key', async () => {
    const args = [...RING8, '--steps', '5', '--json', '--idempotency-key', 'once'];
    const [first, second] = [await jobs(...args), await jobs(...args)];
    expect(JSON.parse(second.out)).toMatchObject({ id: (JSON.parse(first.out) as JobFacts).id });
  }, 60_000);
});

describe('a job', () => {
  it('goes on when its watcher is stopped by Ctrl-C; paused, resumed and cancelled it says so', async () => {
    const { id } = await started(100_000);
    const { child, errors, ended } = begin('watch', id);
    for await (const line of createInterface(child.stdout)) if (line.startsWith('step')) child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(await errors).toContain(`The job goes on. Watch it: npx ganymede jobs watch ${id}`);
    expect(await jobs('list', '--state', 'running')).toMatchObject({ out: expect.stringMatching(`${id}  running`) });
    const watching = jobs('watch', id);
    expect(await jobs('pause', id)).toMatchObject({ status: 0, out: `train ${id} of ring8 is pausing.\n` });
    expect(await jobs('cancel', id)).toMatchObject({ status: 0 });
    const watched = await watching;
    expect(watched.out).toMatch(/Cancelled\.\n$/);
    expect(watched.status).toBe(1);
    const refused = await jobs('resume', id);
    expect(refused).toMatchObject({
      status: 1,
      errors: expect.stringMatching(/^JOB_STATE: .*"CANCELLED"|"cancelled"/i),
    });
  }, 120_000);

  it('is watched on without a gap when its server is killed and begun again', async () => {
    const { id } = await started(2500);
    const { child, errors, ended } = begin('watch', id, '--json');
    const updates: JobUpdate[] = [];
    let restarted: Promise<void> | undefined;
    for await (const line of createInterface(child.stdout)) {
      updates.push(JSON.parse(line) as JobUpdate);
      if (updates.at(-1)!.kind === 'metric' && updates.at(-1)!.seq > 6) restarted ??= restart();
    }
    await restarted;
    expect({ status: await ended, errors: await errors }).toEqual({ status: [0, null], errors: '' });
    const numbers = updates.filter(({ kind }) => kind !== null).map(({ seq }) => seq);
    expect(numbers).toEqual(Array.from(numbers, (_, i) => i + 1));
    expect(updates.at(-1)!.job).toMatchObject({ state: 'SUCCEEDED', attempt: 2 });
  }, 180_000);

  /** On the same port and folders, as a supervisor does. */
  async function restart(): Promise<void> {
    process.kill(server.pid, 'SIGKILL');
    await server.stop();
    server = await startServer(settings);
  }
});

describe('a server that is not there', () => {
  it('is said to be so', async () => {
    const { status, errors } = await jobs('list', '--server', 'http://127.0.0.1:9');
    expect(status).toBe(1);
    expect(errors).toMatch(/^SERVER_UNREACHABLE: Expected a server of Ganymede at http:\/\/127\.0\.0\.1:9\/graphql/);
  });
});

describe('jobs promote and rollback', () => {
  it('change the version that answers', async () => {
    expect((await readdir(join(folder, 'models/ring8'))).includes(`${NEXT}`)).toBe(true);
    expect(await jobs('promote', 'ring8', `${NEXT}`)).toMatchObject({
      status: 0,
      out: `Version ${NEXT} of ring8 answers.\n`,
    });
    expect(await jobs('rollback', 'ring8', '--json')).toMatchObject({
      out: `{"model":"ring8","version":${SHIPPED}}\n`,
    });
    const refused = await jobs('promote', 'ring8', '99');
    expect(refused).toMatchObject({ status: 1, errors: expect.stringContaining('VERSION_NOT_FOUND') });
  }, 60_000);
});
