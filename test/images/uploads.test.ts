// Uploads as files of a folder: who may have how many, for how long, and what two processes make of one folder.

import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UPLOADS } from '../../src/images/limits.js';
import { Uploads } from '../../src/images/uploads.js';

let folder = '';
let now = 1.8e12;
let uploads: Uploads;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'ganymede-uploads-')), 'uploads');
  now = 1.8e12;
  uploads = new Uploads(folder, () => now);
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

const HOUR = 3_600_000;
const bytes = Buffer.from('an image');

/** As many, one millisecond after the other. */
async function keepSome(count: number, owner: string, content: Uint8Array = bytes): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    now++;
    ids.push((await uploads.keep(content, owner)).id);
  }
  return ids;
}

describe('an upload', () => {
  test('is read under its id for an hour, which the answer tells', async () => {
    const { id, expires } = await uploads.keep(bytes, 'a');
    expect(expires.getTime()).toBe(now + HOUR);
    expect(uploads.bytesOf(id)).toBe(bytes.length);
    now += HOUR - 1;
    expect(await uploads.read(id)).toEqual(bytes);
    now += 1;
    await expect(uploads.read(id)).rejects.toMatchObject({
      code: 'UPLOAD_NOT_FOUND',
      message: expect.stringContaining(`expired at ${expires.toISOString()}`),
    });
  });

  test('is known to every process that has the folder, and to one that starts later', async () => {
    const { id } = await uploads.keep(bytes, 'a');
    expect(await new Uploads(folder, () => now).read(id)).toEqual(bytes);
  });

  test('has an id that differs from all others in 128 bits, though bytes, time and owner are the same', async () => {
    const ids = await Promise.all(Array.from({ length: 50 }, async () => (await uploads.keep(bytes, 'a')).id));
    expect(new Set(ids.map((id) => id.slice(-32))).size).toBe(50);
  });

  test('is readable for this user alone', async () => {
    const { id } = await uploads.keep(bytes, 'a');
    expect((await stat(join(folder, id))).mode & 0o077).toBe(0);
    expect((await stat(folder)).mode & 0o077).toBe(0);
  });

  test('cannot be made to last longer by writing another id', async () => {
    const { id } = await uploads.keep(bytes, 'a');
    const longer = id.replace(/^[^-]+/, (now + 9 * HOUR).toString(36));
    await expect(uploads.read(longer)).rejects.toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
  });
});

describe.each(['', 'x', '..', '../secret', '/etc/passwd', 'a'.repeat(5000), '\0', '%2e%2e', '__proto__'])(
  'the id %j',
  (id) => {
    test('is refused without a look at the disk', async () => {
      expect(uploads.bytesOf(id)).toBe(0);
      await expect(uploads.read(id)).rejects.toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
    });
  },
);

describe('where there are too many', () => {
  test('the oldest of the same owner leave, and nobody else’s', async () => {
    const [other] = await keepSome(1, 'other');
    const half = Buffer.alloc(UPLOADS.ofOne.bytes / 2);
    const [first, second, third] = await keepSome(3, 'greedy', half);
    await expect(uploads.read(first!)).rejects.toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
    for (const id of [second!, third!]) expect(await uploads.read(id)).toHaveLength(half.length);
    expect(await uploads.read(other!)).toEqual(bytes);
  });

  test('of one owner, none stay beyond their number', async () => {
    await Promise.all(Array.from({ length: UPLOADS.ofOne.count + 20 }, () => uploads.keep(bytes, 'greedy')));
    expect(await readdir(folder)).toHaveLength(UPLOADS.ofOne.count);
  });

  test('of all, the oldest leave, whoever has them', async () => {
    const most = Buffer.alloc(UPLOADS.ofOne.bytes);
    const shares = UPLOADS.ofAll.bytes / UPLOADS.ofOne.bytes;
    const ids: string[] = [];
    for (let i = 0; i <= shares; i++) ids.push(...(await keepSome(1, `owner ${i}`, most)));
    await expect(uploads.read(ids[0]!)).rejects.toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
    expect(await readdir(folder)).toEqual(expect.arrayContaining(ids.slice(1)));
  });
});

describe('a sweep', () => {
  test('removes what has expired and what a process left half written an hour ago, and nothing that is not ours', async () => {
    const { id } = await uploads.keep(bytes, 'a');
    await writeFile(join(folder, `${id}.part`), 'half');
    await writeFile(join(folder, 'notes.txt'), 'mine');
    now += HOUR - 1;
    await uploads.sweep();
    expect(await readdir(folder)).toHaveLength(3);
    now += 1;
    await uploads.sweep();
    expect(await readdir(folder)).toEqual(['notes.txt']);
  });

  test('finds nothing to do where nobody has uploaded', async () => {
    await expect(uploads.sweep()).resolves.toBeUndefined();
  });

  test('by two processes at once removes each file once', async () => {
    await keepSome(10, 'a');
    now += HOUR;
    await Promise.all([uploads.sweep(), new Uploads(folder, () => now).sweep()]);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('a folder that cannot be used is refused, and used once it can be:', () => {
  test('a file in its place', async () => {
    await writeFile(folder, '');
    await expect(uploads.keep(bytes, 'a')).rejects.toMatchObject({ code: 'UPLOADS_UNAVAILABLE' });
    await rm(folder);
    expect(await uploads.read((await uploads.keep(bytes, 'a')).id)).toEqual(bytes);
  });

  test('a link, which may lead anywhere', async () => {
    await mkdir(`${folder}-elsewhere`);
    await symlink(`${folder}-elsewhere`, folder);
    await expect(uploads.keep(bytes, 'a')).rejects.toMatchObject({ code: 'UPLOADS_UNAVAILABLE' });
  });

  test('one that others may read is closed to them', async () => {
    await mkdir(folder);
    await chmod(folder, 0o777);
    await uploads.keep(bytes, 'a');
    expect((await stat(folder)).mode & 0o077).toBe(0);
  });
});
