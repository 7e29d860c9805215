import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/datasets/open.js';
import { loadState, STATE_FILE } from '../../src/training/checkpoint.js';
import { type TrainOptions, train } from '../../src/training/trainer.js';
import { Reporter, type WorkContext, type WorkEvent } from '../../src/work.js';
import { barsRecipe, type Changes, writeBars } from './bars.js';
import { temporaryFolder } from './helpers.js';

const momentum = {
  kind: 'momentum',
  learningRate: { kind: 'exponential', from: 0.1, factorPerStep: 1.001, floor: 0 },
  momentum: { kind: 'linear', from: 0.5, to: 0.7, startEpoch: 1, endEpoch: 9 },
} as const;

async function setUp(changes: Changes = {}) {
  const folder = await temporaryFolder();
  await writeBars(folder, 192);
  const dataset = await openDataset(folder);
  const run = (name: string, options: Partial<TrainOptions> & WorkContext = {}) => {
    const events: WorkEvent[] = [];
    const runDirectory = join(folder, name);
    const { signal, onEvent = (event) => events.push(event), ...others } = options;
    const own = { recipe: barsRecipe(changes), seed: 4, dataset, runDirectory, model: 'bars', steps: 60, threads: 1 };
    const result = train({ ...own, ...others }, new Reporter({ onEvent, ...(signal ? { signal } : {}) }));
    return { result, events, runDirectory };
  };
  const hash = async (name: string) =>
    createHash('sha256')
      .update(await readFile(join(folder, name, STATE_FILE)))
      .digest('hex');
  return { folder, run, hash };
}

