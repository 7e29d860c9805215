// Parzen-window log-likelihood as Breuleux et al. (2011) and the GAN paper's own script (parzen_ll.py) compute it: a
// Gaussian of width σ on each of n samples, σ chosen on validation images, the mean log-likelihood of test images in
// nats. Matrices of distances run on the engine.
import { availableParallelism } from 'node:os';
import { type Dataset, readAll, slice, split } from '../datasets/dataset.js';
import { compileStep } from '../engine/step.js';
import { sizeOf } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import { GanymedeError } from '../errors.js';
import { type JsonObject, toJson } from '../models/manifest.js';
import { noiseLike } from './baselines.js';
import { type Material, type SplitName, spread } from './material.js';
import { needsImages, numberAt, type Protocol } from './protocol.js';
import { countOf, type Effort, mean as meanOf, type Rows } from './rows.js';

/** numpy.logspace(−1, 0, 10): the widths that the paper's script tries. */
export const SIGMAS: readonly number[] = Array.from({ length: 10 }, (_, i) => 10 ** (-1 + i / 9));

export interface ParzenResult {
  readonly sigma: number;
  /** Mean log-likelihood of the test images in nats. */
  readonly mean: number;
  /** Standard deviation over the test images (population, as numpy's) / √count. */
  readonly standardError: number;
  /** Log-likelihood of each test image. */
  readonly values: Float64Array;
}

/**
 * All arguments are rows of `size` pixels in [0, 1]. σ is the one of `SIGMAS` with the highest mean log-likelihood of
 * `validation`; the result is over `test`.
 */
export async function parzen(
  samples: Float32Array<ArrayBuffer>,
  validation: Float32Array,
  test: Float32Array,
  size: number,
  options: Partial<Effort> = {},
): Promise<ParzenResult> {
  const means = (await logLikelihoods(samples, validation, size, SIGMAS, options)).map(meanOf);
  const best = means.indexOf(Math.max(...means));
  const sigma = SIGMAS[best]!;
  const [values] = await logLikelihoods(samples, test, size, [sigma], options);
  const mean = meanOf(values!);
  return { sigma, mean, standardError: errorOf(values!, mean), values: values! };
}

/** For each σ, ln p(x) of each row of `points`: lnmeanexp over samples of −|x − s|²/2σ², minus size · ln(σ√2π). */
export function logLikelihoods(
  samples: Float32Array<ArrayBuffer>,
  points: Float32Array,
  size: number,
  sigmas: readonly number[],
  options: Partial<Effort> = {},
): Promise<Float64Array[]> {
  return withWindow(samples, size, sigmas, options, (window) => window(points));
}

/** Rows of `points` in one call of the graph: 500 × 10,000 distances take 20 MB. */
const BLOCK = 500;

/**
 * Compiles the window once and lends it to `use`. |x − s|² = |x|² + |s|² − 2x·s turns the distances into one matrix
 * product; in float32 that is off by about 1e-5 of |x|² + |s|², some 1e-3 nats at σ = 0.2, far below the standard error
 * of 2 nats.
 */
