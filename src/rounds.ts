// Rounds of the event loop shared out between large requests. What they compute on the thread that answers everybody
// goes in steps, one step of one of them a round, the oldest first: so a small request waits for one step at most each
// time it comes up, and no large one waits for more rounds than there are large ones before it.

/** For how long one step may compute. */
const STEP_MS = 1;

class Rounds {
  readonly #waiting: (() => void)[] = [];

  /** Resolves in a round that no other large step has. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) setImmediate(this.#step);
    });
  }

  readonly #step = (): void => {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(this.#step);
  };
}

/** A process has one event loop. */
export const rounds = new Rounds();

/** `make` of each, in as many rounds as it takes steps of a millisecond. */
export async function inRounds<T, R>(items: readonly T[], make: (item: T) => R): Promise<R[]> {
  const made: R[] = [];
  let since = performance.now();
  for (const item of items) {
    if (performance.now() - since > STEP_MS) {
      await rounds.next();
      since = performance.now();
    }
    made.push(make(item));
  }
  return made;
}