describe('a training run', () => {
  it.each([
    ['momentum', { generator: momentum, discriminator: momentum }],
    ['Adam', barsRecipe().optimizer],
  ])(
    'with %s that is stopped and resumed ends in the same bits as one that was never stopped',
    async (_, optimizer) => {
      const { run, hash } = await setUp({ optimizer });
      await run('whole').result;
      await run('parts', { steps: 20 }).result;
      await run('parts', { steps: 30, resume: true }).result;
      await run('parts', { steps: 60, resume: true }).result;
      expect(await hash('parts')).toBe(await hash('whole'));
      await run('other', { seed: 5 }).result;
      expect(await hash('other')).not.toBe(await hash('whole'));
    },
  );

  it('makes the steps that were asked for, whole runs of the engine or not, and goes on from any of them', async () => {
    const { run, hash } = await setUp();
    await run('whole').result;
    expect((await run('parts', { steps: 13 }).result).step).toBe(13);
    expect((await run('parts', { steps: 17, resume: true }).result).step).toBe(17);
    await run('parts', { steps: 60, resume: true }).result;
    expect(await hash('parts')).toBe(await hash('whole'));
  });

  it('finishes the steps in progress and saves when it is told to stop, and goes on from there', async () => {
    const { folder, run, hash } = await setUp();
    await run('whole').result;
    const stop = new AbortController();
    const stopped = run('parts', {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.kind === 'metric' && event.values['step'] === 40 && event.name === 'report') stop.abort();
      },
    });
    expect((await stopped.result).step).toBe(40);
    expect((await loadState(stopped.runDirectory)).step).toBe(40);
    const resumed = run('parts', { resume: true });
    await resumed.result;
    expect(resumed.events.at(-1)).toMatchObject({ kind: 'checkpoint', at: 60 });
    expect(await hash('parts')).toBe(await hash('whole'));
    const graph = (name: string) => readFile(join(folder, name, 'checkpoints', 'bars', '60', 'generate.onnx'));
    expect(await graph('parts')).toEqual(await graph('whole'));
    const lines = (await readFile(join(resumed.runDirectory, 'stats.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual([20, 40, 60]);
  });

  it('goes on though its log of reports was deleted, and begins a new one', async () => {
    const { run } = await setUp();
    const stopped = run('bare', { steps: 20 });
    await stopped.result;
    const log = join(stopped.runDirectory, 'stats.jsonl');
    await rm(log);
    await run('bare', { resume: true, steps: 40 }).result;
    const lines = (await readFile(log, 'utf8')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual([40]);
  });

  it('leaves previews and at most two serving checkpoints, named by their step', async () => {
    const { run } = await setUp({
      run: { stepsPerRun: 10, reportEverySteps: 20, previewEverySteps: 30, saveEverySteps: 20 },
    });
    const { result, runDirectory } = run('kept');
    await result;
    expect((await readdir(join(runDirectory, 'previews'))).sort()).toEqual([
      ...['step-000000.png', 'step-000010.png', 'step-000020.png', 'step-000030.png', 'step-000060.png'],
    ]);
    expect((await readdir(join(runDirectory, 'checkpoints', 'bars'))).sort()).toEqual(['40', '60']);
    expect((await readdir(join(runDirectory, 'checkpoints', 'bars', '60'))).sort()).toEqual([
      'generate.onnx',
      'manifest.json',
      'score.onnx',
    ]);
  });

  it('refuses to begin where another run is, and to go on with other data', async () => {
    const { folder, run } = await setUp();
    await run('taken', { steps: 10 }).result;
    await expect(run('taken').result).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('holds a run at step 10'),
    });
    await writeBars(folder, 200);
    await expect(run('taken', { resume: true, dataset: await openDataset(folder) }).result).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining('Expected the data that the run was trained on'),
    });
    await expect(run('nowhere', { resume: true }).result).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
  });

  it('stops when a value is not finite, names the tensor, and keeps the last good state', async () => {
    const wild = { kind: 'momentum', learningRate: 1e30, momentum: 0.5 } as const;
    const { run } = await setUp({ optimizer: { generator: wild, discriminator: wild } });
    const { result, runDirectory } = run('wild');
    await expect(result).rejects.toMatchObject({
      code: 'NOT_FINITE',
      details: { savedAt: 0, tensor: expect.stringMatching(/^(generator|discriminator|velocity)\//) },
    });
    await expect(loadState(runDirectory)).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
  });

  it('never saves a state that its newest update broke, though the losses before it were finite', async () => {
    // Infinite as a 32-bit number.
    const wild = { kind: 'momentum', learningRate: 1e39, momentum: 0.5 } as const;
    const { run } = await setUp({
      optimizer: { generator: wild, discriminator: wild },
      run: { stepsPerRun: 1, reportEverySteps: 1000, previewEverySteps: 1000, saveEverySteps: 1 },
      ema: { decay: 0.9, everySteps: 1 },
    });
    const { result, events, runDirectory } = run('wild');
    await expect(result).rejects.toMatchObject({ code: 'NOT_FINITE', details: { step: 1, savedAt: 0 } });
    expect(events.map(({ kind }) => kind)).not.toContain('checkpoint');
    await expect(loadState(runDirectory)).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
  });

  it('writes the diagnostics of each report into stats.jsonl and the newest into the manifest', async () => {
    const { run } = await setUp({ penalties: [{ kind: 'r1', weight: 0.1, everySteps: 1, examples: 8 }] });
    const { result, runDirectory } = run('told', { steps: 40 });
    await result;
    const lines = (await readFile(join(runDirectory, 'stats.jsonl'), 'utf8')).trim().split('\n');
    const report = JSON.parse(lines.at(-1)!) as Record<string, number>;
    const manifest = JSON.parse(
      await readFile(join(runDirectory, 'checkpoints', 'bars', '40', 'manifest.json'), 'utf8'),
    ) as { training: { figures: Record<string, number> } };
    for (const name of [
      'accuracy',
      'divergence',
      'gradientD',
      'gradientG',
      'weightD',
      'weightG',
      'pull',
      'diversity',
      'coverage',
      'penalty',
    ]) {
      expect(Number.isFinite(report[name]), name).toBe(true);
      expect(manifest.training.figures[name]).toBe(report[name]);
    }
    expect(report['accuracy']).toBeGreaterThanOrEqual(0);
    expect(report['accuracy']).toBeLessThanOrEqual(1);
    expect(report['divergence']).toBeLessThanOrEqual(Math.LN2);
    expect(report['penalty']).toBeGreaterThan(0);
  });

  it('warns once of a generator that gives one image for every z', async () => {
    const recipe = barsRecipe();
    const still = { kind: 'momentum', learningRate: 0, momentum: 0 } as const;
    const layers = [
      { units: 4, activation: 'relu', irange: 1e-4, keep: 1 },
      { units: 64, activation: 'sigmoid', irange: 1e-4, keep: 1 },
    ] as const;
    const { run } = await setUp({
      generator: { network: { kind: 'mlp', layers: [...layers] }, outputBias: 'marginals' },
      optimizer: { ...recipe.optimizer, generator: still },
      run: { stepsPerRun: 10, reportEverySteps: 10, previewEverySteps: 1000, saveEverySteps: 1000 },
    });
    const { result, events } = run('one');
    await result;
    const warnings = events.filter((event) => event.kind === 'warning');
    expect(warnings).toEqual([
      {
        kind: 'warning',
        at: 30,
        name: 'collapse',
        message: expect.stringContaining('nearly one image of every z'),
      },
    ]);
  });
});
