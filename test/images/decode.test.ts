// Images from strangers. Bad ones are made here, byte by byte where no encoder would write them; after each of them a
// good one must still be read.
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeImage, type ImageShape } from '../../src/images/image.js';
import { encodePng } from '../../src/images/png.js';

const GREY_28: ImageShape = { width: 28, height: 28, channels: 1 };
const GREY_2: ImageShape = { width: 2, height: 2, channels: 1 };
const RGB_2: ImageShape = { width: 2, height: 2, channels: 3 };

const good = encodePng({ width: 2, height: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 255) });

afterEach(async () => {
  const { data } = await decodeImage(await good, GREY_2);
  expect([...data], 'a good image is still read afterwards').toEqual([1, 2, 3, 255]);
});

async function decoded(bytes: Uint8Array, shape: ImageShape): Promise<number[]> {
  const pixels = await decodeImage(bytes, shape);
  expect(pixels).toMatchObject(shape);
  return [...pixels.data];
}

async function refusal(bytes: Uint8Array, shape: ImageShape = GREY_28): Promise<{ code: string; message: string }> {
  const outcome: unknown = await decodeImage(bytes, shape).catch((error: unknown) => error);
  expect(outcome).toMatchObject({ name: 'GanymedeError' });
  return outcome as { code: string; message: string };
}

const raw = (width: number, height: number, channels: 1 | 3 | 4, values: number[]): Sharp =>
  sharp(Uint8Array.from(values), { raw: { width, height, channels } });

