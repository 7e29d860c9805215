import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '../../src/engine/tf.js';
import { OBJECTIVE_NAMES, OBJECTIVES } from '../../src/training/objectives.js';
import { slope, valuesOf } from './helpers.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const REAL = [1.3, -0.4, 2.2, 0.1];
const FAKE = [-0.7, 0.9, -2.1, 0.3];
const ln = Math.log;
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The table's formulas as they are printed, on probabilities. */
const PRINTED = {
  minimax: {
    discriminator: (real: number[], fake: number[]) =>
      -mean(real.map((v) => ln(sigmoid(v)))) - mean(fake.map((v) => ln(1 - sigmoid(v)))),
    generator: (fake: number[]) => mean(fake.map((v) => ln(1 - sigmoid(v)))),
  },
  'non-saturating': {
    discriminator: (real: number[], fake: number[]) =>
      -mean(real.map((v) => ln(sigmoid(v)))) - mean(fake.map((v) => ln(1 - sigmoid(v)))),
    generator: (fake: number[]) => -mean(fake.map((v) => ln(sigmoid(v)))),
  },
} satisfies Record<(typeof OBJECTIVE_NAMES)[number], unknown>;

const replaced = (values: number[], at: number, value: number) => values.map((old, i) => (i === at ? value : old));

describe.each(OBJECTIVE_NAMES)('the %s objective', (name) => {
  const objective = OBJECTIVES[name];
  const printed = PRINTED[name];

  it('has the losses that its formula prints', () => {
    const real = tf.tensor1d(REAL);
    const fake = tf.tensor1d(FAKE);
    expect(valuesOf(objective.discriminator(real, fake))[0]).toBeCloseTo(printed.discriminator(REAL, FAKE), 5);
    expect(valuesOf(objective.generator(fake, () => real))[0]).toBeCloseTo(printed.generator(FAKE), 5);
  });

  it('has gradients equal to finite differences', () => {
    const real = tf.tensor1d(REAL);
    const fake = tf.tensor1d(FAKE);
    const [dReal, dFake] = tf
      .grads((r: tf.Tensor, f: tf.Tensor) => objective.discriminator(r, f))([real, fake])
      .map(valuesOf);
    const gFake = valuesOf(tf.grad((f: tf.Tensor) => objective.generator(f, () => real))(fake));
    REAL.forEach((value, i) => {
      expect(dReal![i]).toBeCloseTo(
        slope((x) => printed.discriminator(replaced(REAL, i, x), FAKE), value),
        5,
      );
    });
    FAKE.forEach((value, i) => {
      expect(dFake![i]).toBeCloseTo(
        slope((x) => printed.discriminator(REAL, replaced(FAKE, i, x)), value),
        5,
      );
      expect(gFake[i]).toBeCloseTo(
        slope((x) => printed.generator(replaced(FAKE, i, x)), value),
        5,
      );
    });
  });

  it('stays finite for outputs that a probability would round to 0 or 1', () => {
    const far = tf.tensor1d([200, -200]);
    const losses = [objective.discriminator(far, far), objective.generator(far, () => far)];
    const gradients = tf.grads((r: tf.Tensor, f: tf.Tensor) => objective.discriminator(r, f))([far, far]);
    for (const tensor of [...losses, ...gradients]) expect(valuesOf(tensor).every(Number.isFinite)).toBe(true);
    expect(valuesOf(losses[0]!)[0]).toBeCloseTo(200, 4); // (200 + 200) / 2
  });
});

describe('objectives with the optimal discriminator', () => {
  it('give the minimax value −ln 4 when the generator equals the data, where D is 1/2 everywhere (Theorem 1)', () => {
    const indifferent = tf.zeros([5]);
    const value = -valuesOf(OBJECTIVES.minimax.discriminator(indifferent, indifferent))[0]!;
    expect(value).toBeCloseTo(-ln(4), 6);
  });

  // P = N(0, 1) and Q = N(0.5, 1.2²): the worked example of f-GAN's table. V* = ln p/q, and the gradient is with respect to
  // the mean of Q, by E_z[dL/dV · dV*/dx] with x = 0.5 + 1.2 z, summed over a fine grid of z.
  it.each([
    ['minimax', 0.18809],
    ['non-saturating', 0.31191],
  ] as const)('pull the mean of a Gaussian with the gradient of theory: %s %f', (name, expected) => {
    const steps = 20_001;
    const grid = Array.from({ length: steps }, (_, i) => -8 + (16 * i) / (steps - 1));
    const weight = grid.map((z) => (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * (16 / (steps - 1)));
    const x = grid.map((z) => 0.5 + 1.2 * z);
    const logit = tf.tensor1d(x.map((v) => (-v * v) / 2 + (v - 0.5) ** 2 / (2 * 1.44) + ln(1.2)));
    const logitSlope = x.map((v) => -v + (v - 0.5) / 1.44);

    const perExample = valuesOf(tf.grad((v: tf.Tensor) => OBJECTIVES[name].generator(v, () => v))(logit)).map(
      (g) => g * steps,
    );
    const pull = perExample.reduce((sum, g, i) => sum + weight[i]! * g * logitSlope[i]!, 0);

    expect(Math.abs(pull)).toBeCloseTo(expected, 4);
  });
});
