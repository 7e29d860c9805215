// Our writer is checked with an independent reader (libpng through sharp).
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Pixels } from '../../src/images/pixels.js';
import { encodePng } from '../../src/images/png.js';

async function read(png: Uint8Array): Promise<{ width: number; height: number; data: number[] }> {
  const header = await sharp(png).metadata();
  const image = sharp(png, { failOn: 'warning' });
  if (header.space === 'b-w') image.toColourspace('b-w');
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: [...data] };
}

const pixels = (width: number, height: number, channels: 1 | 3, value: (index: number) => number): Pixels => ({
  width,
  height,
  channels,
  data: Uint8Array.from({ length: width * height * channels }, (_, i) => value(i)),
});

describe('the PNG writer', () => {
  it('writes grey and RGB images that another decoder reads back byte for byte', async () => {
    const image = fc
      .record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }), rgb: fc.boolean() })
      .chain(({ width, height, rgb }) => {
        const length = width * height * (rgb ? 3 : 1);
        return fc
          .uint8Array({ minLength: length, maxLength: length })
          .map((data): Pixels => ({ width, height, channels: rgb ? 3 : 1, data }));
      });
    await fc.assert(
      fc.asyncProperty(image, async (source) => {
        const { width, height, data } = await read(await encodePng(source));
        expect({ width, height, data }).toEqual({
          width: source.width,
          height: source.height,
          data: [...source.data],
        });
      }),
      { numRuns: 60 },
    );
  });

  it('states its size, depth and colour type', async () => {
    const grey = await sharp(await encodePng(pixels(5, 3, 1, (i) => i))).metadata();
    expect(grey).toMatchObject({ format: 'png', width: 5, height: 3, channels: 1, space: 'b-w', depth: 'uchar' });
    const colour = await sharp(await encodePng(pixels(5, 3, 3, (i) => i))).metadata();
    expect(colour).toMatchObject({ format: 'png', width: 5, height: 3, channels: 3, space: 'srgb', depth: 'uchar' });
  });

  it('writes a one-pixel black image as the bytes that the specification asks for', async () => {
    const png = Buffer.from(await encodePng(pixels(1, 1, 1, () => 0)));
    expect(png.subarray(0, 33).toString('hex')).toBe(
      // signature, length 13, IHDR, 1×1, 8 bits, grey, deflate, adaptive, not interlaced; the CRC as in libpng's files
      '89504e470d0a1a0a0000000d494844520000000100000001080000000' + '03a7e9b55',
    );
    expect(png.subarray(-12).toString('hex')).toBe('0000000049454e44ae426082');
  });

  it('gives the same bytes for the same pixels', async () => {
    const source = pixels(28, 28, 1, (i) => (i * 37) % 256);
    expect(Buffer.compare(await encodePng(source), await encodePng(source))).toBe(0);
  });

  it('writes an image too large to compress at once, and its repeated rows, exactly', async () => {
    const source = pixels(300, 200, 3, (i) => (Math.floor(i / 900 / 10) * 20 + (i % 900)) % 256); // rows alike in tens
    const { data } = await read(await encodePng(source));
    expect(Buffer.compare(Buffer.from(data), source.data)).toBe(0); // a diff of 180,000 numbers would help nobody
  });

  it('keeps a digit of 28×28 in one network packet', async () => {
    const ring = pixels(28, 28, 1, (i) => {
      const radius = Math.hypot((i % 28) - 14, Math.floor(i / 28) - 14);
      return radius > 6 && radius < 9 ? 255 : 0;
    });
    expect((await encodePng(ring)).length).toBeLessThan(1000);
  });

  it('refuses pixels whose data does not fill their shape', async () => {
    const broken: Pixels = { width: 2, height: 2, channels: 1, data: new Uint8Array(5) };
    await expect(encodePng(broken)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
