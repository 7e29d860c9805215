// Regular files of a .tar.gz archive (POSIX ustar), as far as they are wanted, one after another while it streams. Links,
// folders and everything else in it are passed over; nothing is written anywhere.
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

const BLOCK = 512;

/** Files that `wanted` names, with their contents. Refuses one of more than `maxBytes`. */
export async function readTarGz(
  path: string,
  wanted: (name: string) => boolean,
  maxBytes: number,
): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  await pipeline(createReadStream(path), createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
    const reader = new ChunkReader(chunks);
    for (let header = await reader.take(BLOCK); header?.some((byte) => byte !== 0); header = await reader.take(BLOCK)) {
      const { name, size, regular } = parseHeader(header);
      const padding = (BLOCK - (size % BLOCK)) % BLOCK;
      if (!regular || !wanted(name)) {
        await reader.skip(size + padding);
        continue;
      }
      if (size > maxBytes) throw new Error(`${name} has ${size} bytes, more than ${maxBytes}`);
      const content = await reader.take(size);
      if (!content) throw new Error(`${name} is truncated`);
      files.set(name, content);
      await reader.skip(padding);
    }
    await reader.drain();
  });
  return files;
}

function parseHeader(header: Buffer): { name: string; size: number; regular: boolean } {
  const text = (from: number, length: number) => header.toString('latin1', from, from + length).replace(/\0.*$/s, '');
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  if (Number.parseInt(text(148, 8), 8) !== sum) throw new Error('a tar header does not match its checksum');
  const size = Number.parseInt(text(124, 12), 8);
  if (!Number.isSafeInteger(size) || size < 0) throw new Error('a tar header has no size');
  return { name: text(0, 100), size, regular: header[156] === 0x30 || header[156] === 0 };
}

/** Takes exact numbers of bytes from chunks of any length. */
class ChunkReader {
  private readonly iterator: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.iterator = chunks[Symbol.asyncIterator]();
  }

  /** Null when the stream ends first. */
  async take(length: number): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      if (this.rest.length === 0 && !(await this.next())) return null;
      const part = this.rest.subarray(0, missing);
      parts.push(part);
      this.rest = this.rest.subarray(part.length);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  async skip(length: number): Promise<void> {
    for (let missing = length; missing > 0; ) {
      if (this.rest.length === 0 && !(await this.next())) return;
      const here = Math.min(missing, this.rest.length);
      this.rest = this.rest.subarray(here);
      missing -= here;
    }
  }

  /** Reads on to the end, so that gzip checks its own checksum. */
  async drain(): Promise<void> {
    while (await this.next());
  }

  private async next(): Promise<boolean> {
    const { value, done } = await this.iterator.next();
    this.rest = done ? Buffer.alloc(0) : (value as Buffer);
    return !done;
  }
}
