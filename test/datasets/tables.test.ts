import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readAll } from '../../src/datasets/dataset.js';
import { hasPart, openDataset } from '../../src/datasets/open.js';
import { tarOf, zipOf } from '../fixtures/datasets/archives.js';
import { writeFiles } from '../fixtures/datasets/pictures.js';
import { temporaryFolder } from '../training/helpers.js';

/** Written by numpy and pyarrow: see make.py there. */
const FIXTURES = fileURLToPath(new URL('../fixtures/datasets/', import.meta.url));
const at = (name: string) => join(FIXTURES, name);

async function values(address: string, scale = 1): Promise<number[]> {
  return Array.from(await readAll(await openDataset(address)), (value) => Math.round(value * scale * 1e4) / 1e4);
}

async function refusal(address: string): Promise<string> {
  const error = await openDataset(address).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'DATASET_INVALID' });
  return (error as Error).message;
}

/** Pixel (n, c, y, x) of the fixtures, in the order that a dataset gives. */
const rgb = [0, 1].flatMap((n) =>
  [0, 1, 2].flatMap((c) => [0, 1].flatMap((y) => [0, 1, 2, 3].map((x) => 10 * n + 2 * x + 20 * y + 3 * c))),
);

describe('NumPy arrays', () => {
  it('hold images with channels last or second, and labels beside them', async () => {
    const dataset = await openDataset(at('rgb.npy'));
    expect(dataset).toMatchObject({ count: 2, shape: [3, 2, 4], classes: ['0', '1'] });
    expect(Array.from(dataset.labels!)).toEqual([1, 0]);
    expect(await values(at('rgb.npy'), 255)).toEqual(rgb);
    expect(await values(at('rgb-nchw.npy'), 255)).toEqual(rgb);
    expect(await values(`${at('ambiguous.npy')},layout=nchw`)).toHaveLength(90);
    expect((await openDataset(`${at('ambiguous.npy')},layout=nhwc`)).shape).toEqual([3, 3, 5]);
    expect(await refusal(at('ambiguous.npy'))).toContain('layout=nhwc or layout=nchw, since both fit');
    expect(await refusal(`${at('rgb.npy')},layout=nchw`)).toContain('received shape (2, 2, 4, 3) with layout=nchw');
  });

  it.each(['f8', 'f4', 'f2'])('of %s in [-1, 1] become [0, 1], or whatever range is asked for', async (dtype) => {
    expect(await values(at(`signed-${dtype}.npy`))).toEqual([0, 0.25, 0.5, 1, 0.625, 0.75, 0.875, 1]);
    const wide = await openDataset(at(`signed-${dtype}.npy`), { range: [-1, 1] });
    expect(Array.from(await readAll(wide))).toEqual([-1, -0.5, 0, 1, 0.25, 0.5, 0.75, 1]);
    expect(wide).toMatchObject({ shape: [1, 2, 2], range: [-1, 1] });
  });

  it('of wide integers are levels from 0 to 255', async () => {
    expect(await values(at('levels-i4.npy'))).toEqual([0, 1, 0.2, 0.4]);
  });

  const floats = async (values: readonly number[]) => {
    const path = join(await temporaryFolder(), 'x.npy');
    const shape = `{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, ${values.length}), }`;
    const header = `${shape.padEnd(117)}\n`;
    const head = Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
      Buffer.of(header.length, 0),
      Buffer.from(header),
    ]);
    await writeFile(path, Buffer.concat([head, Buffer.from(Float32Array.from(values).buffer)]));
    return path;
  };

  it.each<[string, number[], number[]]>([
    ['by rounding above 1', [0, 0.5, 1.0000001], [0, 0.5, 1]],
    ['by rounding below 0', [-1e-7, 0.5, 1], [0, 0.5, 1]],
    ['by rounding beyond −1 and 1', [-1.0000001, 0, 1.0000001], [0, 0.5, 1]],
    ['by rounding beyond levels', [-0.01, 51, 255.01], [0, 0.2, 1]],
  ])('that leave their scale %s are cut off', async (_, given, expected) => {
    expect(await values(await floats(given))).toEqual(expected);
  });

  it.each([
    ['a little below 0', [-0.2, 0.5, 1]],
    ['a little above 1', [0, 0.5, 1.2]],
    ['beyond all', [-3, 0, 3]],
  ])('whose scale is not clear, such as %s, are refused and the setting is named', async (_, given) => {
    expect(await refusal(await floats(given))).toContain('or a setting such as range=0..1 that says');
  });

  it('have the scale that is said', async () => {
    expect(await values(`${await floats([-0.02, 0.5, 1.03])},range=0..1`)).toEqual([0, 0.5, 1]);
    expect(await values(`${await floats([-3, 0, 3])},range=-3..3`)).toEqual([0, 0.5, 1]);
    expect(await refusal(`${await floats([-3, 0, 3])},range=0..1`)).toBe(
      'Expected values in range=0..1 in x.npy but received values in [-3, 3].',
    );
    expect(await refusal(`${await floats([0, 1])},range=1..0`)).toContain('the number of black below that of full');
  });

  it('of one or two dimensions are numbers and vectors that keep their values', async () => {
    const points = await openDataset(at('points.npy'), { range: [0, 1] });
    expect(points).toMatchObject({ count: 3, shape: [2], range: [-3, 8] });
    expect(Array.from(await readAll(points))).toEqual([1.5, -2, 0.25, 8, -3, 0]);
    const numbers = await openDataset(at('numbers.npy'));
    expect(numbers).toMatchObject({ count: 3, shape: [1], range: [-1, 4] });
    expect(Array.from(await readAll(numbers))).toEqual([3, -1, 4]);
  });

  it('in an archive are found by the names that people give them, with their splits', async () => {
    const train = await openDataset(at('splits.npz'));
    expect(train).toMatchObject({ count: 2, shape: [1, 2, 4] });
    expect([train.classes, Array.from(train.labels!)]).toEqual([
      ['3', '5'],
      [0, 1],
    ]);
    expect(await values(at('splits.npz'), 255)).toEqual([...rgb.slice(0, 8), ...rgb.slice(24, 32)]);
    expect(await hasPart(at('splits.npz'), 'test')).toBe(true);
    expect(await values(`${at('splits.npz')},part=test`, 255)).toEqual(rgb.slice(8, 16));
    const stored = await openDataset(at('stored.npz'));
    expect(Array.from(stored.labels!)).toEqual([1, 0]);
    expect(await values(at('stored.npz'), 255)).toEqual(rgb);
    expect(await hasPart(at('stored.npz'), 'test')).toBe(false);
    expect(await refusal(`${at('stored.npz')},part=test`)).toContain('x_test, test_images in stored.npz');
  });

  it('beside each other have the names that an archive would give them', async () => {
    const folder = await temporaryFolder();
    const [images, labels] = [await readFile(at('rgb.npy')), await readFile(at('rgb-labels.npy'))];
    await writeFiles(folder, { 'x_train.npy': images, 'y_train.npy': labels, 'pictures.npy': images });
    expect((await openDataset(join(folder, 'x_train.npy'))).classes).toEqual(['0', '1']);
    expect((await openDataset(join(folder, 'pictures.npy'))).classes).toBeUndefined();
    expect(await refusal(folder)).toContain('none of them an image (pictures.npy, x_train.npy, y_train.npy)');
  });

  it('of an archive that no name says to be images or classes are named', async () => {
    const path = join(await temporaryFolder(), 'a.npz');
    const images = await readFile(at('rgb.npy'));
    const names = ['images', 'identity', 'x_test', 'attributes'];
    await writeFile(path, zipOf(names.map((name) => ({ name: `${name}.npy`, data: images }))));
    const heard: unknown[] = [];
    await openDataset(path, { onLeftOut: (...told) => heard.push(told) });
    expect(heard).toEqual([[2, 'that no name says to be images or classes', ['identity', 'attributes']]]);
  });

  it.each([
    ['fortran.npy', 'C order (save np.ascontiguousarray(x)) in fortran.npy but received Fortran order'],
    ['big-endian.npy', 'little-endian numbers'],
    ['nan.npy', 'finite values in nan.npy but received NaN in row 0, counted from 0'],
    ['objects.npy', "received the header {'descr': '|O'"],
  ])('are refused: %s', async (name, message) => {
    expect(await refusal(at(name))).toContain(message);
  });

  it('are refused when cut short, too long, of a wrong magic, or with labels for others', async () => {
    const folder = await temporaryFolder();
    const whole = await readFile(at('rgb.npy'));
    const wrong = Buffer.from(whole);
    wrong[1] = 0x58;
    await writeFiles(folder, {
      'cut.npy': whole.subarray(0, whole.length - 7),
      'header.npy': whole.subarray(0, 40),
      'long.npy': Buffer.concat([whole, Buffer.of(1)]),
      'magic.npy': wrong,
      'empty.npy': '',
      'future.npy': Buffer.concat([whole.subarray(0, 6), Buffer.of(9), whole.subarray(7)]),
      'x.npy': whole,
      'x-labels.npy': await readFile(at('numbers.npy')),
    });
    const message = (name: string) => refusal(join(folder, name));
    expect(await message('cut.npy')).toBe(
      'Expected 48 bytes for shape (2, 2, 4, 3) in cut.npy but received 41: the file is truncated.',
    );
    expect(await message('header.npy')).toContain('a whole header in header.npy but received a truncated file');
    expect(await message('long.npy')).toContain('the file is longer than its header says');
    expect(await message('magic.npy')).toContain('the magic bytes');
    expect(await message('empty.npy')).toContain('the magic bytes');
    expect(await message('future.npy')).toContain('.npy version 1, 2 or 3 in future.npy but received 9');
    expect(await message('x.npy')).toContain('Expected 2 labels, one for each example of x.npy in x-labels.npy');
  });
});

