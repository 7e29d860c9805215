// Images that clients send ahead, kept for an hour as files of one folder. All processes that are given the folder have
// the same uploads: several servers behind one port, or one that starts again. A file's name is the upload's id. It
// tells when the upload expires, how long it is and whose it is, so that no index is needed and nothing has to agree
// with one.

import { createHmac, randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { GanymedeError, messageOf } from '../errors.js';
import { UPLOADS } from './limits.js';

export interface Upload {
  readonly id: string;
  readonly expires: Date;
}

/** What an id tells. */
interface Told {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
  readonly bytes: number;
  readonly owner: string;
}

/** Expiry and length in base 36, the owner's mark, and 128 bits that nobody guesses. */
const ID = /^([0-9a-z]{8,9})-([0-9a-z]{1,6})-([0-9a-f]{8})-[0-9a-f]{32}$/;

/** Being written; taken for left behind after as long as an upload is kept. */
const PART = '.part';

/** Files that are read at a time: a request may name a thousand. */
const atATime = pLimit(16);

export class Uploads {
  readonly #folder: string;
  readonly #now: () => number;
  /** Owners' marks tell nobody else whose an upload is. Each process has its own, and so its own idea of owners. */
  readonly #key = randomBytes(16);
  #ready: Promise<void> | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<void> | undefined;

  /** The folder is made with the first upload. `now`: milliseconds since 1970. */
  constructor(folder: string, now: () => number = Date.now) {
    this.#folder = folder;
    this.#now = now;
  }

  /** Keeps bytes for `owner`. Where there are too many, his oldest leave, then anybody's. */
  async keep(bytes: Uint8Array, owner: string): Promise<Upload> {
    this.#ready ??= this.#prepare();
    await this.#ready.catch((error: unknown) => {
      this.#ready = undefined; // someone may mend it
      throw unavailable(error);
    });
    const expires = this.#now() + UPLOADS.seconds * 1000;
    const mark = createHmac('sha256', this.#key).update(owner).digest('hex').slice(0, 8);
    const id = `${expires.toString(36)}-${bytes.length.toString(36)}-${mark}-${randomBytes(16).toString('hex')}`;
    const path = join(this.#folder, id);
    try {
      await writeFile(path + PART, bytes, { mode: 0o600, flag: 'wx' });
      await rename(path + PART, path);
      await this.sweep();
    } catch (error) {
      this.#ready = undefined; // the next makes the folder anew, should it be gone
      throw unavailable(error);
    }
    return { id, expires: new Date(expires) };
  }

  /** Length of an upload, by its id alone; 0 for what is no id. */
  bytesOf(id: string): number {
    return readId(id)?.bytes ?? 0;
  }

  async read(id: string): Promise<Uint8Array> {
    const told = readId(id);
    if (!told || told.expires <= this.#now()) throw notFound(id, told);
    try {
      return await atATime(() => readFile(join(this.#folder, id)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw notFound(id, told);
      throw unavailable(error);
    }
  }

  /** Removes what has expired and what is too much. One at a time: those who come meanwhile share the next. */
  sweep(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      const sweep = this.#sweep();
      this.#running = sweep.catch(() => undefined); // told to those who asked for it
      return sweep;
    });
    return this.#next;
  }

  async #sweep(): Promise<void> {
    const names = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []; // nobody has uploaded yet
      throw error;
    });
    const uploads = names.flatMap((name) => readId(name) ?? []);
    const gone = superfluous(uploads, this.#now()).map(({ id }) => id);
    await Promise.all([...gone, ...leftBehind(names, this.#now())].map((name) => this.#remove(name)));
  }

  #remove(name: string): Promise<void> {
    return atATime(() => rm(join(this.#folder, name), { force: true }));
  }

  /** In a temporary folder anyone may have made a folder, or a link, of this name before. */
  async #prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const { uid } = await lstat(this.#folder).then((found) => {
      if (found.isDirectory()) return found;
      throw new Error(`${this.#folder} is not a folder`);
    });
    if (process.getuid && uid !== process.getuid()) throw new Error(`${this.#folder} belongs to another user`);
    await chmod(this.#folder, 0o700);
  }
}

function readId(name: string): Told | undefined {
  const [, expires, bytes, owner] = ID.exec(name) ?? [];
  if (expires === undefined) return undefined;
  return { id: name, expires: Number.parseInt(expires, 36), bytes: Number.parseInt(bytes!, 36), owner: owner! };
}

/** What must go so that the rest are few enough: expired ones, then the oldest of each owner, then the oldest. */
function superfluous(uploads: readonly Told[], now: number): Told[] {
  const all = new Room(UPLOADS.ofAll);
  const owners = new Map<string, Room>();
  const ofOne = (owner: string): Room => {
    const room = owners.get(owner) ?? new Room(UPLOADS.ofOne);
    owners.set(owner, room);
    return room;
  };
  const newestFirst = [...uploads].sort((a, b) => b.expires - a.expires);
  return newestFirst.filter(
    ({ expires, owner, bytes }) => expires <= now || !ofOne(owner).takes(bytes) || !all.takes(bytes),
  );
}

/** Full for good once something did not fit, so that it is the oldest that leave, not the largest. */
class Room {
  #count: number;
  #bytes: number;

  constructor({ count, bytes }: { readonly count: number; readonly bytes: number }) {
    this.#count = count;
    this.#bytes = bytes;
  }

  takes(bytes: number): boolean {
    this.#count--;
    this.#bytes -= bytes;
    return this.#count >= 0 && this.#bytes >= 0;
  }
}

function leftBehind(names: readonly string[], now: number): string[] {
  const parts = names.filter((name) => name.endsWith(PART));
  return parts.filter((name) => (readId(name.slice(0, -PART.length))?.expires ?? 0) <= now);
}

function notFound(id: string, told: Told | undefined): GanymedeError {
  const expires = told && new Date(told.expires).toISOString();
  const what = expires ? `one that expires or expired at ${expires}` : `"${id.slice(0, 80)}"`;
  return new GanymedeError(
    'UPLOAD_NOT_FOUND',
    `Expected the id of an image that was uploaded within the last ${UPLOADS.seconds / 60} minutes but received ${what}. Upload it again.`,
    { details: { id: id.slice(0, 80), ...(expires && { expires }) } },
  );
}

function unavailable(cause: unknown): GanymedeError {
  return new GanymedeError(
    'UPLOADS_UNAVAILABLE',
    `Expected a folder for uploads that can be read and written but received: ${messageOf(cause)}. Set UPLOADS to another.`,
    { cause },
  );
}
