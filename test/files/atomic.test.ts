import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDirectoryAtomically, sweep, temporaryIn, writeFileAtomically } from '../../src/files/atomic.js';
import { markOf, thisProcess } from '../../src/files/owner.js';
import { temporaryFolder } from '../training/helpers.js';
import { built, killedAfter } from './together.js';

/** Is killed while it fills a directory and after it made a temporary file. */
const DIE_WRITING = `
  import { createDirectoryAtomically, temporaryIn } from '${built('files/atomic.js')}';
  import { writeFile } from 'node:fs/promises';
  export default async (folder) => {
    await writeFile(temporaryIn(folder), 'half');
    await new Promise((resolve) => createDirectoryAtomically(folder + '/1', async (temporary) => {
      await writeFile(temporary + '/generate.onnx', 'half');
      resolve();
      await new Promise(() => setInterval(() => {}, 1000));
    }));
  };`;

describe('what a killed process left half written', () => {
  it.each([
    ['a file', (folder: string) => writeFileAtomically(join(folder, 'new'), '')],
    ['a directory', (folder: string) => createDirectoryAtomically(join(folder, 'new'), async () => {})],
  ])('is gone once the next writes %s there', async (_, write) => {
    const folder = await temporaryFolder();
    await killedAfter(DIE_WRITING, folder);
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^\.tmp-/), expect.stringMatching(/^\.tmp-/)]);
    await write(folder);
    expect(await readdir(folder)).toEqual(['new']);
  });

  it('is told from what lives, what is of other hosts, and what is not ours', async () => {
    const folder = await temporaryFolder();
    const [host, pid, began] = markOf(thisProcess()).split('-');
    const kept = [
      temporaryIn(folder).slice(folder.length + 1),
      `.tmp-00000000-${pid}-${began}-12345678`,
      ...['.tmp', '.tmp-3', '.tmp-notes', 'state.tmp-3', `.tmp-${host}-0-${began}-12345678`, '.lock-1', 'state'],
    ];
    for (const name of kept) await writeFile(join(folder, name), '');
    await mkdir(join(folder, `.tmp-${host}-${2 ** 30}--12345678`)); // a number that no process has
    await sweep(folder);
    expect((await readdir(folder)).sort()).toEqual(kept.sort());
  });

  it('is no hindrance where there is no such folder', async () => {
    await expect(sweep(join(await temporaryFolder(), 'nowhere'))).resolves.toBeUndefined();
  });
});
