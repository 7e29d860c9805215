import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '../../src/engine/tf.js';
import { streamOf } from '../../src/random/noise.js';
import type { PenaltyConfig } from '../../src/recipes/update-configs.js';
import { OBJECTIVES } from '../../src/training/objectives.js';
import { optimizer } from '../../src/training/optimizers.js';
import type { Progress } from '../../src/training/progress.js';
import { type Change, Watch, WINDOW } from '../../src/training/warnings.js';
import { barsRecipe } from './bars.js';
import { lcg } from './helpers.js';
import { plainNetwork, play } from './play.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** A report of a run that is doing well, but for `changes`. */
function reportOf(changes: Partial<Progress>): Progress {
  return {
    step: 100,
    steps: 1000,
    epoch: 1,
    kimg: 1,
    lossD: 1.3,
    lossG: 0.8,
    dReal: 0.6,
    dFake: 0.4,
    penalty: 0,
    imagesPerSecond: 1000,
    secondsLeft: 10,
    accuracy: 0.6,
    divergence: 0.1,
    gradientD: 1,
    gradientG: 1,
    weightD: 10,
    weightG: 10,
    pull: 0.4,
    diversity: 0.9,
    coverage: 0.97,
    ...changes,
  };
}

/** What each report of a run brought, as `collapse` or `collapse is over`, and what was said. */
function told(reports: readonly Progress[], recipe = barsRecipe()): { names: string[][]; messages: string[] } {
  const watch = new Watch(recipe);
  const changes = reports.map((report) => watch.hear(report));
  const nameOf = ({ name, message }: Change) => (message.startsWith('Over: ') ? `${name} is over` : name);
  return { names: changes.map((each) => each.map(nameOf)), messages: changes.flat().map(({ message }) => message) };
}

const namesOf = (reports: readonly Progress[]) => told(reports).names.flat();
const losses = (values: readonly number[]) => values.map((lossG) => reportOf({ lossG }));
const times = <T>(count: number, f: (i: number) => T) => Array.from({ length: count }, (_, i) => f(i));

describe('a warning of collapse', () => {
  const well = reportOf({ step: 100 });
  const same = reportOf({ step: 200, diversity: 0.034 });

  it('comes after three reports of samples that hardly differ, says what was seen, and is said once', () => {
    expect(namesOf([well, same, same])).toEqual([]);
    expect(namesOf([well, same, same, well, same])).toEqual([]);
    const { names, messages } = told([well, same, same, same, same]);
    expect(names).toEqual([[], [], [], ['collapse'], []]);
    expect(messages[0]).toContain('samples differ only 0.034 times as much as the data do, 3 reports in a row');
  });

  it('is over once it was not seen for three reports, which is said, and may come again', () => {
    const { names, messages } = told([well, same, same, same, well, well, well, same, same, same]);
    expect(names.map((each) => each.join())).toEqual([
      ...['', '', '', 'collapse', '', '', 'collapse is over', '', '', 'collapse'],
    ]);
    expect(messages[1]).toBe('Over: what was said at step 200 has not been seen for 3 reports.');
  });

  it('does not come of a generator that has not learnt yet, but of one that makes one image, or learns nothing for long', () => {
    const untrained = (epoch: number) => reportOf({ diversity: 0.053, epoch });
    expect(namesOf(times(20, (i) => i / 10).map(untrained))).toEqual([]);
    expect(namesOf([4.8, 4.9, 5].map(untrained))).toEqual(['collapse']);
    const one = reportOf({ diversity: 0.003 });
    expect(namesOf([one, one, one])).toEqual(['collapse']);
  });

  it('advises what the recipe does not have yet', () => {
    const r1 = { kind: 'r1', weight: 1 } as const;
    const of = (changes: Parameters<typeof barsRecipe>[0]) =>
      told([well, same, same, same], barsRecipe(changes)).messages[0]!;
    expect(of({})).toContain('Try the penalty r1, a batch larger than 32, or a lower learning rate of the generator.');
    expect(of({ penalties: [r1], batch: 256 })).toContain('Try a lower learning rate of the generator.');
    expect(of({ objective: 'wgan-gp' })).not.toContain('r1');
    const discriminator = { network: { kind: 'dcgan-discriminator', width: 8 } } as const;
    expect(of({ discriminator })).toContain('minibatchDeviation of the discriminator');
  });
});

