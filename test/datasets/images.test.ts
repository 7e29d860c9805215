import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/datasets/address.js';
import { readAll } from '../../src/datasets/dataset.js';
import { describeDataset } from '../../src/datasets/describe.js';
import { openFolder } from '../../src/datasets/folder.js';
import { readImageHeader } from '../../src/datasets/image-header.js';
import { openImages } from '../../src/datasets/images.js';
import { hasPart, openDataset, within } from '../../src/datasets/open.js';
import { Reporter, type WorkEvent } from '../../src/work.js';
import { zipOf } from '../fixtures/datasets/archives.js';
import { type Look, picture, writeFiles } from '../fixtures/datasets/pictures.js';
import { lcg, temporaryFolder } from '../training/helpers.js';

const RED = await picture([255, 0, 0]);
const GREEN = await picture([0, 255, 0], { format: 'webp' });
const BLUE = await picture([0, 0, 255]);

/** 32 × 32 pixels that hardly compress. */
function noisy(): Sharp {
  const random = lcg(3);
  const values = Uint8Array.from({ length: 32 * 32 * 3 }, () => Math.floor(random() * 256));
  return sharp(values, { raw: { width: 32, height: 32, channels: 3 } });
}

async function folderOf(files: Record<string, Uint8Array | string>): Promise<string> {
  const folder = await temporaryFolder();
  await writeFiles(folder, files);
  return folder;
}

async function zipFile(files: Record<string, Uint8Array>): Promise<string> {
  const path = join(await temporaryFolder(), 'pets.zip');
  await writeFile(path, zipOf(Object.entries(files).map(([name, data]) => ({ name, data, deflate: true }))));
  return path;
}

function bytesOf(files: Record<string, Uint8Array | string>): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(files).map(([name, data]) => [name, Buffer.from(data as string)]));
}

/** The first value of each channel of each example. */
async function colours(address: string): Promise<number[][]> {
  const dataset = await openDataset(address);
  const [channels, height, width] = dataset.shape as [number, number, number];
  const plane = height * width;
  const all = await readAll(dataset);
  return Array.from({ length: dataset.count }, (_, i) =>
    Array.from({ length: channels }, (_, c) => Math.round(all[(i * channels + c) * plane]! * 255)),
  );
}

/** A JPEG whose scan says that it ends one coefficient early, which decoders warn of and pass over. */
async function oddJpeg(): Promise<Buffer> {
  const jpeg = await picture([9, 99, 199], { format: 'jpeg' });
  const scan = jpeg.indexOf(Buffer.of(0xff, 0xda));
  jpeg[scan + 2 + jpeg.readUInt16BE(scan + 2) - 2] = 62;
  return jpeg;
}

describe('a damaged image that every viewer shows', () => {
  it('is read, and told by name as soon as its header is seen', async () => {
    const whole = await picture([9, 99, 199], { format: 'jpeg' });
    const second = 4 + whole.readUInt16BE(4);
    const apart = Buffer.concat([whole.subarray(0, second), Buffer.alloc(3), whole.subarray(second)]);
    const folder = await folderOf({ 'a.jpg': whole, 'b.jpg': await oddJpeg(), 'c.jpg': apart });
    const told: string[] = [];
    const dataset = await openDataset(folder, { onDamaged: (name) => told.push(name) });
    expect(told).toEqual(['b.jpg', 'c.jpg']);
    const all = await readAll(dataset);
    const size = all.length / 3;
    for (const i of [1, 2]) expect(all.slice(i * size, (i + 1) * size)).toEqual(all.slice(0, size));
    expect([told.length, dataset.damaged!()]).toEqual([2, 2]); // each once
  });

  it('is refused where it is cut short', async () => {
    const whole = await noisy().jpeg().toBuffer();
    const folder = await folderOf({ 'a.jpg': whole.subarray(0, whole.length / 2) });
    await expect(openDataset(folder)).rejects.toThrow(/The image a\.jpg .* truncated/);
  });
});

