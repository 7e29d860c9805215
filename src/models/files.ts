// The files of a checkpoint, read only after they prove to be what they should: inside the folder, regular, of the
// stated size, with the stated SHA-256. It never looks into a file; what the bytes mean is for its callers.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GanymedeError, messageOf } from '../errors.js';
import { realPathInside } from '../files/inside.js';

export interface FileDigest {
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** Digest of a file of any size, for the manifest's `files`. */
export async function fileDigest(path: string): Promise<FileDigest> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

export function digestOf(bytes: Uint8Array): FileDigest {
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** The bytes of one listed file, or CHECKPOINT_INVALID. What is returned is what was hashed. */
export async function readVerified(directory: string, name: string, digest: FileDigest): Promise<Uint8Array> {
  const bytes = await readInside(directory, name, (size) => {
    if (size !== digest.bytes) throw invalid(join(directory, name), `to have ${digest.bytes} bytes`, `${size} bytes`);
  });
  const { sha256 } = digestOf(bytes);
  if (sha256 !== digest.sha256) throw invalid(join(directory, name), `to have SHA-256 ${digest.sha256}`, sha256);
  return bytes;
}

/**
 * The bytes of a regular file inside `directory`, or CHECKPOINT_INVALID; `checkSize` may refuse before they are read.
 */
export async function readInside(
  directory: string,
  name: string,
  checkSize: (bytes: number) => void,
): Promise<Uint8Array> {
  const path = join(directory, name);
  try {
    if ((await realPathInside(path, directory)) === null) {
      throw invalid(path, 'to lie inside the checkpoint', 'a link that leaves it');
    }
    // Before opening: to open a named pipe would wait for ever.
    const stats = await stat(path);
    if (!stats.isFile()) throw invalid(path, 'to be a regular file', 'something else');
    checkSize(stats.size);
    return await readFile(path);
  } catch (error) {
    throw error instanceof GanymedeError ? error : unreadable('file', path, error);
  }
}

/** Of what the system says of a file or folder that is to be read. */
export function unreadable(what: 'file' | 'folder', path: string, cause: unknown): GanymedeError {
  const message = `Expected a readable ${what} ${path} but received: ${messageOf(cause)}.`;
  return new GanymedeError('CHECKPOINT_INVALID', message, { cause, details: { file: path } });
}

export function invalid(path: string, what: string, received: string): GanymedeError {
  return new GanymedeError('CHECKPOINT_INVALID', `Expected ${path} ${what} but received ${received}.`, {
    details: { file: path, expected: what, received },
  });
}
