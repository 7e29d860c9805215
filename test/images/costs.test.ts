// What pixels cost, by hand, and as README.md tells it.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodedPixels, encodedPixels, tensorPixels } from '../../src/images/costs.js';
import { MAX_ANSWER_BYTES, MAX_ENCODED_PIXELS_PER_REQUEST } from '../../src/limits.js';

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

test('decoding an AVIF costs three times a PNG, a JPEG half of it, and what is unknown as much as the dearest', () => {
  const cost = (kind: string) => decodedPixels({ width: 100, height: 50 }, kind);
  expect(['PNG', 'JPEG', 'WebP', 'AVIF', 'other'].map(cost)).toEqual([5000, 2500, 10_000, 15_000, 15_000]);
});
