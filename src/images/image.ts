// The public face of src/images: pixels to files and back. PNG is written by png.ts, everything else by sharp.ts. It
// takes typed arrays and sizes; it knows no model, and what it returns belongs to the caller.

import { expected, GanymedeError } from '../errors.js';
import { timed } from '../measures.js';
import { FRAMES, FRAMES_PER_SECOND, MAX_ANIMATION_PIXELS, MAX_PIXELS, MAX_SIDE, PLAYS, SIZE } from './limits.js';
import {
  checkInteger,
  checkPixels,
  checkSameShape,
  checkShape,
  type Decoded,
  type ImageShape,
  type Pixels,
  type ReadShape,
  withChannels,
} from './pixels.js';
import { type PlainImage, plainImage } from './plain.js';
import { encodePng, isWrittenAtOnce } from './png.js';
import { resizeToHeight, widthAtHeight } from './resize.js';
import { type Header, LOSSLESS_WEBP_PIXELS, readHeader, readImage, writeAnimation, writeImage } from './sharp.js';
import { inSlices } from './slices.js';
import { drawApng, drawPixels, drawPng } from './threads.js';
import { DECODE_SECONDS, ENCODE_SECONDS } from './times.js';
import { inTurn } from './turns.js';

export {
  type Channels,
  type Flattening,
  fromPixels,
  grid,
  type ImageShape,
  type Pixels,
  toPixels,
  type ValueRange,
} from './pixels.js';
export { encodeTensor, isTensorFormat, TENSOR_FORMATS, type TensorFormat } from './tensor-file.js';

/** Media types as registered with IANA, which has none for arrays; extensions without a dot. */
export const FORMATS = {
  png: { mimeType: 'image/png', extension: 'png', animated: false },
  webp: { mimeType: 'image/webp', extension: 'webp', animated: true },
  jpeg: { mimeType: 'image/jpeg', extension: 'jpg', animated: false },
  avif: { mimeType: 'image/avif', extension: 'avif', animated: false },
  gif: { mimeType: 'image/gif', extension: 'gif', animated: true },
  apng: { mimeType: 'image/apng', extension: 'apng', animated: true },
  npy: { mimeType: 'application/octet-stream', extension: 'npy', animated: true },
  f32: { mimeType: 'application/octet-stream', extension: 'f32', animated: true },
} as const;

export type StillFormat = 'png' | 'webp' | 'jpeg' | 'avif';
const STILLS: ReadonlySet<string> = new Set<StillFormat>(['png', 'webp', 'jpeg', 'avif']);
export type AnimationFormat = 'webp' | 'gif' | 'apng';
const ANIMATIONS: ReadonlySet<string> = new Set<AnimationFormat>(['webp', 'gif', 'apng']);

export interface Turn {
  /** The client that waits: when it aborts, work that has not begun fails with CANCELLED. Without one, work waits. */
  readonly signal?: AbortSignal | undefined;
}

export interface EncodeOptions extends Turn {
  readonly format: StillFormat;
  /** Height in pixels of what comes out, in `SIZE`; the width follows. Absent: one pixel each, as generated. */
  readonly size?: number;
}

export interface AnimationOptions extends Turn {
  readonly format: AnimationFormat;
  /** Frames per second, in `FRAMES_PER_SECOND`. */
  readonly fps: number;
  /** Times that the animation plays, in `PLAYS`; 0, the default, = for ever. */
  readonly loop?: number;
  readonly size?: number;
}

/** A larger `size` repeats pixels (nearest neighbour), so that they stay visible; a smaller one averages them. */
export async function encodeImage(pixels: Pixels, { format, size, signal }: EncodeOptions): Promise<Uint8Array> {
  checkPixels(pixels);
  if (!STILLS.has(format)) {
    throw expected('an image format of png, webp, jpeg, avif', format);
  }
  const scaled = scale(pixels, size);
  checkOutput(scaled, 1);
  const weight = scaled.width * scaled.height;
  // A small PNG is written at once, in less time than a turn takes.
  if (format === 'png' && isWrittenAtOnce(scaled) && isWrittenAtOnce(pixels)) {
    return encodePng(resizeToHeight(pixels, scaled.height));
  }
  // Enlarged only when its turn has come: what waits is small.
  return inTurn(
    async () => {
      if (format === 'png') return timed(ENCODE_SECONDS.png, () => drawPng(pixels, scaled.height));
      const image = pixels.height === scaled.height ? pixels : await drawPixels([pixels], scaled.height);
      return timed(ENCODE_SECONDS[format], () => writeImage(image, format, isSmall(pixels)));
    },
    { signal, weight },
  );
}

