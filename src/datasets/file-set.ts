// Files that belong together, wherever they lie: in a folder, a zip, a Parquet table. The set holds their names; bytes
// are read when they are asked for.

export interface FileSet {
  /** What a person calls the whole: the folder's or archive's name. */
  readonly name: string;
  readonly count: number;
  /** Path with forward slashes, relative to the whole. */
  nameAt(index: number): string;
  read(index: number): Promise<Uint8Array>;
  /** The first bytes, enough to tell an image from other files; perhaps all. */
  start(index: number): Promise<Uint8Array>;
  /** Keeps what the entries lie in open meanwhile, which saves many reads in a row from opening it each time. */
  whileOpen<T>(work: () => Promise<T>): Promise<T>;
}
