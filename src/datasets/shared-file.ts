// One file that many reads share, and reading exactly the bytes that were asked for.
import { type FileHandle, open } from 'node:fs/promises';

/**
 * One open file shared by the reads in flight: it opens with the first and closes with the last, so that a dataset that
 * is forgotten leaves nothing open. Reads that follow one another are served from a block read ahead, since a pass over
 * a million small entries would otherwise wait for the thread pool a million times.
 */
export class SharedFile {
  private users = 0;
  private handle: Promise<FileHandle> | null = null;
  private ahead: { from: number; to: number; bytes: Promise<Uint8Array<ArrayBuffer>> } | null = null;
  private expectedNext = -1;

  constructor(readonly path: string) {}

  async use<T>(work: (file: FileHandle) => Promise<T>): Promise<T> {
    this.users++;
    this.handle ??= open(this.path, 'r');
    const handle = this.handle;
    try {
      return await work(await handle);
    } finally {
      this.users--;
      if (this.users === 0) {
        this.handle = null;
        // One that failed to open has nothing to close; its error has been thrown above.
        await handle.then(
          (file) => file.close(),
          () => {},
        );
      }
    }
  }

  /** Exactly `length` bytes from `position`, not to be written to. */
  read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.use((file) => readExactly(file, position, length));
  }

  /** The bytes from `position`: `length` of them, or fewer at the end of the file. Not to be written to. */
  readAhead(position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const inOrder = Math.abs(position - this.expectedNext) <= AHEAD_GAP;
    this.expectedNext = position + length;
    const { ahead } = this;
    if (ahead && position >= ahead.from && position + length <= ahead.to) {
      return ahead.bytes.then((bytes) => bytes.subarray(position - ahead.from, position - ahead.from + length));
    }
    const wanted = inOrder && length < AHEAD_BYTES ? AHEAD_BYTES : length;
    const bytes = this.use((file) => readUpTo(file, position, wanted));
    if (wanted > length) this.ahead = { from: position, to: position + wanted, bytes };
    return bytes.then((read) => read.subarray(0, length));
  }
}

/** Read at once when entries are read in order. */
const AHEAD_BYTES = 2 ** 20;
/** Bytes by which the next entry may begin before or after the end of the last. */
const AHEAD_GAP = 512;

/** The first `length` bytes of a file, or all of a shorter one. */
export async function firstBytes(path: string, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(path, 'r');
  try {
    return await readUpTo(file, 0, length);
  } finally {
    await file.close();
  }
}

export async function readExactly(
  file: FileHandle,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readUpTo(file, position, length);
  if (bytes.length < length) throw new Error(`the file ends ${length - bytes.length} bytes too early`);
  return bytes;
}

async function readUpTo(file: FileHandle, position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
