// What pixels cost, by hand, and as README.md tells it.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodedPixels, encodedPixels, tensorPixels } from '../../src/images/costs.js';
import { MAX_PIXELS } from '../../src/images/limits.js';
import { MAX_ANSWER_BYTES, MAX_DECODED_PIXELS_PER_REQUEST, MAX_ENCODED_PIXELS_PER_REQUEST } from '../../src/limits.js';

const GREY = { width: 1, height: 1, channels: 1 };
const COLOUR = { ...GREY, channels: 3 };

describe('encoding', () => {
  test('costs what is shown, the sample, or the least, whichever is most', () => {
    const png = (side: number, size: number) =>
      encodedPixels({
        format: 'png',
        made: { ...COLOUR, width: side, height: side },
        shown: { width: size, height: size },
      });
    expect(png(28, 1024)).toBe(1024 ** 2);
    expect(png(1024, 1024)).toBe(3 * 1024 ** 2);
    expect(png(28, 28)).toBe(16_384);
  });

  test('of an animation costs that of each frame', () => {
    const gif = { format: 'gif', made: GREY, shown: { width: 200, height: 200 } } as const;
    expect(encodedPixels({ ...gif, frames: 30 })).toBe(30 * 6 * 40_000);
    const faces = {
      made: { width: 64, height: 64, channels: 3 },
      shown: { width: 64, height: 64 },
      frames: 512,
    } as const;
    for (const format of ['gif', 'apng', 'webp'] as const) {
      expect(encodedPixels({ format, ...faces }), format).toBeLessThanOrEqual(MAX_ENCODED_PIXELS_PER_REQUEST);
    }
  });

  test('of arrays is bounded by the bytes of an answer', () => {
    expect(tensorPixels(MAX_ANSWER_BYTES / 4)).toBe(MAX_ENCODED_PIXELS_PER_REQUEST);
  });

  const rows = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').matchAll(
    /^\| (?:(animated) )?(PNG|JPEG|WebP|AVIF|GIF)(?:, (grey|colour))? \| (\d+) \| (\d+) \| ([\d,]+) \|$/gm,
  );
  const weights = [...rows].map(([, animated, name, colour, shown, made, least]) => ({
    format: name!.toLowerCase() as 'png' | 'jpeg' | 'webp' | 'avif' | 'gif',
    channels: colour === 'grey' ? 1 : 3,
    ...((animated || name === 'GIF') && { frames: 1 }),
    ...{ shown: Number(shown), made: Number(made), least: Number(least!.replaceAll(',', '')) },
  }));

  test('is told in README.md for all eight kinds', () => {
    expect(weights).toHaveLength(8);
    for (const { format, channels, shown, made, least, ...rest } of weights) {
      const price = (madeSide: number, shownSide: number) =>
        encodedPixels({
          ...{ format, ...rest },
          made: { width: madeSide, height: madeSide, channels },
          shown: { width: shownSide, height: shownSide },
        });
      expect(price(1, 1), format).toBe(least);
      expect(price(1, 1000), format).toBe(Math.max(least, shown * 1e6));
      expect(price(1000, 1), format).toBe(Math.max(least, made * 1e6));
    }
  });
});

describe('decoding', () => {
  const cost = (kind: string, side: number) => decodedPixels({ width: side, height: side }, kind);
  const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const rows = [...README.matchAll(/^\| (PNG|JPEG|WebP|AVIF) \| ([\d.]+) \| ([\d,]+) \|$/gm)];

  test('costs each image and each pixel of its header, as README.md tells', () => {
    expect(rows.map(([, kind]) => kind)).toEqual(['PNG', 'JPEG', 'WebP', 'AVIF']);
    for (const [, kind, pixel, image] of rows) {
      expect(cost(kind!, 100), kind).toBe(Number(image!.replaceAll(',', '')) + 10_000 * Number(pixel));
    }
  });

  test('of what is unknown costs as much as the dearest', () => {
    expect(cost('other', 100)).toBe(cost('AVIF', 100));
  });

  test('lets through the largest PNG and a thousand small PNGs or JPEGs, but fewer WebPs and AVIFs', () => {
    expect(cost('PNG', MAX_PIXELS ** 0.5)).toBeLessThanOrEqual(MAX_DECODED_PIXELS_PER_REQUEST);
    const most = (kind: string) => Math.floor(MAX_DECODED_PIXELS_PER_REQUEST / cost(kind, 64));
    for (const kind of ['PNG', 'JPEG']) expect(most(kind), kind).toBeGreaterThanOrEqual(1000);
    for (const kind of ['WebP', 'AVIF']) expect(most(kind), kind).toBeLessThan(700);
  });
});
