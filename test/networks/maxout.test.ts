import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HostTensors } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { deconvolutionGenerator } from '../../src/networks/deconvolution.js';
import { maxoutDiscriminator } from '../../src/networks/maxout.js';
import { streamOf } from '../../src/random/noise.js';
import { pooledSide, sizesThrough } from '../../src/recipes/image-sizes.js';
import { deconvolutionGeneratorConfig, maxoutDiscriminatorConfig } from '../../src/recipes/network-configs.js';
import { lcg, tensorsOf, valuesOf } from '../training/helpers.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** maps[channel][row][column] */
type Maps = number[][][];

const config = maxoutDiscriminatorConfig.parse({
  kind: 'maxout-discriminator',
  convolutions: [
    { channels: 2, pieces: 2, kernel: 3, padding: 1, keep: 0.8, irange: 0.5, pool: { size: 3, stride: 2 } },
    { channels: 3, pieces: 3, kernel: 2, irange: 0.5 },
  ],
  layers: [
    { units: 2, activation: 'maxout', pieces: 2, irange: 0.5 },
    { units: 1, activation: 'linear', irange: 0.5 },
  ],
});

const at = (params: HostTensors, name: string) => params[`discriminator/${name}`]!.data as Float32Array;

/** A convolution of `pieces` linear maps a unit, their maximum, tap by tap. */
function maxoutLoop(
  x: Maps,
  params: HostTensors,
  stage: string,
  channels: number,
  pieces: number,
  kernel: number,
  padding: number,
): Maps {
  const [filter, bias] = [at(params, `${stage}/filter`), at(params, `${stage}/bias`)];
  const [from, side] = [x.length, x[0]!.length];
  const out = side + 2 * padding - kernel + 1;
  const linear = (o: number, row: number, column: number) => {
    let sum = bias[o]!;
    for (let ky = 0; ky < kernel; ky++)
      for (let kx = 0; kx < kernel; kx++)
        for (let i = 0; i < from; i++) {
          const seen = x[i]![row + ky - padding]?.[column + kx - padding] ?? 0;
          sum += seen * filter[((ky * kernel + kx) * from + i) * channels * pieces + o]!;
        }
    return sum;
  };
  return square(channels, out, (c, row, column) =>
    Math.max(...Array.from({ length: pieces }, (_, piece) => linear(piece * channels + c, row, column))),
  );
}

function pooledLoop(x: Maps, size: number, stride: number, side: number): Maps {
  return square(x.length, side, (c, row, column) => {
    const rows = x[c]!.slice(row * stride, row * stride + size);
    return Math.max(...rows.flatMap((values) => values.slice(column * stride, column * stride + size)));
  });
}

function square(channels: number, side: number, value: (c: number, row: number, column: number) => number): Maps {
  const indices = Array.from({ length: side }, (_, i) => i);
  return Array.from({ length: channels }, (_, c) =>
    indices.map((row) => indices.map((column) => value(c, row, column))),
  );
}

