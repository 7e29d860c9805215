// Pixels: 8-bit images as typed arrays, and the way from a network's floats to them and back. It is plain arithmetic:
// it knows no file format and no codec. Every function returns a new image that the caller owns.

import { expected, GanymedeError } from '../errors.js';
import { MAX_RASTER_SIDE } from './limits.js';

/** 1 = grey, 3 = sRGB, 4 = sRGB and alpha, not multiplied by it. */
export type Channels = 1 | 3 | 4;

/** What becomes of transparency where it is not kept: a background shows through, or colours count as if opaque. */
export type Flattening = 'black' | 'white' | 'drop';

/** Rows top to bottom, pixels left to right, channels interleaved ([H, W, C]). */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
  readonly data: Uint8Array;
}

/** Pixels of a file; `damage` says what is wrong with one that could be read all the same. */
export interface Decoded extends Pixels {
  readonly damage?: string;
}

/** An image of which the header alone was read. */
export interface Unread {
  readonly width: number;
  readonly height: number;
  /**
   * Grey, RGB or RGBA as the file has it. Undefined when it turns out to be damaged, or not what the header promised.
   */
  read(): Promise<Pixels | undefined>;
}

/** The values that a network uses for black and for full intensity, such as [-1, 1]. */
export type ValueRange = readonly [low: number, high: number];

export interface ImageShape {
  readonly width: number;
  readonly height: number;
  readonly channels: Channels;
}

/** What an image is read as. */
export interface ReadShape extends ImageShape {
  /** Of transparency, where there are fewer than 4 channels; black without it. */
  readonly alpha?: Flattening | undefined;
}

/**
 * [C, H, W] floats in `range` → 8-bit pixels. Values outside the range are clamped, since a tanh or a truncation may
 * overshoot a little; a value that is not finite is refused, since it means that the network is broken.
 */
export function toPixels(chw: Float32Array, image: ImageShape & { readonly range: ValueRange }): Pixels {
  const { width, height, channels } = image;
  checkShape(image);
  const [low, high] = checkRange(image.range);
  const plane = width * height;
  if (chw.length !== plane * channels) {
    throw expected(`${plane * channels} values (${channels}×${height}×${width}) for an image`, chw.length);
  }

  const data = new Uint8ClampedArray(plane * channels); // clamps, and rounds halves to even
  const scale = 255 / (high - low);
  for (let channel = 0; channel < channels; channel++) {
    for (let i = 0, at = channel; i < plane; i++, at += channels) {
      const level = (chw[channel * plane + i]! - low) * scale;
      if (!(Math.abs(level) < Number.POSITIVE_INFINITY)) {
        throw notFinite(chw[channel * plane + i]!, channel, Math.floor(i / width), i % width);
      }
      data[at] = level;
    }
  }
  return { width, height, channels, data: new Uint8Array(data.buffer) };
}

/** 8-bit pixels → [C, H, W] floats in `range`: 0 becomes its low end and 255 its high end. */
export function fromPixels(pixels: Pixels, range: ValueRange): Float32Array {
  checkPixels(pixels);
  const [low, high] = checkRange(range);
  const { width, height, channels, data } = pixels;
  const plane = width * height;
  const values = new Float32Array(256); // of each level: a look-up takes a third of the time of its arithmetic
  for (let level = 0; level < 256; level++) values[level] = low + (level / 255) * (high - low);
  const chw = new Float32Array(plane * channels);
  for (let channel = 0; channel < channels; channel++) {
    const at = channel * plane;
    for (let i = 0, from = channel; i < plane; i++, from += channels) chw[at + i] = values[data[from]!]!;
  }
  return chw;
}

/**
 * Grey as R = G = B, or colour as grey by the luma of Rec. 601, as in Pillow's mode L. Alpha is 255 where there was
 * none.
 */
export function withChannels<P extends Pixels>(pixels: P, channels: Channels, alpha: Flattening = 'black'): P {
  if (pixels.channels === channels) return { ...pixels, data: new Uint8Array(pixels.data) };
  if (pixels.channels === 4) return withChannels({ ...pixels, channels: 3, data: flat(pixels.data, alpha) }, channels);
  if (channels === 4) return { ...pixels, channels, data: opaque(withChannels(pixels, 3).data) };
  return { ...pixels, channels, data: channels === 1 ? luma(pixels.data) : tripled(pixels.data) };
}

/**
 * Lays images of one shape out row by row, `columns` to a row, with `gap` black pixels between neighbours, or
 * transparent ones.
 */
