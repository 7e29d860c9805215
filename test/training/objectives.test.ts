import '@tensorflow/tfjs-backend-cpu';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '../../src/engine/tf.js';
import { toScore } from '../../src/models/density.js';
import { OBJECTIVE_NAMES, type ObjectiveName } from '../../src/recipes/objective-names.js';
import { DIVERGENCES } from '../../src/training/divergences.js';
import { OBJECTIVES, verdict } from '../../src/training/objectives.js';
import { EXAMPLE, gradientOfMean, integral, normal } from './gaussians.js';
import { slope, valuesOf } from './helpers.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const REAL = [1.3, -0.4, 2.2, 0.1];
const FAKE = [-0.7, 0.9, -2.1, 0.3];
const { exp, log: ln, max, sqrt, tanh } = Math;
const sigmoid = (x: number) => 1 / (1 + exp(-x));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const over = (values: number[], f: (v: number) => number) => mean(values.map(f));

type Loss = (real: number[], fake: number[]) => number;
interface Printed {
  readonly discriminator: Loss;
  readonly generator: Loss;
}

const crossEntropy: Loss = (real, fake) => -over(real, (v) => ln(sigmoid(v))) - over(fake, (v) => ln(1 - sigmoid(v)));

/** f-GAN with activation g and conjugate f*, composed as printed. */
const fGan = (g: (v: number) => number, conjugate: (t: number) => number): Printed => ({
  discriminator: (real, fake) => over(fake, (v) => conjugate(g(v))) - over(real, g),
  generator: (_, fake) => -over(fake, (v) => conjugate(g(v))),
});
const wasserstein: Printed = {
  discriminator: (real, fake) => mean(fake) - mean(real),
  generator: (_, fake) => -mean(fake),
};

/** The formulas as they are printed, on probabilities where the paper has probabilities. */
const PRINTED: Record<ObjectiveName, Printed> = {
  minimax: { discriminator: crossEntropy, generator: (_, fake) => over(fake, (v) => ln(1 - sigmoid(v))) },
  'non-saturating': { discriminator: crossEntropy, generator: (_, fake) => -over(fake, (v) => ln(sigmoid(v))) },
  'maximise-logit': {
    discriminator: crossEntropy,
    generator: (_, fake) => over(fake, (v) => ln(1 - sigmoid(v)) - ln(sigmoid(v))),
  },
  'f-kl': fGan(
    (v) => v,
    (t) => exp(t - 1),
  ),
  'f-reverse-kl': fGan(
    (v) => -exp(-v),
    (t) => -1 - ln(-t),
  ),
  'f-pearson': fGan(
    (v) => v,
    (t) => t ** 2 / 4 + t,
  ),
  'f-neyman': fGan(
    (v) => 1 - exp(-v),
    (t) => 2 - 2 * sqrt(1 - t),
  ),
  'f-squared-hellinger': fGan(
    (v) => 1 - exp(-v),
    (t) => t / (1 - t),
  ),
  'f-jensen-shannon': fGan(
    (v) => ln(2) - ln(1 + exp(-v)),
    (t) => -ln(2 - exp(t)),
  ),
  'f-gan': fGan(
    (v) => -ln(1 + exp(-v)),
    (t) => -ln(1 - exp(t)),
  ),
  'f-total-variation': fGan(
    (v) => tanh(v) / 2,
    (t) => t,
  ),
  'least-squares': {
    discriminator: (real, fake) => over(real, (v) => (v - 1) ** 2) / 2 + over(fake, (v) => v ** 2) / 2,
    generator: (_, fake) => over(fake, (v) => (v - 1) ** 2) / 2,
  },
  hinge: {
    discriminator: (real, fake) => over(real, (v) => max(0, 1 - v)) + over(fake, (v) => max(0, 1 + v)),
    generator: (_, fake) => -mean(fake),
  },
  wgan: wasserstein,
  'wgan-gp': wasserstein,
  'relativistic-average': {
    discriminator: (real, fake) =>
      -over(real, (v) => ln(sigmoid(v - mean(fake)))) - over(fake, (v) => ln(1 - sigmoid(v - mean(real)))),
    generator: (real, fake) =>
      -over(fake, (v) => ln(sigmoid(v - mean(real)))) - over(real, (v) => ln(1 - sigmoid(v - mean(fake)))),
  },
};

