// A model's folder: its versions by number, the next of them, and writing one so that it appears at once and whole. A
// version never changes once it is written; a change is another version.

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDirectoryAtomically, writeAndSync } from '../files/atomic.js';
import { digestOf } from './files.js';
import { MAX_VERSION, type Manifest, writeManifest } from './manifest.js';

/**
 * The version that a folder of this name holds; null for what is no version: a positive integer without leading zero.
 */
export function versionIn(name: string): number | null {
  return /^[1-9]\d{0,9}$/.test(name) && Number(name) <= MAX_VERSION ? Number(name) : null;
}

/** One more than the highest version in the directory of a model; 1 when there is none. */
export async function nextVersion(modelDirectory: string): Promise<number> {
  return Math.max(0, ...(await versionsOf(modelDirectory))) + 1;
}

/** Removes all but the `keep` newest versions. */
export async function pruneVersions(modelDirectory: string, keep: number): Promise<void> {
  const old = (await versionsOf(modelDirectory)).slice(0, -keep);
  for (const version of old) await rm(join(modelDirectory, String(version)), { recursive: true });
}

/**
 * Writes `<modelDirectory>/<manifest.version>/`: the files, by name, and the manifest, to which it adds their digests.
 * Returns the path.
 */
export async function writeVersion(
  modelDirectory: string,
  manifest: Omit<Manifest, 'files'>,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<string> {
  const path = join(modelDirectory, String(manifest.version));
  const digests = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, digestOf(bytes)]));
  await createDirectoryAtomically(path, async (temporary) => {
    for (const [name, bytes] of Object.entries(files)) await writeAndSync(join(temporary, name), bytes);
    await writeManifest(temporary, { ...manifest, files: digests });
  });
  return path;
}

/** Oldest first. */
async function versionsOf(modelDirectory: string): Promise<number[]> {
  await mkdir(modelDirectory, { recursive: true });
  const versions = (await readdir(modelDirectory)).map(versionIn).filter((version) => version !== null);
  return versions.sort((a, b) => a - b);
}
