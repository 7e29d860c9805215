// The runs by which named warnings are judged, made again: `node dist/bench/warning-runs.js DATA OUT` trains each entry
// of test/fixtures/warning-runs.json, some seconds to two minutes of one core each, and writes it with the reports that
// it made this time. DATA is the folder with mnist, faces.zip and cifar10.zip. How a run ended, people say.

import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reportsOf } from 'ganymede/training/stats.js';
import { trainModel } from 'ganymede/training/train-model.js';

interface Run {
  readonly recipe: string;
  readonly seed: number;
  readonly steps: number;
  readonly set: Readonly<Record<string, unknown>>;
  readonly reports: Readonly<Record<string, readonly number[]>>;
}

const RUNS = new URL('../../test/fixtures/warning-runs.json', import.meta.url);
const [data = 'data', out = 'warning-runs.json'] = process.argv.slice(2);
const FILES: Readonly<Record<string, string>> = {
  faces: join(data, 'faces.zip'),
  cifar10: join(data, 'cifar10.zip'),
  'stacked-mnist': `${join(data, 'mnist')},stack=3`,
};
/** Neither pictures nor states on the way. */
const QUIET = { 'run.previewEverySteps': 100_000, 'run.saveEverySteps': 100_000 };

/** What warnings look at. */
const COLUMNS = ['step', 'epoch', 'lossG', 'dReal', 'dFake', 'accuracy', 'pull', 'diversity', 'coverage'] as const;

const runs = JSON.parse(await readFile(RUNS, 'utf8')) as Run[];
const made: Run[] = [];
for (const run of runs) {
  made.push({ ...run, reports: await again(run) });
  console.log(`${made.length} of ${runs.length}: ${run.recipe}, seed ${run.seed}`);
}
await writeFile(out, `[\n${made.map((run) => JSON.stringify(run)).join(',\n')}\n]\n`);

async function again({ recipe, seed, steps, set, reports }: Run): Promise<Run['reports']> {
  const folder = join(tmpdir(), `warning-runs-${process.pid}`, `${made.length}`);
  await trainModel({
    ...{ config: recipe, seed, steps, threads: 1, data: dataOf(recipe), overrides: { ...QUIET, ...set } },
    ...{ out: join(folder, 'model'), run: join(folder, 'run') },
  });
  const wanted = new Set(reports['step']);
  const lines = (await reportsOf(join(folder, 'run'))).filter(({ step }) => wanted.has(step));
  return Object.fromEntries(COLUMNS.map((name) => [name, lines.map((line) => Number(line[name]))]));
}

function dataOf(recipe: string): string {
  if (FILES[recipe]) return FILES[recipe];
  return recipe.startsWith('mnist') ? join(data, 'mnist') : `builtin:${recipe}`;
}
