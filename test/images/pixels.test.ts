import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPixels, grid, type Pixels, toPixels } from '../../src/images/pixels.js';

const grey = (width: number, height: number, values: number[]): Pixels => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from(values),
});

describe('floats to pixels', () => {
  it('maps -1, 0 and 1 to 0, 128 and 255 when the range is [-1, 1]', () => {
    const pixels = toPixels(Float32Array.of(-1, 0, 1), { width: 3, height: 1, channels: 1, range: [-1, 1] });
    expect([...pixels.data]).toEqual([0, 128, 255]);
  });

  it('maps 0, 0.2 and 1 to 0, 51 and 255 when the range is [0, 1]', () => {
    const pixels = toPixels(Float32Array.of(0, 0.2, 1), { width: 1, height: 3, channels: 1, range: [0, 1] });
    expect([...pixels.data]).toEqual([0, 51, 255]);
  });

  it('clamps values that overshoot the range', () => {
    const pixels = toPixels(Float32Array.of(-1.5, 37), { width: 2, height: 1, channels: 1, range: [-1, 1] });
    expect([...pixels.data]).toEqual([0, 255]);
  });

  it('interleaves planes: [C, H, W] becomes red, green, blue of each pixel', () => {
    const chw = Float32Array.of(0, 1, 0.2, 0.4, 0.6, 0.8); // red plane, green plane, blue plane of 2×1
    const pixels = toPixels(chw, { width: 2, height: 1, channels: 3, range: [0, 1] });
    expect([...pixels.data]).toEqual([0, 51, 153, 255, 102, 204]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'refuses %d and says where it is',
    (bad) => {
      const chw = new Float32Array(12);
      chw[7] = bad; // channel 1, row 1, column 1 of a 2×2 RGB image
      expect(() => toPixels(chw, { width: 2, height: 2, channels: 3, range: [0, 1] })).toThrowError(
        expect.objectContaining({
          code: 'NOT_FINITE',
          message: `Expected finite values in an image but received ${bad} at channel 1, row 1, column 1.`,
        }),
      );
    },
  );

  it('refuses the wrong number of values, and a range that is empty or upside down', () => {
    const shape = { width: 2, height: 2, channels: 1 } as const;
    expect(() => toPixels(new Float32Array(3), { ...shape, range: [0, 1] })).toThrow(
      'Expected 4 values (1×2×2) for an image but received 3.',
    );
    expect(() => toPixels(new Float32Array(4), { ...shape, range: [1, 1] })).toThrow(/value range/);
    expect(() => toPixels(new Float32Array(4), { ...shape, range: [1, -1] })).toThrow(/value range/);
  });
});

describe('pixels to floats', () => {
  it('maps 0 and 255 to the ends of the range, plane by plane', () => {
    const pixels: Pixels = { width: 2, height: 1, channels: 3, data: Uint8Array.of(0, 255, 51, 255, 0, 204) };
    const chw = fromPixels(pixels, [-1, 1]);
    const wanted = [-1, 1, 1, -1, -0.6, 0.6];
    for (const [i, value] of wanted.entries()) expect(chw[i]).toBeCloseTo(value, 6);
  });

  it('comes back to the same pixels, whatever the range', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 12, maxLength: 12 }),
        fc.integer({ min: -4, max: 0 }),
        fc.integer({ min: 1, max: 4 }),
        (data, low, high) => {
          const pixels: Pixels = { width: 2, height: 2, channels: 3, data };
          const back = toPixels(fromPixels(pixels, [low, high]), { ...pixels, range: [low, high] });
          expect([...back.data]).toEqual([...data]);
        },
      ),
    );
  });

  it('refuses data that does not fill its shape', () => {
    expect(() => fromPixels(grey(2, 2, [1, 2, 3]), [0, 1])).toThrow(
      'Expected 4 bytes for 2×2 pixels of 1 channel(s) but received 3.',
    );
  });
});

describe('a grid', () => {
  const one = grey(2, 1, [1, 2]);
  const two = grey(2, 1, [3, 4]);
  const three = grey(2, 1, [5, 6]);

  it('lays images out left to right, then top to bottom, and leaves the rest black', () => {
    const sheet = grid([one, two, three], 2);
    expect(sheet).toMatchObject({ width: 4, height: 2, channels: 1 });
    expect([...sheet.data]).toEqual([1, 2, 3, 4, 5, 6, 0, 0]);
  });

  it('puts black gaps between images and none around them', () => {
    const sheet = grid([one, two, three], 2, 1);
    expect(sheet).toMatchObject({ width: 5, height: 3 });
    expect([...sheet.data]).toEqual([1, 2, 0, 3, 4, 0, 0, 0, 0, 0, 5, 6, 0, 0, 0]);
  });

  it('is no wider than the images it holds', () => {
    expect(grid([one, two], 8)).toMatchObject({ width: 4, height: 1 });
  });

  it('keeps the three channels of a colour image together', () => {
    const red: Pixels = { width: 1, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0) };
    const blue: Pixels = { width: 1, height: 1, channels: 3, data: Uint8Array.of(0, 0, 255) };
    expect([...grid([red, blue], 1, 1).data]).toEqual([255, 0, 0, 0, 0, 0, 0, 0, 255]);
  });

  it('refuses no images, images of two shapes, and columns or gaps that are not counts', () => {
    expect(() => grid([], 2)).toThrow('Expected at least one image for a grid but received 0.');
    expect(() => grid([one, grey(1, 1, [9])], 2)).toThrow(/of one shape for a grid, 2×1 .* received 1×1 .* at 1/);
    expect(() => grid([one], 0)).toThrow(/columns of a grid to be an integer of at least 1 but received 0/);
    expect(() => grid([one], 1, -1)).toThrow(/gap of a grid/);
  });
});