describe('a discriminator of maxout convolutions', () => {
  const SIDE = 6;
  const discriminator = maxoutDiscriminator(config, { name: 'discriminator', input: [1, SIDE, SIDE], output: [1] });
  const params = discriminator.init(streamOf(3));
  const random = lcg(5);
  const image = square(1, SIDE, () => 2 * random() - 1);

  /** Biases that are not 0, so that they are seen. */
  for (const [name, { data }] of Object.entries(params)) {
    if (name.endsWith('/bias')) for (let i = 0; i < data.length; i++) data[i] = random() - 0.5;
  }

  function verdictOf(seen: Maps): number {
    // 6 → 6 by padding → windows at 0, 2 and 4, of which the last reaches over the edge → 3 → 2.
    const first = pooledLoop(maxoutLoop(seen, params, 'conv1', 2, 2, 3, 1), 3, 2, 3);
    const second = maxoutLoop(first, params, 'conv2', 3, 3, 2, 0);
    const flat = second.flat(2);
    const dense = (input: number[], layer: string, outputs: number) =>
      Array.from({ length: outputs }, (_, o) =>
        input.reduce(
          (sum, v, i) => sum + v * at(params, `${layer}/weight`)[i * outputs + o]!,
          at(params, `${layer}/bias`)[o]!,
        ),
      );
    const pieces = dense(flat, 'layer1', 4);
    const hidden = [0, 1].map((unit) => Math.max(pieces[unit]!, pieces[2 + unit]!));
    return dense(hidden, 'layer2', 1)[0]!;
  }

  it('computes what loops over taps, pieces and windows compute', () => {
    const x = tf.tensor(image.flat(2), [1, 1, SIDE, SIDE]);
    expect(valuesOf(discriminator.apply(tensorsOf(params), x))[0]).toBeCloseTo(verdictOf(image), 5);
  });

  it('with a mask sees only what it keeps, scaled by 1/keep', () => {
    expect(discriminator.noise).toEqual({
      'discriminator/conv1/mask': { kind: 'bernoulli', keep: 0.8, shape: [1, SIDE, SIDE] },
    });
    const mask = square(1, SIDE, () => (random() < 0.8 ? 1 : 0));
    const kept = image.map((rows, c) => rows.map((row, y) => row.map((v, i) => (v * mask[c]![y]![i]!) / 0.8)));
    const noise = { 'discriminator/conv1/mask': tf.tensor(mask.flat(2), [1, 1, SIDE, SIDE]) };
    const x = tf.tensor(image.flat(2), [1, 1, SIDE, SIDE]);
    expect(valuesOf(discriminator.apply(tensorsOf(params), x, { noise }))[0]).toBeCloseTo(verdictOf(kept), 5);
  });

  it('is frozen and probed by the same stages and features as other networks', () => {
    expect(discriminator.stages).toEqual(
      ['conv1', 'conv2', 'layer1', 'layer2'].map((stage) => `discriminator/${stage}/`),
    );
    expect(discriminator.trunk?.size).toBe(2);
  });

  it('refuses an image that its kernels do not fit into', () => {
    expect(() => maxoutDiscriminator(config, { name: 'discriminator', input: [1, 2, 2], output: [1] })).toThrow(
      'Expected at least 3 pixels a side behind convolution 1 but received 2×2.',
    );
  });
});

describe('sizes through pools', () => {
  it('count windows until the last pixel is seen', () => {
    expect([33, 15, 4].map((side) => pooledSide(side, { size: 4, stride: 2 }))).toEqual([16, 7, 1]);
    expect(sizesThrough([], { channels: 3, height: 4, width: 5 })).toEqual([{ channels: 3, height: 4, width: 5 }]);
  });
});

describe('a generator that ends in a deconvolution', () => {
  it('spreads each pixel of its maps over a kernel, stride pixels apart, and adds a bias for each value', () => {
    const generator = deconvolutionGenerator(
      deconvolutionGeneratorConfig.parse({
        kind: 'deconvolution-generator',
        layers: [{ units: 2 * 2 * 2, activation: 'relu', irange: 1 }],
        maps: { height: 2, width: 2 },
        kernel: 3,
        stride: 2,
        irange: 1,
      }),
      { name: 'generator', input: [3], output: [2, 5, 5] },
    );
    const params = generator.init(streamOf(2));
    const random = lcg(6);
    const value = (name: string) => params[`generator/${name}`]!.data as Float32Array;
    value('image/bias').forEach((_, i) => {
      value('image/bias')[i] = random();
    });
    const z = [0.3, -1.2, 0.8];
    const units = Array.from({ length: 8 }, (_, o) =>
      Math.max(
        0,
        z.reduce((sum, v, i) => sum + v * value('layer1/weight')[i * 8 + o]!, 0),
      ),
    );
    const wanted = Array.from(value('image/bias'));
    for (let c = 0; c < 2; c++)
      for (let y = 0; y < 2; y++)
        for (let x = 0; x < 2; x++)
          for (let ky = 0; ky < 3; ky++)
            for (let kx = 0; kx < 3; kx++)
              for (let o = 0; o < 2; o++) {
                // Filter [kernel, kernel, to, from]; image [C, H, W].
                const share = units[(c * 2 + y) * 2 + x]! * value('image/filter')[((ky * 3 + kx) * 2 + o) * 2 + c]!;
                wanted[(o * 5 + 2 * y + ky) * 5 + 2 * x + kx]! += share;
              }
    const image = generator.apply(tensorsOf(params), tf.tensor2d([z]));
    expect(image.shape).toEqual([1, 2, 5, 5]);
    valuesOf(image).forEach((received, i) => {
      expect(received, `at ${i}`).toBeCloseTo(wanted[i]!, 5);
    });
  });
});
