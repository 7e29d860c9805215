// All files below a folder as a set, in an order that no file system decides. Links to files are followed, links to
// folders are not, so that no walk runs in circles.
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { messageOf } from '../errors.js';
import type { FileSet } from './file-set.js';
import { invalid } from './refusal.js';
import { readExactly } from './shared-file.js';

/** Largest file that is read as an image, in bytes. */
const MAX_BYTES = 2 ** 26;

export async function openFolder(path: string): Promise<FileSet> {
  const name = basename(resolve(path));
  const names = await filesBelow(path);
  return {
    name,
    count: names.length,
    nameAt: (index) => names[index]!,
    whileOpen: (work) => work(),
    async read(index) {
      const file = join(path, names[index]!);
      try {
        return await readWhole(file);
      } catch (cause) {
        throw invalid(name, `a readable ${names[index]}`, messageOf(cause), cause);
      }
    },
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

/** Paths relative to `root` with forward slashes, sorted by code units. Hidden files and folders are left out. */
async function filesBelow(root: string): Promise<string[]> {
  const names: string[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) folders.push(name);
      else if (entry.isFile() || (entry.isSymbolicLink() && (await stat(join(root, name))).isFile())) names.push(name);
    }
  }
  return names.sort();
}
