// docs/lessons.md, claim by claim: each recipe of recipes/lessons is run as `npx ganymede train` runs it, and what its
// claim says is measured on the run, against closed forms where there are any.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/datasets/open.js';
import type { HostTensors } from '../../src/engine/tensor.js';
import { loadRecipe } from '../../src/recipes/check-recipe.js';
import { stepsOf } from '../../src/recipes/cost.js';
import type { Overrides } from '../../src/recipes/overrides.js';
import { loadState } from '../../src/training/checkpoint.js';
import type { Progress } from '../../src/training/progress.js';
import { reportsOf } from '../../src/training/stats.js';
import { trainModel } from '../../src/training/train-model.js';
import type { WorkEvent } from '../../src/work.js';
import { finished, lcg, temporaryFolder } from '../training/helpers.js';

interface Lesson {
  /** In recipes/lessons. */
  readonly recipe: string;
  readonly data: string;
  readonly overrides?: Overrides;
  readonly steps?: number;
}

interface Watched {
  readonly reports: readonly Progress[];
  readonly state: HostTensors;
  readonly warnings: readonly string[];
  readonly run: string;
}

async function watch({ recipe, ...others }: Lesson): Promise<Watched> {
  const folder = await temporaryFolder();
  const run = join(folder, 'run');
  const events: WorkEvent[] = [];
  await finished(
    trainModel(
      { config: `lessons/${recipe}`, out: join(folder, recipe), run, seed: 1, threads: 1, ...others },
      { onEvent: (event) => events.push(event) },
    ),
  );
  const warnings = events.flatMap((event) => (event.kind === 'warning' ? [event.name] : []));
  return { reports: await reportsOf(run), state: (await loadState(run)).state, warnings, run };
}

function numbersOf(state: HostTensors, name: string): number[] {
  return Array.from(state[name]!.data, Number);
}

/** Weight and bias of a generator of one linear layer. */
function mapOf(state: HostTensors): { readonly weight: readonly number[]; readonly bias: readonly number[] } {
  return { weight: numbersOf(state, 'generator/layer1/weight'), bias: numbersOf(state, 'generator/layer1/bias') };
}

/** What a perceptron makes of one input, from its weights: `activation` behind each layer but the last. */
function through(
  state: HostTensors,
  network: 'generator' | 'discriminator',
  activation: (x: number) => number,
  input: readonly number[],
): number[] {
  let values = [...input];
  for (let layer = 1; ; layer++) {
    const name = `${network}/layer${layer}`;
    const weight = numbersOf(state, `${name}/weight`);
    const sums = numbersOf(state, `${name}/bias`).map((bias, unit, { length }) =>
      values.reduce((sum, value, i) => sum + value * weight[i * length + unit]!, bias),
    );
    if (!state[`${network}/layer${layer + 1}/weight`]) return sums;
    values = sums.map(activation);
  }
}

const SAMPLES = 1000;

/** Points that a generator of relu units makes, of normal z by Box and Muller. */
function samplesOf(state: HostTensors): [x: number, y: number][] {
  const uniform = lcg(7);
  return Array.from({ length: SAMPLES }, () => {
    const [radius, angle] = [Math.sqrt(-2 * Math.log(1 - uniform())), 2 * Math.PI * uniform()];
    const z = [radius * Math.cos(angle), radius * Math.sin(angle)];
    return through(state, 'generator', (x) => Math.max(0, x), z) as [number, number];
  });
}

/** Their mean, and the root of their mean squared distance from it. */
function cloudOf(points: readonly (readonly [number, number])[]) {
  const mean = [0, 1].map((axis) => meanOf(points.map((point) => point[axis]!))) as [number, number];
  const spread = Math.sqrt(meanOf(points.map(([x, y]) => (x - mean[0]) ** 2 + (y - mean[1]) ** 2)));
  return { mean, spread };
}

