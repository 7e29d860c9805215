// kill -9 at moments that a seed chooses, while the program trains, publishes and fits: whatever can be seen afterwards
// is whole, and what goes on ends in the bytes of a run that nobody killed.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { versionIn } from '../../src/models/numbers.js';
import { openCheckpoint } from '../../src/models/verified.js';
import { loadState, STATE_FILE } from '../../src/training/checkpoint.js';
import { FIT_FILE } from '../../src/training/fit/fit-run.js';
import { barsRecipe, writeBars, writeRecipe } from '../training/bars.js';
import { LONG, program, randomOf } from './victim.js';

const SEED = Number(process.env['ATTACK_SEED'] ?? 9);
const KILLS = LONG ? 20 : 2;
const random = randomOf(SEED);

let folder = '';
let recipe = '';
/** Of a run that nobody killed: the bytes it ends with, and how long it takes after its first line. */
let whole: { state: Buffer; graph: Buffer; ms: number };

const run = (name: string) => join(folder, name);
const model = (name: string) => join(folder, 'models', name);

function training(name: string): string[] {
  const resume = existsSync(join(run(name), STATE_FILE)) ? ['--resume'] : ['--config', recipe];
  const options = ['--steps', '1200', '--threads', '1', '--seed', '4', ...resume];
  return ['train', '--data', folder, '--out', model('bars'), '--run', run(name), ...options];
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-kill-'));
  await writeBars(folder, 288);
  const { run: steps } = barsRecipe();
  recipe = await writeRecipe(folder, {
    run: { ...steps, saveEverySteps: 100, previewEverySteps: 100, reportEverySteps: 100 },
  });
  const { ms } = await toItsEnd(training('whole'));
  const [state, graph] = await Promise.all([
    readFile(join(run('whole'), STATE_FILE)),
    readFile(join(model('bars'), '1', 'generate.onnx')),
  ]);
  whole = { state, graph, ms };
});
afterAll(() => rm(folder, { recursive: true }));

test(`a training that is killed ${KILLS} times goes on bit for bit, and nothing it shows is half`, async () => {
  await kills(
    () => training('cut'),
    [0, whole.ms / 2],
    'its first line',
    async (killed) => {
      await expectAllWhole(run('cut'));
      if (!killed) await rm(run('cut'), { recursive: true }); // it came to its end: another begins
    },
  );
  await toItsEnd(training('cut'));
  expect(await readFile(join(run('cut'), STATE_FILE))).toEqual(whole.state);
  expect(await readFile(join(await latest(model('bars')), 'generate.onnx'))).toEqual(whole.graph);
  await expectNoLitter(run('cut'));
});

test(`a run that is published and killed ${KILLS} times becomes whole versions or none`, async () => {
  const publish = ['publish', '--run', run('whole'), '--out', model('published')];
  const { allMs } = await toItsEnd(publish);
  await kills(
    () => publish,
    [allMs / 2, allMs],
    'its start',
    () => expectVersionsWhole(model('published')),
  );
  await toItsEnd(publish);
  expect(await readFile(join(await latest(model('published')), 'generate.onnx'))).toEqual(whole.graph);
  await expectNoLitter(model('published'));
});

test(`a fit that is killed ${KILLS} times goes on bit for bit`, async () => {
  const fitting = (name: string) => {
    const resume = existsSync(join(run(name), FIT_FILE)) ? ['--resume'] : [];
    const options = ['--steps', '1500', '--refine', '0', '--threads', '1', '--run', run(name)];
    return ['fit', 'encoder', '--checkpoint', join(model('bars'), '1'), '--data', folder, ...options, ...resume];
  };
  const { ms } = await toItsEnd(fitting('straight'));
  const straight = await readFile(join(await latest(model('bars')), 'encode.onnx'));
  await kills(
    () => fitting('parts'),
    [0, ms / 2],
    'its first line',
    () => expectVersionsWhole(model('bars')),
  );
  await toItsEnd(fitting('parts'));
  expect(await readFile(join(await latest(model('bars')), 'encode.onnx'))).toEqual(straight);
  expect(await readdir(run('parts'))).toEqual(['previews']); // nothing to go on from, but what it showed
});

function start(options: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program('cli.js'), ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** How long it took in all, and after its first line. */
async function toItsEnd(options: readonly string[]): Promise<{ allMs: number; ms: number }> {
  const started = performance.now();
  const child = start(options);
  const exit = once(child, 'exit');
  await Promise.race([once(child.stdout!, 'data'), exit]);
  const began = performance.now();
  child.stdout!.resume();
  expect(await exit, options.join(' ')).toEqual([0, null]);
  const ended = performance.now();
  return { allMs: ended - started, ms: ended - began };
}

/** As many as are wanted: what was done before its kill counts for nothing, and the next has less time. */
async function kills(
  options: () => readonly string[],
  [least, longest]: readonly [number, number],
  countedFrom: 'its start' | 'its first line',
  check: (killed: boolean) => Promise<void>,
): Promise<void> {
  let most = longest;
  for (let count = 0; count < KILLS; ) {
    const { killed } = await killedWithin(options(), [Math.min(least, most / 2), most], countedFrom);
    await check(killed);
    if (killed) count++;
    else most *= 0.8;
  }
}

/** False where it was done before. */
async function killedWithin(
  options: readonly string[],
  [least, most]: readonly [number, number],
  countedFrom: 'its start' | 'its first line',
): Promise<{ killed: boolean }> {
  const child = start(options);
  const exit = once(child, 'exit');
  if (countedFrom === 'its first line') await Promise.race([once(child.stdout!, 'data'), exit]);
  child.stdout!.resume();
  await Promise.race([after(least + random() * (most - least)), exit]);
  child.kill('SIGKILL');
  const [code, signal] = await exit;
  if (signal === null) expect(code, options.join(' ')).toBe(0);
  return { killed: signal !== null };
}

async function expectAllWhole(directory: string): Promise<void> {
  if (existsSync(join(directory, STATE_FILE))) await loadState(directory);
  await expectVersionsWhole(join(directory, 'checkpoints', 'bars'));
  await expectVersionsWhole(model('bars'));
}

/** Every name that a version may have is one, all its files as its manifest says. */
async function expectVersionsWhole(modelDirectory: string): Promise<void> {
  if (!existsSync(modelDirectory)) return;
  for (const name of (await readdir(modelDirectory)).filter((each) => versionIn(each) !== null)) {
    const checkpoint = await openCheckpoint(join(modelDirectory, name));
    for (const file of Object.keys(checkpoint.manifest.files)) await checkpoint.file(file);
  }
}

async function expectNoLitter(directory: string): Promise<void> {
  const names = await readdir(directory, { recursive: true });
  expect(names.filter((name) => /\.tmp-|\.lock-/.test(name))).toEqual([]);
}

async function latest(modelDirectory: string): Promise<string> {
  const versions = (await readdir(modelDirectory)).map(versionIn).filter((version) => version !== null);
  return join(modelDirectory, `${Math.max(...versions)}`);
}
