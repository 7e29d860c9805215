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

export function limiter({
  places,
  dear = Number.POSITIVE_INFINITY,
  mostWaiting = Number.POSITIVE_INFINITY,
  deadlineMs = 30_000,
}: LimiterOptions): Limiter {
  const all = pLimit(places);
  const dearOnes = pLimit(Math.max(1, places - 1));
  const clients = new WeakMap<AbortSignal, LimitFunction>();
  const waits = new Distribution(SECONDS);
  let waiting = 0;
  let tasks = 0; // that wait

  const inTurn = <T>(task: () => Promise<T>, { weight = 0 }: Turn): Promise<T> =>
    weight > dear ? dearOnes(() => all(task)) : all(task);

  /** Counts a task as waiting until it is called with whether it has begun. */
  const enter = (): ((begun: boolean) => void) => {
    const since = performance.now();
    tasks++;
    return (begun) => {
      tasks--;
      if (begun) waits.add((performance.now() - since) / 1000);
    };
  };

  const placesOf = (client: AbortSignal): LimitFunction => {
    let own = clients.get(client);
    if (!own) {
      own = pLimit(PLACES_OF_A_CLIENT);
      clients.set(client, own);
      setMaxListeners(0, client); // one for each task that waits: Node would take many for a leak
    }
    return own;
  };

  const run = async <T>(task: () => Promise<T>, turn: Turn = {}): Promise<T> => {
    const { signal, weight = 0 } = turn;
    if (!signal) {
      const left = enter();
      return inTurn(() => {
        left(true);
        return task();
      }, turn);
    }
    if (signal.aborted) throw cancelled(signal);
    if (waiting > 0 && waiting + weight > mostWaiting) throw full(waiting, mostWaiting);
    waiting += weight;
    const left = enter();
    return new Promise((resolve, reject) => {
      let waits = true;
      /** False if it has left: its turn goes to the next at once. */
      const leaveQueue = (begun: boolean): boolean => {
        if (!waits) return false;
        waits = false;
        waiting -= weight;
        left(begun);
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        return true;
      };
      const fail = (error: GanymedeError): void => {
        if (leaveQueue(false)) reject(error);
      };
      const onAbort = (): void => fail(cancelled(signal));
      const timer = setTimeout(() => fail(late(deadlineMs)), deadlineMs);
      const own = placesOf(signal);
      signal.addEventListener('abort', onAbort);
      const begin = async (): Promise<void> => {
        if (leaveQueue(true)) await task().then(resolve, reject);
      };
      void own(async () => (waits ? inTurn(begin, turn) : undefined));
    });
  };
  return Object.assign(run, {
    line: {
      waits,
      get running() {
        return all.activeCount;
      },
      get waiting() {
        return tasks;
      },
    },
  });
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
