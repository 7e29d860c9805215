// IDX, the format of MNIST and its relatives (http://yann.lecun.com/exdb/mnist/), plain or gzipped: big-endian magic
// number, dimensions, then bytes. Everything that the header promises is checked before it is believed.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { GanymedeError, messageOf } from '../errors.js';
import { byteImages } from './byte-images.js';
import { type Dataset, numbered, type Part } from './dataset.js';
import { begins, type Format, type Place } from './format.js';
import { invalid } from './refusal.js';

/** A folder with files named as MNIST's are. */
export const idxFolder: Format = {
  what: 'IDX files (train-images-idx3-ubyte[.gz])',
  recognises: (place, part) => imagesIn(place, part) !== null,
  settings: () => ['part'],
  open: (place, { part, range }) => openIdx(imagesIn(place, part)!, range),
  hasPart: (place, part) => imagesIn(place, part) !== null,
};

/** One file of images. Gzipped, its first bytes tell nothing, so any file that no other format claims is tried. */
export const idxFile: Format = {
  what: 'an IDX file of images',
  recognises: (place) => begins(place, '\x00\x00\x08\x03'),
  mayBeMeant: ({ kind }) => kind === 'file',
  settings: () => [],
  open: ({ path }, { range }) => openIdx(path, range),
  hasPart: () => false,
};

/** How MNIST and its relatives name their files. */
const PREFIXES = { train: 'train', test: 't10k' } as const satisfies Record<Part, string>;

function imagesIn(place: Place, part: Part): string | null {
  if (place.kind !== 'folder') return null;
  const found = plainOrGzipped(place.names, `${PREFIXES[part]}-images-idx3-ubyte`);
  return found && join(place.path, found);
}

/** The labels file that the published names put beside an images file. */
async function labelsFile(images: string): Promise<string | null> {
  const name = basename(images);
  if (!IMAGES.test(name)) return null;
  const wanted = name.replace(IMAGES, '-labels$1idx1-ubyte').replace(/\.gz$/, '');
  const found = plainOrGzipped(await readdir(dirname(images)), wanted);
  return found && join(dirname(images), found);
}

/** Some unpackers write a dot for the hyphen: train-images.idx3-ubyte. */
const IMAGES = /-images([-.])idx3-ubyte/;

/** Under the published name, or with a dot before `idx`. */
function plainOrGzipped(names: readonly string[], published: string): string | null {
  const plain = (name: string) => name.replace(/\.gz$/, '').replace(/[-.](idx\d-ubyte)$/, '-$1');
  const wanted = plain(published);
  return names.find((name) => plain(name) === wanted) ?? null;
}

/** Most bytes that an IDX file may unpack to: MNIST takes 47 MB, EMNIST's largest split 547 MB. */
const MAX_BYTES = 2 ** 30;

const gunzip = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(zlib.gunzip);

/** Images (count × rows × columns) with values scaled to `range`, and labels when there is a file of them. */
async function openIdx(imagesPath: string, range: readonly [number, number]): Promise<Dataset> {
  const labelsPath = await labelsFile(imagesPath);
  const images = await readIdx(imagesPath, 3);
  const labels = labelsPath ? await readIdx(labelsPath, 1) : null;
  const [count, height, width] = images.dimensions as [number, number, number];
  const name = basename(imagesPath);
  if (count === 0) throw invalid(name, 'at least 1 image', 'none');
  if (height === 0 || width === 0) throw invalid(name, 'images with rows and columns', `${height}×${width}`);
  if (labels && labels.dimensions[0] !== count) {
    const wanted = `${count} labels, one for each image of ${name}`;
    throw invalid(basename(labelsPath!), wanted, String(labels.dimensions[0]));
  }
  const size = height * width;
  return byteImages(
    {
      name,
      count,
      channels: 1,
      height,
      width,
      layout: 'chw',
      sha256: createHash('sha256').update(images.data).digest('hex'),
      ...(labels ? numbered(labels.data) : {}),
      rows(indices, use) {
        for (let row = 0; row < indices.length; row++) {
          const from = indices[row]! * size;
          use(row, images.data.subarray(from, from + size));
        }
      },
    },
    range,
  );
}

interface Idx {
  readonly dimensions: readonly number[];
  readonly data: Uint8Array;
}

/** One IDX file of unsigned bytes with the given number of dimensions. */
async function readIdx(path: string, rank: number): Promise<Idx> {
  const bytes = await unpack(path);
  const header = 4 + 4 * rank;
  const magic = 0x0800 + rank;
  if (bytes.length < 4)
    throw invalid(basename(path), `an IDX file with magic number ${hex(magic)}`, `${bytes.length} bytes`);
  const found = bytes.readUInt32BE(0);
  if (found !== magic) {
    throw invalid(
      basename(path),
      `magic number ${hex(magic)} (unsigned bytes, ${rank} dimension${rank === 1 ? '' : 's'})`,
      hex(found),
    );
  }
  if (bytes.length < header)
    throw invalid(basename(path), `a header of ${header} bytes`, `${bytes.length} bytes: the file is truncated`);
  const dimensions = Array.from({ length: rank }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis));
  const wanted = dimensions.reduce((product, n) => product * n, 1);
  const present = bytes.length - header;
  if (present !== wanted) {
    const how = present < wanted ? 'the file is truncated' : 'the file is longer than its header says';
    throw invalid(basename(path), `${wanted} bytes for dimensions ${dimensions.join(' × ')}`, `${present}: ${how}`);
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

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
