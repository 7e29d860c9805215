import { describe, expect, it } from 'vitest';
import { readAll } from '../../src/datasets/dataset.js';
import { openDataset } from '../../src/datasets/open.js';

const GLYPHS = 'builtin:glyphs,count=40';

describe('stacked data', () => {
  it('has as many examples as images, and each image once in every channel', async () => {
    const plain = await openDataset(GLYPHS);
    const stacked = await openDataset(`${GLYPHS},stack=3`);
    expect(stacked).toMatchObject({ name: 'builtin:glyphs stacked', count: 40, shape: [3, 28, 28], range: [0, 1] });
    expect(stacked.labels).toBeUndefined();
    expect(stacked.sha256).not.toBe(plain.sha256);
    const text = (values: Float32Array) => values.join();
    const cut = (values: Float32Array) =>
      Array.from({ length: values.length / 784 }, (_, i) => values.subarray(784 * i, 784 * i + 784));
    const images = cut(await readAll(plain)).map(text);
    const channels = cut(await readAll(stacked)).map(text);
    const places = [0, 1, 2].map((channel) =>
      channels.filter((_, i) => i % 3 === channel).map((image) => images.indexOf(image)),
    );
    for (const place of places) expect([...place].sort((a, b) => a - b)).toEqual(images.map((_, i) => i));
    // In orders of their own.
    expect(places[0]).not.toEqual(places[1]);
    expect(places[1]).not.toEqual(places[2]);
  });

  it('reads the same stack whatever is read with it', async () => {
    const stacked = await openDataset(`${GLYPHS},stack=3`);
    const all = await readAll(stacked);
    const two = new Float32Array(2 * 3 * 784);
    await stacked.read([31, 4], two);
    expect(two.subarray(0, 2352)).toEqual(all.subarray(31 * 2352, 32 * 2352));
    expect(two.subarray(2352)).toEqual(all.subarray(4 * 2352, 5 * 2352));
  });

  it('is refused of anything but grey images, and in other numbers than three', async () => {
    await expect(openDataset('builtin:ring8,stack=3')).rejects.toThrow(
      'Expected grey images to stack but builtin:ring8 has examples of shape [2].',
    );
    await expect(openDataset(`${GLYPHS},stack=2`)).rejects.toMatchObject({ code: 'DATASET_INVALID' });
  });
});
