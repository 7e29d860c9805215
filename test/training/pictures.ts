// Colours of a picture at its pixels, for tests of drawn pictures.
import { decodeImage, openImage, type Pixels } from '../../src/images/image.js';

export async function pixelsOf(png: Uint8Array): Promise<Pixels> {
  const { width, height } = await openImage(png);
  return decodeImage(png, { width, height, channels: 3 });
}

export type Colour = readonly [number, number, number];

export function colourAt({ width, data }: Pixels, x: number, y: number): Colour {
  const at = (Math.round(y) * width + Math.round(x)) * 3;
  return [data[at]!, data[at + 1]!, data[at + 2]!];
}

/** Whether a colour is another but for what a palette of 256 changes. */
export function isNear(colour: Colour, other: Colour, most = 24): boolean {
  return colour.every((value, i) => Math.abs(value - other[i]!) <= most);
}

/** Vermilion, or what a thin line of it leaves of white. */
export function isReddish([red, , blue]: Colour): boolean {
  return red - blue > 50;
}

/** The pixels of a rectangle that have nearly a colour, or whatever is said of them. */
export function having(
  pixels: Pixels,
  colour: Colour | ((colour: Colour) => boolean),
  [left, top, right, bottom]: readonly [number, number, number, number],
): (readonly [x: number, y: number])[] {
  const has = typeof colour === 'function' ? colour : (one: Colour) => isNear(one, colour);
  const found: (readonly [number, number])[] = [];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) if (has(colourAt(pixels, x, y))) found.push([x, y]);
  }
  return found;
}
