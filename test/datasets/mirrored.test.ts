import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/datasets/dataset.js';
import { mirrored } from '../../src/datasets/mirrored.js';

describe('a mirrored dataset', () => {
  it('has every image twice, the second time left to right, with the label of the first', async () => {
    const images = [
      [1, 2, 3, 4, 5, 6, 7, 8],
      [11, 12, 13, 14, 15, 16, 17, 18],
    ];
    const data: Dataset = {
      name: 'two',
      count: 2,
      shape: [2, 2, 2],
      range: [0, 20],
      labels: Int32Array.of(7, 3),
      sha256: 'none',
      read: async (indices, out) => {
        Array.from(indices).forEach((index, row) => {
          out.set(images[index]!, row * 8);
        });
      },
    };
    const both = mirrored(data);
    const out = new Float32Array(24);
    await both.read([3, 0, 2], out);
    expect(both.count).toBe(4);
    expect(Array.from(both.labels!)).toEqual([7, 3, 7, 3]);
    expect(Array.from(out)).toEqual([12, 11, 14, 13, 16, 15, 18, 17, ...images[0]!, 2, 1, 4, 3, 6, 5, 8, 7]);
  });

  it('may have as many labels as there are examples, a million of them', () => {
    const count = 1_000_000;
    const labels = Int32Array.from({ length: count }, (_, i) => i % 10);
    const read = async () => {};
    const both = mirrored({ name: 'many', count, shape: [1, 1, 2], range: [0, 1], labels, sha256: 'none', read });
    expect(both.labels).toHaveLength(2 * count);
    expect([both.labels![count - 1], both.labels![count], both.labels![count + 7]]).toEqual([9, 0, 7]);
  });
});
