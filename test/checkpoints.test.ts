// The checkpoints that the repository ships: whole, loadable and good for what the README promises of them.

import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { SHIPPED_CHECKPOINTS } from '../src/config.js';
import { float32, type HostTensor } from '../src/engine/tensor.js';
import { exampleOf } from '../src/models/example.js';
import type { Model } from '../src/models/model.js';
import { mixEach, stylesOf } from '../src/models/styles.js';
import { shippedModels } from './shipped.js';

/** The runtime's tanh may pass 1 by a rounding. */
const SLACK = 1e-6;

const models = shippedModels();

/** The classes in turn, for a conditional model. */
async function labelled(model: Model, count: number): Promise<{ labels?: number[] }> {
  const classes = model.manifest.labels?.length ?? 0;
  if (!(await model.takesLabel('generate'))) return {};
  return { labels: Array.from({ length: count }, (_, i) => i % classes) };
}

function stacked(model: Model, images: readonly Float32Array[]): HostTensor {
  const { shape } = exampleOf(model.manifest);
  return float32([images.length, ...shape], Float32Array.from(images.flatMap((image) => [...image])));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The share within 3σ of a mode; of those within 5σ the mean deviation of a mode and distance of its mean, in σ. */
async function modesOf(name: string, centers: readonly (readonly [number, number])[], sigma: number) {
  const model = models().get(name);
  const points = await model.generate(model.latents({ seed: 0, count: 4000 }));
  const away = ([x, y]: Float32Array, k: number) => Math.hypot(x! - centers[k]![0], y! - centers[k]![1]) / sigma;
  const near = (sigmas: number) => centers.map((_, k) => points.filter((point) => away(point, k) <= sigmas));
  const of = near(5).map((own) => {
    const middle = [0, 1].map((axis) => mean(own.map((point) => point[axis]!)));
    const squares = own.map((point) => Math.hypot(point[0]! - middle[0]!, point[1]! - middle[1]!) ** 2 / 2);
    return { deviation: Math.sqrt(mean(squares)) / sigma, middle: Float32Array.from(middle) };
  });
  const within = near(3);
  return {
    modes: within.filter((own) => own.length > 0).length,
    share: within.flat().length / points.length,
    deviation: mean(of.map(({ deviation }) => deviation)),
    offset: mean(of.map(({ middle }, k) => away(middle, k))),
  };
}

describe('shipped checkpoints', () => {
  it('are all served, with nothing to report', async () => {
    expect(models().problems).toEqual([]);
    expect(
      models()
        .list()
        .map(({ name }) => name),
    ).toEqual((await readdir(SHIPPED_CHECKPOINTS)).sort());
  });

  it('make varied samples within the range of their data, and score them', async () => {
    for (const model of models().list()) {
      const { image } = model.manifest;
      const latents = model.latents({ seed: 42, count: 16 });
      const options = await labelled(model, 16);
      const samples = await model.generate(latents, options);
      const [low, high] = image?.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      const size = exampleOf(model.manifest).shape.reduce((a, b) => a * b, 1);
      for (const sample of samples) {
        expect(sample.length, model.name).toBe(size);
        expect(
          sample.every((value) => value >= low - SLACK && value <= high + SLACK),
          model.name,
        ).toBe(true);
      }
      expect(new Set(samples.map((sample) => sample.join())).size, model.name).toBe(16);
      const scores = await model.score(samples, options);
      expect(
        scores.every(({ logit }) => Number.isFinite(logit)),
        model.name,
      ).toBe(true);
    }
  });

  it('judge each example by itself, with a minibatch deviation in the discriminator or without', async () => {
    for (const model of models().list()) {
      const options = await labelled(model, 16);
      const samples = await model.generate(model.latents({ seed: 42, count: 16 }), options);
      const together = await model.score(samples, options);
      for (const i of [0, 7, 15]) {
        const [score] = await model.score([samples[i]!], options.labels ? { labels: [options.labels[i]!] } : {});
        expect(score!.logit, model.name).toBeCloseTo(together[i]!.logit, 4);
      }
    }
  });

  describe('mnist-conditional', () => {
    const COUNT = 200;
    const draw = async () => {
      const model = models().get('mnist-conditional');
      const { labels } = await labelled(model, COUNT);
      const digits = await model.generate(model.latents({ seed: 7, count: COUNT }), { labels });
      return { model, labels: labels!, digits };
    };

    it('recognises the digits that it draws', async () => {
      const { model, labels, digits } = await draw();
      const { logits } = await model.run('classify', { image: stacked(model, digits) });
      const rows = labels.map((_, i) => [...(logits!.data as Float32Array).subarray(10 * i, 10 * i + 10)]);
      const right = rows.filter((row, i) => row.indexOf(Math.max(...row)) === labels[i]).length;
      expect(right / COUNT).toBeGreaterThan(0.9);
    });

    it('finds a latent that draws a digit again', async () => {
      const { model, labels, digits } = await draw();
      const { z } = await model.run('encode', { image: stacked(model, digits) });
      const size = model.manifest.latent.size;
      const found = digits.map((_, i) => (z!.data as Float32Array).slice(size * i, size * i + size));
      const again = await model.generate(found, { labels });
      const differ = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
      const error = mean(again.map((image, i) => differ(image, digits[i]!)));
      // Another digit of the same class, ten on.
      const others = mean(digits.slice(10).map((image, i) => differ(image, digits[i]!)));
      expect(error).toBeLessThan(others / 3);
    });

    it('completes a digit of which the upper half is known, in more ways than one', async () => {
      const { model, digits } = await draw();
      const [first] = digits;
      const same = Array.from({ length: 8 }, () => first!);
      const mask = float32(
        [8, 1, 28, 28],
        Float32Array.from({ length: 8 * 784 }, (_, i) => (i % 784 < 392 ? 1 : 0)),
      );
      const z = float32(
        [8, model.manifest.latent.size],
        Float32Array.from(model.latents({ seed: 1, count: 8 }).flatMap((row) => [...row])),
      );
      const { completed } = await model.run('inpaint', { image: stacked(model, same), mask, z });
      const made = same.map((_, i) => (completed!.data as Float32Array).subarray(784 * i, 784 * i + 784));
      for (const image of made) expect(image.subarray(0, 392)).toEqual(first!.subarray(0, 392));
      expect(new Set(made.map((image) => image.subarray(392).join())).size).toBe(8);
    });
  });

  it('find every mode of the mixtures that show mode collapse, as wide as it is and where it is', async () => {
    const ring = Array.from(
      { length: 8 },
      (_, i) => [Math.cos((i * Math.PI) / 4), Math.sin((i * Math.PI) / 4)] as const,
    );
    const grid = Array.from({ length: 25 }, (_, i) => [2 * (i % 5) - 4, 2 * Math.floor(i / 5) - 4] as const);
    const found = { ring8: await modesOf('ring8', ring, 0.01), grid25: await modesOf('grid25', grid, 0.05) };
    expect(found.ring8.modes).toBe(8);
    expect(found.grid25.modes).toBe(25);
    for (const { share, deviation, offset } of Object.values(found)) {
      expect(share).toBeGreaterThan(0.97);
      expect(deviation).toBeGreaterThan(0.85);
      expect(deviation).toBeLessThan(1.15);
      expect(offset).toBeLessThan(0.2);
    }
  });

  it('mix the styles of digits: of layers of the same sample that sample, of others neither', async () => {
    const model = models().get('mnist-styles');
    const { layers } = stylesOf(model);
    const [first, second] = model.latents({ seed: 1, count: 2 }).map((z, i) => ({ z, label: 3 + i }));
    const every = (source: number) => new Array<number>(layers).fill(source);
    const crossed = every(0).map((_, layer) => Number(layer > 1));
    const mixes = [every(0), every(1), crossed];
    const made = await mixEach(model, { sources: [first!, second!], truncation: 1, mixes });
    const whole = await model.generate([first!.z, second!.z], { labels: [3, 4] });
    const distance = (a: Float32Array, b: Float32Array | Error | undefined) =>
      b instanceof Float32Array ? Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) : Number.NaN;
    expect(distance(whole[0]!, made[0])).toBeLessThan(1e-3);
    expect(distance(whole[1]!, made[1])).toBeLessThan(1e-3);
    for (const one of whole) expect(distance(one, made[2])).toBeGreaterThan(0.1);
  });

  it('make a bell of one uniform number: Figure 1 of the GAN paper', async () => {
    const model = models().get('gaussian1d');
    const points = await model.generate(model.latents({ seed: 0, count: 2500 }));
    const values = Float32Array.from(points, ([x]) => x!).sort();
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
    expect(Math.abs(mean)).toBeLessThan(0.06); // three standard errors of as many normal numbers
    expect(Math.abs(deviation - 1)).toBeLessThan(0.05);
    // Quantiles of the standard normal at 10, 25, 75 and 90 %.
    const quantiles = [0.1, 0.25, 0.75, 0.9].map((share) => values[Math.round(share * (values.length - 1))]!);
    for (const [i, expected] of [-1.2816, -0.6745, 0.6745, 1.2816].entries()) {
      expect(Math.abs(quantiles[i]! - expected)).toBeLessThan(0.12);
    }
  });
});
