// Choosing the active version of a model, and looking up which it is: what a person does to a folder of models, whether
// or not a server serves from it. A server that does takes notice when it refreshes.

import { join } from 'node:path';
import { GanymedeError } from '../errors.js';
import { type Active, writeActive } from './active.js';
import { type Finds, type FoundModel, findModel, findModels, UNHEARD } from './folders.js';
import { MODEL_NAME } from './manifest.js';
import { type Checkpoint, verifyCheckpoint } from './verified.js';

export interface ModelVersions {
  readonly name: string;
  /** Oldest first. */
  readonly versions: readonly number[];
  /** The version that answers where none is named. */
  readonly active: number;
  /** Whether that is so because it is the latest. */
  readonly isLatest: boolean;
}

/**
 * Makes a version active, or with `latest` whatever is the latest from now on. It is verified before. Of several
 * folders the first is written. @throws GanymedeError MODEL_NOT_FOUND, VERSION_NOT_FOUND, CHECKPOINT_INVALID
 */
export async function activate(folders: readonly string[], model: string, active: Active): Promise<ModelVersions> {
  const found = await modelIn(folders, model, UNHEARD); // a bad file is about to be replaced
  const described = describe(found, active);
  await verifyCheckpoint(found.versions.get(described.active)!, model, described.active);
  await writeActive(join(folders[0]!, model), active);
  return described;
}

/** @throws GanymedeError MODEL_NOT_FOUND; VERSION_NOT_FOUND, CHECKPOINT_INVALID where the file names no version */
export async function versionsOf(folders: readonly string[], model: string): Promise<ModelVersions> {
  const found = await modelIn(folders, model, REFUSED);
  return describe(found, found.active?.says ?? 'latest');
}

/**
 * A version of a model, verified; without a number the active one.
 * @throws GanymedeError MODEL_NOT_FOUND, VERSION_NOT_FOUND, CHECKPOINT_INVALID
 */
export async function openVersion(folders: readonly string[], model: string, version?: number): Promise<Checkpoint> {
  const found = await modelIn(folders, model, REFUSED);
  const { active } = describe(found, version ?? found.active?.says ?? 'latest');
  return verifyCheckpoint(found.versions.get(active)!, model, active);
}

const REFUSED: Finds = {
  ...UNHEARD,
  problem: (_, error) => {
    throw error;
  },
};

async function modelIn(folders: readonly string[], name: string, finds: Finds): Promise<FoundModel> {
  const found = MODEL_NAME.test(name) ? await findModel(folders, name, finds) : undefined;
  if (found && found.versions.size > 0) return found;
  const models = (await findModels(folders, UNHEARD)).filter(({ versions }) => versions.size > 0);
  const names = models.map((model) => model.name);
  throw new GanymedeError(
    'MODEL_NOT_FOUND',
    `Expected a model of ${folders.join(' or ')}, ${names.join(', ') || 'which has none'}, but received ${JSON.stringify(name.slice(0, 80))}. CHECKPOINTS or --checkpoints names other folders.`,
    { details: { models: names } },
  );
}

function describe(found: FoundModel, wanted: Active): ModelVersions {
  const versions = [...found.versions.keys()].sort((a, b) => a - b);
  const active = wanted === 'latest' ? versions.at(-1)! : wanted;
  if (found.versions.has(active)) return { name: found.name, versions, active, isLatest: wanted === 'latest' };
  throw new GanymedeError(
    'VERSION_NOT_FOUND',
    `Expected a version of ${found.name} among ${versions.join(', ')} but received ${active}.`,
    { details: { model: found.name, version: active, versions } },
  );
}
