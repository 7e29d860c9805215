// Large pictures are drawn on other threads: with the same bytes, and without keeping this one.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodeAnimation, encodeImage } from '../../src/images/image.js';
import type { Pixels } from '../../src/images/pixels.js';
import * as png from '../../src/images/png.js';
import * as resize from '../../src/images/resize.js';
import { drawPng } from '../../src/images/threads.js';

vi.mock('../../src/images/png.js', { spy: true });
vi.mock('../../src/images/resize.js', { spy: true });

const picture = (side: number, channels: 1 | 3): Pixels => ({
  width: side,
  height: side,
  channels,
  data: Uint8Array.from({ length: side * side * channels }, (_, i) => (i * i) % 251),
});

afterEach(() => {
  vi.clearAllMocks();
});

describe('a large picture', () => {
  it.each([1, 3] as const)(
    'of %i channel(s) is drawn elsewhere, with the bytes that this thread would write',
    async (channels) => {
      const small = picture(28, channels);
      const file = await encodeImage(small, { format: 'png', size: 700 });
      expect(resize.resizeToHeight).not.toHaveBeenCalled();
      expect(png.writePng).not.toHaveBeenCalled();
      expect(Buffer.from(file).equals(png.writePng(resize.resizeToHeight(small, 700)))).toBe(true);
    },
  );

  it('is reduced elsewhere too, however small it gets', async () => {
    const large = picture(600, 3);
    const file = await encodeImage(large, { format: 'png', size: 16 });
    expect(resize.resizeToHeight).not.toHaveBeenCalled();
    expect(Buffer.from(file).equals(png.writePng(resize.resizeToHeight(large, 16)))).toBe(true);
  });

  it('of any other format, and an animation, are enlarged elsewhere', async () => {
    await encodeImage(picture(28, 1), { format: 'webp', size: 300 });
    await encodeAnimation([picture(8, 1), picture(8, 1)], { format: 'gif', fps: 10, size: 200 });
    expect(resize.resizeToHeight).not.toHaveBeenCalled();
  });

  it('comes back to whoever asked for it, of many at once', async () => {
    const sides = [200, 220, 240, 260, 280, 300];
    const files = await Promise.all(sides.map((side) => drawPng(picture(20, 1), side)));
    expect(files.map((file) => Buffer.from(file).readUInt32BE(16))).toEqual(sides); // the width, in the header
  });

  it('that cannot be drawn fails alone', async () => {
    const broken: Pixels = { ...picture(20, 1), data: new Uint8Array(3) };
    const [failure, file] = await Promise.allSettled([drawPng(broken, 100), drawPng(picture(20, 1), 100)]);
    expect(failure).toMatchObject({ status: 'rejected', reason: { message: /400 bytes for 20×20 pixels/ } });
    expect(file.status).toBe('fulfilled');
  });
});

describe('a small picture', () => {
  it('is written by this thread: a trip to another takes longer', async () => {
    await encodeImage(picture(28, 1), { format: 'png' });
    expect(png.encodePng).toHaveBeenCalledOnce();
  });
});
