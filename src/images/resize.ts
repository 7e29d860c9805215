// Resizing of 8-bit pixels in plain arithmetic, so that the result never depends on a codec's version: enlarging keeps
// every pixel a sharp rectangle, reducing averages all that a new pixel covers. It knows no file format.

import { MAX_RASTER_SIDE } from './limits.js';
import { checkInteger, checkPixels, type ImageShape, type Pixels } from './pixels.js';

/** The width, at least 1, that keeps an image's proportions when it becomes `height` pixels tall. */
export function widthAtHeight(image: ImageShape, height: number): number {
  return Math.max(1, Math.round((image.width * height) / image.height));
}

/** The same picture `height` pixels tall, its width in proportion. */
export function resizeToHeight(pixels: Pixels, height: number): Pixels {
  if (height === pixels.height) return pixels;
  const width = widthAtHeight(pixels, height);
  return height > pixels.height ? resizeNearest(pixels, width, height) : resizeArea(pixels, width, height);
}

/**
 * Nearest neighbour: each new pixel takes the old pixel that its centre falls into. An integer factor turns every pixel
 * into a square; any other factor leaves some rows and columns one pixel wider than others, but invents no colour.
 */
export function resizeNearest(pixels: Pixels, width: number, height: number): Pixels {
  checkSizes(pixels, width, height);
  const { channels, data: source } = pixels;
  const columns = new Uint32Array(width);
  for (let x = 0; x < width; x++) columns[x] = nearest(x, pixels.width, width) * channels;

  const rowBytes = width * channels;
  const data = new Uint8Array(height * rowBytes);
  let filledFrom = -1; // the source row that the row above was made of
  for (let y = 0; y < height; y++) {
    const row = nearest(y, pixels.height, height);
    const at = y * rowBytes;
    if (row === filledFrom) {
      data.copyWithin(at, at - rowBytes, at);
      continue;
    }
    filledFrom = row;
    const from = row * pixels.width * channels;
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < channels; channel++) {
        data[at + x * channels + channel] = source[from + columns[x]! + channel]!;
      }
    }
  }
  return { width, height, channels, data };
}

/**
 * Each new pixel is the mean of the area it covers, partly covered pixels counted by their share, and transparent ones
 * by their alpha: what is behind them does not show. For reducing.
 */
export function resizeArea(pixels: Pixels, width: number, height: number): Pixels {
  checkSizes(pixels, width, height);
  const { channels, data } = pixels;
  const isTransparent = channels === 4;
  const means = areaMeans({ ...pixels, data: isTransparent ? multiplied(data) : data }, width, height);
  if (isTransparent) divide(means);
  return { width, height, channels, data: Uint8Array.from(means, Math.round) };
}

/** RGBA with its colours times their alpha in [0, 1]. */
function multiplied(rgba: Uint8Array): Float64Array {
  return Float64Array.from(rgba, (value, i) => (i % 4 === 3 ? value : (value * rgba[i - (i % 4) + 3]!) / 255));
}

/** In place, the other way round. */
function divide(rgba: Float64Array): void {
  for (let at = 0; at < rgba.length; at += 4) {
    const alpha = rgba[at + 3]!;
    for (let i = at; i < at + 3; i++) rgba[i] = alpha > 0 ? (rgba[i]! * 255) / alpha : 0;
  }
}

function areaMeans(
  pixels: ImageShape & { readonly data: ArrayLike<number> },
  width: number,
  height: number,
): Float64Array {
  const { channels, data: source } = pixels;
  const across = spans(pixels.width, width);
  const down = spans(pixels.height, height);

  // Columns first: [H, newW, C] of means, then rows: [newH, newW, C].
  const narrow = new Float64Array(pixels.height * width * channels);
  for (let y = 0; y < pixels.height; y++) {
    for (const [x, span] of across.entries()) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (const [i, share] of span.shares.entries()) {
          sum += share * source[(y * pixels.width + span.start + i) * channels + channel]!;
        }
        narrow[(y * width + x) * channels + channel] = sum;
      }
    }
  }
  const rowLength = width * channels;
  const means = new Float64Array(height * rowLength);
  for (const [y, span] of down.entries()) {
    for (let i = 0; i < rowLength; i++) {
      let sum = 0;
      for (const [j, share] of span.shares.entries()) sum += share * narrow[(span.start + j) * rowLength + i]!;
      means[y * rowLength + i] = sum;
    }
  }
  return means;
}

interface Span {
  readonly start: number;
  readonly shares: readonly number[]; // of source pixels start, start + 1, …; they add up to 1
}

/** For each of `to` new pixels: the run of `from` old pixels that it covers, and the share of each. */
function spans(from: number, to: number): Span[] {
  const step = from / to;
  return Array.from({ length: to }, (_, index) => {
    const low = (index * from) / to;
    const high = ((index + 1) * from) / to;
    const start = Math.floor(low);
    const end = Math.min(from, Math.ceil(high));
    const shares: number[] = [];
    for (let i = start; i < end; i++) shares.push((Math.min(high, i + 1) - Math.max(low, i)) / step);
    return { start, shares };
  });
}

function nearest(index: number, from: number, to: number): number {
  return Math.floor(((2 * index + 1) * from) / (2 * to)); // integers throughout: no rounding error
}

function checkSizes(pixels: Pixels, width: number, height: number): void {
  checkPixels(pixels);
  checkInteger('the new width in pixels', width, 1, MAX_RASTER_SIDE);
  checkInteger('the new height in pixels', height, 1, MAX_RASTER_SIDE);
}
