// How long images take to be read and to be written, in seconds, by format. Waiting for a turn does not count: see
// turns.ts.

import { Distribution, SECONDS } from '../measures.js';

/** Of images that somebody sent, their headers not counted. */
export const DECODE_SECONDS = { PNG: seconds(), JPEG: seconds(), WebP: seconds(), AVIF: seconds() } as const;

export const ENCODE_SECONDS = {
  png: seconds(),
  jpeg: seconds(),
  webp: seconds(),
  avif: seconds(),
  gif: seconds(),
  apng: seconds(),
} as const;

function seconds(): Distribution {
  return new Distribution(SECONDS);
}
