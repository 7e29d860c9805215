import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HostTensors } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { mlp } from '../../src/networks/mlp.js';
import { streamOf } from '../../src/random/noise.js';
import { type MlpConfig, mlpConfig } from '../../src/recipes/network-configs.js';
import { lcg, tensorsOf, valuesOf } from '../training/helpers.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const generatorConfig: MlpConfig = mlpConfig.parse({
  kind: 'mlp',
  layers: [
    { units: 5, activation: 'relu', irange: 0.5 },
    { units: 6, activation: 'sigmoid', irange: 0.5 },
  ],
});
const discriminatorConfig: MlpConfig = mlpConfig.parse({
  kind: 'mlp',
  layers: [
    { units: 4, activation: 'maxout', pieces: 3, keep: 0.8, irange: 0.5 },
    { units: 1, activation: 'linear', keep: 0.5, irange: 0.5 },
  ],
});

/** x [rows, inputs] · weight [inputs, outputs] + bias, one product at a time. */
function affine(x: readonly number[][], params: HostTensors, layer: string): number[][] {
  const weight = params[`${layer}/weight`]!;
  const bias = params[`${layer}/bias`]!;
  const [inputs, outputs] = weight.shape as [number, number];
  return x.map((row) =>
    Array.from({ length: outputs }, (_, o) => {
      let sum = Number(bias.data[o]);
      for (let i = 0; i < inputs; i++) sum += row[i]! * Number(weight.data[i * outputs + o]);
      return sum;
    }),
  );
}

function rows(count: number, length: number, seed: number): number[][] {
  const random = lcg(seed);
  return Array.from({ length: count }, () => Array.from({ length }, () => random() * 2 - 1));
}

