// Masks against pictures of them: 1 is known, 0 hidden.

import { describe, expect, test } from 'vitest';
import { checkMask, otherHalf, outsideOf, whiteOf } from '../../src/pictures/mask.js';

const IMAGE = { width: 5, height: 3 };

/** Rows of text, as "11011". */
function drawn(mask: Float32Array, width = IMAGE.width): string[] {
  const text = [...mask].join('');
  return Array.from({ length: text.length / width }, (_, y) => text.slice(y * width, (y + 1) * width));
}

describe('a mask', () => {
  test('of a rectangle hides what is inside', () => {
    expect(drawn(outsideOf({ x: 1, y: 1, width: 3, height: 2 }, IMAGE))).toEqual(['11111', '10001', '10001']);
  });

  test('of a half hides it, with the middle row or column in the top or left half', () => {
    expect(drawn(otherHalf('top', IMAGE))).toEqual(['00000', '00000', '11111']);
    expect(drawn(otherHalf('bottom', IMAGE))).toEqual(['11111', '11111', '00000']);
    expect(drawn(otherHalf('left', IMAGE))).toEqual(['00011', '00011', '00011']);
    expect(drawn(otherHalf('right', IMAGE))).toEqual(['11100', '11100', '11100']);
  });

  test('of an image takes half the intensity for white, and is white where its name says', () => {
    const mask = {
      ...IMAGE,
      channels: 1 as const,
      data: Uint8Array.from({ length: 15 }, (_, i) => (i % 2 ? 128 : 127)),
    };
    expect(drawn(whiteOf(mask, 'known', IMAGE))).toEqual(['01010', '10101', '01010']);
    expect(drawn(whiteOf(mask, 'hidden', IMAGE))).toEqual(['10101', '01010', '10101']);
  });

  test('of another size is enlarged by nearest neighbour, and cropped to its centre as the image is', () => {
    const half = { width: 2, height: 1, channels: 1 as const, data: Uint8Array.of(255, 0) };
    expect(drawn(whiteOf(half, 'known', { width: 4, height: 2 }), 4)).toEqual(['1100', '1100']);
    // Of 6×2 only the middle 2×2 is shown in a square.
    const wide = {
      width: 6,
      height: 2,
      channels: 1 as const,
      data: Uint8Array.from('001000000100', (c) => Number(c) * 255),
    };
    expect(drawn(whiteOf(wide, 'known', { width: 2, height: 2 }), 2)).toEqual(['10', '01']);
    expect(drawn(whiteOf(wide, 'known', { width: 4, height: 4 }), 4)).toEqual(['1100', '1100', '0011', '0011']);
  });
});

describe('refused is a mask', () => {
  test('of a rectangle that is empty, outside the image or partly so', () => {
    for (const [x, y, width, height] of [
      [0, 0, 0, 1],
      [0, 0, 1, -1],
      [-1, 0, 2, 2],
      [4, 0, 2, 1],
      [0, 2, 1, 2],
      [5, 3, 1, 1],
      [2 ** 31 - 1, 0, 2 ** 31 - 1, 1],
    ] as const) {
      expect(() => outsideOf({ x, y, width, height }, IMAGE)).toThrow(
        /a rectangle of at least one pixel within .* 5×3/,
      );
    }
  });

  test('that hides everything or nothing', () => {
    expect(() => checkMask(new Float32Array(15))).toThrow(/no known pixel/);
    expect(() => checkMask(new Float32Array(15).fill(1))).toThrow(/no hidden pixel/);
    expect(checkMask(Float32Array.of(0, 1))).toEqual(Float32Array.of(0, 1));
  });
});
