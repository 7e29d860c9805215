// What a game says of points, against formulas worked out by hand.
import { describe, expect, it } from 'vitest';
import { float32 } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import type { ObjectiveName } from '../../src/recipes/objective-names.js';
import { Field } from '../../src/training/field.js';
import { OBJECTIVES } from '../../src/training/objectives.js';
import { plainNetwork } from './play.js';

/** G(z) = z. */
const generator = plainNetwork('generator', { one: 1 }, (params, z) => tf.mul(z, params['generator/one']!));
/** D's raw output V(x) = −s·|x|²: the nearer the origin, the more like the data. */
const discriminator = plainNetwork('discriminator', { s: 2 }, (params, x) =>
  tf.mul(tf.sum(tf.square(x), 1, true), tf.neg(params['discriminator/s']!)),
);
const Z = [1, 0, -0.5, 0.25, 0, 0];
const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));

async function valuesOf(objective: ObjectiveName) {
  const params = { 'generator/one': float32([], [1]), 'discriminator/s': float32([], [2]) };
  const feeds = { z: float32([3, 2], Z), place: float32([2, 2], [0, 0, 1, 1]), real: float32([1, 2], [0, 0]) };
  const field = await Field.open({
    ...{ generator, discriminator, params, feeds, threads: 1 },
    objective: OBJECTIVES[objective],
  });
  const values = await field.at({ ...params, 'adam/other': float32([], [0]) });
  await field.dispose();
  return values;
}

describe('the field of a game', () => {
  it('has the generator’s points, and D at the places that are asked for', async () => {
    const { points, verdict } = await valuesOf('non-saturating');
    expect([...points]).toEqual(Z);
    expect(verdict[0]).toBeCloseTo(0.5, 6);
    expect(verdict[1]).toBeCloseTo(sigmoid(-4), 6);
  });

  it('pulls each sample toward the data by what the objective makes of D', async () => {
    // −∂/∂x softplus(−V) = σ(−V)·∂V/∂x = −2s·σ(s|x|²)·x, each sample by itself however many there are.
    const expected = [0, 1, 2].flatMap((i) => {
      const [x, y] = [Z[2 * i]!, Z[2 * i + 1]!];
      const factor = -4 * sigmoid(2 * (x * x + y * y));
      return [factor * x, factor * y];
    });
    const { pulls } = await valuesOf('non-saturating');
    for (const [i, pull] of pulls.entries()) expect(pull).toBeCloseTo(expected[i]!, 5);
  });

  it('pulls less where minimax saturates: D(x) is near 0', async () => {
    // −∂/∂x ln(1 − σ(V)) = σ(V)·∂V/∂x.
    const { pulls } = await valuesOf('minimax');
    expect(pulls[0]).toBeCloseTo(-4 * sigmoid(-2), 5);
  });

  it('has D’s raw output where an objective makes no probability of it', async () => {
    expect([...(await valuesOf('wgan')).verdict].map((v) => Math.round(v * 1e5) / 1e5 + 0)).toEqual([0, -4]);
  });
});