/** The share of points within 3σ of one of the eight modes of ring8, σ 0.01. */
function shareOnRing(points: readonly (readonly [number, number])[]): number {
  const angles = Array.from({ length: 8 }, (_, i) => (i * Math.PI) / 4);
  const near = points.filter(([x, y]) => angles.some((a) => Math.hypot(x - Math.cos(a), y - Math.sin(a)) < 0.03));
  return near.length / points.length;
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('one Gaussian that learns two, at −2 and 2 with σ 0.5', () => {
  const gaussianOf = ({ state }: Watched) => {
    const { weight, bias } = mapOf(state);
    return { mean: bias[0]!, deviation: Math.abs(weight[0]!) };
  };

  it('covers both under KL(P‖Q): the mean and deviation of the whole, 0 and √4.25', async () => {
    const { mean, deviation } = gaussianOf(await watch({ recipe: 'covers', data: 'builtin:two-gaussians' }));
    expect(Math.abs(mean)).toBeLessThan(0.15);
    expect(Math.abs(deviation - Math.sqrt(4.25))).toBeLessThan(0.15);
  });

  it('settles on one of them under KL(Q‖P), from the same start: 2 and 0.5', async () => {
    const watched = await watch({ recipe: 'seeks', data: 'builtin:two-gaussians' });
    const { mean, deviation } = gaussianOf(watched);
    expect(Math.abs(mean - 2)).toBeLessThan(0.05);
    expect(Math.abs(deviation - 0.5)).toBeLessThan(0.05);
    // Q is one of two equal modes that do not overlap: KL(Q‖P) = ln 2, which is what D measures.
    const divergences = watched.reports.slice(-10).map(({ divergence }) => divergence!);
    expect(Math.abs(meanOf(divergences) - Math.LN2)).toBeLessThan(0.1);
  });
});

describe('samples on a line beside the line of the data', () => {
  const data = 'builtin:segment';
  const recipe = 'parallel-lines';
  /** How far the samples’ line is from the data’s: it begins at 1. */
  const distanceOf = ({ state }: Watched) => Math.abs(mapOf(state).bias[1]!);

  it('are told apart without a mistake; the divergence stays ln 2 and the gradient vanishes', async () => {
    const watched = await watch({ recipe, data, steps: 600 });
    const { reports } = watched;
    for (const { accuracy } of reports) expect(accuracy).toBe(1);
    for (const { divergence } of reports.slice(2)) expect(Math.abs(divergence! - Math.LN2)).toBeLessThan(1e-3);
    expect(reports.at(-1)!.gradientG).toBeLessThan(reports[0]!.gradientG / 1000);
    expect(watched.warnings).toContain('vanishing-gradient');
    expect(distanceOf(watched)).toBeGreaterThan(0.6);
  });

  it('come to lie on it where D sees both through noise', async () => {
    const watched = await watch({ recipe, data, overrides: { 'discriminator.instanceNoise': 0.5 }, steps: 600 });
    expect(distanceOf(watched)).toBeLessThan(0.05);
    expect(watched.reports[0]!.accuracy).toBeGreaterThan(0.9);
    expect(watched.reports.at(-1)!.accuracy).toBeLessThan(0.6);
    expect(watched.warnings).not.toContain('vanishing-gradient');
  });

  it('are drawn to it with the same force from any distance by WGAN-GP, whose D has slope 1', async () => {
    const watched = await watch({ recipe, data, overrides: { objective: 'wgan-gp' }, steps: 600 });
    expect(distanceOf(watched)).toBeLessThan(0.2);
    for (const { gradientG } of watched.reports) expect(Math.abs(gradientG - 1)).toBeLessThan(0.35);
    expect(watched.warnings).not.toContain('vanishing-gradient');
  });
});

describe('the Dirac-GAN, θ and ψ moved at once', () => {
  const RATE = 0.05;

  async function orbit(overrides: Overrides, steps = 500) {
    const { state, reports, warnings } = await watch({ recipe: 'dirac', data: 'builtin:dirac', overrides, steps });
    const [theta] = mapOf(state).bias;
    const [psi] = numbersOf(state, 'discriminator/layer1/weight');
    return { theta: theta!, psi: psi!, reports, warnings };
  }

  /** The same two numbers in double precision: V = ψx, data at 0, so D ascends −ψθ − ½γψ² and G ascends ψθ. */
  function expectedOf(gamma: number, steps: number) {
    let [theta, psi] = [1, 0];
    for (let step = 0; step < steps; step++) {
      [theta, psi] = [theta + RATE * psi, psi - RATE * theta - RATE * gamma * psi];
    }
    return { theta, psi };
  }

  it('circle the balance and drift away from it, by √(1 + h²) a step', async () => {
    const { theta, psi, reports } = await orbit({});
    const truth = expectedOf(0, 500);
    expect(theta).toBeCloseTo(truth.theta, 3);
    expect(psi).toBeCloseTo(truth.psi, 3);
    expect(Math.hypot(theta, psi)).toBeCloseTo((1 + RATE ** 2) ** 250, 3);
    const radii = reports.map(({ weightG, weightD }) => Math.hypot(weightG, weightD));
    for (let i = 1; i < radii.length; i++) expect(radii[i]!).toBeGreaterThan(radii[i - 1]!);
  });

  it('come to rest with R1', async () => {
    const { theta, psi, warnings } = await orbit({ penalties: [{ kind: 'r1', weight: 1 }] });
    const truth = expectedOf(1, 500);
    expect(theta).toBeCloseTo(truth.theta, 4);
    expect(psi).toBeCloseTo(truth.psi, 4);
    expect(Math.hypot(theta, psi)).toBeLessThan(1e-3);
    expect(warnings).toEqual([]);
  });
});

describe('a D whose generator stands still', () => {
  /** p/(p + q) of N(0, 1) and N(0.5, 1.2²). */
  function truthAt(x: number): number {
    const p = Math.exp(-0.5 * x ** 2);
    const q = Math.exp(-0.5 * ((x - 0.5) / 1.2) ** 2) / 1.2;
    return p / (p + q);
  }

  it('becomes p/(p + q), and its loss says how far apart the two are', async () => {
    const watched = await watch({ recipe: 'best-discriminator', data: 'builtin:gaussian1d,count=60000', steps: 1000 });
    expect(mapOf(watched.state)).toEqual({ weight: [Math.fround(1.2)], bias: [0.5] });
    const errors = Array.from({ length: 61 }, (_, i) => {
      const x = -3 + i / 10;
      return Math.abs(1 / (1 + Math.exp(-through(watched.state, 'discriminator', Math.tanh, [x])[0]!)) - truthAt(x));
    });
    expect(meanOf(errors)).toBeLessThan(0.02);
    expect(Math.max(...errors)).toBeLessThan(0.06);
    // Half of 0.06419378, 2·JSD of these two Gaussians by quadrature: docs/objectives.md.
    const divergences = watched.reports.slice(-5).map(({ divergence }) => divergence!);
    expect(Math.abs(meanOf(divergences) - 0.0321)).toBeLessThan(0.006);
  });
});

it('a generator that may move becomes the data, and the value of the game falls to −log 4', async () => {
  const { state, reports } = await watch({
    recipe: 'equilibrium',
    data: 'builtin:gaussian1d,count=60000',
    steps: 1500,
  });
  const { weight, bias } = mapOf(state);
  expect(Math.abs(bias[0]!)).toBeLessThan(0.05);
  expect(Math.abs(Math.abs(weight[0]!) - 1)).toBeLessThan(0.05);
  const value = (report: Progress) => -report.lossD;
  expect(value(reports[0]!)).toBeGreaterThan(-Math.log(4) + 0.2);
  expect(Math.abs(meanOf(reports.slice(-5).map(value)) + Math.log(4))).toBeLessThan(0.005);
  expect(Math.abs(reports.at(-1)!.accuracy - 0.5)).toBeLessThan(0.05);
});

describe('two draws of one distribution', () => {
  it('lie far apart to a strong D where they are few, and what it learnt holds for no other example', async () => {
    const { reports } = await watch({ recipe: 'finite-samples', data: 'builtin:gaussian64d,count=512', steps: 500 });
    const { lossD, accuracy, divergence } = reports.at(-1)!;
    // On the 256 examples that it was shown D measures nearly ln 2, the most there is; on the 256 held out, nothing.
    expect((2 * Math.LN2 - lossD) / 2).toBeGreaterThan(0.6);
    expect(Math.abs(accuracy - 0.5)).toBeLessThan(0.05);
    expect(divergence!).toBeLessThan(-1);
  });

  it('lie together where they are many', async () => {
    const { reports } = await watch({ recipe: 'finite-samples', data: 'builtin:gaussian64d,count=40000', steps: 500 });
    for (const { lossD } of reports) expect((2 * Math.LN2 - lossD) / 2).toBeLessThan(0.05);
    expect(Math.abs(reports.at(-1)!.divergence!)).toBeLessThan(0.1);
  });
});

describe('a player that is too small', () => {
  it('as a generator makes one Gaussian of eight modes, and D goes on telling the two apart', async () => {
    const { state, reports } = await watch({ recipe: 'small-generator', data: 'builtin:ring8', steps: 2000 });
    const [a, b, c, d] = mapOf(state).weight as [number, number, number, number];
    // The covariance of Q is WᵀW: the same in all directions, as the ring is.
    const [xx, yy, xy] = [a * a + c * c, b * b + d * d, a * b + c * d];
    expect(Math.abs(xx / yy - 1)).toBeLessThan(0.3);
    expect(Math.abs(xy) / Math.sqrt(xx * yy)).toBeLessThan(0.15);
    expect(shareOnRing(samplesOf(state))).toBeLessThan(0.05);
    const late = reports.slice(-10);
    expect(meanOf(late.map(({ accuracy }) => accuracy))).toBeGreaterThan(0.8);
    expect(meanOf(late.map(({ divergence }) => divergence!))).toBeGreaterThan(0.15);
  });

  it('as a discriminator sees the mean alone: all figures are perfect, and the samples are not like the data', async () => {
    const { state, reports } = await watch({ recipe: 'small-discriminator', data: 'builtin:ring8' });
    const { mean } = cloudOf(samplesOf(state));
    expect(Math.hypot(...mean)).toBeLessThan(0.15);
    const late = reports.slice(-10);
    expect(Math.abs(meanOf(late.map(({ divergence }) => divergence!)))).toBeLessThan(0.005);
    expect(Math.abs(meanOf(late.map(({ lossD }) => lossD)) - Math.log(4))).toBeLessThan(0.005);
    expect(shareOnRing(samplesOf(state))).toBeLessThan(0.05);
  });
});

describe('samples that begin beside the Swiss roll', () => {
  const starts = { recipe: 'spiral', data: 'builtin:swissroll' };
  const away = ({ state }: Watched) => Math.hypot(...cloudOf(samplesOf(state)).mean);

  it('stay there under minimax, whose generator is told nothing by a D that is sure', async () => {
    const watched = await watch({ ...starts, steps: 600 });
    expect(away(watched)).toBeGreaterThan(3);
    expect(watched.reports.at(-1)!).toMatchObject({ accuracy: 1 });
    expect(watched.reports.at(-1)!.gradientG).toBeLessThan(1e-6);
    expect(watched.warnings).toContain('vanishing-gradient');
  });

  it.each(['non-saturating', 'maximise-logit'])(
    'come to lie where the data are from the same start: %s',
    async (objective) => {
      const watched = await watch({ ...starts, overrides: { objective }, steps: 1500 });
      expect(away(watched)).toBeLessThan(0.4);
      // The data's own: √(E r² − ‖E x‖²) of the spiral.
      expect(Math.abs(cloudOf(samplesOf(watched.state)).spread - 0.69)).toBeLessThan(0.15);
      expect(watched.warnings).not.toContain('vanishing-gradient');
    },
  );
});

it('the Helvetica scenario shows in what D says, and in what is left out, long before the samples are one', async () => {
  const { state, reports, warnings } = await watch({ recipe: 'helvetica', data: 'builtin:ring8' });
  const healthy = reports.filter(({ step }) => step <= 1560);
  for (const { diversity } of healthy.slice(5)) expect(diversity).toBeGreaterThan(0.9);
  const fooled = reports.findIndex(({ step, dReal, dFake }) => step > 1560 && dFake > dReal);
  const same = reports.findIndex(({ diversity }) => diversity < 0.1);
  expect(reports[same]!.step - reports[fooled]!.step).toBeGreaterThan(800);
  expect(reports[fooled]!.diversity).toBeGreaterThan(0.4);
  // What is left out is seen before the samples are alike: the modes that are left lie as far apart as all did.
  for (const { coverage } of healthy.slice(5)) expect(coverage).toBeGreaterThan(0.9);
  const missing = reports.findIndex(({ step, coverage }) => step > 1560 && coverage! < 0.6);
  expect(reports[same]!.step - reports[missing]!.step).toBeGreaterThan(800);
  expect(reports[missing]!.diversity).toBeGreaterThan(0.4);
  expect(warnings.indexOf('missing-modes')).toBeGreaterThanOrEqual(0);
  expect(warnings.indexOf('collapse')).toBeGreaterThan(warnings.indexOf('missing-modes'));
  // One mode is left, and each sample by itself would pass for data.
  const points = samplesOf(state);
  expect(cloudOf(points).spread).toBeLessThan(0.1);
  expect(shareOnRing(points)).toBeGreaterThan(0.8);
});

describe('docs/lessons.md', () => {
  /** Each lesson, with the last step that its text or its pictures name. */
  const lessons = async () =>
    (await readFile('docs/lessons.md', 'utf8')).split('\n## ').map((text) => ({
      title: text.split('\n')[0]!,
      named: [...text.matchAll(/\bstep ([\d,]+)/g)].map(([, digits]) => Number(digits!.replaceAll(',', ''))),
      commands: [...text.matchAll(/train --config (\S+) --data (\S+) --out .*/g)],
    }));

  it('names no step that the commands above it do not reach', async () => {
    for (const { title, named, commands } of await lessons()) {
      for (const [command, config, data] of commands) {
        const recipe = await loadRecipe(config!);
        const { count } = await openDataset(data!, { range: recipe.data.range });
        const steps = Number(/--steps (\d+)/.exec(command)?.[1] ?? stepsOf(recipe, count));
        expect(Math.max(0, ...named), `${title}: ${config}`).toBeLessThanOrEqual(steps);
      }
    }
  });

  it('has its tables of last steps from the whole of each run', async () => {
    const whole = async (config: string) => stepsOf(await loadRecipe(`lessons/${config}`), 100_000);
    expect(await Promise.all(['covers', 'seeks', 'small-generator', 'helvetica', 'spiral'].map(whole))).toEqual([
      2000, 2000, 3200, 3600, 3000,
    ]);
  });
});
