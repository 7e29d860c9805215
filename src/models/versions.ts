// A model's folder: its versions by number, the next of them, and writing one so that it appears at once and whole. A
// version never changes once it is written; a change is another version.

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GanymedeError } from '../errors.js';
import { createDirectoryAtomically, isTaken, sweep, writeAndSync, writeFileAtomically } from '../files/atomic.js';
import { digestOf } from './files.js';
import { MAX_VERSION, type Manifest, MODEL_NAME, writeManifest } from './manifest.js';

/**
 * The version that a folder of this name holds; null for what is no version: a positive integer without leading zero.
 */
export function versionIn(name: string): number | null {
  return /^[1-9]\d{0,9}$/.test(name) && Number(name) <= MAX_VERSION ? Number(name) : null;
}

/**
 * One more than the highest version that the directory of a model has or had; 1 when there was none. Whoever writes
 * next may find it taken: `addVersion` does both.
 */
export async function nextVersion(modelDirectory: string): Promise<number> {
  const names = await namesIn(modelDirectory);
  return Math.max(0, ...versionsAmong(names), ...names.map(takenBy)) + 1;
}

/** Removes all but the `keep` newest versions. */
export async function pruneVersions(modelDirectory: string, keep: number): Promise<void> {
  const old = versionsAmong(await namesIn(modelDirectory)).slice(0, -keep);
  for (const version of old) await rm(join(modelDirectory, String(version)), { recursive: true });
}

/**
 * Writes the next version of a model, as `writeVersion` does, and returns its path. Of two that write at once each gets
 * a number of its own, and a number that was once taken is not given again, even when its version was removed: an
 * address of a picture names a version and is kept for ever.
 */
export async function addVersion(
  modelDirectory: string,
  described: Omit<Manifest, 'files' | 'version'>,
  files: Files,
): Promise<string> {
  for (;;) {
    const version = await nextVersion(modelDirectory);
    try {
      return await writeVersion(modelDirectory, { ...described, version }, files, () => take(modelDirectory, version));
    } catch (error) {
      if (!(error instanceof GanymedeError && isTaken(error.cause))) throw error;
    }
  }
}

/**
 * Writes `<modelDirectory>/<manifest.version>/`: the files, by name, and the manifest, to which it adds their digests.
 * Returns the path. `beforeItAppears` is called once all is written.
 * @throws GanymedeError CONFIG_INVALID where that version exists: it stays as it is
 */
export async function writeVersion(
  modelDirectory: string,
  manifest: Omit<Manifest, 'files'>,
  files: Files,
  beforeItAppears?: () => Promise<void>,
): Promise<string> {
  const path = join(modelDirectory, String(manifest.version));
  const digests = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, digestOf(bytes)]));
  try {
    await createDirectoryAtomically(path, async (temporary) => {
      for (const [name, bytes] of Object.entries(files)) await writeAndSync(join(temporary, name), bytes);
      await writeManifest(temporary, { ...manifest, files: digests });
      await beforeItAppears?.();
    });
  } catch (cause) {
    if (!isTaken(cause)) throw cause;
    const message = `Expected no version ${manifest.version} in ${modelDirectory} yet but there is one, and a version never changes.`;
    throw new GanymedeError('CONFIG_INVALID', `${message} Remove it, or write the next.`, { cause, details: { path } });
  }
  return path;
}

/** Removes what killed processes left half written in the folders of models; nothing where they may not be changed. */
export async function sweepModels(checkpoints: string): Promise<void> {
  const entries = await readdir(checkpoints, { withFileTypes: true });
  const models = entries.filter((entry) => entry.isDirectory() && MODEL_NAME.test(entry.name));
  await Promise.all(models.map(({ name }) => sweep(join(checkpoints, name))));
}

type Files = Readonly<Record<string, Uint8Array>>;

/** Oldest first. */
function versionsAmong(names: readonly string[]): number[] {
  return names
    .map(versionIn)
    .filter((version) => version !== null)
    .sort((a, b) => a - b);
}

async function namesIn(modelDirectory: string): Promise<string[]> {
  await mkdir(modelDirectory, { recursive: true });
  return readdir(modelDirectory);
}

const TAKEN = '.taken-';

/** True for a file of the folder that only keeps a number from being given again. */
export function notesTaken(name: string): boolean {
  return takenBy(name) > 0;
}

/** The number that an empty file `.taken-<n>` keeps; 0 for any other name. */
function takenBy(name: string): number {
  return name.startsWith(TAKEN) ? (versionIn(name.slice(TAKEN.length)) ?? 0) : 0;
}

/** The highest counts, so the lower ones may go: no matter in which order two processes come to this. */
async function take(modelDirectory: string, version: number): Promise<void> {
  await writeFileAtomically(join(modelDirectory, `${TAKEN}${version}`), '');
  const lower = (await namesIn(modelDirectory)).filter((name) => notesTaken(name) && takenBy(name) < version);
  await Promise.all(lower.map((name) => rm(join(modelDirectory, name), { force: true })));
}
