import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readManifest } from '../../src/models/manifest.js';
import { openCheckpoint } from '../../src/models/verified.js';
import { nextVersion, pruneVersions, versionIn, writeVersion } from '../../src/models/versions.js';
import { manifestOf, temporaryFolder } from './checkpoints.js';

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
  await expect(writeVersion(directory, manifest, { 'generate.onnx': Buffer.from('bytes') })).rejects.toThrow();
  expect(await readFile(join(directory, '3', 'kept'), 'utf8')).toBe('kept');
  expect(await readdir(directory)).toEqual(['3']);
});

it('a graph that a checkpoint lacks is CAPABILITY_MISSING, naming those that it has', async () => {
  const path = await writeVersion(directory, manifest, { 'generate.onnx': Buffer.from('bytes') });
  await expect((await openCheckpoint(path)).graph('score')).rejects.toMatchObject({
    code: 'CAPABILITY_MISSING',
    message: `Expected a checkpoint with a score graph but ${path} has only generate.`,
  });
});
