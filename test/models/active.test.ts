// Which version answers: the file `active` of a model's folder, read, written and served by.

import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activate, versionsOf } from '../../src/models/activate.js';
import { readActive, writeActive, writeActiveIfNone } from '../../src/models/active.js';
import { ModelRepository } from '../../src/models/repository.js';
import { built, together } from '../files/together.js';
import { GENERATE, temporaryFolder, writeCheckpoint } from './checkpoints.js';
import { FakeEngine } from './fakes.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let root: string;
let file: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  root = folder.path;
  file = join(root, 'mnist', 'active');
  for (const version of [1, 2, 10]) await writeCheckpoint(root, 'mnist', version);
});
afterEach(() => folder.remove());

const open = () => ModelRepository.open(root, new FakeEngine());

describe('the active version', () => {
  it('is the latest without a file, and where the file says so', async () => {
    expect((await open()).get('mnist').version).toBe(10);
    await writeActive(join(root, 'mnist'), 'latest');
    expect((await open()).get('mnist').version).toBe(10);
  });

  it('is the one that the file names, and others answer when they are named', async () => {
    await writeActive(join(root, 'mnist'), 2);
    expect(await readFile(file, 'utf8')).toBe('2\n');
    const engine = new FakeEngine();
    const repository = await ModelRepository.open(root, engine);
    expect(repository.problems).toEqual([]);
    expect(repository.get('mnist').version).toBe(2);
    expect(repository.list().map(({ version }) => version)).toEqual([2]);
    expect(engine.loads).toEqual(['mnist/2/generate', 'mnist/2/score']);
    expect(repository.get('mnist', 10).version).toBe(10);
    expect(repository.versions('mnist').map(({ version }) => version)).toEqual([1, 2, 10]);
  });

  it.each(['1', ' 1\r\n', '1\n\n'])('is read from %j', async (text) => {
    await writeFile(file, text);
    expect(await readActive(join(root, 'mnist'))).toBe(1);
  });

  it.each<[string, (path: string) => Promise<unknown>, string]>([
    ['a word', (path) => writeFile(path, 'newest'), 'but received "newest"'],
    ['nothing', (path) => writeFile(path, ''), 'but received ""'],
    ['a version with a zero before it', (path) => writeFile(path, '02'), 'but received "02"'],
    ['bytes', (path) => writeFile(path, Buffer.from([0xff, 0, 1])), 'to hold the number of a version'],
    ['much', (path) => writeFile(path, '1'.repeat(1000)), 'but received 1000 bytes'],
    ['a folder in its place', (path) => mkdir(path), 'to be a regular file'],
    ['a link out of the folder', (path) => symlink('/etc/hostname', path), 'a link that leaves it'],
    ['a version that is not there', (path) => writeFile(path, '3'), 'to name one of 1, 2, 10 but received 3'],
  ])('that holds %s is reported, and the latest good version is served', async (_, write, says) => {
    await write(file);
    const repository = await open();
    expect(repository.get('mnist').version).toBe(10);
    expect(repository.problems).toHaveLength(1);
    const [problem] = repository.problems;
    expect(problem!.path).toBe(file);
    expect(problem!.error).toMatchObject({ code: 'CHECKPOINT_INVALID', message: expect.stringContaining(says) });
  });

  it('that is bad is reported, and the latest good version is served', async () => {
    await writeCheckpoint(root, 'mnist', 2, { graphs: { generate: { ...GENERATE, add: 'NaN' } } });
    await writeActive(join(root, 'mnist'), 2);
    const repository = await open();
    expect(repository.get('mnist').version).toBe(10);
    expect(repository.problems.map(({ path }) => path)).toEqual([join(root, 'mnist', '2')]);
  });

  it('is never half written: whoever reads while others write finds one of their numbers', async () => {
    const WRITE = `
      import { readActive, writeActive } from '${built('models/active.js')}';
      export default async (directory, times) => {
        const seen = new Set();
        for (let i = 0; i < times; i++) {
          await writeActive(directory, 1 + (process.pid + i) % 9);
          seen.add(await readActive(directory));
        }
        return [...seen];
      };`;
    const seen = (await together<number[]>(3, WRITE, join(root, 'mnist'), 50)).flat();
    expect(seen.filter((version) => !(version >= 1 && version <= 9))).toEqual([]);
    expect((await readdir(join(root, 'mnist'))).sort()).toEqual(['1', '10', '2', 'active']);
  });
});

it('is not changed by who only says which it is where nothing is said', async () => {
  const model = join(root, 'm');
  await Promise.all([1, 2, 3].map((version) => writeActiveIfNone(model, version)));
  const first = await readActive(model);
  expect([1, 2, 3]).toContain(first);
  await writeActiveIfNone(model, 9);
  expect(await readActive(model)).toBe(first);
});

describe('choosing it', () => {
  it('says what there is and what answers, and goes back to the latest', async () => {
    expect(await versionsOf([root], 'mnist')).toEqual({
      name: 'mnist',
      versions: [1, 2, 10],
      active: 10,
      isLatest: true,
    });
    expect(await activate([root], 'mnist', 1)).toMatchObject({ active: 1, isLatest: false });
    expect(await versionsOf([root], 'mnist')).toMatchObject({ active: 1, isLatest: false });
    expect((await open()).get('mnist').version).toBe(1);
    expect(await activate([root], 'mnist', 'latest')).toMatchObject({ active: 10, isLatest: true });
    await writeCheckpoint(root, 'mnist', 11);
    expect((await open()).get('mnist').version).toBe(11);
  });

  it('is refused for what is not there, and the file stays as it is', async () => {
    await activate([root], 'mnist', 2);
    await expect(activate([root], 'mnist', 7)).rejects.toMatchObject({
      code: 'VERSION_NOT_FOUND',
      message: 'Expected a version of mnist among 1, 2, 10 but received 7.',
    });
    for (const name of ['minst', '../mnist', '']) {
      await expect(activate([root], name, 1), name).rejects.toMatchObject({
        code: 'MODEL_NOT_FOUND',
        message: `Expected a model of ${root}, mnist, but received ${JSON.stringify(name)}. CHECKPOINTS or --checkpoints names other folders.`,
      });
    }
    expect(await readActive(join(root, 'mnist'))).toBe(2);
  });

  it('is refused for a damaged version', async () => {
    await writeFile(join(root, 'mnist', '1', 'score.onnx'), 'changed');
    await expect(activate([root], 'mnist', 1)).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
    expect(await readActive(join(root, 'mnist'))).toBeNull();
  });

  it('mends a file that is garbled, which to ask for the versions only names', async () => {
    await writeFile(file, 'garbled');
    await expect(versionsOf([root], 'mnist')).rejects.toMatchObject({ code: 'CHECKPOINT_INVALID' });
    expect(await activate([root], 'mnist', 1)).toMatchObject({ active: 1 });
    await rm(file);
    expect(await versionsOf([root], 'mnist')).toMatchObject({ active: 10 });
  });
});
