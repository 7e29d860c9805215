// The pictures that a command was given: files, folders, zips, and names on stdin, in this order, one after the other.
// What cannot be read is a picture whose reading fails, so that the others go on.

import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { FileSet } from '../datasets/file-set.js';
import { openFolder } from '../datasets/folder.js';
import { imagesOf } from '../datasets/picture-files.js';
import { openZip } from '../datasets/zip.js';
import { expected, GanymedeError, messageOf } from '../errors.js';

export interface PictureFile {
  /** As a person would name it: the path, or the archive's path and the name within. */
  readonly file: string;
  /** Its bytes, or why it has none. */
  read(): Uint8Array | Promise<Uint8Array>;
}

export interface PictureFiles extends AsyncIterable<PictureFile> {
  /** Null where nobody knows. */
  readonly total: number | null;
}

/** Names on stdin, a line each. */
const STDIN = '-';

/** As of one image in a dataset, in bytes. */
const MAX_BYTES = 2 ** 26;

/** @throws GanymedeError where there is nothing to read at all */
export async function openPictures(
  places: readonly string[],
  stdin: Readable,
  signal?: AbortSignal,
): Promise<PictureFiles> {
  const sources: (readonly PictureFile[] | AsyncIterable<PictureFile>)[] = [];
  let total: number | null = 0;
  for (const place of places) {
    const source = place === STDIN ? namedOn(stdin, signal) : await picturesAt(place);
    sources.push(source);
    total = total === null || !('length' in source) ? null : total + source.length;
  }
  if (total === 0) throw expected('at least one PNG, JPEG, WebP or AVIF file', `none in ${places.join(', ')}`);
  return {
    total,
    async *[Symbol.asyncIterator]() {
      for (const source of sources) yield* source;
    },
  };
}

async function picturesAt(place: string): Promise<readonly PictureFile[]> {
  try {
    if (statSync(place).isDirectory()) {
      const folder = await openFolder(place);
      return (await imagesOf(folder)).map((index) => fileAt(`${place.replace(/\/+$/, '')}/${folder.nameAt(index)}`));
    }
    if (/\.zip$/i.test(place)) return await picturesIn(await openZip(place), place);
    return [fileAt(place)];
  } catch (error) {
    return [unreadable(place, error)];
  }
}

async function picturesIn(zip: FileSet, place: string): Promise<PictureFile[]> {
  return (await imagesOf(zip)).map((index) => ({ file: `${place}/${zip.nameAt(index)}`, read: () => zip.read(index) }));
}

/** Ends when told to stop, also while it waits for a name. */
async function* namedOn(stdin: Readable, signal: AbortSignal | undefined): AsyncGenerator<PictureFile> {
  const options = { input: stdin, crlfDelay: Number.POSITIVE_INFINITY, ...(signal && { signal }) };
  for await (const line of createInterface(options)) {
    if (line !== '') yield fileAt(line);
  }
}

/** Read on this thread: for a small file that takes a tenth of the time that handing it to another does. */
function fileAt(path: string): PictureFile {
  return {
    file: path,
    read: () => {
      try {
        return readWhole(path);
      } catch (error) {
        throw refusal(path, error);
      }
    },
  };
}

function readWhole(path: string): Uint8Array {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)); // a pipe would wait for its writer
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error('it is no file');
    const { size } = stats;
    if (size > MAX_BYTES) throw new Error(`${size} bytes, more than ${MAX_BYTES}`);
    const bytes = Buffer.allocUnsafe(size);
    let length = 0;
    for (let read = -1; length < size && read !== 0; length += read)
      read = readSync(file, bytes, length, size - length, length);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function unreadable(file: string, error: unknown): PictureFile {
  return {
    file,
    read: () => {
      throw refusal(file, error);
    },
  };
}

function refusal(file: string, error: unknown): GanymedeError {
  if (error instanceof GanymedeError) return error;
  return new GanymedeError('INVALID_IMAGE', `Expected a readable ${file} but received: ${messageOf(error)}.`, {
    cause: error,
  });
}
