import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Job, JobState } from '../../src/jobs/job.js';
import { checkWork, JobProcess } from '../../src/jobs/job-process.js';
import { Jobs, type JobsOptions } from '../../src/jobs/jobs.js';
import { JobStore } from '../../src/jobs/store.js';
import { ring8 } from './requests.js';

let folder: string;
let store: JobStore;
let jobs: Jobs;
let processes: JobProcess[];

async function open(options: Partial<JobsOptions> = {}): Promise<void> {
  processes = [];
  store = await JobStore.open(join(folder, 'data'));
  const begin: JobsOptions['begin'] = (process) => {
    const begun = new JobProcess(process);
    processes.push(begun);
    return begun;
  };
  jobs = new Jobs({ store, runs: join(folder, 'runs'), threads: 1, begin, ...options });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-jobs-'));
  await open();
});
afterEach(async () => {
  await jobs.close();
  await rm(folder, { recursive: true });
});

async function until(id: string, ...states: JobState[]): Promise<Job> {
  for await (const news of jobs.watch(id)) {
    if ('state' in news && states.includes(news.state)) return news;
  }
  throw new Error(`It is ${store.job(id).state}: ${JSON.stringify(store.job(id).failure)}`);
}

/** Resolves when the run has made some steps. */
async function underWay(id: string): Promise<void> {
  await vi.waitFor(() => expect(store.job(id).progress?.done ?? 0).toBeGreaterThan(0), { timeout: 60_000 });
}

const LONG = 10_000_000;

describe('a job', () => {
  test('trains in a process of its own, tells how it goes, and makes a version', async () => {
    const { id } = jobs.add(ring8(folder, 200));
    const job = await until(id, 'succeeded');
    expect(job).toMatchObject({ made: 1, attempt: 1, failure: null, progress: { done: 200, total: 200 } });
    expect(existsSync(join(folder, 'ring8', '1', 'manifest.json'))).toBe(true);
    const kinds = store.events(id).map(({ event }) => event.kind);
    expect(kinds.slice(0, 3)).toEqual(['state', 'state', 'started']);
    expect(kinds).toEqual(expect.arrayContaining(['metric', 'picture', 'checkpoint', 'finished']));
    expect(kinds.at(-1)).toBe('state');
  });

  test('that is refused fails at once, with the code of the work', async () => {
    const request = ring8(folder, 200);
    const { id } = jobs.add({ ...request, options: { ...request.options, data: 'builtin:glyphs' } });
    expect(await until(id, 'failed')).toMatchObject({ attempt: 1, failure: { code: 'DATASET_INVALID' } });
  });

  test('waits for the one that runs on its device', async () => {
    const first = jobs.add(ring8(folder, 100));
    const second = jobs.add(ring8(folder, 100));
    expect([store.job(first.id).state, store.job(second.id).state]).toEqual(['running', 'queued']);
    await until(second.id, 'succeeded');
    expect(store.job(first.id).state).toBe('succeeded');
    expect(readdirSync(join(folder, 'ring8')).filter((name) => /^\d+$/.test(name))).toEqual(['1', '2']);
  });

  test('is paused with everything saved, frees its device, and goes on', async () => {
    const { id } = jobs.add(ring8(folder, LONG));
    await underWay(id);
    jobs.pause(id, 'ann');
    await until(id, 'paused');
    await until(jobs.add(ring8(folder, 100)).id, 'succeeded');
    jobs.resume(id, 'ann');
    await until(id, 'running');
    jobs.cancel(id, 'ann');
    expect((await until(id, 'cancelled')).attempt).toBe(2);
    expect(() => jobs.pause(id, 'ann')).toThrow('queued or running to pause');
  });

  test('whose process is killed goes on from its last state, and fails after three times', async () => {
    const { id } = jobs.add(ring8(folder, LONG));
    for (let attempt = 1; attempt <= 3; attempt++) {
      await vi.waitFor(() => expect(processes).toHaveLength(attempt), { timeout: 60_000 });
      processes[attempt - 1]!.kill();
    }
    const { failure, attempt } = await until(id, 'failed');
    expect(attempt).toBe(3);
    expect(failure).toMatchObject({ code: 'JOB_CRASHED', message: expect.stringContaining('SIGKILL') });
    expect(jobs.retry(id, 'ann').attempt).toBe(1);
    jobs.cancel(id, 'ann');
    await until(id, 'cancelled');
  });

  test('of a server that ended goes on with the next, to the weights of a straight run', async () => {
    const { id } = jobs.add(ring8(folder, 2000));
    await underWay(id);
    await jobs.close();
    expect(() => readFileSync(join(folder, 'ring8', '1', 'generate.onnx'))).toThrow();
    await open();
    await until(id, 'succeeded');
    await until(jobs.add(ring8(folder, 2000)).id, 'succeeded');
    const [gone, straight] = [1, 2].map((v) => readFileSync(join(folder, 'ring8', `${v}`, 'generate.onnx')));
    expect(gone!.equals(straight!)).toBe(true);
  });
});

describe('who watches', () => {
  test('is told first what was missed, each event once', async () => {
    const { id } = jobs.add(ring8(folder, 200));
    await until(id, 'succeeded');
    const seen: number[] = [];
    for await (const news of jobs.watch(id, 3)) if ('seq' in news) seen.push(news.seq);
    expect(seen).toEqual(
      store
        .events(id)
        .slice(3)
        .map(({ seq }) => seq),
    );
  });

  test('and leaves is forgotten', async () => {
    const { id } = jobs.add(ring8(folder, LONG));
    const leaving = new AbortController();
    setTimeout(() => leaving.abort(), 50);
    for await (const _ of jobs.watch(id, 0, leaving.signal)) {
      // until it leaves
    }
    jobs.cancel(id, 'ann');
    await until(id, 'cancelled');
  });
});

test('a check says what would begin, and refuses as the work would', async () => {
  const { options } = ring8(folder, 100);
  expect(await checkWork('train', options)).toEqual({
    ...{ recipe: 'ring8', examples: 100_000, notices: [] },
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    formerSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    plan: {
      ...{ recipe: expect.objectContaining({ name: 'ring8', batch: 256 }), steps: 100 },
      seconds: expect.any(Number),
    },
    secondsPerStep: expect.any(Number),
  });
  await expect(checkWork('train', { ...options, data: 'builtin:glyphs' })).rejects.toMatchObject({
    code: 'DATASET_INVALID',
    details: { faults: expect.any(Array) },
  });
  const refused: [Record<string, unknown>, string][] = [
    [{ overrides: { batch: 0 } }, 'Expected batch'],
    [{ overrides: { license: '' } }, 'Expected license'],
    [{ out: join(folder, 'My Faces') }, 'Say '],
    [{ steps: 10, epochs: 2 }, 'Expected --steps or --epochs'],
  ];
  for (const [asked, message] of refused) {
    await expect(checkWork('train', { ...options, ...asked })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message),
    });
  }
  expect(readdirSync(folder)).toEqual(['data']);
});
