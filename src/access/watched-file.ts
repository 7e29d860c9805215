// A file that is read anew when it changes. A look at its name, size and times twice a second works on every file
// system, which being told of changes does not. What cannot be read or understood leaves what was understood before.

import { type FileHandle, open, stat } from 'node:fs/promises';

const LOOK_MS = 500;

export interface WatchedFileOptions<T> {
  /** Undefined where there is no file. What it throws is a problem of the file. */
  readonly parse: (text: string | undefined) => T;
  /** Told once of each problem. */
  readonly onProblem: (error: unknown) => void;
}

export class WatchedFile<T> {
  readonly #path: string;
  readonly #options: WatchedFileOptions<T>;
  readonly #timer: NodeJS.Timeout;
  #value: T;
  /** Of the file as it was seen last, readable or not. */
  #seen: string;
  /** What the system said of it at the last look; undefined where it could be read. */
  #failed: string | undefined;
  #looking: Promise<void> | undefined;

  /** Throws what is wrong with the file: at the start there is nothing to go on with. */
  static async open<T>(path: string, options: WatchedFileOptions<T>): Promise<WatchedFile<T>> {
    const { text, mark } = await read(path);
    return new WatchedFile(path, options, options.parse(text), mark);
  }

  private constructor(path: string, options: WatchedFileOptions<T>, value: T, mark: string) {
    this.#path = path;
    this.#options = options;
    this.#value = value;
    this.#seen = mark;
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  get value(): T {
    return this.#value;
  }

  /** Resolves when it has been looked at. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const mark = await markAt(this.#path);
    if (mark === this.#seen) return;
    this.#seen = mark;
    try {
      const { text, mark: newest } = await read(this.#path);
      if (text === undefined) throw new Error(`${this.#path} is gone`);
      this.#value = this.#options.parse(text);
      this.#seen = newest;
      this.#failed = undefined;
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      // What the system could not do now it may do at the next look: then what changed is still to be read.
      if (syscall !== undefined) this.#seen = UNREAD;
      if (syscall === undefined || code !== this.#failed) this.#options.onProblem(error);
      this.#failed = syscall === undefined ? undefined : code;
    }
  }
}

const NONE = 'none';
/** The mark of no file. */
const UNREAD = 'unread';

async function markAt(path: string): Promise<string> {
  try {
    return markOf(await stat(path, { bigint: true }));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? NONE;
  }
}

/** Both of one file, whatever takes its name meanwhile. */
async function read(path: string): Promise<{ readonly text: string | undefined; readonly mark: string }> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { text: undefined, mark: code };
    throw error;
  }
  try {
    const mark = markOf(await file.stat({ bigint: true }));
    return { text: await file.readFile('utf8'), mark };
  } finally {
    await file.close();
  }
}

function markOf(stats: {
  readonly ino: bigint;
  readonly size: bigint;
  readonly ctimeNs: bigint;
  readonly mtimeNs: bigint;
}) {
  return [stats.ino, stats.size, stats.ctimeNs, stats.mtimeNs].join();
}
