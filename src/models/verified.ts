// A checkpoint's folder as everything that reads one must see it: the manifest checked, and no byte of a graph given
// out before its size and SHA-256 were compared and its parts inspected. Serving, evaluation and fits all read graphs
// here.

import { join } from 'node:path';
import { faultsOf } from '../engine/inspect.js';
import { GanymedeError } from '../errors.js';
import { realPathInside } from '../files/inside.js';
import type { Capability } from './capabilities.js';
import { forAll, sentences } from './faults.js';
import { invalid, readVerified, unreadable } from './files.js';
import type { Place } from './folders.js';
import { MANIFEST_FILE, type Manifest, readManifest } from './manifest.js';

export interface Checkpoint {
  /** `…/<model>/<version>`. */
  readonly path: string;
  readonly manifest: Manifest;
  /** The bytes of a listed file, compared with its size and SHA-256. */
  file(name: string): Promise<Uint8Array>;
  /** ONNX of a graph, compared and inspected. @throws GanymedeError CAPABILITY_MISSING, CHECKPOINT_INVALID */
  graph(capability: Capability): Promise<Uint8Array>;
}

/** Reads the manifest and no more. @throws GanymedeError CHECKPOINT_INVALID */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const manifest = await readManifest(path);
  const file = (name: string) => readVerified(path, name, manifest.files[name]!);
  return {
    path,
    manifest,
    file,
    async graph(capability) {
      const entry = manifest.graphs[capability];
      if (!entry) throw missing(path, capability, manifest);
      const onnx = await file(entry.file);
      refuseUnsafe(onnx, join(path, entry.file));
      return onnx;
    },
  };
}

/**
 * A checkpoint whose every listed file is there, whole and unchanged, and which is the version that its folder says.
 * @throws GanymedeError CHECKPOINT_INVALID with all that is wrong
 */
export async function verifyCheckpoint({ root, path }: Place, name: string, version: number): Promise<Checkpoint> {
  const inside = await realPathInside(path, root).catch((error: unknown) => {
    throw unreadable('folder', path, error);
  });
  if (inside === null) throw invalid(path, `to lie inside ${root}`, 'a link that leaves it');
  const checkpoint = await openCheckpoint(path);
  const { manifest } = checkpoint;
  const itsFolder = async () => {
    if (manifest.model === name && manifest.version === version) return;
    const what = `to describe model ${name} version ${version}, its folder`;
    throw invalid(join(path, MANIFEST_FILE), what, `${manifest.model} version ${manifest.version}`);
  };
  const files = Object.keys(manifest.files).map((file) => async () => void (await checkpoint.file(file)));
  await forAll([itsFolder, ...files], (check) => check());
  return checkpoint;
}

/** @throws GanymedeError CHECKPOINT_INVALID naming all that must not be in a graph. `where` names it in messages. */
export function refuseUnsafe(onnx: Uint8Array, where: string): void {
  const faults = faultsOf(onnx);
  if (faults.length === 0) return;
  throw new GanymedeError(
    'CHECKPOINT_INVALID',
    `Expected ${where} to hold a graph that is safe to load but received ${sentences(faults.map((fault) => `${fault}.`))}`,
    { details: { file: where, violations: faults.slice(0, 20) } },
  );
}

function missing(path: string, capability: Capability, { graphs }: Manifest): GanymedeError {
  const present = Object.keys(graphs);
  return new GanymedeError(
    'CAPABILITY_MISSING',
    `Expected a checkpoint with a ${capability} graph but ${path} has only ${present.join(', ')}.`,
    { details: { path, capability, capabilities: present } },
  );
}
