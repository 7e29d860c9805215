// The audit log of a store that somebody tampered with.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { auditPage, checkAudit, countAudit } from '../../src/jobs/audit.js';
import { openDatabase } from '../../src/jobs/sqlite.js';
import { JobStore } from '../../src/jobs/store.js';

let folder: string;
let store: JobStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-audit-'));
  store = await JobStore.open(folder);
  for (let i = 1; i <= 1200; i++)
    store.audit(i % 2 ? 'ann' : 'bob', i % 3 ? 'promote' : 'rollback', { model: `m${i}` });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

async function tamper(sql: string): Promise<void> {
  await store.close();
  const database = openDatabase(join(folder, 'ganymede.db'));
  database.exec(sql);
  database.close();
  store = await JobStore.open(folder);
}

describe('the audit log', () => {
  test('is intact as it was written, and its newest digest is that of its newest entry', async () => {
    const [newest] = await auditPage(store, {}, 1);
    expect(await checkAudit(store)).toEqual({ entries: 1200, intact: true, brokenAt: null, head: newest!.digest });
  });

  test('gives pages of what is asked for, newest first, across all of it', async () => {
    const wanted = { by: 'ann', action: 'rollback' }; // odd multiples of 3
    expect(await countAudit(store, wanted)).toBe(200);
    const seqs: number[] = [];
    for (let before: number | undefined; ; before = seqs.at(-1)) {
      const page = await auditPage(store, wanted, 7, before);
      seqs.push(...page.map(({ seq }) => seq));
      if (page.length < 7) break;
    }
    expect(seqs).toEqual(Array.from({ length: 200 }, (_, i) => 1197 - 6 * i));
  });

  test.each([
    ['changed', `UPDATE audit SET by = 'eve' WHERE seq = 700`, 700],
    ['changed in what it is about', `UPDATE audit SET about = '{"model":"other"}' WHERE seq = 1`, 1],
    ['removed', 'DELETE FROM audit WHERE seq = 700', 701],
    ['removed at the beginning', 'DELETE FROM audit WHERE seq = 1', 2],
    ['given another time', 'UPDATE audit SET at = at + 1 WHERE seq = 1200', 1200],
    ['given another digest', `UPDATE audit SET digest = 'x' WHERE seq = 600`, 601],
  ])('shows an entry that was %s', async (_, sql, brokenAt) => {
    await tamper(sql);
    expect(await checkAudit(store)).toMatchObject({ intact: false, brokenAt });
  });
});
