import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Dataset, readAll } from '../../src/datasets/dataset.js';
import { begins, type Format } from '../../src/datasets/format.js';
import { FORMATS } from '../../src/datasets/formats.js';
import { hasPart, openDataset } from '../../src/datasets/open.js';
import { tarOf, zipOf } from '../fixtures/datasets/archives.js';
import { picture, writeFiles } from '../fixtures/datasets/pictures.js';
import { idxBytes, temporaryFolder } from '../training/helpers.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/datasets/${name}`, import.meta.url));

/**
 * A format that Ganymede does not know: a file that begins "POINTS", with a number a line; or a folder with train and
 * test of them.
 */
const points: Format = {
  what: 'files of points',
  recognises: (place) => begins(place, 'POINTS\n') || (place.kind === 'folder' && place.names.includes('train.points')),
  settings: ({ kind }) => (kind === 'folder' ? ['part', 'count'] : ['count']),
  async open({ kind, path }, { part, settings }): Promise<Dataset> {
    const text = await readFile(kind === 'folder' ? join(path, `${part}.points`) : path, 'utf8');
    const numbers = text.trim().split('\n').slice(1).map(Number);
    return {
      name: 'points',
      count: settings.count ?? numbers.length,
      shape: [1],
      range: [0, 10],
      sha256: 'none',
      read: async (indices, out) => out.set(Array.from(indices, (index) => numbers[index]!)),
    };
  },
  hasPart: (place, part) => place.kind === 'folder' && place.names.includes(`${part}.points`),
};

describe('a new data format', () => {
  it('is one more row of the table: it opens by its bytes, has its parts, and takes its settings and no others', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, {
      'train.points': 'POINTS\n1\n2\n3\n',
      'test.points': 'POINTS\n7\n',
      'readme.txt': 'hello',
    });
    for (const table of [
      [points, ...FORMATS],
      [...FORMATS, points],
    ]) {
      const values = async (address: string) => Array.from(await readAll(await openDataset(address, {}, table)));
      expect(await values(join(folder, 'train.points'))).toEqual([1, 2, 3]);
      expect(await values(`${join(folder, 'train.points')},count=2`)).toEqual([1, 2]);
      expect(await values(folder)).toEqual([1, 2, 3]);
      expect(await values(`${folder},part=test`)).toEqual([7]);
      expect(await hasPart(folder, 'test', table)).toBe(true);
      expect(await hasPart(join(folder, 'train.points'), 'test', table)).toBe(false);
      await expect(openDataset(`${folder},resize=8x8`, {}, table)).rejects.toMatchObject({
        code: 'DATASET_INVALID',
        message: `Expected part, count, contrast, stack as settings of files of points but received resize in ${folder},resize=8x8. Leave it out.`,
      });
      expect((await openDataset(fixture('rgb.npy'), {}, table)).count).toBe(2); // the others are there as ever
    }
  });

  it('is named among those that were looked for where none is found', async () => {
    const empty = await temporaryFolder();
    await expect(openDataset(empty, {}, [points])).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: `Expected one of files of points but ${empty} is empty.`,
    });
    await expect(openDataset(empty)).rejects.toThrow(
      /^Expected one of built-in data .*, a folder of images but .* is empty\.$/,
    );
  });
});

describe('the format of data', () => {
  it('is told by what a file begins with before its name is looked at', async () => {
    const folder = await temporaryFolder();
    await copyFile(fixture('rgb.npy'), join(folder, 'a.zip'));
    await copyFile(fixture('plain-gzip.parquet'), join(folder, 'b.npy'));
    await writeFiles(folder, {
      'c.parquet': zipOf([{ name: 'a.png', data: await picture([9, 9, 9]) }]),
      'd.bin': idxBytes(0x0803, [1, 2, 2], [1, 2, 3, 4]),
    });
    const shape = async (name: string) => (await openDataset(join(folder, name))).shape;
    expect(await shape('a.zip')).toEqual([3, 2, 4]);
    expect((await openDataset(join(folder, 'b.npy'))).count).toBe(2);
    expect(await shape('c.parquet')).toEqual([3, 8, 8]);
    expect(await shape('d.bin')).toEqual([1, 2, 2]);
  });

  it('of a folder is that of the published files in it, IDX before CIFAR-10 before Parquet before images', async () => {
    const folder = await temporaryFolder();
    const files: Record<string, Uint8Array> = { 'a.png': await picture([1, 2, 3]) };
    const open = async () => {
      await writeFiles(folder, files);
      return (await openDataset(folder)).shape;
    };
    expect(await open()).toEqual([3, 8, 8]);
    files['train.parquet'] = await readFile(fixture('plain-gzip.parquet'));
    expect(await open()).toEqual([3, 4, 4]);
    files['data_batch_1.bin'] = Buffer.alloc(3073);
    expect(await open()).toEqual([3, 32, 32]);
    files['train-images-idx3-ubyte'] = idxBytes(
      0x0803,
      [1, 5, 6],
      Array.from({ length: 30 }, (_, i) => i),
    );
    expect(await open()).toEqual([1, 5, 6]);
  });
});