/** Losses that hold an exponential of V itself; the others must stay finite wherever V goes. */
const EXPONENTIAL: readonly ObjectiveName[] = ['f-kl', 'f-reverse-kl', 'f-neyman', 'f-squared-hellinger'];

const replaced = (values: number[], at: number, value: number) => values.map((old, i) => (i === at ? value : old));

describe.each(OBJECTIVE_NAMES)('the %s objective', (name) => {
  const objective = OBJECTIVES[name];
  const printed = PRINTED[name];

  it('has the losses that its formula prints', () => {
    const real = tf.tensor1d(REAL);
    const fake = tf.tensor1d(FAKE);
    expect(valuesOf(objective.discriminator(real, fake))[0]).toBeCloseTo(printed.discriminator(REAL, FAKE), 5);
    expect(valuesOf(objective.generator(fake, () => real))[0]).toBeCloseTo(printed.generator(REAL, FAKE), 5);
  });

  it('has gradients equal to finite differences', () => {
    const real = tf.tensor1d(REAL);
    const fake = tf.tensor1d(FAKE);
    const [dReal, dFake] = tf
      .grads((r: tf.Tensor, f: tf.Tensor) => objective.discriminator(r, f))([real, fake])
      .map(valuesOf);
    const gFake = valuesOf(tf.grad((f: tf.Tensor) => objective.generator(f, () => real))(fake));
    const close = (gradient: number | undefined, f: (x: number) => number, at: number) => {
      expect(gradient).toBeCloseTo(slope(f, at), 4);
    };
    for (const [i, value] of REAL.entries()) {
      close(dReal![i], (x) => printed.discriminator(replaced(REAL, i, x), FAKE), value);
    }
    for (const [i, value] of FAKE.entries()) {
      close(dFake![i], (x) => printed.discriminator(REAL, replaced(FAKE, i, x)), value);
      close(gFake[i], (x) => printed.generator(REAL, replaced(FAKE, i, x)), value);
    }
  });

  it.skipIf(EXPONENTIAL.includes(name))('stays finite for outputs that a probability would round to 0 or 1', () => {
    const far = tf.tensor1d([200, -200]);
    const losses = [objective.discriminator(far, far), objective.generator(far, () => far)];
    const gradients = tf.grads((r: tf.Tensor, f: tf.Tensor) => objective.discriminator(r, f))([far, far]);
    for (const tensor of [...losses, ...gradients]) expect(valuesOf(tensor).every(Number.isFinite)).toBe(true);
  });

  it('wants data higher than samples', () => {
    const value = (real: number, fake: number) =>
      valuesOf(objective.discriminator(tf.tensor1d([real]), tf.tensor1d([fake])))[0]!;
    expect(value(0.8, 0.2)).toBeLessThan(value(0.2, 0.8));
  });

  it('reports as verdict the probability that the served model would report', () => {
    for (const v of [-2.5, -1, 0, 0.3, 0.9, 2.5]) {
      const reported = valuesOf(verdict(tf.scalar(v), objective.densityRatio))[0]!;
      expect(reported).toBeCloseTo(toScore(v, objective.densityRatio).probability ?? v, 6);
    }
  });
});

