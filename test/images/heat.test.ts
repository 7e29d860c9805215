// A function over a rectangle as colours.
import { describe, expect, test } from 'vitest';
import { heatColour, heatMap } from '../../src/images/heat.js';

const scale = { low: 0, middle: 0.5, high: 1 };

describe('a heat map', () => {
  test('is white in the middle, orange below and blue above, and no darker beyond its ends', () => {
    expect(heatColour(0.5, scale)).toEqual([255, 255, 255]);
    expect(heatColour(0, scale)).toEqual([240, 163, 61]);
    expect(heatColour(1, scale)).toEqual([77, 156, 214]);
    expect(heatColour(-7, scale)).toEqual(heatColour(0, scale));
    // 0.9 is the eighth of ten shades: 255 + 0.8 · (77 − 255), and so on.
    expect(heatColour(0.9, scale)).toEqual([113, 176, 222]);
  });

  test('has as much colour on both sides of a middle that is not half-way', () => {
    const skew = { low: -1, middle: 0, high: 10 };
    expect(heatColour(5, skew)).toEqual([166, 206, 235]); // 255 + 0.5 · (77 − 255)
    expect(heatColour(-0.5, skew)).toEqual([248, 209, 158]);
  });

  test('interpolates between the middles of its cells, rows from the top', () => {
    // Cells 0, 1 above 0, 1: from left to right 0, ¼, ¾, 1 at the middles of four pixels.
    const { data } = heatMap({ values: [0, 1, 0, 1], columns: 2, rows: 2, scale }, 4, 4);
    const row = (y: number) => [0, 1, 2, 3].map((x) => [...data.subarray((y * 4 + x) * 3, (y * 4 + x) * 3 + 3)]);
    expect(row(0)).toEqual([0, 0.25, 0.75, 1].map((value) => heatColour(value, scale)));
    expect(row(3)).toEqual(row(0));
    const { data: down } = heatMap({ values: [1, 0], columns: 1, rows: 2, scale }, 1, 4);
    expect([...down.subarray(0, 3)]).toEqual(heatColour(1, scale)); // the first row is the upper one
  });
});
