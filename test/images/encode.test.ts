// What we write is read back by sharp with all of its own readers on, except that src/images blocks GIF's: see below.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  decodeImage,
  encodeAnimation,
  encodeImage,
  FORMATS,
  type Pixels,
  type StillFormat,
} from '../../src/images/image.js';
import { FRAMES } from '../../src/images/limits.js';

// src/images never reads GIF, and the block is for the whole process; the tests must read what it wrote.
sharp.unblock({ operation: ['VipsForeignLoadNsgifBuffer'] });

const STILL: StillFormat[] = ['png', 'webp', 'jpeg', 'avif'];

const ramp: Pixels = { width: 4, height: 2, channels: 1, data: Uint8Array.of(0, 36, 73, 109, 146, 182, 219, 255) };

const solid = (width: number, height: number, rgb: [number, number, number]): Pixels => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => rgb[i % 3]!),
});

const greyFrame = (level: number): Pixels => ({
  width: 4,
  height: 4,
  channels: 1,
  data: Uint8Array.from({ length: 16 }, (_, i) => (i + level) % 256),
});

async function rgb(bytes: Uint8Array, options = {}): Promise<{ width: number; height: number; data: number[] }> {
  const { data, info } = await sharp(bytes, options)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: [...data] };
}

describe('a still image', () => {
  it.each(STILL)('comes as %s, and says so in its header', async (format) => {
    const header = await sharp(await encodeImage(ramp, { format })).metadata();
    expect(header).toMatchObject({ format: format === 'avif' ? 'heif' : format, width: 4, height: 2 });
    if (format === 'avif') expect(header.compression).toBe('av1');
  });

  it.each(['png', 'webp'] as const)('of the size of a sample keeps every pixel in %s', async (format) => {
    const bytes = await encodeImage(ramp, { format });
    expect([...(await decodeImage(bytes, ramp)).data]).toEqual([...ramp.data]);
  });

  it.each(['webp', 'jpeg', 'avif'] as const)('of a photograph stays close in %s', async (format) => {
    const width = 160;
    const photograph: Pixels = {
      width,
      height: width,
      channels: 3,
      data: Uint8Array.from({ length: width * width * 3 }, (_, i) => {
        const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
        return Math.round(128 + 100 * Math.sin(x / 20 + (i % 3)) * Math.cos(y / 25));
      }),
    };
    const { data } = await decodeImage(await encodeImage(photograph, { format }), photograph);
    const meanError = data.reduce((sum, value, i) => sum + Math.abs(value - photograph.data[i]!), 0) / data.length;
    expect(meanError).toBeGreaterThan(0); // lossy, as documented
    expect(meanError).toBeLessThan(3);
  });

  it.each(STILL)('keeps its colour in %s', async (format) => {
    const { data } = await rgb(await encodeImage(solid(8, 8, [200, 40, 20]), { format }));
    for (const [i, value] of data.entries()) expect(Math.abs(value - [200, 40, 20][i % 3]!)).toBeLessThanOrEqual(4);
  });

  it('is enlarged to squares of one colour each', async () => {
    const bytes = await encodeImage(ramp, { format: 'png', size: 6 });
    const { width, height, data } = await rgb(bytes);
    expect({ width, height }).toEqual({ width: 12, height: 6 });
    for (let y = 0; y < 6; y++) {
      for (let x = 0; x < 12; x++) {
        expect(data[(y * 12 + x) * 3]).toBe(ramp.data[Math.floor(y / 3) * 4 + Math.floor(x / 3)]);
      }
    }
  });

  it('is reduced by averaging', async () => {
    // 2×2 blocks of the ramp: (0 + 36 + 146 + 182) / 4 = 91 and (73 + 109 + 219 + 255) / 4 = 164.
    const bytes = await encodeImage(ramp, { format: 'png', size: 1 });
    expect([...(await decodeImage(bytes, { width: 2, height: 1, channels: 1 })).data]).toEqual([91, 164]);
  });

  it.each(STILL)('gives the same bytes each time in %s, so that its address can be cached', async (format) => {
    const [one, two] = await Promise.all([1, 2].map(() => encodeImage(ramp, { format, size: 64 })));
    expect(Buffer.compare(one!, two!)).toBe(0);
  });

  it.each([0, -1, 1.5, 1025, Number.NaN])('is refused with a size of %d', async (size) => {
    await expect(encodeImage(ramp, { format: 'png', size })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: `Expected size to be an integer in [1, 1024] but received ${size}.`,
    });
  });

  it('is refused where it would come out too wide', async () => {
    const banner = solid(64, 2, [0, 0, 0]);
    await expect(encodeImage(banner, { format: 'webp', size: 1024 })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('1 image(s) of 32768×1024 were asked for'),
    });
  });

  it.each(['gif', 'bmp', 'toString'])('is refused in the format %s', async (format) => {
    await expect(encodeImage(ramp, { format: format as StillFormat })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: `Expected an image format of png, webp, jpeg, avif but received "${format}".`,
    });
  });
});

