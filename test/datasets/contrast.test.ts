import { describe, expect, it } from 'vitest';
import { evenContrast } from '../../src/datasets/contrast.js';
import { type Dataset, readAll } from '../../src/datasets/dataset.js';
import { openDataset } from '../../src/datasets/open.js';

const dataOf = (images: readonly (readonly number[])[], range: Dataset['range'] = [0, 1]): Dataset => ({
  name: 'made',
  count: images.length,
  shape: [1, 1, images[0]!.length],
  range,
  sha256: 'abc',
  async read(indices, out) {
    Array.from(indices).forEach((index, i) => {
      out.set(images[index]!, i * images[0]!.length);
    });
  },
});

const closeTo = (received: Float32Array, wanted: readonly number[]) => {
  expect(received.length).toBe(wanted.length);
  received.forEach((value, i) => {
    expect(value, `at ${i}`).toBeCloseTo(wanted[i]!, 6);
  });
};

describe('images of even contrast', () => {
  it('differ by neither brightness nor contrast: a sixth of the range is one standard deviation', async () => {
    const data = evenContrast(
      dataOf([
        [0.5, 0.7, 0.5, 0.7],
        [0, 1, 0, 1],
        [0, 0.1, 0.2, 0.3],
      ]),
    );
    // Of 0, 1, 2, 3 the mean is 1.5 and the standard deviation √1.25.
    const third = [-1.5, -0.5, 0.5, 1.5].map((value) => 0.5 + value / Math.sqrt(1.25) / 6);
    closeTo(await readAll(data), [1 / 3, 2 / 3, 1 / 3, 2 / 3, 1 / 3, 2 / 3, 1 / 3, 2 / 3, ...third]);
  });

  it('are cut three standard deviations from their mean, and flat ones lie in the middle', async () => {
    const spot = [1, ...new Array(99).fill(0)] as number[];
    const even = await readAll(evenContrast(dataOf([spot, new Array(100).fill(0.3) as number[]])));
    // Mean 0.01, standard deviation √(0.01 · 0.99): the spot lies 9.95 of them above.
    expect(even[0]).toBe(1);
    expect(even[1]).toBeCloseTo(0.5 - 0.01 / Math.sqrt(0.0099) / 6, 6);
    closeTo(even.subarray(100), new Array(100).fill(0.5) as number[]);
  });

  it('have, in the range of the recipes of CIFAR-10, the norm of 55 that was published', async () => {
    const range = [-2.976963, 2.976963] as const;
    const image = Array.from({ length: 3072 }, (_, i) => Math.sin(i));
    const even = await readAll(evenContrast(dataOf([image], range)));
    expect(Math.sqrt(even.reduce((sum, value) => sum + value ** 2, 0))).toBeCloseTo(55, 3);
  });

  it('are asked for in the address of any images, and are other data than those', async () => {
    const [own, even] = [
      await openDataset('builtin:glyphs,count=4'),
      await openDataset('builtin:glyphs,count=4,contrast=even'),
    ];
    expect(even).toMatchObject({ count: 4, shape: [1, 28, 28], name: 'builtin:glyphs of even contrast' });
    expect(even.sha256).not.toBe(own.sha256);
    const image = (await readAll(even)).subarray(0, 784);
    const mean = image.reduce((sum, value) => sum + value, 0) / 784;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
  });

  it('are refused of points', async () => {
    await expect(openDataset('builtin:ring8,contrast=even')).rejects.toThrow(
      'Expected images to even the contrast of but builtin:ring8 has examples of shape [2].',
    );
  });
});
