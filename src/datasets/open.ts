// From the address of data given by a person to a Dataset. Knows which files mean which format, and nothing inside the formats.
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { GanymedeError, messageOf } from '../errors.js';
import { type DataAddress, type DataSettings, parseAddress } from './address.js';
import { openBuiltin } from './builtin.js';
import { cifarHasPart, findCifar, openCifar } from './cifar.js';
import type { Dataset, Part } from './dataset.js';
import { openFolder } from './folder.js';
import { openIdx } from './idx.js';
import type { ImageOptions } from './images.js';
import { npzHasPart, openNpyFile, openNpzFile } from './numpy-files.js';
import { openParquet } from './parquet.js';
import { openPictureFiles, picturesHavePart } from './picture-files.js';
import { stacked } from './stacked.js';
import { openZip } from './zip.js';

export interface OpenOptions {
  /** What black and full intensity of images become; [0, 1] without it. Vectors keep their values. */
  readonly range?: readonly [number, number];
  /** Of data published in two parts; the address may say it, too. */
  readonly part?: Part;
  /** Hears of every image that `bad=skip` leaves out. */
  readonly onSkipped?: (name: string, reason: string) => void;
}

/** `address` as in docs/datasets.md: a path or builtin:<name>, perhaps with settings behind commas. */
export async function openDataset(address: string, options: OpenOptions = {}): Promise<Dataset> {
  const parsed = parseAddress(address);
  const data = await openPlain(parsed, options);
  return parsed.settings.stack ? stacked(data) : data;
}

async function openPlain({ path, builtin, settings }: DataAddress, options: OpenOptions): Promise<Dataset> {
  const range = options.range ?? [0, 1];
  if (builtin) return openBuiltin(path, { range, ...settings });
  const part = options.part ?? settings.part ?? 'train';
  const found = await find(path, part);
  switch (found.format) {
    case 'idx':
      return openIdx(found.path, await labelsFile(found.path), range);
    case 'cifar':
      return openCifar(found.path, part, range);
    case 'npy':
      return openNpyFile(found.path, arrayOptions(settings, range));
    case 'npz':
      return openNpzFile(found.path, part, arrayOptions(settings, range));
    case 'parquet':
      return openParquet(found.paths, basename(resolve(path)), imageOptions(settings, range, options));
    case 'zip':
      return openPictureFiles(await openZip(found.path), part, imageOptions(settings, range, options));
    case 'folder':
      return openPictureFiles(await openFolder(found.path), part, imageOptions(settings, range, options));
    default:
      return found satisfies never;
  }
}

/** True when the data also holds that part, such as the published test split. */
export async function hasPart(address: string, part: Part): Promise<boolean> {
  const { path, builtin } = parseAddress(address);
  if (part === 'train') return true;
  if (builtin) return false;
  const found = await find(path, 'train');
  switch (found.format) {
    case 'idx':
      return (await isDirectory(path)) && (await idxFile(path, part)) !== null;
    case 'cifar':
      return cifarHasPart(found.path, part);
    case 'npz':
      return npzHasPart(found.path, part);
    case 'parquet':
      return (await isDirectory(path)) && (await parquetFiles(path, part)).length > 0;
    case 'zip':
      return picturesHavePart(await openZip(found.path), part);
    case 'folder':
      return picturesHavePart(await openFolder(found.path), part);
    case 'npy':
      return false;
    default:
      return found satisfies never;
  }
}

type Found =
  | { readonly format: 'idx' | 'cifar' | 'npy' | 'npz' | 'zip' | 'folder'; readonly path: string }
  | { readonly format: 'parquet'; readonly paths: readonly string[] };

async function find(path: string, part: Part): Promise<Found> {
  return (await isDirectory(path)) ? findInFolder(path, part) : findByContent(path);
}

