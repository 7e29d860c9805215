import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/datasets/open.js';
import { exportGraph } from '../../src/engine/export.js';
import * as tf from '../../src/engine/tf.js';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { frechetDistance, momentsOf } from '../../src/evaluation/frechet.js';
import { kernelDistance } from '../../src/evaluation/kernel.js';
import type { ModeFigures } from '../../src/evaluation/modes.js';
import { prdc } from '../../src/evaluation/prdc.js';
import { PROTOCOL_NAMES, type ProtocolName } from '../../src/evaluation/protocols.js';
import type { Rows } from '../../src/evaluation/rows.js';
import { evaluationsOf } from '../../src/models/evaluations.js';
import { latent } from '../../src/models/latent.js';
import { type Manifest, writeManifest } from '../../src/models/manifest.js';
import { trainModel } from '../../src/training/train-model.js';
import { barsRecipe } from '../training/bars.js';
import { finished, idxBytes, lcg, printing, temporaryFolder } from '../training/helpers.js';
import { writeHalves } from './halves.js';

const SIDE = 4;
const SIZE = SIDE * SIDE;
const HELD = 2100;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A checkpoint whose graphs are written by hand; images of 4 × 4 with `channels`, in [−1, 1]. */
async function writeHandmade(
  folder: string,
  forward: Parameters<typeof exportGraph>[0],
  options: {
    channels?: 1 | 3;
    labels?: string[];
    named?: string[];
    side?: number;
    held?: number;
    mirror?: boolean;
    score?: Parameters<typeof exportGraph>[0];
    /** SHA-256 of the data that it says it was trained on. */
    trainedOn?: string;
  } = {},
): Promise<string> {
  const { channels = 1, labels, named = labels, side = SIDE, held = HELD } = options;
  const { mirror = false, score, trainedOn } = options;
  const bytes = exportGraph(forward, {
    params: {},
    inputs: {
      z: { dtype: 'float32', shape: [-1, 2] },
      ...(labels ? { label: { dtype: 'float32', shape: [-1, labels.length] } } : {}),
    },
    name: 'generate',
  });
  const path = join(folder, 'handmade', '1');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'generate.onnx'), bytes);
  const image = { dtype: 'float32', shape: [-1, channels, side, side] } as const;
  const scoring = score && exportGraph(score, { params: {}, inputs: { image }, name: 'score' });
  if (scoring) await writeFile(join(path, 'score.onnx'), scoring);
  const manifest: Manifest = {
    format: 1,
    model: 'handmade',
    version: 1,
    title: 'Handmade',
    description: 'A fixture.',
    license: 'CC0-1.0',
    created: '2026-01-02T03:04:05Z',
    latent: { size: 2, prior: { kind: 'uniform', low: 0, high: 1 } },
    image: { width: side, height: side, channels, range: [-1, 1] },
    ...(named ? { labels: named } : {}),
    graphs: {
      generate: { file: 'generate.onnx' },
      ...(scoring && { score: { file: 'score.onnx', densityRatio: 'logit' } }),
    },
    files: {
      'generate.onnx': { bytes: bytes.length, sha256: sha256(bytes) },
      ...(scoring && { 'score.onnx': { bytes: scoring.length, sha256: sha256(scoring) } }),
    },
    training: {
      recipe: { data: { validation: held }, augment: { mirror } },
      seed: 1,
      step: 1,
      kimg: 1,
      dataset: trainedOn ? { name: 'others', sha256: trainedOn } : {},
      figures: {},
    },
    evaluations: [],
  };
  await writeManifest(path, manifest);
  return path;
}

/** Images whose halves have random greys; the last HELD validate. */
async function writeData(folder: string, count: number): Promise<string> {
  const random = lcg(3);
  const images = new Uint8Array(count * SIZE);
  for (let n = 0; n < count; n++) {
    for (const half of [0, 1]) {
      images.fill(Math.floor(random() * 256), n * SIZE + half * (SIZE / 2), n * SIZE + (half + 1) * (SIZE / 2));
    }
  }
  const path = join(folder, 'train-images-idx3-ubyte');
  await writeFile(path, idxBytes(0x0803, [count, SIDE, SIDE], images));
  return folder;
}

