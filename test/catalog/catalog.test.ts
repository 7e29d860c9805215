import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { Catalog, type CatalogOptions, type DatasetOrder } from '../../src/catalog/catalog.js';
import { SentFiles } from '../../src/catalog/sent-files.js';
import { type ZipPart, zipOf } from '../fixtures/datasets/archives.js';
import { picture, writeFiles } from '../fixtures/datasets/pictures.js';
import { temporaryFolder } from '../training/helpers.js';

const PNG = await picture([9, 9, 9]);

let root: string;
let kept: string;
let catalog: Catalog;
const problems: unknown[] = [];

function open(options: Partial<CatalogOptions> = {}): Catalog {
  return new Catalog({
    folder: kept,
    roots: [join(root, 'data')],
    sent: new SentFiles({ folder: join(root, 'uploads'), mostBytes: 1e6, mostOfAll: 1e7 }),
    onProblem: (problem) => problems.push(problem),
    now: () => 1_700_000_000_000,
    ...options,
  });
}

beforeEach(async () => {
  root = await temporaryFolder();
  kept = join(root, 'catalog');
  await mkdir(join(root, 'data'));
  catalog = open();
});

function at(path: string, others: Partial<DatasetOrder> = {}): DatasetOrder {
  return { name: 'pets', source: { kind: 'path', text: path }, ...others };
}

async function write(files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  await writeFiles(join(root, 'data'), files);
}

/** What is left in the folder of data sets, hidden files too. */
function left(): string[] {
  return existsSync(kept) ? readdirSync(kept) : [];
}

const nobody = async () => [];

