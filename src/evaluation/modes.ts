// Modes and high-quality share on the mixtures of Gaussians that GAN papers test for collapse on (VEEGAN,
// arXiv:1705.07761; PacGAN, arXiv:1712.04086): of 2,500 samples, which lie within 3σ of a mode, and how many modes have
// such a sample. Besides, what no published row says: how wide each mode is and how far off its centre lies, since
// blobs that are too narrow and displaced lie within 3σ as well.

import type { Mixture } from '../datasets/dataset.js';
import { GanymedeError } from '../errors.js';
import { type JsonObject, toJson } from '../models/manifest.js';
import type { Enough } from './guard.js';
import type { Material } from './material.js';
import { numberAt, type Protocol, scaleText } from './protocol.js';
import { countOf, mean, meanRow, type Rows, rowAt, squaredDistance } from './rows.js';

/** Samples of the published protocol. */
export const MODE_SAMPLES = 2500;
/** A sample within so many deviations of a centre is of high quality. 98.9 % of the data itself are, in the plane. */
export const HIGH_QUALITY = 3;
/**
 * A sample counts for the shape of its nearest mode when it lies within so many deviations of the centre. In the plane
 * all but 4 in a million of the data do, so that nothing is cut off that should be there, while a strand between two
 * modes, 40σ or more apart here, does not decide how wide they are.
 */
export const BELONGS = 5;

export interface ModeFigures {
  /** Modes with at least one high-quality sample, of how many. */
  readonly modes: number;
  readonly ofModes: number;
  /** Share of samples of high quality, and its binomial standard error. */
  readonly highQuality: number;
  readonly standardError: number;
  /** KL(samples ‖ data) over the modes that the high-quality samples belong to, in nats; 0 = equally many in each. */
  readonly reverseKl: number;
  /** Over the modes that have a deviation, and an offset; null where none has. */
  readonly deviation: Summary | null;
  readonly offset: Summary | null;
  readonly byMode: readonly ModeShape[];
}

/** The samples that belong to one mode. */
export interface ModeShape {
  readonly samples: number;
  /**
   * Root mean square over the axes of their standard deviation, in σ of the data: 1 is right. Of two samples or more.
   */
  readonly deviation: number | null;
  /** Distance of their mean from the centre, in σ of the data. */
  readonly offset: number | null;
}

export interface Summary {
  readonly mean: number;
  /** Of deviations the one that differs most from 1, as a ratio; of offsets the largest. */
  readonly worst: number;
}

export function modeFigures(points: Rows, mixture: Mixture): ModeFigures {
  const count = countOf(points);
  const nearest = Array.from({ length: count }, (_, i) => nearestMode(rowAt(points, i), mixture));
  const counts = mixture.centers.map(
    (_, mode) => nearest.filter((near) => near.mode === mode && near.distance <= HIGH_QUALITY).length,
  );
  const highQuality = counts.reduce((sum, value) => sum + value, 0) / count;
  const byMode = mixture.centers.map((center, mode) => {
    const own = nearest.flatMap((near, i) =>
      near.mode === mode && near.distance <= BELONGS ? [rowAt(points, i)] : [],
    );
    return shapeOf(own, center, mixture.sigma);
  });
  return {
    modes: counts.filter((value) => value > 0).length,
    ofModes: counts.length,
    highQuality,
    standardError: Math.sqrt((highQuality * (1 - highQuality)) / count),
    reverseKl: klToUniform(counts),
    deviation: summary(
      byMode.map(({ deviation }) => deviation),
      (value) => Math.abs(Math.log(value)),
    ),
    offset: summary(
      byMode.map(({ offset }) => offset),
      (value) => value,
    ),
    byMode,
  };
}

/** Which centre a point is nearest to, and how far from it in σ. */
function nearestMode(point: ArrayLike<number>, { centers, sigma }: Mixture): { mode: number; distance: number } {
  const squares = centers.map((center) => squaredDistance(point, center));
  const least = Math.min(...squares);
  return { mode: squares.indexOf(least), distance: Math.sqrt(least) / sigma };
}

function shapeOf(points: readonly Float32Array[], center: readonly number[], sigma: number): ModeShape {
  const samples = points.length;
  if (samples === 0) return { samples, deviation: null, offset: null };
  const size = center.length;
  const middle = meanRow({ data: Float32Array.from(points.flatMap((point) => [...point])), size });
  const offset = Math.sqrt(squaredDistance(middle, center)) / sigma;
  if (samples === 1) return { samples, deviation: null, offset };
  const squares = points.reduce((sum, point) => sum + squaredDistance(point, middle), 0);
  return { samples, deviation: Math.sqrt(squares / (size * (samples - 1))) / sigma, offset };
}

