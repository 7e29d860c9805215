import { access, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refusalOf, requireWritable } from '../../src/files/unusable.js';
import { temporaryFolder } from '../training/helpers.js';

describe('a folder that is to be written in', () => {
  it('is tried and left as it was: no file in it, and no folder that was not there', async () => {
    const folder = await temporaryFolder();
    await requireWritable(folder);
    await requireWritable(join(folder, 'a', 'b', 'c'));
    expect(await readdir(folder)).toEqual([]);
  });

  it('that another fills meanwhile stays', async () => {
    const folder = await temporaryFolder();
    const both = ['x', 'y'].map((name) => requireWritable(join(folder, 'models', name)));
    await Promise.allSettled([...both, mkdir(join(folder, 'models', 'kept'), { recursive: true })]);
    await access(join(folder, 'models', 'kept'));
  });

  it('is tried by many at once, each as if it were alone', async () => {
    const folder = await temporaryFolder();
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 8 }, () => requireWritable(join(folder, 'data', 'models', 'x'))));
    }
    const left = await readdir(folder, { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toEqual([]);
  });

  it.each([
    ['behind a file', async (at: string) => writeFile(at, ''), 'inside', 'ENOTDIR'],
    ['that is a file', async (at: string) => writeFile(at, ''), '.', 'EEXIST'],
    ['a link to nothing', async (at: string) => symlink(`${at}-gone`, at), '.', 'EEXIST'],
    ['behind a link to nothing', async (at: string) => symlink(`${at}-gone`, at), 'inside', 'EEXIST'],
    ['a link to itself', async (at: string) => symlink(at, at), '.', 'ELOOP'],
    ['of a name that is too long', async () => {}, 'x'.repeat(300), 'ENAMETOOLONG'],
  ])('is refused with the system’s code and what to do: %s', async (_, place, below, system) => {
    const at = join(await temporaryFolder(), 'place');
    await place(at);
    await expect(requireWritable(join(at, below))).rejects.toMatchObject({
      code: 'FILE_UNUSABLE',
      message: expect.stringMatching(/^Expected to be able to use .+ but .+ \(\w+: \w+\)\. .+\.$/),
      details: { system },
    });
  });

  it.skipIf(process.platform !== 'linux')('is refused at once where nothing can be made, such as /proc', async () => {
    await expect(requireWritable('/proc/models/faces')).rejects.toMatchObject({ code: 'FILE_UNUSABLE' });
  });
});

describe('what the system says of files', () => {
  it('becomes a refusal; a full disk its own, and what is no matter of files none', () => {
    const thrown = (code: string) => Object.assign(new Error(`${code}: no`), { code, syscall: 'open', path: '/a/b' });
    expect(refusalOf(thrown('EACCES'))).toMatchObject({
      code: 'FILE_UNUSABLE',
      message:
        'Expected to be able to use /a/b but this user may not (open: EACCES). Give the user the right to it, or choose another place.',
    });
    expect(refusalOf(thrown('ENOSPC'))).toMatchObject({ code: 'INSUFFICIENT_STORAGE' });
    expect(refusalOf(thrown('ECONNREFUSED'))).toBeNull();
    expect(refusalOf(new TypeError('x is not a function'))).toBeNull();
    expect(refusalOf(undefined)).toBeNull();
  });
});