describe('a data set', () => {
  test('is looked through before it is kept: counts, size, what cannot be read, a sheet', async () => {
    await write({
      'pets/cat/1.png': PNG,
      'pets/cat/2.png': await picture([1, 2, 3]),
      'pets/dog/1.png': await picture([200, 2, 3]),
      'pets/dog/broken.png': PNG.subarray(0, 40),
      'pets/dog/notes.txt': 'none',
      'pets/dog/film.gif': 'GIF89a',
    });
    const { record, isNew } = await catalog.create(at('pets'), 'ann');
    expect(isNew).toBe(true);
    expect(record).toMatchObject({
      name: 'pets',
      source: { kind: 'path', text: 'pets', settings: ',bad=skip' },
      examples: 3,
      shape: [3, 8, 8],
      classes: [
        { name: 'cat', count: 2 },
        { name: 'dog', count: 1 },
      ],
      rejectedCount: 3,
      created: 1_700_000_000_000,
      by: 'ann',
    });
    expect(Object.fromEntries(record.rejected.map(({ name, reason }) => [name, reason]))).toEqual({
      'dog/broken.png': expect.stringMatching(/cannot be read/),
      'dog/film.gif': expect.stringMatching(/cannot be read/),
      'dog/notes.txt': 'Left out: without an image in them.',
    });
    expect(record.sha256).toMatch(/^[0-9a-f]{64}$/);
    const files = ['pets/cat/1.png', 'pets/cat/2.png', 'pets/dog/1.png', 'pets/dog/broken.png'];
    const sizes = [...files, 'pets/dog/notes.txt', 'pets/dog/film.gif'].map(
      (file) => readFileSync(join(root, 'data', file)).length,
    );
    expect(record.bytes).toBe(sizes.reduce((sum, size) => sum + size));
    // Two columns, one for each class, and two rows of 8×8 with 2 pixels between them.
    const sheet = readFileSync(catalog.previewOf(record));
    expect([sheet.readUInt32BE(16), sheet.readUInt32BE(20)]).toEqual([18, 18]);
  });

  test('is an address for jobs by its name, with settings of its own and of the job', async () => {
    await catalog.create({ ...at(''), source: { kind: 'builtin', text: 'glyphs' }, settings: 'count=72' }, 'ann');
    expect(await catalog.addressOf('pets')).toBe('builtin:glyphs,count=72');
    expect(await catalog.addressOf('pets,stack=3')).toBe('builtin:glyphs,count=72,stack=3');
    expect(await catalog.addressOf('builtin:ring8')).toBe('builtin:ring8');
    expect((await catalog.get('pets')).examples).toBe(72);
    await expect(catalog.addressOf('dogs')).rejects.toThrow(/name of a data set/);
  });

  test('of whole images is opened without a pass that decodes them', async () => {
    await write({ 'pets/1.png': PNG });
    expect((await catalog.create(at('pets'), 'ann')).record.source.settings).toBe('');
  });

  test('is seen by every process that has the folder, from the moment that its name is there', async () => {
    await catalog.create({ ...at(''), source: { kind: 'builtin', text: 'ring8' } }, 'ann');
    const other = open();
    expect((await other.list()).map(({ name }) => name)).toEqual(['pets']);
    await other.remove('pets', nobody);
    expect(await catalog.list()).toEqual([]);
    expect(left()).toEqual([]);
  });

  test('is kept once, whoever asks for it at the same time', async () => {
    const order = { ...at(''), source: { kind: 'builtin', text: 'ring8' } } as const;
    const outcomes = await Promise.allSettled([catalog, open(), open()].map((one) => one.create(order, 'ann')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'DATASET_EXISTS' });
    }
    expect(left()).toEqual(['pets']);
  });

  test('asked for again with its key is the same, and with another request it is refused', async () => {
    const order = { ...at('', { idempotencyKey: 'k' }), source: { kind: 'builtin', text: 'ring8' } } as const;
    const all = await Promise.all(Array.from({ length: 4 }, () => catalog.create(order, 'ann')));
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
    await expect(catalog.create({ ...order, name: 'others' }, 'ann')).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    await expect(catalog.create(order, 'bob')).rejects.toMatchObject({ code: 'DATASET_EXISTS' });
  });

  test('is not deleted while a job needs it, or an order is being checked on it', async () => {
    await catalog.create({ ...at(''), source: { kind: 'builtin', text: 'ring8' } }, 'ann');
    await expect(catalog.remove('pets', async () => ['job-1'])).rejects.toMatchObject({
      code: 'DATASET_IN_USE',
      details: { jobs: ['job-1'] },
    });
    await catalog.holding('pets', async () => {
      await expect(catalog.remove('pets', nobody)).rejects.toMatchObject({ code: 'DATASET_IN_USE' });
    });
    const leaving = catalog.remove('pets', async () => {
      await expect(catalog.holding('pets', async () => 1)).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' });
      return [];
    });
    await leaving;
    await expect(catalog.remove('pets', nobody)).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' });
  });

  test('whose record is damaged is told of, and the others are listed', async () => {
    for (const name of ['a', 'b']) {
      await catalog.create({ name, source: { kind: 'builtin', text: 'ring8' } }, 'ann');
    }
    await writeFile(join(kept, 'a', 'dataset.json'), '{"name": 1}');
    expect((await catalog.list()).map(({ name }) => name)).toEqual(['b']);
    expect(problems).toHaveLength(1);
    await expect(catalog.get('a')).rejects.toMatchObject({ code: 'STORE_INVALID' });
  });

  test('at a path that is outside by now is no longer read', async () => {
    await write({ 'pets/1.png': PNG });
    await catalog.create(at('pets'), 'ann');
    await expect(open({ roots: [] }).addressOf('pets')).rejects.toMatchObject({ code: 'DATASET_INVALID' });
    await rm(join(root, 'data', 'pets'), { recursive: true });
    await writeFiles(root, { 'secret/1.png': PNG });
    await symlink(join(root, 'secret'), join(root, 'data', 'pets'));
    await expect(catalog.addressOf('pets')).rejects.toMatchObject({ code: 'DATASET_INVALID' });
  });

  test('is not looked through for a client that has left', async () => {
    await write({ 'pets/1.png': PNG });
    await expect(catalog.create(at('pets'), 'ann', AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(left()).toEqual([]);
  });
});

describe('what is refused leaves nothing behind', () => {
  const ok: ZipPart = { name: 'a.png', data: PNG };
  const zips: [string, readonly ZipPart[], RegExp][] = [
    ['a name that climbs out', [ok, { name: '../../evil.png', data: PNG }], /invalid relative path/],
    ['a link', [ok, { name: 'b.png', data: Buffer.from('/etc/passwd'), mode: 0o120777 }], /link or a special file/],
    ['a bomb that says so', [ok, { name: 'b.png', data: new Uint8Array(5e6), deflate: true }], /shrank at most 100/],
    ['a zip within', [{ name: 'inner.zip', data: zipOf([ok]) }], /none of them an image/],
    ['nothing', [], /none of them an image/],
    ['no image that can be read', [{ name: 'a.png', data: Buffer.from('no') }], /at least 1 image/],
    ['labels that leave an image out', [ok, { name: 'dataset.json', data: Buffer.from('{"labels": []}') }], /label/],
    ['labels of another form', [ok, { name: 'dataset.json', data: Buffer.from('{"labels": 7}') }], /labels/],
  ];
  test.each(zips)('a zip of %s', async (_, parts, message) => {
    await write({ 'x.zip': zipOf(parts) });
    await expect(catalog.create(at('x.zip'), 'ann')).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringMatching(message),
    });
    expect(left()).toEqual([]);
  });

  test('a bomb that hides its size is one file that cannot be read', async () => {
    const bomb: ZipPart = { name: 'bomb.png', data: new Uint8Array(5e6), deflate: true, size: 50_000 };
    await write({ 'x.zip': zipOf([ok, bomb]) });
    const { record } = await catalog.create(at('x.zip'), 'ann');
    expect(record).toMatchObject({ examples: 1, rejectedCount: 1, rejected: [{ name: 'bomb.png' }] });
  });

  test.each([
    ['a path outside', at('/etc/passwd'), /allowed folders/],
    ['a path that leads out', at('../../etc'), /allowed folders/],
    ['a path with a NUL', at('pets\0.zip'), /allowed folders/],
    ['an unknown setting', at('pets', { settings: 'size=9' }), /settings such as/],
    ['a path among the settings', at('pets', { settings: '/etc,resize=8x8' }), /settings such as/],
    ['a setting out of range', at('pets', { settings: 'resize=0x8' }), /resize=0x8/],
    ['a setting that the format does not take', at('pets', { settings: 'layout=nhwc' }), /layout/],
    ['unknown built-in data', { ...at(''), source: { kind: 'builtin', text: 'cats' } } as const, /ring8/],
    ['built-in data as a path', at('builtin:ring8'), /a path/],
    ['a name with a slash', at('pets', { name: '../pets' }), /name of lower-case/],
    ['a name in capitals', at('pets', { name: 'Pets' }), /name of lower-case/],
    ['an empty name', at('pets', { name: '' }), /name of lower-case/],
    ['a name of ours', at('pets', { name: '.tmp-x' }), /name of lower-case/],
  ])('%s', async (_, order, message) => {
    await write({ 'pets/1.png': PNG });
    await expect(catalog.create(order, 'ann')).rejects.toThrow(message);
    expect(left()).toEqual([]);
  });

  test('images of two sizes, with what to do about it', async () => {
    await write({ 'pets/1.png': PNG, 'pets/2.png': await picture([1, 1, 1], { width: 9 }) });
    await expect(catalog.create(at('pets'), 'ann')).rejects.toThrow(/Add resize=\d+x\d+/);
    const { record } = await catalog.create(at('pets', { settings: 'resize=4x4' }), 'ann');
    expect(record).toMatchObject({ shape: [3, 4, 4], source: { text: 'pets,resize=4x4' } });
  });
});
