// IDX, the format of MNIST and its relatives (http://yann.lecun.com/exdb/mnist/), plain or gzipped: big-endian magic number,
// dimensions, then bytes. It checks everything the header promises before anything is believed.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { GanymedeError, messageOf } from '../../errors.js';
import type { Dataset } from './dataset.js';

export interface Idx {
  readonly dimensions: readonly number[];
  readonly data: Uint8Array;
}

/** Most bytes that an IDX file may unpack to: MNIST takes 47 MB, EMNIST's largest split 547 MB. */
const MAX_BYTES = 2 ** 30;

const gunzip = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(zlib.gunzip);

/** Images (three dimensions: count, rows, columns) with values scaled to `range`, and labels when there is a file of them. */
export async function openIdx(
  imagesPath: string,
  labelsPath: string | null,
  range: readonly [number, number] = [0, 1],
): Promise<Dataset> {
  const images = await readIdx(imagesPath, 3);
  const labels = labelsPath ? await readIdx(labelsPath, 1) : null;
  const [count, height, width] = images.dimensions as [number, number, number];
  if (count === 0) throw invalid(imagesPath, 'at least 1 image', 'none');
  if (height === 0 || width === 0) throw invalid(imagesPath, 'images with rows and columns', `${height}×${width}`);
  if (labels && labels.dimensions[0] !== count) {
    throw invalid(
      labelsPath!,
      `${count} labels, one for each image of ${basename(imagesPath)}`,
      String(labels.dimensions[0]),
    );
  }
  const size = height * width;
  const [low, high] = range;
  const values = Float32Array.from({ length: 256 }, (_, byte) => low + (byte / 255) * (high - low));
  return {
    name: basename(imagesPath),
    count,
    shape: [1, height, width],
    range,
    sha256: createHash('sha256').update(images.data).digest('hex'),
    ...(labels ? { labels: Int32Array.from(labels.data), classes: classesOf(labels.data) } : {}),
    async read(indices, out) {
      for (let row = 0; row < indices.length; row++) {
        const from = indices[row]! * size;
        for (let i = 0; i < size; i++) out[row * size + i] = values[images.data[from + i]!]!;
      }
    },
  };
}

/** One IDX file of unsigned bytes with the given number of dimensions. */
export async function readIdx(path: string, rank: number): Promise<Idx> {
  const bytes = await unpack(path);
  const header = 4 + 4 * rank;
  const magic = 0x0800 + rank;
  if (bytes.length < 4) throw invalid(path, `an IDX file with magic number ${hex(magic)}`, `${bytes.length} bytes`);
  const found = bytes.readUInt32BE(0);
  if (found !== magic) {
    throw invalid(
      path,
      `magic number ${hex(magic)} (unsigned bytes, ${rank} dimension${rank === 1 ? '' : 's'})`,
      hex(found),
    );
  }
  if (bytes.length < header)
    throw invalid(path, `a header of ${header} bytes`, `${bytes.length} bytes: the file is truncated`);
  const dimensions = Array.from({ length: rank }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis));
  const wanted = dimensions.reduce((product, n) => product * n, 1);
  const present = bytes.length - header;
  if (present !== wanted) {
    const how = present < wanted ? 'the file is truncated' : 'the file is longer than its header says';
    throw invalid(path, `${wanted} bytes for dimensions ${dimensions.join(' × ')}`, `${present}: ${how}`);
  }
  return { dimensions, data: bytes.subarray(header) };
}

async function unpack(path: string): Promise<Buffer> {
  let packed: Buffer;
  try {
    packed = await readFile(path);
  } catch (cause) {
    throw new GanymedeError('DATASET_INVALID', `The dataset file ${path} cannot be read: ${messageOf(cause)}.`, {
      cause,
    });
  }
  if (packed[0] !== 0x1f || packed[1] !== 0x8b) return packed;
  try {
    return await gunzip(packed, { maxOutputLength: MAX_BYTES });
  } catch (cause) {
    throw new GanymedeError(
      'DATASET_INVALID',
      `Expected a whole gzip file of at most ${MAX_BYTES} bytes in ${basename(path)} but unpacking failed: ${messageOf(cause)}.`,
      { cause },
    );
  }
}

function classesOf(labels: Uint8Array): string[] {
  const highest = labels.reduce((most, label) => Math.max(most, label), 0);
  return Array.from({ length: highest + 1 }, (_, index) => String(index));
}

function invalid(path: string, wanted: string, received: string): GanymedeError {
  return new GanymedeError('DATASET_INVALID', `Expected ${wanted} in ${basename(path)} but received ${received}.`, {
    details: { file: basename(path) },
  });
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
