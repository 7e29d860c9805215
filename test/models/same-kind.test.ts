// A version that is of another kind than its model is refused, and the refusal names in what they differ.

import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeModel } from '../../src/engine/onnx.js';
import type { Manifest } from '../../src/models/manifest.js';
import { addVersion } from '../../src/models/versions.js';
import { manifestOf, temporaryFolder } from './checkpoints.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let directory: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  directory = join(folder.path, 'm');
});
afterEach(() => folder.remove());

/** A graph of which only the names of its inputs matter. */
function generator(...inputs: readonly string[]): Uint8Array {
  const named = inputs.map((name) => ({ name, dtype: 'float32', shape: [-1, 3] }) as const);
  return encodeModel({ name: 'generate', nodes: [], inputs: named, outputs: [], initializers: new Map() });
}

interface Given extends Partial<Manifest> {
  /** Whether its generator takes a class. */
  readonly told?: boolean;
}

function add({ told = false, ...changes }: Given = {}): Promise<string> {
  const generate = generator('z', ...(told ? ['label'] : []));
  const { files: _, version: __, ...manifest } = manifestOf('m', 1, { 'generate.onnx': generate });
  return addVersion(directory, { ...manifest, ...changes }, { 'generate.onnx': generate });
}

const image = (width: number, channels: 1 | 3, low = 0): Given => ({
  image: { width, height: 2, channels, range: [low, 1] },
});
const latent = (size: number, prior: Manifest['latent']['prior'] = { kind: 'uniform', low: -1, high: 1 }): Given => ({
  latent: { size, prior },
});
const labels = ['cat', 'dog'];

describe('a version joins its model', () => {
  it.each<[string, Given, Given]>([
    ['alike in everything', {}, {}],
    ['of other words', {}, { title: 'other', description: 'other', license: 'other' }],
    ['with classes that only a classifier tells apart', {}, { labels }],
    ['without them again', { labels }, {}],
    ['told of the same classes', { labels, told: true }, { labels, told: true }],
    ['whose pixels have another range', {}, image(2, 1, -1)],
  ])('%s', async (_, first, second) => {
    await add(first);
    expect(await add(second)).toBe(join(directory, '2'));
  });

  it('where every other version of it is damaged: those have no say', async () => {
    await writeFile(join(await add(), 'manifest.json'), '{');
    expect(await add(latent(7))).toBe(join(directory, '2'));
  });
});

describe('a version is refused', () => {
  it.each<[string, Given, Given, string, string]>([
    ['of another size', {}, image(4, 1), 'shape images of 2×2×1', 'shape images of 4×2×1'],
    ['of other channels', {}, image(2, 3), 'shape images of 2×2×1', 'shape images of 2×2×3'],
    ['of points', {}, { image: undefined, point: { size: 2 } }, 'shape images of 2×2×1', 'shape points of 2 numbers'],
    ['of another latent', {}, latent(5), 'latent 3 numbers', 'latent 5 numbers'],
    ['of another prior', {}, latent(3, { kind: 'normal' }), 'prior uniform in [-1, 1]', 'prior normal'],
    [
      'of another range of the prior',
      {},
      latent(3, { kind: 'uniform', low: -1, high: 2 }),
      'prior uniform in [-1, 1]',
      'prior uniform in [-1, 2]',
    ],
    ['told of classes where none was', {}, { labels, told: true }, 'classes none', 'classes "cat", "dog"'],
    ['told of none any more', { labels, told: true }, {}, 'classes "cat", "dog"', 'classes none'],
    [
      'told of them in another order',
      { labels, told: true },
      { labels: ['dog', 'cat'], told: true },
      'classes "cat", "dog"',
      'classes "dog", "cat"',
    ],
    [
      'for all that is other at once',
      {},
      latent(5, { kind: 'normal' }),
      'latent 3 numbers and prior uniform in [-1, 1]',
      'latent 5 numbers and prior normal',
    ],
  ])('%s', async (_, first, second, expected, received) => {
    const path = await add(first);
    await expect(add(second)).rejects.toMatchObject({
      code: 'MODEL_MISMATCH',
      message: expect.stringContaining(
        `Expected a version like ${path}, of ${expected}, but received one of ${received}. Versions of a model answer the same requests: write it as another model.`,
      ),
    });
    expect((await readdir(directory)).sort()).toEqual(['.taken-1', '1']);
  });

  it('by the newest version, not by a number that was removed', async () => {
    await add();
    await rm(await add(), { recursive: true });
    await expect(add(latent(5))).rejects.toMatchObject({ code: 'MODEL_MISMATCH' });
    expect(await add()).toBe(join(directory, '3'));
  });
});
