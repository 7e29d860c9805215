// Settings of a recipe that take another value as training goes on, from the recipe to the step.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Batches } from '../../src/datasets/dataset.js';
import { openDataset } from '../../src/datasets/open.js';
import { checkRecipe } from '../../src/recipes/check-recipe.js';
import { Feeds } from '../../src/training/feeds.js';
import { gameOf, networksOf } from '../../src/training/game.js';
import { trainingStep } from '../../src/training/step.js';
import { train } from '../../src/training/trainer.js';
import { Reporter, type WorkEvent } from '../../src/work.js';
import { barsRecipe, writeBars } from './bars.js';
import { temporaryFolder } from './helpers.js';

const PROBABILITY = { kind: 'linear', from: 0.2, to: 0.6, endEpoch: 5 } as const;
const WEIGHT = {
  kind: 'stages',
  stages: [
    { fromEpoch: 1, value: 0.05 },
    { fromEpoch: 3, value: { kind: 'linear', from: 0.1, to: 1.1, startEpoch: 3, endEpoch: 5 } },
  ],
} as const;

const recipe = barsRecipe({
  augment: { differentiable: ['affine', 'cutout'], probability: PROBABILITY },
  penalties: [
    { kind: 'r1', weight: 0.25, examples: 8 },
    { kind: 'r1', weight: { ...WEIGHT, stages: [...WEIGHT.stages] }, examples: 8 },
  ],
});

/** 64 to learn from beside the 32 held out: two steps an epoch. */
async function bars() {
  const folder = await temporaryFolder();
  await writeBars(folder, 96);
  return { folder, dataset: await openDataset(folder) };
}

describe('a course of a recipe', () => {
  it('comes to each step as the number of its epoch, and what has none is built in', async () => {
    const { dataset } = await bars();
    const game = gameOf(recipe, networksOf(recipe, dataset), dataset);
    const { inputs } = trainingStep(game);
    const batches = new Batches(64, recipe.batch, 1);
    const data = { examples: dataset, batches };
    const feeds = new Feeds({ inputs, optimizers: game.optimizers, data, seed: 1, stepsPerRun: 10 });
    const at = await feeds.at(0);
    const close = (name: string, wanted: readonly number[]) =>
      wanted.forEach((value, step) => {
        expect(at[name]![step], `${name} at step ${step}`).toBeCloseTo(value, 6);
      });
    close('discriminator/course/augment', [0.2, 0.2, 0.3, 0.3, 0.4, 0.4, 0.5, 0.5, 0.6, 0.6]);
    close('penalty2/weight', [0.05, 0.05, 0.05, 0.05, 0.1, 0.1, 0.6, 0.6, 1.1, 1.1]);
    expect(inputs['penalty1/weight']).toBeUndefined();
  });

  it('goes on where a run was stopped, to the same bits, and reports say what the probability has come to', async () => {
    const { folder, dataset } = await bars();
    const reports: unknown[] = [];
    const onEvent = (event: WorkEvent) => {
      if (event.kind === 'metric' && event.name === 'report') reports.push(event.values['augment']);
    };
    const run = (name: string, steps: number, resume = false, other = recipe) =>
      train(
        {
          ...{ recipe: other, seed: 3, dataset, model: 'bars', steps, resume, threads: 1 },
          runDirectory: join(folder, name),
        },
        new Reporter(name === 'whole' ? { onEvent } : {}),
      );
    const whole = await run('whole', 40);
    await run('parts', 7);
    const parts = await run('parts', 40, true);
    expect(parts.state).toEqual(whole.state);
    expect(reports).toEqual([0.6, 0.6]);
    const fixed = { ...recipe, augment: { ...recipe.augment!, probability: 0.6 } };
    expect((await run('fixed', 40, false, fixed)).state).not.toEqual(whole.state);
  });

  it('multiplies the penalty and nothing else: at a weight that stays it is the step with that number', async () => {
    const { folder, dataset } = await bars();
    const weighed = async (
      name: string,
      weight: number | { kind: 'linear'; from: number; to: number; endEpoch: number },
    ) => {
      const own = barsRecipe({ penalties: [{ kind: 'gradient-penalty', weight }] });
      const runDirectory = join(folder, name);
      return train({ recipe: own, seed: 3, dataset, model: 'bars', steps: 10, threads: 1, runDirectory });
    };
    const number = await weighed('number', 0.5);
    const course = await weighed('course', { kind: 'linear', from: 0.5, to: 0.5, endEpoch: 9 });
    for (const [name, { data }] of Object.entries(number.state)) {
      Array.from(data, Number).forEach((value, i) => {
        expect(Number(course.state[name]!.data[i]), `${name} at ${i}`).toBeCloseTo(value, 5);
      });
    }
  });

  it.each([
    [
      'penalties.0.weight',
      { kind: 'linear', from: 1, to: -1, endEpoch: 5 },
      'more than 0, or a course that is never below 0',
    ],
    ['penalties.0.weight', 0, 'more than 0, or a course that is never below 0'],
    ['penalties.0.weight', 'much', 'a number, or a course: exponential, linear or stages'],
    ['augment.probability', { kind: 'linear', from: 0, to: 1.5, endEpoch: 5 }, 'in [0, 1]'],
    ['augment.probability', { kind: 'line' }, 'a number, a course (exponential, linear or stages) or adaptive'],
  ])('is refused where %s leaves its bounds or is none: %j', (path, value, expected) => {
    const received = typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
    expect(() => checkRecipe(recipe, 'bars', { [path]: value })).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(escaped(`Expected ${path} in the recipe bars`, expected, received)),
      }),
    );
  });
});

/** The words in this order, whatever lies between. */
function escaped(...words: readonly string[]): RegExp {
  return new RegExp(words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*'));
}
