// How well a model completes images, measured on its exported graph: held-out images under every kind of mask, several
// completions of each, and a picture of some of them.

import { type Dataset, readAll, slice } from '../../datasets/dataset.js';
import { Session } from '../../engine/session.js';
import { float32 } from '../../engine/tensor.js';
import type { FeatureNet } from '../../evaluation/features.js';
import { countOf, mean, meanRow, type Rows, rowAt } from '../../evaluation/rows.js';
import { type Channels, grid, type Pixels, toPixels } from '../../images/pixels.js';
import { encodePng } from '../../images/png.js';
import { fillMask, MASK_KINDS, type MaskKind, numbersOfMask } from '../../random/masks.js';
import { fillStream, streamOf } from '../../random/noise.js';
import { Reporter } from '../../work.js';
import type { Fixed } from './fixed-model.js';

export interface CompletionOptions {
  readonly fixed: Fixed;
  /** The exported graph `inpaint`. */
  readonly inpaint: Uint8Array;
  /** Images that it was not trained on, in the units of the networks. */
  readonly held: Dataset;
  readonly seed: number;
  readonly threads: number;
  /** A classifier of the same classes that had no part in the training: says what completions are read as. */
  readonly reader?: FeatureNet | null;
}

/** Squares are of hidden pixels, black at 0 and full intensity at 1. */
export interface CompletionRow {
  readonly mask: MaskKind;
  readonly images: number;
  /** Share of the pixels that are hidden. */
  readonly hidden: number;
  /** Mean squared difference from what was hidden: of one completion, of the nearest of all, and of the mean image. */
  readonly error: number;
  readonly nearest: number;
  readonly errorOfMean: number;
  /** Mean squared difference of two completions of one image, and of what two other images have in its place. */
  readonly spread: number;
  readonly spreadOfImages: number;
  /** The largest difference of a known pixel from what it was: 0. */
  readonly known: number;
  /** Share that the reader takes for the class that it takes the image for: of all completions… */
  readonly read?: number;
  /** …and of images whose hidden pixels are those of the mean image. */
  readonly readOfMean?: number;
}

const IMAGES = 500;
export const COMPLETIONS = 8;

export async function measureCompletions(
  options: CompletionOptions,
  report = new Reporter({}),
): Promise<CompletionRow[]> {
  const { fixed, held, inpaint, seed, threads } = options;
  const images = await firstImages(held, IMAGES);
  const graph = await Session.load(inpaint, { threads });
  const [low, high] = fixed.recipe.data.range;
  const unit = (high - low) ** 2;
  const average = meanRow(images);
  try {
    const rows: CompletionRow[] = [];
    report.phase('measuring', 'kinds of masks', MASK_KINDS.length);
    for (const kind of MASK_KINDS) {
      report.throwIfStopped();
      const masks = masksOf(kind, fixed, countOf(images), seed);
      const made = await completions(graph, fixed, images, masks, seed);
      const row = rowOf(kind, images, masks, made, average, unit);
      rows.push({ ...row, ...(await readingOf(options, images, masks, made, average)) });
      report.progress(rows.length);
    }
    return rows;
  } finally {
    await graph.release();
  }
}

/**
 * One row an image: itself, what is known of it (the rest in the middle of the range), and completions. The kinds of
 * masks take turns.
 */
export async function completionGrid(options: CompletionOptions, count = 12): Promise<Uint8Array> {
  const { fixed, held, inpaint, seed, threads } = options;
  const { images, masks, known } = await masked(fixed, held, count, seed);
  const rows = countOf(images);
  const [low, high] = fixed.recipe.data.range;
  const [channels, height, width] = fixed.shape as [Channels, number, number];
  const graph = await Session.load(inpaint, { threads });
  try {
    const made = await completions(graph, fixed, images, masks, seed);
    const pixels = (data: Rows, row: number): Pixels =>
      toPixels(rowAt(data, row), { channels, height, width, range: [low, high] });
    const cells = Array.from({ length: rows }, (_, row) =>
      [images, { data: known, size: images.size }, ...made].map((data) => pixels(data, row)),
    );
    return encodePng(grid(cells.flat(), 2 + COMPLETIONS, 2));
  } finally {
    await graph.release();
  }
}

/** The first held-out images, their masks, and what is known of them, the rest in the middle of the range. */
export async function maskedExamples(fixed: Fixed, held: Dataset, count: number, seed: number) {
  const { images, masks, known } = await masked(fixed, held, count, seed);
  return { real: images.data, mask: masks.data, known };
}

async function masked(fixed: Fixed, held: Dataset, count: number, seed: number) {
  const images = await firstImages(held, count);
  const masks = turnsOf(fixed, countOf(images), seed);
  const [low, high] = fixed.recipe.data.range;
  const known = images.data.map((value, i) => (maskAt(masks, images, i) === 1 ? value : (low + high) / 2));
  return { images, masks, known };
}

async function firstImages(held: Dataset, most: number): Promise<Rows> {
  const part = slice(held, 0, Math.min(most, held.count));
  const data = await readAll(part);
  return { data, size: data.length / part.count };
}

