// Images that are not read, told by their bytes before anything is decoded: what each is, and what its owner can do.
import { type ImageKind, kindOf } from '../images/kind.js';

/** What a refusal says of each kind; kinds that are not here are read, or unknown. */
const UNREAD: Readonly<Partial<Record<ImageKind, string>>> = {
  HEIC: 'a HEIC photograph, whose compression (HEVC) is not read here. Export it as JPEG; an iPhone takes JPEG itself under Settings, Camera, Formats, Most Compatible',
  GIF: 'a GIF. Save a frame of it as PNG',
  'animated PNG': 'an animated PNG. Save a frame of it as a PNG of its own',
  'animated WebP': 'an animated WebP. Save a frame of it as PNG',
  'animated AVIF': 'an animated AVIF. Save a frame of it as PNG',
  SVG: 'a drawing (SVG), which has no pixels until it is drawn. Export it as PNG',
  TIFF: 'a TIFF image. Convert it to PNG',
  BMP: 'a BMP image. Convert it to PNG',
  AVIF: 'an AVIF image. Convert it to PNG',
  'JPEG XL': 'a JPEG XL image. Convert it to PNG',
  'JPEG 2000': 'a JPEG 2000 image. Convert it to PNG',
};

/** Throws an Error that says what it is; the caller knows the image's name. */
export function refuseUnread(bytes: Uint8Array): void {
  const kind = kindOf(bytes);
  const unread = UNREAD[kind];
  if (unread !== undefined) throw new Error(unread);
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (ENDS[kind]?.(view)) {
    throw new Error(`a ${kind} that ends too early: the file is truncated. Copy it again from where it came`);
  }
  if (kind === 'JPEG' && isOfUndefinedColours(view)) {
    throw new Error('a CMYK JPEG without an ICC profile, whose colours are not defined. Save it again as RGB');
  }
}

/** Whether the end is missing. Programs may write more behind it. */
const ENDS: Readonly<Partial<Record<ImageKind, (bytes: Buffer) => boolean>>> = {
  PNG: (bytes) => bytes.lastIndexOf('IEND', undefined, 'latin1') < 0,
  WebP: (bytes) => bytes.length >= 8 && bytes.length < 8 + bytes.readUInt32LE(4),
  JPEG: (bytes) => {
    // A thumbnail before the pixels has an end of its own.
    const scan = segmentsOf(bytes).find(({ marker }) => marker === SCAN);
    return scan !== undefined && bytes.lastIndexOf(END_OF_IMAGE) < scan.at;
  },
};

const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);
const SCAN = 0xda;
const PROFILE = 0xe2;

function isOfUndefinedColours(jpeg: Buffer): boolean {
  const segments = segmentsOf(jpeg);
  const frame = segments.find(({ marker }) => marker >= 0xc0 && marker <= 0xc2);
  return frame !== undefined && jpeg[frame.at + 9] === 4 && !segments.some(({ marker }) => marker === PROFILE);
}

/** ITU-T T.81: what lies before the pixels, up to where the walk over lengths leads nowhere. */
function segmentsOf(jpeg: Buffer): { readonly marker: number; readonly at: number }[] {
  const segments: { marker: number; at: number }[] = [];
  for (let at = 2; at + 4 <= jpeg.length && jpeg[at] === 0xff; at += 2 + jpeg.readUInt16BE(at + 2)) {
    const marker = jpeg[at + 1]!;
    segments.push({ marker, at });
    if (marker === SCAN) break;
  }
  return segments;
}
