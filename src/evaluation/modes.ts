// Modes and high-quality share on the mixtures of Gaussians that GAN papers test for collapse on (VEEGAN,
// arXiv:1705.07761; PacGAN, arXiv:1712.04086): of 2,500 samples, which lie within 3σ of a mode, and how many modes have
// such a sample.

import type { Mixture } from '../datasets/dataset.js';
import { GanymedeError } from '../errors.js';
import { type JsonObject, toJson } from '../models/manifest.js';
import type { Material } from './material.js';
import { numberAt, type Protocol } from './protocol.js';
import { countOf, type Rows, rowAt, squaredDistance } from './rows.js';

/** Samples of the published protocol. */
export const MODE_SAMPLES = 2500;
/** A sample within so many deviations of a centre is of high quality. 98.9 % of the data itself are, in the plane. */
export const HIGH_QUALITY = 3;

export interface ModeFigures {
  /** Modes with at least one high-quality sample, of how many. */
  readonly modes: number;
  readonly ofModes: number;
  /** Share of samples of high quality, and its binomial standard error. */
  readonly highQuality: number;
  readonly standardError: number;
  /** KL(samples ‖ data) over the modes that the high-quality samples belong to, in nats; 0 = equally many in each. */
  readonly reverseKl: number;
}

export function modeFigures(points: Rows, { centers, sigma }: Mixture): ModeFigures {
  const ofModes = centers.length;
  const count = countOf(points);
  const counts = new Array<number>(ofModes).fill(0);
  for (let i = 0; i < count; i++) {
    const point = rowAt(points, i);
    const squares = centers.map((center) => squaredDistance(point, center));
    const closest = squares.indexOf(Math.min(...squares));
    if (Math.sqrt(squares[closest]!) <= HIGH_QUALITY * sigma) counts[closest]! += 1;
  }
  const good = counts.reduce((sum, value) => sum + value, 0);
  const highQuality = good / count;
  return {
    modes: counts.filter((value) => value > 0).length,
    ofModes,
    highQuality,
    standardError: Math.sqrt((highQuality * (1 - highQuality)) / count),
    reverseKl: klToUniform(counts),
  };
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
  what: 'modes and share of high-quality samples (within 3σ) among 2,500 points, on ring8 and grid25',
  refuses: needsMixture,
  async measure(material) {
    const samples = await material.samples(MODE_SAMPLES);
    const { mixture, note } = await mixtureOf(material);
    return { dataset: note, figures: toJson({ ...modeFigures(samples, mixture), samples: countOf(samples) }) };
  },
  describe: (figures) => modesLine(figures),
};

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
    `${(100 * numberAt(figures, 'highQuality')).toFixed(1)} ± ${(100 * numberAt(figures, 'standardError')).toFixed(1)} % of high quality, ` +
    `reverse KL ${numberAt(figures, 'reverseKl').toFixed(4)}`
  );
}
