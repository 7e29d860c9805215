// The file `active` of a model's folder: which of its versions answers where a request names none. It holds the number
// of a version, or the word `latest`, and is replaced atomically, so that several servers on one folder agree. Without
// it the latest version is active.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { GanymedeError } from '../errors.js';
import { createFileAtomically, writeFileAtomically } from '../files/atomic.js';
import { invalid, readInside } from './files.js';
import { versionIn } from './numbers.js';

export const ACTIVE_FILE = 'active';

export type Active = number | 'latest';

/** A number of ten digits, and the ends of lines that editors add. */
const MAX_BYTES = 64;

/** What the file says; null where there is none. @throws GanymedeError CHECKPOINT_INVALID */
export async function readActive(modelDirectory: string): Promise<Active | null> {
  const path = join(modelDirectory, ACTIVE_FILE);
  const text = await textOf(modelDirectory, path);
  if (text === null || text === 'latest') return text;
  const version = versionIn(text);
  if (version === null) throw invalid(path, WANTED, JSON.stringify(text));
  return version;
}

export async function writeActive(modelDirectory: string, active: Active): Promise<void> {
  await mkdir(modelDirectory, { recursive: true });
  await writeFileAtomically(join(modelDirectory, ACTIVE_FILE), textFor(active));
}

/** Unless it says something already: another may write it at this moment. */
export async function writeActiveIfNone(modelDirectory: string, active: Active): Promise<void> {
  await mkdir(modelDirectory, { recursive: true });
  await createFileAtomically(join(modelDirectory, ACTIVE_FILE), textFor(active));
}

function textFor(active: Active): string {
  return `${active}\n`;
}

const WANTED = 'to hold the number of a version, or "latest",';

async function textOf(modelDirectory: string, path: string): Promise<string | null> {
  try {
    const bytes = await readInside(modelDirectory, ACTIVE_FILE, (size) => {
      if (size > MAX_BYTES) throw invalid(path, WANTED, `${size} bytes`);
    });
    return Buffer.from(bytes).toString('utf8').trim();
  } catch (error) {
    const { code } = ((error as GanymedeError).cause ?? {}) as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null; // no such file, or no folder in which it could be
    throw error;
  }
}
