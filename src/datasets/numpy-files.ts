// .npy and .npz files as a Dataset. Which array holds the images and which the labels is told by their names.
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type ArrayOptions, openArrays } from './arrays.js';
import type { Dataset, Part } from './dataset.js';
import { begins, type Format, hasExtension, type OpenRequest } from './format.js';
import { type ByteSource, type NpyArray, openNpy } from './npy.js';
import { invalid } from './refusal.js';
import { SharedFile } from './shared-file.js';
import { isZip, openZip, refuseUnlessZip, type ZipArchive } from './zip.js';

export const npyFile: Format = {
  what: 'a NumPy array (.npy)',
  recognises: (place) => begins(place, '\x93NUMPY'),
  mayBeMeant: (place) => hasExtension(place, '.npy'),
  settings: () => ['layout', 'range'],
  open: ({ path }, request) => openNpyFile(path, arrayOptions(request)),
  hasPart: () => false,
};

export const npzArchive: Format = {
  what: 'an archive of NumPy arrays (.npz)',
  recognises: (place) => isZip(place) && hasExtension(place, '.npz'),
  mayBeMeant: (place) => hasExtension(place, '.npz'),
  settings: () => ['layout', 'range', 'part'],
  async open(place, request) {
    refuseUnlessZip(place);
    return openNpzFile(place.path, request.part, arrayOptions(request), request.onLeftOut);
  },
  hasPart: ({ path }, part) => npzHasPart(path, part),
};

function arrayOptions({ range, settings: { layout, range: scale }, signal }: OpenRequest): ArrayOptions {
  return { range, ...(layout ? { layout } : {}), ...(scale ? { scale } : {}), ...(signal ? { signal } : {}) };
}

/** A compressed archive unpacks into memory, which bounds the bytes of an array; zeros shrink a thousand times. */
const NPZ_LIMITS = { entries: 1000, entryBytes: 2 ** 31 - 1, ratio: 1100 };

const LABELS = ['labels', 'label', 'targets', 'target', 'y'];

/** Images and labels as Keras, MedMNIST, NumPy's own default and others name them. */
const NAMES: Record<Part, readonly (readonly [images: string, labels: readonly string[]])[]> = {
  train: [
    ['x_train', ['y_train', 'labels_train', 'train_labels']],
    ['train_images', ['train_labels', 'train_label', 'y_train']],
    ['images', LABELS],
    ['image', LABELS],
    ['data', LABELS],
    ['x', LABELS],
    ['X', LABELS],
    ['arr_0', ['arr_1']],
  ],
  test: [
    ['x_test', ['y_test', 'labels_test', 'test_labels']],
    ['test_images', ['test_labels', 'test_label', 'y_test']],
  ],
};

const namesIn = (part: Part) => NAMES[part].flatMap(([images, labels]) => [images, ...labels]);

/** What an archive may hold for another opening. */
const OTHER_PART: Record<Part, readonly string[]> = { train: namesIn('test'), test: namesIn('train') };

/**
 * Labels come from `<name>-labels.npy` beside `<name>.npy`, when there is one, or from what an archive would call them,
 * as `y_train.npy` beside `x_train.npy`.
 */
async function openNpyFile(path: string, options: ArrayOptions): Promise<Dataset> {
  const images = await openNpy(await fileSource(path));
  for (const labels of labelFilesOf(path)) {
    if (await exists(labels)) return openArrays(images, await openNpy(await fileSource(labels)), options);
  }
  return openArrays(images, null, options);
}

function labelFilesOf(path: string): readonly string[] {
  const stem = basename(path).replace(/\.npy$/i, '');
  const pairs = [...NAMES.train, ...NAMES.test].filter(([images]) => images === stem);
  return [`${stem}-labels`, ...pairs.flatMap(([, labels]) => labels)].map((name) => join(dirname(path), `${name}.npy`));
}

async function openNpzFile(
  path: string,
  part: Part,
  options: ArrayOptions,
  onLeftOut: OpenRequest['onLeftOut'],
): Promise<Dataset> {
  const archive = await openZip(path, NPZ_LIMITS);
  const keys = Array.from({ length: archive.count }, (_, entry) => archive.nameAt(entry).replace(/\.npy$/, ''));
  const open = async (entry: number): Promise<NpyArray> => openNpy(await entrySource(archive, path, entry));

  const pair = NAMES[part].find(([images]) => keys.includes(images));
  if (pair) {
    const labels = pair[1].map((name) => keys.indexOf(name)).find((at) => at >= 0);
    const taken = new Set([pair[0], ...(labels === undefined ? [] : [keys[labels]]), ...OTHER_PART[part]]);
    const rest = keys.filter((key) => !taken.has(key));
    if (rest.length > 0) onLeftOut?.(rest.length, 'that no name says to be images or classes', rest);
    return openArrays(await open(keys.indexOf(pair[0])), labels === undefined ? null : await open(labels), options);
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
async function npzHasPart(path: string, part: Part): Promise<boolean> {
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
