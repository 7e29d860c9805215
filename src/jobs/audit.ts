// The audit log, read: what admins did, and whether anybody changed what is written there. Each row's digest is that of
// its own text and of the row before, so one that was changed, removed or put in between shows. Rows that were removed
// at the end do not: whoever must know keeps the newest digest elsewhere.

import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../errors.js';
import type { AuditEntry, JobRecords } from './engine.js';

export interface AuditFilter {
  /** Who did it. */
  readonly by?: string;
  readonly action?: string;
}

export interface AuditCheck {
  readonly entries: number;
  /** Null where whoever keeps the log makes no digests. */
  readonly intact: boolean | null;
  /** The newest entry that does not follow from the one before. */
  readonly brokenAt: number | null;
  /** Of the newest entry. */
  readonly head: string | null;
}

type Log = Pick<JobRecords, 'audited'>;

/** Read at a time; other requests go between. */
const PAGE = 500;

/** Newest first, those before number `before`. */
export async function auditPage(log: Log, filter: AuditFilter, first: number, before?: number): Promise<AuditEntry[]> {
  const found: AuditEntry[] = [];
  for await (const entry of entriesOf(log, before)) {
    if (matches(entry, filter)) found.push(entry);
    if (found.length === first) break;
  }
  return found;
}

export async function countAudit(log: Log, filter: AuditFilter): Promise<number> {
  let count = 0;
  for await (const entry of entriesOf(log)) if (matches(entry, filter)) count++;
  return count;
}

export async function checkAudit(log: Log): Promise<AuditCheck> {
  let entries = 0;
  let brokenAt: number | null = null;
  let newer: AuditEntry | undefined;
  let head: string | null = null;
  for await (const entry of entriesOf(log)) {
    if (entries++ === 0) head = entry.digest;
    if (newer && brokenAt === null && !follows(newer, entry)) brokenAt = newer.seq;
    newer = entry;
  }
  if (newer && brokenAt === null && !follows(newer, undefined)) brokenAt = newer.seq;
  const isChained = entries === 0 || head !== null;
  return { entries, head, intact: isChained ? brokenAt === null : null, brokenAt: isChained ? brokenAt : null };
}

/**
 * For a change of files: it is in the log before it is done and after, with what came of it, so that a row alone that
 * it was begun says that it was cut off.
 */
export async function noted<T extends object>(
  log: Pick<JobRecords, 'audit'>,
  by: string,
  action: string,
  about: AuditEntry['about'],
  work: () => Promise<T>,
): Promise<T> {
  await log.audit(by, `${action} begun`, about);
  let outcome: T;
  try {
    outcome = await work();
  } catch (error) {
    await log.audit(by, `${action} failed`, { ...about, reason: messageOf(error) });
    throw error;
  }
  await log.audit(by, action, { ...about, ...outcome });
  return outcome;
}

/** What the row's digest must be. `before`: the digest of the row before; empty for the first. */
export function auditDigest(before: string, { seq, at, by, action, about }: Omit<AuditEntry, 'digest'>): string {
  const text = `${before}\n${seq}\n${at}\n${by}\n${action}\n${JSON.stringify(about)}`;
  return createHash('sha256').update(text).digest('hex');
}

function follows(entry: AuditEntry, before: AuditEntry | undefined): boolean {
  return entry.seq === (before?.seq ?? 0) + 1 && entry.digest === auditDigest(before?.digest ?? '', entry);
}

async function* entriesOf(log: Log, before?: number): AsyncGenerator<AuditEntry> {
  for (let last = before; ; ) {
    const page = await log.audited(PAGE, last);
    yield* page;
    if (page.length < PAGE) return;
    last = page.at(-1)!.seq;
    await setImmediate();
  }
}

function matches(entry: AuditEntry, { by, action }: AuditFilter): boolean {
  return (by === undefined || entry.by === by) && (action === undefined || entry.action === action);
}