describe('a setting of an address', () => {
  it('is refused by name where the format does not take it, and never passed over', async () => {
    const folder = await temporaryFolder();
    const pictures = { 'a.png': await picture([1, 2, 3]) };
    const mnist = { 'train-images-idx3-ubyte': idxBytes(0x0803, [1, 2, 2], [1, 2, 3, 4]) };
    await writeFiles(join(folder, 'pictures'), pictures);
    await writeFiles(join(folder, 'mnist'), mnist);
    await writeFiles(folder, {
      'pictures.zip': zipOf([{ name: 'a.png', data: pictures['a.png'] }]),
      'test_batch.bin': Buffer.alloc(3073),
    });
    const refused: [data: string, setting: string][] = [
      ['builtin:glyphs', 'part=test'],
      ['builtin:ring8', 'resize=8x8'],
      [fixture('rgb.npy'), 'part=test'],
      [fixture('rgb.npy'), 'channels=1'],
      [fixture('splits.npz'), 'bad=skip'],
      [fixture('plain-gzip.parquet'), 'part=test'],
      [fixture('parquet'), 'layout=nhwc'],
      [join(folder, 'pictures'), 'count=5'],
      [join(folder, 'pictures.zip'), 'seed=5'],
      [join(folder, 'mnist'), 'resize=32x32'],
      [join(folder, 'mnist', 'train-images-idx3-ubyte'), 'part=test'],
      [join(folder, 'test_batch.bin'), 'part=test'],
    ];
    for (const [data, setting] of refused) {
      await expect(openDataset(`${data},${setting}`), `${data},${setting}`).rejects.toMatchObject({
        code: 'DATASET_INVALID',
        message: expect.stringContaining(`but received ${setting.split('=')[0]} in ${data},${setting}. Leave it out.`),
      });
    }
  });

  it('may say what is so without it', async () => {
    for (const data of ['builtin:ring8,count=3', fixture('rgb.npy')]) {
      expect((await openDataset(`${data},part=train,bad=refuse`)).count).toBe((await openDataset(data)).count);
    }
  });
});

describe('a part of the data', () => {
  it('is looked for in any archive of CIFAR-10, whatever its name', async () => {
    const folder = await temporaryFolder();
    const batch = (name: string) => ({ name: `mine/${name}`, data: Buffer.alloc(3073) });
    await writeFiles(folder, {
      'both.tgz': gzipSync(tarOf([batch('data_batch_1.bin'), batch('test_batch.bin')])),
      'one.TAR.GZ': gzipSync(tarOf([batch('data_batch_1.bin')])),
    });
    expect(await hasPart(join(folder, 'both.tgz'), 'test')).toBe(true);
    expect(await hasPart(join(folder, 'one.TAR.GZ'), 'test')).toBe(false);
    expect((await openDataset(`${join(folder, 'both.tgz')},part=test`)).count).toBe(1);
  });
});

describe('opening that is stopped', () => {
  it('fails with the reason of its signal, whatever the format', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, {
      'pictures/a.png': await picture([1, 2, 3]),
      'c.tar.gz': gzipSync(tarOf([{ name: 'data_batch_1.bin', data: Buffer.alloc(3073) }])),
    });
    const signal = AbortSignal.abort(new Error('Ctrl-C'));
    const data = [join(folder, 'pictures'), join(folder, 'c.tar.gz'), fixture('rgb.npy'), fixture('parquet')];
    for (const address of data) await expect(openDataset(address, { signal }), address).rejects.toThrow('Ctrl-C');
  });
});
