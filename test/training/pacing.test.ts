// A run that somebody watches: step by step, slower, shown as it goes; and the same to the bit as one that nobody does.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fromBase64 } from '../../src/base64.js';
import { openDataset } from '../../src/datasets/open.js';
import { Engine } from '../../src/engine/engine.js';
import { ModelRepository } from '../../src/models/repository.js';
import { FREELY, type Pace, Pacer, type View } from '../../src/pace.js';
import type { ObjectiveName } from '../../src/recipes/objective-names.js';
import { recipeSchema } from '../../src/recipes/recipe.js';
import { STATE_FILE } from '../../src/training/checkpoint.js';
import { Pacing } from '../../src/training/pacing.js';
import { train } from '../../src/training/trainer.js';
import { Reporter } from '../../src/work.js';
import { temporaryFolder } from './helpers.js';

const at = (pace: Partial<Pace>): Pace => ({ ...FREELY, ...pace });

function recipeOf(latent: number, objective: ObjectiveName) {
  const layers = (units: number) => [
    { units: 16, activation: 'relu' },
    { units, activation: 'linear' },
  ];
  const adam = { kind: 'adam', learningRate: 0.001, beta1: 0, beta2: 0.99 };
  return recipeSchema.parse({
    ...{ name: 'tiny', title: 'Tiny', description: 'Points', license: 'CC0-1.0', source: 'made by this test' },
    data: { range: [-1, 1], validation: 0 },
    latent: { size: latent, prior: { kind: 'normal' } },
    generator: { network: { kind: 'mlp', layers: layers(2) }, outputBias: 'zero' },
    discriminator: { network: { kind: 'mlp', layers: layers(1) } },
    objective,
    updates: { order: 'alternating', discriminatorSteps: 1, weights: { discriminator: 1, generator: 1 } },
    optimizer: { generator: adam, discriminator: adam },
    ema: { decay: 0, everySteps: 1 }, // the average is the newest generator, which views show
    ...{ batch: 16, epochs: 1 },
    run: { stepsPerRun: 10, reportEverySteps: 20, previewEverySteps: 1000, saveEverySteps: 1000 },
  });
}

async function ring(pacer: Pacer, { steps = 40, latent = 2, objective = 'non-saturating' as ObjectiveName } = {}) {
  const folder = await temporaryFolder();
  const views: View[] = [];
  let told = () => {};
  const report = new Reporter({
    pacer,
    onEvent: (event) => {
      if (event.kind === 'view') views.push(event);
      if (event.kind === 'view') told();
    },
  });
  const dataset = await openDataset('builtin:ring8');
  const runDirectory = join(folder, 'run');
  const recipe = recipeOf(latent, objective);
  const running = train({ recipe, seed: 3, dataset, runDirectory, model: 'tiny', steps, threads: 1 }, report);
  /** Resolves when the newest view is of that step, waiting. */
  const waits = async (step: number) => {
    while (views.at(-1)?.at !== step || !views.at(-1)?.waiting) {
      await Promise.race([new Promise<void>((resolve) => (told = resolve)), running]);
    }
  };
  const bits = async () =>
    createHash('sha256')
      .update(await readFile(join(runDirectory, STATE_FILE)))
      .digest('hex');
  return { running, views, waits, bits, models: join(runDirectory, 'checkpoints') };
}

