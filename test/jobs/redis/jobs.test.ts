// Jobs over a real Redis, with servers and workers in this process.

import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { NO_LIMITS } from '../../../src/jobs/guard.js';
import type { Job, JobState } from '../../../src/jobs/job.js';
import { Hub } from '../../../src/jobs/redis/hub.js';
import { RedisJobs } from '../../../src/jobs/redis/jobs.js';
import { JobWorker } from '../../../src/jobs/redis/worker.js';
import { ring8 } from '../requests.js';
import { TestRedis, why, withoutRedis } from './redis.js';

const LONG = 10_000_000;
/** Nobody is killed here: a process that is held up for a while keeps what it has. */
const LEASE_MS = 10_000;
const QUIET = { warn: () => {}, info: () => {} };

let folder: string;
let redis: TestRedis;
let closing: (() => Promise<void>)[];

interface Server {
  readonly hub: Hub;
  readonly jobs: RedisJobs;
}

async function hubOf(data = join(folder, 'data')): Promise<Hub> {
  const options = { url: redis.url, leaseMs: LEASE_MS, data, checkpoints: [folder], log: QUIET };
  return Hub.open(options);
}

async function server(): Promise<Server> {
  const hub = await hubOf();
  await hub.connection.ready(20_000);
  const onVersion = async (_: Job, version: number) => `Loaded ${version}.`;
  const jobs = new RedisJobs({ hub, onVersion, onModels: () => {} });
  closing.push(() => jobs.close());
  return { hub, jobs };
}

async function worker(name = 'w', ...devices: string[]): Promise<JobWorker> {
  const hub = await hubOf();
  await hub.connection.ready(20_000);
  const taking = new JobWorker({
    ...{ hub, name, threads: 1, limits: NO_LIMITS },
    devices: devices.length > 0 ? devices : ['cpu'],
  });
  closing.push(() => taking.close());
  return taking;
}

/** Resolves with the job once it is in one of the states. */
async function until({ jobs, hub }: Server, id: string, ...states: JobState[]): Promise<Job> {
  for await (const news of jobs.watch(id)) if ('state' in news && states.includes(news.state)) return news;
  const job = await hub.records.job(id);
  if (states.includes(job.state)) return job;
  throw new Error(`It is ${job.state}: ${JSON.stringify(job.failure)}`);
}

async function underWay({ hub }: Server, id: string): Promise<void> {
  await vi.waitFor(async () => expect((await hub.records.job(id)).progress?.done ?? 0).toBeGreaterThan(0), {
    timeout: 60_000,
  });
}

