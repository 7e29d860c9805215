// What a person wants to know of data before training on it: how many examples of what, in which classes, and how they
// look.
import { type Channels, grid, type ImageShape, type Pixels, toPixels } from '../images/pixels.js';
import { resizeToHeight } from '../images/resize.js';
import { scatter } from '../images/scatter.js';
import type { Dataset } from './dataset.js';

export interface Summary {
  readonly name: string;
  readonly count: number;
  readonly shape: readonly number[];
  readonly range: readonly [low: number, high: number];
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  readonly sha256: string;
}

export function summaryOf({ name, count, shape, range, labels, classes = [], sha256 }: Dataset): Summary {
  const counts = new Array<number>(classes.length).fill(0);
  for (const label of labels ?? []) counts[label]! += 1;
  return { name, count, shape, range, classes: classes.map((of, i) => ({ name: of, count: counts[i]! })), sha256 };
}

/** Pictures across and down when there are no classes; with classes, the most columns, and pictures of each. */
const SIDE = 8;
const MOST_CLASSES = 36;
const POINTS = 10_000;

/**
 * A grid of the first images, a column for each class when there are classes; of vectors, a cloud of the first points.
 * Images of which a side is longer than `mostSide` are reduced to it.
 */
export async function previewOf(dataset: Dataset, mostSide = Number.POSITIVE_INFINITY): Promise<Pixels> {
  if (dataset.shape.length === 1) return cloudOf(dataset);
  const [channels, height, width] = dataset.shape as [Channels, number, number];
  const shown = Math.max(1, Math.round(height * Math.min(1, mostSide / Math.max(width, height))));
  const { indices, columns } = chosen(dataset);
  const images: (Pixels | null)[] = [];
  // A row at a time: hundreds of large images as floats are gigabytes.
  for (let at = 0; at < indices.length; at += columns) {
    const row = await imagesAt(dataset, indices.slice(at, at + columns), { width, height, channels });
    images.push(...row.map((image) => image && resizeToHeight(image, shown)));
  }
  const like = images.find((image) => image !== null)!;
  const blank: Pixels = { ...like, data: new Uint8Array(like.data.length) };
  return grid(
    images.map((image) => image ?? blank),
    columns,
    2,
  );
}

async function cloudOf(dataset: Dataset): Promise<Pixels> {
  const count = Math.min(POINTS, dataset.count);
  const points = new Float32Array(count * dataset.shape[0]!);
  await dataset.read(
    Uint32Array.from({ length: count }, (_, i) => i),
    points,
  );
  return scatter(points, dataset.shape[0]!);
}

/** Null where there is none. */
async function imagesAt(
  dataset: Dataset,
  indices: readonly (number | null)[],
  shape: ImageShape,
): Promise<(Pixels | null)[]> {
  const shown = indices.filter((index) => index !== null);
  const size = shape.channels * shape.height * shape.width;
  const values = new Float32Array(shown.length * size);
  await dataset.read(shown, values);
  let next = 0;
  return indices.map((index) => {
    if (index === null) return null;
    const at = next++ * size;
    return toPixels(values.subarray(at, at + size), { ...shape, range: dataset.range });
  });
}

/** Row by row; null where a class has no more examples. */
function chosen({ count, labels, classes }: Dataset): { indices: (number | null)[]; columns: number } {
  if (!labels || !classes) {
    const all = Array.from({ length: Math.min(SIDE * SIDE, count) }, (_, i) => i);
    return { indices: all, columns: SIDE };
  }
  const columns = Math.min(classes.length, MOST_CLASSES);
  const byClass = Array.from({ length: columns }, () => [] as number[]);
  for (const [index, label] of labels.entries()) {
    if (label < columns && byClass[label]!.length < SIDE) byClass[label]!.push(index);
  }
  const rows = Math.max(...byClass.map(({ length }) => length));
  return {
    indices: Array.from({ length: rows * columns }, (_, i) => byClass[i % columns]![Math.floor(i / columns)] ?? null),
    columns,
  };
}
