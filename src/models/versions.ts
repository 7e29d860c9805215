// Writing a version of a model so that it appears at once and whole, under the next number. A version never changes
// once it is written; a change is another version.

import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GanymedeError } from '../errors.js';
import { createDirectoryAtomically, isTaken, removeDirectoryAtomically, sweep, writeAndSync } from '../files/atomic.js';
import { digestOf } from './files.js';
import { type Manifest, MODEL_NAME, writeManifest } from './manifest.js';
import { highestEver, keepNumber, take, versionsAmong } from './numbers.js';
import { isTold, refuseOtherKind } from './same-kind.js';

/**
 * One more than the highest version that a model has or had in any of its folders; 1 when there was none. Whoever
 * writes next may find it taken: `addVersion` does both.
 */
export async function nextVersion(modelDirectory: string, beside: readonly string[] = []): Promise<number> {
  await mkdir(modelDirectory, { recursive: true });
  const names = await Promise.all([modelDirectory, ...beside].map(namesIn));
  return Math.max(...names.map(highestEver)) + 1;
}

/** Removes all but the `keep` newest versions. */
export async function pruneVersions(modelDirectory: string, keep: number): Promise<void> {
  const old = versionsAmong(await namesIn(modelDirectory)).slice(0, -keep);
  for (const version of old) await removeDirectoryAtomically(join(modelDirectory, String(version)));
}

/**
 * Writes the next version of a model, as `writeVersion` does, and returns its path. Of two that write at once each gets
 * a number of its own, and a number that was once taken is not given again, even when its version was removed: an
 * address of a picture names a version and is kept for ever. `beside`: other folders of the same model, which are read.
 * `beforeItAppears` is told the path once all is written.
 * @throws GanymedeError MODEL_MISMATCH where it would be of another kind than the versions that are there
 */
export async function addVersion(
  modelDirectory: string,
  described: Omit<Manifest, 'files' | 'version'>,
  files: Files,
  beside: readonly string[] = [],
  beforeItAppears: (path: string) => Promise<void> = async () => {},
): Promise<string> {
  const generate = described.labels && described.graphs.generate && files[described.graphs.generate.file];
  await refuseOtherKind([modelDirectory, ...beside], described, generate !== undefined && isTold(generate));
  for (;;) {
    const version = await nextVersion(modelDirectory, beside);
    try {
      return await writeVersion(modelDirectory, { ...described, version }, files, async () => {
        await take(modelDirectory, version);
        await beforeItAppears(join(modelDirectory, String(version)));
      });
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
  await inEachModel(checkpoints, sweep);
}

/** Keeps the numbers of the versions that a folder of models has: before the first address of them is given out. */
export async function keepNumbers(checkpoints: string): Promise<void> {
  await inEachModel(checkpoints, keepNumber);
}

async function inEachModel(checkpoints: string, work: (modelDirectory: string) => Promise<void>): Promise<void> {
  const entries = await readdir(checkpoints, { withFileTypes: true });
  const models = entries.filter((entry) => entry.isDirectory() && MODEL_NAME.test(entry.name));
  await Promise.all(models.map(({ name }) => work(join(checkpoints, name))));
}

type Files = Readonly<Record<string, Uint8Array>>;

/** None where there is no folder. */
async function namesIn(modelDirectory: string): Promise<string[]> {
  try {
    return await readdir(modelDirectory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