describe.skipIf(withoutRedis)(`jobs over Redis${why}`, () => {
  beforeEach(async () => {
    closing = [];
    folder = await mkdtemp(join(tmpdir(), 'ganymede-over-redis-'));
    redis = await TestRedis.start();
  });
  afterEach(async () => {
    await Promise.all(closing.map((close) => close()));
    await redis.stop();
    await rm(folder, { recursive: true });
  });

  test('a job is queued by one server, run by a worker, and followed on another server', async () => {
    const [asked, other] = [await server(), await server()];
    const { id } = await asked.jobs.add(ring8(folder, 200));
    expect((await other.hub.records.job(id)).state).toBe('queued');
    const seen: number[] = [];
    const watching = (async () => {
      for await (const news of other.jobs.watch(id)) if ('seq' in news) seen.push(news.seq);
    })();
    await worker();
    expect(await until(asked, id, 'succeeded')).toMatchObject({ made: 1, attempt: 1, progress: { done: 200 } });
    await watching;
    expect(seen).toEqual(Array.from(seen, (_, i) => i + 1));
    const events = await other.hub.records.events(id);
    expect(events.map(({ seq }) => seq)).toEqual(seen);
    const kinds = events.map(({ event }) => event.kind);
    expect(kinds).toEqual(expect.arrayContaining(['metric', 'picture', 'checkpoint', 'finished']));
    expect(events.at(-1)?.event).toMatchObject({ state: 'succeeded', text: 'Loaded 1.' });
  });

  test('one request sent fifty times at once, to two servers, is one job; with other arguments it is refused', async () => {
    const servers = [await server(), await server()];
    const request = ring8(folder, 200, { idempotencyKey: 'k' });
    const all = await Promise.all(Array.from({ length: 50 }, (_, i) => servers[i % 2]!.jobs.add(request)));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(await servers[0]!.hub.records.count({})).toBe(1);
    expect(await servers[1]!.hub.records.audited(10)).toHaveLength(1);
    const another = { ...request, asked: { steps: 7 } };
    await expect(servers[1]!.jobs.add(another)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    await expect(servers[0]!.hub.records.repeated(another)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    expect((await servers[0]!.hub.records.repeated(request))?.id).toBe(all[0]!.id);
    expect((await servers[0]!.jobs.add({ ...request, by: 'ann' })).id).not.toBe(all[0]!.id);
  });

  test('of a device one job runs at a time, those of a higher priority first', async () => {
    const here = await server();
    const low = await here.jobs.add(ring8(folder, 20, { priority: -1 }));
    const high = await here.jobs.add(ring8(folder, 20, { priority: 5 }));
    const middle = await here.jobs.add(ring8(folder, 20));
    await worker();
    await until(here, low.id, 'succeeded');
    const turns = [high, middle, low].map(async ({ id }) => {
      const events = await here.hub.records.events(id, { kinds: ['state'] });
      // It is off the device then; the server loads what it made while the next runs.
      const made = events.find(({ event }) => 'text' in event && event.text?.startsWith('Made version'));
      return [(await here.hub.records.job(id)).started!, made!.at];
    });
    const times = (await Promise.all(turns)).flat();
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test('a device for which there is no worker is refused, and one for which there is one is taken there', async () => {
    const here = await server();
    const request = ring8(folder, 20, { device: 'webgpu' }); // what it runs on, its options say
    await expect(here.jobs.add(request)).rejects.toMatchObject({ code: 'DEVICE_UNAVAILABLE' });
    expect(await here.hub.records.count({})).toBe(0);
    await worker('cpu alone');
    await worker('other', 'webgpu');
    const { id } = await vi.waitFor(() => here.jobs.add(request), 20_000);
    await until(here, id, 'succeeded');
    const events = await here.hub.records.events(id, { kinds: ['state'] });
    expect(events.map(({ event }) => ('text' in event ? event.text : ''))).toContain('Begun by other, attempt 1.');
  });

  test('a job goes on step by step for whoever watches it, on any server', async () => {
    const [asked, other] = [await server(), await server()];
    await worker();
    const watched = { until: 0, perSecond: null, showEvery: 1 };
    const { id } = await asked.jobs.add(ring8(folder, 100, { pace: watched }));
    const seen: number[] = [];
    for await (const view of other.jobs.views(id)) {
      if (seen.at(-1) === view.at) continue;
      seen.push(view.at);
      expect(view).toMatchObject({ waiting: true, game: { size: 2 } });
      await other.jobs.pace(id, view.at < 2 ? { ...watched, until: view.at + 1 } : { ...watched, until: null });
      if (view.at === 2) break;
    }
    expect(seen).toEqual([0, 1, 2]);
    expect(await until(asked, id, 'succeeded')).toMatchObject({ pace: { until: null }, progress: { done: 100 } });
    await expect(asked.jobs.pace(id, watched)).rejects.toMatchObject({ code: 'JOB_STATE' });
  });

  test('a job is paused with everything saved, frees its device, goes on, and is cancelled', async () => {
    const here = await server();
    await worker();
    const { id } = await here.jobs.add(ring8(folder, LONG));
    await underWay(here, id);
    await here.jobs.pause(id, 'ann');
    await until(here, id, 'paused');
    await until(here, (await here.jobs.add(ring8(folder, 20))).id, 'succeeded');
    await here.jobs.resume(id, 'ann');
    await until(here, id, 'running');
    await here.jobs.cancel(id, 'ann');
    expect((await until(here, id, 'cancelled')).attempt).toBe(2);
    await expect(here.jobs.pause(id, 'ann')).rejects.toMatchObject({ code: 'JOB_STATE' });
    const actions = (await here.hub.records.audited(10)).map(({ action }) => action);
    expect(actions).toEqual(['cancel', 'resume', 'train', 'pause', 'train']);
    await here.jobs.retry(id, 'ann');
    await here.jobs.cancel(id, 'ann');
    await until(here, id, 'cancelled');
  });

  test('what waits is paused, and cancelled, without a worker', async () => {
    const here = await server();
    const { id } = await here.jobs.add(ring8(folder, 20));
    expect((await here.jobs.pause(id, 'ann')).state).toBe('paused');
    expect((await here.jobs.resume(id, 'ann')).state).toBe('queued');
    expect((await here.jobs.cancel(id, 'ann')).state).toBe('cancelled');
    await worker();
    await until(here, (await here.jobs.add(ring8(folder, 20))).id, 'succeeded');
    expect(await here.hub.records.job(id)).toMatchObject({ state: 'cancelled', attempt: 0 });
  });

  test('a job that is refused fails at once, with the code of the work', async () => {
    const here = await server();
    await worker();
    const request = ring8(folder, 20);
    const { id } = await here.jobs.add({ ...request, options: { ...request.options, data: 'builtin:glyphs' } });
    expect(await until(here, id, 'failed')).toMatchObject({ attempt: 1, failure: { code: 'DATASET_INVALID' } });
  });

  test('a worker that ends saves what it runs, and another goes on with it, to the weights of a straight run', async () => {
    const here = await server();
    const first = await worker('first');
    const { id } = await here.jobs.add(ring8(folder, 600));
    await underWay(here, id);
    await first.close();
    expect((await here.hub.records.job(id)).state).toBe('queued');
    await worker('second');
    expect(await until(here, id, 'succeeded')).toMatchObject({ made: 1, attempt: 1 });
    await until(here, (await here.jobs.add(ring8(folder, 600))).id, 'succeeded');
    const [moved, straight] = await Promise.all(
      [1, 2].map((v) => readFile(join(folder, 'ring8', `${v}`, 'generate.onnx'))),
    );
    expect(moved!.equals(straight!)).toBe(true);
  });

  test('a job that is in no queue, because a server was killed before it put it there, is put there', async () => {
    const here = await server();
    const { id } = await here.hub.records.add(ring8(folder, 20));
    await worker();
    await until(here, id, 'succeeded');
  });

  test('one server at a time changes which version answers, and none does without Redis', async () => {
    const servers = [await server(), await server()];
    let within = 0;
    const most: number[] = [];
    const work = async () => {
      most.push(++within);
      await new Promise(setImmediate);
      within--;
    };
    await Promise.all(Array.from({ length: 6 }, (_, i) => servers[i % 2]!.hub.alone(work)));
    expect(most).toEqual([1, 1, 1, 1, 1, 1]);
    await expect(servers[0]!.hub.alone(() => Promise.reject(new Error('bad')))).rejects.toThrow('bad');
    await servers[1]!.hub.alone(work);
    await redis.kill();
    await expect(servers[0]!.hub.alone(work)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(most).toHaveLength(7);
    await redis.start();
  });

  test('pages of jobs are in order, each job once, and are counted', async () => {
    const { hub } = await server();
    const made: string[] = [];
    for (let i = 0; i < 7; i++) made.unshift((await hub.records.add(ring8(folder, 1, { model: `m${i % 2}` }))).id);
    const pages: string[] = [];
    for (let after: Job | undefined; ; ) {
      const page = await hub.records.jobs({}, 3, after);
      pages.push(...page.map(({ id }) => id));
      after = page.at(-1);
      if (!after) break;
    }
    expect(pages.toSorted()).toEqual(made.toSorted());
    expect(await hub.records.count({})).toBe(7);
    expect(await hub.records.count({ model: 'm1' })).toBe(3);
    expect(await hub.records.jobs({ model: 'm0', states: ['queued'] }, 10)).toHaveLength(4);
    expect(await hub.records.jobs({ states: ['failed'] }, 10)).toEqual([]);
    await expect(hub.records.job('none')).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  describe('a Redis', () => {
    test('that throws keys away is refused', async () => {
      const { hub } = await server();
      await hub.connection.client.config('SET', 'maxmemory-policy', 'allkeys-lru');
      const other = await hubOf();
      await expect(other.connection.ready(20_000)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('noeviction'),
      });
      await other.close();
    });

    test.each([
      ['always', null],
      ['everysec', expect.stringContaining('last second')],
      ['no', expect.stringContaining('appendfsync no')],
    ])('with appendfsync %s says what a power cut would lose', async (appendfsync, loss) => {
      const first = await server();
      await first.hub.connection.client.config('SET', 'appendfsync', appendfsync);
      const { hub } = await server();
      expect(hub.loss).toEqual(loss);
    });

    test('that is full refuses new jobs, and keeps those that it has', async () => {
      const here = await server();
      const { id } = await here.jobs.add(ring8(folder, 20));
      await here.hub.connection.client.config('SET', 'maxmemory', '1mb');
      const refused = here.jobs.add(ring8(folder, 20));
      await expect(refused).rejects.toMatchObject({ code: 'INSUFFICIENT_STORAGE' });
      await here.hub.connection.client.config('SET', 'maxmemory', '0');
      expect(await here.hub.records.jobs({}, 10)).toMatchObject([{ id, state: 'queued' }]);
    });

    test('that is lost is told of at once, and nothing that was acknowledged is lost with it', async () => {
      const here = await server();
      const jobs = await Promise.all(Array.from({ length: 20 }, () => here.jobs.add(ring8(folder, 20))));
      await redis.kill();
      await expect(here.jobs.add(ring8(folder, 20))).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        details: { retryable: true },
      });
      await redis.start();
      await here.hub.connection.ready(20_000);
      expect(await here.hub.records.count({})).toBe(20);
      await worker();
      await until(here, jobs[0]!.id, 'succeeded');
    });

    test('that comes back finds its workers and readers, and what ran goes on', async () => {
      const here = await server();
      await worker();
      const { id } = await here.jobs.add(ring8(folder, 1200));
      const watched = until(here, id, 'succeeded');
      await underWay(here, id);
      await redis.kill();
      await redis.start();
      expect(await watched).toMatchObject({ made: 1 });
      const events = await here.hub.records.events(id);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
      expect(events.filter(({ event }) => event.kind === 'finished')).toHaveLength(1);
    });
  });

  test('a machine whose DATA is another folder, under whatever path, is refused', async () => {
    await server();
    const elsewhere = await hubOf(join(folder, 'elsewhere'));
    const refusal = { code: 'CONFIG_INVALID', message: expect.stringContaining('Expected DATA') };
    await expect(elsewhere.connection.ready(20_000)).rejects.toMatchObject(refusal);
    await elsewhere.close();
    await writeFile(join(folder, 'data', '.ganymede-shared'), 'the word of a folder of the same path elsewhere');
    const samePath = await hubOf();
    await expect(samePath.connection.ready(20_000)).rejects.toMatchObject(refusal);
    await samePath.close();
  });

  test('a machine whose DATA cannot be used while Redis comes back says so, and goes on once it can', async () => {
    const { hub } = await server();
    const data = join(folder, 'data');
    await redis.kill();
    await rename(data, `${data}-gone`);
    await writeFile(data, 'a file where the folder was');
    await redis.start();
    await vi.waitFor(() => expect(hub.connection.client.status).toBe('ready'), 20_000);
    await new Promise((resolve) => setTimeout(resolve, 500)); // it looks by itself, while nobody asks
    await expect(hub.connection.ready()).rejects.toMatchObject({ code: 'FILE_UNUSABLE', details: { path: data } });
    await rm(data);
    await rename(`${data}-gone`, data);
    await hub.connection.ready();
  });
});