/** Upper half z₀, lower half z₁², as values in [−1, 1]. */
const halves: Parameters<typeof exportGraph>[0] = (_, { z }) => {
  const [up, down] = tf.split(z!, 2, 1) as [tf.Tensor, tf.Tensor];
  const rows = tf.concat([tf.tile(up, [1, SIZE / 2]), tf.tile(tf.square(down), [1, SIZE / 2])], 1);
  return { image: tf.reshape(tf.sub(tf.mul(rows, 2), 1), [-1, 1, SIDE, SIDE]) };
};

describe('protocols in feature space', () => {
  it('measure the samples of the graph against held-out images, and real data for scale', async () => {
    const folder = await temporaryFolder();
    const data = await writeData(folder, 4200);
    const features = await writeHalves(folder, SIDE);
    // Names of classes, as a fitted classifier leaves them, do not make a generator conditional.
    const checkpoint = await writeHandmade(folder, halves, { named: ['up', 'down'] });
    const picture = join(folder, 'pairs.png');
    const lines: string[] = [];
    const results = await finished(
      evaluate(
        { checkpoint, data, features, picture, protocol: 'all', samples: 2000, seed: 9, threads: 1 },
        printing(lines),
      ),
    );

    expect(results.map(({ protocol }) => protocol)).toEqual([
      'parzen-folds',
      'frechet',
      'kernel',
      'prdc',
      'neighbours',
    ]);
    expect(await evaluationsOf(checkpoint)).toEqual(results);
    const [folds, frechet, kernel, found, neighbours] = results;
    expect(folds!.dataset).toMatchObject({ test: 'train-images-idx3-ubyte[2100:4200]' });
    expect(folds!.figures).toMatchObject({ samples: 2000, testImages: HELD, realData: { samples: 2000 } });
    // Each image has one level above and one below, and so has each sample: the mean image and noise know less.
    const likelihood = (part: string) => (folds!.figures[part] as { logLikelihood: number }).logLikelihood;
    expect(likelihood('realData')).toBeGreaterThan(likelihood('meanImage'));
    expect(likelihood('realData')).toBeGreaterThan(likelihood('knowsNothing'));

    const samples = Array.from({ length: 2000 }, (_, i) => latent(9 + i, 2, { kind: 'uniform', low: 0, high: 1 }));
    const made: Rows = { size: 2, data: Float32Array.from(samples.flatMap(([up, down]) => [up!, down! ** 2])) };
    const real = async (from: number, count: number): Promise<Rows> => {
      const dataset = await openDataset(data);
      const images = new Float32Array(count * SIZE);
      await dataset.read(
        Uint32Array.from({ length: count }, (_, i) => from + i),
        images,
      );
      const rows = Array.from({ length: 2 * count }, (_, i) => images[i * (SIZE / 2)]!);
      return { size: 2, data: Float32Array.from(rows) };
    };
    const held = await real(2100, HELD);
    const distance = async (rows: Rows) =>
      frechetDistance(await momentsOf(held, { threads: 1 }), await momentsOf(rows, { threads: 1 }));
    expect(frechet!.figures['distance']).toBeCloseTo(await distance(made), 5);
    expect((frechet!.figures['realData'] as { distance: number }).distance).toBeCloseTo(
      await distance(await real(0, 2000)),
      5,
    );
    expect(frechet!.figures).toMatchObject({ samples: 2000, realImages: HELD });
    expect(frechet!.dataset).toMatchObject({
      real: 'train-images-idx3-ubyte[2100:4200]',
      note: 'Images held out from training.',
      features: { name: 'halves' },
    });
    expect(kernel!.figures['distance']).toBeCloseTo((await kernelDistance(held, made, { threads: 1 })).distance, 6);
    expect(kernel!.figures).toMatchObject({ blocks: 2, blockSize: 1000 });
    const expected = await prdc(held, made, { threads: 1 });
    for (const name of ['precision', 'recall', 'density', 'coverage'] as const) {
      expect(Math.abs((found!.figures[name] as number) - expected[name])).toBeLessThan(0.005);
    }
    expect(neighbours!.figures).toMatchObject({ samples: 2000, pixels: { min: expect.any(Number) } });
    expect((await stat(picture)).size).toBeGreaterThan(100);
    expect((await readFile(picture)).subarray(1, 4).toString()).toBe('PNG');
    expect(lines.filter((line) => line.includes('left out'))).toEqual([
      'parzen: left out, because the data has too few images to follow it',
      'memorisation: left out, because it has no discriminator',
      'conditional: left out, because it is not conditional',
      'stacked-mnist: left out, because it does not make three stacked digits of 28 × 28',
      'modes: left out, because it makes images, not points',
      'rejection: left out, because it has no scorer',
      'calibration: left out, because it has no scorer',
      'scorer: left out, because it has no scorer',
    ]);
  }, 30_000);

  it('find a generator that copies training images at distance 0 from them', async () => {
    const folder = await temporaryFolder();
    const data = await writeData(folder, 2400);
    const first = new Float32Array(SIZE);
    await (await openDataset(data)).read([0], first);
    const copy = await writeHandmade(folder, (_, { z }) => {
      const image = tf.tensor(
        Array.from(first, (value) => 2 * value - 1),
        [1, SIZE],
      );
      const rows = tf.add(tf.mul(tf.sum(z!, 1, true), 0), image);
      return { image: tf.reshape(rows, [-1, 1, SIDE, SIDE]) };
    });
    const features = await writeHalves(folder, SIDE);
    const [result] = await finished(
      evaluate({
        checkpoint: copy,
        data,
        features,
        protocol: 'neighbours',
        samples: 20,
        threads: 1,
      }),
    );
    const { pixels, heldOut } = result!.figures as Record<string, Record<string, number>> & {
      heldOut: { pixels: Record<string, number> };
    };
    expect(pixels!['max']).toBeLessThan(1e-5);
    expect(heldOut.pixels['median']).toBeGreaterThan(0.01);
  });

  it('count the mirror images of training images as training images, where the recipe showed them', async () => {
    const folder = await temporaryFolder();
    const left = Uint8Array.from({ length: 8 * SIZE }, (_, i) => (i % SIDE === 0 && i < SIZE ? 255 : 0));
    await writeFile(join(folder, 'train-images-idx3-ubyte'), idxBytes(0x0803, [8, SIDE, SIDE], left));
    const right: Parameters<typeof exportGraph>[0] = (_, { z }) => {
      const column = Array.from({ length: SIZE }, (__, i) => (i % SIDE === SIDE - 1 ? 1 : -1));
      const rows = tf.add(tf.mul(tf.sum(z!, 1, true), 0), tf.tensor(column, [1, SIZE]));
      return { image: tf.reshape(rows, [-1, 1, SIDE, SIDE]) };
    };
    const distances = async (mirror: boolean) => {
      const checkpoint = await writeHandmade(join(folder, String(mirror)), right, { held: 1, mirror });
      const options = { checkpoint, data: folder, protocol: 'neighbours' as const, samples: 6, threads: 1 };
      const [result] = await finished(evaluate(options));
      expect(String(result!.dataset['training']).endsWith('and mirrored')).toBe(mirror);
      return result!.figures['pixels'] as { max: number; mirrored?: number };
    };
    const both = await distances(true);
    expect([both.max, both.mirrored]).toEqual([expect.closeTo(0, 5), 6]);
    const alone = await distances(false);
    // The black one: one white column apart.
    expect([alone.max, alone.mirrored]).toEqual([expect.closeTo(Math.sqrt(SIDE), 4), undefined]);
  });

  it('compare, in pixels where no feature net fits, with how near training images are to each other if none were held out', async () => {
    const folder = await temporaryFolder();
    // From the nearest other they are 0.2, 0, 0, 0, 0, 0 and 0.8 away in each of 16 pixels.
    const greys = [0, 51, 51, 51, 51, 51, 255];
    const images = Uint8Array.from({ length: 7 * SIZE }, (_, i) => greys[Math.floor(i / SIZE)]!);
    await writeFile(join(folder, 'train-images-idx3-ubyte'), idxBytes(0x0803, [7, SIDE, SIDE], images));
    const grey: Parameters<typeof exportGraph>[0] = (_, { z }) => {
      const rows = tf.tile(tf.mul(tf.sum(z!, 1, true), 0), [1, SIZE]);
      return { image: tf.reshape(rows, [-1, 1, SIDE, SIDE]) };
    };
    const checkpoint = await writeHandmade(folder, grey, { held: 0 });
    const lines: string[] = [];
    const [result] = await finished(
      evaluate({ checkpoint, data: folder, protocol: 'neighbours', samples: 6, threads: 1 }, printing(lines)),
    );
    const { pixels, others, features } = result!.figures as Record<string, Record<string, number>> & {
      others: { pixels: Record<string, number> };
    };
    const side = Math.sqrt(SIZE);
    expect(pixels!['median']).toBeCloseTo(0.3 * side, 4); // 0.5 to 0.2
    expect(others.pixels['min']).toBeCloseTo(0, 3);
    expect(others.pixels['mean']).toBeCloseTo(side / 7, 3);
    expect(others.pixels['max']).toBeCloseTo(0.8 * side, 3);
    expect(features).toBeUndefined();
    expect(lines.join()).toContain('(of training images to others ');
  });

  it('tell what share of a conditional generator is classified as asked', async () => {
    const folder = await temporaryFolder();
    const data = await writeData(folder, 2400);
    // Class 0 lights the upper half. Class 1 lights the lower half when z₀ < ¾, else the upper one by mistake.
    const checkpoint = await writeHandmade(
      folder,
      (_, { z, label }) => {
        const [z0] = tf.split(z!, 2, 1) as [tf.Tensor];
        const [, second] = tf.split(label!, 2, 1) as [tf.Tensor, tf.Tensor];
        const down = tf.mul(second, tf.cast(tf.less(z0, 0.75), 'float32'));
        const rows = tf.concat([tf.tile(tf.sub(1, down), [1, SIZE / 2]), tf.tile(down, [1, SIZE / 2])], 1);
        return { image: tf.reshape(tf.sub(tf.mul(rows, 2), 1), [-1, 1, SIDE, SIDE]) };
      },
      { labels: ['up', 'down'] },
    );
    const features = await writeHalves(folder, SIDE);
    const lines: string[] = [];
    const [result] = await finished(
      evaluate(
        { checkpoint, data, features, protocol: 'conditional', samples: 4000, seed: 1, threads: 1 },
        printing(lines),
      ),
    );
    const wrong = Array.from(
      { length: 2000 },
      (_, i) => latent(2 + 2 * i, 2, { kind: 'uniform', low: 0, high: 1 })[0]!,
    ).filter((z0) => z0 >= 0.75).length;
    expect(result!.figures).toMatchObject({
      overall: (4000 - wrong) / 4000,
      byClass: [1, (2000 - wrong) / 2000],
      samples: 4000,
    });
    expect(lines.filter((line) => line.startsWith('conditional'))).toEqual([
      `conditional: ${((1 - wrong / 4000) * 100).toFixed(2)} % of samples are classified as asked (real data unknown, for it has no such classes, guessing 50.00 %)`,
    ]);
  });

  it('count the modes of a generator of three channels, each one classified', async () => {
    const folder = await temporaryFolder();
    const side = 28;
    // Red follows z₀, green z₁, blue is always up: four of eight modes.
    const checkpoint = await writeHandmade(
      folder,
      (_, { z }) => {
        const [z0, z1] = tf.split(z!, 2, 1) as [tf.Tensor, tf.Tensor];
        const channel = (down: tf.Tensor) =>
          tf.concat([tf.tile(tf.sub(1, down), [1, (side * side) / 2]), tf.tile(down, [1, (side * side) / 2])], 1);
        const step = (value: tf.Tensor) => tf.cast(tf.less(value, 0.5), 'float32');
        const image = tf.concat([channel(step(z0)), channel(step(z1)), channel(tf.mul(z0, 0))], 1);
        return { image: tf.reshape(tf.sub(tf.mul(image, 2), 1), [-1, 3, side, side]) };
      },
      { channels: 3, side, held: 0 },
    );
    const features = await writeHalves(folder, side);
    // Every image is up in each channel, so the data has one mode of the eight.
    const half = (side * side) / 2;
    const up = Uint8Array.from({ length: 30 * 2 * half }, (_, i) => (i % (2 * half) < half ? 255 : 0));
    await writeFile(join(folder, 'train-images-idx3-ubyte'), idxBytes(0x0803, [30, side, side], up));
    const [result] = await finished(
      evaluate({
        checkpoint,
        data: `${folder},stack=3`,
        features,
        protocol: 'stacked-mnist',
        samples: 300,
        threads: 1,
      }),
    );
    expect(result!.figures).toMatchObject({ modes: 4, ofModes: 8, samples: 300, realData: { modes: 1 } });
    expect(Math.abs((result!.figures['reverseKl'] as number) - Math.log(2))).toBeLessThan(0.05);
  });
});

