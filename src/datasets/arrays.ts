// Arrays of numbers as a Dataset: images [N, H, W], [N, H, W, C] or [N, C, H, W], vectors [N, n], or numbers [N], with
// labels [N] beside them. Arrays of up to 256 MB are held, larger ones are read row by row.
import { createHash } from 'node:crypto';
import { byteImages } from './byte-images.js';
import { checkRead, type Dataset, numbered } from './dataset.js';
import { DTYPES, type Dtype, type NpyArray } from './npy.js';
import { invalid } from './refusal.js';
import { CACHE_BYTES } from './row-cache.js';

export type Layout = 'nhwc' | 'nchw';

export interface ArrayOptions {
  readonly range: readonly [number, number];
  /** Where the channels of a four-dimensional array are; needed only when its shape leaves it open. */
  readonly layout?: Layout;
  /** What black and full intensity are in the array; told from what occurs without it. */
  readonly scale?: readonly [number, number];
  readonly signal?: AbortSignal;
}

export async function openArrays(images: NpyArray, labels: NpyArray | null, options: ArrayOptions): Promise<Dataset> {
  const count = images.shape[0]!;
  const pass = await inspect(images, options.signal);
  const classes = labels ? await readLabels(labels, count, images.name) : {};
  const common = { name: images.name, count, sha256: pass.sha256, ...classes };
  if (images.shape.length <= 2) return vectors(images, pass, common);
  const picture = pictureOf(images, options.layout);

  const [from, to] = options.scale
    ? within(options.scale, pass, images.name)
    : scaleOf(images.dtype, pass, images.name);
  if (images.dtype === 'u1' && from === 0 && to === 255) {
    return byteImages(
      {
        ...common,
        ...picture,
        rows: async (indices, use) => {
          for (let row = 0; row < indices.length; row++) use(row, await pass.row(indices[row]!));
        },
      },
      options.range,
    );
  }
  const [low, high] = options.range;
  const scale = (high - low) / (to - from);
  const { channels, height, width, layout } = picture;
  const plane = height * width;
  const size = channels * plane;
  return {
    ...common,
    shape: [channels, height, width],
    range: options.range,
    async read(indices, out) {
      checkRead(common.name, count, size, indices, out);
      for (let row = 0; row < indices.length; row++) {
        const values = numbersOf(await pass.row(indices[row]!), images.dtype);
        for (let i = 0; i < size; i++) {
          // i counts planes; in nhwc the channels of one pixel lie side by side.
          const at = layout === 'chw' ? i : (i % plane) * channels + Math.floor(i / plane);
          out[row * size + i] = low + (Math.min(Math.max(values[at]!, from), to) - from) * scale;
        }
      }
    },
  };
}

/** Vectors keep their values; their range is what occurs. */
function vectors(array: NpyArray, pass: Pass, common: Pick<Dataset, 'name' | 'count' | 'sha256'>): Dataset {
  const size = array.shape[1] ?? 1;
  return {
    ...common,
    shape: [size],
    range: [pass.least, pass.most > pass.least ? pass.most : pass.least + 1],
    async read(indices, out) {
      checkRead(common.name, common.count, size, indices, out);
      for (let row = 0; row < indices.length; row++) {
        out.set(numbersOf(await pass.row(indices[row]!), array.dtype), row * size);
      }
    },
  };
}

interface Pass {
  readonly sha256: string;
  readonly least: number;
  readonly most: number;
  row(index: number): Promise<Uint8Array>;
}

/** Rows are read in chunks of about this many bytes when the array is inspected. */
const CHUNK_BYTES = 2 ** 22;

