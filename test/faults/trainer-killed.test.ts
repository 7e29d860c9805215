// kill -9 of a job's process at moments that a seed chooses: the job goes on from what was saved last, and ends in the
// bytes of a job that nobody killed.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { JobRequest } from '../../src/jobs/job.js';
import { FREELY } from '../../src/pace.js';
import { loadState } from '../../src/training/checkpoint.js';
import { ring8 } from '../jobs/requests.js';
import { Running } from '../jobs/running.js';
import { random, SEED, Site, TIMES } from './site.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-faults-'));
});
afterEach(() => rm(folder, { recursive: true }));

const SAVES_OFTEN = { 'run.stepsPerRun': 20, 'run.saveEverySteps': 40 };

const STEPS = 400 * TIMES + 400;
/** Where it waits for the kill, should that be late: a run that is over cannot be killed. */
const LAST = STEPS - 20;

/** Saves often, so that there is something to go on from. */
function training(steps: number, changes: Partial<JobRequest> = {}): JobRequest {
  const request = ring8(folder, steps, changes);
  return { ...request, options: { ...request.options, overrides: SAVES_OFTEN } };
}

async function savedStep(id: string): Promise<number> {
  return (await loadState(join(folder, 'runs', id))).step;
}

/** Steps from which the processes of a job went on, as they said themselves. */
function beginnings(running: Running, id: string): number[] {
  const metrics = running.store.events(id, { kinds: ['metric'], first: 100_000 });
  return metrics.flatMap(({ event }) =>
    event.kind === 'metric' && event.name === 'compiled' ? [Number(event.values['step'])] : [],
  );
}

test(`a job whose process is killed ${TIMES} times (seed ${SEED}) ends as one that nobody killed`, async () => {
  const running = await Running.in(folder, { attempts: TIMES + 1 });
  const { id } = running.jobs.add(training(STEPS, { pace: { ...FREELY, until: LAST } }));
  for (let kills = 0; kills < TIMES; kills++) {
    const killed = await running.begun(kills + 1);
    await running.underWay(id, kills === 0 ? 40 : await savedStep(id));
    await after(random() * 300);
    killed.kill();
    expect(await killed.ending).toMatchObject({ say: 'crashed' });
    const saved = await savedStep(id);
    await running.begun(kills + 2);
    expect(running.store.job(id)).toMatchObject({ state: 'running', attempt: kills + 2 });
    await vi.waitFor(() => expect(beginnings(running, id)).toHaveLength(kills + 2), { timeout: 120_000 });
    expect(beginnings(running, id).at(-1)).toBe(saved);
  }
  running.jobs.pace(id, FREELY);
  expect(await running.until(id, 'succeeded')).toMatchObject({ made: 1, attempt: TIMES + 1 });
  const straight = running.jobs.add(training(STEPS));
  await running.until(straight.id, 'succeeded');
  const state = (of: string) => readFile(join(folder, 'runs', of, 'state.safetensors'));
  expect((await state(id)).equals(await state(straight.id))).toBe(true);
  expect((await readdir(join(folder, 'ring8'))).filter((name) => /^\d+$/.test(name)).sort()).toEqual(['1', '2']);
  await running.jobs.close();
});

test('a job whose process dies each time fails after its attempts, and the next one has its turn', async () => {
  const running = await Running.in(folder, { attempts: 3 });
  const poison = running.jobs.add(ring8(folder, 10_000_000));
  const next = running.jobs.add(ring8(folder, 100));
  for (let attempt = 1; attempt <= 3; attempt++) (await running.begun(attempt)).kill();
  const { failure, attempt } = await running.until(poison.id, 'failed');
  expect([failure?.code, attempt]).toEqual(['JOB_CRASHED', 3]);
  expect(await running.until(next.id, 'succeeded')).toMatchObject({ made: 1, attempt: 1 });
  await running.jobs.close();
});

test(`a job whose server is killed ${TIMES} times (seed ${SEED}) has one process at a time, and makes one version`, async () => {
  const site = await Site.make();
  const order = `mutation ($overrides: JSONObject) {
    train(model: "rings", recipe: "ring8", dataset: "builtin:ring8", steps: ${STEPS}, overrides: $overrides,
      pace: { until: ${LAST} }) { id }
  }`;
  let server = await site.start();
  const { id } = await server.get(order, { overrides: SAVES_OFTEN });
  for (let kills = 0, done = 0; kills < TIMES; kills++) {
    await server.underWay(id, Math.min(done, LAST - 1));
    await after(random() * 500);
    done = (await server.job(id)).progress!.done;
    await server.kill();
    if (kills % 2 === 0) await site.expectAlone([]); // else the next server finds the old process still there
    server = await site.start();
  }
  await server.get(`mutation { paceJob(id: "${id}", pace: { until: null }) { id } }`);
  await site.expectSound([id]);
  expect(await server.job(id)).toMatchObject({ state: 'SUCCEEDED', made: 1 });
  await site.remove();
});
