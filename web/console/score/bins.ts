// Counts of scores over bins of equal width. The outermost bins hold what lies beyond them, too.

export interface Bins {
  readonly low: number;
  readonly high: number;
}

/** As many as the server keeps. */
export const BINS = 40;

export function countsOf(values: readonly number[], { low, high }: Bins, bins: number): readonly number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = Math.floor((bins * (value - low)) / (high - low));
    counts[Math.min(bins - 1, Math.max(0, bin))]! += 1;
  }
  return counts;
}

/** From the least to the greatest of them. */
export function binsOf(values: readonly number[]): Bins {
  const [low, high] = values.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
  return low < high
    ? { low, high }
    : { low: (values.length > 0 ? low : 0) - 0.5, high: (values.length > 0 ? low : 0) + 0.5 };
}

/** Below it lies half of all, as far as bins tell; null of none. */
export function medianOf(counts: readonly number[], { low, high }: Bins): number | null {
  let left = counts.reduce((sum, count) => sum + count, 0) / 2;
  for (const [bin, count] of counts.entries()) {
    if (count > 0 && count >= left) return low + ((bin + left / count) * (high - low)) / counts.length;
    left -= count;
  }
  return null;
}
