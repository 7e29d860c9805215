// Something of a version that is opened when somebody first asks for it, and freed with the version: all who ask
// meanwhile wait for the same, and what failed is tried anew by the next who asks.

export interface OnDemandOptions<T> {
  /** The signal fires when it is freed before it is open. */
  readonly open: (signal: AbortSignal) => Promise<T>;
  readonly free: (value: T) => Promise<void>;
  /** Of a failure: whether the next attempt would fail in the same way, so that there is none. */
  readonly lasts?: (error: unknown) => boolean;
}

export class OnDemand<T> {
  readonly #options: OnDemandOptions<T>;
  #opening: { readonly value: Promise<T>; readonly left: AbortController } | undefined;

  constructor(options: OnDemandOptions<T>) {
    this.#options = options;
  }

  get(): Promise<T> {
    this.#opening ??= this.#open();
    return this.#opening.value;
  }

  /** The next who asks opens it again. */
  async free(): Promise<void> {
    const opening = this.#opening;
    if (!opening) return;
    this.#opening = undefined;
    opening.left.abort();
    const [opened] = await Promise.allSettled([opening.value]); // a failure was told to those who asked
    if (opened.status === 'fulfilled') await this.#options.free(opened.value);
  }

  #open(): { value: Promise<T>; left: AbortController } {
    const left = new AbortController();
    const opening = { value: this.#options.open(left.signal), left };
    opening.value.catch((error: unknown) => {
      if (this.#opening === opening && !this.#options.lasts?.(error)) this.#opening = undefined;
    });
    return opening;
  }
}