async function withWindow<T>(
  samples: Float32Array<ArrayBuffer>,
  size: number,
  sigmas: readonly number[],
  options: Partial<Effort>,
  use: (window: (points: Float32Array) => Promise<Float64Array[]>) => Promise<T>,
): Promise<T> {
  const count = samples.length / size;
  if (!Number.isInteger(count) || count === 0) {
    throw new GanymedeError(
      'BAD_USER_INPUT',
      `Expected samples of ${size} values each but received ${samples.length} values.`,
    );
  }
  const factors = sigmas.map((sigma) => -1 / (2 * sigma * sigma));
  const compiled = await compileStep(
    (state, inputs) => {
      const x = inputs['points'] as tf.Tensor2D; // [BLOCK, size]
      const s = state['samples'] as tf.Tensor2D; // [count, size]
      const norms = tf.add(tf.sum(tf.square(x), 1, true), tf.reshape(tf.sum(tf.square(s), 1), [1, count]));
      const distances = tf.sub(norms, tf.mul(tf.matMul(x, s, false, true), 2)); // [BLOCK, count], squared
      const nearest = tf.min(distances, 1, true);
      const excess = tf.sub(distances, nearest); // ≥ 0, so that no exponential below overflows
      const outputs: Record<string, tf.Tensor> = { nearest: tf.reshape(nearest, [BLOCK]) };
      factors.forEach((factor, i) => {
        outputs[`sum${i}`] = tf.sum(tf.exp(tf.mul(excess, factor)), 1);
      });
      return { state: {}, outputs };
    },
    {
      state: { samples: { dtype: 'float32', shape: [count, size], data: samples } },
      inputs: { points: { dtype: 'float32', shape: [BLOCK, size] } },
      threads: options.threads ?? availableParallelism(),
    },
  );

  try {
    return await use(async (points) => {
      const rows = points.length / size;
      const results = sigmas.map(() => new Float64Array(rows));
      for (let from = 0; from < rows; from += BLOCK) {
        const here = Math.min(BLOCK, rows - from);
        const block = new Float32Array(BLOCK * size);
        block.set(points.subarray(from * size, (from + here) * size));
        const outputs = await compiled.run({ points: block });
        options.onRows?.(from + here, rows);
        const nearest = outputs['nearest']!.data as Float32Array;
        sigmas.forEach((sigma, i) => {
          const sums = outputs[`sum${i}`]!.data as Float32Array;
          const normalizer = size * Math.log(sigma * Math.sqrt(2 * Math.PI));
          for (let row = 0; row < here; row++) {
            results[i]![from + row] = nearest[row]! * factors[i]! + Math.log(sums[row]! / count) - normalizer;
          }
        });
      }
      return results;
    });
  } finally {
    await compiled.dispose();
  }
}

/** Population deviation / √count. */
function errorOf(values: Float64Array, mean: number): number {
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)) / values.length);
}

/** The paper's protocol: 10,000 samples; σ on the first 1,000 validation images. */
const PARZEN_SAMPLES = 10_000;
const SIGMA_IMAGES = 1_000;
/** The last 10,000 training images, train[50000:60000] of MNIST. */
const VALIDATION_IMAGES = 10_000;
/**
 * The whole protocol, the choice of σ included, is gone through with so many streams of latents: whoever repeats the
 * paper's measurement draws one, and which one moves the figure as much as which test images.
 */
const STREAMS = 4;

const NOTES = {
  train: 'Training images: those that did not choose sigma.',
  validation: 'Validation images: those that did not choose sigma.',
  test: 'The test split.',
} as const satisfies Record<SplitName, string>;

/**
 * Test images are the published test split when the data has it. Otherwise they are the validation images that did not
 * choose σ, and the result says so. Asked for training images, by which settings may be chosen without a look at the
 * others, it takes the last of them in the place of the validation images.
 */
