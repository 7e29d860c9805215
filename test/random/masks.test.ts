import { describe, expect, it } from 'vitest';
import { fillMask, fillMasks, MASK_KINDS, type MaskKind, numbersOfMask } from '../../src/random/masks.js';
import { lcg } from '../training/helpers.js';

const SHAPE = [1, 4, 8];

/** Rows of the mask as text: # known, . hidden. */
function drawn(kind: MaskKind, first: readonly number[], rest = 0.5): string[] {
  const numbers = new Float32Array(numbersOfMask(SHAPE)).fill(rest);
  numbers.set(first);
  const out = new Float32Array(32).fill(9);
  fillMask(out, kind, SHAPE, numbers);
  return Array.from({ length: 4 }, (_, y) =>
    Array.from(out.subarray(8 * y, 8 * y + 8), (value) => ({ 0: '.', 1: '#' })[value] ?? '?').join(''),
  );
}

describe('a mask', () => {
  it('hides a box, its height and width from the first two numbers, its place from the next two', () => {
    // Heights go from 1 to 3 rows, widths from 2 to 6 columns: here 2 and 4, a third and a half of the way along.
    expect(drawn('box', [0.5, 0.5, 0.34, 0.5])).toEqual(['########', '##....##', '##....##', '########']);
    expect(drawn('surroundings', [0.5, 0.5, 0.34, 0.5])).toEqual(['........', '..####..', '..####..', '........']);
    expect(drawn('box', [0, 0, 0.999, 0.999])).toEqual(['########', '########', '########', '######..']);
  });

  it('hides one of four halves', () => {
    expect(drawn('half', [0.1, 0.1])).toEqual(Array(4).fill('####....'));
    expect(drawn('half', [0.1, 0.9])).toEqual(Array(4).fill('....####'));
    expect(drawn('half', [0.9, 0.1])).toEqual(['########', '########', '........', '........']);
    expect(drawn('half', [0.9, 0.9])).toEqual(['........', '........', '########', '########']);
  });

  it('knows a pixel whose own number is below that of the image', () => {
    expect(drawn('pixels', [0.6, 0, 0, 0, 0.7, 0.5, 0.6])).toEqual(['.#.#####', ...Array(3).fill('########')]);
    expect(drawn('pixels', [0.4])).toEqual(Array(4).fill('........'));
  });
});

describe('masks of a batch', () => {
  it('are of every kind equally often, and each row is one that its kind can be', () => {
    const rows = 4000;
    const random = lcg(3);
    const out = new Float32Array(rows * 32);
    fillMasks(out, SHAPE, (numbers) => {
      for (let i = 0; i < numbers.length; i++) numbers[i] = random();
    });
    const halves = ['11110000', '00001111'].map((row) => row.repeat(4));
    const found = { half: 0, other: 0 };
    for (let row = 0; row < rows; row++) {
      const text = out.subarray(32 * row, 32 * row + 32).join('');
      expect(text).toMatch(/^[01]{32}$/);
      if (halves.includes(text)) found.half++;
      else found.other++;
    }
    // A quarter of the kinds, half of those upright; 500 ± 21 by chance.
    expect(MASK_KINDS).toHaveLength(4);
    expect(found.half).toBeGreaterThan(420);
    expect(found.half).toBeLessThan(580);
  });
});
