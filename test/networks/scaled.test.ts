import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import * as tf from '../../src/engine/tf.js';
import { mlp } from '../../src/networks/mlp.js';
import { scaled } from '../../src/networks/scaled.js';
import { streamOf } from '../../src/random/noise.js';
import { networksOf } from '../../src/training/game.js';
import { barsRecipe } from '../training/bars.js';
import { tensorsOf, valuesOf } from '../training/helpers.js';

const layer = (units: number) => ({
  kind: 'mlp' as const,
  layers: [{ units, activation: 'linear' as const, keep: 1 }],
});

describe('a network in other units', () => {
  const plain = mlp(layer(2), { name: 'generator', input: [3], output: [2] });
  const params = tensorsOf(plain.init(streamOf(1)));
  const x = tf.tensor2d([[1, -2, 3]]);

  it('multiplies what goes in and what comes out, through its parts as well', () => {
    const inner = valuesOf(plain.apply(params, tf.mul(x, 0.25)));
    const changed = scaled(plain, { input: 0.25, output: 3 });
    const whole = valuesOf(changed.apply(params, x));
    whole.forEach((value, i) => {
      expect(value).toBeCloseTo(3 * inner[i]!, 5);
    });
    const { trunk } = changed;
    expect(valuesOf(trunk!.head(params, trunk!.features(params, x, {}), {}))).toEqual(whole);
  });

  it('is the network itself when nothing changes', () => {
    expect(scaled(plain, {})).toBe(plain);
  });

  it('serves a recipe with data.scale: G makes, and D judges, points in the units of the data', () => {
    const points = (scale: number) => {
      const recipe = barsRecipe({
        data: { range: [-1, 1], validation: 0, scale },
        generator: { network: layer(2), outputBias: 'zero' },
        discriminator: { network: layer(1), freeze: 0 },
      });
      return networksOf(recipe, { shape: [2] });
    };
    const [one, four] = [points(1), points(4)];
    const weights = tensorsOf({ ...one.generator.init(streamOf(1)), ...one.discriminator.init(streamOf(1)) });
    const z = tf.ones([1, one.generator.input[0]!]);
    const made = valuesOf(four.generator.apply(weights, z));
    valuesOf(one.generator.apply(weights, z)).forEach((value, i) => {
      expect(made[i]).toBeCloseTo(4 * value, 5);
    });
    const point = tf.tensor2d([[0.5, -0.25]]);
    expect(valuesOf(four.discriminator.apply(weights, tf.mul(point, 4)))[0]).toBeCloseTo(
      valuesOf(one.discriminator.apply(weights, point))[0]!,
      5,
    );
  });
});
