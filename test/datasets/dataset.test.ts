import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Batches, type Dataset, readAll, split } from '../../src/datasets/dataset.js';
import { openDataset } from '../../src/datasets/open.js';
import { idxBytes, temporaryFolder } from '../training/helpers.js';

const IMAGES = idxBytes(0x0803, [3, 2, 2], [0, 255, 51, 102, 1, 2, 3, 4, 10, 20, 30, 40]);
const LABELS = idxBytes(0x0801, [3], [2, 0, 1]);

async function folderWith(files: Record<string, Uint8Array>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  return folder;
}

describe('IDX files', () => {
  it('give images scaled to the range asked for, with labels, from a folder', async () => {
    const folder = await folderWith({ 'train-images-idx3-ubyte': IMAGES, 'train-labels-idx1-ubyte': LABELS });
    const dataset = await openDataset(folder, { range: [-1, 1] });
    const out = new Float32Array(8);
    await dataset.read([2, 0], out);
    expect(dataset).toMatchObject({ count: 3, shape: [1, 2, 2], range: [-1, 1], classes: ['0', '1', '2'] });
    expect(Array.from(dataset.labels!)).toEqual([2, 0, 1]);
    [10, 20, 30, 40, 0, 255, 51, 102].forEach((byte, i) => {
      expect(out[i]).toBeCloseTo((byte / 255) * 2 - 1, 6);
    });
  });

  it('have only classes with examples, and may be named with a dot', async () => {
    const labels = idxBytes(0x0801, [3], [2, 9, 2]);
    const dataset = await openDataset(
      await folderWith({ 'train-images.idx3-ubyte': IMAGES, 'train-labels.idx1-ubyte': labels }),
    );
    expect([dataset.classes, Array.from(dataset.labels!)]).toEqual([
      ['2', '9'],
      [0, 1, 0],
    ]);
  });

  it('are the same data whether gzipped or not, from a folder or a file', async () => {
    const plain = await openDataset(await folderWith({ 'train-images-idx3-ubyte': IMAGES }));
    const folder = await folderWith({ 'train-images-idx3-ubyte.gz': gzipSync(IMAGES) });
    const packed = await openDataset(join(folder, 'train-images-idx3-ubyte.gz'));
    expect(packed.sha256).toBe(plain.sha256);
    expect(await readAll(packed)).toEqual(await readAll(plain));
    expect(plain.labels).toBeUndefined();
  });

  it.each([
    [
      'another magic number',
      IMAGES,
      { 0: 0, 1: 0, 2: 0x0d, 3: 3 },
      'Expected magic number 0x00000803 (unsigned bytes, 3 dimensions)',
    ],
    ['labels in the place of images', LABELS, {}, 'but received 0x00000801'],
    [
      'a truncated file',
      IMAGES.subarray(0, 20),
      {},
      'Expected 12 bytes for dimensions 3 × 2 × 2 in images but received 4: the file is truncated',
    ],
    ['a truncated header', IMAGES.subarray(0, 9), {}, 'Expected a header of 16 bytes'],
    [
      'a file longer than it says',
      Buffer.concat([IMAGES, Buffer.of(9)]),
      {},
      'the file is longer than its header says',
    ],
    ['an empty file', Buffer.alloc(0), {}, 'but received 0 bytes'],
    ['a damaged gzip', gzipSync(IMAGES).subarray(0, 30), {}, 'Expected a whole gzip file'],
    ['no image at all', idxBytes(0x0803, [0, 2, 2], []), {}, 'Expected at least 1 image'],
  ])('are refused with what was expected: %s', async (_, source, patch, message) => {
    const bytes = Buffer.from(source);
    for (const [at, value] of Object.entries(patch)) bytes[Number(at)] = value as number;
    const folder = await folderWith({ images: bytes });
    await expect(openDataset(join(folder, 'images'))).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('are refused when there is not one label for each image', async () => {
    const folder = await folderWith({
      'train-images-idx3-ubyte': IMAGES,
      'train-labels-idx1-ubyte': idxBytes(0x0801, [2], [1, 2]),
    });
    await expect(openDataset(folder)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message:
        'Expected 3 labels, one for each image of train-images-idx3-ubyte in train-labels-idx1-ubyte but received 2.',
    });
  });

  it('are asked for by name when a folder has none, and a missing path is named', async () => {
    const folder = await temporaryFolder();
    await expect(openDataset(folder)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining('train-images-idx3-ubyte'),
    });
    await expect(openDataset(join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining('nowhere'),
    });
  });
});

