// What travels with a version: how its training went, pictures of the way, and where it comes from.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDataset } from '../../src/datasets/open.js';
import { type TrainingCurve } from '../../src/models/curve.js';
import { readManifest } from '../../src/models/manifest.js';
import { previewsOf } from '../../src/models/records.js';
import { openCheckpoint } from '../../src/models/verified.js';
import { loadWeights } from '../../src/training/fine-tuning.js';
import { fitEncoder } from '../../src/training/fit/fit-encoder.js';
import { publishRun } from '../../src/training/publish.js';
import { recordsOfRun } from '../../src/training/records.js';
import { reportsOf } from '../../src/training/stats.js';
import { train } from '../../src/training/trainer.js';
import { barsRecipe, writeBars } from './bars.js';
import { temporaryFolder } from './helpers.js';

it('the curve of a run and its previews up to the step that is published travel with the version', async () => {
  const folder = await temporaryFolder();
  await writeBars(folder, 288);
  const run = join(folder, 'run');
  const recipe = barsRecipe();
  const options = {
    recipe: { ...recipe, run: { ...recipe.run, previewEverySteps: 20 } },
    dataset: await openDataset(folder),
    runDirectory: run,
    model: 'bars',
    seed: 3,
  };
  await train({ ...options, steps: 40, threads: 1 });
  const { path } = await publishRun({ run, out: join(folder, 'models', 'bars') });

  const { manifest, file } = await openCheckpoint(path);
  const curve = JSON.parse(Buffer.from(await file('training-curve.json')).toString()) as TrainingCurve;
  const reports = await reportsOf(run);
  expect(curve.steps).toEqual(reports.map(({ step }) => step));
  expect(curve.series['lossD']).toEqual(reports.map(({ lossD }) => lossD));

  const made = (await readdir(join(run, 'previews'))).sort();
  const previews = previewsOf(manifest);
  expect(previews.map(({ file: name }) => name.replace('preview', 'step'))).toEqual(made);
  expect(Buffer.from(await file(previews.at(-1)!.file))).toEqual(await readFile(join(run, 'previews', made.at(-1)!)));

  const earlier = await recordsOfRun(run, 20);
  const steps = (JSON.parse(Buffer.from(earlier['training-curve.json']!).toString()) as TrainingCurve).steps;
  expect(Math.max(...steps)).toBe(20);
  expect(Object.keys(earlier)).not.toContain(previews.at(-1)!.file);
});

it('a run without reports and pictures gives none', async () => {
  expect(await recordsOfRun(await temporaryFolder(), 100)).toEqual({});
});

it('a version names the one whose weights it began with, and the one that it adds graphs to', async () => {
  const folder = await temporaryFolder();
  await writeBars(folder, 288);
  const dataset = await openDataset(folder);
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  const recipe = barsRecipe();
  const options = {
    recipe: { ...recipe, run: { ...recipe.run, previewEverySteps: 20 } },
    dataset,
    model: 'bars',
    seed: 3,
    steps: 20,
    threads: 1,
  };
  const out = join(folder, 'models', 'bars');
  await train({ ...options, runDirectory: first });
  const { path } = await publishRun({ run: first, out });
  expect((await readManifest(path)).lineage).toEqual({ codeVersion: expect.any(String) });

  await train({ ...options, runDirectory: second, from: await loadWeights(path) });
  await train({ ...options, runDirectory: second, steps: 40, resume: true }); // it is remembered by the run
  const tuned = await publishRun({ run: second, out });
  expect((await readManifest(tuned.path)).lineage?.parent).toEqual({ model: 'bars', version: 1 });

  const fit = { checkpoint: tuned.path, data: folder, run: join(folder, 'fit'), steps: 20, refine: 0, threads: 1 };
  const fitted = await fitEncoder(fit);
  const { lineage, files } = await readManifest(fitted!);
  expect(lineage?.parent).toEqual({ model: 'bars', version: 2 });
  expect(Object.keys(files)).toContain('training-curve.json');
});
