// Lets at most so many tasks run at a time; the others wait their turn in order. It never looks at what they do.

export type Limiter = <T>(task: () => Promise<T>) => Promise<T>;

export function limiter(places: number): Limiter {
  let free = places;
  const waiting: (() => void)[] = [];

  return async (task) => {
    if (free > 0) free--;
    else await new Promise<void>((resume) => waiting.push(resume));
    try {
      return await task();
    } finally {
      // The place goes straight to the next in line, so that a newcomer cannot slip in before it.
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
