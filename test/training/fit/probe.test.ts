import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src/datasets/dataset.js';
import type { Rows } from '../../../src/evaluation/rows.js';
import { scale, scaling, shareRight, trainProbe, unscaled } from '../../../src/training/fit/probe.js';
import { labelled, mostLabels } from '../../../src/training/fit/probe-table.js';
import { lcg } from '../helpers.js';

/** `count` rows of numbers in [−1, 1). */
function noise(count: number, size: number, seed: number): Rows {
  const random = lcg(seed);
  return { size, data: Float32Array.from({ length: count * size }, () => 2 * random() - 1) };
}

const inTurn = (count: number, classes: number) => Array.from({ length: count }, (_, i) => i % classes);

describe('the linear probe', () => {
  it('solves the convex problem: at its solution the gradient is zero', async () => {
    const rows = noise(12, 3, 1);
    const labels = [0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1];
    const decay = 0.01;
    const { weight, bias } = await trainProbe(rows, labels, { classes: 2, threads: 1, decay, steps: 2000 });
    const gradient = Array.from(weight, (value) => decay * value);
    const biasGradient = [0, 0];
    for (let n = 0; n < 12; n++) {
      const x = rows.data.subarray(3 * n, 3 * n + 3);
      const logits = [0, 1].map((c) => bias[c]! + x[0]! * weight[c]! + x[1]! * weight[2 + c]! + x[2]! * weight[4 + c]!);
      const total = Math.exp(logits[0]!) + Math.exp(logits[1]!);
      for (const c of [0, 1]) {
        const excess = (Math.exp(logits[c]!) / total - (labels[n] === c ? 1 : 0)) / 12;
        biasGradient[c]! += excess;
        for (let j = 0; j < 3; j++) gradient[2 * j + c]! += excess * x[j]!;
      }
    }
    for (const slope of [...gradient, ...biasGradient]) expect(Math.abs(slope)).toBeLessThan(1e-5);
    expect(Math.max(...weight.map(Math.abs))).toBeGreaterThan(0.1); // zero weights would not have passed, but say so
  });

  it('counts what it names right among as many classes as labels may have', () => {
    const classes = 1_000_001;
    const bias = new Float32Array(classes);
    bias[7] = 1;
    const probe = { weight: new Float32Array(classes), bias };
    expect(shareRight(probe, { size: 1, data: new Float32Array(2) }, [7, 8])).toBe(0.5);
  });

  it('finds the odds of classes that nothing tells apart: bias = ln of their shares', async () => {
    const rows: Rows = { size: 2, data: new Float32Array(2 * 8) };
    const { weight, bias } = await trainProbe(rows, [0, 0, 0, 0, 0, 0, 1, 1], { classes: 2, threads: 1, steps: 1000 });
    expect([...weight]).toEqual([0, 0, 0, 0]);
    expect(bias[0]! - bias[1]!).toBeCloseTo(Math.log(3), 4);
  });

  it('is perfect on features that separate the classes and at chance on noise', async () => {
    const classes = 4;
    const apart = (count: number, seed: number): Rows => {
      const rows = noise(count, 6, seed);
      for (let i = 0; i < count; i++) rows.data[6 * i + (i % classes)]! += 3;
      return rows;
    };
    const solve = async (make: (count: number, seed: number) => Rows) => {
      const train = make(40, 2);
      const own = scaling(train);
      const probe = await trainProbe(scale(train, own), inTurn(40, classes), { classes, threads: 1 });
      return shareRight(probe, scale(make(800, 3), own), inTurn(800, classes));
    };
    expect(await solve(apart)).toBe(1);
    const chance = await solve((count, seed) => noise(count, 6, seed));
    expect(Math.abs(chance - 0.25)).toBeLessThan(0.06); // 4 standard deviations of 800 guesses
  });

  it('scales features to mean 0 and rows to a mean square norm of 1, but does not blow up what hardly varies', () => {
    const rows: Rows = { size: 3, data: Float32Array.of(1, 5, 0, 3, 5, 10, 5, 5, 20, 7, 5, 30) };
    const scaled = scale(rows, scaling(rows));
    const column = (j: number) => [0, 1, 2, 3].map((i) => scaled.data[3 * i + j]!);
    for (const j of [0, 1, 2]) expect(column(j).reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 5);
    expect([...scaled.data].reduce((sum, value) => sum + value ** 2, 0) / 4).toBeCloseTo(1, 5);
    expect(column(1)).toEqual([0, 0, 0, 0]); // a constant feature stays out
    const constant: Rows = { size: 1, data: Float32Array.of(2, 2) };
    expect([...scale(constant, scaling(constant)).data]).toEqual([0, 0]);
  });

  it('lets a wide block of features count no more than a narrow one', () => {
    const rows = noise(50, 10, 8);
    for (let i = 0; i < 50; i++) rows.data[10 * i + 9] = 100 * i; // other units, and a third block that never varies
    for (let i = 0; i < 50; i++) rows.data[10 * i] = 7;
    const scaled = scale(rows, scaling(rows, [1, 8, 1]));
    const squares = (from: number, to: number) =>
      [...scaled.data].reduce((sum, value, i) => sum + (i % 10 >= from && i % 10 < to ? value ** 2 : 0), 0) / 50;
    expect(squares(0, 1)).toBe(0);
    expect(squares(1, 9)).toBeCloseTo(1 / 3, 4);
    expect(squares(9, 10)).toBeCloseTo(1 / 3, 4);
  });

  it('gives the same answers in the units of the features', async () => {
    const rows = noise(30, 4, 5);
    const own = scaling(rows);
    const scaled = scale(rows, own);
    const probe = await trainProbe(scaled, inTurn(30, 3), { classes: 3, threads: 1, steps: 100 });
    const plain = unscaled(probe, own);
    const logit = (p: typeof probe, x: Rows, row: number, c: number) =>
      [0, 1, 2, 3].reduce((sum, j) => sum + x.data[4 * row + j]! * p.weight[3 * j + c]!, p.bias[c]!);
    for (const row of [0, 7, 29]) {
      for (const c of [0, 1, 2]) expect(logit(plain, rows, row, c)).toBeCloseTo(logit(probe, scaled, row, c), 4);
    }
  });
});