/** The published files of a known dataset, else images. */
async function findInFolder(path: string, part: Part): Promise<Found> {
  const idx = await idxFile(path, part);
  if (idx) return { format: 'idx', path: idx };
  const cifar = await findCifar(path);
  if (cifar) return { format: 'cifar', path: cifar };
  const tables = await parquetFiles(path, part);
  if (tables.length > 0) return { format: 'parquet', paths: tables };
  const names = await readdir(path);
  if (names.length === 0) {
    throw new GanymedeError(
      'DATASET_INVALID',
      `Expected images, ${PREFIXES[part]}-images-idx3-ubyte[.gz], CIFAR-10 batches or Parquet tables in ${path} but it is empty.`,
    );
  }
  return { format: 'folder', path };
}

/** By the first bytes; only formats that have none are told by their names. */
async function findByContent(path: string): Promise<Found> {
  const start = await firstBytes(path, 8);
  const text = start.toString('latin1');
  if (text.startsWith('PK\x03\x04') || text.startsWith('PK\x05\x06')) {
    return { format: extname(path).toLowerCase() === '.npz' ? 'npz' : 'zip', path };
  }
  if (text.startsWith('\x93NUMPY') || extname(path) === '.npy') return { format: 'npy', path };
  if (text.startsWith('PAR1') || extname(path) === '.parquet') return { format: 'parquet', paths: [path] };
  if (/\.(zip|npz)$/i.test(path)) {
    throw new GanymedeError(
      'DATASET_INVALID',
      `Expected a zip archive, which begins PK, in ${basename(path)} but received ${start.length === 0 ? '0 bytes' : start.toString('hex')}.`,
    );
  }
  return { format: /\.(tar\.gz|tgz|bin)$/i.test(path) ? 'cifar' : 'idx', path };
}

/** How MNIST and its relatives name their files. */
const PREFIXES = { train: 'train', test: 't10k' } as const satisfies Record<Part, string>;

async function idxFile(folder: string, part: Part): Promise<string | null> {
  const wanted = `${PREFIXES[part]}-images-idx3-ubyte`;
  const found = (await readdir(folder)).find((name) => name === wanted || name === `${wanted}.gz`);
  return found ? join(folder, found) : null;
}

/** The labels file that the published names put beside an images file. */
async function labelsFile(images: string): Promise<string | null> {
  const name = basename(images);
  if (!name.includes('-images-idx3-ubyte')) return null;
  const stem = name.replace('-images-idx3-ubyte', '-labels-idx1-ubyte').replace(/\.gz$/, '');
  const found = (await readdir(dirname(images))).find((other) => other === stem || other === `${stem}.gz`);
  return found ? join(dirname(images), found) : null;
}

/** Tables in the folder or its `data` folder; when names tell the splits apart (train-00000-of-00002.parquet), those of `part`. */
async function parquetFiles(folder: string, part: Part): Promise<string[]> {
  for (const place of [folder, join(folder, 'data')]) {
    if (place !== folder && !(await readdir(folder)).includes('data')) continue;
    if (!(await isDirectory(place))) continue;
    const tables = (await readdir(place)).filter((name) => name.endsWith('.parquet')).sort();
    const split = tables.some((name) => name.startsWith('train'));
    const wanted = split ? tables.filter((name) => name.startsWith(part)) : part === 'train' ? tables : [];
    if (wanted.length > 0) return wanted.map((name) => join(place, name));
  }
  return [];
}

function arrayOptions({ layout }: DataSettings, range: readonly [number, number]) {
  return { range, ...(layout ? { layout } : {}) };
}

function imageOptions(
  { resize, channels, bad }: DataSettings,
  range: readonly [number, number],
  { onSkipped }: OpenOptions,
): ImageOptions {
  return {
    range,
    ...(resize ? { resize } : {}),
    ...(channels ? { channels } : {}),
    ...(bad ? { onBadImage: bad } : {}),
    ...(onSkipped ? { onSkipped } : {}),
  };
}

async function firstBytes(path: string, length: number): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new GanymedeError('DATASET_INVALID', `The dataset ${path} cannot be opened: ${messageOf(cause)}.`, { cause });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new GanymedeError('DATASET_INVALID', `The dataset ${path} cannot be opened: ${messageOf(cause)}.`, { cause });
  }
}
