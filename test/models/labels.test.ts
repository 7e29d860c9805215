import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blend, isMixture, labelFromSeed, mixture, oneHot, sharesOf } from '../../src/models/labels.js';
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

describe('a mixture', () => {
  const weight = fc.double({ min: 0, max: 1e300, noNaN: true });
  const shares = fc
    .uniqueArray(fc.record({ label: fc.nat(999), weight }), {
      minLength: 1,
      maxLength: 64,
      selector: (one) => one.label,
    })
    .filter((list) => list.some((one) => one.weight > 0));
  const parts = (list: readonly { weight: number }[]) =>
    list.reduce((total, one) => total + Math.round(one.weight * 1e9), 0);

  it('is its weights divided by their sum, by class', () => {
    const shares = [
      { label: 7, weight: 3 },
      { label: 3, weight: 1 },
    ];
    expect(mixture(shares)).toEqual([
      { label: 3, weight: 0.25 },
      { label: 7, weight: 0.75 },
    ]);
  });

  it('shares what rounding leaves among the largest remainders, ties by class', () => {
    const thirds = [2, 0, 1].map((label) => ({ label, weight: 1 }));
    expect(mixture(thirds)).toEqual([
      { label: 0, weight: 0.333333334 },
      { label: 1, weight: 0.333333333 },
      { label: 2, weight: 0.333333333 },
    ]);
  });

  it('of one class, or of one that alone weighs something, is that class', () => {
    expect(mixture([{ label: 4, weight: 0.1 }])).toBe(4);
    const alone = [
      { label: 4, weight: 0 },
      { label: 5, weight: 1e-300 },
    ];
    expect(mixture(alone)).toBe(5);
  });

  it('adds up to 1 exactly, is in order, and is its own mixture', () => {
    fc.assert(
      fc.property(shares, (list) => {
        const mixed = sharesOf(mixture(list));
        expect(parts(mixed)).toBe(1e9);
        expect(mixed.every(({ label }, i) => i === 0 || label > mixed[i - 1]!.label)).toBe(true);
        expect(mixed.length === 1 || isMixture(mixed)).toBe(true);
      }),
    );
  });

  it('is the same whatever its weights are multiplied by, and in whatever order they come', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ label: fc.nat(9), weight: fc.integer({ min: 1, max: 1e6 }) }), {
          minLength: 1,
          selector: (one) => one.label,
        }),
        fc.double({ min: 1e-200, max: 1e200, noNaN: true }),
        (list, factor) => {
          const scaled = list.map(({ label, weight: w }) => ({ label, weight: w * factor }));
          expect(mixture(scaled.reverse())).toEqual(mixture(list));
        },
      ),
    );
  });

  it('is what the graph is told', () => {
    const half = mixture([0, 2].map((label) => ({ label, weight: 5 })));
    expect(Array.from(oneHot([half, 1], 3))).toEqual([0.5, 0, 0.5, 0, 1, 0]);
  });

  it('between two classes moves along a straight line, and ends at each of them', () => {
    expect(blend(3, 7, 0)).toBe(3);
    expect(blend(3, 7, 1)).toBe(7);
    expect(blend(3, 7, 0.25)).toEqual([
      { label: 3, weight: 0.75 },
      { label: 7, weight: 0.25 },
    ]);
    expect(
      blend(
        [3, 7].map((label) => ({ label, weight: 0.5 })),
        7,
        0.5,
      ),
    ).toEqual([
      { label: 3, weight: 0.25 },
      { label: 7, weight: 0.75 },
    ]);
    expect(blend(3, 3, 0.4)).toBe(3);
  });
});
