// Jobs that somebody watches: step by step, shown as they go, several small ones beside one another.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fromBase64 } from '../../src/base64.js';
import type { JobRequest } from '../../src/jobs/job.js';
import { FREELY, type Pace, type View } from '../../src/pace.js';
import { ring8 } from './requests.js';
import { Running, type RunningOptions } from './running.js';

let folder: string;
let running: Running;

async function open(options: RunningOptions = {}): Promise<void> {
  running = await Running.in(folder, options);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-pace-'));
});
afterEach(async () => {
  await running.jobs.close();
  await rm(folder, { recursive: true });
});

const at = (pace: Partial<Pace>): Pace => ({ ...FREELY, ...pace });
const watched = (pace: Partial<Pace>, changes: Partial<JobRequest> = {}) =>
  ring8(folder, 1000, { pace: at(pace), ...changes });

/** Resolves with the first view that fits. */
async function view(id: string, fits: (view: View) => boolean): Promise<View> {
  for await (const one of running.jobs.views(id)) if (fits(one)) return one;
  throw new Error(`It is ${running.store.job(id).state}.`);
}
const waitingAt = (step: number) => (one: View) => one.at === step && one.waiting;

describe('a job that is watched', () => {
  test('waits before its first step, makes one at a time, then runs to its end', async () => {
    await open();
    const { id } = running.jobs.add(watched({ until: 0, showEvery: 1 }));
    const first = await view(id, waitingAt(0));
    running.jobs.pace(id, at({ until: 1, showEvery: 1 }));
    const second = await view(id, waitingAt(1));
    expect(running.store.job(id)).toMatchObject({ state: 'running', progress: { done: 1 }, pace: { until: 1 } });
    const [before, after] = [first, second].map(({ game }) => fromBase64(game!.samples)!);
    const moved = before!.map((value, i) => Math.abs(value - after![i]!));
    expect(Math.max(...moved)).toBeGreaterThan(1e-5); // by one step of Adam
    expect(Math.max(...moved)).toBeLessThan(1);
    running.jobs.pace(id, FREELY);
    expect((await running.until(id, 'succeeded')).progress?.done).toBe(1000);
    expect(() => running.jobs.pace(id, FREELY)).toThrow('not over');
  });

  test('that waits too long is paused, and goes on from there at the pace that it was given meanwhile', async () => {
    await open({ waitMs: 0 });
    const { id } = running.jobs.add(watched({ until: 2 }));
    await running.until(id, 'paused');
    expect(running.store.events(id).map(({ event }) => ('text' in event ? event.text : ''))).toContain(
      'To be paused by the server, for it waited long.',
    );
    expect(running.store.job(id).progress?.done).toBe(2);
    running.jobs.pace(id, at({ until: 1000 }));
    running.jobs.resume(id, 'ann');
    expect((await running.until(id, 'succeeded')).progress?.done).toBe(1000);
  });

  test('keeps its views out of its events, and shows nothing to nobody', async () => {
    await open();
    const { id } = running.jobs.add(watched({ showEvery: 50 }));
    await running.until(id, 'succeeded');
    expect(running.jobs.view(id)).toMatchObject({ at: 1000, waiting: false });
    expect(running.store.events(id, { kinds: ['view'] })).toEqual([]);
    const unseen = running.jobs.add(ring8(folder, 100));
    await running.until(unseen.id, 'succeeded');
    expect(running.jobs.view(unseen.id)).toBeNull();
    for await (const one of running.jobs.views(unseen.id)) throw new Error(`It showed itself at ${one.at}.`);
  });

  test('is a training: nothing else has a pace', async () => {
    await open();
    const { id } = running.jobs.add(watched({}, { kind: 'index' }));
    expect(() => running.jobs.pace(id, FREELY)).toThrow(expect.objectContaining({ code: 'JOB_STATE' }));
  });
});

describe('small jobs', () => {
  const waiting = (changes: Partial<JobRequest>) => running.jobs.add(watched({ until: 0 }, changes));
  const statesOf = (jobs: readonly { readonly id: string }[]) => jobs.map(({ id }) => running.store.job(id).state);

  test('run beside one another and beside a large one, as many as the settings say', async () => {
    await open({ smallJobs: 2 });
    const jobs = [{}, {}, { small: true }, { small: true }, { small: true }].map(waiting);
    expect(statesOf(jobs)).toEqual(['running', 'queued', 'running', 'running', 'queued']);
    running.jobs.cancel(jobs[2]!.id, 'ann');
    await running.until(jobs[4]!.id, 'running');
    expect(statesOf(jobs)).toEqual(['running', 'queued', 'cancelled', 'running', 'running']);
  });

  test('are as any others where the settings allow none', async () => {
    await open({ smallJobs: 0 });
    expect(statesOf([{ small: true }, { small: true }].map(waiting))).toEqual(['running', 'queued']);
  });

  test('of one model that end together make versions of their own', async () => {
    await open({ smallJobs: 3 });
    const jobs = [0, 1, 2].map(() => running.jobs.add(ring8(folder, 100, { small: true })));
    const made = await Promise.all(jobs.map(async ({ id }) => (await running.until(id, 'succeeded')).made));
    expect(made.toSorted()).toEqual([1, 2, 3]);
  });
});
