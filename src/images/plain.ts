// Small and plain images are read on this thread: sharp spends some 0.5 ms on an image however small, most of it to set
// up a pipeline. Plain is what needs no judgement: no colour profile, no orientation, nothing out of order. The pixels
// are those that sharp would give; whatever looks unusual at any point is left to sharp, which also words all refusals.

import type { Unread } from './pixels.js';
import { plainJpeg } from './plain-jpeg.js';
import { plainPng } from './plain-png.js';

export interface PlainImage extends Unread {
  readonly kind: 'PNG' | 'JPEG';
}

/** Undefined for what sharp is to read. */
export function plainImage(bytes: Uint8Array): PlainImage | undefined {
  if (bytes.length > MOST_BYTES) return undefined;
  try {
    const image = unread(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return image && image.width * image.height <= MOST_PIXELS ? image : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // it ends too early
    throw error;
  }
}

function unread(bytes: Buffer): PlainImage | undefined {
  const png = plainPng(bytes);
  if (png) return { kind: 'PNG', ...png };
  const jpeg = plainJpeg(bytes);
  return jpeg && { kind: 'JPEG', ...jpeg };
}

/** Read within a millisecond. */
const MOST_PIXELS = 2 ** 14;
const MOST_BYTES = 2 ** 17;
