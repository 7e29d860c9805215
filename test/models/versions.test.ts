import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readManifest } from '../../src/models/manifest.js';
import { versionIn } from '../../src/models/numbers.js';
import { openCheckpoint } from '../../src/models/verified.js';
import {
  addVersion,
  keepNumbers,
  nextVersion,
  pruneVersions,
  sweepModels,
  writeVersion,
} from '../../src/models/versions.js';
import { built, killedAfter, together } from '../files/together.js';
import { manifestOf, temporaryFolder, writeCheckpoint } from './checkpoints.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let directory: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  directory = join(folder.path, 'm');
});
afterEach(() => folder.remove());

const { files: _, ...manifest } = manifestOf('m', 3, { 'generate.onnx': '' });

it('a version is a positive integer without leading zero, within 32 bits', () => {
  expect(['1', '10', '2147483647'].map(versionIn)).toEqual([1, 10, 2147483647]);
  for (const name of ['0', '01', '-1', '2.5', '2147483648', '99999999999', 'latest', '.tmp-3', '']) {
    expect(versionIn(name), name).toBeNull();
  }
});

it('the next version follows the highest, whatever else lies in the folder', async () => {
  expect(await nextVersion(directory)).toBe(1);
  for (const name of ['1', '9', '10', '.tmp-11', 'notes']) await mkdir(join(directory, name));
  expect(await nextVersion(directory)).toBe(11);
});

it('pruning keeps the newest', async () => {
  for (const name of ['1', '9', '10', 'notes']) await mkdir(join(directory, name), { recursive: true });
  await pruneVersions(directory, 2);
  expect((await readdir(directory)).sort()).toEqual(['10', '9', 'notes']);
});

it('a version is written with the digests of its files, and reads back', async () => {
  const path = await writeVersion(directory, manifest, { 'generate.onnx': Buffer.from('bytes') });
  expect(path).toBe(join(directory, '3'));
  expect((await readManifest(path)).files).toEqual({
    'generate.onnx': { bytes: 5, sha256: '277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9' },
  });
  expect(Buffer.from(await (await openCheckpoint(path)).file('generate.onnx')).toString()).toBe('bytes');
});

it('a version that is there is not written over', async () => {
  await mkdir(join(directory, '3'), { recursive: true });
  await writeFile(join(directory, '3', 'kept'), 'kept');
  await expect(writeVersion(directory, manifest, { 'generate.onnx': Buffer.from('bytes') })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `Expected no version 3 in ${directory} yet but there is one, and a version never changes. Remove it, or write the next.`,
  });
  expect(await readFile(join(directory, '3', 'kept'), 'utf8')).toBe('kept');
  expect(await readdir(directory)).toEqual(['3']);
});

const ADD = `
  import { addVersion } from '${built('models/versions.js')}';
  export default async (directory, manifest, times) => {
    const paths = [];
    while (paths.length < times) paths.push(await addVersion(directory, manifest, { 'generate.onnx': Buffer.from(String(process.pid)) }));
    return [process.pid, paths];
  };`;

it('eight processes that add versions at once get one each, every one whole and its own', async () => {
  const written = await together<[number, string[]]>(8, ADD, directory, manifest, 4);
  const names = written.flatMap(([, paths]) => paths.map((path) => Number(path.slice(directory.length + 1))));
  expect(names.sort((a, b) => a - b)).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
  for (const [pid, paths] of written) {
    for (const path of paths) {
      const checkpoint = await openCheckpoint(path);
      expect(join(directory, `${checkpoint.manifest.version}`)).toBe(path);
      expect(Buffer.from(await checkpoint.file('generate.onnx')).toString()).toBe(`${pid}`);
    }
  }
  expect((await readdir(directory)).filter((name) => versionIn(name) === null)).toEqual(['.taken-32']);
});

it('a number is not given again when its version was removed', async () => {
  const add = () => addVersion(directory, manifest, { 'generate.onnx': Buffer.from('bytes') });
  expect([await add(), await add()]).toEqual([join(directory, '1'), join(directory, '2')]);
  for (const name of ['1', '2']) await rm(join(directory, name), { recursive: true });
  expect(await add()).toBe(join(directory, '3'));
});

it('a number is not given again when a version that was copied there is removed, once a server has served it', async () => {
  await writeCheckpoint(folder.path, 'm', 4);
  await keepNumbers(folder.path);
  await rm(join(directory, '4'), { recursive: true });
  expect(await nextVersion(directory)).toBe(5);
  await keepNumbers(folder.path);
  expect(await readdir(directory)).toEqual(['.taken-4']);
});

it('what killed writers left is swept from the folders of models, and nothing else', async () => {
  const DIE = `
    import { temporaryIn } from '${built('files/atomic.js')}';
    import { mkdir } from 'node:fs/promises';
    export default (...folders) => Promise.all(folders.map((folder) => mkdir(temporaryIn(folder), { recursive: true })));`;
  await mkdir(join(directory, '1'), { recursive: true });
  await killedAfter(DIE, folder.path, directory);
  await sweepModels(folder.path);
  expect(await readdir(directory)).toEqual(['1']);
  expect(await readdir(folder.path)).toHaveLength(2); // of checkpoints we do not write, so it is not ours to sweep
});

it('a graph that a checkpoint lacks is CAPABILITY_MISSING, naming those that it has', async () => {
  const path = await writeVersion(directory, manifest, { 'generate.onnx': Buffer.from('bytes') });
  await expect((await openCheckpoint(path)).graph('score')).rejects.toMatchObject({
    code: 'CAPABILITY_MISSING',
    message: `Expected a checkpoint with a score graph but ${path} has only generate.`,
  });
});