describe('an animation', () => {
  it.each(['webp', 'gif'] as const)('has every frame and its time in %s', async (format) => {
    const frames = [0, 50, 100].map(greyFrame);
    const bytes = await encodeAnimation(frames, { format, fps: 10, loop: 3 });
    const header = await sharp(bytes, { pages: -1 }).metadata();
    expect(header).toMatchObject({ format, pages: 3, delay: [100, 100, 100], loop: 3, width: 4, pageHeight: 4 });
    const { data } = await rgb(bytes, { pages: -1 });
    const wanted = frames.flatMap((frame) => [...frame.data].flatMap((level) => [level, level, level]));
    expect(data).toEqual(wanted);
  });

  it('plays for ever unless told otherwise', async () => {
    for (const format of ['webp', 'gif'] as const) {
      const bytes = await encodeAnimation([0, 50].map(greyFrame), { format, fps: 10 });
      expect((await sharp(bytes, { pages: -1 }).metadata()).loop, format).toBe(0);
    }
  });

  it('stays on time where a frame is not a whole number of ticks', async () => {
    const frames = [0, 20, 40, 60, 80, 100].map(greyFrame);
    const webp = await encodeAnimation(frames, { format: 'webp', fps: 30 });
    // Moments 33.3, 66.7, 100, … ms rounded to 1 ms, and to GIF's 10 ms.
    expect((await sharp(webp, { pages: -1 }).metadata()).delay).toEqual([33, 34, 33, 33, 34, 33]);
    const gif = await encodeAnimation(frames, { format: 'gif', fps: 30 });
    expect((await sharp(gif, { pages: -1 }).metadata()).delay).toEqual([30, 40, 30, 30, 40, 30]);
  });

  it('is enlarged like a still image', async () => {
    const frames = [solid(2, 2, [250, 0, 0]), solid(2, 2, [0, 0, 250])];
    const bytes = await encodeAnimation(frames, { format: 'webp', fps: 5, size: 32 });
    const { data } = await rgb(bytes, { pages: -1 });
    expect(data.length).toBe(2 * 32 * 32 * 3);
    expect(data.slice(0, 3)).toEqual([250, 0, 0]);
    expect(data.slice(-3)).toEqual([0, 0, 250]);
  });

  it('may be of one frame', async () => {
    for (const format of ['webp', 'gif'] as const) {
      const bytes = await encodeAnimation([greyFrame(7)], { format, fps: 5 });
      expect(await sharp(bytes, { pages: -1 }).metadata()).toMatchObject({ format, width: 4, height: 4 });
    }
  });

  it.each([
    [{ fps: 0 }, 'Expected fps in [1, 50] but received 0.'],
    [{ fps: 51 }, 'Expected fps in [1, 50] but received 51.'],
    [{ fps: Number.NaN }, 'Expected fps in [1, 50] but received NaN.'],
    [{ loop: -1 }, 'Expected loop to be an integer in [0, 65535] but received -1.'],
    [{ size: 1025 }, 'Expected size to be an integer in [1, 1024] but received 1025.'],
  ])('is refused with %j', async (wrong, message) => {
    const asked = encodeAnimation([greyFrame(0)], { format: 'webp', fps: 10, ...wrong });
    await expect(asked).rejects.toMatchObject({ code: 'BAD_USER_INPUT', message });
  });

  it('is refused without frames, with frames of two shapes, with too many, and with too many pixels', async () => {
    const ask = (frames: Pixels[], size?: number): Promise<Uint8Array> =>
      encodeAnimation(frames, { format: 'webp', fps: 10, ...(size === undefined ? {} : { size }) });
    await expect(ask([])).rejects.toThrow(
      'Expected the number of frames to be an integer in [1, 1024] but received 0.',
    );
    await expect(ask([greyFrame(0), ramp])).rejects.toThrow(/one shape for an animation, 4×4 .* received 4×2 .* at 1/);
    await expect(ask(new Array(FRAMES.most + 1).fill(greyFrame(0)))).rejects.toThrow(/received 1025/);
    await expect(ask(new Array(64).fill(greyFrame(0)), 1024)).rejects.toThrow(/64 image\(s\) of 1024×1024/);
  });
});

describe('the table of formats', () => {
  it('gives each format its registered media type', () => {
    expect(Object.entries(FORMATS).map(([name, { mimeType }]) => [name, mimeType])).toEqual([
      ['png', 'image/png'],
      ['webp', 'image/webp'],
      ['jpeg', 'image/jpeg'],
      ['avif', 'image/avif'],
      ['gif', 'image/gif'],
      ['apng', 'image/apng'],
      ['npy', 'application/octet-stream'],
      ['f32', 'application/octet-stream'],
    ]);
  });
});
