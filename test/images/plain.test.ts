// What is read without sharp must be what sharp reads: every kind of PNG and JPEG that is taken, and every damage.
import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/images/image.js';
import type { Pixels } from '../../src/images/pixels.js';
import { plainImage } from '../../src/images/plain.js';
import { readHeader, readImage } from '../../src/images/sharp.js';

async function bySharp(bytes: Uint8Array, channels: 1 | 3): Promise<Pixels> {
  const header = await readHeader(bytes);
  return readImage(bytes, header, { width: header.width, height: header.height, channels });
}

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

interface Png {
  readonly width: number;
  readonly height: number;
  readonly colour: number;
  readonly depth: number;
  /** Rows as they are packed, filter byte first; any bytes are some image. */
  readonly rows: Uint8Array;
  readonly interlaced?: boolean;
  readonly entries?: number;
  readonly before?: readonly Buffer[];
  /** Lengths of the IDAT chunks but the last. */
  readonly cut?: number;
}

function png({ width, height, colour, depth, rows, interlaced = false, entries = 256, before = [], cut }: Png): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, 0, 0, interlaced ? 1 : 0], 8);
  const palette = Uint8Array.from({ length: 3 * entries }, (_, i) => (i * 37) % 256);
  const packed = deflateSync(rows);
  const cuts = cut === undefined ? [packed] : [packed.subarray(0, cut), packed.subarray(cut)];
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    ...before,
    ...(colour === 3 ? [chunk('PLTE', palette)] : []),
    ...cuts.map((part) => chunk('IDAT', part)),
    chunk('IEND', new Uint8Array()),
  ]);
}

const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

function rowBytes({ width, colour, depth }: Pick<Png, 'width' | 'colour' | 'depth'>): number {
  return 1 + Math.ceil((width * CHANNELS[colour]! * depth) / 8);
}

/** Random rows, each with any of the five filters. */
function anyPng(colour: number, depth: number): fc.Arbitrary<Buffer> {
  const side = fc.integer({ min: 1, max: 19 });
  return fc.tuple(side, side, fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined })).chain((shape) => {
    const [width, height, cut] = shape;
    const stride = rowBytes({ width, colour, depth });
    return fc.uint8Array({ minLength: stride * height, maxLength: stride * height }).map((rows) => {
      for (let y = 0; y < height; y++) rows[y * stride]! %= 5;
      return png({ width, height, colour, depth, rows, entries: 2 ** Math.min(depth, 8), ...(cut && { cut }) });
    });
  });
}

const TAKEN = [
  ...[1, 2, 4, 8, 16].map((depth) => ['grey', 0, depth] as const),
  ...[8, 16].map((depth) => ['RGB', 2, depth] as const),
  ...[1, 2, 4, 8].map((depth) => ['palette', 3, depth] as const),
  ['grey with alpha', 4, 8] as const,
  ['RGBA', 6, 8] as const,
];

describe('a PNG that is plain', () => {
  it.each(TAKEN)('gives the pixels that libpng gives: %s, type %i, %i bits', async (_, colour, depth) => {
    await fc.assert(
      fc.asyncProperty(anyPng(colour, depth), fc.constantFrom(1, 3), async (bytes, channels) => {
        expect(await plainImage(bytes)?.read()).toBeDefined();
        const { width, height } = plainImage(bytes)!;
        const pixels = await decodeImage(bytes, { width, height, channels });
        expect(pixels).toEqual(await bySharp(bytes, channels));
      }),
      { numRuns: 40 },
    );
  });

  it('is flattened on black as libvips does it, for every value and alpha', async () => {
    const pairs = Array.from({ length: 256 }, (_, alpha) => Array.from({ length: 64 }, (_, i) => [4 * i + 3, alpha]));
    const rows = Uint8Array.from(pairs.flatMap((row) => [0, ...row.flat()]));
    const bytes = png({ width: 64, height: 256, colour: 4, depth: 8, rows });
    const pixels = await decodeImage(bytes, { width: 64, height: 256, channels: 1 });
    expect(pixels.data).toEqual((await bySharp(bytes, 1)).data);
    expect(pixels.data[64 * 128 + 63]).toBe(128); // 255 at alpha 128
  });

  it('may have text, a date and a pixel density', async () => {
    const before = [
      chunk('pHYs', Uint8Array.of(0, 0, 11, 19, 0, 0, 22, 38, 1)), // not square: it scales nothing
      chunk('tIME', Uint8Array.of(7, 234, 1, 2, 3, 4, 5)),
      chunk('tEXt', Buffer.from('Software\0nobody')),
    ];
    const bytes = png({ width: 2, height: 1, colour: 0, depth: 8, rows: Uint8Array.of(0, 7, 9), before });
    expect(await plainImage(bytes)!.read()).toEqual(await bySharp(bytes, 1));
  });
});

const grey = { width: 2, height: 2, colour: 0, depth: 8, rows: Uint8Array.of(0, 1, 2, 0, 3, 4) };

