// .npy and .npz files as a Dataset: which array holds the images and which the labels. Knows the names that people give to
// arrays, and nothing of what is in them.
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type ArrayOptions, openArrays } from './arrays.js';
import { invalid } from './bytes.js';
import type { Dataset, Part } from './dataset.js';
import { SharedFile } from './entries.js';
import { type ByteSource, type NpyArray, openNpy } from './npy.js';
import { openZip, type ZipArchive } from './zip.js';

/** A compressed archive unpacks into memory, so an array in it may have this many bytes; zeros shrink a thousand times. */
const NPZ_LIMITS = { entries: 1000, entryBytes: 2 ** 31 - 1, ratio: 1100 };

/** Images and labels as Keras, MedMNIST, NumPy's own default and others name them. */
const NAMES: Record<Part, readonly (readonly [images: string, labels: string])[]> = {
  train: [
    ['x_train', 'y_train'],
    ['train_images', 'train_labels'],
    ['images', 'labels'],
    ['data', 'labels'],
    ['x', 'y'],
    ['X', 'y'],
    ['arr_0', 'arr_1'],
  ],
  test: [
    ['x_test', 'y_test'],
    ['test_images', 'test_labels'],
  ],
};

/** Labels come from `<name>-labels.npy` beside `<name>.npy`, when there is one. */
export async function openNpyFile(path: string, options: ArrayOptions): Promise<Dataset> {
  const labels = path.replace(/(\.npy)?$/i, '-labels.npy');
  const images = await openNpy(await fileSource(path));
  return openArrays(images, (await exists(labels)) ? await openNpy(await fileSource(labels)) : null, options);
}

export async function openNpzFile(path: string, part: Part, options: ArrayOptions): Promise<Dataset> {
  const archive = await openZip(path, NPZ_LIMITS);
  const keys = Array.from({ length: archive.count }, (_, entry) => archive.nameAt(entry).replace(/\.npy$/, ''));
  const open = async (entry: number): Promise<NpyArray> => openNpy(await entrySource(archive, path, entry));

  const pair = NAMES[part].find(([images]) => keys.includes(images));
  if (pair) {
    const labels = keys.indexOf(pair[1]);
    return openArrays(await open(keys.indexOf(pair[0])), labels < 0 ? null : await open(labels), options);
  }
  if (part === 'train' && keys.length === 1) return openArrays(await open(0), null, options);
  const known = NAMES[part].map(([images]) => images).join(', ');
  throw invalid(
    basename(path),
    `an array named ${known}${part === 'train' ? ', or a single one' : ''}`,
    keys.join(', '),
  );
}

/** True when the archive names a test split. */
export async function npzHasPart(path: string, part: Part): Promise<boolean> {
  const archive = await openZip(path, NPZ_LIMITS);
  const names = NAMES[part].map(([images]) => `${images}.npy`);
  return Array.from({ length: archive.count }, (_, entry) => archive.nameAt(entry)).some((name) =>
    names.includes(name),
  );
}

async function fileSource(path: string): Promise<ByteSource> {
  const file = new SharedFile(path);
  return {
    name: basename(path),
    length: (await stat(path)).size,
    read: (from, length) => file.read(from, length),
  };
}

async function entrySource(archive: ZipArchive, path: string, entry: number): Promise<ByteSource> {
  const name = `${archive.nameAt(entry)} of ${archive.name}`;
  const section = await archive.section(entry);
  if (section) {
    const file = new SharedFile(path);
    return { name, length: section.length, read: (from, length) => file.read(section.offset + from, length) };
  }
  const bytes = await archive.read(entry);
  return { name, length: bytes.length, read: async (from, length) => bytes.subarray(from, from + length) };
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
