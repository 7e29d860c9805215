import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../../src/datasets/open.js';
import { openZip } from '../../src/datasets/zip.js';
import { type ZipPart, zipOf } from '../fixtures/datasets/archives.js';
import { picture } from '../fixtures/datasets/pictures.js';
import { temporaryFolder } from '../training/helpers.js';

const PNG = await picture([9, 9, 9]);

async function saved(bytes: Uint8Array, name = 'data.zip'): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, bytes);
  return path;
}

describe('a zip of images', () => {
  it('is read whether its entries are stored or deflated, and in any order', async () => {
    const parts = Array.from({ length: 40 }, (_, i) => ({
      name: `${i}.bin`,
      data: Uint8Array.from({ length: 1000 + i }, (_, at) => (at * i) % 256),
      deflate: i % 2 === 0,
    }));
    const zip = await openZip(await saved(zipOf(parts)));
    for (const index of [3, 2, 39, ...Array.from({ length: 40 }, (_, i) => i)]) {
      expect(Buffer.from(await zip.read(index)).equals(Buffer.from(parts[index]!.data))).toBe(true);
    }
    const together = await Promise.all(parts.map((_, i) => zip.read(i)));
    expect(together.map(({ length }) => length)).toEqual(parts.map(({ data }) => data.length));
  });

  const ok: ZipPart = { name: 'a.png', data: PNG };
  const attacks: [string, readonly ZipPart[], string][] = [
    ['a name that climbs out', [{ name: '../../evil.png', data: PNG }], 'invalid relative path: ../../evil.png'],
    ['an absolute name', [{ name: '/etc/evil.png', data: PNG }], 'absolute path: /etc/evil.png'],
    ['a drive letter', [{ name: 'C:/evil.png', data: PNG }], 'absolute path: C:/evil.png'],
    ['backslashes', [{ name: '..\\evil.png', data: PNG }], 'invalid characters in fileName: ..\\evil.png'],
    [
      'a symbolic link',
      [ok, { name: 'b.png', data: Buffer.from('/etc/passwd'), mode: 0o120777 }],
      'Expected regular files only in data.zip but received b.png, which is a link or a special file.',
    ],
    [
      'a bomb of zeros',
      [ok, { name: 'bomb.png', data: new Uint8Array(5_000_000), deflate: true }],
      'entries that shrank at most 100 times',
    ],
    ['two names that differ only in case', [ok, { name: 'A.PNG', data: PNG }], 'A.PNG twice'],
    ['an encrypted entry', [{ ...ok, deflate: true, flags: 1 }], 'a.png, encrypted'],
    ['an entry that claims too much', [{ ...ok, deflate: true, size: 2 ** 27 }], 'entries of at most 67108864 bytes'],
    ['a stored entry whose sizes differ', [{ ...ok, size: PNG.length + 5 }], 'a whole and harmless zip archive'],
  ];
  it.each(attacks)('is refused for %s', async (_, parts, message) => {
    await expect(openDataset(await saved(zipOf(parts)))).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    ['bytes that changed', { ...ok, crc: 1 }, 'bytes that do not match their checksum'],
    ['an entry larger than it says', { ...ok, deflate: true, size: PNG.length - 3 }, 'Expected a readable a.png'],
    ['an entry smaller than it says', { ...ok, deflate: true, size: PNG.length + 3 }, 'bytes instead of'],
  ])('is refused for %s', async (_, part, message) => {
    await expect(openDataset(await saved(zipOf([part])))).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('is refused when it is cut short, empty, or no zip at all', async () => {
    const whole = zipOf([ok, { name: 'b.png', data: PNG }]);
    for (const [bytes, message] of [
      [whole.subarray(0, whole.length - 30), 'a whole and harmless zip archive'],
      [zipOf([]), 'none of them an image'],
      [Buffer.alloc(0), 'received 0 bytes'],
      [Buffer.from('hello world'), 'Expected a zip archive, which begins PK'],
    ] as const) {
      await expect(openDataset(await saved(bytes))).rejects.toMatchObject({
        code: 'DATASET_INVALID',
        message: expect.stringContaining(message),
      });
    }
  });

  it('is refused for more entries than allowed, before they are read', async () => {
    const path = await saved(zipOf([ok, { name: 'b.png', data: PNG }]));
    await expect(openZip(path, { entries: 1, entryBytes: 1e6, ratio: 100 })).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: 'Expected at most 1 entries in data.zip but received 2.',
    });
  });
});
