// Evaluation of a serving checkpoint by published protocols; results join the manifest with protocol, seed and data, so that
// a figure is never without what it was measured on. Runs the checkpoint's own ONNX graph, never the training code.
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Engine } from '../engine/engine.js';
import { GanymedeError } from '../errors.js';
import { imageOf } from '../models/example.js';
import { latent } from '../models/latent.js';
import { type Manifest, readManifest, writeManifest } from '../models/manifest.js';
import { type Dataset, readAll, slice, split } from './datasets/dataset.js';
import { hasPart, openDataset } from './datasets/open.js';
import { type ParzenResult, parzen } from './parzen.js';

export interface EvaluateOptions {
  readonly checkpoint: string;
  /** Directory or file of the dataset. */
  readonly data: string;
  /** First seed of the samples; sample i is that of seed + i, as the server makes it. */
  readonly seed?: number;
  readonly samples?: number;
  readonly threads?: number;
  readonly date?: Date;
}

export type Evaluation = Manifest['evaluations'][number];

/** The paper's protocol: 10,000 samples; σ on the first 1,000 validation images. */
export const PARZEN_SAMPLES = 10_000;
export const SIGMA_IMAGES = 1_000;
/** The last 10,000 training images, train[50000:60000] of MNIST. */
export const VALIDATION_IMAGES = 10_000;

/** Measures, appends the result to the checkpoint's manifest, and returns it. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const manifest = await readManifest(options.checkpoint);
  const evaluation = await evaluateParzen(manifest, options);
  // Read again: another process may have added its own result while this one was measuring.
  const newest = await readManifest(options.checkpoint);
  await writeManifest(options.checkpoint, { ...newest, evaluations: [...newest.evaluations, evaluation] });
  return evaluation;
}

/**
 * The Parzen protocol. Test images are the published test split when the data has it. Otherwise they are the validation
 * images that did not choose σ, and the result says so.
 */
export async function evaluateParzen(manifest: Manifest, options: EvaluateOptions): Promise<Evaluation> {
  const { seed = 0, samples: count = PARZEN_SAMPLES } = options;
  const training = await openDataset(options.data, { range: [0, 1] });
  checkShape(manifest, training);
  const held = split(training, VALIDATION_IMAGES).validation!;
  const forSigma = slice(held, 0, SIGMA_IMAGES);
  const published = await hasPart(options.data, 'test');
  const test = published
    ? await openDataset(options.data, { range: [0, 1], part: 'test' })
    : slice(held, SIGMA_IMAGES, held.count);

  const images = await sampleImages(manifest, options.checkpoint, seed, count, options.threads);
  const size = training.shape.reduce((product, n) => product * n, 1);
  const threads = options.threads ? { threads: options.threads } : {};
  const result: ParzenResult = await parzen(images, await readAll(forSigma), await readAll(test), size, threads);
  return {
    protocol: 'parzen',
    seed,
    dataset: {
      name: training.name,
      sha256: training.sha256,
      sigmaFrom: forSigma.name,
      test: test.name,
      note: published
        ? 'Published test split.'
        : 'No test split at hand: measured on the validation images that did not choose sigma.',
    },
    figures: {
      logLikelihood: result.mean,
      standardError: result.standardError,
      sigma: result.sigma,
      samples: count,
      testImages: test.count,
    },
    date: (options.date ?? new Date()).toISOString(),
  };
}

/** Samples of seeds seed … seed + count − 1 as rows of pixels in [0, 1]. */
async function sampleImages(
  manifest: Manifest,
  checkpoint: string,
  seed: number,
  count: number,
  threads: number | undefined,
): Promise<Float32Array<ArrayBuffer>> {
  const graphFile = manifest.graphs.generate?.file;
  if (!graphFile)
    throw new GanymedeError(
      'CAPABILITY_MISSING',
      `Expected a checkpoint with a generate graph but ${checkpoint} has none.`,
    );
  const { latent: space } = manifest;
  const image = imageOf(manifest);
  const [low, high] = image.range;
  const size = image.channels * image.height * image.width;
  const out = new Float32Array(count * size);
  const engine = await Engine.start({ workers: 1, threadsPerWorker: threads ?? availableParallelism() });
  try {
    const graph = await engine.load('generate', new Uint8Array(await readFile(join(checkpoint, graphFile))));
    for (let from = 0; from < count; from += BATCH) {
      const here = Math.min(BATCH, count - from);
      const z = new Float32Array(here * space.size);
      for (let i = 0; i < here; i++) z.set(latent(seed + from + i, space.size, space.prior), i * space.size);
      const { image: made } = await graph.run({ z: { dtype: 'float32', shape: [here, space.size], data: z } });
      const values = made!.data as Float32Array;
      for (let i = 0; i < values.length; i++) out[from * size + i] = (values[i]! - low) / (high - low);
    }
  } finally {
    await engine.close();
  }
  return out;
}

const BATCH = 500;

function checkShape(manifest: Manifest, data: Dataset): void {
  const { channels, height, width } = imageOf(manifest);
  const wanted = [channels, height, width];
  if (wanted.join() === data.shape.join()) return;
  throw new GanymedeError(
    'DATASET_INVALID',
    `Expected images of shape [${wanted.join(', ')}] as ${manifest.model} makes them but ${data.name} has [${data.shape.join(', ')}].`,
  );
}
