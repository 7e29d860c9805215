import { describe, expect, it } from 'vitest';
import type { Pixels } from '../../src/images/pixels.js';
import { resizeArea, resizeNearest, resizeToHeight } from '../../src/images/resize.js';

const grey = (width: number, height: number, values: number[]): Pixels => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from(values),
});

describe('enlarging by nearest neighbour', () => {
  it('turns every pixel into a square when the factor is an integer', () => {
    const big = resizeNearest(grey(2, 2, [1, 2, 3, 4]), 4, 4);
    expect([...big.data]).toEqual([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]);
  });

  it('takes the pixel under each new centre when the factor is not an integer', () => {
    // 2 → 5: centres 0.2, 0.6, 1.0, 1.4, 1.8 fall into pixels 0, 0, 1, 1, 1.
    expect([...resizeNearest(grey(2, 1, [7, 9]), 5, 1).data]).toEqual([7, 7, 9, 9, 9]);
    expect([...resizeNearest(grey(1, 2, [7, 9]), 1, 5).data]).toEqual([7, 7, 9, 9, 9]);
  });

  it('keeps the channels of a pixel together', () => {
    const small: Pixels = { width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    expect([...resizeNearest(small, 4, 1).data]).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
  });
});

describe('reducing by area', () => {
  it('averages the pixels that each new one covers', () => {
    expect([...resizeArea(grey(4, 2, [0, 10, 100, 200, 20, 30, 100, 200]), 2, 1).data]).toEqual([15, 150]);
  });

  it('counts a pixel that is covered in part by its share', () => {
    // 3 → 2: (30 + 60 / 2) / 1.5 = 40 and (60 / 2 + 90) / 1.5 = 80.
    expect([...resizeArea(grey(3, 1, [30, 60, 90]), 2, 1).data]).toEqual([40, 80]);
    expect([...resizeArea(grey(1, 3, [30, 60, 90]), 1, 2).data]).toEqual([40, 80]);
  });

  it('averages each channel by itself', () => {
    const wide: Pixels = { width: 2, height: 1, channels: 3, data: Uint8Array.of(0, 100, 200, 10, 120, 240) };
    expect([...resizeArea(wide, 1, 1).data]).toEqual([5, 110, 220]);
  });
});

describe('resizing to a height', () => {
  it('keeps the proportions', () => {
    expect(resizeToHeight(grey(4, 2, new Array(8).fill(5)), 6)).toMatchObject({ width: 12, height: 6 });
    expect(resizeToHeight(grey(4, 2, new Array(8).fill(5)), 1)).toMatchObject({ width: 2, height: 1 });
  });

  it('never makes an image less than one pixel wide', () => {
    expect(resizeToHeight(grey(1, 8, new Array(8).fill(5)), 1)).toMatchObject({ width: 1, height: 1 });
  });
});
