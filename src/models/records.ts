// What a version tells of itself besides its manifest: what was measured on it, how its training went, and pictures of
// the way. Measurements may be added while it is served; the rest is among its files, and never changes.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Capability } from './capabilities.js';
import { CURVE_FILE, curveSchema, type TrainingCurve } from './curve.js';
import { EVALUATIONS, type Evaluation, evaluationsOf } from './evaluations.js';
import type { FileDigest } from './files.js';
import { checked, type Manifest, parseJson } from './manifest.js';
import { isTold } from './same-kind.js';
import type { Checkpoint } from './verified.js';

export interface Records {
  /** Those of the manifest, then those that were added, by date. */
  evaluations(): Promise<readonly Evaluation[]>;
  /** Null where the version has none. @throws GanymedeError CHECKPOINT_INVALID */
  curve(): Promise<TrainingCurve | null>;
  /** Whether a graph takes the class of each row, as its file says. */
  isTold(capability: Capability): Promise<boolean>;
  /** PNG of a preview. @throws GanymedeError CHECKPOINT_INVALID */
  preview(file: string): Promise<Uint8Array>;
}

/** `report` hears of measurements that cannot be read: they are left out. */
export function recordsOf(checkpoint: Checkpoint, report: (problem: Error) => void): Records {
  const { manifest, path } = checkpoint;
  let measured: { readonly changed: bigint; readonly evaluations: Promise<readonly Evaluation[]> } | undefined;
  const told = new Map<Capability, boolean>();
  let curve: Promise<TrainingCurve | null> | undefined;
  return {
    async evaluations() {
      const changed = await changedAt(join(path, EVALUATIONS));
      if (changed === null) return manifest.evaluations;
      if (measured?.changed !== changed) measured = { changed, evaluations: evaluationsOf(path, report) };
      return measured.evaluations;
    },
    curve() {
      curve ??= readCurve(checkpoint);
      return curve;
    },
    async isTold(capability) {
      const known = told.get(capability) ?? isTold(await checkpoint.graph(capability));
      told.set(capability, known);
      return known;
    },
    preview: (file) => checkpoint.file(file),
  };
}

export interface Preview {
  readonly step: number;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

const PREVIEW = /^preview-(\d{1,12})\.png$/;

export function previewFile(step: number): string {
  return `preview-${String(step).padStart(6, '0')}.png`;
}

/** In the order of their steps. */
export function previewsOf({ files }: Manifest): Preview[] {
  return Object.entries(files)
    .flatMap(([file, { bytes, sha256 }]: [string, FileDigest]) => {
      const [, step] = PREVIEW.exec(file) ?? [];
      return step === undefined ? [] : [{ step: Number(step), file, bytes, sha256 }];
    })
    .sort((a, b) => a.step - b.step);
}

async function readCurve({ path, manifest, file }: Checkpoint): Promise<TrainingCurve | null> {
  if (!Object.hasOwn(manifest.files, CURVE_FILE)) return null;
  const text = Buffer.from(await file(CURVE_FILE)).toString('utf8');
  const where = join(path, CURVE_FILE);
  return checked(curveSchema, parseJson(text, where), where, 'the training curve');
}

/** In nanoseconds; null where there is no such folder. */
async function changedAt(folder: string): Promise<bigint | null> {
  try {
    return (await stat(folder, { bigint: true })).mtimeNs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