describe('objectives with the optimal discriminator', () => {
  it('give the minimax value −ln 4 when the generator equals the data, where D is 1/2 everywhere (Theorem 1)', () => {
    const indifferent = tf.zeros([5]);
    const value = -valuesOf(OBJECTIVES.minimax.discriminator(indifferent, indifferent))[0]!;
    expect(value).toBeCloseTo(-ln(4), 6);
    expect(OBJECTIVES.minimax.estimate!.value(-value)).toBeCloseTo(0, 6);
  });

  // The worked example of f-GAN's table, P = N(0, 1) and Q = N(0.5, 1.2²): the pull on the mean of Q.
  it.each([
    ['minimax', 0.18809],
    ['non-saturating', 0.31191],
    ['maximise-logit', 0.5],
  ] as const)('pull the mean of a Gaussian with the gradient of theory: %s %f', (name, expected) => {
    expect(gradientOfMean(OBJECTIVES[name], EXAMPLE)).toBeCloseTo(expected, 4);
  });

  it('pull along the sum of minimax and non-saturating when G maximises the logit (Huszár 2016)', () => {
    const fake = tf.tensor1d(FAKE);
    const [a, b, sum] = (['minimax', 'non-saturating', 'maximise-logit'] as const).map(
      (name) => valuesOf(OBJECTIVES[name].generator(fake, () => fake))[0]!,
    );
    expect(a! + b!).toBeCloseTo(sum!, 6);
  });

  // The envelope theorem: at the optimal D the generator's gradient is that of the divergence itself, D held.
  it.each([
    'f-kl',
    'f-reverse-kl',
    'f-pearson',
    'f-neyman',
    'f-squared-hellinger',
    'f-jensen-shannon',
    'f-gan',
  ] as const)('descend the divergence they name: %s', (name) => {
    const { f } = DIVERGENCES[name.slice(2) as keyof typeof DIVERGENCES];
    const { p, mean: m, deviation } = EXAMPLE;
    const divergence = (mu: number) => {
      const q = normal(mu, deviation);
      return integral((x) => q(x) * f(p(x) / q(x)));
    };
    expect(gradientOfMean(OBJECTIVES[name], EXAMPLE)).toBeCloseTo(slope(divergence, m), 4);
  });

  it('cannot descend total variation at the optimal D, whose outputs are infinite: the pull vanishes', () => {
    const far = tf.tensor1d([-40, 40]);
    const pull = tf.grad((v: tf.Tensor) => OBJECTIVES['f-total-variation'].generator(v, () => v))(far);
    expect(valuesOf(pull)).toEqual([0, 0].map((zero) => expect.closeTo(zero, 12)));
  });

  it.each([
    ['least-squares', (p: number, q: number) => p / (p + q), (p: number, q: number) => (p - q) ** 2 / (p + q) / 2],
    ['hinge', (p: number, q: number) => Math.sign(p - q), (p: number, q: number) => Math.abs(p - q) / 2],
    [
      'non-saturating',
      (p: number, q: number) => ln(p / q),
      (p: number, q: number) => (p * ln((2 * p) / (p + q)) + q * ln((2 * q) / (p + q))) / 2,
    ],
  ] as const)('estimate from D’s loss exactly the divergence they state: %s', (name, optimum, integrand) => {
    const { p, q } = EXAMPLE;
    const { discriminator } = PRINTED[name];
    // The losses are E_P[a(V)] + E_Q[b(V)] with a(V) + b(W) the loss of one real V and one fake W; at V* of each x.
    const b = (v: number) => discriminator([1], [v]) - discriminator([1], [0]);
    const a = (v: number) => discriminator([v], [0]);
    const lossD = integral((x) => p(x) * a(optimum(p(x), q(x))) + q(x) * b(optimum(p(x), q(x))));
    expect(OBJECTIVES[name].estimate!.value(lossD)).toBeCloseTo(
      integral((x) => integrand(p(x), q(x))),
      6,
    );
  });
});

describe('docs/objectives.md', () => {
  it('has every objective, divergence and penalty with its formula and source', async () => {
    const text = await readFile(new URL('../../docs/objectives.md', import.meta.url), 'utf8');
    for (const name of OBJECTIVE_NAMES) {
      const { source } = OBJECTIVES[name];
      expect(text).toContain(`\`${name}\``);
      for (const paper of source.match(/arXiv:[\d.]+\d/g) ?? []) expect(text).toContain(paper);
    }
    for (const { print } of Object.values(DIVERGENCES)) {
      for (const cell of Object.values(print)) expect(text).toContain(cell.replaceAll('|', '\\|'));
    }
    for (const kind of ['r1', 'r2', 'gradient-penalty', 'weight-clipping']) expect(text).toContain(`\`${kind}\``);
  });
});