/** One pass over the array: checksum, extremes, and, when it is small, the bytes themselves. */
async function inspect(array: NpyArray, signal: AbortSignal | undefined): Promise<Pass> {
  const count = array.shape[0]!;
  const total = count * array.rowBytes;
  const held = total <= CACHE_BYTES ? new Uint8Array(total) : null;
  const hash = createHash('sha256').update(`${array.dtype} ${array.shape.join(' ')}\n`);
  const perChunk = Math.max(1, Math.floor(CHUNK_BYTES / array.rowBytes));
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let from = 0; from < count; from += perChunk) {
    signal?.throwIfAborted();
    const bytes = await array.rows(from, Math.min(count, from + perChunk));
    hash.update(bytes);
    held?.set(bytes, from * array.rowBytes);
    const values = array.dtype === 'u1' ? bytes : numbersOf(bytes, array.dtype);
    for (let at = 0; at < values.length; at++) {
      const value = values[at]!;
      if (!Number.isFinite(value)) {
        const row = from + Math.floor((at * DTYPES[array.dtype].bytes) / array.rowBytes);
        throw invalid(array.name, 'finite values', `${value} in row ${row}, counted from 0`);
      }
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  return {
    sha256: hash.digest('hex'),
    least,
    most,
    row: async (index) =>
      held ? held.subarray(index * array.rowBytes, (index + 1) * array.rowBytes) : array.rows(index, index + 1),
  };
}

interface Picture {
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  readonly layout: 'chw' | 'hwc';
}

/** Which axis is which. Of four, the last or the second has the 1 or 3 channels; when both fit, it must be said. */
function pictureOf({ name, shape }: NpyArray, layout: Layout | undefined): Picture {
  const [, a, b, c] = shape as [number, number, number, number?];
  if (shape.length === 3) return { channels: 1, height: a, width: b, layout: 'chw' };
  const fits = (n: number | undefined): n is 1 | 3 => n === 1 || n === 3;
  if (shape.length === 4 && c !== undefined) {
    if (!layout && fits(a) && fits(c)) {
      throw invalid(name, 'layout=nhwc or layout=nchw, since both fit', `shape (${shape.join(', ')})`);
    }
    if (fits(c) && layout !== 'nchw') return { channels: c, height: a, width: b, layout: 'hwc' };
    if (fits(a) && layout !== 'nhwc') return { channels: a, height: b, width: c, layout: 'chw' };
  }
  throw invalid(
    name,
    `images (N, H, W), (N, H, W, C) or (N, C, H, W) with 1 or 3 channels, vectors (N, n) or numbers (N)`,
    `shape (${shape.join(', ')})${layout ? ` with layout=${layout}` : ''}`,
  );
}

/** Of a scale's width, by which rounding may leave it: half precision has eleven bits. */
const ROUNDING = 1e-3;
/**
 * Of a scale's width, by which values may leave a scale that was asked for, as resizing makes them; they are cut off.
 */
const OVERSHOOT = 0.1;

/**
 * The values of black and full intensity in images that are not bytes, told from what occurs, if that is clear: floats
 * up to 1 are [0, 1], or [−1, 1] if some are well below 0; floats well above 1 are levels, as integers are.
 */
function scaleOf(dtype: Dtype, { least, most }: Pass, name: string): readonly [number, number] {
  const lies = (low: number, high: number) =>
    least >= low - ROUNDING * (high - low) && most <= high + ROUNDING * (high - low);
  if (dtype.startsWith('f') || dtype === 'b1') {
    if (lies(0, 1)) return [0, 1];
    if (lies(-1, 1) && least < -0.5) return [-1, 1];
    if (lies(0, 255) && most > 16) return [0, 255];
  } else if (least >= 0 && most <= 255 && most !== 1) return [0, 255]; // 0 and 1 alone are more often black and white
  throw invalid(
    name,
    'pixels that are clearly in [0, 1], [-1, 1] or [0, 255], or a setting such as range=0..1 that says what black and full intensity are,',
    `values in [${least}, ${most}]`,
  );
}

function within(scale: readonly [number, number], { least, most }: Pass, name: string): readonly [number, number] {
  const [low, high] = scale;
  const beyond = OVERSHOOT * (high - low);
  if (least >= low - beyond && most <= high + beyond) return scale;
  throw invalid(name, `values in range=${low}..${high}`, `values in [${least}, ${most}]`);
}

/** Larger ones are more often something else than a class. */
const MOST_LABEL = 2 ** 31 - 1;

async function readLabels(
  array: NpyArray,
  count: number,
  imagesName: string,
): Promise<Required<Pick<Dataset, 'labels' | 'classes'>>> {
  const flat = array.shape.length === 1 || (array.shape.length === 2 && array.shape[1] === 1);
  if (!flat || array.shape[0] !== count) {
    throw invalid(
      array.name,
      `${count} labels, one for each example of ${imagesName}`,
      `shape (${array.shape.join(', ')})`,
    );
  }
  const values = numbersOf(await array.rows(0, count), array.dtype);
  for (const value of values) {
    if (Number.isInteger(value) && value >= 0 && value <= MOST_LABEL) continue;
    throw invalid(array.name, 'whole numbers from 0 as labels', String(value));
  }
  return numbered(values);
}

function numbersOf(bytes: Uint8Array, dtype: Dtype): Float64Array {
  const { bytes: width, at } = DTYPES[dtype];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float64Array(bytes.byteLength / width);
  for (let i = 0; i < out.length; i++) out[i] = at(view, i * width);
  return out;
}