/**
 * Any still PNG, JPEG, WebP or AVIF image → 8-bit pixels of exactly the shape asked for. What happens to other sizes,
 * orientations, colour spaces, transparency and damage is documented at `readImage` in sharp.ts. Refuses with
 * INVALID_IMAGE, UNSUPPORTED_IMAGE (animated, GIF, SVG, …) or IMAGE_TOO_LARGE (over `MAX_PIXELS`, or `MAX_SIDE` on a
 * side).
 */
export async function decodeImage(bytes: Uint8Array, shape: ReadShape, turn: Turn = {}): Promise<Decoded> {
  checkShape(shape);
  return (await openImage(bytes, turn)).decode(shape);
}

/** An image whose header was read. */
export interface OpenedImage extends Header {
  decode(shape: ReadShape): Promise<Decoded>;
}

/** Reads no more than the header, and refuses as `decodeImage` does what it announces. */
export async function openImage(bytes: Uint8Array, { signal }: Turn = {}): Promise<OpenedImage> {
  const plain = plainImage(bytes);
  const { kind, width, height } = plain ?? (await inTurn(() => readHeader(bytes), { signal }));
  const bySharp = (shape: ReadShape) => {
    const read = () => timed(DECODE_SECONDS[kind], () => readImage(bytes, { kind, width, height }, shape));
    return inTurn(read, { signal, weight: width * height });
  };
  return {
    kind,
    width,
    height,
    decode: async (shape) => {
      checkShape(shape);
      const asItIs = plain && width === shape.width && height === shape.height;
      return (asItIs && (await readPlain(plain, shape, signal))) || bySharp(shape);
    },
  };
}

/** Undefined if it turns out not to be plain. */
async function readPlain(
  image: PlainImage,
  { channels, alpha }: ReadShape,
  signal: AbortSignal | undefined,
): Promise<Pixels | undefined> {
  const pixels = await inSlices(signal ?? image, () => timed(DECODE_SECONDS[image.kind], () => image.read()));
  return pixels && withChannels(pixels, channels, alpha);
}

/**
 * Frames of one shape, in order, as one animated image. GIF times are in 1/100 s, and a frame holds at most 256
 * colours.
 */
export async function encodeAnimation(frames: readonly Pixels[], options: AnimationOptions): Promise<Uint8Array> {
  const { format, fps, loop = 0, size, signal } = options;
  if (!ANIMATIONS.has(format)) throw expected('an animation format of webp, gif, apng', format);
  checkInteger('the number of frames', frames.length, FRAMES.least, FRAMES.most);
  checkInteger('loop', loop, PLAYS.least, PLAYS.most);
  const { least, most } = FRAMES_PER_SECOND;
  if (!(fps >= least && fps <= most)) throw expected(`fps in [${least}, ${most}]`, fps);
  const shape = checkSameShape(frames, 'an animation');
  const scaled = scale(shape, size);
  checkOutput(scaled, frames.length);

  const delays = frameDelays(frames.length, fps, format === 'gif' ? 10 : 1);
  return inTurn(
    async () => {
      if (format === 'apng') {
        return timed(ENCODE_SECONDS.apng, () => drawApng(frames, scaled.height, { delays, plays: loop }));
      }
      const filmstrip = await drawPixels(frames, scaled.height);
      const animation = { format, delays, loop, lossless: isSmall(shape) };
      return timed(ENCODE_SECONDS[format], () => writeAnimation(filmstrip, animation));
    },
    { signal, weight: scaled.width * scaled.height * frames.length },
  );
}

/**
 * Milliseconds for each frame, in whole multiples of the format's `tick`. Rounding the moments rather than the lengths
 * keeps the whole on time: 30 frames a second in GIF are 30, 40, 30, 30, 40, 30, … ms.
 */
function frameDelays(count: number, fps: number, tick: number): number[] {
  const moment = (frame: number): number => Math.round((frame * 1000) / fps / tick) * tick;
  return Array.from({ length: count }, (_, frame) => moment(frame + 1) - moment(frame));
}

function isSmall({ width, height }: ImageShape): boolean {
  return width * height <= LOSSLESS_WEBP_PIXELS;
}

/** The shape that comes out. */
function scale(shape: ImageShape, size: number | undefined): ImageShape {
  if (size === undefined) return shape;
  checkInteger('size', size, SIZE.least, SIZE.most);
  return { ...shape, width: widthAtHeight(shape, size), height: size };
}

function checkOutput({ width, height }: ImageShape, frames: number): void {
  const limit = frames === 1 ? MAX_PIXELS : MAX_ANIMATION_PIXELS;
  if (width > MAX_SIDE || height > MAX_SIDE || width * height * frames > limit) {
    throw new GanymedeError(
      'BAD_USER_INPUT',
      `Expected an output of at most ${limit} pixels and ${MAX_SIDE} pixels a side ` +
        `but ${frames} image(s) of ${width}×${height} were asked for. Ask for a smaller size or fewer images.`,
    );
  }
}
