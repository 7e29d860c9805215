// The numbers of versions, and the notes that keep a number from being given twice: an address of a picture names a
// version and is kept for ever, so the number of one that was removed stays taken.

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isOthers, writeFileAtomically } from '../files/atomic.js';
import { MAX_VERSION } from './manifest.js';

/**
 * The version that a folder of this name holds; null for what is no version: a positive integer without leading zero.
 */
export function versionIn(name: string): number | null {
  return /^[1-9]\d{0,9}$/.test(name) && Number(name) <= MAX_VERSION ? Number(name) : null;
}

/** Oldest first. */
export function versionsAmong(names: readonly string[]): number[] {
  return names
    .map(versionIn)
    .filter((version) => version !== null)
    .sort((a, b) => a - b);
}

/** The highest number that a model's folder, with these names in it, has or had; 0 for none. */
export function highestEver(names: readonly string[]): number {
  return Math.max(0, ...versionsAmong(names), ...names.map(takenBy));
}

const TAKEN = '.taken-';

/** True for a file of the folder that only keeps a number from being given again. */
export function notesTaken(name: string): boolean {
  return takenBy(name) > 0;
}

/** The highest counts, so the lower ones may go: no matter in which order two processes come to this. */
export async function take(modelDirectory: string, version: number): Promise<void> {
  await writeFileAtomically(join(modelDirectory, `${TAKEN}${version}`), '');
  const lower = (await readdir(modelDirectory)).filter((name) => notesTaken(name) && takenBy(name) < version);
  await Promise.all(lower.map((name) => rm(join(modelDirectory, name), { force: true })));
}

/**
 * Notes the highest version of a model: it may have been copied there, and be removed by hand. Does nothing where the
 * folder may not be changed.
 */
export async function keepNumber(modelDirectory: string): Promise<void> {
  try {
    const names = await readdir(modelDirectory);
    const highest = highestEver(names);
    if (highest > 0 && !names.includes(`${TAKEN}${highest}`)) await take(modelDirectory, highest);
  } catch (error) {
    if (!isOthers(error)) throw error;
  }
}

/** The number that an empty file `.taken-<n>` keeps; 0 for any other name. */
function takenBy(name: string): number {
  return name.startsWith(TAKEN) ? (versionIn(name.slice(TAKEN.length)) ?? 0) : 0;
}