describe('images in folders and zips', () => {
  it('are of the class whose folder they lie in, by name, in an order that the file system does not decide', async () => {
    const files = { 'dog/b.png': RED, 'cat/old/a.webp': GREEN, 'dog/a.png': BLUE, 'notes.txt': Buffer.from('hello') };
    const folder = await folderOf(files);
    const dataset = await openDataset(folder, { range: [-1, 1] });
    expect(dataset).toMatchObject({ count: 3, shape: [3, 8, 8], range: [-1, 1], classes: ['cat', 'dog'] });
    expect(Array.from(dataset.labels!)).toEqual([0, 1, 1]);
    expect(await colours(folder)).toEqual([
      [0, 255, 0],
      [0, 0, 255],
      [255, 0, 0],
    ]);
  });

  it('are the same data in a zip, down to the checksum', async () => {
    const files = { 'dog/b.png': RED, 'cat/a.webp': GREEN };
    const [folder, zip] = [await openDataset(await folderOf(files)), await openDataset(await zipFile(files))];
    expect(zip.sha256).toBe(folder.sha256);
    expect(await readAll(zip)).toEqual(await readAll(folder));
    const other = await openDataset(await zipFile({ 'dog/b.png': BLUE, 'cat/a.webp': GREEN }));
    expect(other.sha256).not.toBe(zip.sha256);
  });

  it('need no classes: beside each other, in one folder, or in the numbered folders of dataset_tool.py', async () => {
    for (const names of [
      ['a.png', 'b.png'],
      ['faces/a.png', 'faces/b.png'],
      ['a.png', 'more/b.png'],
      ['00000/img00000000.png', '00001/img00001000.png'],
    ]) {
      const dataset = await openDataset(await folderOf({ [names[0]!]: RED, [names[1]!]: BLUE }));
      expect([dataset.count, dataset.labels, dataset.classes]).toEqual([2, undefined, undefined]);
    }
  });

  it('take the classes of a dataset.json before those of folders', async () => {
    const json = {
      labels: [
        ['00000/img00000001.png', 0],
        ['00000/img00000000.png', 2],
      ],
    };
    const dataset = await openDataset(
      await zipFile({
        'dataset.json': Buffer.from(JSON.stringify(json)),
        '00000/img00000000.png': RED,
        '00000/img00000001.png': BLUE,
      }),
    );
    expect(Array.from(dataset.labels!)).toEqual([1, 0]);
    expect(dataset.classes).toEqual(['0', '2']); // one without examples would be served untrained
    const none = await openDataset(
      await folderOf({ 'dataset.json': '{"labels": null}', 'a/1.png': RED, 'b/1.png': RED }),
    );
    expect(none.labels).toBeUndefined();
  });

  it.each([
    ['{', 'Expected JSON in dataset.json of'],
    ['{"labels": [["a.png", -1]]}', 'Expected {"labels": [[name, class], …]}'],
    ['{"labels": [["b.png", 1]]}', 'Expected a label for every image in dataset.json of'],
  ])('are refused with a dataset.json of %s', async (json, message) => {
    await expect(openDataset(await folderOf({ 'dataset.json': json, 'a.png': RED }))).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('of a folder with train and test are those of the part asked for', async () => {
    const folder = await folderOf({ 'train/a/1.png': RED, 'train/b/1.png': RED, 'test/b/9.png': BLUE });
    expect((await openDataset(folder)).classes).toEqual(['a', 'b']);
    expect(await hasPart(folder, 'test')).toBe(true);
    expect(await colours(`${folder},part=test`)).toEqual([[0, 0, 255]]);
    expect(await hasPart(await folderOf({ 'a/1.png': RED }), 'test')).toBe(false);
  });

  it('of several sizes are refused, with one of each and what to ask for, unless a size is asked for', async () => {
    const folder = await folderOf({ 'a.png': RED, 'wide.png': await picture([0, 255, 0], { width: 16, height: 4 }) });
    await expect(openDataset(folder)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringMatching(
        /received 2 sizes: 8×8 \(1, such as a\.png\), 16×4 \(1, such as wide\.png\)\. Add resize=16x16 to the data/,
      ),
    });
    const resized = await openDataset(`${folder},resize=6x4`);
    expect(resized.shape).toEqual([3, 4, 6]);
    expect(await colours(`${folder},resize=6x4`)).toEqual([
      [255, 0, 0],
      [0, 255, 0],
    ]);
  });

  it('grey and in colour together are refused, naming two of them, unless channels or a size are asked for', async () => {
    const grey = await picture([90, 90, 90], { grey: true });
    const folder = await folderOf({ 'a.png': RED, 'grey.png': grey });
    await expect(openDataset(folder)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringMatching(/but a\.png is in colour and grey\.png is grey\. Add channels=3/),
    });
    expect(await colours(`${folder},channels=3`)).toEqual([
      [255, 0, 0],
      [90, 90, 90],
    ]);
    expect(await colours(`${folder},channels=1`)).toEqual([[76], [90]]); // 0.299 · 255
    expect((await openDataset(`${folder},resize=8x8`)).shape).toEqual([3, 8, 8]);
  });

  it('that cannot be read are refused by name, or left out and named, as asked', async () => {
    const whole = await noisy().png().toBuffer();
    const folder = await folderOf({
      'a/1.png': whole,
      'a/2.png': 'not an image',
      'b/1.png': whole.subarray(0, whole.length / 2), // its header is fine
      'b/2.png': whole,
      'b/3.gif': await noisy().gif().toBuffer(),
    });
    await expect(openDataset(folder)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining('The image a/2.png of '),
    });
    const skipped: string[] = [];
    const warnings: WorkEvent[] = [];
    await openDataset(`${folder},bad=skip`, within(new Reporter({ onEvent: (event) => warnings.push(event) })));
    expect(warnings.map((event) => (event.kind === 'warning' ? event.name : event.kind))).toEqual(
      Array(3).fill('skipped'),
    );
    const dataset = await openDataset(`${folder},bad=skip`, { onSkipped: (name) => skipped.push(name) });
    expect(skipped).toEqual(['a/2.png', 'b/1.png', 'b/3.gif']);
    expect(dataset).toMatchObject({ count: 2, classes: ['a', 'b'] });
    expect(Array.from(dataset.labels!)).toEqual([0, 1]);
    expect((await readAll(dataset)).length).toBe(2 * 3 * 32 * 32);
  });

  it('that break in the middle are refused by name before anything is read of them', async () => {
    const whole = await noisy().png().toBuffer();
    const cut = (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2);
    const bad: Record<string, Uint8Array> = {
      'cut.png': cut(whole),
      'cut.jpg': cut(await noisy().jpeg().toBuffer()),
      'cut.webp': cut(await noisy().webp({ lossless: true }).toBuffer()),
    };
    for (const [name, bytes] of Object.entries(bad)) {
      const folder = await folderOf({ 'a.png': whole, [name]: bytes, 'z.png': whole });
      for (const open of [() => openDataset(folder), () => describeDataset({ data: folder })]) {
        await expect(open()).rejects.toMatchObject({
          code: 'DATASET_INVALID',
          message: expect.stringContaining(`The image ${name} of `),
        });
      }
      expect((await openDataset(`${folder},bad=skip`)).count).toBe(2);
    }
  });

  it('are decoded once for their first reading, grey ones again where others are in colour', async () => {
    const [grey, red] = [await picture([80, 80, 80], { grey: true }), RED];
    const read = async (files: Record<string, Uint8Array>, settings: string) => {
      const set = await openFolder(await folderOf(files));
      let reads = 0;
      const counted = {
        ...set,
        nameAt: (file: number) => set.nameAt(file),
        read: (file: number) => {
          reads++;
          return set.read(file);
        },
      };
      const dataset = await openImages(counted, [0, 1], null, {
        range: [0, 1],
        settings: parseAddress(`x${settings}`).settings,
      });
      const opened = reads;
      const values = await readAll(dataset);
      return { opened, later: reads - opened, values: [...values].map((value) => Math.round(255 * value)) };
    };
    const alike = await read({ 'a.png': RED, 'b.png': BLUE }, '');
    expect([alike.opened, alike.later]).toEqual([2, 0]);
    const mixed = await read({ 'a.png': grey, 'b.png': red }, ',resize=8x8');
    expect([mixed.opened, mixed.later]).toEqual([2, 2]);
    expect(mixed.values.slice(0, 3 * 64)).toEqual(Array(3 * 64).fill(80));
    expect(mixed.values.slice(3 * 64, 4 * 64)).toEqual(Array(64).fill(255));
  });

  it('are refused when there is none, and one missing link is named', async () => {
    await expect(openDataset(await folderOf({ 'readme.txt': 'hello' }))).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining('1 files, none of them an image'),
    });
    const folder = await folderOf({ 'a.png': RED });
    await symlink(join(folder, 'a.png'), join(folder, 'b.png'));
    expect((await openDataset(folder)).count).toBe(2);
  });

  it('are found where links lead, but not in circles; a link that leads nowhere is a file that cannot be read', async () => {
    const elsewhere = await folderOf({ '1.png': RED, '2.png': RED });
    const folder = await folderOf({ 'cat/3.png': BLUE });
    await symlink(elsewhere, join(folder, 'dog'));
    await symlink(folder, join(folder, 'cat', 'round'));
    const dataset = await openDataset(folder);
    expect(dataset).toMatchObject({ count: 3, classes: ['cat', 'dog'] });
    await symlink(join(folder, 'gone.png'), join(folder, 'cat', '4.png'));
    await expect(openDataset(folder)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining('cat/4.png'),
    });
    expect((await openDataset(`${folder},bad=skip`)).count).toBe(3);
  });

  it('are told by their bytes, and what holds none is named', async () => {
    const jpeg = await picture([9, 9, 9], { format: 'jpeg' });
    const files = {
      'cat/photo': RED,
      'cat/b.jfif': jpeg,
      'dog/C.PNG': BLUE,
      'notes.txt': 'hello',
      'cat/list.csv': '1,2',
    };
    const warnings: WorkEvent[] = [];
    for (const place of [await folderOf(files), await zipFile(bytesOf(files))]) {
      const dataset = await openDataset(place, within(new Reporter({ onEvent: (event) => warnings.push(event) })));
      expect(dataset).toMatchObject({ count: 3, classes: ['cat', 'dog'] });
    }
    const warning = {
      kind: 'warning',
      name: 'left-out',
      message: 'Left out: 2 files without an image in them: cat/list.csv, notes.txt.',
    };
    expect(warnings).toMatchObject([warning, warning]);
  });

  it('are the same whatever systems left behind beside them, in a folder and in a zip', async () => {
    const junk = {
      '._1.png': 'x',
      'cat/._1.png': 'x',
      '__MACOSX/cat/._1.png': 'x',
      'dog/Thumbs.db': 'x',
      '.DS_Store': 'x',
    };
    const files = { 'cat/1.png': RED, 'dog/1.png': BLUE };
    const plain = await openDataset(await folderOf(files));
    const heard: unknown[] = [];
    for (const place of [await folderOf({ ...junk, ...files }), await zipFile(bytesOf({ ...junk, ...files }))]) {
      const dataset = await openDataset(place, { onLeftOut: (...left) => heard.push(left) });
      expect([dataset.sha256, dataset.classes]).toEqual([plain.sha256, ['cat', 'dog']]);
    }
    expect(heard).toEqual([]);
  });

  it('beside class folders and of a split for validation are left out, and counted', async () => {
    const heard: unknown[] = [];
    const folder = await folderOf({
      ...{ 'p/cover.png': BLUE, 'p/train/cat/1.png': RED, 'p/train/dog/1.png': RED, 'p/val/cat/1.png': BLUE },
    });
    const dataset = await openDataset(folder, { onLeftOut: (...left) => heard.push(left) });
    expect(dataset).toMatchObject({ count: 2, classes: ['cat', 'dog'] });
    expect(heard).toEqual([
      [1, 'beside the folders that tell splits or classes apart', ['p/cover.png']],
      [1, 'of the split validation, which is neither train nor test', []],
    ]);
    await expect(openDataset(`${folder},part=test`)).rejects.toThrow('Expected images of the test split in ');
  });

  it('of a class whose name is written in two ways are of one class, shown as it was written first', async () => {
    const [composed, taken] = ['caf\u00e9', 'cafe\u0301'];
    const zip = zipOf([
      { name: `${taken}/1.png`, data: RED, unflagged: true },
      { name: `${composed}/2.png`, data: RED },
      { name: 'tea/3.png', data: BLUE },
    ]);
    const path = join(await temporaryFolder(), 'drinks.zip');
    await writeFile(path, zip);
    const dataset = await openDataset(path);
    expect(dataset.classes).toEqual([taken, 'tea']);
    expect(Array.from(dataset.labels!)).toEqual([0, 0, 1]);
  });

  it('in a zip whose names are neither flagged nor UTF-8 have those of CP437', async () => {
    const path = join(await temporaryFolder(), 'old.zip');
    const cp437 = Buffer.from([0x63, 0x61, 0x66, 0x82, 0x2f]); // "caf", é in CP437, "/"
    await writeFile(
      path,
      zipOf([
        { name: Buffer.concat([cp437, Buffer.from('1.png')]), data: RED, unflagged: true },
        { name: 'tea/3.png', data: BLUE },
      ]),
    );
    expect((await openDataset(path)).classes).toEqual(['caf\u00e9', 'tea']);
  });

  it('without a label in dataset.json are refused with their number, or left out as asked', async () => {
    const json = { labels: [['00000/img00000000.png', 4]] };
    const zip = await zipFile({
      ...{ 'p/dataset.json': Buffer.from(JSON.stringify(json)), 'p/00000/img00000000.png': RED },
      ...{ 'p/00000/img00000001.png': BLUE, 'cover.png': BLUE },
    });
    await expect(openDataset(zip)).rejects.toThrow(
      'Expected a label for every image in p/dataset.json of pets.zip but 1 have none, such as p/00000/img00000001.png. Leave them out with bad=skip.',
    );
    const heard: unknown[] = [];
    const dataset = await openDataset(`${zip},bad=skip`, { onSkipped: (...left) => heard.push(left) });
    expect([dataset.count, dataset.classes, Array.from(dataset.labels!)]).toEqual([1, ['4'], [0]]);
    const name = 'p/00000/img00000001.png';
    expect(heard).toEqual([[name, `The image ${name} has no label in p/dataset.json of pets.zip.`]]);
  });

  it('give the same values when only some of them fit in the cache', async () => {
    const files = Object.fromEntries(
      await Promise.all(
        Array.from({ length: 9 }, async (_, i) => [`${i}.png`, await picture([i * 20, 255 - i, i])] as const),
      ),
    );
    const entries = await openFolder(await folderOf(files));
    const all = Array.from({ length: 9 }, (_, i) => i);
    const rowBytes = 8 * 8 * 3;
    const small = await openImages(entries, all, null, { range: [0, 1], settings: {}, cacheBytes: 4 * rowBytes });
    const large = await openImages(entries, all, null, { range: [0, 1], settings: {} });
    const first = await readAll(large);
    for (let round = 0; round < 3; round++) expect(await readAll(small)).toEqual(first);
    expect(Array.from(first.subarray(8 * rowBytes, 8 * rowBytes + 1))).toEqual([Math.fround(160 / 255)]);
  });

  it('are refused by position when an example outside of the data is asked for', async () => {
    const dataset = await openDataset(await folderOf({ 'a.png': RED }));
    await expect(dataset.read([1], new Float32Array(192))).rejects.toThrow('in [0, 1) but received 1');
  });
});

