// What a command is given: files, folders, zips and names on stdin, in order, each read for itself.
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { batches, type ReadPicture } from '../../src/client/batches.js';
import { openPictures } from '../../src/client/pictures.js';
import { encodePng } from '../../src/images/png.js';
import { zipOf } from '../fixtures/datasets/archives.js';

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pictures-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

async function all(places: readonly string[], stdin = ''): Promise<{ total: number | null; read: string[] }> {
  const pictures = await openPictures(places, Readable.from([stdin]));
  const read: string[] = [];
  for await (const { file, read: bytes } of pictures) {
    try {
      read.push(`${file}: ${Buffer.from(await bytes()).toString()}`);
    } catch (error) {
      read.push(`${file}: ${(error as { code: string }).code}`);
    }
  }
  return { total: pictures.total, read };
}

describe('pictures', () => {
  it('of a folder are its images at any depth, by name, without hidden and other files', async () => {
    const folder = await folderOf({
      'b.png': '2',
      'a/z.JPG': '1',
      '.hidden.png': 'x',
      'notes.txt': 'x',
      'a/.git/c.png': 'x',
    });
    expect(await all([`${folder}/`])).toEqual({ total: 2, read: [`${folder}/a/z.JPG: 1`, `${folder}/b.png: 2`] });
  });

  it('of a zip are named by the archive and their place in it', async () => {
    const folder = await folderOf({});
    await writeFile(
      join(folder, 'x.zip'),
      zipOf(['two/b.png', 'a.png', '__MACOSX/a.png', 'read.me'].map((name) => ({ name, data: Buffer.from(name) }))),
    );
    expect(await all([`${folder}/x.zip`])).toEqual({
      total: 2,
      read: [`${folder}/x.zip/a.png: a.png`, `${folder}/x.zip/two/b.png: two/b.png`],
    });
  });

  it('named on stdin are read as they come, and nobody knows how many there are', async () => {
    const folder = await folderOf({ 'b.png': '2', 'c d.png': '3' });
    const stdin = `${folder}/c d.png\r\n\n${folder}/b.png`;
    expect(await all(['-'], stdin)).toEqual({ total: null, read: [`${folder}/c d.png: 3`, `${folder}/b.png: 2`] });
  });

  it('keep the order in which they were given, whatever they are', async () => {
    const folder = await folderOf({ 'one.dat': '1', 'f/b.png': '2' });
    expect((await all([`${folder}/one.dat`, `${folder}/f`, '-'], `${folder}/one.dat`)).read).toEqual([
      `${folder}/one.dat: 1`,
      `${folder}/f/b.png: 2`,
      `${folder}/one.dat: 1`,
    ]);
  });

  it('that are missing, or no files, or no zip, fail alone when they are read', async () => {
    const folder = await folderOf({ 'a.png': '1', 'broken.zip': 'PK' });
    const stdin = `${folder}\n${folder}/a.png`;
    expect((await all([`${folder}/no.png`, `${folder}/broken.zip`, '/dev/null', '-'], stdin)).read).toEqual([
      `${folder}/no.png: INVALID_IMAGE`,
      `${folder}/broken.zip: DATASET_INVALID`,
      '/dev/null: INVALID_IMAGE',
      `${folder}: INVALID_IMAGE`,
      `${folder}/a.png: 1`,
    ]);
  });

  it('must be some', async () => {
    const folder = await folderOf({ 'notes.txt': 'x' });
    await expect(all([folder])).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(folder),
    });
  });
});

async function sizes(pictures: readonly Uint8Array[], most?: number): Promise<number[]> {
  const files = (async function* () {
    for (const [i, bytes] of pictures.entries()) yield { file: `${i}`, read: () => bytes };
  })();
  const lists: (readonly ReadPicture[])[] = [];
  for await (const batch of batches(files, most)) lists.push(batch);
  expect(lists.flat().map(({ file }) => file)).toEqual(pictures.map((_, i) => `${i}`));
  return lists.map(({ length }) => length);
}

describe('batches', () => {
  const text = Buffer.from('hello');

  it('hold no more pictures than they may', async () => {
    expect(await sizes(new Array(7).fill(text), 3)).toEqual([3, 3, 1]);
    expect(await sizes(new Array(600).fill(text))).toEqual([250, 250, 100]);
    expect(await sizes([])).toEqual([]);
  });

  it('hold what a request body holds as base64, and a picture that is larger goes alone', async () => {
    const mebibyte = Buffer.alloc(2 ** 20);
    expect(await sizes(new Array(16).fill(mebibyte))).toEqual([7, 7, 2]);
    expect(await sizes([mebibyte, Buffer.alloc(2 ** 24), mebibyte])).toEqual([1, 1, 1]);
  });

  it('hold half the pixels that a request may have decoded, by the headers', async () => {
    const png = await encodePng({ width: 2048, height: 1024, channels: 1, data: new Uint8Array(2 ** 21) });
    expect(await sizes(new Array(10).fill(png))).toEqual([4, 4, 2]);
  });
});
