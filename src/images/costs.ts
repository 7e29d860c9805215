// What writing and reading an image costs, known before it is done: in pixels of PNG, in which limits are stated.
// Measured with sharp 0.35 (libvips 8.18, libaom, libwebp) on one core of a server of 2025; one unit is about 30 ns.
// The bounds hold for noise and for photographs alike, so most pictures take less.

interface Weights {
  /** Pixels as they were made, whose detail is what an encoder works on: ms per megapixel of noise, divided by 30. */
  readonly made: number;
  /** Pixels that come out, most of them repeated ones: ms per megapixel of an enlarged picture, divided by 30. */
  readonly shown: number;
  /** A frame however small. */
  readonly least: number;
}

/**
 * Stills. Noise: PNG 90 ms per megapixel, WebP 190, JPEG 45, AVIF 1000. Samples of the shipped models, enlarged:
 * PNG 15, WebP 110 to 290, JPEG 15, AVIF 350 to 600. A sample as it is: PNG 0.3 ms, WebP 2, JPEG 1.4, AVIF 3.
 */
const STILLS: Readonly<Record<'png' | 'webp' | 'jpeg' | 'avif', Weights>> = {
  png: { made: 3, shown: 1, least: 2 ** 14 },
  webp: { made: 8, shown: 8, least: 2 ** 16 },
  jpeg: { made: 2, shown: 1, least: 2 ** 16 },
  avif: { made: 30, shown: 20, least: 2 ** 17 },
};

/**
 * Animations, grey and coloured. WebP compares each frame with the last, 130 and 210 ms per megapixel shown; GIF looks
 * for 256 colours in each frame, 2 ms a frame, 180 and 280 ms per megapixel; APNG writes each frame as a PNG.
 */
const ANIMATIONS: Readonly<Record<'webp' | 'gif' | 'apng', { readonly grey: Weights; readonly colour: Weights }>> = {
  webp: { grey: { made: 5, shown: 5, least: 2 ** 14 }, colour: { made: 8, shown: 8, least: 2 ** 14 } },
  gif: { grey: { made: 6, shown: 6, least: 2 ** 16 }, colour: { made: 12, shown: 12, least: 2 ** 16 } },
  apng: { grey: STILLS.png, colour: STILLS.png },
};

interface Reading {
  /** A pixel of its header. */
  readonly pixel: number;
  /** An image however small: it is opened, waits its turn, is resized, and is shown to a graph. */
  readonly image: number;
}

/**
 * Decoding, by its header: PNG 5 ms per megapixel, but interlaced ones of 16 bits take 8 bytes a pixel; JPEG is read in
 * lines; WebP 38 ms; AVIF 48 ms and 18 bytes a pixel. A small one takes the server 1 to 2 ms with its score; AVIF 3.
 */
const DECODED: Readonly<Record<string, Reading>> = {
  png: { pixel: 1, image: 2 ** 13 },
  jpeg: { pixel: 0.5, image: 14 * 2 ** 10 },
  webp: { pixel: 2, image: 20 * 2 ** 10 },
  avif: { pixel: 3, image: 2 ** 15 },
};

/**
 * An array as it was made is copied, which is nothing beside its length: so many units for each byte that the pixels of
 * one request stay within what an answer may be.
 */
const TENSOR_BYTE = 2;

interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Writing {
  readonly format: keyof typeof STILLS | keyof typeof ANIMATIONS;
  /** What is encoded, before it is enlarged or reduced. */
  readonly made: Size & { readonly channels: number };
  readonly shown: Size;
  /** Of an animation; left out for a still. */
  readonly frames?: number;
}

export function encodedPixels({ format, made, shown, frames }: Writing): number {
  const { made: detail, shown: area, least } = weightsOf(format, made.channels, frames !== undefined);
  const frame = Math.max(least, made.width * made.height * detail, shown.width * shown.height * area);
  return frame * (frames ?? 1);
}

/** `values` float32 numbers as a file. */
export function tensorPixels(values: number): number {
  return values * Float32Array.BYTES_PER_ELEMENT * TENSOR_BYTE;
}

/** `kind` as kind.ts names it; one that has no row costs as much as the dearest. */
export function decodedPixels({ width, height }: Size, kind: string): number {
  const { pixel, image } = DECODED[kind.toLowerCase()] ?? DECODED['avif']!;
  return image + width * height * pixel;
}

function weightsOf(format: Writing['format'], channels: number, animated: boolean): Weights {
  if (animated && (format === 'webp' || format === 'gif' || format === 'apng'))
    return ANIMATIONS[format][channels === 1 ? 'grey' : 'colour'];
  return format === 'gif' || format === 'apng' ? ANIMATIONS[format].colour : STILLS[format];
}
