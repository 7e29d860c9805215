// What is known of an image that is to be completed: [H, W] with 1 where a pixel is given and 0 where it is hidden, as
// the graph `inpaint` takes it. It comes from a rectangle, a half, or another image.

import { expected, type GanymedeError } from '../errors.js';
import type { Pixels } from '../images/image.js';
import { resizeNearest } from '../images/resize.js';

export const HALVES = ['top', 'bottom', 'left', 'right'] as const;
export type Half = (typeof HALVES)[number];

interface Size {
  readonly width: number;
  readonly height: number;
}

/** In pixels of the model's image, from its top left corner. */
export interface Rectangle extends Size {
  readonly x: number;
  readonly y: number;
}

/** Hides the pixels inside a rectangle, which lies within the image. */
export function outsideOf({ x, y, width, height }: Rectangle, image: Size): Float32Array {
  const fits = [x, y, width, height].every(Number.isInteger) && x >= 0 && y >= 0 && width >= 1 && height >= 1;
  if (!fits || x + width > image.width || y + height > image.height) {
    throw expected(
      `a rectangle of at least one pixel within the model’s ${image.width}×${image.height}`,
      `${width}×${height} pixels at (${x}, ${y})`,
    );
  }
  return knownWhere(image, (column, row) => column < x || column >= x + width || row < y || row >= y + height);
}

/** Hides a half; of an odd number of rows or columns the middle one belongs to the top or left half. */
export function otherHalf(half: Half, image: Size): Float32Array {
  const first = half === 'top' || half === 'left';
  const vertical = half === 'left' || half === 'right';
  return knownWhere(image, (x, y) => (vertical ? 2 * x < image.width : 2 * y < image.height) !== first);
}

/**
 * A pixel of half the intensity or more counts as white. Other sizes are brought to that of `image` as images are,
 * scaled to cover it and cropped to the centre, but by nearest neighbour: so a mask of an image's own size still fits
 * it.
 */
export function whiteOf(mask: Pixels, white: 'known' | 'hidden', image: Size): Float32Array {
  const { data } = resizeNearest(centreOf(mask, image), image.width, image.height);
  return Float32Array.from(data, (level) => Number(level >= 128 === (white === 'known')));
}

/** The largest part about the centre that has the proportions of `image`. */
function centreOf(mask: Pixels, image: Size): Pixels {
  const scale = Math.max(image.width / mask.width, image.height / mask.height);
  const width = Math.max(1, Math.min(mask.width, Math.round(image.width / scale)));
  const height = Math.max(1, Math.min(mask.height, Math.round(image.height / scale)));
  const [left, top] = [Math.floor((mask.width - width) / 2), Math.floor((mask.height - height) / 2)];
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * mask.width + left;
    data.set(mask.data.subarray(from, from + width), y * width);
  }
  return { width, height, channels: 1, data };
}

/** Refuses a mask that leaves nothing to complete, or nothing to go by. */
export function checkMask(known: Float32Array): Float32Array {
  const count = known.reduce((sum, value) => sum + value, 0);
  if (count > 0 && count < known.length) return known;
  throw useless(count === 0 ? 'no known pixel' : 'no hidden pixel', known.length);
}

function useless(what: string, pixels: number): GanymedeError {
  return expected(`a mask that hides some of the ${pixels} pixels and leaves others known`, what);
}

function knownWhere({ width, height }: Size, known: (x: number, y: number) => boolean): Float32Array {
  return Float32Array.from({ length: width * height }, (_, i) => Number(known(i % width, Math.floor(i / width))));
}