export function grid(images: readonly Pixels[], columns: number, gap = 0): Pixels {
  const shape = checkSameShape(images, 'a grid');
  checkInteger('the columns of a grid', columns, 1, Number.MAX_SAFE_INTEGER);
  checkInteger('the gap of a grid in pixels', gap, 0, 64);
  const { width, height, channels } = shape;
  const across = Math.min(columns, images.length);
  const down = Math.ceil(images.length / across);
  const gridWidth = across * (width + gap) - gap;
  const gridHeight = down * (height + gap) - gap;

  const data = new Uint8Array(gridWidth * gridHeight * channels);
  for (const [index, image] of images.entries()) {
    const left = (index % across) * (width + gap);
    const top = Math.floor(index / across) * (height + gap);
    for (let y = 0; y < height; y++) {
      const row = image.data.subarray(y * width * channels, (y + 1) * width * channels);
      data.set(row, ((top + y) * gridWidth + left) * channels);
    }
  }
  return { width: gridWidth, height: gridHeight, channels, data };
}

/** Images of one shape one below the other. */
export function stack(images: readonly Pixels[]): Pixels & { readonly data: Uint8Array<ArrayBuffer> } {
  const { width, height, channels } = checkSameShape(images, 'a stack');
  const data = new Uint8Array(width * height * channels * images.length);
  for (const [index, image] of images.entries()) data.set(image.data, index * image.data.length);
  return { width, height: height * images.length, channels, data };
}

/** Red, green and blue weigh 0.299, 0.587 and 0.114; they add up to 1, so a grey pixel keeps its value. */
function luma(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = Math.round((299 * rgb[3 * i]! + 587 * rgb[3 * i + 1]! + 114 * rgb[3 * i + 2]!) / 1000);
  }
  return grey;
}

/** Each value times its alpha and the background times the rest, rounded down as libvips does. */
function flat(rgba: Uint8Array, alpha: Flattening): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  const background = alpha === 'white' ? 255 : 0;
  for (let from = 0, at = 0; from < rgba.length; from += 4, at += 3) {
    const share = alpha === 'drop' ? 255 : rgba[from + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      rgb[at + channel] = Math.floor((rgba[from + channel]! * share + background * (255 - share)) / 255);
    }
  }
  return rgb;
}

function opaque(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4).fill(255);
  for (let i = 0; 3 * i < rgb.length; i++) rgba.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i);
  return rgba;
}

function tripled(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(3 * grey.length);
  for (const [i, value] of grey.entries()) rgb.fill(value, 3 * i, 3 * i + 3);
  return rgb;
}

/** Refuses pixels whose data does not fill their shape. */
export function checkPixels(pixels: Pixels): void {
  checkShape(pixels);
  const wanted = pixels.width * pixels.height * pixels.channels;
  if (pixels.data.length !== wanted) {
    throw expected(
      `${wanted} bytes for ${pixels.width}×${pixels.height} pixels of ${pixels.channels} channel(s)`,
      pixels.data.length,
    );
  }
}

export function checkShape({ width, height, channels }: ImageShape): void {
  checkInteger('the width of an image', width, 1, MAX_RASTER_SIDE);
  checkInteger('the height of an image', height, 1, MAX_RASTER_SIDE);
  if (![1, 3, 4].includes(channels)) throw expected('1 (grey), 3 (RGB) or 4 (RGBA) channels', channels);
}

/** Returns the shape that all images share, or refuses an empty list or the first image that differs. */
export function checkSameShape(images: readonly Pixels[], purpose: string): ImageShape {
  const first = images[0];
  if (first === undefined) throw expected(`at least one image for ${purpose}`, 0);
  for (const [index, image] of images.entries()) {
    checkPixels(image);
    if (image.width !== first.width || image.height !== first.height || image.channels !== first.channels) {
      throw new GanymedeError(
        'BAD_USER_INPUT',
        `Expected images of one shape for ${purpose}, ${describe(first)}, but received ${describe(image)} at ${index}.`,
      );
    }
  }
  return first;
}

export function checkInteger(what: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    const range =
      high === Number.MAX_SAFE_INTEGER ? `an integer of at least ${low}` : `an integer in [${low}, ${high}]`;
    throw expected(`${what} to be ${range}`, value);
  }
}

function checkRange(range: ValueRange): ValueRange {
  const [low, high] = range;
  if (!Number.isFinite(low) || !Number.isFinite(high) || low >= high) {
    throw expected('a value range of two finite numbers, the lower one first', [low, high].map(String));
  }
  return range;
}

function describe({ width, height, channels }: ImageShape): string {
  return `${width}×${height} with ${channels} channel(s)`;
}

function notFinite(value: number, channel: number, row: number, column: number): GanymedeError {
  return new GanymedeError(
    'NOT_FINITE',
    `Expected finite values in an image but received ${value} at channel ${channel}, row ${row}, column ${column}.`,
  );
}
