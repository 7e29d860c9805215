// Reads PNG images that are not interlaced and need no colour management, 1 to 16 bits a channel: what zlib unpacks,
// its rows unfiltered. Undefined stands for everything else, and for every fault. Format: PNG specification, third
// edition, https://www.w3.org/TR/png-3/

import zlib from 'node:zlib';
import type { Pixels, Unread } from './pixels.js';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

interface Layout {
  readonly width: number;
  readonly height: number;
  /** Bits of a channel, or of a palette's index. */
  readonly depth: number;
  readonly colour: Colour;
}

/** PNG §11.2.1: channels and allowed depths of a colour type. */
const COLOURS = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  3: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8] },
  6: { channels: 4, depths: [8] },
} as const;

type Colour = keyof typeof COLOURS;

const PALETTE = 3;
const GREY_ALPHA = 4;
const RGB_ALPHA = 6;

/** Chunks that change no pixel. Text may be an EXIF block in disguise, with an orientation. */
const HARMLESS: ReadonlySet<string> = new Set(['tIME', 'pHYs', 'tEXt']);
const RAW_PROFILE = 'Raw profile';

/** Throws RangeError where the bytes end too early. */
export function plainPng(bytes: Buffer): Unread | undefined {
  if (!bytes.subarray(0, 8).equals(SIGNATURE)) return undefined;
  const layout = layoutOf(bytes);
  const body = layout && chunksOf(bytes);
  if (!body || (layout.colour === PALETTE) !== (body.palette !== undefined)) return undefined;
  const { width, height } = layout;
  return { width, height, read: async () => pixelsOf(layout, body) };
}

function layoutOf(bytes: Buffer): Layout | undefined {
  if (bytes.readUInt32BE(8) !== 13 || nameAt(bytes, 8) !== 'IHDR') return undefined;
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const [depth, colour] = [bytes[24]!, bytes[25]! as Colour];
  const depths: readonly number[] | undefined = COLOURS[colour]?.depths;
  if (width === 0 || height === 0 || !depths?.includes(depth)) return undefined;
  const straight = bytes[26] === 0 && bytes[27] === 0 && bytes[28] === 0; // deflate, adaptive, not interlaced
  return straight ? { width, height, depth, colour } : undefined;
}

interface Body {
  readonly palette: Buffer | undefined;
  readonly data: readonly Buffer[];
  /** Name and data of every chunk, each before its checksum. */
  readonly checked: readonly Buffer[];
}

/** All chunks, if they are known to be harmless and in order: palette, then data in one run, then the end. */
function chunksOf(bytes: Buffer): Body | undefined {
  let palette: Buffer | undefined;
  const data: Buffer[] = [];
  const checked: Buffer[] = [];
  let last = '';
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const name = nameAt(bytes, at);
    const chunk = bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at));
    bytes.readUInt32BE(at + 8 + chunk.length); // its checksum is there
    checked.push(bytes.subarray(at + 4, at + 12 + chunk.length));
    if (name === 'PLTE' && !palette && data.length === 0) palette = chunk;
    else if (name === 'IDAT' && (data.length === 0 || last === 'IDAT')) data.push(chunk);
    else if (name === 'IEND') return at + 12 === bytes.length ? { palette, data, checked } : undefined;
    else if (name === 'IHDR' ? at !== 8 : !isHarmless(name, chunk)) return undefined;
    last = name;
  }
  return undefined;
}

function isHarmless(name: string, chunk: Buffer): boolean {
  return HARMLESS.has(name) && !chunk.toString('latin1', 0, RAW_PROFILE.length).startsWith(RAW_PROFILE);
}

function nameAt(bytes: Buffer, chunk: number): string {
  return bytes.toString('latin1', chunk + 4, chunk + 8);
}

function pixelsOf(layout: Layout, { palette, data, checked }: Body): Pixels | undefined {
  if (!checked.every(hasItsChecksum)) return undefined;
  const { width, height, depth, colour } = layout;
  const bits = COLOURS[colour].channels * depth;
  const rowBytes = Math.ceil((width * bits) / 8);
  const rows = inflate(data.length === 1 ? data[0]! : Buffer.concat(data), height * (rowBytes + 1));
  const plain = rows && unfilter(rows, height, rowBytes, Math.ceil(bits / 8));
  const values = plain && bytesOf(plain, layout, rowBytes);
  if (!values) return undefined;
  if (colour === PALETTE) return coloured(values, palette!, layout);
  if (colour === GREY_ALPHA || colour === RGB_ALPHA) return withAlpha(values, layout);
  return { width, height, channels: COLOURS[colour].channels as 1 | 3, data: values };
}

function hasItsChecksum(chunk: Buffer): boolean {
  const end = chunk.length - 4;
  return zlib.crc32(chunk.subarray(0, end)) === chunk.readUInt32BE(end);
}

