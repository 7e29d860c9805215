// Reads baseline JPEG images that need no colour management by libjpeg-turbo, the library that sharp reads them by,
// here compiled to WebAssembly and so without sharp's pipeline: the same pixels of what encoders write, in a tenth of
// the time. Undefined stands for everything else, and for every fault. Format: ITU-T T.81,
// https://www.w3.org/Graphics/JPEG/itu-t81.pdf

import createCodec, { type Decoder } from '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs';
import type { Pixels, Unread } from './pixels.js';

/** Second bytes of markers (T.81 table B.1). */
const SOI = 0xd8;
const SOF0 = 0xc0;
const SOS = 0xda;

/** Tables, restart intervals, JFIF and comments. */
const HARMLESS: ReadonlySet<number> = new Set([0xc4, 0xdb, 0xdd, 0xe0, 0xfe]);

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** Throws RangeError where the bytes end too early. */
export function plainJpeg(bytes: Buffer): Unread | undefined {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return undefined;
  const frame = frameOf(bytes);
  return frame && { width: frame.width, height: frame.height, read: () => decode(bytes, frame) };
}

/**
 * Size and channels, if nothing before the scan asks for more: no EXIF (orientation), no ICC profile, no Adobe segment
 * (other colour spaces).
 */
function frameOf(bytes: Buffer): Frame | undefined {
  let frame: Frame | undefined;
  for (let at = 2; ; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes.readUInt8(at) === 0xff ? bytes.readUInt8(at + 1) : 0;
    if (marker === SOF0 && !frame) frame = headerAt(bytes, at + 4);
    else if (marker === SOS) return frame;
    else if (!HARMLESS.has(marker)) return undefined;
  }
}

/**
 * T.81 §B.2.2: precision, height, width, components. Those numbered 1, 2, 3 are YCbCr, as JFIF says; others may not.
 */
function headerAt(bytes: Buffer, at: number): Frame | undefined {
  const [height, width, channels] = [bytes.readUInt16BE(at + 1), bytes.readUInt16BE(at + 3), bytes.readUInt8(at + 5)];
  if (bytes.readUInt8(at) !== 8 || height === 0 || width === 0) return undefined;
  const ids = [0, 1, 2].map((component) => bytes.readUInt8(at + 6 + 3 * component));
  return channels === 1 || (channels === 3 && ids.every((id, i) => id === i + 1))
    ? { width, height, channels }
    : undefined;
}

/** A failure costs the codec up to some 400 kB, so it is thrown away after so many. */
const MOST_FAILURES = 64;

let decoder: Promise<Decoder> | undefined;
let failures = 0;

async function decode(bytes: Buffer, { width, height, channels }: Frame): Promise<Pixels | undefined> {
  decoder ??= createCodec().then(({ JPEGDecoder }) => new JPEGDecoder());
  const codec = await decoder;
  try {
    codec.getEncodedBuffer(bytes.length).set(bytes);
    codec.decode();
  } catch (error) {
    failures++;
    const broken = typeof error !== 'number'; // a trap leaves it in no known state
    if (broken || failures >= MOST_FAILURES) [decoder, failures] = [undefined, 0];
    return undefined;
  }
  const got = codec.getFrameInfo();
  if (got.width !== width || got.height !== height || got.componentCount !== channels) return undefined;
  return { width, height, channels, data: new Uint8Array(codec.getDecodedBuffer()) };
}
