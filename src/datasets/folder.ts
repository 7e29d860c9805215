// All files below a folder as a set, in an order that no file system decides. Links are followed, but not in circles.
import type { Stats } from 'node:fs';
import { open, opendir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { messageOf } from '../errors.js';
import type { FileSet } from './file-set.js';
import { LISTING, type Opening } from './format.js';
import { isJunk } from './layout.js';
import { invalid } from './refusal.js';
import { firstBytes, readExactly } from './shared-file.js';

/** Largest file that is read as an image, in bytes. */
const MAX_BYTES = 2 ** 26;
/** As of a zip. */
const MAX_FILES = 2_000_000;
/** Entries of a folder that are asked for at once: the list of a million would be as large as all else. */
const AT_ONCE = 1024;
/** Enough for every magic number, and for the tag of an SVG behind its comments. */
const START_BYTES = 4096;

export async function openFolder(path: string, opening: Opening = {}): Promise<FileSet> {
  const name = basename(resolve(path));
  const names = await filesBelow(path, opening);
  const reading = async (index: number, read: (path: string) => Promise<Uint8Array>) => {
    try {
      return await read(join(path, names[index]!));
    } catch (cause) {
      throw invalid(name, `a readable ${names[index]}`, messageOf(cause), cause);
    }
  };
  return {
    name,
    count: names.length,
    nameAt: (index) => names[index]!,
    whileOpen: (work) => work(),
    read: (index) => reading(index, readWhole),
    start: (index) => reading(index, (path) => firstBytes(path, START_BYTES)),
  };
}

async function readWhole(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > MAX_BYTES) throw new Error(`${size} bytes, more than ${MAX_BYTES}`);
    return await readExactly(file, 0, size);
  } finally {
    await file.close();
  }
}

/**
 * Paths relative to `root` with forward slashes, sorted by code units. What systems leave behind is left out. A link to
 * a folder that it lies in leads nowhere new and is passed over.
 */
async function filesBelow(root: string, { signal, onProgress }: Opening): Promise<string[]> {
  const names: string[] = [];
  const folders: Folder[] = [{ name: '', above: [await realpath(root)] }];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for await (const entry of await opendir(join(root, folder.name), { bufferSize: AT_ONCE })) {
      onProgress?.(LISTING, names.length, null);
      signal?.throwIfAborted();
      if (isJunk(entry.name)) continue;
      const name = folder.name === '' ? entry.name : `${folder.name}/${entry.name}`;
      const kind = entry.isSymbolicLink() ? await target(join(root, name)) : entry;
      if (kind === null || kind.isFile()) names.push(name);
      else if (kind.isDirectory()) folders.push(...(await below(root, name, folder)));
      if (names.length > MAX_FILES) throw invalid(basename(resolve(root)), `at most ${MAX_FILES} files`, 'more');
    }
  }
  return names.sort();
}

/** Null of a link that leads nowhere: a file that cannot be read, and is refused or left out by its name. */
async function target(path: string): Promise<Stats | null> {
  try {
    return await stat(path);
  } catch (error) {
    if (['ENOENT', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

interface Folder {
  readonly name: string;
  /** Where it and the folders that it lies in really are. */
  readonly above: readonly string[];
}

/** None where it is one of those that it lies in. */
async function below(root: string, name: string, { above }: Folder): Promise<Folder[]> {
  const real = await realpath(join(root, name));
  return above.includes(real) ? [] : [{ name, above: [...above, real] }];
}
