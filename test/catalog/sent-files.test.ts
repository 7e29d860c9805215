import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import { SENT_FILES, SentFiles } from '../../src/catalog/sent-files.js';
import { temporaryFolder } from '../training/helpers.js';

let folder: string;
let now: number;
let sent: SentFiles;

beforeEach(async () => {
  folder = join(await temporaryFolder(), 'uploads');
  now = 1_700_000_000_000;
  sent = new SentFiles({ folder, mostBytes: 1000, mostOfAll: 1500, now: () => now });
});

async function begin(length: number, filename = 'x.zip'): Promise<string> {
  const id = SentFiles.newId();
  await sent.create(id, length, { filename });
  return id;
}

const bytes = (text: string) => Readable.from([Buffer.from(text)]);

describe('a file that is sent', () => {
  test('stands where its bytes end, for every process that has the folder', async () => {
    const id = await begin(6);
    expect(await sent.append(id, 0, bytes('abc'))).toBe(3);
    const other = new SentFiles({ folder, mostBytes: 1, mostOfAll: 1, now: () => now });
    expect(await other.get(id)).toMatchObject({ length: 6, offset: 3, metadata: { filename: 'x.zip' } });
    expect(await other.append(id, 3, bytes('def'))).toBe(6);
    expect(readFileSync(join(folder, id, 'data'), 'utf8')).toBe('abcdef');
  });

  test('keeps what came before its sender broke off', async () => {
    const id = await begin(6);
    async function* broken() {
      yield Buffer.from('abc');
      throw new Error('gone');
    }
    await expect(sent.append(id, 0, broken())).rejects.toThrow('gone');
    expect((await sent.get(id)).offset).toBe(3);
  });

  test('that two remove at once is gone for the second, and for who goes on with it', async () => {
    const id = await begin(6);
    const both = await Promise.allSettled([sent.remove(id), sent.remove(id)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const rejected = both.find((each) => each.status === 'rejected')!;
    expect(rejected.reason).toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
    for (let round = 0; round < 20; round++) {
      const next = await begin(3);
      const [written] = await Promise.allSettled([sent.append(next, 0, bytes('abc')), sent.remove(next)]);
      if (written.status === 'rejected') expect(written.reason).toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
    }
  });

  test('goes a day after it began, whole or not, and makes room', async () => {
    const first = await begin(900);
    now += SENT_FILES.milliseconds - 1;
    await expect(begin(900)).rejects.toMatchObject({ code: 'INSUFFICIENT_STORAGE' });
    now += 1;
    await expect(sent.get(first)).rejects.toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
    const next = await begin(900);
    expect(readdirSync(folder)).toEqual([next]);
  });

  test('is refused beyond the bounds: of one, of all, also when two begin at once', async () => {
    await expect(begin(1001)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE', details: { limit: 1000 } });
    const both = await Promise.allSettled([begin(800), begin(800)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(sent.create(SentFiles.newId(), 1, { filename: 'x'.repeat(5000) })).rejects.toThrow(/metadata/);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  test('of which nothing can be understood is none, and goes with the next sweep', async () => {
    const id = await begin(5);
    await writeFile(join(folder, id, 'upload.json'), '{');
    await expect(sent.get(id)).rejects.toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
    expect(await sent.list()).toEqual([]);
    await sent.sweep();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(['../x', '', 'x'.repeat(32), '0'.repeat(31), `${'0'.repeat(32)}/..`])('has no such id: %j', async (id) => {
    mkdirSync(folder);
    await expect(sent.get(id)).rejects.toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
    await expect(sent.remove(id)).rejects.toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
    await expect(sent.append(id, 0, bytes('a'))).rejects.toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
  });

  test('fills no disk beyond what is left free, and tells of a full one by its code', async () => {
    const large = new SentFiles({ folder, mostBytes: 2 ** 50, mostOfAll: 2 ** 50 });
    await expect(large.create(SentFiles.newId(), 2 ** 50, {})).rejects.toMatchObject({ code: 'INSUFFICIENT_STORAGE' });
    const id = await begin(5);
    async function* full() {
      yield Buffer.from('ab');
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    }
    await expect(sent.append(id, 0, full())).rejects.toMatchObject({ code: 'INSUFFICIENT_STORAGE' });
    expect((await sent.get(id)).offset).toBe(2);
  });

  test('has a second name in a data set, and may then be removed', async () => {
    const id = await begin(3, 'a b.zip');
    await sent.append(id, 0, bytes('abc'));
    const place = join(await temporaryFolder(), 'data');
    expect(await sent.linkInto(place, [id])).toEqual(['a_b.zip']);
    await sent.remove(id);
    expect(existsSync(join(folder, id))).toBe(false);
    expect(readFileSync(join(place, 'a_b.zip'), 'utf8')).toBe('abc');
    await rm(place, { recursive: true });
  });

  test('is refused beside another of the same name', async () => {
    const ids = [await begin(0, 'x.npy'), await begin(0, 'x.npy')];
    await expect(sent.linkInto(join(folder, 'data'), ids)).rejects.toThrow(/x.npy twice/);
  });
});