describe('a warning of missing modes', () => {
  const well = reportOf({ step: 100 });
  const half = reportOf({ step: 200, coverage: 0.504 });

  it('comes after three reports that leave much out, says how much, and is over once three do not', () => {
    expect(namesOf([well, half, half])).toEqual([]);
    expect(namesOf([well, half, half, well, half])).toEqual([]);
    const { names, messages } = told([well, half, half, half, half, well, well, well]);
    expect(names.map((each) => each.join())).toEqual([
      ...['', '', '', 'missing-modes', '', '', '', 'missing-modes is over'],
    ]);
    expect(messages[0]).toContain('come near to only 50 % of the examples, and to less than 80 % 3 reports in a row.');
  });

  it('does not come while a generator finds more of the data, but where it has stopped, after five epochs', () => {
    const reports = (share: (i: number) => number, epoch: number) =>
      times(WINDOW, (i) => reportOf({ coverage: share(i), epoch: epoch * (i / (WINDOW - 1)) }));
    // From 0.355 to 0.535 in the mean: 0.28 of what was missing.
    expect(namesOf(reports((i) => 0.2725 + i * 0.015, 9))).toEqual([]);
    expect(namesOf(reports((i) => 0.2725 + i * 0.01, 9))).toEqual(['missing-modes']);
    expect(namesOf(reports(() => 0.6, 5))).toEqual(['missing-modes']);
    expect(namesOf(reports(() => 0.6, 4.9))).toEqual([]);
    expect(namesOf(reports(() => 0.6, 5).slice(1))).toEqual([]);
    expect(namesOf(reports((i) => (i === 3 ? 0.85 : 0.7), 9))).toEqual([]); // found once, and little is lost
  });

  it('does not begin beside a collapse, which says more, and stays where a collapse follows it', () => {
    const one = { step: 300, coverage: 0.1, diversity: 0.03 };
    expect(namesOf([well, ...times(3, () => reportOf(one))])).toEqual(['collapse']);
    expect(namesOf([well, half, half, half, ...times(4, () => reportOf(one))])).toEqual(['missing-modes', 'collapse']);
    expect(namesOf([well, ...times(3, () => reportOf(one)), half, half, half])).toEqual([
      ...['collapse', 'missing-modes', 'collapse is over'],
    ]);
  });

  it('does not come where coverage is not told, as in reports of earlier releases', () => {
    const { coverage: _, ...untold } = reportOf({ epoch: 9 });
    expect(namesOf(times(9, () => untold))).toEqual([]);
  });

  it('advises what the recipe does not have yet', () => {
    const of = (changes: Parameters<typeof barsRecipe>[0]) =>
      told([well, half, half, half], barsRecipe(changes)).messages[0]!;
    const r1 = { kind: 'r1', weight: 1 } as const;
    expect(of({})).toContain('Try the penalty r1, a batch larger than 32, or a lower learning rate of the generator.');
    expect(of({ penalties: [r1], batch: 256 })).toContain('Try a lower learning rate of the generator.');
    expect(of({ objective: 'maximise-logit' })).toContain('Try the objective non-saturating instead of maximise-logit');
  });
});

describe('a warning of a vanishing gradient', () => {
  const sure = { accuracy: 1, dReal: 0.99, dFake: 0.01 };

  it('comes after three reports in which D is sure and hardly moves G', () => {
    const still = reportOf({ ...sure, pull: 2e-5 });
    expect(namesOf([still, still])).toEqual([]);
    const { names, messages } = told([still, still, still], barsRecipe({ objective: 'minimax' }));
    expect(names.at(-1)).toEqual(['vanishing-gradient']);
    expect(messages[0]).toContain("its gradient changes a sample's loss by only 0.000020");
    expect(messages[0]).toContain('Try the objective non-saturating instead of minimax, the penalty r1, or a lower');
  });

  it('does not come at a balance, where there is little to tell, nor before D has learnt', () => {
    const balance = reportOf({ pull: 2e-5, accuracy: 0.5, dReal: 0.5, dFake: 0.5 });
    const early = reportOf({ pull: 9e-4, accuracy: 1, dReal: 0.501, dFake: 0.499 });
    expect(namesOf([balance, balance, balance, early, early, early])).toEqual([]);
  });
});

describe('a warning of oscillation', () => {
  it('comes for a swing that goes on', () => {
    const wave = times(WINDOW, (i) => 0.8 + 0.4 * Math.sin(i / 1.5));
    expect(namesOf(losses(wave))).toEqual(['oscillation']);
    expect(told(losses(wave)).messages[0]).toMatch(/swung across its mean [4-6] times in 24 reports/);
    expect(namesOf(losses(wave.slice(1)))).toEqual([]);
  });

  it('does not come for a swing that dies away, a trend, the unrest of ordinary training, or noise', () => {
    expect(namesOf(losses(times(WINDOW, (i) => 0.8 + 0.8 * Math.exp(-i / 8) * Math.sin(i / 1.5))))).toEqual([]);
    expect(namesOf(losses(times(WINDOW, (i) => 2 - i / 15)))).toEqual([]);
    expect(namesOf(losses(times(WINDOW, (i) => 0.8 + 0.1 * Math.sin(i / 1.5))))).toEqual([]);
    const random = lcg(7);
    for (let trial = 0; trial < 200; trial++) {
      expect(namesOf(losses(times(WINDOW, () => 0.8 + (random() - 0.5))))).toEqual([]);
    }
  });

  /** Reports of a Dirac-GAN under simultaneous descent: G's loss averaged over 10 steps each. */
  async function dirac(penalties: readonly PenaltyConfig[]): Promise<Progress[]> {
    const sgd = optimizer({ kind: 'momentum', learningRate: 0.1, momentum: 0 });
    const generator = plainNetwork('generator', { theta: 1 }, (p, z) => tf.add(tf.mul(z, 0), p['generator/theta']!));
    const discriminator = plainNetwork('discriminator', { psi: 1 }, (p, x) => tf.mul(x, p['discriminator/psi']!));
    const reports: Progress[] = [];
    await play({
      game: {
        generator,
        discriminator,
        prior: { kind: 'uniform', low: 0, high: 0, shape: [1] },
        objective: OBJECTIVES.minimax,
        penalties,
        optimizers: { generator: sgd, discriminator: sgd },
        updates: { order: 'simultaneous', discriminatorSteps: 1, weights: { discriminator: 1, generator: 1 } },
        batch: 1,
      },
      params: { ...generator.init(streamOf(1)), ...discriminator.init(streamOf(1)) },
      data: (out) => out.fill(0),
      steps: 10 * WINDOW,
      stepsPerRun: 10,
      onRun(step, { lossG }) {
        const values = Array.from(lossG!.data as Float32Array);
        reports.push(reportOf({ step, lossG: values.reduce((a, b) => a + b, 0) / values.length }));
      },
    });
    return reports;
  }

  it('comes for a Dirac-GAN that circles, and not once R1 brings it to rest', async () => {
    expect(namesOf(await dirac([]))).toEqual(['oscillation']);
    expect(namesOf(await dirac([{ kind: 'r1', weight: 1 }]))).toEqual([]);
  });
});
