// Lets at most so many tasks run at a time. The others wait in a queue that is bounded, and leave it with their client
// or at a deadline. Dear tasks leave a place free for cheap ones, and no client holds all places.

import { setMaxListeners } from 'node:events';
import pLimit, { type LimitFunction } from 'p-limit';
import { GanymedeError } from '../errors.js';
import { Distribution, SECONDS } from '../measures.js';

export interface LimiterOptions {
  /** Tasks that run at a time. */
  readonly places: number;
  /** A task of more weight is dear: one place is always closed to it. */
  readonly dear?: number;
  /** Weight of all clients' tasks that wait; beyond it one is refused with QUEUE_FULL. */
  readonly mostWaiting?: number;
  /** Longest wait for a turn, in milliseconds; then DEADLINE_EXCEEDED. */
  readonly deadlineMs?: number;
}

export interface Turn {
  /**
   * Stands for the client, of whom two tasks at most run at a time; on abort his waiting tasks fail with CANCELLED.
   * Work without a signal is our own: it is neither bounded nor late. A task that has begun goes on to its end.
   */
  readonly signal?: AbortSignal | undefined;
  /** Pixels, say. */
  readonly weight?: number;
}

export interface Limiter {
  <T>(task: () => Promise<T>, turn?: Turn): Promise<T>;
  readonly line: Line;
}

/** The tasks of a limiter, counted. Those that left wait no more. */
export interface Line {
  readonly running: number;
  readonly waiting: number;
  /** Seconds that each task waited which has begun. */
  readonly waits: Distribution;
}

const PLACES_OF_A_CLIENT = 2;

export function limiter(options: LimiterOptions): Limiter {
  const queue = new Queue(options);
  return Object.assign(<T>(task: () => Promise<T>, turn: Turn = {}) => queue.run(task, turn), { line: queue });
}

class Queue implements Line {
  readonly waits = new Distribution(SECONDS);
  waiting = 0;
  readonly #all: LimitFunction;
  readonly #dearOnes: LimitFunction;
  readonly #clients = new WeakMap<AbortSignal, LimitFunction>();
  readonly #dear: number;
  readonly #mostWaiting: number;
  readonly #deadlineMs: number;
  /** Of all clients' tasks that wait. */
  #weight = 0;

  constructor({ places, dear, mostWaiting, deadlineMs = 30_000 }: LimiterOptions) {
    this.#all = pLimit(places);
    this.#dearOnes = pLimit(Math.max(1, places - 1));
    this.#dear = dear ?? Number.POSITIVE_INFINITY;
    this.#mostWaiting = mostWaiting ?? Number.POSITIVE_INFINITY;
    this.#deadlineMs = deadlineMs;
  }

  get running(): number {
    return this.#all.activeCount;
  }

  run<T>(task: () => Promise<T>, turn: Turn): Promise<T> {
    const { signal } = turn;
    if (signal) return this.#runForClient(task, turn, signal);
    const left = this.#enter();
    return this.#inTurn(() => {
      left(true);
      return task();
    }, turn);
  }

  async #runForClient<T>(task: () => Promise<T>, turn: Turn, signal: AbortSignal): Promise<T> {
    const { weight = 0 } = turn;
    if (signal.aborted) throw cancelled(signal);
    if (this.#weight > 0 && this.#weight + weight > this.#mostWaiting) throw full(this.#weight, this.#mostWaiting);
    const left = this.#enter(weight);
    return new Promise((resolve, reject) => {
      let waits = true;
      /** False if it has left: its turn goes to the next at once. */
      const leave = (begun: boolean): boolean => {
        if (!waits) return false;
        waits = false;
        left(begun);
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        return true;
      };
      const fail = (error: GanymedeError): void => {
        if (leave(false)) reject(error);
      };
      const onAbort = (): void => fail(cancelled(signal));
      const timer = setTimeout(() => fail(late(this.#deadlineMs)), this.#deadlineMs);
      signal.addEventListener('abort', onAbort);
      const begin = async (): Promise<void> => {
        if (leave(true)) await task().then(resolve, reject);
      };
      void this.#placesOf(signal)(async () => (waits ? this.#inTurn(begin, turn) : undefined));
    });
  }

  #inTurn<T>(task: () => Promise<T>, { weight = 0 }: Turn): Promise<T> {
    return weight > this.#dear ? this.#dearOnes(() => this.#all(task)) : this.#all(task);
  }

  /** Counts a task as waiting until it is called with whether it has begun. */
  #enter(weight = 0): (begun: boolean) => void {
    const since = performance.now();
    this.waiting++;
    this.#weight += weight;
    return (begun) => {
      this.waiting--;
      this.#weight -= weight;
      if (begun) this.waits.add((performance.now() - since) / 1000);
    };
  }

  #placesOf(client: AbortSignal): LimitFunction {
    let own = this.#clients.get(client);
    if (!own) {
      own = pLimit(PLACES_OF_A_CLIENT);
      this.#clients.set(client, own);
      setMaxListeners(0, client); // one for each task that waits: Node would take many for a leak
    }
    return own;
  }
}

function cancelled(signal: AbortSignal): GanymedeError {
  return new GanymedeError('CANCELLED', 'The request was cancelled before its image had its turn.', {
    cause: signal.reason,
  });
}

function full(waiting: number, mostWaiting: number): GanymedeError {
  return new GanymedeError(
    'QUEUE_FULL',
    `Expected images of at most ${mostWaiting} pixels to wait for decoding or encoding but ${waiting} do already. Try again later.`,
    { details: { waiting, mostWaiting } },
  );
}

function late(deadlineMs: number): GanymedeError {
  return new GanymedeError(
    'DEADLINE_EXCEEDED',
    `Expected the turn of an image to come within ${deadlineMs} ms but it did not. Try again when there is less load.`,
    { details: { deadlineMs } },
  );
}
