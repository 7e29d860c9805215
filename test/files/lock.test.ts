import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockDirectory } from '../../src/files/lock.js';
import { thisProcess } from '../../src/files/owner.js';
import { temporaryFolder } from '../training/helpers.js';
import { built, killedAfter, together } from './together.js';

/** Takes the lock and keeps it: true, or the code of the refusal. */
const TAKE = `
  import { lockDirectory } from '${built('files/lock.js')}';
  export default (directory) => lockDirectory(directory, 'a test').then(() => true, (error) => error.code);`;

const underLease = (lease: string) => `
  import { lockDirectory, workUnderLease } from '${built('files/lock.js')}';
  workUnderLease('${lease}');
  export default (directory) => lockDirectory(directory, 'a test').then(() => true, (error) => error.code);`;

/** Takes the lock and gives it back as often as it can; how often two held it at once, and how often it was had. */
const TAKE_TURNS = `
  import { lockDirectory } from '${built('files/lock.js')}';
  import { writeFileSync, readFileSync } from 'node:fs';
  export default async (directory, marks, turns) => {
    const counts = { had: 0, shared: 0 };
    for (let i = 0; i < turns; i++) {
      const lock = await lockDirectory(directory, 'a test').catch((error) => {
        if (error.code !== 'RUN_IN_USE') throw error;
      });
      if (!lock) continue;
      writeFileSync(marks, String(process.pid));
      await new Promise(setImmediate);
      counts.had++;
      if (readFileSync(marks, 'utf8') !== String(process.pid)) counts.shared++;
      await lock.release();
    }
    return counts;
  };`;

const locksIn = async (folder: string) => (await readdir(folder)).filter((name) => name.startsWith('.lock-'));

describe('a lock on a directory', () => {
  it('refuses a second, naming who holds it and what to do, until it is released', async () => {
    const folder = await temporaryFolder();
    const lock = await lockDirectory(folder, 'the training of mnist');
    await expect(lockDirectory(folder, 'a fit')).rejects.toMatchObject({
      code: 'RUN_IN_USE',
      message: expect.stringMatching(
        `the training of mnist \\(process ${process.pid} on ${hostname()}\\) does, since .* remove ${folder}/\\.lock-1\\.$`,
      ),
      details: { directory: folder, host: hostname(), pid: process.pid, lock: join(folder, '.lock-1') },
    });
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
    await (await lockDirectory(folder, 'a fit')).release();
  });

  it('of another host is kept, unless it was taken under a lease that this process has now', async () => {
    const folder = await temporaryFolder();
    const holder = { ...thisProcess(), host: 'elsewhere', what: 'a job', since: 'yesterday', lease: 'job-1' };
    await writeFile(join(folder, '.lock-1'), JSON.stringify(holder));
    expect(await together(1, TAKE, folder)).toEqual(['RUN_IN_USE']);
    expect(await together(1, underLease('job-2'), folder)).toEqual(['RUN_IN_USE']);
    expect(await together(2, underLease('job-1'), folder)).toEqual(expect.arrayContaining([true, 'RUN_IN_USE']));
  });

  it('is taken over from a process that was killed, which leaves nothing of it', async () => {
    const folder = await temporaryFolder();
    expect(await killedAfter(TAKE, folder)).toBe(true);
    expect(await locksIn(folder)).toEqual(['.lock-1']);
    const lock = await lockDirectory(folder, 'the next');
    expect(await readdir(folder)).toEqual(['.lock-2']);
    await lock.release();
  });

  it.runIf(process.platform === 'linux')(
    'is taken over when another process has the number of the one that held it',
    async () => {
      const folder = await temporaryFolder();
      const holder = { ...thisProcess(), began: '00000000', what: 'an old run', since: 'long ago' };
      await writeFile(join(folder, '.lock-1'), JSON.stringify(holder));
      await (await lockDirectory(folder, 'the next')).release();
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it.each([
    [
      'of another host',
      JSON.stringify({ host: 'elsewhere', pid: 7, began: '', what: 'a fit', since: '2026' }),
      'process 7 on elsewhere',
    ],
    ['that nobody can read', '', 'a process (process 0 on unknown)'],
  ])('%s holds until a person removes it', async (_, text, holder) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, '.lock-3'), text);
    await expect(lockDirectory(folder, 'the next')).rejects.toThrow(holder);
    expect(await readFile(join(folder, '.lock-3'), 'utf8')).toBe(text);
  });

  it('is had by one of eight processes that take it at once, from a killed one too', async () => {
    const folder = await temporaryFolder();
    for (let round = 0; round < 3; round++) {
      const answers = await together(8, TAKE, folder); // the one that had it is killed
      expect(answers.filter((answer) => answer === true)).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'RUN_IN_USE')).toHaveLength(7);
    }
  });

  it('is never had by two, however often eight processes take and release it', async () => {
    const folder = await temporaryFolder();
    const directory = join(folder, 'run');
    const counts = await together<{ had: number; shared: number }>(8, TAKE_TURNS, directory, join(folder, 'marks'), 60);
    expect(counts.reduce((sum, { had }) => sum + had, 0)).toBeGreaterThan(8);
    expect(counts.map(({ shared }) => shared)).toEqual(Array(8).fill(0));
  });
});
