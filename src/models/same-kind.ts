// What all versions of a model have in common, so that whoever asks for samples of it need not look which version
// answers: the form of its examples, the latent and its prior, and the classes that it is told of. A version of another
// kind belongs to another model.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { FIELDS, readParts } from '../engine/onnx-parts.js';
import { GanymedeError } from '../errors.js';
import { isFault } from './faults.js';
import type { Manifest } from './manifest.js';
import { versionsAmong } from './numbers.js';
import { openCheckpoint } from './verified.js';

export type Described = Pick<Manifest, 'latent' | 'image' | 'point' | 'labels'>;

/**
 * Refuses a version that is not of the kind of the newest one which can be read. `told`: whether its generator takes a
 * class. @throws GanymedeError MODEL_MISMATCH
 */
export async function refuseOtherKind(
  modelDirectories: readonly string[],
  described: Described,
  told: boolean,
): Promise<void> {
  const newest = await newestIn(modelDirectories);
  if (!newest) return;
  const given = kindOf(described, told);
  const differences = (Object.keys(given) as (keyof Kind)[])
    .filter((what) => !isDeepStrictEqual(given[what], newest.kind[what]))
    .map((what) => ({ what, expected: newest.kind[what], received: given[what] }));
  if (differences.length > 0) throw otherKind(newest.path, differences);
}

/** Whether a graph takes a class beside its example or z. */
export function isTold(onnx: Uint8Array): boolean {
  const { ModelProto, GraphProto, ValueInfoProto } = FIELDS;
  const inputs = readParts(onnx)
    .parts(ModelProto.graph)
    .flatMap((graph) => graph.parts(GraphProto.inputs));
  return inputs.some((input) => input.text(ValueInfoProto.name) === 'label');
}

/** As messages put it: a difference is to be understood from them alone. */
interface Kind {
  readonly shape: string;
  readonly latent: string;
  readonly prior: string;
  readonly classes: string;
}

function kindOf({ latent, image, point, labels }: Described, told: boolean): Kind {
  const { kind, ...ends } = latent.prior;
  const [low, high] = Object.values(ends);
  return {
    shape: image ? `images of ${image.width}×${image.height}×${image.channels}` : `points of ${point?.size} numbers`,
    latent: `${latent.size} numbers`,
    prior: low === undefined ? kind : `${kind} in [${low}, ${high}]`,
    // Classes that only a classifier tells apart may come and go with it.
    classes: told && labels ? labels.map((name) => JSON.stringify(name)).join(', ') : 'none',
  };
}

/** Of what can be read: a bad version has no say. */
async function newestIn(modelDirectories: readonly string[]): Promise<{ path: string; kind: Kind } | undefined> {
  const lists = await Promise.all(modelDirectories.map(versionsIn));
  for (const { path } of lists.flat().sort((a, b) => b.version - a.version)) {
    try {
      const { manifest, graph } = await openCheckpoint(path);
      const mayBeTold = manifest.labels !== undefined && manifest.graphs.generate !== undefined;
      return { path, kind: kindOf(manifest, mayBeTold && isTold(await graph('generate'))) };
    } catch (error) {
      if (!isFault(error)) throw error;
    }
  }
  return undefined;
}

async function versionsIn(modelDirectory: string): Promise<{ version: number; path: string }[]> {
  try {
    const versions = versionsAmong(await readdir(modelDirectory));
    return versions.map((version) => ({ version, path: join(modelDirectory, `${version}`) }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

interface Difference {
  readonly what: keyof Kind;
  readonly expected: string;
  readonly received: string;
}

function otherKind(path: string, differences: readonly Difference[]): GanymedeError {
  const list = (side: 'expected' | 'received') =>
    differences.map((one) => `${one.what} ${short(one[side])}`).join(' and ');
  return new GanymedeError(
    'MODEL_MISMATCH',
    `Expected a version like ${path}, of ${list('expected')}, but received one of ${list('received')}. Versions of a model answer the same requests: write it as another model.${fitting(differences)}`,
    { details: { path, differences } },
  );
}

/** What makes images of another form fit, if that is all: settings of data. */
function fitting(differences: readonly Difference[]): string {
  const [{ what, expected, received }, ...others] = differences as [Difference, ...Difference[]];
  const [, width, height, channels] = /^images of (\d+)×(\d+)×([134])$/.exec(what === 'shape' ? expected : '') ?? [];
  if (width === undefined || others.length > 0 || !received.startsWith('images')) return '';
  const kind = channels === '4' ? 'alpha=keep' : `channels=${channels}`;
  return ` Images become so with the settings resize=${width}x${height},${kind} of their data.`;
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
