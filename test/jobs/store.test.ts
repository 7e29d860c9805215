import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/jobs/sqlite.js';
import { JobStore } from '../../src/jobs/store.js';
import { ring8 } from './requests.js';

let folder: string;
let store: JobStore | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-jobs-'));
  store = await JobStore.open(folder);
});
afterEach(async () => {
  await store?.close();
  await rm(folder, { recursive: true });
});

describe('the store of jobs', () => {
  test('gives back what was asked for, queued', () => {
    const request = ring8('out', 100, { priority: 3, idempotencyKey: 'a' });
    const job = store!.add(request);
    expect(store!.job(job.id)).toMatchObject({ ...request, state: 'queued', attempt: 0, progress: null });
  });

  test('answers the same idempotency key with the same job, whatever the order of its options', () => {
    const first = store!.add(ring8('out', 100, { idempotencyKey: 'a', asked: { steps: 1, seed: 2 } }));
    const again = store!.add(ring8('out', 100, { idempotencyKey: 'a', asked: { seed: 2, steps: 1 } }));
    expect(again.id).toBe(first.id);
    expect(store!.jobs({}, 10)).toHaveLength(1);
  });

  test('refuses the key with another request, and takes it from somebody else', () => {
    store!.add(ring8('out', 100, { idempotencyKey: 'a' }));
    expect(() => store!.add(ring8('out', 200, { idempotencyKey: 'a' }))).toThrow('Use a new key');
    expect(store!.add(ring8('out', 200, { idempotencyKey: 'a', by: 'ann' })).by).toBe('ann');
  });

  test('runs the highest priority first, and of equals the older', () => {
    const [low, high, later] = [0, 5, 5].map((priority) => store!.add(ring8('out', 100, { priority })));
    expect(store!.queued().map(({ id }) => id)).toEqual([high!.id, later!.id, low!.id]);
  });

  test('lists page by page, newest first, without a gap or a double', () => {
    const ids = Array.from({ length: 7 }, () => store!.add(ring8('out', 100)).id);
    const pages: string[] = [];
    let last: { id: string; created: number } | undefined;
    for (;;) {
      const page = store!.jobs({}, 3, last);
      if (page.length === 0) break;
      pages.push(...page.map(({ id }) => id));
      last = page.at(-1);
    }
    expect(pages.toSorted()).toEqual(ids.toSorted());
    expect(pages).toEqual(store!.jobs({}, 10).map(({ id }) => id));
  });

  test('numbers the events of each job from 1', () => {
    const [a, b] = [store!.add(ring8('out', 100)), store!.add(ring8('out', 100))];
    store!.append(a.id, { kind: 'warning', at: 3, name: 'x', message: 'y' });
    expect(store!.events(a.id).map(({ seq, event }) => [seq, event.kind])).toEqual([
      [1, 'state'],
      [2, 'warning'],
    ]);
    expect(store!.events(b.id)).toHaveLength(1);
    expect(store!.events(a.id, { from: 1 }).map(({ seq }) => seq)).toEqual([2]);
  });

  test('keeps who asked for what in the same transaction', () => {
    const job = store!.add(ring8('out', 100, { by: 'ann' }));
    store!.change(job.id, { state: 'cancelled' }, undefined, { by: 'bob', action: 'cancel' });
    expect(store!.audited(10).map(({ by, action, about }) => [by, action, about['job']])).toEqual([
      ['bob', 'cancel', job.id],
      ['ann', 'train', job.id],
    ]);
  });

  test('refuses a folder in which another server works', async () => {
    await expect(JobStore.open(folder)).rejects.toMatchObject({ code: 'RUN_IN_USE' });
  });

  test('refuses a file that is no database, and one that a newer version wrote', async () => {
    await store!.close();
    store = undefined;
    const database = openDatabase(join(folder, 'ganymede.db'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    await expect(JobStore.open(folder)).rejects.toMatchObject({ code: 'STORE_INVALID' });
    await writeFile(join(folder, 'ganymede.db'), 'no database at all, but long enough to have a header'.repeat(99));
    await expect(JobStore.open(folder)).rejects.toMatchObject({ code: 'STORE_INVALID' });
  });

  test('names an unknown job', () => {
    expect(() => store!.job('none')).toThrow('Expected the id of a job but received "none".');
  });
});

test('nothing that was acknowledged is lost when the process is killed', async () => {
  await store!.close();
  store = undefined;
  const program = `
    import { JobStore } from ${JSON.stringify(new URL('../../dist/jobs/store.js', import.meta.url))};
    const store = await JobStore.open(${JSON.stringify(folder)});
    for (;;) process.stdout.write(store.add(${JSON.stringify(ring8('out', 100))}).id + '\\n');`;
  const acknowledged: string[] = [];
  for (let round = 0; round < 5; round++) {
    const writer = spawn(process.execPath, ['--input-type=module', '-e', program]);
    let text = '';
    writer.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.length > 2000 * (round + 1)) writer.kill('SIGKILL');
    });
    await once(writer, 'close');
    acknowledged.push(...text.split('\n').slice(0, -1));
  }
  store = await JobStore.open(folder);
  const kept = new Set(store.jobs({}, 1_000_000).map(({ id }) => id));
  expect(acknowledged.length).toBeGreaterThan(100);
  expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
});
