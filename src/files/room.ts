// Room on a disk: how much is free, how much a folder takes, and what an error says of a disk that is full.

import { statfsSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { GanymedeError, messageOf } from '../errors.js';

/** Bytes that this user may still write where the folder is, or will be. */
export function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(folder) === folder) throw error;
    return freeBytes(dirname(folder));
  }
}

/** Bytes of all files in a folder; 0 where there is none. What goes meanwhile counts as nothing. */
export async function bytesIn(folder: string): Promise<number> {
  const names = await orGone(readdir(folder), []);
  const sizes = await Promise.all(
    names.map(async (name) => {
      const entry = await orGone(lstat(join(folder, name)), null);
      if (entry?.isDirectory()) return bytesIn(join(folder, name));
      return entry?.isFile() ? entry.size : 0;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function orGone<T>(found: Promise<T>, gone: T): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return gone;
    throw error;
  }
}

/**
 * Refuses to begin what will not fit: `bytes` will be written below the folder, which may not be there yet.
 * @throws GanymedeError INSUFFICIENT_STORAGE
 */
export function requireBytes(folder: string, bytes: number, what: string): void {
  const free = freeBytes(resolve(folder));
  if (free >= bytes) return;
  throw new GanymedeError(
    'INSUFFICIENT_STORAGE',
    `Expected room for ${what} in ${folder}, ${mib(bytes)} in all, but ${mib(free)} are free. Free some, or choose another disk.`,
    { details: { path: folder, bytes, free } },
  );
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** True for what a system call says on a full disk, or to a user who has had their share of it. */
export function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** The same error, or where the disk is full a refusal that says so. */
export function fullOr(error: unknown, path: string): unknown {
  if (!isFull(error)) return error;
  const message = `Expected room on the disk to write ${path} but: ${messageOf(error)}. Free some, and ask again.`;
  return new GanymedeError('INSUFFICIENT_STORAGE', message, { cause: error, details: { path } });
}
