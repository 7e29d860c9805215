// The nearest training example of each sample, in pixels and in features: how a person sees whether a generator made something
// new or remembered. Held-out examples give the scale: a generator that copies has distances far below theirs.
import { grid, type Pixels, toPixels } from '../../images/pixels.js';
import { encodePng } from '../../images/png.js';
import { writeFileAtomically } from '../../models/atomic.js';
import { imageOf } from '../../models/example.js';
import { type Neighbour, nearest } from './distances.js';
import { needsFeatures, numberAt, type Protocol, toJson } from './protocol.js';
import { countOf, type Rows, rowAt } from './rows.js';

export interface DistanceSummary {
  readonly min: number;
  readonly median: number;
  readonly mean: number;
  readonly max: number;
}

export interface Nearest {
  readonly neighbours: readonly Neighbour[];
  readonly summary: DistanceSummary;
}

export async function nearestOf(points: Rows, training: Rows, threads: number): Promise<Nearest> {
  const neighbours = (await nearest(points, training, 1, { threads })).map(([first]) => first!);
  return { neighbours, summary: summaryOf(neighbours.map(({ distance }) => distance)) };
}

export function summaryOf(distances: readonly number[]): DistanceSummary {
  const sorted = distances.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return {
    min: sorted[0]!,
    median: (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    max: sorted.at(-1)!,
  };
}

/** Pairs a row, and rows of the closest pairs and of the first samples each. */
const PAIRS = 8;
const ROWS = 8;

/**
 * A PNG of sample | nearest training image: above the closest pairs, where copies would show, below the first samples as they
 * come. Rows are [C, H, W] in [0, 1].
 */
export function neighbourGrid(
  samples: Rows,
  training: Rows,
  neighbours: readonly Neighbour[],
  shape: { width: number; height: number; channels: 1 | 3 },
): Promise<Uint8Array> {
  const pairs = neighbours.map(({ index, distance }, sample) => ({ sample, index, distance }));
  const closest = pairs.toSorted((a, b) => a.distance - b.distance).slice(0, PAIRS * ROWS);
  const shown = [...closest, ...pairs.slice(0, PAIRS * ROWS)];
  const picture = (rows: Rows, index: number): Pixels => toPixels(rowAt(rows, index), { ...shape, range: [0, 1] });
  const images = shown.flatMap(({ sample, index }) => [picture(samples, sample), picture(training, index)]);
  return encodePng(grid(images, 2 * PAIRS, 2));
}

const SAMPLES = 1000;

export const neighboursProtocol: Protocol = {
  what: 'distance of 1,000 samples to the nearest training image, in pixels and in a stated feature space',
  refuses: needsFeatures,
  async measure(context) {
    const { threads, options } = context;
    const everything = Number.POSITIVE_INFINITY;
    const data = await context.dataset();
    const net = await context.net();
    const training = await context.real('training', everything);
    const trainingFeatures = (await context.seen('training', everything)).features;
    const samples = await context.samples(SAMPLES);
    const inPixels = await nearestOf(samples, training.rows, threads);
    const inFeatures = await nearestOf((await context.seenSamples(SAMPLES)).features, trainingFeatures, threads);
    if (options.picture) {
      const shape = imageOf(context.manifest);
      await writeFileAtomically(
        options.picture,
        await neighbourGrid(samples, training.rows, inPixels.neighbours, shape),
      );
    }
    const scale = async () => {
      const held = await context.real('held', SAMPLES);
      const heldFeatures = (await context.seen('held', SAMPLES)).features;
      return {
        pixels: (await nearestOf(held.rows, training.rows, threads)).summary,
        features: (await nearestOf(heldFeatures, trainingFeatures, threads)).summary,
      };
    };
    return {
      dataset: {
        name: data.name,
        sha256: data.sha256,
        training: training.name,
        features: { name: net.manifest.name, sha256: net.manifest.sha256 },
      },
      figures: toJson({
        pixels: inPixels.summary,
        features: inFeatures.summary,
        samples: countOf(samples),
        ...(context.heldOut() > 0 ? { heldOut: await scale() } : {}),
      }),
    };
  },
  describe(figures) {
    const line = (space: string) => {
      const scale = numberAt(figures, 'heldOut', space, 'median');
      return (
        `${space} median ${numberAt(figures, space, 'median').toFixed(2)}, least ${numberAt(figures, space, 'min').toFixed(2)}` +
        (Number.isNaN(scale)
          ? ''
          : ` (held-out images ${scale.toFixed(2)}, ${numberAt(figures, 'heldOut', space, 'min').toFixed(2)})`)
      );
    };
    return `Distance to the nearest training image: ${line('pixels')}; ${line('features')}`;
  },
};