describe('rejection sampling of images', () => {
  it('comes nearer to held-out ones by a scorer that knows ln p/q', async () => {
    const folder = await temporaryFolder();
    const data = await writeData(folder, 4200);
    const features = await writeHalves(folder, SIDE);
    // Every other sample is black, which no image of the data is; the others are as the data is.
    const checkpoint = await writeHandmade(folder, everyOtherBlack, {
      score: (_, { image }) => {
        const isBlack = tf.cast(tf.less(tf.mean(tf.reshape(image!, [-1, SIZE]), 1), -0.999), 'float32');
        return { logit: tf.sub(Math.LN2, tf.mul(isBlack, 30)) };
      },
    });
    const [result] = await finished(
      evaluate({ checkpoint, data, features, protocol: 'rejection', samples: 2000, threads: 1 }),
    );
    const at = (name: string) => (result!.figures[name] as { distance: number }).distance;
    // The mean of each half is a quarter instead of a half.
    expect(at('without')).toBeGreaterThan(2 / 16 - 0.02);
    expect(at('with')).toBeLessThan(0.005);
    expect(result!.figures).toMatchObject({ scorer: 'GAME', samples: 2000, percentile: 95 });
    // All that is not black has the highest logit, and γ is its F: σ(0) of half of the samples.
    expect(Math.abs((result!.figures['accepted'] as number) - 1 / 4)).toBeLessThan(0.03);
  });

  it('is given up, with a reason, by a scorer that lets hardly any sample pass', async () => {
    const folder = await temporaryFolder();
    const data = await writeData(folder, 4200);
    const features = await writeHalves(folder, SIDE);
    // The darker, the likelier, without end: each new darkest sample sets a pace that those before it do not keep.
    const checkpoint = await writeHandmade(folder, halves, {
      score: (_, { image }) => ({ logit: tf.pow(tf.add(tf.mean(tf.reshape(image!, [-1, SIZE]), 1), 1 + 1e-6), -1) }),
    });
    await expect(
      finished(evaluate({ checkpoint, data, features, protocol: 'rejection', samples: 500, threads: 1 })),
    ).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
      message: expect.stringMatching(/one sample in 200 or more, but of 100000 only \d+ passed/),
    });
  });
});

