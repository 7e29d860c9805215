// Lets at most so many tasks run at a time. The others wait their turn in order, and may leave while they wait.
import pLimit from 'p-limit';

/**
 * Ends a task that still waits with the reason of its `signal`. One that has begun goes on, and keeps its place to its
 * end.
 */
export type Limiter = <T>(task: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

export function limiter(places: number): Limiter {
  const inTurn = pLimit(places);
  return async (task, signal) => {
    if (!signal) return inTurn(task);
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const leave = () => reject(signal.reason);
      signal.addEventListener('abort', leave, { once: true });
      const turn = inTurn(() => {
        signal.throwIfAborted(); // it has left: the turn goes to the next at once
        signal.removeEventListener('abort', leave);
        return task();
      });
      turn.then(resolve, reject);
    });
  };
}
