// `--log tensorboard`: what stats.jsonl, the previews and the warnings say is in event files, too, each once, however
// often a run is stopped, killed and gone on with.
import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fitEncoder } from '../../src/training/fit/fit-encoder.js';
import { reportsOf } from '../../src/training/stats.js';
import { trainModel } from '../../src/training/train-model.js';
import { type Point, type Session, sessionsIn, shownByTensorBoard, withoutTensorBoard } from '../files/events.js';
import { writeBars, writeRecipe } from './bars.js';
import { finished, temporaryFolder } from './helpers.js';

const RUN = { stepsPerRun: 10, reportEverySteps: 20, previewEverySteps: 20, saveEverySteps: 1000 };

/** The points that count: those of a later session replace older ones from its first step on. */
function pointsOf(sessions: readonly Session[]): Point[] {
  return sessions.reduce<Point[]>(
    (before, { from, points }) => [
      ...before.filter(({ step }) => step < (from ?? Number.POSITIVE_INFINITY)),
      ...points,
    ],
    [],
  );
}

async function bars() {
  const folder = await temporaryFolder();
  await writeBars(folder, 288);
  const run = join(folder, 'run');
  const out = join(folder, 'models', 'bars');
  const go = async (steps: number, resume: boolean) => {
    const config = resume ? {} : { config: await writeRecipe(folder, { run: RUN }) };
    const options = {
      data: folder,
      out,
      run,
      steps,
      resume,
      threads: 1,
      seed: 3,
      log: 'tensorboard',
      ...config,
    } as const;
    return (await finished(trainModel(options))).version!;
  };
  return { folder, run, go };
}

/** A run that saved step 40, was killed after step 60, and went on from 40 to 80. */
async function killed(): Promise<string> {
  const { folder, run, go } = await bars();
  await go(40, false);
  await copyFile(join(run, 'state.safetensors'), join(folder, 'saved'));
  await go(60, true);
  await copyFile(join(folder, 'saved'), join(run, 'state.safetensors'));
  await go(80, true);
  return run;
}

describe('a run with --log tensorboard', () => {
  it('that was killed and goes on says each step once, with all that stats.jsonl and previews/ hold', async () => {
    const run = await killed();
    const sessions = await sessionsIn(run);
    expect(sessions.map(({ from }) => from)).toEqual([0, 41, 41]);
    const points = pointsOf(sessions);
    const reports = await reportsOf(run);
    expect(reports.map(({ step }) => step)).toEqual([20, 40, 60, 80]);
    const scalars = points.filter(({ value }) => typeof value === 'number');
    for (const { step, steps: _, time: __, ...figures } of reports as unknown as Record<string, number>[]) {
      const known = Object.values(figures).filter((value) => value !== null);
      const shown = scalars.filter((point) => point.step === step).map(({ value }) => value);
      expect(shown.sort(), `at step ${step}`).toEqual(known.map(Math.fround).sort());
    }
    expect(scalars.find(({ tag, step }) => tag === 'loss/D' && step === 60)?.value).toBe(
      Math.fround(reports[2]!.lossD),
    );

    const previews = points.filter(({ tag }) => tag === 'previews');
    const files = (await readdir(join(run, 'previews'))).sort();
    expect(previews.map(({ step }) => `step-${String(step).padStart(6, '0')}.png`)).toEqual(files);
    for (const [i, { value }] of previews.entries()) {
      expect((value as { bytes: Buffer }).bytes.equals(await readFile(join(run, 'previews', files[i]!)))).toBe(true);
    }
    const recipe = points.find(({ tag }) => tag === 'recipe')!;
    expect(recipe.value).toMatch(/^```json\n\{\n {2}"name": "bars",/);
  });

  it.skipIf(withoutTensorBoard)(`is shown by TensorBoard with each step once${withoutTensorBoard}`, async () => {
    const run = await killed();
    const { scalars, images, texts } = shownByTensorBoard(run);
    const reports = await reportsOf(run);
    expect(scalars['loss/D']).toEqual(reports.map(({ step, lossD }) => [step, Math.fround(lossD)]));
    expect(images['previews']!.map(([step]) => step)).toEqual([0, 10, 20, 40, 60, 80]);
    expect(Object.keys(texts)).toContain('recipe');
  });

  it('without it writes no event files', async () => {
    const { folder, run } = await bars();
    const options = { data: folder, out: join(folder, 'models', 'bars'), run, steps: 20, threads: 1 };
    await trainModel({ ...options, config: await writeRecipe(folder, { run: RUN }) });
    expect(await sessionsIn(run)).toEqual([]);
  });
});

it('a fit writes its losses at their steps, its pictures and what was measured, and its folder stays', async () => {
  const { folder, go } = await bars();
  const checkpoint = await go(20, false);
  const run = join(folder, 'fit');
  await fitEncoder({ checkpoint, data: folder, run, steps: 200, refine: 0, threads: 1, log: 'tensorboard' });
  const [session, ...others] = await sessionsIn(run);
  expect(others).toEqual([]);
  const stepsOf = (tag: string) => session!.points.filter((point) => point.tag === tag).map(({ step }) => step);
  expect(stepsOf('losses/z')).toEqual([100, 200]);
  expect(stepsOf('previews').at(-1)).toBe(200);
  expect(stepsOf('reconstruction/error')).toEqual([200]);
  expect(stepsOf('settings')).toEqual([0]);
});
