import { describe, expect, it } from 'vitest';
import { nearestOf, neighbourGrid, neighbourRows, summaryOf, toOthers } from '../../src/evaluation/neighbours.js';
import { decodeImage } from '../../src/images/image.js';
import { rowsOf } from './rows.js';

describe('nearest training images', () => {
  it('are summed up by least, median, mean and largest distance', () => {
    expect(summaryOf([5, 1, 2])).toEqual({ min: 1, median: 2, mean: 8 / 3, max: 5 });
    expect(summaryOf([4, 1, 2, 9])).toEqual({ min: 1, median: 3, mean: 4, max: 9 });
  });

  it('of a training image are neither itself nor its own mirror image', async () => {
    const training = rowsOf([0, 1], [0.9, 0]);
    const shown = rowsOf([0, 1], [0.9, 0], [1, 0], [0, 0.9]);
    const distances = await toOthers(training, shown, 2, { threads: 1 });
    expect([distances.min, distances.max]).toEqual([expect.closeTo(0.1, 6), expect.closeTo(0.1, 6)]);
    // Without mirror images: √(0.9² + 1²).
    expect((await toOthers(training, training, 2, { threads: 1 })).max).toBeCloseTo(Math.hypot(0.9, 1), 6);
  });

  it('are drawn beside their samples: the closest pairs first, then the first samples', async () => {
    const training = rowsOf([0], [0.4], [1]);
    const samples = rowsOf([0.6], [0.4]);
    const { neighbours, summary } = await nearestOf(samples, training, { threads: 1 });
    expect(neighbours.map(({ index }) => index)).toEqual([1, 1]);
    expect(summary.max).toBeCloseTo(0.2, 6);
    const png = await neighbourGrid(samples, training, neighbours, { width: 1, height: 1, channels: 1 });
    // 4 pairs in a row of 8 pairs, each image one pixel, with gaps of 2.
    const { data, width } = await decodeImage(png, { width: 22, height: 1, channels: 1 });
    expect(width).toBe(22);
    const grey = (value: number) => Math.round(255 * value);
    const shown = [0.4, 0.4, 0.6, 0.4, 0.6, 0.4, 0.4, 0.4].map(grey);
    expect(Array.from({ length: 8 }, (_, i) => data[3 * i])).toEqual(shown);
  });

  it('have a white frame where they are mirror images, for which the gap between pictures has room', async () => {
    const pair = [
      { index: 0, distance: 0.1 },
      { index: 1, distance: 0.2 },
    ];
    const black = rowsOf([0], [0]);
    const png = await neighbourGrid(black, black, pair, { width: 1, height: 1, channels: 1 }, 1);
    // 8 pictures of one pixel, each with a border of one: sample, image, sample, mirror image, and all once more.
    const { data, width } = await decodeImage(png, { width: 24, height: 3, channels: 1 });
    expect(width).toBe(24);
    const framed = Array.from({ length: 8 }, (_, i) => data[3 * i] === 255);
    expect(framed).toEqual([false, false, false, true, false, false, false, true]);
    expect([9, 10, 11].map((x) => [0, 1, 2].map((y) => data[24 * y + x]))).toEqual([
      [255, 255, 255],
      [255, 0, 255],
      [255, 255, 255],
    ]);
  });

  it('are drawn as in Figure 2 of the 2014 paper: five samples a row, then the image nearest to the fifth', async () => {
    const training = rowsOf([0], [0.4], [1]);
    const samples = rowsOf(...[0.1, 0.2, 0.3, 0.92, 0.6, 0.72, 0.8, 0.52, 0.3, 0.96].map((value) => [value]));
    const { neighbours } = await nearestOf(samples, training, { threads: 1 });
    const png = await neighbourRows(samples, training, neighbours, { width: 1, height: 1, channels: 1 });
    // 2 rows of 6 images of one pixel, with gaps of 2.
    const { data } = await decodeImage(png, { width: 16, height: 4, channels: 1 });
    const row = (y: number) => Array.from({ length: 6 }, (_, i) => data[16 * y + 3 * i]);
    const grey = (values: number[]) => values.map((value) => Math.round(255 * value));
    expect(row(0)).toEqual(grey([0.1, 0.2, 0.3, 0.92, 0.6, 0.4]));
    expect(row(3)).toEqual(grey([0.72, 0.8, 0.52, 0.3, 0.96, 1]));
  });
});
