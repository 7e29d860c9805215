// Writing so that a power cut leaves the old thing or the new and never a part: write under a temporary name, fsync,
// rename, fsync the folder. What a killed process left under such a name is removed by the next that writes there.
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isGone, markOf, ownerOf, thisProcess } from './owner.js';
import { fullOr } from './room.js';

/** `mode`: who may read and write it, where not whoever the process lets. */
export async function writeFileAtomically(
  path: string,
  bytes: Uint8Array | string,
  { mode }: { readonly mode?: number } = {},
): Promise<void> {
  const parent = dirname(path);
  await sweep(parent);
  const temporary = temporaryIn(parent);
  try {
    await writeAndSync(temporary, bytes, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fullOr(error, path);
  }
  await syncDirectory(parent);
}

/**
 * A new file with all its text at once, so that nobody reads a part. False where the name is taken, or its directory
 * gone.
 */
export async function createFileAtomically(path: string, text: string): Promise<boolean> {
  const temporary = temporaryIn(dirname(path));
  try {
    await writeAndSync(temporary, text);
    await link(temporary, path);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    if (isWithoutLinks(error)) return createWithoutLinks(path, text);
    throw fullOr(error, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** True where link says that the file cannot have a second name there: the file system knows one, or has no more. */
export function isWithoutLinks(error: unknown): boolean {
  return WITHOUT_LINKS.has((error as NodeJS.ErrnoException).code);
}

const WITHOUT_LINKS: ReadonlySet<string | undefined> = new Set([
  ...['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'],
]);

/** Null where there is no such file. */
export async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * For file systems that know one name for a file. Others may see it empty for a moment, and a kill then leaves it so,
 * for a person to remove.
 */
async function createWithoutLinks(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw fullOr(error, path);
  }
}

/**
 * Fills a hidden directory beside `path`, then renames it to `path`. `fill` writes its files and syncs them. Where
 * something is at `path` it stays, and `isTaken` knows the error.
 */
export async function createDirectoryAtomically(
  path: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  const parent = dirname(path);
  await mkdir(parent, { recursive: true });
  await sweep(parent);
  const temporary = temporaryIn(parent);
  try {
    await mkdir(temporary);
    await fill(temporary);
    await syncDirectory(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw fullOr(error, path);
  }
  await syncDirectory(parent);
}

/** Gone at once for whoever looks at its folder, then bit by bit. False where another was faster. */
export async function removeDirectoryAtomically(path: string): Promise<boolean> {
  const temporary = temporaryIn(dirname(path));
  try {
    await rename(path, temporary);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
  await rm(temporary, { recursive: true, maxRetries: 3 }); // some may write in it still
  return true;
}

/** True where rename says, in one of several ways, that something already has the name. */
export function isTaken(error: unknown): boolean {
  return ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

export async function writeAndSync(path: string, bytes: Uint8Array | string, mode?: number): Promise<void> {
  const handle = await open(path, 'w', mode);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const TEMPORARY = /^\.tmp-([0-9a-f]{8}-\d+-(?:[0-9a-f]{8}|))-[0-9a-f]{8}$/;

/** A name of its own, which says whose it is. */
export function temporaryIn(directory: string): string {
  return join(directory, `.tmp-${markOf(thisProcess())}-${randomUUID().slice(0, 8)}`);
}

/**
 * Removes temporary files and directories of processes of this host that are gone. What others may still write, and
 * what has any other name, stays. A directory that cannot be read or changed is left as it is.
 */
export async function sweep(directory: string): Promise<void> {
  try {
    const left = (await readdir(directory)).filter(isLitter);
    await Promise.all(left.map((name) => rm(join(directory, name), { recursive: true, force: true })));
  } catch (error) {
    // Two may sweep at once, and what is not ours to remove is in nobody's way.
    if (!isOthers(error)) throw error;
  }
}

/** True where what was to be changed is gone, or may not be changed by this process. */
export function isOthers(error: unknown): boolean {
  return NOT_OURS.has((error as NodeJS.ErrnoException).code);
}

const NOT_OURS: ReadonlySet<string | undefined> = new Set([
  ...['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EACCES', 'EPERM', 'EROFS', 'EBUSY'],
]);

function isLitter(name: string): boolean {
  const owner = ownerOfTemporary(name);
  return owner !== null && isGone(owner);
}

/** Whether a name is that of what some process writes now, as far as can be seen: it is no part of a folder yet. */
export function isPassing(name: string): boolean {
  const owner = ownerOfTemporary(name);
  return owner !== null && !isGone(owner);
}

function ownerOfTemporary(name: string): ReturnType<typeof ownerOf> {
  const [, mark] = TEMPORARY.exec(name) ?? [];
  return mark === undefined ? null : ownerOf(mark);
}

export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
