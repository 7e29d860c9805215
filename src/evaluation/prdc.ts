// Precision and recall (Kynkäänniemi et al. 2019, arXiv:1904.06991) and density and coverage (Naeem et al. 2020,
// arXiv:2002.09797): how far samples lie within the data and the data within the samples, by balls that reach to the
// k-th neighbour. Rows may be features of any net; figures say something only beside the name of that net.
import { balls, nearest } from './distances.js';
import {
  compareFeatures,
  countOfReferences,
  countsText,
  FEATURE_SAMPLES,
  needsFeatures,
  numberAt,
  type Protocol,
  scaleText,
} from './protocol.js';
import { countOf, type Effort, type Rows } from './rows.js';

export interface Prdc {
  /** Share of samples within the ball of a real row. */
  readonly precision: number;
  /** Share of real rows within the ball of a sample. */
  readonly recall: number;
  /**
   * Mean number of real balls that hold a sample, over k: 1 in expectation when samples are the data; it may exceed 1.
   */
  readonly density: number;
  /** Share of real balls that hold a sample. */
  readonly coverage: number;
}

/** k of each pair as in its paper's recommendation. */
export const NEIGHBOURS = { precisionRecall: 3, densityCoverage: 5 } as const;

export async function prdc(real: Rows, samples: Rows, effort: Effort): Promise<Prdc> {
  const { precisionRecall: few, densityCoverage: more } = NEIGHBOURS;
  const realNeighbours = await nearest(real, real, more, { ...effort, skipSelf: true });
  const sampleNeighbours = await nearest(samples, samples, few, { ...effort, skipSelf: true });
  const radii = (neighbours: typeof realNeighbours, k: number) => neighbours.map((list) => list[k - 1]!.distance);

  const near = await balls(samples, real, radii(realNeighbours, few), effort);
  const reached = await balls(real, samples, radii(sampleNeighbours, few), effort);
  const dense = await balls(samples, real, radii(realNeighbours, more), effort);
  return {
    precision: shareAboveZero(near.holding),
    recall: shareAboveZero(reached.holding),
    density: dense.holding.reduce((sum, count) => sum + count, 0) / (more * countOf(samples)),
    coverage: shareAboveZero(dense.held),
  };
}

function shareAboveZero(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0) / counts.length;
}

export const prdcProtocol: Protocol = {
  what: 'precision and recall (k = 3), density and coverage (k = 5) in a stated feature space',
  heeds: ['samples', 'split', 'features'],
  samples: FEATURE_SAMPLES,
  refuses: needsFeatures,
  needs: async (material) => ({
    real: await countOfReferences(material),
    least: 100,
    enough: 1000,
    because: 'each figure is a share, whose error is up to 1/(2√n): 5 points of 100 examples, 1.6 of 1,000',
  }),
  measure: (material) => compareFeatures(material, (real, others) => prdc(real, others, material.effort('comparing'))),
  describe: (figures) =>
    (['precision', 'recall', 'density', 'coverage'] as const)
      .map((name) => `${name} ${numberAt(figures, name).toFixed(3)}${scaleText(figures, name, 3)}`)
      .concat(countsText(figures))
      .join(', '),
};