const plain = (width: number, height: number, background = '#c82814'): Sharp =>
  sharp({ create: { width, height, channels: 3, background } });

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** A grey PNG of any announced size, one bit a pixel, all black. */
function blackPng(width: number, height: number, options: { interlaced?: boolean; extra?: Buffer } = {}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 0, 0, 0, options.interlaced ? 1 : 0], 8);
  const passes = options.interlaced
    ? [
        [8, 8],
        [8, 8],
        [4, 8],
        [4, 4],
        [2, 4],
        [2, 2],
        [1, 2],
      ] // Adam7: every which column and row, PNG §8
    : [[1, 1]];
  const bytes = passes.reduce((sum, [x, y]) => sum + Math.ceil(height / y!) * (1 + Math.ceil(width / x! / 8)), 0);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    options.extra ?? Buffer.alloc(0),
    chunk('IDAT', deflateSync(Buffer.alloc(bytes))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('what is read', () => {
  it('reads a PNG of the right size exactly, grey or colour', async () => {
    expect(await decoded(await good, GREY_2)).toEqual([1, 2, 3, 255]);
    const colour = await encodePng({ width: 1, height: 2, channels: 3, data: Uint8Array.of(9, 8, 7, 250, 0, 3) });
    expect(await decoded(colour, { width: 1, height: 2, channels: 3 })).toEqual([9, 8, 7, 250, 0, 3]);
  });

  it('reads lossless WebP exactly, and JPEG and AVIF closely', async () => {
    const values = [200, 40, 20, 200, 40, 20, 200, 40, 20, 200, 40, 20];
    const image = raw(2, 2, 3, values);
    expect(await decoded(await image.clone().webp({ lossless: true }).toBuffer(), RGB_2)).toEqual(values);
    for (const bytes of [
      await image.clone().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(),
      await image.clone().avif({ lossless: true }).toBuffer(),
    ]) {
      for (const [i, value] of (await decoded(bytes, RGB_2)).entries()) {
        expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(3);
      }
    }
  });

  it('reads bytes that lie in the middle of a larger buffer', async () => {
    const png = await good;
    const carrier = new Uint8Array(png.length + 20);
    carrier.set(png, 10);
    expect(await decoded(carrier.subarray(10, 10 + png.length), GREY_2)).toEqual([1, 2, 3, 255]);
  });

  it('reduces 16 bits per channel to their high byte', async () => {
    const grey = await sharp(Uint16Array.of(0, 32_768, 65_535, 77 * 256 + 200), {
      raw: { width: 2, height: 2, channels: 1 },
    })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect((await sharp(grey).metadata()).depth).toBe('ushort');
    expect(await decoded(grey, GREY_2)).toEqual([0, 128, 255, 77]);

    const rgb = await sharp(Uint16Array.of(0, 32_768, 65_535), { raw: { width: 1, height: 1, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await sharp(rgb).metadata()).depth).toBe('ushort');
    expect(await decoded(rgb, { width: 1, height: 1, channels: 3 })).toEqual([0, 128, 255]);
  });

  it('flattens transparency on black', async () => {
    const png = await raw(2, 1, 4, [200, 100, 50, 0, 200, 100, 50, 255]).png().toBuffer();
    expect(await decoded(png, { width: 2, height: 1, channels: 3 })).toEqual([0, 0, 0, 200, 100, 50]);
    const half = await raw(1, 1, 4, [255, 255, 255, 128]).png().toBuffer();
    expect(await decoded(half, { width: 1, height: 1, channels: 1 })).toEqual([128]);
  });

  it('turns an image as its EXIF orientation says', async () => {
    // Orientation 6 = turn by 90° clockwise: the left column, read upwards, becomes the top row.
    const square = await raw(2, 2, 1, [1, 2, 3, 4]).withMetadata({ orientation: 6 }).png().toBuffer();
    expect((await sharp(square).metadata()).orientation).toBe(6);
    expect(await decoded(square, GREY_2)).toEqual([3, 1, 4, 2]);

    const wide = await raw(3, 1, 1, [10, 100, 200]).withMetadata({ orientation: 8 }).png().toBuffer();
    expect(await decoded(wide, { width: 1, height: 3, channels: 1 })).toEqual([200, 100, 10]);
  });

  it('turns colour to grey by the luma of Rec. 601', async () => {
    const png = await raw(4, 1, 3, [255, 0, 0, 0, 255, 0, 0, 0, 255, 90, 90, 90]).png().toBuffer();
    // 0.299 · 255 = 76.2, 0.587 · 255 = 149.7, 0.114 · 255 = 29.1; grey stays as it is.
    expect(await decoded(png, { width: 4, height: 1, channels: 1 })).toEqual([76, 150, 29, 90]);
  });

  it('turns grey to colour with three equal channels', async () => {
    expect(await decoded(await good, RGB_2)).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 255, 255, 255]);
  });

  it('scales another size, whether larger or smaller', async () => {
    const shape: ImageShape = { width: 28, height: 28, channels: 3 };
    for (const size of [7, 300]) {
      const values = await decoded(await plain(size, size).png().toBuffer(), shape);
      expect(new Set(values)).toEqual(new Set([200, 40, 20]));
    }
  });

  it('crops to the centre rather than stretch another shape', async () => {
    // 6×2: black | white | black squares; the middle one is what a 2×2 model sees.
    const stripes = [0, 0, 255, 255, 0, 0];
    const png = await raw(6, 2, 1, [...stripes, ...stripes])
      .png()
      .toBuffer();
    expect(await decoded(png, GREY_2)).toEqual([255, 255, 255, 255]);
  });

  it('reads an image a thousand times as wide as high', async () => {
    expect(await decoded(await plain(8000, 8, 'white').png().toBuffer(), GREY_2)).toEqual([255, 255, 255, 255]);
  });

  it('converts CMYK by the ICC profile that it carries', async () => {
    for (const level of [255, 192, 128]) {
      const jpeg = await plain(8, 8, `rgb(${level}, ${level}, ${level})`)
        .withIccProfile('cmyk')
        .jpeg({ quality: 100 })
        .toBuffer();
      expect(await sharp(jpeg).metadata()).toMatchObject({ space: 'cmyk', hasProfile: true });
      // There and back through a printing profile costs a little: at most 15 levels here.
      for (const value of await decoded(jpeg, RGB_2)) expect(Math.abs(value - level)).toBeLessThanOrEqual(15);
    }
  });

  it('reads many images at the same time, each as itself', async () => {
    const images = await Promise.all(
      Array.from({ length: 40 }, (_, i) => encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(i) })),
    );
    const values = await Promise.all(images.map((png) => decoded(png, { width: 1, height: 1, channels: 1 })));
    expect(values.flat()).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });
});

