// What was made lately, by name, as long as it stays small: who asks again does not wait again, and who asks while it
// is made waits for the same. Names must mean the same for ever.

export class Recent {
  readonly #most: number;
  #bytes = 0;
  readonly #made = new Map<string, { readonly bytes: Promise<Uint8Array>; length: number }>();

  constructor(mostBytes: number) {
    this.#most = mostBytes;
  }

  get(name: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#made.get(name);
    if (known) {
      this.#made.delete(name);
      this.#made.set(name, known); // the newest is last
      return known.bytes;
    }
    const made = { bytes: make(), length: 0 };
    this.#made.set(name, made);
    made.bytes.then(
      ({ length }) => {
        if (this.#made.get(name) !== made) return; // forgotten before it was there
        made.length = length;
        this.#bytes += length;
        this.#forgetOldest();
      },
      () => this.#made.delete(name), // who asks hears of it
    );
    return made.bytes;
  }

  #forgetOldest(): void {
    for (const [name, { length }] of this.#made) {
      if (this.#bytes <= this.#most) return;
      this.#made.delete(name);
      this.#bytes -= length;
    }
  }
}
