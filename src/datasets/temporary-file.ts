// A temporary file for pieces of bytes that are written one after another and then read in any order, so that a table
// of images need not be held in memory. It loses its name at once, so nothing is left behind however the process ends.
import { closeSync, mkdtempSync, openSync, read, rmSync, write } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const readAt = promisify(read);
const writeAt = promisify(write);

/** Closes the file once its object is garbage. */
const forgotten = new FinalizationRegistry<number>((fd) => closeSync(fd));

export class TemporaryFile {
  private readonly fd: number;
  private readonly offsets: number[] = [0];

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'ganymede-'));
    try {
      this.fd = openSync(join(folder, 'data'), 'wx+', 0o600);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    forgotten.register(this, this.fd);
  }

  get count(): number {
    return this.offsets.length - 1;
  }

  /** One at a time: the next may be appended once this one is done. */
  async append(bytes: Uint8Array): Promise<void> {
    const start = this.offsets.at(-1)!;
    for (let done = 0; done < bytes.length; ) {
      done += (await writeAt(this.fd, bytes, done, bytes.length - done, start + done)).bytesWritten;
    }
    this.offsets.push(start + bytes.length);
  }

  async read(index: number): Promise<Uint8Array> {
    const start = this.offsets[index]!;
    const bytes = new Uint8Array(this.offsets[index + 1]! - start);
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await readAt(this.fd, bytes, done, bytes.length - done, start + done);
      if (bytesRead === 0) throw new Error('the temporary file ends too early');
      done += bytesRead;
    }
    return bytes;
  }
}
