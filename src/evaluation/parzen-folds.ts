// Parzen-window log-likelihood as the GAN paper measures it on the Toronto Face Database: in folds, each with a σ of
// its own, and the standard error is that of the folds' means. Here the folds are fifths of what the recipe held out:
// each fifth is tested once, with the σ that fits the next one best. For data of which few are held out; parzen is for
// the rest.
import { toJson } from '../models/manifest.js';
import { noiseLike } from './baselines.js';
import { logLikelihoods, SIGMAS } from './parzen.js';
import { needsImages, numberAt, type Protocol } from './protocol.js';
import { countOf, type Effort, meanRow, type Rows } from './rows.js';

const FOLDS = 5;

export interface Fold {
  readonly sigma: number;
  /** Mean log-likelihood of its test images in nats. */
  readonly mean: number;
}

/** `held` are all images that were kept aside; rows of [0, 1]. */
export async function parzenInFolds(samples: Rows, held: Rows, effort: Partial<Effort> = {}): Promise<Fold[]> {
  const bySigma = await logLikelihoods(samples.data, held.data, held.size, SIGMAS, effort);
  const edge = (fold: number) => Math.floor((fold * countOf(held)) / FOLDS);
  const meansOf = (fold: number) => bySigma.map((values) => meanOf(values.subarray(edge(fold), edge(fold + 1))));
  return Array.from({ length: FOLDS }, (_, fold) => {
    const chosenOn = meansOf((fold + 1) % FOLDS);
    const best = chosenOn.indexOf(Math.max(...chosenOn));
    return { sigma: SIGMAS[best]!, mean: meansOf(fold)[best]! };
  });
}

/**
 * Of several streams of latents. The error of the mean has two independent parts: which images there are (the folds'
 * means over the streams) and which latents (the streams' means over the folds).
 */
export function summaryOfFolds(streams: readonly (readonly Fold[])[]) {
  const ofStreams = streams.map((folds) => meanOf(folds.map(({ mean }) => mean)));
  const ofFolds = streams[0]!.map((_, fold) => meanOf(streams.map((folds) => folds[fold]!.mean)));
  const errorByFolds = deviationOf(ofFolds) / Math.sqrt(FOLDS);
  const deviationByLatents = streams.length > 1 ? deviationOf(ofStreams) : 0;
  return {
    logLikelihood: meanOf(ofStreams),
    standardError: Math.hypot(errorByFolds, deviationByLatents / Math.sqrt(streams.length)),
    errorByFolds,
    deviationByLatents,
    folds: streams[0]!.map(({ sigma }, fold) => ({ sigma, logLikelihood: ofFolds[fold]! })),
  };
}

/** The paper's number of samples. */
const SAMPLES = 10_000;
/** As of the protocol parzen, and for its reason. */
const STREAMS = 4;
/** Ten images a fold. */
const LEAST_HELD = 10 * FOLDS;
/** From here on the protocol parzen has what it asks for. */
const ENOUGH = 10_000;

export const parzenFoldsProtocol: Protocol = {
  what: 'Parzen-window log-likelihood of held-out images in five folds, as the 2014 paper measures it on faces',
  heeds: ['samples'],
  async refuses(material) {
    if (!material.manifest.image) return needsImages(material);
    const held = material.heldOut();
    if (held >= LEAST_HELD && held < ENOUGH) return null;
    return `its recipe held out ${held} images, and the folds need ${LEAST_HELD} to ${ENOUGH - 1}`;
  },
  samples: SAMPLES,
  needs: async (material) => ({
    real: material.heldOut(),
    least: LEAST_HELD,
    enough: 2 * LEAST_HELD,
    because: 'a fold is a fifth of them, and both its σ and its mean are of that fifth alone',
  }),
  async measure(material) {
    const { samples: count = SAMPLES } = material.options;
    const held = await material.real('held', ENOUGH);
    const { rows: real } = await material.real('training', count);
    const of = (centres: Rows, phase: string) => parzenInFolds(centres, held.rows, material.effort(phase));
    const streams: Fold[][] = [];
    for (const stream of Array(STREAMS).keys()) {
      const phase = `likelihood, stream ${stream + 1} of ${STREAMS}`;
      streams.push(await of(await material.samples(count, stream), phase));
    }
    const alone = async (centres: Rows, phase: string) => {
      const { logLikelihood, standardError, folds } = summaryOfFolds([await of(centres, phase)]);
      return { logLikelihood, standardError, folds, samples: countOf(centres) };
    };
    const mean: Rows = { data: Float32Array.from(meanRow(real)), size: real.size };
    const data = await material.dataset();
    return {
      dataset: {
        name: data.name,
        sha256: data.sha256,
        test: held.name,
        note: `Five folds of ${countOf(held.rows)} held-out images.`,
      },
      figures: toJson({
        ...summaryOfFolds(streams),
        realData: await alone(real, 'likelihood of real data'),
        meanImage: await alone(mean, 'likelihood of the mean image'),
        knowsNothing: await alone(noiseLike(real, count, material.seed, [0, 1]), 'likelihood of noise'),
        samples: count,
        testImages: countOf(held.rows),
      }),
    };
  },
  describe(figures) {
    const of = (...path: string[]) => {
      const [mean, error] = ['logLikelihood', 'standardError'].map((key) => numberAt(figures, ...path, key).toFixed(1));
      return `${mean} ± ${error}`;
    };
    return (
      `Parzen log-likelihood ${of()} nats, mean of five folds and ${STREAMS} streams of ${numberAt(figures, 'samples')} samples; ` +
      `${numberAt(figures, 'realData', 'samples')} training images ${of('realData')}, their mean image alone ${of('meanImage')}, ` +
      `noise ${of('knowsNothing')}.`
    );
  },
};

function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