describe('CIFAR-10 in its binary version', () => {
  const row = (label: number, level: number) =>
    Buffer.concat([Buffer.of(label), Buffer.alloc(1024, level), Buffer.alloc(2048, 255)]);
  const batches = {
    'data_batch_1.bin': Buffer.concat([row(3, 10), row(9, 20)]),
    'data_batch_2.bin': row(0, 30),
    'test_batch.bin': row(5, 40),
  };
  const archive = (files: readonly { name: string; data: Uint8Array; type?: string; size?: number }[]) =>
    gzipSync(tarOf(files));
  const published = archive([
    { name: 'cifar-10-batches-bin/', data: Buffer.alloc(0), type: '5' },
    { name: 'cifar-10-batches-bin/data_batch_2.bin', data: batches['data_batch_2.bin'] },
    { name: 'cifar-10-batches-bin/readme.html', data: Buffer.from('hello') },
    { name: 'cifar-10-batches-bin/data_batch_1.bin', data: batches['data_batch_1.bin'] },
    { name: 'cifar-10-batches-bin/test_batch.bin', data: batches['test_batch.bin'] },
  ]);

  it('is read from its files and from the published archive as it is', async () => {
    const folder = await temporaryFolder();
    await writeFiles(
      folder,
      Object.fromEntries(Object.entries(batches).map(([k, v]) => [`cifar-10-batches-bin/${k}`, v])),
    );
    const packed = await temporaryFolder();
    await writeFiles(packed, { 'cifar-10-binary.tar.gz': published });
    for (const place of [
      folder,
      packed,
      join(packed, 'cifar-10-binary.tar.gz'),
      join(folder, 'cifar-10-batches-bin'),
    ]) {
      const dataset = await openDataset(place);
      expect(dataset).toMatchObject({ count: 3, shape: [3, 32, 32] });
      expect(Array.from(dataset.labels!, (label) => dataset.classes![label])).toEqual(['cat', 'truck', 'airplane']);
      const all = await readAll(dataset);
      expect([0, 3072, 6144, 1024].map((i) => Math.round(all[i]! * 255))).toEqual([10, 20, 30, 255]);
      expect(await hasPart(place, 'test')).toBe(true);
      const test = await openDataset(place, { part: 'test' });
      expect([test.count, test.labels![0]]).toEqual([1, 5]);
    }
    expect((await openDataset(folder)).sha256).toBe((await openDataset(packed)).sha256);
  });

  it.each([
    ['a damaged archive', published.subarray(0, 60), 'CIFAR-10 in its binary version'],
    [
      'an archive cut short within a file',
      gzipSync(tarOf([{ name: 'data_batch_1.bin', data: batches['data_batch_1.bin'] }]).subarray(0, 2000)),
      'in cifar-10-binary.tar.gz but received Unexpected end of data',
    ],
    [
      'an archive cut short within a header',
      gzipSync(tarOf([{ name: 'data_batch_1.bin', data: batches['data_batch_1.bin'] }]).subarray(0, 500)),
      'in cifar-10-binary.tar.gz but received Unexpected end of data',
    ],
    [
      'an archive with a damaged header',
      gzipSync(tarOf([{ name: 'data_batch_1.bin', data: row(1, 2) }]).fill('x', 5, 6)),
      'in cifar-10-binary.tar.gz but received Invalid tar header',
    ],
    [
      'gzip with a wrong checksum',
      Buffer.from(published).fill(0, published.length - 8, published.length - 4),
      'in cifar-10-binary.tar.gz but received incorrect data check',
    ],
    [
      'an archive of something else',
      archive([{ name: 'a.txt', data: Buffer.from('x') }]),
      'CIFAR-10 files of the train split',
    ],
    [
      'a link in the place of a batch',
      archive([{ name: 'data_batch_1.bin', data: Buffer.alloc(0), type: '2' }]),
      'CIFAR-10 files of the train split',
    ],
    [
      'a batch cut short',
      archive([{ name: 'data_batch_1.bin', data: batches['data_batch_1.bin'].subarray(0, 4000) }]),
      'whole rows of 3073 bytes in data_batch_1.bin but received 4000 bytes, 927 more',
    ],
    [
      'a label above 9',
      archive([{ name: 'data_batch_1.bin', data: row(77, 0) }]),
      'labels in [0, 9] in data_batch_1.bin but received 77 at row 0',
    ],
    [
      'a file that is said to be enormous',
      archive([{ name: 'data_batch_1.bin', data: Buffer.alloc(0), size: 2 ** 32 }]),
      'more than 268435456',
    ],
  ])('is refused: %s', async (_, bytes, message) => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { 'cifar-10-binary.tar.gz': bytes });
    expect(await refusal(folder)).toContain(message);
  });
});

