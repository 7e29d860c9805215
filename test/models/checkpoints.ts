// Writes small checkpoints of fake graphs into a temporary folder, and breaks them as a test asks.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../src/models/files.js';
import type { Manifest } from '../../src/models/manifest.js';
import { type FakeOnnx, fakeOnnx } from './fakes.js';

/** A folder that is removed when the test file's `afterEach` calls `remove`. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'ganymede-models-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export const float = (...shape: number[]) => ({ dtype: 'float32', shape }) as const;

/** z of 3 values → image of 1 × 2 × 2, every pixel the sum of z. */
export const GENERATE: FakeOnnx = { inputs: { z: float(-1, 3) }, outputs: { image: float(-1, 1, 2, 2) } };
/** image → the sum of its pixels. */
export const SCORE: FakeOnnx = { inputs: { image: float(-1, 1, 2, 2) }, outputs: { logit: float(-1) } };

export interface Checkpoint {
  readonly graphs?: Record<string, FakeOnnx | Uint8Array | string>;
  /** Last change to the manifest before it is written. */
  readonly edit?: (manifest: Record<string, unknown> & Manifest) => void;
}

export function manifestOf(model: string, version: number, files: Record<string, Uint8Array | string>): Manifest {
  return {
    format: 1,
    model,
    version,
    title: model,
    description: 'A fixture.',
    license: 'CC0-1.0',
    created: '2026-01-02T03:04:05Z',
    latent: { size: 3, prior: { kind: 'uniform', low: -1, high: 1 } },
    image: { width: 2, height: 2, channels: 1, range: [0, 1] },
    graphs: {
      ...('generate.onnx' in files && { generate: { file: 'generate.onnx' } }),
      ...('score.onnx' in files && { score: { file: 'score.onnx', densityRatio: 'logit' as const } }),
    },
    files: Object.fromEntries(Object.entries(files).map(([name, content]) => [name, digestOf(Buffer.from(content))])),
    evaluations: [],
  };
}

/** Writes `<root>/<model>/<version>/` and returns its path. Bytes and strings are written as they are. */
export async function writeCheckpoint(
  root: string,
  model: string,
  version: number,
  { graphs = { generate: GENERATE, score: SCORE }, edit }: Checkpoint = {},
): Promise<string> {
  const path = join(root, model, `${version}`);
  await mkdir(path, { recursive: true });
  const files = Object.fromEntries(
    Object.entries(graphs).map(([name, graph]) => [
      `${name}.onnx`,
      typeof graph === 'string' || graph instanceof Uint8Array ? graph : fakeOnnx(graph),
    ]),
  );
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  const manifest = manifestOf(model, version, files) as Record<string, unknown> & Manifest;
  edit?.(manifest);
  await writeFile(join(path, 'manifest.json'), JSON.stringify(manifest));
  return path;
}
