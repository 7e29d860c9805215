import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readAll } from '../../src/datasets/dataset.js';
import { hasPart, openDataset } from '../../src/datasets/open.js';

// Real data is not part of the project. GANYMEDE_DATA names a folder that holds what the tests below ask for.
const data = process.env['GANYMEDE_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

function describeWith(name: string, path: string, tests: (path: string) => void): void {
  const full = join(data, path);
  const missing = !existsSync(full);
  const title = missing ? `${name} (skipped: no ${full}; set GANYMEDE_DATA to a folder that holds ${path})` : name;
  describe.skipIf(missing)(title, () => tests(full));
}

describeWith('the Olivetti faces', 'olivetti/faces.zip', (path) => {
  it('are 400 grey photographs of 40 people, ten of each', async () => {
    const dataset = await openDataset(path, { range: [-1, 1] });
    expect(dataset).toMatchObject({ count: 400, shape: [1, 64, 64] });
    expect(dataset.classes).toHaveLength(40);
    const counts = new Array<number>(40).fill(0);
    for (const label of dataset.labels!) counts[label]! += 1;
    expect(new Set(counts)).toEqual(new Set([10]));
    expect(await hasPart(path, 'test')).toBe(false);
    const all = await readAll(dataset);
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    expect(mean).toBeGreaterThan(-0.5);
    expect(mean).toBeLessThan(0.5);
    expect((await openDataset(`${path},resize=32x32`)).shape).toEqual([1, 32, 32]);
  });
});

describeWith('CIFAR-10 as JPEG files', 'cifar10-jpeg/train.zip', (path) => {
  it('are 50,000 images in 10 classes, of which any batch can be read without the others', async () => {
    const dataset = await openDataset(path);
    expect(dataset).toMatchObject({ count: 50_000, shape: [3, 32, 32] });
    expect(dataset.classes!.slice(0, 3)).toEqual(['airplane', 'automobile', 'bird']);
    const counts = new Array<number>(10).fill(0);
    for (const label of dataset.labels!) counts[label]! += 1;
    expect(counts).toEqual(new Array(10).fill(5000));
    const out = new Float32Array(3 * 3072);
    await dataset.read([49_999, 0, 25_000], out);
    expect(out.every((value) => value >= 0 && value <= 1)).toBe(true);
    const again = new Float32Array(3072);
    await dataset.read([0], again);
    expect(out.subarray(3072, 6144)).toEqual(again);
  });
});