export const parzenProtocol: Protocol = {
  what: "Parzen-window log-likelihood of test images by the 2014 paper's script, mean of four streams of 10,000 samples",
  heeds: ['samples', 'split'],
  async refuses(material) {
    if (!material.manifest.image) return needsImages(material);
    const { count } = await imagesOf(material);
    if (count <= VALIDATION_IMAGES) return 'the data has too few images to follow it';
    const held = material.manifest.training ? material.heldOut() : VALIDATION_IMAGES;
    // Of a test split, or of training images, σ may be chosen on images that were trained on.
    return (await material.split()) !== 'validation' || held >= VALIDATION_IMAGES
      ? null
      : `its recipe held out ${held} images, and it needs ${VALIDATION_IMAGES.toLocaleString('en-US')} that were not trained on`;
  },
  samples: PARZEN_SAMPLES,
  needs: async (material) => ({
    real: (await partsOf(material)).test.count,
    least: 100,
    enough: 1000,
    because:
      'on MNIST the log-likelihood of one image varies by 230 nats, so that of the mean by 23 nats of 100 images and by 7 of 1,000',
  }),
  async measure(material) {
    const { samples: count = PARZEN_SAMPLES } = material.options;
    const all = await material.dataset();
    const { train, forSigma, test, note } = await partsOf(material);
    const [chooses, measures] = [await readAll(forSigma), await readAll(test)];
    const ofSamples = (samples: Rows, phase: string) =>
      parzen(samples.data, chooses, measures, samples.size, material.effort(phase));
    const streams: ParzenResult[] = [];
    for (const stream of Array(STREAMS).keys()) {
      const samples = await material.samples(count, stream);
      streams.push(await ofSamples(samples, `likelihood, stream ${stream + 1} of ${STREAMS}`));
    }
    const some = spread(train, count);
    const real = { data: await readAll(some), size: sizeOf(some.shape) };
    const noise = noiseLike(real, count, material.seed, [0, 1]);
    return {
      dataset: {
        name: all.name,
        sha256: all.sha256,
        sigmaFrom: forSigma.name,
        test: test.name,
        note,
      },
      figures: toJson({
        ...summaryOf(streams),
        realData: likelihoodOf(await ofSamples(real, 'likelihood of real data'), countOf(real)),
        knowsNothing: likelihoodOf(await ofSamples(noise, 'likelihood of noise'), count),
        samples: count,
        testImages: test.count,
      }),
    };
  },
  describe(figures) {
    const of = (...path: string[]) => numberAt(figures, ...path).toFixed(1);
    return (
      `Parzen log-likelihood ${of('logLikelihood')} ± ${of('standardError')} nats, ` +
      `mean of ${(figures['streams'] as JsonObject[]).length} streams of latents from ${of('range', '0')} to ${of('range', '1')} ` +
      `(σ ${numberAt(figures, 'sigma').toFixed(3)}, ${numberAt(figures, 'samples')} samples each, ${numberAt(figures, 'testImages')} images); ` +
      `real data ${of('realData', 'logLikelihood')}, noise ${of('knowsNothing', 'logLikelihood')}. ` +
      'The GAN paper reports 225 ± 2, of one stream; above real data the number rewards smoothing.'
    );
  },
};

/** What is sampled from for scale, what chooses σ, and what is measured. */
async function partsOf(material: Material) {
  const { train, validation } = split(await imagesOf(material), VALIDATION_IMAGES);
  const name = await material.split();
  return {
    train,
    forSigma: slice(validation!, 0, SIGMA_IMAGES),
    test: name === 'test' ? await material.test() : slice(validation!, SIGMA_IMAGES, VALIDATION_IMAGES),
    note: NOTES[name],
  };
}

/** Whose last images stand for the validation images of the paper. */
async function imagesOf(material: Material): Promise<Dataset> {
  const all = await material.dataset();
  return (await material.split()) === 'train' ? split(all, material.heldOut()).train : all;
}

/**
 * The error of the mean has two independent parts: which test images there are (the standard error over them of what
 * the streams give an image on average) and which latents (the deviation of the streams / √their number).
 */
export function summaryOf(streams: readonly ParzenResult[]) {
  const means = streams.map(({ mean }) => mean);
  const mean = meanOf(means);
  const ofImages = streams[0]!.values.map((_, image) => meanOf(streams.map(({ values }) => values[image]!)));
  const errorByImages = errorOf(ofImages, mean);
  const deviationByLatents = Math.sqrt(means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (means.length - 1));
  return {
    logLikelihood: mean,
    standardError: Math.hypot(errorByImages, deviationByLatents / Math.sqrt(streams.length)),
    errorByImages,
    deviationByLatents,
    range: [Math.min(...means), Math.max(...means)],
    sigma: streams[0]!.sigma,
    streams: streams.map(({ mean: logLikelihood, standardError, sigma }) => ({ logLikelihood, standardError, sigma })),
  };
}

function likelihoodOf({ mean, standardError, sigma }: ParzenResult, samples: number) {
  return { logLikelihood: mean, standardError, sigma, samples };
}