describe('the split', () => {
  it('holds the last examples out for validation', async () => {
    const dataset = await openDataset(
      await folderWith({ 'train-images-idx3-ubyte': IMAGES, 'train-labels-idx1-ubyte': LABELS }),
    );
    const { train, validation } = split(dataset, 1);
    expect([train.count, validation!.count]).toEqual([2, 1]);
    expect(Array.from(validation!.labels!)).toEqual([1]);
    expect(Array.from(await readAll(validation!), (value) => Math.round(value * 255))).toEqual([10, 20, 30, 40]);
    expect(() => split(dataset, 3)).toThrow('Expected more than 3 examples');
  });
});

describe('the split of data that comes class by class', () => {
  const count = 400;
  const labels = (classOf: (i: number) => number) => Int32Array.from({ length: count }, (_, i) => classOf(i));
  const numbered = (of: Int32Array): Dataset => ({
    name: 'pets',
    count,
    shape: [1],
    range: [0, count],
    labels: of,
    classes: ['0', '1', '2', '3'],
    sha256: '',
    read: async (indices, out) => out.set(Array.from(indices)),
  });

  it('holds out examples of every class, the same each time, with their own labels', async () => {
    const sorted = labels((i) => Math.floor(i / 100));
    const { train, validation } = split(numbered(sorted), 80);
    const counts = [0, 0, 0, 0];
    for (const label of validation!.labels!) counts[label]! += 1;
    for (const n of counts) expect(n).toBeGreaterThan(8);
    const held = await readAll(validation!);
    expect(Array.from(held, (i) => sorted[i]!)).toEqual(Array.from(validation!.labels!));
    expect([...(await readAll(train)), ...held].sort((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
    expect(await readAll(split(numbered(sorted), 80).validation!)).toEqual(held);
  });

  it('leaves data alone that is mixed already', async () => {
    const { validation } = split(numbered(labels((i) => i % 4)), 80);
    expect(Array.from(await readAll(validation!))).toEqual(Array.from({ length: 80 }, (_, i) => 320 + i));
  });
});

describe('the order of examples', () => {
  it('visits each example once per epoch, in another order each epoch, and the same one for the same seed', () => {
    const batches = new Batches(100, 10, 5);
    const epoch = (n: number) => Array.from({ length: 10 }, (_, i) => Array.from(batches.indices(n * 10 + i))).flat();
    const [first, second] = [epoch(0), epoch(1)];
    const all = Array.from({ length: 100 }, (_, i) => i);
    expect([...first].sort((a, b) => a - b)).toEqual(all);
    expect([...second].sort((a, b) => a - b)).toEqual(all);
    expect(first).not.toEqual(second);
    expect(first).not.toEqual(all);
    expect(Array.from(new Batches(100, 10, 5).indices(13))).toEqual(second.slice(30, 40));
    expect(Array.from(new Batches(100, 10, 6).indices(0))).not.toEqual(first.slice(0, 10));
  });

  it('leaves out the rest that fills no batch, and refuses fewer examples than one batch', () => {
    expect(new Batches(105, 10, 5).perEpoch).toBe(10);
    expect(() => new Batches(9, 10, 5)).toThrow('Expected at least 10 examples for one batch but received 9.');
  });
});