/** `badness`: the larger, the worse. */
function summary(values: readonly (number | null)[], badness: (value: number) => number): Summary | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  const worst = known.reduce((most, value) => (badness(value) > badness(most) ? value : most));
  return { mean: mean(known), worst };
}

/**
 * Σ q ln(q · bins): KL of the counts' shares from equal shares. 0 for no counts at all, since nothing is known then.
 */
export function klToUniform(counts: readonly number[]): number {
  const total = counts.reduce((sum, value) => sum + value, 0);
  return counts.reduce((sum, value) => {
    const share = value / total;
    return value > 0 ? sum + share * Math.log(share * counts.length) : sum;
  }, 0);
}

export const modesProtocol: Protocol = {
  what: 'modes, share of high-quality samples (within 3σ), and width and place of each mode among 2,500 points, on ring8 and grid25',
  heeds: ['samples', 'split'],
  refuses: needsMixture,
  samples: MODE_SAMPLES,
  needs: needsOfModes,
  async measure(material) {
    const samples = await material.samples(MODE_SAMPLES);
    const { mixture, note } = await mixtureOf(material);
    const figures = { ...modeFigures(samples, mixture), samples: countOf(samples) };
    return {
      dataset: note,
      figures: toJson({ ...figures, ...(await modeBaselines(material, mixture, countOf(samples))) }),
    };
  },
  describe: (figures) => modesLine(figures),
};

/** What as many points of the data itself score, of which the model saw none where there are others, and noise. */
export async function modeBaselines(material: Material, mixture: Mixture, count: number) {
  const scored = (rows: Rows) => {
    const { byMode, ...figures } = modeFigures(rows, mixture);
    return { ...figures, samples: countOf(rows) };
  };
  const { rows } = (await material.unseen(count)) ?? (await material.real('training', count));
  return { realData: scored(rows), knowsNothing: scored(await material.noise(count)) };
}

/** Of protocols that count modes and measure each. */
export async function needsOfModes(material: Material): Promise<Enough> {
  const { mixture } = await mixtureOf(material);
  const modes = mixture.centers.length;
  return {
    real: null,
    least: 10 * modes,
    enough: 100 * modes,
    because: `there are ${modes} modes, and the deviation of one in the plane has an error of 16 % of 10 points, of 5 % of 100 (1/(2√n))`,
  };
}

/** The data's mixture, and what a result says of it. */
export async function mixtureOf(material: Material): Promise<{ mixture: Mixture; note: JsonObject }> {
  const { name, sha256, mixture } = await material.dataset();
  if (!mixture) throw new GanymedeError('DATASET_INVALID', `Expected a mixture of Gaussians but ${name} is none.`);
  return { mixture, note: { name, sha256, modes: mixture.centers.length, sigma: mixture.sigma } };
}

export async function needsMixture(material: Material): Promise<string | null> {
  if (!material.manifest.point) return 'it makes images, not points';
  return (await material.dataset()).mixture ? null : 'its data has no modes to count';
}

export function modesLine(figures: JsonObject): string {
  return (
    `${numberAt(figures, 'modes')} of ${numberAt(figures, 'ofModes')} modes, ` +
    `${percent(figures, 'highQuality')} ± ${percent(figures, 'standardError')} % of high quality${besideText(figures, (real) => `${percent(real, 'highQuality')} %`)}, ` +
    `reverse KL ${numberAt(figures, 'reverseKl').toFixed(4)}${scaleText(figures, 'reverseKl', 4)}, ` +
    `deviation ${summaryText(figures, 'deviation')}${besideText(figures, (real) => summaryText(real, 'deviation'))}, ` +
    `centres off by ${summaryText(figures, 'offset')}${besideText(figures, (real) => summaryText(real, 'offset'))}`
  );
}

function percent(figures: JsonObject, name: string): string {
  return (100 * numberAt(figures, name)).toFixed(1);
}

function summaryText(figures: JsonObject, name: string): string {
  const [middle, worst] = [numberAt(figures, name, 'mean'), numberAt(figures, name, 'worst')];
  return Number.isNaN(middle) ? 'unknown' : `${middle.toFixed(2)}σ, at worst ${worst.toFixed(2)}σ`;
}

function besideText(figures: JsonObject, text: (others: JsonObject) => string): string {
  const texts = [['real data', figures['realData']] as const, ['noise', figures['knowsNothing']] as const].flatMap(
    ([name, others]) => (others ? [`${name} ${text(others as JsonObject)}`] : []),
  );
  return texts.length > 0 ? ` (${texts.join(', ')})` : '';
}