/** Black where z₀ < ½, else halves of the greys 2z₀ − 1 and z₁. */
const everyOtherBlack: Parameters<typeof exportGraph>[0] = (_, { z }) => {
  const [first, second] = tf.split(z!, 2, 1) as [tf.Tensor, tf.Tensor];
  const isKept = tf.cast(tf.greaterEqual(first, 0.5), 'float32');
  const greys = [tf.sub(tf.mul(first, 2), 1), second].map((grey) => tf.tile(tf.mul(grey, isKept), [1, SIZE / 2]));
  return { image: tf.reshape(tf.sub(tf.mul(tf.concat(greys, 1), 2), 1), [-1, 1, SIDE, SIDE]) };
};
describe('what keeps a figure from being taken for more than it is', () => {
  it('is that real data and noise stand beside it: what redraws the data, and what knows each pixel alone', async () => {
    const folder = await temporaryFolder();
    const data = await writeData(folder, 4200);
    const [features, checkpoint] = [await writeHalves(folder, SIDE), await writeHandmade(folder, halves)];
    const lines: string[] = [];
    const measured = async (protocol: string) => {
      const options = { checkpoint, data, features, protocol, samples: 2000, threads: 1 };
      const [result] = await finished(evaluate(options, printing(lines)));
      expect(result!.figures['knowsNothing'], protocol).toBeDefined();
      expect(result!.dataset['split']).toBe('validation');
      expect(lines.find((line) => line.startsWith(protocol))).toContain('noise');
      return result!.figures as unknown as Record<string, { distance: number }>;
    };
    const { realData, knowsNothing } = await measured('frechet');
    // A grey that is even from 0 to 1 has deviation √(1/12); the mean of eight such pixels, each by itself, a third.
    expect(realData!.distance).toBeLessThan(0.01);
    expect(knowsNothing!.distance).toBeGreaterThan(0.05);
    for (const protocol of ['kernel', 'prdc', 'neighbours']) await measured(protocol);
  });

  it('is that too few examples are refused with what to do, and few are warned of', async () => {
    const folder = await temporaryFolder();
    const data = await writeData(folder, 300);
    const features = await writeHalves(folder, SIDE);
    const lines: string[] = [];
    const frechet = async (held: number, samples: number) => {
      const checkpoint = await writeHandmade(folder, halves, { held });
      const options = { checkpoint, data, features, protocol: 'frechet', samples, threads: 1 };
      return finished(evaluate(options, printing(lines)));
    };
    await expect(frechet(2, 500)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining(
        'Expected at least 3 real examples but received 2. A covariance of 2 features has full rank only from more than 2',
      ),
    });
    await expect(frechet(100, 2)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('Raise --samples.'),
    });
    const [weak] = await frechet(12, 500);
    expect(lines.join('\n')).toContain('few-examples: frechet: Of 12 real examples, where 20 would be enough.');
    expect(weak!.dataset['few']).toContain('Of 12 real examples');
    lines.length = 0;
    await frechet(100, 500);
    expect(lines.join('\n')).not.toContain('few-examples');
  });

  it('is that a feature net which is often wrong is named with how often it is right', async () => {
    const folder = await temporaryFolder();
    const data = await writeData(folder, 4200);
    const features = await writeHalves(folder, SIDE);
    const file = features.replace('.onnx', '.json');
    const manifest = JSON.parse(await readFile(file, 'utf8'));
    const checkpoint = await writeHandmade(folder, halves);
    const lines: string[] = [];
    const measure = async (accuracy: number) => {
      await writeFile(file, JSON.stringify({ ...manifest, training: { validation: { images: 100, accuracy } } }));
      const options = { checkpoint, data, features, protocol: 'prdc', samples: 1000, threads: 1 };
      return finished(evaluate(options, printing(lines)));
    };
    const [sound] = await measure(0.95);
    expect(sound!.dataset['features']).toMatchObject({ accuracy: 0.95 });
    expect(lines.join('\n')).not.toContain('weak-features');
    await measure(0.4);
    expect(lines.join('\n')).toContain(
      'The feature net "halves" takes only 40.0 % of held-out images for what they are',
    );
  });

  it('is that data which is not its own is said to be none', async () => {
    const folder = await temporaryFolder();
    const data = await writeData(folder, 4200);
    const checkpoint = await writeHandmade(folder, halves, { trainedOn: 'f'.repeat(64) });
    const lines: string[] = [];
    const options = { checkpoint, data, features: await writeHalves(folder, SIDE), samples: 500, threads: 1 };
    const [result] = await finished(evaluate({ ...options, protocol: 'frechet' }, printing(lines)));
    expect(lines.join('\n')).toContain('is, by its digest, not what handmade was trained on, which was others');
    expect(result!.dataset).toMatchObject({
      ownData: false,
      note: 'By its digest other data than that of the training.',
    });
    // What is nearest among it is no training image.
    await expect(evaluate({ ...options, protocol: 'neighbours' })).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
      message: expect.stringContaining('this is not the data that it was trained on'),
    });
  });
});

