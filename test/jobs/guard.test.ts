import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { checkLimits, type Excess, Guard, type JobLimits, NO_LIMITS, requireRoom } from '../../src/jobs/guard.js';

const HOUR = 3_600_000;

let guard: Guard | undefined;
let found: Excess[];

beforeEach(() => {
  vi.useFakeTimers();
  found = [];
});
afterEach(() => {
  guard?.end();
  vi.useRealTimers();
});

/** Over this very process, which has some memory, or over one of which nothing is known. */
function watch(limits: Partial<JobLimits> = {}, silentMs = Number.POSITIVE_INFINITY, run?: string): Guard {
  const onExcess = (excess: Excess) => found.push(excess);
  const pid = silentMs === Number.POSITIVE_INFINITY ? process.pid : undefined;
  guard = new Guard({ pid, limits: { ...NO_LIMITS, ...limits }, silentMs, onExcess, run });
  return guard;
}

describe('the guard of a job', () => {
  test('finds nothing where there are no limits, however long it takes', () => {
    watch();
    vi.advanceTimersByTime(HOUR);
    expect(found).toEqual([]);
  });

  test('ends a process that says nothing any more', () => {
    watch({}, 10_000).heard();
    vi.advanceTimersByTime(10_000);
    expect(found).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(found[0]).toMatchObject({ by: 'kill', code: null });
  });

  test.skipIf(process.platform !== 'linux')('leaves one alone that says nothing but works', () => {
    guard = new Guard({ pid: process.pid, limits: NO_LIMITS, silentMs: 10_000, onExcess: (one) => found.push(one) });
    for (let deadline = 0; deadline < 3; deadline++) {
      vi.advanceTimersByTime(1000);
      const before = process.cpuUsage();
      while (process.cpuUsage(before).user < 50_000);
      vi.advanceTimersByTime(9500);
    }
    expect(found).toEqual([]);
  });

  test('hears one that says something now and then', () => {
    const watching = watch({}, 10_000);
    for (let i = 0; i < 100; i++) {
      watching.heard();
      vi.advanceTimersByTime(9000);
    }
    expect(found).toEqual([]);
  });

  test.each([HOUR, -HOUR])('asks no clock: one that is set by %i ms ends nothing', (by) => {
    watch({ minutes: 30 }, 10_000).heard();
    vi.setSystemTime(Date.now() + by);
    vi.advanceTimersByTime(9000);
    expect(found).toEqual([]);
  });

  test('stops what takes too long, and says how to go on', () => {
    watch({ minutes: 2 });
    vi.advanceTimersByTime(119_000);
    expect(found).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(found[0]).toMatchObject({ by: 'stop', code: 'JOB_TIMEOUT' });
    expect(found[0]!.message).toMatch(/within 2 minutes \(JOB_MINUTES\).*retryJob/);
  });

  test('ends what was told to stop and does not', () => {
    watch().stopping();
    vi.advanceTimersByTime(119_000);
    expect(found).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(found[0]).toMatchObject({ by: 'kill', code: null });
  });

  test('ends what takes too much memory, and says how much it took', () => {
    watch({ memoryMiB: 2 }).heard(3 * 2 ** 20);
    vi.advanceTimersByTime(500);
    expect(found[0]).toMatchObject({ by: 'kill', code: 'JOB_MEMORY' });
    expect(found[0]!.message).toMatch(/at most 2 MiB .* took \d+ MiB/);
  });
});

describe('on the disk', () => {
  let folder: string;
  beforeEach(async () => {
    vi.useRealTimers();
    folder = await mkdtemp(join(tmpdir(), 'ganymede-guard-'));
    await writeFile(join(folder, 'state'), Buffer.alloc(3 * 2 ** 20));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('a run that takes too much is stopped', async () => {
    watch({ diskMiB: 2 }, Number.POSITIVE_INFINITY, folder);
    await vi.waitFor(() => expect(found[0]).toMatchObject({ by: 'stop', code: 'JOB_DISK' }), { timeout: 60_000 });
    expect(found[0]!.message).toMatch(/at most 2 MiB .* took 3 MiB/);
  });

  test('nothing begins where less than the reserve is free, and what runs is stopped below half of it', async () => {
    const limits = { ...NO_LIMITS, reserveMiB: 2 ** 40 };
    expect(() => requireRoom([folder], limits)).toThrow(/to stay free .* \(DISK_RESERVE_MIB\)/);
    expect(() => requireRoom([join(folder, 'not', 'yet')], NO_LIMITS)).not.toThrow();
    watch(limits, Number.POSITIVE_INFINITY, folder);
    const full = { by: 'stop', code: 'INSUFFICIENT_STORAGE' };
    await vi.waitFor(() => expect(found[0]).toMatchObject(full), { timeout: 60_000 });
  });
});

test.each([
  [{ memoryMiB: 200 }, /limits.memoryMiB above 0 and at most 100 \(JOB_MEMORY_MIB of this server\) but received 200/],
  [{ minutes: 0 }, /limits.minutes above 0/],
  [{ minutes: Number.NaN }, /limits.minutes/],
])('an order may not allow itself %j where the server allows less', (asked, message) => {
  expect(() => checkLimits(asked, { ...NO_LIMITS, memoryMiB: 100 })).toThrow(message);
});
