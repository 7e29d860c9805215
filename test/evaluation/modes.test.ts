import { describe, expect, it } from 'vitest';
import { agreement } from '../../src/evaluation/conditional.js';
import { klToUniform, modeFigures } from '../../src/evaluation/modes.js';
import { stackedFigures } from '../../src/evaluation/stacked.js';
import { normals, rowsOf } from './rows.js';

const square = {
  centers: [
    [0, 0],
    [2, 0],
    [0, 2],
    [2, 2],
  ],
  sigma: 0.1,
};

describe('modes of a mixture', () => {
  it('are counted with the samples within three deviations of their nearest centre', () => {
    const points = rowsOf([0, 0.29], [0, 0.31], [2.2, 0.2], [1, 1], [0.05, 0], [2, 0.1]);
    const found = modeFigures(points, square);
    expect(found).toMatchObject({ modes: 2, ofModes: 4 });
    expect(found.highQuality).toBeCloseTo(4 / 6, 12);
    expect(found.standardError).toBeCloseTo(Math.sqrt((4 * 2) / 36 / 6), 12);
    expect(found.reverseKl).toBeCloseTo(Math.log(2), 12); // half each on two of four
  });

  it('of the data itself hold 98.9 % of it', () => {
    const noise = normals(20_000, 8);
    const points = Array.from({ length: 10_000 }, (_, i) =>
      square.centers[i % 4]!.map((value, axis) => value + 0.1 * noise[2 * i + axis]!),
    );
    const { modes, highQuality, reverseKl } = modeFigures(rowsOf(...points), square);
    expect(modes).toBe(4);
    expect(Math.abs(highQuality - (1 - Math.exp(-4.5)))).toBeLessThan(0.005);
    expect(reverseKl).toBeLessThan(1e-4);
  });

  it('are as wide as their samples spread about their own mean, and as far off as that mean lies, in σ', () => {
    // About (0, 0): mean (0.1, 0), squares 0.01 + 0.01 + 0.04 + 0.04 over 2 axes · 3. About (2, 0): (2.04, −0.03)
    // twice.
    const points = rowsOf([0.2, 0], [0, 0], [0.1, 0.2], [0.1, -0.2], [2.04, -0.03], [2.04, -0.03], [0.1, 2]);
    const { byMode, deviation, offset } = modeFigures(points, square);
    expect(byMode.map(({ samples }) => samples)).toEqual([4, 2, 1, 0]);
    expect(byMode[0]!.deviation).toBeCloseTo(Math.sqrt(0.1 / 6) / 0.1, 5);
    expect(byMode[0]!.offset).toBeCloseTo(1, 5);
    expect(byMode[1]!.deviation).toBeCloseTo(0, 5);
    expect(byMode[1]!.offset).toBeCloseTo(0.5, 5);
    expect(byMode[2]!.deviation).toBeNull(); // one sample has none
    expect(byMode[2]!.offset).toBeCloseTo(1, 5);
    expect(byMode[3]).toEqual({ samples: 0, deviation: null, offset: null });
    expect(deviation!.mean).toBeCloseTo(Math.sqrt(0.1 / 6) / 0.1 / 2, 5);
    expect(deviation!.worst).toBeCloseTo(0, 5);
    expect(offset!.mean).toBeCloseTo((1 + 0.5 + 1) / 3, 5);
    expect(offset!.worst).toBeCloseTo(1, 5);
  });

  it('are worst where their width differs most from σ as a ratio: half as wide before 1.8 times', () => {
    const pair = (x: number, y: number, apart: number) => [
      [x - apart / Math.SQRT2, y - apart / Math.SQRT2],
      [x + apart / Math.SQRT2, y + apart / Math.SQRT2],
    ];
    // Two points at ±a along the diagonal: squares 2a² over 2 axes · 1, so the deviation is a.
    const found = modeFigures(rowsOf(...pair(0, 0, 0.18), ...pair(2, 0, 0.05)), square);
    expect(found.deviation!.worst).toBeCloseTo(0.5, 5);
  });

  it('are not made wide by a strand between them, nor narrow by a window', () => {
    const noise = normals(20_000, 8);
    const points = Array.from({ length: 10_000 }, (_, i) =>
      i % 50 === 0
        ? [i / 5000, i / 5000] // 2 % from one mode to the opposite one
        : square.centers[i % 4]!.map((value, axis) => value + 0.1 * noise[2 * i + axis]!),
    );
    const { deviation, offset } = modeFigures(rowsOf(...points), square);
    expect(Math.abs(deviation!.mean - 1)).toBeLessThan(0.05);
    expect(Math.abs(deviation!.worst - 1)).toBeLessThan(0.1);
    expect(offset!.worst).toBeLessThan(0.2);
  });

  it('find none in samples far from all', () => {
    expect(modeFigures(rowsOf([50, 50]), square)).toMatchObject({
      modes: 0,
      highQuality: 0,
      reverseKl: 0,
      deviation: null,
      offset: null,
    });
  });

  it('have KL Σ q ln(q · modes) from equal shares', () => {
    expect(klToUniform([1, 3])).toBeCloseTo(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), 12);
    expect(klToUniform([5, 5, 5])).toBeCloseTo(0, 12);
    expect(klToUniform([7, 0, 0, 0])).toBeCloseTo(Math.log(4), 12);
  });
});

describe('modes of stacked digits', () => {
  it('are triples of classes', () => {
    const found = stackedFigures([0, 0, 0, 9, 9, 9, 0, 0, 0, 1, 2, 3], 10);
    expect(found).toMatchObject({ modes: 3, ofModes: 1000 });
    expect(found.reverseKl).toBeCloseTo(0.5 * Math.log(500) + 2 * 0.25 * Math.log(250), 10);
  });

  it('tell the order of the channels apart', () => {
    expect(stackedFigures([1, 2, 3, 3, 2, 1, 2, 1, 3], 10).modes).toBe(3);
  });
});

describe('agreement with the class asked for', () => {
  it('is counted overall and by class, and of a class that nobody asked for nothing is known', () => {
    const asked = [0, 1, 2, 0, 1, 2, 0];
    expect(agreement([0, 1, 2, 0, 2, 2, 1], asked, 4)).toEqual({ overall: 5 / 7, byClass: [2 / 3, 1 / 2, 1, null] });
  });
});
