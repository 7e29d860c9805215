// What a job may take, shown on jobs that take more.

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type JobLimits, NO_LIMITS } from '../../src/jobs/guard.js';
import { JobProcess } from '../../src/jobs/job-process.js';
import { ring8 } from './requests.js';
import { Running, type RunningOptions } from './running.js';

const LONG = 10_000_000;

let folder: string;
let running: Running;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-limits-'));
});
afterEach(async () => {
  await running.jobs.close();
  await rm(folder, { recursive: true });
});

async function start(limits: Partial<JobLimits>, options: RunningOptions = {}): Promise<void> {
  running = await Running.in(folder, { limits: { ...NO_LIMITS, ...limits }, ...options });
}

test('a job that takes too much memory is ended and not tried again', async () => {
  await start({ memoryMiB: 100_000 });
  const { id } = running.jobs.add(ring8(folder, LONG, { limits: { memoryMiB: 64 } }));
  const { attempt, failure } = await running.until(id, 'failed');
  expect(attempt).toBe(1);
  expect(failure).toMatchObject({
    code: 'JOB_MEMORY',
    message: expect.stringMatching(/at most 64 MiB .* took \d+ MiB/),
  });
});

test('a job that takes too long saves and ends, and goes on from there when it is tried again', async () => {
  const limits = { ...NO_LIMITS };
  running = await Running.in(folder, { begin: (process) => new JobProcess({ ...process, limits }) });
  const { id } = running.jobs.add(ring8(folder, LONG));
  for (let time = 0, done = 0; time < 2; time++) {
    await running.underWay(id, done);
    limits.minutes = 0;
    const { attempt, failure, progress } = await running.until(id, 'failed');
    expect([attempt, failure?.code]).toEqual([1, 'JOB_TIMEOUT']);
    expect(existsSync(join(folder, 'runs', id, 'state.safetensors'))).toBe(true);
    done = progress!.done;
    limits.minutes = Number.POSITIVE_INFINITY;
    running.jobs.retry(id, 'ann');
  }
  await running.underWay(id, running.store.job(id).progress!.done);
  running.jobs.cancel(id, 'ann');
  await running.until(id, 'cancelled');
});

test('a job that keeps too much is ended', async () => {
  await start({ diskMiB: 0.001 });
  const { id } = running.jobs.add(ring8(folder, LONG));
  expect(await running.until(id, 'failed')).toMatchObject({ attempt: 1, failure: { code: 'JOB_DISK' } });
});

test('a job waits for room on the disk, and begins when there is some', async () => {
  const limits = { ...NO_LIMITS, reserveMiB: 2 ** 40 };
  running = await Running.in(folder, { limits });
  const { id } = running.jobs.add(ring8(folder, 20));
  expect(running.store.job(id).state).toBe('queued');
  limits.reserveMiB = 0;
  await running.until(id, 'succeeded');
});

test('a process that was stopped from outside is ended, and the job goes on in another', async () => {
  await start({}, { silentMs: 5000 });
  const { id } = running.jobs.add(ring8(folder, LONG));
  await running.underWay(id);
  const [first] = running.processes;
  process.kill(first!.pid!, 'SIGSTOP');
  expect(await first!.ending).toMatchObject({ say: 'crashed', message: expect.stringContaining('said nothing') });
  await running.begun(2);
  await running.underWay(id, running.store.job(id).progress!.done);
  expect(running.store.job(id)).toMatchObject({ state: 'running', attempt: 2 });
  running.jobs.cancel(id, 'ann');
  await running.until(id, 'cancelled');
});