describe('multilayer perceptrons', () => {
  it("compute the paper's generator as a double loop does: relu, then sigmoid, reshaped to images", () => {
    const generator = mlp(generatorConfig, { name: 'generator', input: [3], output: [1, 2, 3] });
    const params = generator.init(streamOf(7));
    const z = rows(4, 3, 1);
    const hidden = affine(z, params, 'generator/layer1').map((row) => row.map((h) => Math.max(0, h)));
    const expected = affine(hidden, params, 'generator/layer2').map((row) => row.map((h) => 1 / (1 + Math.exp(-h))));

    const image = generator.apply(tensorsOf(params), tf.tensor2d(z));

    expect(image.shape).toEqual([4, 1, 2, 3]);
    valuesOf(image).forEach((value, i) => {
      expect(value).toBeCloseTo(expected.flat()[i]!, 6);
    });
  });

  it('compute maxout as the maximum over pieces, and dropout as masks scaled by 1/keep', () => {
    const discriminator = mlp(discriminatorConfig, { name: 'discriminator', input: [1, 2, 3], output: [1] });
    const params = discriminator.init(streamOf(8));
    const x = rows(4, 6, 2);
    const random = lcg(3);
    const masks = {
      'discriminator/layer1/mask': Array.from({ length: 4 }, () =>
        Array.from({ length: 6 }, () => (random() < 0.8 ? 1 : 0)),
      ),
      'discriminator/layer2/mask': Array.from({ length: 4 }, () =>
        Array.from({ length: 4 }, () => (random() < 0.5 ? 1 : 0)),
      ),
    };
    const drop = (values: number[][], mask: number[][], keep: number) =>
      values.map((row, n) => row.map((value, i) => (value * mask[n]![i]!) / keep));
    const forward = (input: number[][], first: number[][], second: number[][], scale: readonly [number, number]) => {
      const pieces = affine(drop(input, first, scale[0]), params, 'discriminator/layer1');
      const units = pieces.map((row) =>
        Array.from({ length: 4 }, (_, u) => Math.max(row[u]!, row[4 + u]!, row[8 + u]!)),
      );
      return affine(drop(units, second, scale[1]), params, 'discriminator/layer2').flat();
    };
    const ones = (width: number) => Array.from({ length: 4 }, () => new Array<number>(width).fill(1));
    const noise = Object.fromEntries(
      Object.entries(masks).map(([name, mask]) => [name, tf.tensor2d(mask, undefined, 'int32')]),
    );
    const images = tf.tensor(x.flat(), [4, 1, 2, 3]);

    const trained = valuesOf(discriminator.apply(tensorsOf(params), images, { noise }));
    const served = valuesOf(discriminator.apply(tensorsOf(params), images));

    const withDropout = forward(x, masks['discriminator/layer1/mask'], masks['discriminator/layer2/mask'], [0.8, 0.5]);
    const without = forward(x, ones(6), ones(4), [1, 1]);
    trained.forEach((value, i) => {
      expect(value).toBeCloseTo(withDropout[i]!, 5);
    });
    served.forEach((value, i) => {
      expect(value).toBeCloseTo(without[i]!, 5);
    });
    expect(trained).not.toEqual(served);
  });

  it('ask for one mask per layer with dropout, as wide as what that layer takes', () => {
    const discriminator = mlp(discriminatorConfig, { name: 'discriminator', input: [1, 2, 3], output: [1] });
    expect(discriminator.noise).toEqual({
      'discriminator/layer1/mask': { kind: 'bernoulli', keep: 0.8, shape: [6] },
      'discriminator/layer2/mask': { kind: 'bernoulli', keep: 0.5, shape: [4] },
    });
  });

  it('start with weights uniform in ±irange, zero biases and the given output bias, the same for the same seed', () => {
    const bias = Float32Array.of(-16, 1, 2, 3, 4, 5);
    const config = mlpConfig.parse({
      kind: 'mlp',
      layers: [
        { units: 400, activation: 'relu', irange: 0.05 },
        { units: 6, activation: 'sigmoid', irange: 0.05 },
      ],
    });
    const network = mlp(config, { name: 'generator', input: [100], output: [6], outputBias: bias });
    const params = network.init(streamOf(1));
    const weight = Array.from(params['generator/layer1/weight']!.data, Number);
    const mean = weight.reduce((sum, w) => sum + w, 0) / weight.length;
    const variance = weight.reduce((sum, w) => sum + w * w, 0) / weight.length;

    expect(Math.max(...weight.map(Math.abs))).toBeLessThanOrEqual(0.05);
    expect(Math.max(...weight)).toBeGreaterThan(0.0499);
    expect(Math.abs(mean)).toBeLessThan(5 * (0.05 / Math.sqrt(3 * weight.length)));
    expect(Math.abs(variance / (0.05 ** 2 / 3) - 1)).toBeLessThan(5 * Math.sqrt(0.8 / weight.length));
    expect(params['generator/layer1/bias']!.data).toEqual(new Float32Array(400));
    expect(params['generator/layer2/bias']!.data).toEqual(bias);
    expect(network.init(streamOf(1))).toEqual(params);
    expect(network.init(streamOf(2))).not.toEqual(params);
  });

  it('start as so many times the identity where a layer says so, and pass through the origin without a bias', () => {
    const config = mlpConfig.parse({
      kind: 'mlp',
      layers: [
        { units: 2, activation: 'maxout', pieces: 2, diagonal: 3 },
        { units: 3, activation: 'linear', diagonal: -1, bias: false },
      ],
    });
    const network = mlp(config, { name: 'generator', input: [2], output: [3] });
    const params = network.init(streamOf(1));
    expect(Object.keys(params)).toEqual([
      'generator/layer1/weight',
      'generator/layer1/bias',
      'generator/layer2/weight',
    ]);
    // Each piece of a maxout unit begins alike: columns 1 and 3 are unit 1, columns 2 and 4 unit 2.
    expect(Array.from(params['generator/layer1/weight']!.data, Number)).toEqual([3, 0, 3, 0, 0, 3, 0, 3]);
    expect(Array.from(params['generator/layer2/weight']!.data, Number).map(Math.abs)).toEqual([1, 0, 0, 0, 1, 0]);
    const made = network.apply(tensorsOf(params), tf.tensor2d([[5, -7]]));
    expect(valuesOf(made).map((value) => value + 0)).toEqual([-15, 21, 0]);
  });

  it('refuse a last layer that does not make up one example', () => {
    expect(() => mlp(generatorConfig, { name: 'generator', input: [3], output: [1, 2, 2] })).toThrow(
      'Expected 4 units in the last layer of generator but received 6.',
    );
  });

  const alone = (layer: object, inputs: number) =>
    mlp(mlpConfig.parse({ kind: 'mlp', layers: [{ activation: 'linear', ...layer }] }), {
      name: 'generator',
      input: [inputs],
      output: [(layer as { units: number }).units],
    });

  it('start sparse with so many standard normal weights a unit, at places of its own, and biases where asked', () => {
    const params = alone({ units: 200, sparse: 30, bias: -2 }, 100).init(streamOf(4));
    const weight = params['generator/layer1/weight']!.data as Float32Array;
    const columns = Array.from({ length: 200 }, (_, unit) =>
      Array.from({ length: 100 }, (_, i) => weight[i * 200 + unit]!),
    );
    const places = columns.map((column) => column.flatMap((value, i) => (value === 0 ? [] : [i])));
    for (const place of places) expect(place.length).toBe(30);
    expect(new Set(places.map(String)).size).toBe(200);
    const values = columns.flat().filter((value) => value !== 0);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length - mean ** 2;
    // 6,000 draws: standard errors 0.013 of the mean and 0.018 of the variance.
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.abs(variance - 1)).toBeLessThan(0.08);
    expect(new Set(params['generator/layer1/bias']!.data as Float32Array)).toEqual(new Set([-2]));
  });

  it('cannot start with more weights than there are inputs', () => {
    expect(() => alone({ units: 2, sparse: 5 }, 4).init(streamOf(1))).toThrow(
      'Expected sparse of at most the 4 inputs of the layer but received 5.',
    );
  });

  it('scale weights into a unit down to the norm that they may have, and leave smaller ones alone', () => {
    const network = alone({ units: 3, maxNorm: 1 }, 2);
    // Columns (3, 4), (0.3, 0.4) and (0, 0): norms 5, 0.5 and 0.
    const weight = tf.tensor2d([3, 0.3, 0, 4, 0.4, 0], [2, 3]);
    const { 'generator/layer1/weight': bounded } = network.bounded!({ 'generator/layer1/weight': weight });
    expect(valuesOf(bounded!).map((value) => Number(value.toFixed(6)))).toEqual([0.6, 0.3, 0, 0.8, 0.4, 0]);
    expect(alone({ units: 3 }, 2).bounded!({ 'generator/layer1/weight': weight })).toEqual({});
  });
});
