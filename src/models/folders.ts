// What lies in the folders of models, `<folder>/<model>/<version>/`: names, versions, and which version is to be
// active. It looks at names only; whether a version is sound is for others to find out. A model's versions may lie in
// several folders. Where two hold the same version the first folder counts, and the other is reported.

import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GanymedeError, messageOf } from '../errors.js';
import { ACTIVE_FILE, type Active, readActive } from './active.js';
import { isFault } from './faults.js';
import { invalid } from './files.js';
import { MODEL_NAME } from './manifest.js';
import { notesTaken, versionIn } from './numbers.js';

/** Where a version lies. */
export interface Place {
  /** The folder of models, which nothing of the version may lead out of. */
  readonly root: string;
  /** `<root>/<model>/<version>`. */
  readonly path: string;
}

export interface FoundModel {
  readonly name: string;
  readonly versions: ReadonlyMap<number, Place>;
  /** What its file says, and where the file is; null without one. */
  readonly active: { readonly path: string; readonly says: Active } | null;
  /** A folder of it could not be read: there may be more versions. */
  readonly unreadable: boolean;
}

/** Hears of what is no version of a model. */
export interface Finds {
  ignored(path: string, why: string): void;
  problem(path: string, error: GanymedeError): void;
}

/** For who looks for what is there, and leaves it to others to say what is not. */
export const UNHEARD: Finds = { ignored: () => {}, problem: () => {} };

/** Where a version lies; undefined where no folder has it. */
export async function pathOfVersion(
  folders: readonly string[],
  name: string,
  version: number,
): Promise<string | undefined> {
  return (await findModel(folders, name, UNHEARD)).versions.get(version)?.path;
}

/** By name. @throws GanymedeError CONFIG_INVALID where a folder of models itself cannot be read */
export async function findModels(folders: readonly string[], finds: Finds): Promise<FoundModel[]> {
  const names = new Set<string>();
  for (const folder of folders) for (const name of await namesIn(folder, finds)) names.add(name);
  return Promise.all([...names].sort().map((name) => findModel(folders, name, finds)));
}

/** A model by its name; without versions where no folder has it. */
export async function findModel(folders: readonly string[], name: string, finds: Finds): Promise<FoundModel> {
  const active = await activeOf(folders, name, finds); // first: a version is there before it is made active
  const versions = new Map<number, Place>();
  let unreadable = false;
  for (const root of folders) {
    const among = await versionsIn(join(root, name), finds);
    if (among === null) unreadable = true;
    for (const version of among ?? []) {
      const place = { root, path: join(root, name, `${version}`) };
      const first = versions.get(version);
      if (first) finds.problem(place.path, hiddenBy(first, place));
      else versions.set(version, place);
    }
  }
  return { name, versions, unreadable, active };
}

/** Whether a version was removed since it was found. A link that leads to nothing is there. */
export async function isGone({ path }: Place): Promise<boolean> {
  try {
    await lstat(path);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** Of the first folder that has one. A bad one is reported, and counts as none. */
async function activeOf(folders: readonly string[], name: string, finds: Finds): Promise<FoundModel['active']> {
  for (const folder of folders) {
    const path = join(folder, name, ACTIVE_FILE);
    try {
      const says = await readActive(join(folder, name));
      if (says !== null) return { path, says };
    } catch (error) {
      if (!isFault(error)) throw error;
      finds.problem(path, error);
      return null;
    }
  }
  return null;
}

async function namesIn(folder: string, finds: Finds): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => {
      if (MODEL_NAME.test(name)) return true;
      finds.ignored(join(folder, name), 'not the name of a model');
      return false;
    });
  } catch (error) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected a readable folder of checkpoints at ${folder} but received: ${messageOf(error)}.`,
      { cause: error, details: { directory: folder } },
    );
  }
}

/** Null where the folder cannot be read; none where there is no such folder. */
async function versionsIn(folder: string, finds: Finds): Promise<number[] | null> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') {
      finds.ignored(folder, 'not a folder');
      return [];
    }
    finds.problem(folder, invalid(folder, 'to be a readable folder', messageOf(error)));
    return null;
  }
  return names.flatMap((name) => {
    const version = versionIn(name);
    if (version !== null) return [version];
    if (name !== ACTIVE_FILE && !notesTaken(name)) {
      finds.ignored(join(folder, name), 'not a version (a positive integer without leading zero)');
    }
    return [];
  });
}

function hiddenBy(first: Place, place: Place): GanymedeError {
  return new GanymedeError(
    'CHECKPOINT_INVALID',
    `Expected each version of a model in one folder but ${place.path} is in ${first.root} as well, which comes first and counts. Remove or renumber one of the two.`,
    { details: { file: place.path, counts: first.path } },
  );
}
