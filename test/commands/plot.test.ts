import { describe, expect, it } from 'vitest';
import { ASCII, UNICODE } from '../../src/commands/glyphs.js';
import { plot } from '../../src/commands/plot.js';

describe('a plot', () => {
  it('goes from the lower left to the upper right where numbers grow', () => {
    // Of four heights each is joined to the one before: 0, 0–1, 1–2, 2–3.
    expect(plot('loss', [0, 1, 2, 3], { columns: 4, rows: 2 }, ASCII)).toEqual(['loss', '  .:', ".:' "]);
  });

  it('sets in each Braille character the dots of two columns and four heights', () => {
    // Dots 7 and 8 are the lowest, 1 and 4 the highest: 2 × 4 dots, from the lowest on the left to the highest.
    const [, curve] = plot('loss', [0, 3], { columns: 1, rows: 1 }, UNICODE);
    expect(curve).toBe(String.fromCodePoint(0x2800 + 0x40 + 0x08 + 0x10 + 0x20 + 0x80));
  });

  it('says the newest value and the range, as far as there is room', () => {
    const [title] = plot('lossD', [0.5, 1.39123, 0.7312], { columns: 40, rows: 1 }, ASCII);
    expect(title).toBe('lossD  0.731  between 0.5 and 1.39');
  });

  it('loses no peak, though there are more numbers than dots', () => {
    const values = new Array(1000).fill(0);
    values[503] = 1;
    const [, top, bottom] = plot('x', values, { columns: 10, rows: 2 }, ASCII);
    expect(top).toBe('     :    ');
    expect(bottom).toBe('.....:....');
  });

  it('is a line in the lowest row where all are equal, and nothing where there is no number', () => {
    expect(plot('x', [2, 2], { columns: 3, rows: 1 }, ASCII)[1]).toBe('...');
    expect(plot('x', [Number.NaN], { columns: 3, rows: 1 }, ASCII)).toEqual([]);
  });
});
