import { describe, expect, it } from 'vitest';
import { labelFromSeed, oneHot } from '../../src/models/labels.js';
import { philox4x32 } from '../../src/random/philox.js';

describe('labelFromSeed', () => {
  it('is the first word of the stream of labels, scaled to the classes', () => {
    for (const seed of [0, 1, 42, 2 ** 32 - 1]) {
      const [word] = philox4x32([0, 0, 0, 0], [seed, 1]);
      expect(labelFromSeed(seed, 10)).toBe(Math.floor((word! / 2 ** 32) * 10));
    }
  });

  it('stays what it was when samples were published: a seed names its class for ever', () => {
    expect([0, 1, 2, 3, 42].map((seed) => labelFromSeed(seed, 10))).toEqual([9, 6, 6, 3, 5]);
  });

  it('gives each class its share: chi-square of 10,000 seeds over 10 classes', () => {
    const counts = new Array<number>(10).fill(0);
    for (let seed = 0; seed < 10_000; seed++) counts[labelFromSeed(seed, 10)]!++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(27.9); // exceeded once in 1,000 fair draws, at 9 degrees of freedom
  });

  it('takes any seed and any number of classes that a manifest may have', () => {
    for (const classes of [2, 3, 65_536]) {
      for (const seed of [0, 2 ** 32 - 1]) {
        const label = labelFromSeed(seed, classes);
        expect(Number.isInteger(label) && label >= 0 && label < classes).toBe(true);
      }
    }
  });

  it.each([-1, 0.5, 2 ** 32, Number.NaN])('refuses the seed %s', (seed) => {
    expect(() => labelFromSeed(seed, 10)).toThrow('Expected seed to be an integer');
  });
});

describe('oneHot', () => {
  it('is 1 at the class of each row', () => {
    expect(Array.from(oneHot([2, 0], 3))).toEqual([0, 0, 1, 1, 0, 0]);
  });
});
