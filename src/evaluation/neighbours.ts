// The nearest training example of each sample, in pixels and in features: how a person sees whether a generator made
// something new or remembered. A model that was trained on mirrored images may remember those. Held-out examples give
// the scale, or without any the distance of training examples from each other: a generator that copies has distances
// far below theirs.

import { writeFileAtomically } from '../files/atomic.js';
import { type Channels, grid, type Pixels, toPixels } from '../images/pixels.js';
import { encodePng } from '../images/png.js';
import { imageOf } from '../models/example.js';
import { toJson } from '../models/manifest.js';
import { type Neighbour, nearest } from './distances.js';
import { isMirrored, type Material, type Part } from './material.js';
import { describeNet, needsFeatures, needsImages, numberAt, type Protocol } from './protocol.js';
import { countOf, type Effort, type Rows, rowAt } from './rows.js';

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

export async function nearestOf(points: Rows, training: Rows, effort: Effort): Promise<Nearest> {
  const neighbours = (await nearest(points, training, 1, effort)).map(([first]) => first!);
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
 * A PNG of sample | nearest training image: above the closest pairs, where copies would show, below the first samples
 * as they come. Rows are [C, H, W] in [0, 1]. With `mirroredFrom` training images from that one on are mirrored ones,
 * and have a white frame.
 */
export function neighbourGrid(
  samples: Rows,
  training: Rows,
  neighbours: readonly Neighbour[],
  shape: Shape,
  mirroredFrom = Number.POSITIVE_INFINITY,
): Promise<Uint8Array> {
  const pairs = neighbours.map(({ index, distance }, sample) => ({ sample, index, distance }));
  const closest = pairs.toSorted((a, b) => a.distance - b.distance).slice(0, PAIRS * ROWS);
  const shown = [...closest, ...pairs.slice(0, PAIRS * ROWS)];
  const images = shown.flatMap(({ sample, index }) => [
    { image: pictureOf(samples, sample, shape) },
    { image: pictureOf(training, index, shape), isMirrored: index >= mirroredFrom },
  ]);
  return encodePng(gridOf(images, 2 * PAIRS));
}

interface Shown {
  readonly image: Pixels;
  readonly isMirrored?: boolean;
}

/** Two pixels lie between pictures; where any is mirrored, each picture has one of them for a frame. */
function gridOf(shown: readonly Shown[], columns: number): Pixels {
  const images = shown.map(({ image }) => image);
  if (!shown.some(({ isMirrored }) => isMirrored)) return grid(images, columns, 2);
  return grid(
    shown.map(({ image, isMirrored }) => framed(image, isMirrored ? 255 : 0)),
    columns,
  );
}

/** With a border of one pixel. */
function framed({ width, height, channels, data }: Pixels, level: number): Pixels {
  const [across, down] = [width + 2, height + 2];
  const wide = new Uint8Array(across * down * channels).fill(level);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width * channels, (y + 1) * width * channels);
    wide.set(row, ((y + 1) * across + 1) * channels);
  }
  return { width: across, height: down, channels, data: wide };
}

/** As Figure 2 of Goodfellow et al. 2014: four rows of five samples, as they come. */
const FIGURE = { rows: 4, samples: 5 } as const;

/** A PNG of rows of samples; the last picture of a row is the training image nearest to the sample beside it. */
export function neighbourRows(
  samples: Rows,
  training: Rows,
  neighbours: readonly Neighbour[],
  shape: Shape,
  mirroredFrom = Number.POSITIVE_INFINITY,
): Promise<Uint8Array> {
  const across = Math.min(FIGURE.samples, countOf(samples));
  const down = Math.min(FIGURE.rows, Math.floor(countOf(samples) / across));
  const images = Array.from({ length: down }, (_, row): Shown[] => {
    const own = Array.from({ length: across }, (_, column) => pictureOf(samples, row * across + column, shape));
    const { index } = neighbours[(row + 1) * across - 1]!;
    const near = { image: pictureOf(training, index, shape), isMirrored: index >= mirroredFrom };
    return [...own.map((image) => ({ image })), near];
  });
  return encodePng(gridOf(images.flat(), across + 1));
}

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
}

function pictureOf(rows: Rows, index: number, shape: Shape): Pixels {
  return toPixels(rowAt(rows, index), { ...shape, range: [0, 1] });
}

const SAMPLES = 1000;