/** A mask of the kind for each of `count` images. */
function masksOf(kind: MaskKind, fixed: Fixed, count: number, seed: number): Rows {
  const shape = [1, ...fixed.shape.slice(1)];
  const numbers: Rows = { data: new Float32Array(count * numbersOfMask(shape)), size: numbersOfMask(shape) };
  fillStream(numbers.data, streamOf(seed, `inpainter/${kind}`), { kind: 'uniform', low: 0, high: 1, shape: [] });
  const size = fixed.shape[1]! * fixed.shape[2]!;
  const masks: Rows = { data: new Float32Array(count * size), size };
  for (let row = 0; row < count; row++) fillMask(rowAt(masks, row), kind, shape, rowAt(numbers, row));
  return masks;
}

/** The first kind for the first image, the second for the second, and so on round. */
function turnsOf(fixed: Fixed, count: number, seed: number): Rows {
  const each = MASK_KINDS.map((kind) => masksOf(kind, fixed, count, seed));
  const { size } = each[0]!;
  const masks: Rows = { data: new Float32Array(count * size), size };
  for (let row = 0; row < count; row++) masks.data.set(rowAt(each[row % each.length]!, row), row * size);
  return masks;
}

/** The mask's value at place i of the images. */
function maskAt(masks: Rows, images: Rows, i: number): number {
  return masks.data[Math.floor(i / images.size) * masks.size + ((i % images.size) % masks.size)]!;
}

/** All images completed, COMPLETIONS times over. */
async function completions(graph: Session, fixed: Fixed, images: Rows, masks: Rows, seed: number): Promise<Rows[]> {
  const count = countOf(images);
  const latent = fixed.prior.shape[0]!;
  const made: Rows[] = [];
  for (let turn = 0; turn < COMPLETIONS; turn++) {
    const z = new Float32Array(count * latent);
    fillStream(z, streamOf(seed, 'inpainter/measure', turn), fixed.prior);
    const { completed } = await graph.run({
      image: float32([count, ...fixed.shape], images.data),
      mask: float32([count, 1, ...fixed.shape.slice(1)], masks.data),
      z: float32([count, latent], z),
    });
    made.push({ data: completed!.data as Float32Array<ArrayBuffer>, size: images.size });
  }
  return made;
}

type Reading = Pick<CompletionRow, 'read' | 'readOfMean'>;

async function readingOf(
  { fixed, reader }: CompletionOptions,
  images: Rows,
  masks: Rows,
  made: readonly Rows[],
  average: Float64Array,
): Promise<Reading> {
  if (!reader) return {};
  const [channels, height, width] = fixed.shape as [Channels, number, number];
  const [low, high] = fixed.recipe.data.range;
  const classesOf = async ({ data, size }: Rows) => {
    const unit = { data: data.map((value) => (value - low) / (high - low)), size };
    return (await reader.see(unit, { channels, height, width })).classes!;
  };
  const wanted = await classesOf(images);
  const share = async (rows: Rows) => mean((await classesOf(rows)).map((found, i) => Number(found === wanted[i])));
  const blurred = images.data.map((value, i) => (maskAt(masks, images, i) === 1 ? value : average[i % images.size]!));
  const shares: number[] = [];
  for (const rows of made) shares.push(await share(rows));
  return { read: mean(shares), readOfMean: await share({ data: blurred, size: images.size }) };
}

function rowOf(
  mask: MaskKind,
  images: Rows,
  masks: Rows,
  made: readonly Rows[],
  average: Float64Array,
  unit: number,
): CompletionRow {
  const count = countOf(images);
  const size = images.size;
  let hidden = 0;
  let known = 0;
  for (let i = 0; i < images.data.length; i++) {
    if (maskAt(masks, images, i) === 0) hidden++;
    else for (const { data } of made) known = Math.max(known, Math.abs(data[i]! - images.data[i]!));
  }
  // Sums over the hidden pixels of image `row`: every image counts as much as it has hidden pixels.
  const sum = (row: number, difference: (i: number, pixel: number) => number) => {
    let total = 0;
    for (let pixel = 0; pixel < size; pixel++) {
      const i = row * size + pixel;
      if (maskAt(masks, images, i) === 0) total += difference(i, pixel) ** 2;
    }
    return total;
  };
  const total = (of: (row: number) => number) => {
    let all = 0;
    for (let row = 0; row < count; row++) all += of(row);
    return all / hidden / unit;
  };
  const errorOf = (data: Rows['data'], row: number) => sum(row, (i) => data[i]! - images.data[i]!);
  const other = (row: number, steps: number, pixel: number) => images.data[((row + steps) % count) * size + pixel]!;
  return {
    mask,
    images: count,
    hidden: hidden / images.data.length,
    error: total((row) => errorOf(made[0]!.data, row)),
    nearest: total((row) => Math.min(...made.map(({ data }) => errorOf(data, row)))),
    errorOfMean: total((row) => sum(row, (i, pixel) => average[pixel]! - images.data[i]!)),
    spread: mean(
      made.slice(1).map(({ data }, turn) => total((row) => sum(row, (i) => data[i]! - made[turn]!.data[i]!))),
    ),
    spreadOfImages: total((row) => sum(row, (_, pixel) => other(row, 1, pixel) - other(row, 2, pixel))),
    known,
  };
}