describe('a JPEG with a slip that viewers pass over', () => {
  /** Too large for the reader of small ones. */
  const [width, height] = [160, 120];
  const photo = raw(
    width,
    height,
    3,
    Array.from({ length: width * height * 3 }, (_, i) => (i * i) % 251),
  );
  const scanOf = (jpeg: Buffer) => jpeg.indexOf(Buffer.of(0xff, 0xda));
  const endOfHeader = (jpeg: Buffer) => scanOf(jpeg) + 2 + jpeg.readUInt16BE(scanOf(jpeg) + 2);
  const slips: readonly [string, (jpeg: Buffer) => Buffer][] = [
    ['whose scan has parameters of a progressive one', (jpeg) => patched(jpeg, endOfHeader(jpeg) - 2, 0)],
    ['with bytes between segments', (jpeg) => inserted(jpeg, scanOf(jpeg), Buffer.alloc(3))],
    ['whose end is not marked', (jpeg) => jpeg.subarray(0, -2)],
    ['with more behind its end', (jpeg) => Buffer.concat([jpeg, Buffer.from('and more')])],
  ];
  const patched = (jpeg: Buffer, at: number, byte: number) => inserted(jpeg, at, Buffer.of(byte), at + 1);
  const inserted = (jpeg: Buffer, at: number, bytes: Buffer, on = at) =>
    Buffer.concat([jpeg.subarray(0, at), bytes, jpeg.subarray(on)]);

  it.each(slips)('%s has its pixels, and says what is wrong', async (what, slip) => {
    const jpeg = await photo.clone().jpeg().toBuffer();
    for (const shape of [{ width, height, channels: 3 } as const, GREY_28]) {
      const { damage, ...pixels } = await decodeImage(slip(jpeg), shape);
      expect(pixels).toEqual(await decodeImage(jpeg, shape));
      expect(damage === undefined).toBe(what === 'with more behind its end'); // of which nothing warns
    }
  });

  it('is still refused where pixels are missing or damaged', async () => {
    const jpeg = await photo.clone().jpeg().toBuffer();
    const middle = Math.floor((endOfHeader(jpeg) + jpeg.length) / 2);
    for (const damaged of [
      jpeg.subarray(0, middle),
      Buffer.concat([jpeg.subarray(0, middle), Buffer.of(0xff, 0xd9)]),
      inserted(jpeg, middle, Buffer.of(0xff, 0x01), middle + 2),
    ]) {
      expect(await refusal(damaged)).toMatchObject({ code: 'INVALID_IMAGE' });
    }
  });
});