/** Exactly so many bytes of exactly one stream, or undefined. */
function inflate(packed: Buffer, length: number): Buffer | undefined {
  try {
    // With one byte to spare, zlib sees the stream's end in its first call.
    const options = { maxOutputLength: length, chunkSize: Math.max(64, length + 1), info: true } as const;
    const { buffer, engine } = zlib.inflateSync(packed, options) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    return buffer.length === length && engine.bytesWritten === packed.length ? buffer : undefined;
  } catch {
    return undefined; // damaged, or longer: sharp will say so
  }
}

/** PNG §9: rows behind the number of their filter → rows alone. `step`: bytes from a pixel to the next, at least 1. */
function unfilter(rows: Uint8Array, height: number, rowBytes: number, step: number): Uint8Array | undefined {
  const out = new Uint8Array(height * rowBytes);
  for (let y = 0; y < height; y++) {
    const undo = FILTERS[rows[y * (rowBytes + 1)]!];
    if (!undo) return undefined;
    undo(rows, y * (rowBytes + 1) + 1, out, y * rowBytes, rowBytes, step);
  }
  return out;
}

/** Undoes a filter: a row at `from` of `rows` becomes the row at `at` of `out`, whose rows above are done. */
type Undo = (rows: Uint8Array, from: number, out: Uint8Array, at: number, rowBytes: number, step: number) => void;

/** PNG §9.2, by number: none, sub, up, average, Paeth. Sums are kept modulo 256. */
const FILTERS: readonly Undo[] = [
  (rows, from, out, at, rowBytes) => {
    for (let i = 0; i < rowBytes; i++) out[at + i] = rows[from + i]!;
  },
  (rows, from, out, at, rowBytes, step) => {
    for (let i = 0; i < rowBytes; i++) out[at + i] = rows[from + i]! + (i < step ? 0 : out[at + i - step]!);
  },
  (rows, from, out, at, rowBytes) => {
    for (let i = 0; i < rowBytes; i++) out[at + i] = rows[from + i]! + (at === 0 ? 0 : out[at + i - rowBytes]!);
  },
  (rows, from, out, at, rowBytes, step) => {
    for (let i = 0; i < rowBytes; i++) {
      const left = i < step ? 0 : out[at + i - step]!;
      const above = at === 0 ? 0 : out[at + i - rowBytes]!;
      out[at + i] = rows[from + i]! + ((left + above) >> 1);
    }
  },
  (rows, from, out, at, rowBytes, step) => {
    for (let i = 0; i < rowBytes; i++) {
      const here = at + i;
      const a = i < step ? 0 : out[here - step]!;
      const b = at === 0 ? 0 : out[here - rowBytes]!;
      const c = i < step || at === 0 ? 0 : out[here - rowBytes - step]!;
      const toA = Math.abs(b - c);
      const toB = Math.abs(a - c);
      const toC = Math.abs(a + b - 2 * c);
      out[here] = rows[from + i]! + (toA <= toB && toA <= toC ? a : toB <= toC ? b : c);
    }
  },
];

/** One byte a value: of 16 bits the high byte; fewer than 8 are spread, and scaled to 255 unless they are indices. */
function bytesOf(packed: Uint8Array, { width, height, depth, colour }: Layout, rowBytes: number): Uint8Array {
  if (depth === 8) return packed;
  if (depth === 16) return packed.filter((_, i) => i % 2 === 0);
  const scale = colour === PALETTE ? 1 : 255 / (2 ** depth - 1);
  const values = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth;
      const byte = packed[y * rowBytes + (bit >> 3)]!;
      values[y * width + x] = ((byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1)) * scale;
    }
  }
  return values;
}

/** Undefined where an index is beyond the palette. */
function coloured(indices: Uint8Array, palette: Buffer, { width, height }: Layout): Pixels | undefined {
  const data = new Uint8Array(3 * indices.length);
  for (const [i, index] of indices.entries()) {
    if (3 * index + 2 >= palette.length) return undefined;
    for (let channel = 0; channel < 3; channel++) data[3 * i + channel] = palette[3 * index + channel]!;
  }
  return { width, height, channels: 3, data };
}

/** Grey with alpha as R = G = B with it. */
function withAlpha(values: Uint8Array, { width, height, colour }: Layout): Pixels {
  if (colour === RGB_ALPHA) return { width, height, channels: 4, data: values };
  const data = new Uint8Array(2 * values.length);
  for (let from = 0; from < values.length; from += 2) {
    data.fill(values[from]!, 2 * from, 2 * from + 3);
    data[2 * from + 3] = values[from + 1]!;
  }
  return { width, height, channels: 4, data };
}
