// A .npy file of float32 rows that are written as they come: how many there are is put into its header at the end.

import { type FileHandle, open } from 'node:fs/promises';
import { GanymedeError, messageOf } from '../errors.js';
import { encodeTensor } from '../images/tensor-file.js';

export class NpyFile {
  readonly #file: FileHandle;
  readonly #width: number;
  #rows = 0;

  private constructor(file: FileHandle, width: number) {
    this.#file = file;
    this.#width = width;
  }

  /** Of rows of `width` numbers. */
  static async create(path: string, width: number): Promise<NpyFile> {
    try {
      const file = await open(path, 'w');
      await file.write(encodeTensor('npy', [0, width], []));
      return new NpyFile(file, width);
    } catch (cause) {
      const message = `Expected a file that can be written but received ${path}: ${messageOf(cause)}.`;
      throw new GanymedeError('BAD_USER_INPUT', message, { cause });
    }
  }

  /** Numbers that are NaN where there is no row. */
  async append(row: Uint8Array | null): Promise<void> {
    const values = row ?? new Uint8Array(new Float32Array(this.#width).fill(Number.NaN).buffer);
    if (values.length !== 4 * this.#width) {
      throw new RangeError(`Expected ${4 * this.#width} bytes in a row but received ${values.length}.`);
    }
    await this.#file.write(values);
    this.#rows++;
  }

  /** The header is as long as that of no rows: it is filled up to a multiple of 64 bytes. */
  async close(): Promise<void> {
    const header = encodeTensor('npy', [this.#rows, this.#width], []);
    await this.#file.write(header, 0, header.length, 0);
    await this.#file.close();
  }
}