describe('the choice of labels', () => {
  const train: Dataset = {
    name: 'five of each',
    count: 15,
    shape: [1],
    range: [0, 1],
    labels: Int32Array.from({ length: 15 }, (_, i) => Math.floor(i / 5)),
    classes: ['a', 'b', 'c'],
    sha256: '',
    read: async () => {},
  };
  const labelsOf = (indices: readonly number[]) => indices.map((index) => train.labels![index]!);

  it('takes equally many of each class, no example twice, and follows from seed and draw', () => {
    const chosen = labelled(train, 9, 1, 0);
    expect(labelsOf(chosen)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
    expect(new Set(chosen).size).toBe(9);
    expect(labelled(train, 9, 1, 0)).toEqual(chosen);
    expect(labelled(train, 9, 1, 1)).not.toEqual(chosen);
    expect(labelled(train, 9, 2, 0)).not.toEqual(chosen);
    expect(labelled(train, 6, 1, 0)).toEqual(chosen.slice(0, 6)); // more labels include the fewer
  });

  it('ends with the class that has no more when its turn comes, and refuses data without labels', () => {
    expect(mostLabels(train)).toBe(15);
    expect(mostLabels({ ...train, labels: Int32Array.of(0, 0, 0, 1, 2, 2, 2) })).toBe(4); // a, b, c, a, and no b
    const { labels: _, ...bare } = train;
    expect(() => labelled(bare, 3, 1, 0)).toThrow('five of each has none');
  });
});