describe('the header of an image', () => {
  const looks: [string, Look][] = [
    ['PNG', { width: 5, height: 3 }],
    ['grey PNG', { width: 5, height: 3, grey: true }],
    ['JPEG', { width: 5, height: 3, format: 'jpeg' }],
    ['grey JPEG', { width: 5, height: 3, format: 'jpeg', grey: true }],
    ['WebP', { width: 5, height: 3, format: 'webp' }],
    ['JPEG that lies on its side', { width: 5, height: 3, format: 'jpeg', orientation: 6 }],
    ['JPEG upside down', { width: 5, height: 3, format: 'jpeg', orientation: 3 }],
    ['WebP that lies on its side', { width: 5, height: 3, format: 'webp', orientation: 8 }],
    ['PNG that lies on its side', { width: 5, height: 3, orientation: 5 }],
  ];
  it.each(looks)('says the size and channels that the decoder will give: %s', async (_, look) => {
    const bytes = await picture([40, 40, 40], look);
    const { autoOrient } = await sharp(bytes).metadata();
    expect(readImageHeader(bytes)).toEqual({
      width: autoOrient.width,
      height: autoOrient.height,
      channels: look.grey ? 1 : 3,
    });
    expect(autoOrient.width).toBe((look.orientation ?? 1) >= 5 ? 3 : 5);
  });

  it('turns an image as the decoder does, however its orientation is written', async () => {
    const upright = await picture([40, 40, 40], { width: 5, height: 3, format: 'jpeg' });
    for (const order of ['II', 'MM'] as const) {
      for (const type of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
        for (const [count, orientation] of [
          [1, 6],
          [1, 3],
          [1, 0],
          [1, 9],
          [2, 6],
        ] as const) {
          const bytes = withExif(upright, { order, type, count, orientation });
          const { autoOrient } = await sharp(bytes).metadata();
          const { width, height } = readImageHeader(bytes);
          expect({ order, type, count, orientation, width, height }).toMatchObject(autoOrient);
        }
      }
    }
  });

  it('reads a lossy WebP and an interlaced PNG with transparency', async () => {
    const base = sharp({ create: { width: 7, height: 9, channels: 4, background: '#12345678' } });
    expect(readImageHeader(await base.clone().webp({ quality: 50 }).toBuffer())).toEqual({
      width: 7,
      height: 9,
      channels: 3,
      transparent: true,
    });
    expect(readImageHeader(await base.clone().removeAlpha().webp({ quality: 50 }).toBuffer())).toEqual({
      width: 7,
      height: 9,
      channels: 3,
    });
    expect(readImageHeader(await base.clone().png({ progressive: true }).toBuffer())).toEqual({
      width: 7,
      height: 9,
      channels: 3,
      transparent: true,
    });
  });

  it.each([
    ['nothing', Buffer.alloc(0), '0 bytes'],
    ['text', Buffer.from('hello world'), 'bytes that begin 68656c6c6f20776f'],
    ['half a PNG header', RED.subarray(0, 20), 'the file is truncated'],
    ['half a JPEG header', Buffer.from('ffd8ffe000', 'hex'), 'the file is truncated'],
    ['a JPEG without a frame', Buffer.from('ffd8ffd9', 'hex'), 'a JPEG without a frame header'],
  ])('is refused: %s', (_, bytes, message) => {
    expect(() => readImageHeader(bytes)).toThrow(message);
  });

  it('survives any byte being another: it answers or refuses, and never hangs', async () => {
    for (const bytes of [RED, GREEN, await picture([1, 2, 3], { format: 'jpeg', orientation: 6 })]) {
      for (let at = 0; at < Math.min(bytes.length, 200); at++) {
        for (const value of [0, 0x7f, 0xff]) {
          const damaged = Buffer.from(bytes);
          damaged[at] = value;
          try {
            expect(readImageHeader(damaged).width).toBeGreaterThan(0);
          } catch (error) {
            expect((error as Error).message).not.toBe('');
          }
        }
      }
    }
    expect(readImageHeader(await readFile(join(await folderOf({ 'a.png': RED }), 'a.png'))).width).toBe(8);
  });
});

interface Exif {
  readonly order: 'II' | 'MM';
  /** Code of a type of TIFF 6.0 §2: 3 is SHORT, 4 is LONG. */
  readonly type: number;
  readonly count: number;
  readonly orientation: number;
}

/** A JPEG with a segment APP1 that holds one entry. */
function withExif(jpeg: Buffer, { order, type, count, orientation }: Exif): Buffer {
  const little = order === 'II';
  const number = (value: number, bytes: number) => {
    const out = Buffer.alloc(bytes);
    if (little) out.writeUIntLE(value, 0, bytes);
    else out.writeUIntBE(value, 0, bytes);
    return out;
  };
  const width = { 3: 2, 4: 4, 8: 2, 9: 4 }[type] ?? 1;
  const value = Buffer.concat([number(orientation, width), Buffer.alloc(4 - width)]);
  const entry = [number(0x0112, 2), number(type, 2), number(count, 4), value];
  const tiff = [Buffer.from(order), number(42, 2), number(8, 4), number(1, 2), ...entry, number(0, 4)];
  const content = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), ...tiff]);
  const head = Buffer.alloc(4);
  head.writeUInt16BE(0xffe1, 0);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, content, jpeg.subarray(2)]);
}