describe('a run that is watched', () => {
  it('waits where it is told to, goes on step by step, and ends in the bits of one that nobody watched', async () => {
    const alone = await ring(new Pacer());
    await alone.running;
    expect(alone.views).toEqual([]);

    const pacer = new Pacer(at({ until: 0, showEvery: 1 }));
    const { running, views, waits, bits } = await ring(pacer);
    await waits(0);
    for (const step of [1, 2, 13]) {
      pacer.change(at({ until: step, showEvery: 1 }));
      await waits(step);
    }
    pacer.change(at({ until: 5, showEvery: 100 })); // which is past: it stays where it is
    pacer.change(at({ showEvery: 7 }));
    await running;
    expect(views.map(({ at: step, waiting }) => (waiting ? `${step} waiting` : step))).toEqual([
      ...['0 waiting', '1 waiting', '2 waiting'],
      ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 12, '13 waiting'],
      ...[14, 21, 28, 35, 40],
    ]);
    expect(await bits()).toBe(await alone.bits());
  });

  it('says what its steps gave since the view before, and nothing before the first', async () => {
    const each = await ring(new Pacer(at({ showEvery: 1 })), { steps: 4 });
    const both = await ring(new Pacer(at({ showEvery: 2 })), { steps: 4 });
    await Promise.all([each.running, both.running]);
    expect(each.views[0]?.values).toEqual({});
    const [, one, two] = each.views.map(({ values }) => values['lossD']!);
    expect(both.views[1]?.values['lossD']).toBeCloseTo((one! + two!) / 2, 6);
    expect(Object.keys(both.views[1]!.values)).toEqual(['lossD', 'lossG', 'dReal', 'dFake', 'penalty']);
  });

  it('shows what the model that it leaves makes and says, and points of the data', async () => {
    const { running, views, models } = await ring(new Pacer(at({ showEvery: 1000 })));
    await running;
    const game = views.at(-1)!.game!;
    const [samples, verdict, data] = [game.samples, game.verdict, game.data].map((text) => fromBase64(text)!);
    const engine = await Engine.start({ workers: 1, threadsPerWorker: 1 });
    const repository = await ModelRepository.open(models, engine);
    try {
      const model = repository.get('tiny');
      const made = await model.generate(model.latents({ seed: 0, count: 3 }));
      for (const [i, value] of made.flatMap((point) => [...point]).entries()) expect(samples![i]).toBeCloseTo(value, 5);
      const last = game.places - 1;
      const corners = [[game.low[0]!, game.low[1]!], [game.high[0]!, game.low[1]!], [...game.high]];
      const said = await model.scoreEach(corners.map((corner) => Float32Array.from(corner)));
      const seen = [verdict![0], verdict![last], verdict![game.places ** 2 - 1]];
      for (const [i, score] of said.entries()) {
        if (score instanceof Error) throw score;
        expect(seen[i]).toBeCloseTo(score.probability!, 5);
      }
    } finally {
      await repository.close();
      await engine.close();
    }
    const dataset = await openDataset('builtin:ring8');
    const first = new Float32Array(4);
    await dataset.read(Uint32Array.of(0, 1), first);
    expect(data!.subarray(0, 4)).toEqual(first);
  });

  it('maps latents at equal shares of the prior, where they have two numbers', async () => {
    const { running, views } = await ring(new Pacer(at({ showEvery: 1000 })), { steps: 1 });
    await running;
    const { columns, latents, points } = views[0]!.game!.map!;
    const z = fromBase64(latents)!;
    expect([z.length, fromBase64(points)!.length]).toEqual([2 * columns ** 2, 2 * columns ** 2]);
    const axis = Array.from({ length: columns }, (_, i) => z[2 * i]!);
    expect(axis[(columns - 1) / 2]).toBeCloseTo(0, 6);
    // Φ(z) of each, by an expansion of the error function: the middles of equal parts of [0, 1].
    for (const [i, value] of axis.entries()) expect(normalShare(value)).toBeCloseTo((i + 0.5) / columns, 3);
    expect(z[2 * columns + 1]).toBe(axis[1]); // the second row: the next second number
  });

  it('maps the first two numbers of longer latents, while the others are in the middle of the prior', async () => {
    const { running, views, models } = await ring(new Pacer(at({ showEvery: 1000 })), { steps: 1, latent: 4 });
    await running;
    const { columns, latents, points } = views.at(-1)!.game!.map!;
    const [z, shown] = [fromBase64(latents)!, fromBase64(points)!];
    expect([z.length, shown.length]).toEqual([2 * columns ** 2, 2 * columns ** 2]);
    const engine = await Engine.start({ workers: 1, threadsPerWorker: 1 });
    const repository = await ModelRepository.open(models, engine);
    try {
      const some = [0, 7, columns ** 2 - 1];
      const whole = some.map((i) => Float32Array.of(z[2 * i]!, z[2 * i + 1]!, 0, 0));
      const made = await repository.get('tiny').generate(whole);
      for (const [row, i] of some.entries()) {
        expect(shown[2 * i]).toBeCloseTo(made[row]![0]!, 5);
        expect(shown[2 * i + 1]).toBeCloseTo(made[row]![1]!, 5);
      }
    } finally {
      await repository.close();
      await engine.close();
    }
  });

  it('has no map of the plane by latents of one number, and D’s own output where that is no probability', async () => {
    const options = { steps: 1, latent: 1, objective: 'wgan' as ObjectiveName };
    const { running, views } = await ring(new Pacer(at({ showEvery: 1000 })), options);
    await running;
    expect(views[0]!.game).toMatchObject({ map: null, isProbability: false, boundary: null });
  });
});

/** Φ by its Taylor series around 0 times the density: exact to the last digit for |x| < 4. */
function normalShare(x: number): number {
  let [term, sum] = [x, x];
  for (let k = 1; k < 60; k++) {
    term *= x ** 2 / (2 * k + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

describe('a pace', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('of so many steps a second gives each step its time', async () => {
    const pacer = new Pacer(at({ perSecond: 10, showEvery: 2 }));
    const pacing = new Pacing({ pacer, signal: undefined });
    const took = async () => {
      const since = performance.now();
      const steps = pacing.allowed(0, 100, pacer.pace);
      await vi.runAllTimersAsync();
      return [await steps, Math.round(performance.now() - since)];
    };
    expect(await took()).toEqual([2, 0]); // up to the next view
    expect(await took()).toEqual([0, 200]); // two steps at ten a second
    expect(await took()).toEqual([2, 0]);
  });

  it('that becomes another while it waits holds from then on', async () => {
    const pacer = new Pacer(at({ perSecond: 0.1 }));
    const pacing = new Pacing({ pacer, signal: undefined });
    expect(await pacing.allowed(0, 1, pacer.pace)).toBe(1); // the next is due in ten seconds
    const waiting = pacing.allowed(1, 1, pacer.pace);
    pacer.change(at({ perSecond: 5 }));
    expect(await waiting).toBe(0);
    expect(await pacing.allowed(1, 1, pacer.pace)).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that changed while the run showed itself is shown first, or nobody would know that it waits', async () => {
    const pacer = new Pacer(at({ showEvery: 1 }));
    const { pace } = pacer;
    pacer.change(at({ until: 0, showEvery: 1 }));
    expect(await new Pacing({ pacer, signal: undefined }).allowed(5, 10, pace)).toBe(0);
  });

  it('lets a run that is to end go at once', async () => {
    const stop = new AbortController();
    const pacer = new Pacer(at({ until: 3 }));
    const waiting = new Pacing({ pacer, signal: stop.signal }).allowed(3, 10, pacer.pace);
    stop.abort();
    expect(await waiting).toBe(0);
  });
});
