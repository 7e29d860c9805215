import { describe, expect, it } from 'vitest';
import { pairedLosses, qualityOf } from '../../../src/evaluation/platt.js';
import { type Contest, type Kind, type Sides, verdictsOf } from '../../../src/evaluation/rivals.js';
import { mean } from '../../../src/evaluation/rows.js';
import { fillStream, streamOf } from '../../../src/random/noise.js';
import { growTrees } from '../../../src/training/rivals/boosted-trees.js';
import { RIVALS } from '../../../src/training/rivals/rivals.js';

/** Points of N(0, I) and of N(0, 2² I) in the plane: ln p/q = 2 ln 2 − 3r²/8. */
function sides(count: number, name: string): Sides {
  const kind = (of: string, deviation: number): Kind => {
    const data = new Float32Array(2 * count);
    fillStream(data, streamOf(3, `${name}/${of}`), { kind: 'normal', shape: [] });
    return { rows: { data: data.map((z) => deviation * z), size: 2 }, labels: null };
  };
  return { real: kind('real', 1), samples: kind('samples', 2) };
}

const contest: Contest = {
  shape: [2],
  classes: 0,
  learn: sides(20_000, 'learn'),
  check: sides(2000, 'check'),
  seed: 1,
  effort: () => ({ threads: 1 }),
};
const measured = sides(4000, 'measured');

function truth({ rows: { data } }: Kind): Float64Array {
  return Float64Array.from(
    { length: data.length / 2 },
    (_, i) => 2 * Math.LN2 - (3 / 8) * (data[2 * i]! ** 2 + data[2 * i + 1]! ** 2),
  );
}

describe('rivals of a scorer', () => {
  const best = mean(pairedLosses(truth(measured.real), truth(measured.samples)));

  it.each(['neighbours', 'boosted trees'])('%s come close to the least log loss that there is', async (name) => {
    const rival = RIVALS.find((one) => one.name === name)!;
    const scores = (await verdictsOf(rival, contest, measured))!;
    const { logLoss, ece } = qualityOf(scores.real, scores.samples);
    expect(logLoss - best).toBeLessThan(0.012);
    expect(logLoss - best).toBeGreaterThan(-0.005);
    expect(ece).toBeLessThan(0.03);
  });

  it('enter only where they can judge: three for images, three for points', async () => {
    const images = { ...contest, shape: [1, 8, 8] };
    const convolutions = RIVALS.find(({ name }) => name === 'convolutions')!;
    const neighbours = RIVALS.find(({ name }) => name === 'neighbours')!;
    expect(await convolutions.train(contest)).toBeNull();
    expect(await neighbours.train(images)).toBeNull();
    expect(RIVALS).toHaveLength(4);
  });
});

describe('boosted trees', () => {
  it('find what no line through the classes shows: exclusive or', async () => {
    const corner = (x: number, y: number, count: number) => Array.from({ length: count }, () => [x, y]).flat();
    const rows = (...values: number[][]) => ({ data: Float32Array.from(values.flat()), size: 2 });
    const pair = {
      real: rows(corner(0, 0, 60), corner(1, 1, 50)), // not as many as of the other, so that a first cut gains something
      samples: rows(corner(0, 1, 50), corner(1, 0, 50)),
    };
    const trees = await growTrees(pair, pair, { seed: 1 });
    for (const [x, y, isReal] of [
      [0, 0, true],
      [1, 1, true],
      [0, 1, false],
      [1, 0, false],
    ] as const) {
      expect(trees([x, y]) > 0).toBe(isReal);
    }
  });

  it('know nothing of what is the same', async () => {
    const rows = { data: new Float32Array(200).fill(0.5), size: 2 };
    const trees = await growTrees({ real: rows, samples: rows }, { real: rows, samples: rows }, { seed: 1 });
    expect(trees([0.5, 0.5])).toBe(0);
  });
});