describe('the split that samples are compared with', () => {
  const nearest = async (checkpoint: string, data: string, split?: string) => {
    const options = { checkpoint, data, protocol: 'neighbours', samples: 50, threads: 1 };
    const [result] = await finished(evaluate({ ...options, ...(split ? { split } : {}) }));
    return result!;
  };

  it('is the test split where the data has one, or what was asked for among what there is', async () => {
    const folder = await temporaryFolder();
    const data = await writeData(folder, 300);
    const checkpoint = await writeHandmade(folder, halves, { held: 100 });
    await expect(nearest(checkpoint, data, 'test')).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining('has for handmade, train or validation, but received "test".'),
    });
    const held = await nearest(checkpoint, data);
    expect(held.dataset).toMatchObject({ split: 'validation' });
    // All white, so that one is as far from the greys as the next.
    const white = new Uint8Array(40 * SIZE).fill(255);
    await writeFile(join(folder, 't10k-images-idx3-ubyte'), idxBytes(0x0803, [40, SIDE, SIDE], white));
    const test = await nearest(checkpoint, data);
    const { sha256: digest } = await openDataset(data, { part: 'test' });
    expect(test.dataset).toMatchObject({ split: 'test', testSha256: digest });
    const spread = ({ figures }: { figures: object }) => {
      const { min, max } = (figures as { heldOut: { pixels: { min: number; max: number } } }).heldOut.pixels;
      return max - min;
    };
    expect(spread(test)).toBeCloseTo(0, 5);
    expect(spread(held)).toBeGreaterThan(0.01);
    expect((await nearest(checkpoint, data, 'validation')).figures['heldOut']).toEqual(held.figures['heldOut']);
    expect((await nearest(checkpoint, data, 'train')).figures['others']).toBeDefined();
    await expect(nearest(checkpoint, data, 'verification')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('is, of training images alone, every other one, so that those between them are the scale', async () => {
    const folder = await temporaryFolder();
    const data = await writeData(folder, 4200);
    const features = await writeHalves(folder, SIDE);
    const checkpoint = await writeHandmade(folder, halves, { held: 0 });
    const options = { checkpoint, data, features, protocol: 'frechet', samples: 2000, threads: 1 };
    const [result] = await finished(evaluate(options));
    expect(result!.figures).toMatchObject({ realImages: 2100, samples: 2000 });
    const { distance } = result!.figures['realData'] as { distance: number };
    expect(distance).toBeGreaterThan(0);
    expect(distance).toBeLessThan(0.01);
  });
});

describe('protocols of points', () => {
  it('count modes with and without rejection sampling on a trained checkpoint', async () => {
    const folder = await temporaryFolder();
    const layers = (out: number, last = 'linear') => [
      { units: 32, activation: 'leakyRelu' },
      { units: out, activation: last },
    ];
    const recipe = {
      ...barsRecipe(),
      name: 'points',
      data: { range: [-1, 1], validation: 0 },
      latent: { size: 2, prior: { kind: 'normal' } },
      generator: { network: { kind: 'mlp', layers: layers(2) } },
      discriminator: { network: { kind: 'mlp', layers: layers(1) } },
      run: { stepsPerRun: 10, reportEverySteps: 100, previewEverySteps: 100, saveEverySteps: 100 },
    };
    const config = join(folder, 'points.json');
    await writeFile(config, JSON.stringify(recipe));
    const { version } = await finished(
      trainModel({
        data: 'builtin:ring8',
        config,
        out: join(folder, 'ring8'),
        run: join(folder, 'run'),
        steps: 100,
        threads: 1,
      }),
    );
    const lines: string[] = [];
    const results = await finished(
      evaluate({ checkpoint: version!, data: 'builtin:ring8', protocol: 'all', threads: 1 }, printing(lines)),
    );
    expect(results.map(({ protocol }) => protocol)).toEqual(['modes', 'rejection', 'calibration', 'scorer']);
    const [modes, rejection] = results;
    expect(modes!.dataset).toMatchObject({ name: 'builtin:ring8', modes: 8, sigma: 0.01 });
    expect(modes!.figures).toMatchObject({ ofModes: 8, samples: 2500 });
    expect(rejection!.figures).toMatchObject({ burnIn: 10_000, percentile: 95, samples: 2500 });
    const { without, accepted } = rejection!.figures as { without: unknown; accepted: number };
    const { samples, realData, knowsNothing, ...plain } = modes!.figures;
    expect(without).toEqual(plain);
    expect(rejection!.figures).toMatchObject({ realData, knowsNothing });
    expect((knowsNothing as unknown as ModeFigures).highQuality).toBeLessThan(0.05);
    expect(realData).toMatchObject({ modes: 8, samples });
    const { highQuality, deviation, offset } = realData as unknown as ModeFigures;
    expect(Math.abs(highQuality - (1 - Math.exp(-4.5)))).toBeLessThan(0.01);
    expect(Math.abs(deviation!.mean - 1)).toBeLessThan(0.05); // 312 points a mode: 0.014 from chance
    expect(offset!.worst).toBeLessThan(0.2); // 0.07 from chance
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(1);
    expect(lines.filter((line) => line.includes('left out'))).toEqual([
      ...['parzen', 'parzen-folds', 'frechet', 'kernel', 'prdc', 'neighbours'].map(
        (name) => `${name}: left out, because it makes points, not images`,
      ),
      'memorisation: left out, because its recipe held nothing out',
      'conditional: left out, because it is not conditional',
      'stacked-mnist: left out, because it does not make three stacked digits of 28 × 28',
    ]);
  });
});

describe('ganymede evaluate', () => {
  it('refuses a protocol that the checkpoint cannot be measured by, or that does not exist', async () => {
    const folder = await temporaryFolder();
    const data = await writeData(folder, 2400);
    const checkpoint = await writeHandmade(folder, halves);
    const run = (protocol: string) => finished(evaluate({ checkpoint, data, protocol, threads: 1 }));
    await expect(run('modes')).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
      message: 'Expected a checkpoint that modes can measure, but of handmade version 1: it makes images, not points.',
    });
    await expect(run('frechet')).rejects.toMatchObject({
      message: expect.stringContaining('give --features with another'),
    });
    await expect(run('fid')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `Expected a protocol among ${PROTOCOL_NAMES.join(', ')}, all but received "fid".`,
    });
  });

  it('names every protocol in its help and in docs/evaluation.md', async () => {
    const root = new URL('../../', import.meta.url);
    const help = await readFile(new URL('src/commands/index.ts', root), 'utf8');
    const docs = await readFile(new URL('docs/evaluation.md', root), 'utf8');
    const missing = (text: string) => PROTOCOL_NAMES.filter((name: ProtocolName) => !text.includes(name));
    expect(missing(help)).toEqual([]);
    expect(missing(docs)).toEqual([]);
  });
});