export const neighboursProtocol: Protocol = {
  what: 'distance of 1,000 samples to the nearest training image, in pixels and, given a feature net, in its features',
  heeds: ['samples', 'split', 'features', 'picture'],
  refuses: async (material) => {
    if ((await material.isOwnData()) === false) return 'this is not the data that it was trained on';
    return needsImages(material);
  },
  samples: SAMPLES,
  needs: async (material) => ({
    real: countOf((await material.real('training', EVERYTHING)).rows),
    least: 6,
    enough: 100,
    because:
      'of fewer than 6 not even the whole range is a 95 % interval of their median, and of fewer than 100 the least distance is one of chance',
  }),
  async measure(material) {
    const { options } = material;
    const effort = material.effort('nearest');
    const held = (await material.split()) !== 'train';
    const net = (await needsFeatures(material)) === null ? await material.net() : null;
    const data = await material.dataset();
    const shown = await material.real('shown', EVERYTHING);
    const trained = countOf((await material.real('training', EVERYTHING)).rows);
    const samples = await material.samples(SAMPLES);
    const spaces = { pixels: pixelsOf(material), ...(net ? { features: featuresOf(material) } : {}) };
    const mirroredFrom = isMirrored(material.manifest) ? trained : undefined;
    const own: Record<string, DistanceSummary & { readonly mirrored?: number }> = {};
    const scale: Record<string, DistanceSummary> = {};
    const nothing: Record<string, DistanceSummary> = {};
    for (const [name, space] of Object.entries(spaces)) {
      const all = await space.real('shown', EVERYTHING);
      const { neighbours, summary } = await nearestOf(await space.samples(), all, effort);
      const mirror = neighbours.filter(({ index }) => index >= trained).length;
      own[name] = { ...summary, ...(mirroredFrom === undefined ? {} : { mirrored: mirror }) };
      if (name === 'pixels' && options.picture) {
        const shape = imageOf(material.manifest);
        const draw = options.pictureAs === 'rows' ? neighbourRows : neighbourGrid;
        await writeFileAtomically(options.picture, await draw(samples, all, neighbours, shape, mirroredFrom));
      }
      scale[name] = held
        ? (await nearestOf(await space.real('reference', SAMPLES), all, effort)).summary
        : await toOthers(await space.real('training', SAMPLES), all, trained, effort);
      nothing[name] = (await nearestOf(await space.noise(), all, effort)).summary;
    }
    return {
      dataset: {
        name: data.name,
        sha256: data.sha256,
        training: shown.name,
        ...(net ? { features: describeNet(net) } : {}),
      },
      figures: toJson({
        ...own,
        samples: countOf(samples),
        ...(held ? { heldOut: scale } : { others: scale }),
        knowsNothing: nothing,
      }),
    };
  },
  describe(figures) {
    const [key, whose] =
      'heldOut' in figures ? ['heldOut', 'held-out images'] : ['others', 'of training images to others'];
    const line = (space: string) => {
      const of = (...path: string[]) => numberAt(figures, ...path).toFixed(2);
      const mirrored = numberAt(figures, space, 'mirrored');
      const turned = Number.isNaN(mirrored) ? '' : `, ${mirrored} of them mirrored`;
      return `${space} median ${of(space, 'median')}, least ${of(space, 'min')}${turned} (${whose} ${of(key, space, 'median')}, ${of(key, space, 'min')}; noise ${of('knowsNothing', space, 'median')}, ${of('knowsNothing', space, 'min')})`;
    };
    const spaces = ['pixels', ...('features' in figures ? ['features'] : [])];
    return `Distance to the nearest training image: ${spaces.map(line).join('; ')}`;
  },
};

const EVERYTHING = Number.POSITIVE_INFINITY;

/** What is compared: rows of samples, and of a part of the data, `most` at the most. */
interface Space {
  samples(): Promise<Rows>;
  real(part: Part, most: number): Promise<Rows>;
  noise(): Promise<Rows>;
}

function pixelsOf(material: Material): Space {
  return {
    samples: () => material.samples(SAMPLES),
    real: async (part, most) => (await material.real(part, most)).rows,
    noise: () => material.noise(SAMPLES),
  };
}

function featuresOf(material: Material): Space {
  return {
    samples: async () => (await material.seenSamples(SAMPLES)).features,
    real: async (part, most) => (await material.seen(part, most)).features,
    noise: async () => (await material.seenNoise(SAMPLES)).features,
  };
}

/**
 * From the first of the training images to the nearest other of all that were shown, which are `trained` images, and as
 * many again where they are mirrored: neither an image itself nor its own mirror image is another.
 */
export async function toOthers(some: Rows, shown: Rows, trained: number, effort: Effort): Promise<DistanceSummary> {
  const found = await nearest(some, shown, Math.min(countOf(shown), 3), effort);
  const other = (near: readonly Neighbour[], image: number) => near.find(({ index }) => index % trained !== image);
  return summaryOf(found.flatMap((near, image) => other(near, image)?.distance ?? []));
}
