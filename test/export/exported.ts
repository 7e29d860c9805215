// Versions as `export` writes them, for its tests.

import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SHIPPED_CHECKPOINTS } from '../../src/config.js';
import { exportModel, type Form } from '../../src/export/export-model.js';
import type { PlainVersion } from '../../src/export/plain.js';

export const SHIPPED = readdirSync(SHIPPED_CHECKPOINTS).sort();

/** A folder of its own while something is done with it. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ganymede-export-'));
  return use(folder).finally(() => rm(folder, { recursive: true, force: true }));
}

export async function exported(
  model: string,
  form: Form,
  out: string,
  checkpoints = [SHIPPED_CHECKPOINTS],
): Promise<PlainVersion> {
  const version = await exportModel({ model, for: form, out, checkpoints });
  if (!version) throw new Error('The export was stopped.');
  return version;
}
