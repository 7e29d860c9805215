import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { refusalOf, requireWritable } from '../../src/files/unusable.js';
import { temporaryFolder } from '../training/helpers.js';
import { built, together } from './together.js';

/** Tries one new folder after the other; what was refused. */
const TRIED = `
  import { requireWritable } from '${built('files/unusable.js')}';
  export default async (folder, rounds) => {
    const refused = [];
    for (let i = 0; i < rounds; i++) {
      await requireWritable(folder + '/' + i + '/models/x').catch(({ message }) => refused.push(message));
    }
    return refused;
  };`;

describe('a folder that is to be written in', () => {
  it('is tried and left as it was: no file in it, and no folder that was not there', async () => {
    const folder = await temporaryFolder();
    await requireWritable(folder);
    await requireWritable(join(folder, 'a', 'b', 'c'));
    expect(await readdir(folder)).toEqual([]);
  });

  it('is tried by many processes at once, each as if it were alone, and nothing is left', async () => {
    const folder = await temporaryFolder();
    const rounds = 400;
    expect(await together(4, TRIED, folder, rounds)).toEqual([[], [], [], []]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('never goes from under another that writes in it meanwhile', async () => {
    const folder = await temporaryFolder();
    for (let round = 0; round < 200; round++) {
      const models = join(folder, String(round));
      const write = async () => {
        await mkdir(models, { recursive: true });
        await setImmediate();
        await writeFile(join(models, 'kept'), '');
      };
      await Promise.all([requireWritable(join(models, 'x')), write(), requireWritable(models)]);
    }
  });

  it.each([
    ['behind a file', async (at: string) => writeFile(at, ''), 'inside', 'ENOTDIR'],
    ['that is a file', async (at: string) => writeFile(at, ''), '.', 'ENOTDIR'],
    ['a link to nothing', async (at: string) => symlink(`${at}-gone`, at), '.', 'ENOENT'],
    ['behind a link to nothing', async (at: string) => symlink(`${at}-gone`, at), 'inside', 'ENOENT'],
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
    await expect(requireWritable('/proc/models/faces')).rejects.toMatchObject({
      code: 'FILE_UNUSABLE',
      details: { path: '/proc/models/faces' },
    });
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
