import { existsSync, readdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SHIPPED_CHECKPOINTS } from '../../src/config.js';
import type { Dataset } from '../../src/datasets/dataset.js';
import { isDigestOf } from '../../src/datasets/fingerprint.js';
import { openDataset } from '../../src/datasets/open.js';
import { encodeTensor } from '../../src/images/image.js';
import { readManifest } from '../../src/models/manifest.js';
import { picture, writeFiles } from '../fixtures/datasets/pictures.js';
import { idxBytes, temporaryFolder } from '../training/helpers.js';

const digestOf = async (address: string) => (await openDataset(address)).sha256;

async function idxFolder(labels: readonly number[]): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'train-images-idx3-ubyte'), idxBytes(0x0803, [3, 2, 2], [...Array(12).keys()]));
  await writeFile(join(folder, 'train-labels-idx1-ubyte'), idxBytes(0x0801, [3], labels));
  return folder;
}

async function npyFile(labels: readonly number[]): Promise<string> {
  const folder = await temporaryFolder();
  const path = join(folder, 'photos.npy');
  await writeFile(path, encodeTensor('npy', [3, 3, 3, 3], [Float32Array.from({ length: 81 }, (_, i) => i / 80)]));
  await writeFile(join(folder, 'photos-labels.npy'), encodeTensor('npy', [3], [Float32Array.from(labels)]));
  return path;
}

describe('the digest of data', () => {
  it.each([
    ['IDX files', idxFolder],
    ['NumPy arrays', async (labels: readonly number[]) => `${await npyFile(labels)},layout=nhwc`],
  ])('tells permuted labels of %s, which the digest of their images does not', async (_, written) => {
    const [one, same, other] = [
      await openDataset(await written([0, 1, 2])),
      await openDataset(await written([0, 1, 2])),
      await openDataset(await written([0, 2, 1])),
    ];
    expect(same.sha256).toBe(one.sha256);
    expect(other.sha256).not.toBe(one.sha256);
    expect(other.formerSha256).toBe(one.formerSha256);
  });

  it('tells names of classes: labels {0, 1, 2} and {0, 1, 7} are the same places of other classes', async () => {
    expect(await digestOf(await idxFolder([0, 1, 2]))).not.toBe(await digestOf(await idxFolder([0, 1, 7])));
  });

  it('tells settings that change values where neither bytes nor shape do, and sizes of the same number of pixels', async () => {
    const array = await npyFile([0, 1, 2]);
    const folder = await temporaryFolder();
    await writeFiles(folder, { 'a.png': await picture([255, 0, 0]), 'b.png': await picture([0, 0, 255]) });
    const addresses = [
      ...['nhwc', 'nchw', 'nhwc,range=0..2'].map((layout) => `${array},layout=${layout}`),
      ...['', ',contrast=even', ',resize=8x4', ',resize=4x8', ',channels=1', ',channels=1,stack=3'].map(
        (settings) => folder + settings,
      ),
    ];
    const digests = await Promise.all(addresses.map(digestOf));
    expect(new Set(digests).size).toBe(addresses.length);
  });

  it('is the same for what says nothing new: a default, the size that images have, another place', async () => {
    const folder = await temporaryFolder();
    await writeFiles(join(folder, 'here'), {
      'a.png': await picture([255, 0, 0]),
      'b.png': await picture([0, 0, 255]),
    });
    const here = await digestOf(join(folder, 'here'));
    for (const settings of ['bad=skip', 'bad=refuse', 'part=train', 'resize=8x8', 'channels=3']) {
      expect([settings, await digestOf(`${join(folder, 'here')},${settings}`)]).toEqual([settings, here]);
    }
    await rename(join(folder, 'here'), join(folder, 'there'));
    expect(await digestOf(join(folder, 'there'))).toBe(here);
  });

  it('under bad=skip is of what was kept: another image that cannot be read makes it other data', async () => {
    const [red, blue] = [await picture([255, 0, 0]), await picture([0, 0, 255])];
    const opened = async (files: Record<string, Uint8Array>) => {
      const folder = await temporaryFolder();
      await writeFiles(folder, files);
      return openDataset(`${folder},bad=skip`);
    };
    const cut = (bytes: Uint8Array) => bytes.subarray(0, 40);
    const one = await opened({ 'a.png': red, 'b.png': blue, 'c.png': cut(red) });
    const same = await opened({ 'a.png': red, 'b.png': blue, 'c.png': cut(blue) });
    const other = await opened({ 'a.png': red, 'b.png': cut(blue), 'c.png': red });
    expect([one.count, other.count]).toEqual([2, 2]);
    expect(same.sha256).toBe(one.sha256);
    expect(other.sha256).not.toBe(one.sha256);
  });

  it('recognises what earlier releases wrote down, and no other', async () => {
    const data = await openDataset(await idxFolder([0, 1, 2]));
    const others = await openDataset(await idxFolder([0, 2, 1]));
    expect([data.sha256, data.formerSha256].map((kept) => isDigestOf(kept, data))).toEqual([true, true]);
    // What this release wrote down of one is not taken for the other; what an earlier one did says nothing of labels.
    expect([data.sha256, data.formerSha256].map((kept) => isDigestOf(kept, others))).toEqual([false, true]);
    expect(isDigestOf(undefined, data)).toBe(false);
  });
});

/** Where each shipped model's data lies: built in, or among the real data. */
const data = process.env['GANYMEDE_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const PLACES: Readonly<Record<string, string>> = {
  'train-images-idx3-ubyte.gz': join(data, 'mnist'),
  'faces.zip': join(data, 'olivetti/faces.zip'),
  'train.zip': join(data, 'cifar10-jpeg/train.zip'),
};

describe('shipped versions', () => {
  const opened = new Map<string, Promise<Dataset>>();
  const versions = readdirSync(SHIPPED_CHECKPOINTS).flatMap((model) =>
    readdirSync(join(SHIPPED_CHECKPOINTS, model))
      .filter((version) => /^\d+$/.test(version))
      .map((version) => join(model, version)),
  );

  it.each(versions)('know the data that they were trained on: %s', async (version) => {
    const { training } = await readManifest(join(SHIPPED_CHECKPOINTS, version));
    const name = String(training!.dataset['name']).replace(/ shuffled|\[.*\]$/g, '');
    const place = name.startsWith('builtin:') ? name : PLACES[name];
    if (place === undefined || (!name.startsWith('builtin:') && !existsSync(place))) return; // real data is not there
    if (!opened.has(place)) opened.set(place, openDataset(place));
    expect(isDigestOf(training!.dataset['sha256'], await opened.get(place)!)).toBe(true);
  });
});
