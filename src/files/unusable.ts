// What a system call says of a file or folder that it cannot use, as a refusal that a person can act on; and whether a
// folder can be written in, asked before hours of work are to be kept there.
import { mkdir, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { GanymedeError } from '../errors.js';
import { isOthers, temporaryIn, writeAndSync } from './atomic.js';
import { fullOr } from './room.js';

/** What each code means here, and what to do. */
const REASONS: Readonly<Record<string, readonly [why: string, next: string]>> = {
  EACCES: ['this user may not', 'Give the user the right to it, or choose another place.'],
  EPERM: ['this user may not', 'Give the user the right to it, or choose another place.'],
  EROFS: ['the file system can only be read', 'Choose a place that can be written.'],
  ENOENT: ['it is not there, or a link leads to nothing', 'Look at the path.'],
  ENOTDIR: ['a file lies where a folder should be', 'Look at the path.'],
  EISDIR: ['it is a folder, not a file', 'Name a file.'],
  EEXIST: ['something else has its name, or a link leads to nothing', 'Remove that, or choose another name.'],
  ENOTEMPTY: ['the folder is not empty', 'Choose another name.'],
  ENAMETOOLONG: ['its name is too long', 'Choose a shorter one.'],
  ELOOP: ['its links lead in a circle', 'Look at the path.'],
  EBUSY: ['something else uses it', 'Wait for that, or choose another place.'],
  ETXTBSY: ['it is a program that runs', 'Choose another place.'],
  EXDEV: ['it is on another file system', 'Choose a place on the same.'],
  EMFILE: ['too many files are open', 'Allow more (ulimit -n).'],
  ENFILE: ['too many files are open', 'Close some, or allow more.'],
  EFBIG: ['the file would be too large', 'Choose a file system that takes larger files.'],
  EIO: ['the disk does not answer as it should', 'Look at the disk.'],
  EINVAL: ['the system does not take that there', 'Choose another place.'],
  ENODEV: ['the system does not take that there', 'Choose another place.'],
};

/** Of the errors that the system throws of files; null of any other. A full disk is said to be full. */
export function refusalOf(error: unknown): GanymedeError | null {
  if (!(error instanceof Error)) return null;
  const { code = '', path, dest, syscall } = error as NodeJS.ErrnoException & { readonly dest?: string };
  const place = shown(dest ?? path);
  const full = fullOr(error, place);
  if (full instanceof GanymedeError) return full;
  const reason = REASONS[code];
  if (!reason || syscall === undefined) return null;
  const [why, next] = reason;
  const message = `Expected to be able to use ${place} but ${why} (${syscall}: ${code}). ${next}`;
  return new GanymedeError('FILE_UNUSABLE', message, { cause: error, details: { path: place, system: code } });
}

/** Files have a passing name until they are whole: that of their folder tells more. */
function shown(path: string | undefined): string {
  if (path === undefined) return 'a file';
  return basename(path).startsWith('.tmp-') ? dirname(path) : path;
}

/**
 * Writes a byte where files will be written, and takes it away again, with the folders that were made for it.
 * @throws GanymedeError FILE_UNUSABLE, INSUFFICIENT_STORAGE
 */
export async function requireWritable(folder: string): Promise<void> {
  for (let left = TRIES - 1; ; left--) {
    try {
      return await tryToWrite(folder);
    } catch (error) {
      const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!isGone || left === 0) throw refusalOf(error) ?? error;
    }
  }
}

/** Another process that tries the same folder may take away what it had made for that, under the feet of this one. */
const TRIES = 20;

async function tryToWrite(folder: string): Promise<void> {
  const made = await makeFolders(resolve(folder));
  try {
    const file = temporaryIn(folder);
    await writeAndSync(file, '1').finally(() => rm(file, { force: true }));
  } finally {
    for (const each of made.reverse()) await removeIfEmpty(each);
  }
}

/**
 * Those that were not there, the outermost first. Not by mkdir's own recursion, which never ends where a folder says
 * ENOENT of all that is to be made in it, as /proc does.
 */
async function makeFolders(folder: string): Promise<string[]> {
  try {
    if ((await stat(folder)).isDirectory()) return [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const above = dirname(folder) === folder ? [] : await makeFolders(dirname(folder));
  try {
    await mkdir(folder);
    return [...above, folder];
  } catch (error) {
    const isAnothers = (error as NodeJS.ErrnoException).code === 'EEXIST' && (await isFolder(folder));
    if (isAnothers) return above; // who made it meanwhile takes it away
    for (const each of above.reverse()) await removeIfEmpty(each);
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The same for a file that will be written. */
export async function requireWritableFile(file: string): Promise<void> {
  await requireWritable(dirname(resolve(file)));
}

/** Unless somebody else put something there, or took it away. */
async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!isOthers(error) && (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
