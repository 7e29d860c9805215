import { describe, expect, it } from 'vitest';
import { Batches } from '../../src/datasets/dataset.js';
import { openDataset } from '../../src/datasets/open.js';
import { valueAt } from '../../src/recipes/schedules.js';
import { decodeState, encodeState } from '../../src/training/checkpoint.js';
import { Course, changedRecipe, kimgAt, type Segment } from '../../src/training/segments.js';
import { type TrainOptions, train } from '../../src/training/trainer.js';
import { barsRecipe, writeBars } from './bars.js';
import { temporaryFolder } from './helpers.js';

const playing = (batch: number, discriminatorSteps = 1) => ({
  batch,
  updates: { ...barsRecipe().updates, discriminatorSteps },
});

/** After `step` steps of `before`, that of `after`. */
function changed(count: number, step: number, before: number, after: number, discriminatorSteps = 1) {
  const was = new Course(playing(before, discriminatorSteps), count);
  const difference = { path: 'batch', before, after };
  const segment = was.changing(step, [difference]);
  return { was, segment, is: new Course(playing(after, discriminatorSteps), count, [segment]) };
}

describe('where a run stands whose batch changes on its way', () => {
  it('in epochs and examples goes on from where it was', () => {
    // 64 examples: 8 steps of 8 are an epoch, then 4 of 16. After 12 steps 1½ epochs are over.
    const { segment, is } = changed(64, 12, 8, 16);
    expect(segment).toEqual({ fromStep: 12, epochs: 1.5, examples: 96, changed: { batch: { from: 8, to: 16 } } });
    expect([12, 14, 18].map((step) => is.epochsAt(step))).toEqual([1.5, 2, 3]);
    expect([12, 14].map((step) => is.examplesAt(step))).toEqual([96, 128]);
    expect(is.stepAt(3)).toBe(18);
    expect(kimgAt({ ...barsRecipe(), batch: 16 }, 14, [segment])).toBe(0.128);
  });

  it('visits in the epoch that was under way what is left of it, each example once', () => {
    const [count, seed] = [24, 5];
    for (const [before, after, step, d] of [
      [2, 4, 4, 1],
      [4, 2, 3, 1],
      [2, 6, 3, 2],
      [2, 4, 14, 1],
    ] as const) {
      const { was, is } = changed(count, step, before, after, d);
      const [first, second] = [new Batches(count, before, seed), new Batches(count, after, seed)];
      const perEpoch = first.perEpoch;
      const begun = Math.floor((step * d) / perEpoch) * perEpoch;
      const seen = Array.from({ length: step * d - begun }, (_, i) => [...first.indices(begun + i)]).flat();
      const next = is.firstBatch + step * d;
      const end = Math.ceil((next + 1e-9) / second.perEpoch) * second.perEpoch;
      const rest = Array.from({ length: end - next }, (_, i) => [...second.indices(next + i)]).flat();
      expect(was.firstBatch).toBe(0);
      expect([...seen, ...rest].sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
    }
  });

  it('leaves a part of a batch out where the batches do not meet, and shows none twice', () => {
    const { is } = changed(24, 13, 2, 4); // the first 2 of the second epoch were seen, and 4 are a batch
    expect(is.firstBatch + 13).toBe(7);
  });

  it('moves schedules by epochs as if nothing had happened', () => {
    const line = { kind: 'linear', from: 1, to: 0, startEpoch: 1, endEpoch: 11 } as const;
    const { was, is } = changed(64, 40, 8, 16); // after 5 of 10 epochs
    expect(valueAt(line, 40, was.stepsPerEpoch, was.ahead)).toBe(0.5);
    expect([40, 44, 60].map((step) => valueAt(line, step, is.stepsPerEpoch, is.ahead))).toEqual([0.5, 0.4, 0]);
  });
});

describe('a run that goes on with other settings', () => {
  async function setUp() {
    const folder = await temporaryFolder();
    await writeBars(folder, 192);
    const dataset = await openDataset(folder);
    const common = { recipe: barsRecipe(), seed: 4, dataset, model: 'bars', threads: 1 };
    return (name: string, options: Partial<TrainOptions>) =>
      train({ ...common, runDirectory: `${folder}/${name}`, ...options });
  }

  it('has a segment for each change, which its state keeps', async () => {
    const run = await setUp();
    await run('a', { steps: 20 });
    await run('a', { steps: 30, resume: true, override: { batch: 16, 'optimizer.generator.learningRate': 0.001 } });
    const last = await run('a', { steps: 40, resume: true, override: { 'run.saveEverySteps': 20 } });
    // 160 examples are left to train on: 5 steps an epoch, then 10.
    const segments: Segment[] = [
      {
        ...{ fromStep: 20, epochs: 4, examples: 640 },
        changed: { batch: { from: 32, to: 16 }, 'optimizer.generator.learningRate': { from: 0.002, to: 0.001 } },
      },
      { fromStep: 30, epochs: 5, examples: 800, changed: { 'run.saveEverySteps': { from: 1000, to: 20 } } },
    ];
    expect(last.segments).toEqual(segments);
    expect(last.recipe).toMatchObject({ batch: 16, run: { saveEverySteps: 20 } });
    expect(decodeState(encodeState(last), 'here').segments).toEqual(segments);
  });

  it('and stops on the way ends in the same bits as one that does not', async () => {
    const run = await setUp();
    const override = { batch: 16 };
    await run('whole', { steps: 20 });
    const whole = await run('whole', { steps: 60, resume: true, override });
    await run('parts', { steps: 20 });
    await run('parts', { steps: 37, resume: true, override });
    const parts = await run('parts', { steps: 60, resume: true });
    expect(Buffer.compare(encodeState(parts), encodeState(whole))).toBe(0);
  });

  it('that are its own has no segment, and its bits', async () => {
    const run = await setUp();
    await run('plain', { steps: 20 });
    const plain = await run('plain', { steps: 30, resume: true });
    await run('same', { steps: 20 });
    const same = await run('same', { steps: 30, resume: true, override: { batch: 32 } });
    expect(same.segments).toBeUndefined();
    expect(Buffer.compare(encodeState(same), encodeState(plain))).toBe(0);
  });

  it.each([
    ['generator.network.layers.0.units', 65],
    ['latent.size', 9],
    ['data.validation', 0],
    ['objective', 'hinge'],
    ['optimizer.generator.beta1', 0.4],
    ['nonsense', 1],
  ])('may not change %s', (path, value) => {
    expect(() => changedRecipe(barsRecipe(), { batch: 16, [path]: value })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/may change on its way \(batch, epochs, .+\) but received /),
        details: expect.objectContaining({ overrides: [path] }),
      }),
    );
  });

  it('is refused what no recipe may have, and a batch that its data does not fill', async () => {
    expect(() => changedRecipe(barsRecipe(), { batch: 0 })).toThrow(/Expected batch .* to be at least 1/);
    const run = await setUp();
    await run('small', { steps: 20 });
    await expect(run('small', { steps: 30, resume: true, override: { batch: 161 } })).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining('at most the 160 examples to train on'),
    });
  });
});
