import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/datasets/dataset.js';
import { float32, type HostTensors } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import type { Network } from '../../src/networks/network.js';
import { fillStream, streamOf } from '../../src/random/noise.js';
import { Coverage } from '../../src/training/coverage.js';
import { OBJECTIVES } from '../../src/training/objectives.js';
import { optimizer } from '../../src/training/optimizers.js';
import type { Game } from '../../src/training/step.js';
import { lcg } from './helpers.js';
import { plainNetwork } from './play.js';

const [SEED, STEP] = [3, 7];

function dataOf(
  examples: readonly (readonly number[])[],
  shape: readonly number[],
  labels?: readonly number[],
): Dataset {
  const size = examples[0]!.length;
  return {
    ...{ name: 'numbers', count: examples.length, shape, range: [-3, 3], sha256: 'of no file' },
    ...(labels ? { labels: Int32Array.from(labels) } : {}),
    async read(indices, out) {
      Array.from(indices).forEach((index, i) => {
        out.set(examples[index]!, i * size);
      });
    },
  };
}

function gameOf(generator: Network, latent: number, classes?: number): Game {
  const sgd = optimizer({ kind: 'momentum', learningRate: 0.1, momentum: 0 });
  return {
    ...{ generator, discriminator: plainNetwork('discriminator', {}, (_, x) => x) },
    prior: { kind: 'normal', shape: [latent] },
    objective: OBJECTIVES['non-saturating'],
    optimizers: { generator: sgd, discriminator: sgd },
    updates: { order: 'simultaneous', discriminatorSteps: 1, weights: { discriminator: 1, generator: 1 } },
    batch: 96,
    ...(classes === undefined ? {} : { classes }),
  };
}

/** The share at one step; null where nothing can be told. */
async function covered(game: Game, data: Dataset, state: HostTensors = {}): Promise<number | null> {
  const params = game.generator.init(streamOf(1));
  const coverage = await Coverage.open({ game, params, data, seed: SEED, threads: 1 });
  if (!coverage) return null;
  try {
    return await coverage.at(STEP, { ...params, ...state });
  } finally {
    await coverage.dispose();
  }
}

/** The latents that it is about, [288, latent]. */
function latents(latent: number): number[][] {
  const z = new Float32Array(288 * latent); // three batches of 96
  fillStream(z, streamOf(SEED, 'diagnostics/coverage', STEP), { kind: 'normal', shape: [] });
  return Array.from({ length: 288 }, (_, i) => Array.from(z.subarray(i * latent, (i + 1) * latent)));
}

/**
 * The definition, one distance at a time: of fifty examples the ball of each holds one other, or is as wide as 0.15.
 */
function byHand(examples: readonly (readonly number[])[], samples: readonly (readonly number[])[]): number {
  const distance = (a: readonly number[], b: readonly number[]) => Math.hypot(...a.map((value, i) => value - b[i]!));
  const toOthers = examples.map((example, i) =>
    examples
      .filter((_, j) => j !== i)
      .map((other) => distance(example, other))
      .sort((a, b) => a - b),
  );
  const reach = (0.15 * toOthers.flat().reduce((sum, each) => sum + each, 0)) / toOthers.flat().length;
  const inside = examples.filter((example, i) => {
    const radius = Math.max(reach, toOthers[i]![Math.round(examples.length / 50) - 1]!);
    return samples.some((sample) => distance(example, sample) <= radius);
  });
  return inside.length / examples.length;
}

const normals = (count: number, size: number, seed: number) => {
  const random = lcg(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, () => Array.from({ length: size }, normal));
};

describe('coverage', () => {
  const points = normals(300, 2, 5);
  /** Normal points of this deviation. */
  const narrow = (deviation: number) =>
    plainNetwork('generator', { deviation }, (params, z) => tf.mul(z, params['generator/deviation']!));

  it('is the share of examples in whose ball a sample lies, of points', async () => {
    const shares = [1, 0.5, 0.1].map(async (deviation) => {
      const samples = latents(2).map((z) => z.map((value) => deviation * value));
      const share = await covered(gameOf(narrow(deviation), 2), dataOf(points, [2]));
      expect(share).toBeCloseTo(byHand(points, samples), 6);
      return share;
    });
    const [whole, half, tenth] = await Promise.all(shares);
    expect(whole).toBeGreaterThan(0.95);
    expect(half).toBeLessThan(whole!);
    expect(tenth).toBeLessThan(0.2);
  });

  it('of images compares the means of an eighth of a side each', async () => {
    const images = normals(120, 16 * 16, 6);
    const block = (image: readonly number[]) =>
      Array.from({ length: 64 }, (_, i) => {
        const at = 2 * 16 * Math.floor(i / 8) + 2 * (i % 8);
        return (image[at]! + image[at + 1]! + image[at + 16]! + image[at + 17]!) / 4;
      });
    const identity = plainNetwork('generator', { by: 0.9 }, (params, z) =>
      tf.reshape(tf.mul(z, params['generator/by']!), [-1, 1, 16, 16]),
    );
    const samples = latents(256).map((z) => block(z.map((value) => 0.9 * value)));
    const share = await covered(gameOf(identity, 256), dataOf(images, [1, 16, 16]));
    expect(share).toBeCloseTo(byHand(images.map(block), samples), 6);
    expect(share).toBeGreaterThan(0.1);
  });

  it('is the share of modes, of a generator that makes some of eight', async () => {
    const [ring, noise] = [Array.from({ length: 8 }, (_, i) => (Math.PI * i) / 4), normals(400, 2, 7)];
    const at = (mode: number, [dx, dy]: readonly number[]) => [
      Math.cos(ring[mode]!) + 0.02 * dx!,
      Math.sin(ring[mode]!) + 0.02 * dy!,
    ];
    const data = dataOf(
      noise.map((each, i) => at(i % 8, each)),
      [2],
      noise.map((_, i) => i % 8),
    );
    /** Makes the modes that it is told to. */
    const table = Float32Array.from(ring.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
    const generator: Network = {
      ...plainNetwork('generator', {}, (_, z) => z),
      init: () => centers(8),
      apply: (params, z, pass) => tf.add(tf.matMul(pass!.label!, params['generator/centers']!), tf.mul(z, 0.02)),
    };
    const centers = (modes: number) => ({
      'generator/centers': float32(
        [8, 2],
        table.map((_, i) => table[(Math.floor(i / 2) % modes) * 2 + (i % 2)]!),
      ),
    });
    const game = gameOf(generator, 2, 8);
    for (const modes of [8, 5, 2]) {
      const share = await covered(game, data, centers(modes));
      expect(share).toBeGreaterThan(0.97 * (modes / 8));
      expect(share).toBeLessThanOrEqual(modes / 8);
    }
  });

  it('is not told of data that is too little, or never varies', async () => {
    expect(await covered(gameOf(narrow(1), 2), dataOf(points.slice(0, 99), [2]))).toBeNull();
    expect(
      await covered(
        gameOf(narrow(1), 2),
        dataOf(
          points.map(() => [1, 2]),
          [2],
        ),
      ),
    ).toBeNull();
  });
});
