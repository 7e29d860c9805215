// A clock that is set by an hour, forward or back, while jobs wait and run. What ends a job counts no clock
// (test/jobs/guard.test.ts); this is about what is kept.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ring8 } from '../jobs/requests.js';
import { Running } from '../jobs/running.js';

const HOUR = 3_600_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-faults-'));
});
afterEach(() => rm(folder, { recursive: true }));

test.each([HOUR, -HOUR])('a clock that is set by %i ms changes no order, and runs nothing twice', async (by) => {
  let set = 0;
  const running = await Running.in(folder, { now: () => Date.now() + set });
  const { store, jobs } = running;
  const ids = [jobs.add(ring8(folder, 100)).id, jobs.add(ring8(folder, 100)).id];
  set = by;
  ids.push(jobs.add(ring8(folder, 100)).id, jobs.add(ring8(folder, 100)).id);
  set = 0;
  ids.push(jobs.add(ring8(folder, 100)).id);
  expect(store.queued().map(({ id }) => id)).toEqual(ids.slice(1));
  for (const id of ids) {
    await running.until(id, 'succeeded');
    set += by;
  }
  expect(running.processes).toHaveLength(ids.length);
  expect(ids.map((id) => store.job(id).made)).toEqual([1, 2, 3, 4, 5]);
  expect(ids.map((id) => store.job(id).attempt)).toEqual([1, 1, 1, 1, 1]);
  for (const id of ids) {
    const events = store.events(id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  }
  await jobs.close();
});
