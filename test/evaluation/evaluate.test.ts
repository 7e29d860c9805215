import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAll, slice } from '../../src/datasets/dataset.js';
import { openDataset } from '../../src/datasets/open.js';
import { Session } from '../../src/engine/session.js';
import { checkMeasurable, evaluate } from '../../src/evaluation/evaluate.js';
import { parzen } from '../../src/evaluation/parzen.js';
import { evaluationsOf } from '../../src/models/evaluations.js';
import { latent } from '../../src/models/latent.js';
import { loadWeights } from '../../src/training/fine-tuning.js';
import { trainModel } from '../../src/training/train-model.js';
import { shippedFolder } from '../shipped.js';
import { SIDE, writeBars, writeRecipe } from '../training/bars.js';
import { finished, idxBytes, printing, temporaryFolder } from '../training/helpers.js';

const SAMPLES = 700;

describe('ganymede evaluate', () => {
  it('refuses the Parzen protocol where fewer images were held out than it takes for validation', async () => {
    const folder = await temporaryFolder();
    await writeBars(folder, 10_064);
    const common = { data: folder, threads: 1 };
    const options = {
      ...common,
      config: await writeRecipe(folder),
      out: join(folder, 'bars'),
      run: join(folder, 'run'),
      steps: 10,
    };
    const { version } = await finished(trainModel(options));
    await expect(finished(evaluate({ ...common, checkpoint: version! }))).rejects.toThrow(
      'its recipe held out 32 images, and it needs 10,000 that were not trained on',
    );
  });

  it('follows the Parzen protocol on the checkpoint and writes what it measured, and on what, beside a version that stays as it is', async () => {
    const folder = await temporaryFolder();
    const checkpoint = await trainedOn(folder, 10_064);
    const manifest = await readFile(join(checkpoint, 'manifest.json'), 'utf8');
    const lines: string[] = [];
    const evaluateIt = () =>
      finished(evaluate({ checkpoint, data: folder, seed: 5, samples: SAMPLES, threads: 1 }, printing(lines)));

    const [onValidation] = await evaluateIt();
    const test = Uint8Array.from({ length: 120 * SIDE ** 2 }, (_, i) => (i * 37) % 256);
    await writeFile(join(folder, 't10k-images-idx3-ubyte'), idxBytes(0x0803, [120, SIDE, SIDE], test));
    const [onTest] = await evaluateIt();

    const session = await Session.load(await readFile(join(checkpoint, 'generate.onnx')));
    const streams: Float32Array<ArrayBuffer>[] = [];
    for (let first = 5; first < 5 + 4 * SAMPLES; first += SAMPLES) {
      const z = new Float32Array(SAMPLES * 8);
      for (let i = 0; i < SAMPLES; i++) z.set(latent(first + i, 8, { kind: 'uniform', low: -1, high: 1 }), i * 8);
      const { image } = await session.run({ z: { dtype: 'float32', shape: [SAMPLES, 8], data: z } });
      streams.push((image!.data as Float32Array<ArrayBuffer>).slice());
    }
    await session.release();
    const all = await openDataset(folder);
    const read = (from: number, to: number) => readAll(slice(all, from, to));
    const forSigma = await read(64, 1064);
    const likelihoods = async (images: Float32Array) => {
      const means: number[] = [];
      for (const samples of streams) {
        means.push((await parzen(samples, forSigma, images, SIDE ** 2, { threads: 1 })).mean);
      }
      return means;
    };
    const first = await likelihoods(await read(1064, 10_064));
    const second = await likelihoods(Float32Array.from(test, (byte) => byte / 255));
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(onValidation!.figures['logLikelihood']).toBeCloseTo(mean(first), 2);
    expect(onValidation!.figures).toMatchObject({ samples: SAMPLES, testImages: 9000 });
    const [least, most] = onValidation!.figures['range'] as [number, number];
    expect(least).toBeCloseTo(Math.min(...first), 2);
    expect(most).toBeCloseTo(Math.max(...first), 2);
    // The error holds the draw of latents too: at least the deviation of four streams over √4.
    const deviation = Math.sqrt(first.reduce((sum, value) => sum + (value - mean(first)) ** 2, 0) / 3);
    const { standardError, errorByImages, deviationByLatents } = onValidation!.figures as Record<string, number>;
    expect(deviationByLatents).toBeCloseTo(deviation, 2);
    expect(standardError).toBeCloseTo(Math.hypot(errorByImages!, deviation / 2), 2);
    // Bars are all alike: as samples, other real ones are far better than pixels that know nothing of each other.
    const { realData, knowsNothing } = onValidation!.figures as unknown as Record<string, { logLikelihood: number }>;
    expect(realData!.logLikelihood).toBeGreaterThan(knowsNothing!.logLikelihood + 10);
    expect(onTest!.figures['logLikelihood']).toBeCloseTo(mean(second), 2);
    expect(onTest!.figures).toMatchObject({ testImages: 120 });
    expect([onValidation!.dataset['note'], onTest!.dataset['note']]).toEqual([
      'Validation images: those that did not choose sigma.',
      'The test split.',
    ]);
    expect([onValidation!.dataset['split'], onTest!.dataset['split']]).toEqual(['validation', 'test']);
    expect(await evaluationsOf(checkpoint)).toEqual([onValidation, onTest]);
    expect(await readFile(join(checkpoint, 'manifest.json'), 'utf8')).toBe(manifest);
    expect(lines.find((line) => line.startsWith('parzen'))).toMatch(
      /^parzen: Parzen log-likelihood -?\d+\.\d ± \d+\.\d nats, mean of 4 streams of latents from -?\d+\.\d to -?\d+\.\d \(σ \d\.\d{3}, 700 samples each, 9000 images\); real data -?\d+\.\d, noise -?\d+\.\d\./,
    );
  });

  it('measures Parzen likelihood on the last of the training images where those are asked for, to choose by', async () => {
    const folder = await temporaryFolder();
    const checkpoint = await trainedOn(folder, 10_000 + 10_064);
    const options = { checkpoint, data: folder, seed: 5, samples: SAMPLES, threads: 1 };
    const [onTraining] = await finished(evaluate({ ...options, split: 'train' }));
    expect(onTraining!.dataset).toMatchObject({
      split: 'train',
      sigmaFrom: expect.stringContaining('[0:10064][64:10064][0:1000]'),
      test: expect.stringContaining('[0:10064][64:10064][1000:10000]'),
      note: 'Training images: those that did not choose sigma.',
    });
    const session = await Session.load(await readFile(join(checkpoint, 'generate.onnx')));
    const z = new Float32Array(SAMPLES * 8);
    for (let i = 0; i < SAMPLES; i++) z.set(latent(5 + i, 8, { kind: 'uniform', low: -1, high: 1 }), i * 8);
    const { image } = await session.run({ z: { dtype: 'float32', shape: [SAMPLES, 8], data: z } });
    const samples = (image!.data as Float32Array<ArrayBuffer>).slice();
    await session.release();
    const all = await openDataset(folder);
    const read = (from: number, to: number) => readAll(slice(all, from, to));
    const ours = await parzen(samples, await read(64, 1064), await read(1064, 10_064), SIDE ** 2, { threads: 1 });
    const [first] = onTraining!.figures['streams'] as { logLikelihood: number }[];
    expect(first!.logLikelihood).toBeCloseTo(ours.mean, 2);
  });

  it('reads no graph whose bytes are others than the manifest says', async () => {
    const folder = await temporaryFolder();
    await writeBars(folder, 96);
    const { version } = await finished(
      trainModel({
        data: folder,
        config: await writeRecipe(folder),
        out: join(folder, 'bars'),
        run: join(folder, 'run'),
        steps: 10,
        threads: 1,
      }),
    );
    const graph = join(version!, 'generate.onnx');
    const bytes = await readFile(graph);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(graph, bytes);
    const measuring = evaluate({ checkpoint: version!, data: folder, protocol: 'neighbours' });
    await expect(measuring).rejects.toMatchObject({
      code: 'CHECKPOINT_INVALID',
      message: expect.stringContaining(`Expected ${graph} to have SHA-256`),
    });
    await expect(loadWeights(version!)).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
  });

  it('refuses data of another shape than the checkpoint makes', async () => {
    const folder = await temporaryFolder();
    await writeBars(folder, 96);
    const { version } = await finished(
      trainModel({
        data: folder,
        config: await writeRecipe(folder),
        out: join(folder, 'bars'),
        run: join(folder, 'run'),
        steps: 10,
        threads: 1,
      }),
    );
    const other = join(folder, 'other');
    await writeFile(other, idxBytes(0x0803, [1, 2, 2], [1, 2, 3, 4]));
    await expect(finished(evaluate({ checkpoint: version!, data: other }))).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: 'Expected images of shape [1, 8, 8] as bars makes them but other has [1, 2, 2].',
    });
  });

  it('prints the figures that it cannot keep, and says beforehand that it cannot', async () => {
    const folder = await temporaryFolder();
    const checkpoint = join(folder, '1');
    await cp(shippedFolder('gaussian1d'), checkpoint, { recursive: true });
    await rm(join(checkpoint, 'evaluations'), { recursive: true, force: true });
    await writeFile(join(checkpoint, 'evaluations'), 'a file in the way');
    const lines: string[] = [];
    const options = { checkpoint, data: 'builtin:gaussian1d', protocol: 'calibration', samples: 1000, threads: 1 };
    await expect(evaluate(options, printing(lines))).rejects.toMatchObject({ code: 'FILE_UNUSABLE' });
    const [warned, measured] = ['not-kept', 'calibration: '].map((text) =>
      lines.findIndex((line) => line.includes(text)),
    );
    expect(warned).toBeGreaterThanOrEqual(0);
    expect(measured).toBeGreaterThan(warned!);
    // A job of it would keep nothing, so it is not begun.
    await expect(checkMeasurable(options)).rejects.toMatchObject({ code: 'FILE_UNUSABLE' });
  });

  it.each([
    ['features', { features: 'net.onnx' }, 'parzen'],
    ['samples', { samples: 10 }, 'memorisation'],
    ['split', { split: 'train' }, 'stacked-mnist'],
    ['picture', { picture: 'pairs.png' }, 'frechet'],
    ['rivals', { rivals: [] }, 'modes'],
  ])('refuses %s where the protocol would not look at it, and names those that do', async (option, given, protocol) => {
    const options = { checkpoint: '/nowhere', data: 'builtin:ring8', protocol, ...given };
    for (const work of [evaluate(options), checkMeasurable(options)]) {
      await expect(work).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(
          `Expected no ${option} with the protocol ${protocol}, .* measure one that does: \\w`,
        ),
      });
    }
  });

  it('refuses a form of a picture without one', async () => {
    const options = {
      checkpoint: '/nowhere',
      data: 'builtin:ring8',
      protocol: 'neighbours',
      pictureAs: 'rows',
    } as const;
    await expect(evaluate(options)).rejects.toThrow('Expected --picture beside --picture-as rows');
  });
});

/** A version trained for ten steps on so many bars, written to the folder, of which 10,000 are held out. */
async function trainedOn(folder: string, count: number): Promise<string> {
  await writeBars(folder, count);
  const { version } = await finished(
    trainModel({
      data: folder,
      config: await writeRecipe(folder, { data: { range: [0, 1], validation: 10_000 } }),
      out: join(folder, 'bars'),
      run: join(folder, 'run'),
      steps: 10,
      threads: 1,
    }),
  );
  return version!;
}
