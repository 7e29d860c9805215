// Lets at most so many tasks run at a time. The others wait in a queue that is bounded, and leave it with their client
// or at a deadline. Dear tasks leave a place free for cheap ones, and no client holds all places.

import { setMaxListeners } from 'node:events';
import pLimit, { type LimitFunction } from 'p-limit';
import { GanymedeError } from '../errors.js';

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

export type Limiter = <T>(task: () => Promise<T>, turn?: Turn) => Promise<T>;

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
  let waiting = 0;

  const inTurn: Limiter = (task, { weight = 0 } = {}) => (weight > dear ? dearOnes(() => all(task)) : all(task));

  const placesOf = (client: AbortSignal): LimitFunction => {
    let own = clients.get(client);
    if (!own) {
      own = pLimit(PLACES_OF_A_CLIENT);
      clients.set(client, own);
      setMaxListeners(0, client); // one for each task that waits: Node would take many for a leak
    }
    return own;
  };

  return async (task, turn = {}) => {
    const { signal, weight = 0 } = turn;
    if (!signal) return inTurn(task, turn);
    if (signal.aborted) throw cancelled(signal);
    if (waiting > 0 && waiting + weight > mostWaiting) throw full(waiting, mostWaiting);
    waiting += weight;
    return new Promise((resolve, reject) => {
      let waits = true;
      /** False if it has left: its turn goes to the next at once. */
      const leaveQueue = (): boolean => {
        if (!waits) return false;
        waits = false;
        waiting -= weight;
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        return true;
      };
      const fail = (error: GanymedeError): void => {
        if (leaveQueue()) reject(error);
      };
      const onAbort = (): void => fail(cancelled(signal));
      const timer = setTimeout(() => fail(late(deadlineMs)), deadlineMs);
      const own = placesOf(signal);
      signal.addEventListener('abort', onAbort);
      const begin = async (): Promise<void> => {
        if (leaveQueue()) await task().then(resolve, reject);
      };
      void own(async () => (waits ? inTurn(begin, turn) : undefined));
    });
  };
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
