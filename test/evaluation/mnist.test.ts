import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readAll, slice, split } from '../../src/datasets/dataset.js';
import { openDataset } from '../../src/datasets/open.js';
import { parzen } from '../../src/evaluation/parzen.js';
import { permutation, streamOf } from '../../src/random/noise.js';

// The real MNIST is not part of the project. GANYMEDE_DATA names a folder that holds mnist/train-images-idx3-ubyte.gz.
const data = process.env['GANYMEDE_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const folder = join(data, 'mnist');
const missing = !existsSync(folder);
const title = missing ? `MNIST (skipped: no folder ${folder}; set GANYMEDE_DATA to one that holds mnist/)` : 'MNIST';

describe.skipIf(missing)(title, () => {
  it('has 60,000 labelled digits of which the last 10,000 validate', async () => {
    const dataset = await openDataset(folder);
    const { train, validation } = split(dataset, 10_000);
    expect(dataset).toMatchObject({ count: 60_000, shape: [1, 28, 28] });
    expect([train.count, validation!.count]).toEqual([50_000, 10_000]);
    expect(Array.from(dataset.labels!.subarray(0, 8))).toEqual([5, 0, 4, 1, 9, 2, 1, 3]);
    const counts = new Array<number>(10).fill(0);
    for (const label of dataset.labels!) counts[label]! += 1;
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
  });

  it('scores its own training images near the 243.6 nats that other code measured, under the Parzen protocol', async () => {
    const { train, validation } = split(await openDataset(folder), 10_000);
    const chosen = permutation(train.count, streamOf(0, 'test')).subarray(0, 10_000);
    const samples = new Float32Array(10_000 * 784);
    await train.read(chosen, samples);
    const result = await parzen(
      samples,
      await readAll(slice(validation!, 0, 1000)),
      await readAll(slice(validation!, 1000, 10_000)),
      784,
    );
    // The reference is over the published test images; these 9,000 validation images are another draw of the same
    // digits.
    expect(Math.abs(result.mean - 243.6)).toBeLessThan(10);
    expect(result.standardError).toBeGreaterThan(1.9);
    expect(result.standardError).toBeLessThan(2.5);
    expect(result.sigma).toBeCloseTo(0.1668, 4);
  });
});
