// SQLite, by the one API that Node has for it: built in where Node brings it, by the package of the same API on Node
// 20. Each commit is on the disk before it returns.

import { createRequire } from 'node:module';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { GanymedeError } from '../errors.js';

export type Database = DatabaseSyncInstance;
export type SqlValue = string | number | bigint | null | Uint8Array;

/** Before it a reset of the write-ahead log could lose pages. https://sqlite.org/wal.html#walresetbug */
const LEAST_VERSION = [3, 51, 3] as const;

/**
 * Opens or makes the file. A power cut loses nothing that was committed: `synchronous=FULL` syncs the write-ahead log
 * at each commit. @throws GanymedeError STORE_INVALID for a file that is no database, or a damaged one
 */
export function openDatabase(path: string): Database {
  const { DatabaseSync } = sqlite();
  try {
    const database = new DatabaseSync(path);
    checkVersion(database);
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    const [found] = Object.values(database.prepare('PRAGMA quick_check(1)').get() as Record<string, unknown>);
    if (found !== 'ok') throw new Error(String(found));
    return database;
  } catch (error) {
    const full = fullStoreOr(error);
    throw full === error ? storeInvalid(path, error) : full;
  }
}

/** The same error, or where there is no room a refusal: nothing was written, and nothing is lost. */
export function fullStoreOr(error: unknown): unknown {
  const text = error instanceof Error ? error.message : '';
  if (!/disk is full|disk I\/O error|readonly database/i.test(text)) return error;
  return new GanymedeError('INSUFFICIENT_STORAGE', `Expected room on the disk of DATA but: ${text}. Free some.`, {
    cause: error,
  });
}

/** All or nothing of what `work` writes; it must not wait for anything. */
export function transaction<T>(database: Database, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Runs the steps that the file has not seen, each in one transaction with its number. A newer file is refused. */
export function migrate(database: Database, path: string, steps: readonly string[]): void {
  const { user_version: seen } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (seen > steps.length) {
    throw storeInvalid(path, new Error(`a newer Ganymede wrote it (${seen}, and this one knows ${steps.length})`));
  }
  steps.slice(seen).forEach((step, i) => {
    transaction(database, () => database.exec(`${step}; PRAGMA user_version = ${seen + i + 1}`));
  });
}

function sqlite(): Pick<typeof import('@photostructure/sqlite'), 'DatabaseSync'> {
  const builtIn = process.getBuiltinModule?.('node:sqlite');
  return builtIn ?? createRequire(import.meta.url)('@photostructure/sqlite');
}

function checkVersion(database: Database): void {
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const [a, b, c] = LEAST_VERSION;
  if (major * 1e6 + minor * 1e3 + patch >= a * 1e6 + b * 1e3 + c) return;
  throw new Error(`SQLite ${version} is older than ${LEAST_VERSION.join('.')}; use a newer Node`);
}

function storeInvalid(path: string, cause: unknown): GanymedeError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GanymedeError('STORE_INVALID', `Expected ${path} to be the database of this server but: ${reason}.`, {
    cause,
    details: { path },
  });
}
