// How large an image may be: read, written, or made by a model. This file loads no encoder, so that the schema,
// manifests and datasets can share its numbers.

/** Integers, both ends included. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

/** Height in pixels of an encoded image; the width follows. */
export const SIZE: Range = { least: 1, most: 1024 };

/** Browsers slow down GIFs that ask for more. */
export const FRAMES_PER_SECOND: Range = { least: 1, most: 50 };

/** Frames of one animation. */
export const FRAMES: Range = { least: 1, most: 1024 };

/** Times that an animation plays, 0 for ever: both WebP and GIF keep 16 bits. */
export const PLAYS: Range = { least: 0, most: 65_535 };

/** In all frames of an animation together; RGB takes 3 bytes each. */
export const MAX_ANIMATION_PIXELS = 2 ** 25;

/** Longest side of an example: an image that a model makes or a dataset gives. */
export const MAX_EXAMPLE_SIDE = 4096;

/** An image that is read may have this many pixels. A 16-bit interlaced PNG of that size takes 134 MB. */
export const MAX_PIXELS = MAX_EXAMPLE_SIDE ** 2;

/** Neither side of an image that is read or written may be longer. */
export const MAX_SIDE = 8192;

/** Longest side of pixels in memory, such as the frames of an animation one below the other. */
export const MAX_RASTER_SIDE = 65_535;

/** Images that clients send ahead. */
export const UPLOADS = {
  /** For which one is kept. */
  seconds: 3600,
  ofAll: { count: 4096, bytes: 2 ** 28 },
  /** Of one address: all images of one request, and a few more. */
  ofOne: { count: 1024, bytes: 2 ** 26 },
} as const;