describe('what is left to sharp', () => {
  it.each([
    ['an interlaced PNG', png({ ...grey, interlaced: true })],
    ['a gamma', png({ ...grey, before: [chunk('gAMA', Uint8Array.of(0, 0, 0xb1, 0x8f))] })],
    ['a colour profile', png({ ...grey, before: [chunk('iCCP', Buffer.from('x\0\0'))] })],
    ['a transparent colour', png({ ...grey, before: [chunk('tRNS', Uint8Array.of(0, 1))] })],
    ['an orientation', png({ ...grey, before: [chunk('eXIf', Buffer.from('MM\0*\0\0\0\x08'))] })],
    ['an orientation as text', png({ ...grey, before: [chunk('tEXt', Buffer.from('Raw profile type exif\0'))] })],
    ['an animation', png({ ...grey, before: [chunk('acTL', Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 0))] })],
    ['16 bits with alpha', png({ ...grey, colour: 4, depth: 16, rows: new Uint8Array(18) })],
    ['bytes after the end', Buffer.concat([png(grey), Buffer.from('x')])],
    ['more pixels than are read at once', png({ ...grey, width: 129, height: 128, rows: new Uint8Array(128 * 130) })],
    ['text', Buffer.from('hello')],
    ['nothing', Buffer.alloc(0)],
  ])('%s, by its header', (_, bytes) => {
    expect(plainImage(bytes)).toBeUndefined();
  });

  it.each([
    ['an unknown filter', png({ ...grey, rows: Uint8Array.of(5, 1, 2, 0, 3, 4) })],
    ['too few rows', png({ ...grey, rows: Uint8Array.of(0, 1, 2) })],
    ['a bomb', png({ ...grey, rows: new Uint8Array(100_000_000) })],
    ['an index beyond the palette', png({ ...grey, colour: 3, entries: 4 })],
  ])('%s, once it is read', async (_, bytes) => {
    expect(await plainImage(bytes)!.read()).toBeUndefined();
  });

  it.each([
    ['EXIF', (image: Sharp) => image.withExif({ IFD0: { Copyright: 'x' } }).jpeg()],
    ['a colour profile', (image: Sharp) => image.withIccProfile('p3').jpeg()],
    ['a progressive scan', (image: Sharp) => image.jpeg({ progressive: true })],
    ['CMYK', (image: Sharp) => image.toColourspace('cmyk').jpeg()],
  ])('a JPEG with %s', async (_, make) => {
    expect(plainImage(await make(photograph(16, 16)).toBuffer())).toBeUndefined();
  });
});

/** Hard edges and flat parts, so that every coefficient matters. */
function photograph(width: number, height: number, channels: 1 | 3 = 3): Sharp {
  const data = Uint8Array.from(
    { length: width * height * channels },
    (_, i) => (Math.imul(i, 2_654_435_761) >>> 9) % 256,
  );
  return sharp(data, { raw: { width, height, channels } });
}

describe('a JPEG that is plain', () => {
  it.each(
    (['4:2:0', '4:4:4'] as const).flatMap((chromaSubsampling) =>
      [1, 30, 75, 100].flatMap((quality) =>
        ([1, 3] as const).map((channels) => ({ chromaSubsampling, quality, channels })),
      ),
    ),
  )('gives the pixels that sharp gives: $chromaSubsampling, quality $quality, $channels channel(s)', async (kind) => {
    for (const [width, height] of [
      [1, 1],
      [8, 8],
      [17, 9],
      [32, 32],
      [7, 40],
    ] as const) {
      const image = photograph(width, height, kind.channels);
      if (kind.channels === 1) image.toColourspace('b-w');
      const bytes = await image.jpeg({ ...kind, mozjpeg: false }).toBuffer();
      expect(plainImage(bytes), `${width}×${height}`).toMatchObject({ kind: 'JPEG', width, height });
      for (const channels of [1, 3] as const) {
        expect(await decodeImage(bytes, { width, height, channels })).toEqual(await bySharp(bytes, channels));
      }
    }
  });
});

/**
 * Pixels, or the code of the refusal. Damage can give a JPEG coefficients that overflow 16 bits, as no encoder writes
 * them. Their pixels depend on the processor's instructions, so of a JPEG only its being read is compared.
 */
async function outcome(kind: string, work: Promise<Pixels>): Promise<unknown> {
  try {
    const { data, ...shape } = await work;
    return kind === 'JPEG' ? shape : { ...shape, data };
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('a damaged image', () => {
  const shape = { width: 8, height: 8, channels: 3 } as const;
  const rows = Uint8Array.from({ length: 8 * 25 }, (_, i) => (i % 25 === 0 ? (i / 25) % 5 : i));
  const images: readonly (readonly [string, () => Promise<Buffer>])[] = [
    ['PNG', async () => png({ ...shape, colour: 2, depth: 8, rows })],
    ['JPEG', () => photograph(8, 8).jpeg({ quality: 60 }).toBuffer()],
  ];

  it.each(images)('is refused, or read, as sharp alone would: %s with a changed byte', async (kind, make) => {
    const whole = await make();
    for (let at = 0; at < whole.length; at += 3) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1 << (at % 8);
      const expected = await outcome(
        kind,
        readHeader(bytes).then((header) => readImage(bytes, header, shape)),
      );
      expect(await outcome(kind, decodeImage(bytes, shape)), `byte ${at}`).toEqual(expected);
    }
  });

  it.each(images)('is refused, or read, as sharp alone would: %s cut short', async (kind, make) => {
    const whole = await make();
    for (let length = 0; length < whole.length; length += 3) {
      const bytes = whole.subarray(0, length);
      const expected = await outcome(
        kind,
        readHeader(bytes).then((header) => readImage(bytes, header, shape)),
      );
      expect(await outcome(kind, decodeImage(bytes, shape)), `${length} bytes`).toEqual(expected);
    }
  });

  it('does not use up memory, however many come, and a good one is read afterwards', async () => {
    const good = await photograph(64, 64).jpeg().toBuffer();
    const bad = good.subarray(0, good.length - 40);
    for (let i = 0; i < 500; i++) expect(await plainImage(bad)!.read()).toBeUndefined();
    expect((await plainImage(good)!.read())?.data).toEqual((await bySharp(good, 3)).data);
  });
});
