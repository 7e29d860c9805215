import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addEvaluation, type Evaluation, evaluationsOf } from '../../../src/models/evaluations.js';
import { readManifest } from '../../../src/models/manifest.js';
import { addGraphs } from '../../../src/training/fit/version.js';
import { temporaryFolder, writeCheckpoint } from '../../models/checkpoints.js';

const result = (protocol: string): Evaluation => ({
  protocol,
  seed: 1,
  dataset: {},
  figures: {},
  date: '2026-03-01T00:00:00Z',
});

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

it('a version with another graph holds its own figures, and what was measured on its parent since that was written', async () => {
  const parent = await writeCheckpoint(folder.path, 'm', 4, {
    edit: (manifest) => Object.assign(manifest, { evaluations: [result('encoder')] }),
  });
  await addEvaluation(parent, result('parzen'));
  const manifest = await readFile(join(parent, 'manifest.json'), 'utf8');

  const child = await addGraphs(parent, { graphs: { features: Buffer.from('new') }, evaluation: result('probe') });
  expect(child).toBe(join(folder.path, 'm', '5'));
  expect((await readManifest(child)).evaluations.map(({ protocol }) => protocol)).toEqual([
    'encoder',
    'parzen',
    'probe',
  ]);
  expect(await evaluationsOf(child)).toHaveLength(3);
  expect(Object.keys((await readManifest(child)).files)).toEqual(['generate.onnx', 'score.onnx', 'features.onnx']);
  expect(await readFile(join(parent, 'manifest.json'), 'utf8')).toBe(manifest);
});