describe('Parquet tables in the layout of Hugging Face', () => {
  it('give images with the names of their classes, over all files of a split', async () => {
    const folder = at('parquet');
    const dataset = await openDataset(folder);
    expect(dataset).toMatchObject({ name: 'parquet', count: 4, shape: [3, 4, 4], classes: ['cat', 'dog', 'owl'] });
    expect(Array.from(dataset.labels!)).toEqual([2, 0, 1, 2]);
    const all = await readAll(dataset);
    expect([0, 1, 2, 3].map((i) => Math.round(all[48 * i]! * 255))).toEqual([0, 10, 20, 30]);
    expect(Math.round(all[48 + 32]! * 255)).toBe(245); // blue of the second
    expect(await hasPart(folder, 'test')).toBe(true);
    expect(await values(`${folder},part=test`, 255)).toEqual([
      ...new Array(16).fill(40),
      ...new Array(16).fill(0),
      ...new Array(16).fill(215),
    ]);
  });

  it('are read in the folder named data, as repositories have it, and as one file without metadata', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, { 'README.md': 'hello', 'data/all.parquet': await readFile(at('plain-gzip.parquet')) });
    const dataset = await openDataset(folder);
    expect(dataset).toMatchObject({ count: 2, classes: ['0', '1'] });
    expect(Array.from(dataset.labels!)).toEqual([1, 0]);
    const file = await openDataset(at('plain-gzip.parquet'));
    expect(await readAll(file)).toEqual(await readAll(dataset));
  });

  it('are refused without images, with labels that have no name, and when damaged', async () => {
    expect(await refusal(at('no-images.parquet'))).toBe(
      'Expected a column of images, {bytes, path} in no-images.parquet but received columns a.',
    );
    expect(await refusal(at('label-outside.parquet'))).toContain(
      'labels in [0, 3) in label-outside.parquet but received 7 in row 0 of label-outside.parquet',
    );
    const folder = await temporaryFolder();
    const whole = await readFile(at('parquet/train-00001-of-00002.parquet'));
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 4, 120); // pages
    await writeFiles(folder, {
      'cut.parquet': whole.subarray(0, 300),
      'damaged.parquet': damaged,
      'text.parquet': 'hello',
    });
    for (const name of ['cut', 'damaged', 'text']) {
      expect(await refusal(join(folder, `${name}.parquet`))).toMatch(/a whole Parquet file|truncated|cannot be read/);
    }
  });

  it('are refused with some labels missing, unless those rows are to be left out', async () => {
    expect(await refusal(at('label-missing.parquet'))).toBe(
      'Expected a label in every row, or in none (bad=skip leaves out rows without) in label-missing.parquet but received 1 without, such as row 1 of label-missing.parquet.',
    );
    const heard: unknown[] = [];
    const dataset = await openDataset(`${at('label-missing.parquet')},bad=skip`, {
      onSkipped: (...left) => heard.push(left),
    });
    expect([dataset.classes, Array.from(dataset.labels!)]).toEqual([
      ['cat', 'owl'],
      [1, 0],
    ]);
    expect((await readAll(dataset))[48]).toBeCloseTo(70 / 255); // the labels stay with their images
    const row = 'row 1 of label-missing.parquet';
    expect(heard).toEqual([[row, `The image ${row} has no label.`]]);
  });

  it('of which one file has no labels do not lend it those of the next', async () => {
    const folder = await temporaryFolder();
    await copyFile(at('label-none.parquet'), join(folder, 'a.parquet'));
    await copyFile(at('parquet/train-00000-of-00002.parquet'), join(folder, 'b.parquet'));
    expect(await refusal(folder)).toContain('1 without, such as row 0 of a.parquet');
    const dataset = await openDataset(`${folder},bad=skip`);
    expect([dataset.count, Array.from(dataset.labels!)]).toEqual([3, [2, 0, 1]]);
  });

  it('may name classes in the rows', async () => {
    const dataset = await openDataset(at('label-names.parquet'));
    expect([dataset.classes, Array.from(dataset.labels!)]).toEqual([
      ['cat', 'owl'],
      [1, 0, 1],
    ]);
  });

  it('name the row of an image that cannot be read', async () => {
    const folder = await temporaryFolder();
    const whole = Buffer.from(await readFile(at('parquet/train-00001-of-00002.parquet')));
    const png = whole.indexOf('\x89PNG', 0, 'latin1');
    expect(png).toBeGreaterThan(0);
    whole[png + 1] = 0x58;
    await writeFile(join(folder, 'one.parquet'), whole);
    expect(await refusal(join(folder, 'one.parquet'))).toContain(
      'The image row 0 of one.parquet of one.parquet cannot be read',
    );
    await copyFile(at('parquet/train-00000-of-00002.parquet'), join(folder, 'another.parquet'));
    expect((await openDataset(`${folder},bad=skip`)).count).toBe(3);
  });
});
