// Files of data on their way to the server, and those that came and wait to become a data set. Each is a folder: what
// was said of it, and the bytes so far, whose number is where it goes on. Nothing is kept of it in memory, so it goes
// on after a restart, and with any server that has the folder.
//
// Writers of one file in one process wait for each other. Two processes may write one at the same time, when a client
// whose connection broke comes back to another server; each byte has its place, so both write the same.

import { randomBytes } from 'node:crypto';
import { copyFile, link, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { z } from 'zod';
import { expected, GanymedeError } from '../errors.js';
import {
  createDirectoryAtomically,
  isWithoutLinks,
  removeDirectoryAtomically,
  sweep,
  syncDirectory,
  writeAndSync,
} from '../files/atomic.js';
import { freeBytes } from '../files/room.js';
import { fullOr } from './full.js';

export interface SentFilesOptions {
  /** Made with the first. */
  readonly folder: string;
  /** Of one file. */
  readonly mostBytes: number;
  /** Of all that are kept, by the lengths that were said. */
  readonly mostOfAll: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** What is known of a file from its first request on. */
const noteSchema = z.object({
  length: z.int().min(0),
  /** As its client said it; null for a key without a value. */
  metadata: z.record(z.string(), z.string().nullable()),
  created: z.int(),
});

export interface SentFile extends Readonly<z.infer<typeof noteSchema>> {
  readonly id: string;
  /** Bytes that are here. */
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

export const SENT_FILES = {
  count: 64,
  milliseconds: 24 * 3_600_000,
  /** Of what is said of a file. */
  metadataBytes: 4096,
} as const;

/** Left free on the disk for everything else. */
const SPARE_BYTES = 256 * 2 ** 20;

const ID = /^[0-9a-f]{32}$/;
const NOTE_FILE = 'upload.json';
const DATA_FILE = 'data';

export class SentFiles {
  readonly #options: SentFilesOptions;
  readonly #now: () => number;
  /** So that two that begin at once are counted one after the other. */
  readonly #oneAtATime = pLimit(1);

  constructor(options: SentFilesOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  get mostBytes(): number {
    return this.#options.mostBytes;
  }

  static newId(): string {
    return randomBytes(16).toString('hex');
  }

  /** @throws GanymedeError INSUFFICIENT_STORAGE where there is no room for all of it */
  create(id: string, length: number, metadata: SentFile['metadata']): Promise<void> {
    return this.#oneAtATime(async () => {
      const bytes = Buffer.byteLength(JSON.stringify(metadata));
      if (bytes > SENT_FILES.metadataBytes) throw expected(`metadata of ${SENT_FILES.metadataBytes} bytes`, bytes);
      await this.sweep();
      await this.#refuseTooMuch(length);
      const note = { length, metadata, created: this.#now() };
      try {
        await createDirectoryAtomically(this.#folderOf(id), async (temporary) => {
          await writeAndSync(join(temporary, DATA_FILE), '');
          await writeAndSync(join(temporary, NOTE_FILE), JSON.stringify(note));
        });
      } catch (error) {
        throw fullOr(error);
      }
    });
  }

  /** @throws GanymedeError UPLOAD_NOT_FOUND */
  async get(id: string): Promise<SentFile> {
    const found = await this.#find(id);
    if (found && found.expires > this.#now()) return found;
    throw notFound(id);
  }

  /** Oldest first. */
  async list(): Promise<SentFile[]> {
    const found = await Promise.all((await this.#ids()).map((id) => this.#find(id)));
    const now = this.#now();
    return found
      .filter((file) => file !== null && file.expires > now)
      .sort((a, b) => a!.created - b!.created) as SentFile[];
  }

  /**
   * Writes bytes from place `offset` on; returns where they end. What was written stays when the sender breaks off, or
   * the disk is full. @throws GanymedeError INSUFFICIENT_STORAGE
   */
  async append(id: string, offset: number, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    const { length } = await this.get(id);
    const file = await open(join(this.#folderOf(id), DATA_FILE), 'r+').catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? notFound(id) : error; // removed meanwhile
    });
    let at = offset;
    try {
      for await (const chunk of chunks) at += await writeAll(file, chunk, at);
      if (at === length) await file.sync(); // a data set may be made of it from now on
      return at;
    } catch (error) {
      throw fullOr(error);
    } finally {
      await file.close();
    }
  }

  /** @throws GanymedeError UPLOAD_NOT_FOUND */
  async remove(id: string): Promise<void> {
    await this.get(id);
    if (!(await removeDirectoryAtomically(this.#folderOf(id)))) throw notFound(id);
  }

  /**
   * Gives whole files a second name in `folder`, the one that their senders call them by as far as it is harmless.
   * Returns the names. @throws GanymedeError UPLOAD_NOT_FOUND, UPLOAD_INCOMPLETE
   */
  async linkInto(folder: string, ids: readonly string[]): Promise<string[]> {
    const files = await Promise.all(ids.map((id) => this.get(id)));
    for (const file of files) if (file.offset < file.length) throw incomplete(file);
    const names = files.map(nameOf);
    const twice = names.find((name, i) => names.indexOf(name) < i);
    if (twice !== undefined) throw expected('files of different names', `${twice} twice`, 'DATASET_INVALID');
    await mkdir(folder);
    for (const [i, { id }] of files.entries()) {
      await linkOrCopy(join(this.#folderOf(id), DATA_FILE), join(folder, names[i]!)).catch(async (error: unknown) => {
        await this.get(id); // which says so where it was removed meanwhile
        throw error;
      });
    }
    await syncDirectory(folder);
    return names;
  }

  /** Removes what has expired, and what a process that was killed left. */
  async sweep(): Promise<void> {
    const now = this.#now();
    await sweep(this.#options.folder);
    for (const id of await this.#ids()) {
      const file = await this.#find(id);
      if (file && file.expires > now) continue;
      await rm(this.#folderOf(id), { recursive: true, force: true });
    }
  }

  async #refuseTooMuch(length: number): Promise<void> {
    const { mostBytes, mostOfAll, folder } = this.#options;
    if (length > mostBytes) {
      const message = `Expected a file of at most ${mostBytes} bytes but received one of ${length}. DATA_UPLOAD_MIB is the limit.`;
      throw new GanymedeError('PAYLOAD_TOO_LARGE', message, { details: { limit: mostBytes, bytes: length } });
    }
    const kept = await this.list();
    const bytes = kept.reduce((sum, file) => sum + file.length, 0);
    if (kept.length >= SENT_FILES.count) throw noRoom(`fewer than ${SENT_FILES.count} files`, `${kept.length}`);
    if (bytes + length > mostOfAll) throw noRoom(`room for ${length} bytes`, `${bytes} of ${mostOfAll} taken`);
    await mkdir(folder, { recursive: true });
    const free = freeBytes(folder);
    if (length + SPARE_BYTES > free) throw noRoom(`room for ${length} bytes`, `${free} free`);
  }

  async #find(id: string): Promise<SentFile | null> {
    if (!ID.test(id)) return null;
    const folder = this.#folderOf(id);
    try {
      const note = noteSchema.parse(JSON.parse(await readFile(join(folder, NOTE_FILE), 'utf8')));
      const { size } = await stat(join(folder, DATA_FILE));
      return { ...note, id, offset: size, expires: note.created + SENT_FILES.milliseconds };
    } catch (error) {
      // Gone meanwhile, or damaged: whoever sent it sends it again.
      if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
      throw error;
    }
  }

  async #ids(): Promise<string[]> {
    try {
      return (await readdir(this.#options.folder)).filter((name) => ID.test(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // nobody has sent anything yet
      throw error;
    }
  }

  #folderOf(id: string): string {
    return join(this.#options.folder, id);
  }
}

/** What its sender calls a file. */
export function filenameOf({ metadata }: Pick<SentFile, 'metadata'>): string {
  return metadata['filename'] ?? metadata['name'] ?? 'data';
}

const NAME_CHARACTERS = 100;

/** The last name of a path, of letters that mean nothing to any file system; its end, which tells the format, stays. */
function nameOf(file: SentFile): string {
  const last = filenameOf(file).split(/[\\/]/).at(-1)!;
  const plain = last.replace(/[^\w.-]/g, '_').replace(/^[.-]+/, '');
  return plain.slice(-NAME_CHARACTERS).replace(/^[.-]+/, '') || 'data';
}

/** Not every file system knows two names for a file. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!isWithoutLinks(error)) throw error;
    await copyFile(from, to);
  }
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, chunk: Uint8Array, at: number): Promise<number> {
  for (let done = 0; done < chunk.length; ) {
    done += (await file.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
  }
  return chunk.length;
}

function notFound(id: string): GanymedeError {
  return new GanymedeError(
    'UPLOAD_NOT_FOUND',
    `Expected the id of a file that was sent within the last ${SENT_FILES.milliseconds / 3_600_000} hours but received "${id.slice(0, 80)}". Send it again.`,
  );
}

function incomplete({ id, offset, length }: SentFile): GanymedeError {
  return new GanymedeError(
    'UPLOAD_INCOMPLETE',
    `Expected a file that has come whole but of ${id} ${offset} of ${length} bytes are here. Send the rest first.`,
    { details: { id, offset, length } },
  );
}

function noRoom(wanted: string, received: string): GanymedeError {
  return new GanymedeError(
    'INSUFFICIENT_STORAGE',
    `Expected ${wanted} among those that wait to become a data set but received ${received}. Delete some, or wait a day.`,
  );
}
