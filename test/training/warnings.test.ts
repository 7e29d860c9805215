import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '../../src/engine/tf.js';
import { streamOf } from '../../src/random/noise.js';
import type { PenaltyConfig } from '../../src/recipes/update-configs.js';
import { OBJECTIVES } from '../../src/training/objectives.js';
import { optimizer } from '../../src/training/optimizers.js';
import type { Progress } from '../../src/training/progress.js';
import { begunWarnings, WINDOW, warningsOf } from '../../src/training/warnings.js';
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
    ...changes,
  };
}

const namesOf = (reports: readonly Progress[]) => warningsOf(reports).map(({ name }) => name);
const losses = (values: readonly number[]) => values.map((lossG) => reportOf({ lossG }));
const times = (count: number, f: (i: number) => number) => Array.from({ length: count }, (_, i) => f(i));

describe('a warning of collapse', () => {
  it('comes after three reports of samples that hardly differ, says what was seen, and is said once', () => {
    const well = reportOf({});
    const same = reportOf({ diversity: 0.034 });
    expect(namesOf([well, same, same])).toEqual([]);
    expect(namesOf([same, well, same])).toEqual([]);
    const begun = begunWarnings([well, same, same, same]);
    expect(begun.map(({ name }) => name)).toEqual(['collapse']);
    expect(begun[0]!.message).toContain('samples differ only 0.034 times as much as the data do, 3 reports in a row');
    expect(begunWarnings([well, same, same, same, same])).toEqual([]);
    expect(begunWarnings([well, same, same, same, well, same, same, same]).map(({ name }) => name)).toEqual([
      'collapse',
    ]);
  });
});

describe('a warning of a vanishing gradient', () => {
  it('comes after three reports in which D hardly moves G', () => {
    const still = reportOf({ pull: 2e-5 });
    expect(namesOf([still, still])).toEqual([]);
    expect(begunWarnings([still, still, still])).toEqual([
      {
        name: 'vanishing-gradient',
        message: expect.stringContaining("its gradient changes a sample's loss by only 0.000020"),
      },
    ]);
  });
});

describe('a warning of oscillation', () => {
  it('comes for a swing that goes on', () => {
    const wave = times(WINDOW, (i) => 0.8 + 0.4 * Math.sin(i / 1.5));
    expect(namesOf(losses(wave))).toEqual(['oscillation']);
    expect(warningsOf(losses(wave))[0]!.message).toMatch(/swung across its mean [4-6] times in 24 reports/);
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
