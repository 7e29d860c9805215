// What a system call says of a file or folder that it cannot use, as a refusal that a person can act on; and whether a
// folder can be written in, asked before hours of work are to be kept there.
import { lstat, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { GanymedeError } from '../errors.js';
import { temporaryIn, writeAndSync } from './atomic.js';
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

/**
 * Of the errors that the system throws of files; null of any other. A full disk is said to be full. `asked`: the place
 * that was asked for, where the error names what was tried on the way to it.
 */
export function refusalOf(error: unknown, asked?: string): GanymedeError | null {
  if (!(error instanceof Error)) return null;
  const { code = '', path, dest, syscall } = error as NodeJS.ErrnoException & { readonly dest?: string };
  const place = asked ?? shown(dest ?? path);
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
 * Writes a byte where files will be written, and takes it away again. Folders that are not there are rehearsed within
 * one of a passing name, and so are never taken away from another that begins to use them at this moment.
 * @throws GanymedeError FILE_UNUSABLE, INSUFFICIENT_STORAGE
 */
export async function requireWritable(folder: string): Promise<void> {
  const place = resolve(folder);
  for (let left = TRIES - 1; ; left--) {
    try {
      return await tryToWrite(place);
    } catch (error) {
      if (!isAbsent(error) || left === 0) throw refusalOf(error, place) ?? error;
    }
  }
}

/** The innermost folder that is there may go at this moment, with the lock of a process that had made it. */
const TRIES = 20;

async function tryToWrite(folder: string): Promise<void> {
  const there = await innermostThere(folder);
  const passing = temporaryIn(there);
  try {
    if (there === folder) return await writeAndSync(passing, '1');
    // By itself: mkdir's recursion never ends where a folder says ENOENT of all that is made in it, as /proc does.
    await mkdir(passing);
    const rehearsed = join(passing, relative(there, folder));
    await mkdir(rehearsed, { recursive: true });
    await writeAndSync(join(rehearsed, '1'), '1');
  } finally {
    await rm(passing, { recursive: true, force: true });
  }
}

/** The folder, or the nearest above it that is there; a link counts, wherever it leads. */
async function innermostThere(folder: string): Promise<string> {
  try {
    await lstat(folder);
    return folder;
  } catch (error) {
    if (!isAbsent(error) || dirname(folder) === folder) throw error;
    return innermostThere(dirname(folder));
  }
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** The same for a file that will be written. */
export async function requireWritableFile(file: string): Promise<void> {
  await requireWritable(dirname(resolve(file)));
}
