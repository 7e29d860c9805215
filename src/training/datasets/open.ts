// From a path given by a person to a Dataset. Knows which file names mean which format, and nothing inside the formats.
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GanymedeError, messageOf } from '../../errors.js';
import type { Dataset } from './dataset.js';
import { openIdx } from './idx.js';

/** Which of MNIST's published file pairs to open: 'train' (train-…) or 'test' (t10k-…). */
export type Part = 'train' | 'test';

const PREFIXES = { train: 'train', test: 't10k' } as const satisfies Record<Part, string>;

/** A directory with `train-images-idx3-ubyte[.gz]` (and labels beside it), or one such file. Values are scaled to `range`. */
export async function openDataset(
  path: string,
  options: { range?: readonly [number, number]; part?: Part } = {},
): Promise<Dataset> {
  const images = await imagesFile(path, options.part ?? 'train');
  if (!images) {
    throw new GanymedeError(
      'DATASET_INVALID',
      `Expected ${PREFIXES[options.part ?? 'train']}-images-idx3-ubyte or the same with .gz in ${path} but found neither. ` +
        'Give a directory with the IDX files of MNIST or one images file.',
    );
  }
  return openIdx(images, await labelsFile(images), options.range);
}

/** True when the directory also holds the published test split. */
export async function hasPart(path: string, part: Part): Promise<boolean> {
  return (await imagesFile(path, part)) !== null;
}

async function imagesFile(path: string, part: Part): Promise<string | null> {
  if (!(await isDirectory(path))) return part === 'train' ? path : null;
  const wanted = `${PREFIXES[part]}-images-idx3-ubyte`;
  const found = (await readdir(path)).find((name) => name === wanted || name === `${wanted}.gz`);
  return found ? join(path, found) : null;
}

/** The labels file that the published names put beside an images file. */
async function labelsFile(images: string): Promise<string | null> {
  const name = basename(images);
  if (!name.includes('-images-idx3-ubyte')) return null;
  const stem = name.replace('-images-idx3-ubyte', '-labels-idx1-ubyte').replace(/\.gz$/, '');
  const found = (await readdir(dirname(images))).find((other) => other === stem || other === `${stem}.gz`);
  return found ? join(dirname(images), found) : null;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new GanymedeError('DATASET_INVALID', `The dataset ${path} cannot be opened: ${messageOf(cause)}.`, { cause });
  }
}