describe('what is refused', () => {
  it('refuses no bytes at all', async () => {
    expect(await refusal(new Uint8Array(0))).toMatchObject({
      code: 'INVALID_IMAGE',
      message: 'Expected a still PNG, JPEG, WebP or AVIF image but received 0 bytes.',
    });
  });

  it('refuses bytes that are not an image and shows how they begin', async () => {
    expect(await refusal(Buffer.from('hello, world'))).toMatchObject({
      code: 'INVALID_IMAGE',
      message:
        'Expected a still PNG, JPEG, WebP or AVIF image but received 12 bytes that begin 68 65 6c 6c 6f 2c 20 77.',
    });
    expect(await refusal(Buffer.alloc(1000))).toMatchObject({ code: 'INVALID_IMAGE' });
  });

  it('refuses the first bytes of an image followed by something else', async () => {
    for (const start of ['89504e470d0a1a0a', 'ffd8ffe0', '52494646ffffffff57454250', '0000001c6674797061766966']) {
      const bytes = Buffer.concat([Buffer.from(start, 'hex'), Buffer.from('and then some other text')]);
      expect(await refusal(bytes)).toMatchObject({
        code: 'INVALID_IMAGE',
        message: expect.stringMatching(/but received an? (PNG|JPEG|WebP|AVIF) that is damaged or truncated/),
      });
    }
  });

  it('refuses a truncated image of any format', async () => {
    const noise = raw(
      64,
      64,
      3,
      Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251),
    );
    const files = {
      PNG: await noise.clone().png().toBuffer(),
      JPEG: await noise.clone().jpeg().toBuffer(),
      WebP: await noise.clone().webp({ lossless: true }).toBuffer(),
      AVIF: await noise.clone().avif().toBuffer(),
    };
    for (const [kind, bytes] of Object.entries(files)) {
      await decodeImage(bytes, GREY_28);
      for (const share of [0.05, 0.5, 0.9]) {
        const cut = bytes.subarray(0, Math.max(16, Math.floor(bytes.length * share)));
        expect(await refusal(cut), `${kind} cut to ${share}`).toMatchObject({ code: 'INVALID_IMAGE' });
      }
    }
  });

  it('never returns wrong pixels, wherever a PNG is cut off', async () => {
    const png = await good;
    for (let length = 0; length < png.length; length++) {
      const outcome = await decodeImage(png.subarray(0, length), GREY_2).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome, `cut to ${length}`).toMatchObject({ code: 'INVALID_IMAGE' });
      else expect(outcome).toMatchObject({ data: Uint8Array.of(1, 2, 3, 255) }); // only the closing chunk is missing
    }
  });

  it('refuses an image 100,000 pixels wide from its header', async () => {
    expect(await refusal(blackPng(100_000, 10))).toMatchObject({
      code: 'IMAGE_TOO_LARGE',
      message:
        'Expected an image of at most 16777216 pixels and 8192 pixels a side ' +
        'but received 100000×10 (PNG). Scale it down first.',
      details: { width: 100_000, height: 10, maxPixels: 16_777_216, maxSide: 8192 },
    });
  });

  it('refuses a decompression bomb without decoding it', async () => {
    const bomb = blackPng(16_000, 16_000, { interlaced: true });
    expect(bomb.length).toBeLessThan(50_000);
    const memoryBefore = process.memoryUsage().rss;
    expect(await refusal(bomb)).toMatchObject({ code: 'IMAGE_TOO_LARGE' });
    // Decoded, it would take 256 MB.
    expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(64e6);
  });

  it('reads a small image made the way of the bomb: it is the size that is refused', async () => {
    expect(await decoded(blackPng(160, 160, { interlaced: true }), GREY_2)).toEqual([0, 0, 0, 0]);
  });

  it('refuses more pixels than the limit even where no side is too long', async () => {
    expect(await refusal(blackPng(4097, 4096))).toMatchObject({ code: 'IMAGE_TOO_LARGE' });
    expect(await decoded(blackPng(4096, 4096), GREY_2)).toEqual([0, 0, 0, 0]);
  });

  it.each([
    '<svg xmlns="http://www.w3.org/2000/svg" width="28" height="28"/>',
    '\ufeff<?xml version="1.0"?>\n<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<svg>&a;</svg>',
    '<!-- a drawing --><svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>',
  ])('refuses an SVG: %s', async (text) => {
    for (const encoding of ['utf8', 'utf16le'] as const) {
      expect(await refusal(Buffer.from(text, encoding))).toMatchObject({
        code: 'UNSUPPORTED_IMAGE',
        message: 'Expected a still PNG, JPEG, WebP or AVIF image but received an SVG. Convert it to an sRGB PNG first.',
      });
    }
  });

  it('refuses a GIF, animated or not', async () => {
    const filmstrip = raw(2, 4, 1, [0, 0, 0, 0, 255, 255, 255, 255]);
    const still = await filmstrip.clone().gif().toBuffer();
    const animated = await sharp(await filmstrip.clone().raw().toBuffer(), {
      raw: { width: 2, height: 4, channels: 1, pageHeight: 2 },
    })
      .gif({ delay: [100, 100] })
      .toBuffer();
    for (const bytes of [still, animated]) {
      expect(await refusal(bytes)).toMatchObject({
        code: 'UNSUPPORTED_IMAGE',
        message: expect.stringContaining('but received a GIF'),
      });
    }
  });

  it('refuses an animated WebP', async () => {
    const bytes = await sharp(Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255), {
      raw: { width: 2, height: 4, channels: 1, pageHeight: 2 },
    })
      .webp({ delay: [100, 100] })
      .toBuffer();
    expect(await refusal(bytes)).toMatchObject({
      code: 'UNSUPPORTED_IMAGE',
      message: expect.stringContaining('but received an animated WebP'),
    });
  });

  it('refuses an animated PNG, which libvips would read as a still', async () => {
    const animationControl = chunk('acTL', Buffer.from('0000000200000000', 'hex')); // 2 frames, for ever
    const bytes = blackPng(28, 28, { extra: animationControl });
    expect((await sharp(bytes).metadata()).format).toBe('png');
    expect(await refusal(bytes)).toMatchObject({
      code: 'UNSUPPORTED_IMAGE',
      message: expect.stringContaining('but received an animated PNG'),
    });
  });

  it('refuses CMYK without a profile, whose colours nobody can know', async () => {
    const bytes = await plain(28, 28).toColourspace('cmyk').jpeg().toBuffer();
    expect(await sharp(bytes).metadata()).toMatchObject({ space: 'cmyk', hasProfile: false });
    expect(await refusal(bytes)).toMatchObject({
      code: 'UNSUPPORTED_IMAGE',
      message: expect.stringContaining('but received a CMYK JPEG without an ICC profile'),
    });
  });

  it.each([
    ['TIFF', '49492a0008000000'],
    ['BMP', '424d36000000000000003600'],
    ['HEIC', '00000018667479706865696300000000'],
    ['JPEG XL', 'ff0a7f00'],
    ['JPEG 2000', '0000000c6a5020200d0a870a'],
  ])('names a %s and refuses it', async (kind, start) => {
    expect(await refusal(Buffer.from(start, 'hex'))).toMatchObject({
      code: 'UNSUPPORTED_IMAGE',
      message: expect.stringMatching(new RegExp(`but received an? ${kind}\\.`)),
    });
  });

  it('refuses to decode to a shape that no image has', async () => {
    await expect(decodeImage(await good, { width: 0, height: 28, channels: 1 })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'Expected the width of an image to be an integer in [1, 65535] but received 0.',
    });
  });
});
