// Parzen-window log-likelihood as the GAN paper measures it on the Toronto Face Database: in folds, each with a σ of
// its own, and the standard error is that of the folds' means. Here the folds are fifths of what the recipe held out:
// each fifth is tested once, and σ is chosen on the next. For data of which few are held out; parzen is for the rest.
import { toJson } from '../models/manifest.js';
import { logLikelihoods, SIGMAS } from './parzen.js';
import { needsImages, numberAt, type Protocol } from './protocol.js';
import { countOf, type Effort, type Rows } from './rows.js';

const FOLDS = 5;

export interface ParzenInFolds {
  /** Mean over the folds of the mean log-likelihood of a fold's test images, in nats. */
  readonly logLikelihood: number;
  /** Of that mean: the standard deviation of the folds' own (n − 1) / √folds. */
  readonly standardError: number;
  /** Of each fold. */
  readonly sigmas: readonly number[];
}

/** `held` are all images that were kept aside; rows of [0, 1]. */
export async function parzenInFolds(samples: Rows, held: Rows, effort: Partial<Effort> = {}): Promise<ParzenInFolds> {
  const each = await logLikelihoods(samples.data, held.data, held.size, SIGMAS, effort);
  const fifth = (fold: number) => {
    const [from, to] = [fold % FOLDS, (fold % FOLDS) + 1].map((k) => Math.floor((k * countOf(held)) / FOLDS));
    return each.map((values) => meanOf(values.subarray(from, to)));
  };
  const folds = Array.from({ length: FOLDS }, (_, fold) => {
    const chosenOn = fifth(fold + 1);
    const best = chosenOn.indexOf(Math.max(...chosenOn));
    return { sigma: SIGMAS[best]!, mean: fifth(fold)[best]! };
  });
  const logLikelihood = meanOf(folds.map(({ mean }) => mean));
  const variance = folds.reduce((sum, { mean }) => sum + (mean - logLikelihood) ** 2, 0) / (FOLDS - 1);
  return { logLikelihood, standardError: Math.sqrt(variance / FOLDS), sigmas: folds.map(({ sigma }) => sigma) };
}

/** The paper's number of samples. */
const SAMPLES = 10_000;
/** Ten images a fold. */
const LEAST_HELD = 10 * FOLDS;
/** From here on `parzen` has what its own protocol asks for. */
const MOST_HELD = 10_000;

export const parzenFoldsProtocol: Protocol = {
  what: 'Parzen-window log-likelihood of held-out images in five folds, as the 2014 paper measures it on faces',
  async refuses(material) {
    if (!material.manifest.image) return needsImages(material);
    const held = material.heldOut();
    if (held >= LEAST_HELD && held < MOST_HELD) return null;
    return `its recipe held out ${held} images, and the folds need ${LEAST_HELD} to ${MOST_HELD - 1}`;
  },
  async measure(material) {
    const held = await material.real('held', MOST_HELD);
    const samples = await material.samples(SAMPLES);
    const training = await material.real('training', countOf(samples));
    const effort = material.effort('likelihood');
    const of = (centres: Rows) => parzenInFolds(centres, held.rows, effort);
    const data = await material.dataset();
    return {
      dataset: {
        name: data.name,
        sha256: data.sha256,
        test: held.name,
        note: `Five folds of ${countOf(held.rows)} held-out images.`,
      },
      figures: toJson({
        ...(await of(samples)),
        samples: countOf(samples),
        testImages: countOf(held.rows),
        realData: { ...(await of(training.rows)), images: countOf(training.rows) },
        meanImage: await of(meanOfRows(training.rows)),
      }),
    };
  },
  describe(figures) {
    const line = (...path: string[]) =>
      `${numberAt(figures, ...path, 'logLikelihood').toFixed(1)} ± ${numberAt(figures, ...path, 'standardError').toFixed(1)}`;
    return (
      `Parzen log-likelihood ${line()} nats over five folds (${numberAt(figures, 'samples')} samples). ` +
      `As centres, ${numberAt(figures, 'realData', 'images')} training images score ${line('realData')}, ` +
      `and their mean image alone ${line('meanImage')}.`
    );
  },
};

/** One row, the mean of all. */
function meanOfRows({ data, size }: Rows): Rows {
  const sums = new Float64Array(size);
  data.forEach((value, i) => {
    sums[i % size]! += value;
  });
  return { data: Float32Array.from(sums, (sum) => (sum * size) / data.length), size };
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
