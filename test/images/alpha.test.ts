import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage, encodeAnimation, encodeImage, grid, type Pixels } from '../../src/images/image.js';
import { resizeToHeight } from '../../src/images/resize.js';

/** Each pixel another, alpha among them. */
function sprite(width: number, height: number): Pixels {
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i * 37) % 256);
  return { width, height, channels: 4, data };
}

async function rawOf(bytes: Uint8Array): Promise<number[]> {
  return [...(await sharp(bytes).ensureAlpha().raw().toBuffer())];
}

describe('pixels with alpha', () => {
  it('come back from PNG as they were, small, large and enlarged', async () => {
    for (const image of [sprite(5, 7), sprite(200, 100)]) {
      const png = await encodeImage(image, { format: 'png' });
      expect(await rawOf(png)).toEqual([...image.data]);
      expect((await decodeImage(png, image)).data).toEqual(image.data);
    }
    const twice = await rawOf(await encodeImage(sprite(5, 7), { format: 'png', size: 14 }));
    expect(twice.slice(0, 8)).toEqual([...sprite(5, 7).data.slice(0, 4), ...sprite(5, 7).data.slice(0, 4)]);
  });

  it('keep their alpha in lossless WebP, and nearly so in AVIF', async () => {
    const image = sprite(8, 8);
    const alphaOf = (values: number[]) => values.filter((_, i) => i % 4 === 3);
    const wanted = alphaOf([...image.data]);
    expect(alphaOf(await rawOf(await encodeImage(image, { format: 'webp' })))).toEqual(wanted);
    const avif = alphaOf(await rawOf(await encodeImage(image, { format: 'avif' })));
    const off = avif.reduce((sum, value, i) => sum + Math.abs(value - wanted[i]!), 0) / avif.length;
    expect(off).toBeLessThan(40); // of 255, of a picture that is noise
  });

  it('are on white as JPEG, which knows no alpha', async () => {
    const clear: Pixels = { width: 8, height: 8, channels: 4, data: new Uint8Array(256) };
    const jpeg = await sharp(await encodeImage(clear, { format: 'jpeg' }))
      .raw()
      .toBuffer();
    expect([...new Set(jpeg)]).toEqual([255]);
  });

  it('are in grids with nothing between them, and in animations', async () => {
    const sheet = grid([sprite(2, 2), sprite(2, 2)], 2, 1);
    expect([...sheet.data.slice(8, 12)]).toEqual([0, 0, 0, 0]);
    const clear: Pixels = { width: 4, height: 4, channels: 4, data: new Uint8Array(64) };
    const frames = [clear, { ...clear, data: new Uint8Array(64).fill(255) }];
    for (const format of ['webp', 'apng'] as const) {
      const film = await encodeAnimation(frames, { format, fps: 10 });
      const first = await rawOf(film);
      expect([format, first[3]]).toEqual([format, 0]);
    }
  });

  it('are reduced by what is seen: a clear neighbour thins, and does not tint', () => {
    const pair: Pixels = {
      width: 2,
      height: 2,
      channels: 4,
      data: Uint8Array.of(200, 10, 0, 255, 0, 255, 0, 0, 200, 10, 0, 255, 0, 255, 0, 0),
    };
    expect([...resizeToHeight(pair, 1).data]).toEqual([200, 10, 0, 128]);
  });

  it.each(['black', 'white', 'drop'] as const)(
    'sent to a model of three channels are flattened as sharp does: %s',
    async (alpha) => {
      const image = sprite(9, 9);
      const png = await encodeImage(image, { format: 'png' });
      const interlaced = await sharp(png).png({ progressive: true }).toBuffer(); // which sharp alone reads
      const [plain, bySharp] = await Promise.all(
        [png, interlaced].map((bytes) => decodeImage(bytes, { width: 9, height: 9, channels: 3, alpha })),
      );
      expect(plain!.data).toEqual(bySharp!.data);
      const first = [...image.data.slice(4, 8)] as [number, number, number, number];
      const background = { black: 0, white: 255, drop: null }[alpha];
      expect([...plain!.data.slice(3, 6)]).toEqual(
        first
          .slice(0, 3)
          .map((value) =>
            background === null ? value : Math.floor((value * first[3] + background * (255 - first[3])) / 255),
          ),
      );
    },
  );
});
