// A file of a multipart request, in the place of the null that stood for it among the variables.

export class SentFile {
  /** Private, so that whoever walks the variables finds nothing inside. */
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }
}
