// Something of a version that is opened when somebody first asks for it, and freed with the version: all who ask
// meanwhile wait for the same, and what failed is tried anew by the next who asks.

export interface OnDemandOptions<T> {
  /** The signal fires when it is freed before it is open. */
  readonly open: (signal: AbortSignal) => Promise<T>;
  readonly free: (value: T) => Promise<void>;
  /** Of a failure: whether the next attempt would fail in the same way, so that there is none. */
  readonly lasts?: (error: unknown) => boolean;
  /** What it is made of at the moment, such as the time of its file: with another it is opened anew. */
  readonly stamp?: () => Promise<string>;
}

interface Opening<T> {
  readonly value: Promise<T>;
  readonly left: AbortController;
  readonly stamp: string;
}

export class OnDemand<T> {
  readonly #options: OnDemandOptions<T>;
  #opening: Opening<T> | undefined;
  #leaving: Promise<unknown> = Promise.resolve();

  constructor(options: OnDemandOptions<T>) {
    this.#options = options;
  }

  get(): Promise<T> {
    return this.#options.stamp ? this.#newest(this.#options.stamp) : this.#opened('');
  }

  /** The next who asks opens it again. */
  async free(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    await Promise.all([this.#leaving, opening && this.#freeOpening(opening)]);
  }

  async #newest(stamp: () => Promise<string>): Promise<T> {
    const now = await stamp();
    if (this.#opening && this.#opening.stamp !== now) {
      this.#leaving = Promise.all([this.#leaving, this.#freeOpening(this.#opening)]);
      this.#leaving.catch(() => {}); // whoever frees the rest hears of it
      this.#opening = undefined;
    }
    return this.#opened(now);
  }

  #opened(stamp: string): Promise<T> {
    this.#opening ??= this.#open(stamp);
    return this.#opening.value;
  }

  async #freeOpening(opening: Opening<T>): Promise<void> {
    opening.left.abort();
    const [opened] = await Promise.allSettled([opening.value]); // a failure was told to those who asked
    if (opened.status === 'fulfilled') await this.#options.free(opened.value);
  }

  #open(stamp: string): Opening<T> {
    const left = new AbortController();
    const opening = { value: this.#options.open(left.signal), left, stamp };
    opening.value.catch((error: unknown) => {
      if (this.#opening === opening && !this.#options.lasts?.(error)) this.#opening = undefined;
    });
    return opening;
  }
}
