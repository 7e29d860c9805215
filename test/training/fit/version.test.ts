import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { classShares } from '../../../src/models/labels.js';
import { readManifest } from '../../../src/models/manifest.js';
import { addGraphs } from '../../../src/training/fit/version.js';
import { writeTinyGan } from '../../server/tiny-gan.js';
import { temporaryFolder } from '../helpers.js';

it('a version with a scorer says how common each class was in what the scorer learnt from', async () => {
  const root = await temporaryFolder();
  await writeTinyGan(root, { model: 'judged-letters' });
  const before = join(root, 'judged-letters', '1');
  const scorer = await readFile(join(before, 'scorer.onnx'));
  const evaluation = { protocol: 'scorer', seed: 1, dataset: {}, figures: {}, date: '2026-01-02T03:04:05.000Z' };
  const shares = classShares([0, 2, 0, 1, 0, 0, 2, 1], 3);
  expect(shares).toEqual([0.5, 0.25, 0.25]);
  const path = await addGraphs(before, { graphs: { scorer }, shares, evaluation });
  expect((await readManifest(path)).graphs).toMatchObject({ scorer: { file: 'scorer.onnx', shares }, score: {} });
});
