// The wanted files of a .tar.gz archive, read while it streams. Links, folders and everything else in it are passed
// over; nothing is written anywhere.
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type Extract, extract } from 'tar-stream';

export interface TarOptions {
  readonly wanted: (name: string) => boolean;
  /** A wanted file of more is refused. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** Contents of the wanted files by their names. A damaged archive, or one that ends too early, is a plain Error. */
export async function readTarGz(path: string, options: TarOptions): Promise<Map<string, Buffer>> {
  const { signal } = options;
  const entries = extract(ANY_TAR);
  const feeding = pipeline(createReadStream(path), createGunzip(), entries, signal ? { signal } : {});
  const [collected, fed] = await Promise.allSettled([collect(entries, options), feeding]);
  if (collected.status === 'rejected') throw collected.reason; // the pipeline would only say that it was closed
  if (fed.status === 'rejected') throw fed.reason;
  return collected.value;
}

/** Archives older than ustar have no magic number; the checksums of their headers are minded all the same. */
const ANY_TAR = { allowUnknownFormat: true } as NonNullable<Parameters<typeof extract>[0]>;

async function collect(entries: Extract, { wanted, maxBytes }: TarOptions): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const entry of entries) {
    const { name, size, type } = entry.header;
    if (type !== 'file' || !wanted(name)) {
      entry.resume();
      continue;
    }
    if (size > maxBytes) throw new Error(`${name} has ${size} bytes, more than ${maxBytes}`);
    files.set(name, await contentOf(entry));
  }
  return files;
}

async function contentOf(entry: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
