import { describe, expect, it } from 'vitest';
import { scatter } from '../../src/images/scatter.js';

describe('a scatter picture', () => {
  it('shows points at their place, y upwards, darker where several fall', () => {
    const { width, height, channels, data } = scatter(Float32Array.of(-2, 2, 0.01, 0.01, 0.01, 0.01, 2, -2), 2);
    expect([width, height, channels]).toEqual([384, 384, 1]);
    const dark = Array.from(data.keys()).filter((i) => data[i]! < 255);
    expect(dark).toEqual([0, 191 * 384 + 192, 384 * 384 - 1]);
    expect(dark.map((i) => data[i])).toEqual([159, 63, 159]);
  });

  it('keeps its window while the largest coordinate stays below the next power of two', () => {
    const place = (largest: number) => scatter(Float32Array.of(0.5, 0.5, largest, 0), 2).data.findIndex((v) => v < 255);
    expect(place(1.9)).toBe(place(1.1));
    expect(place(2.1)).not.toBe(place(1.9));
  });
});
