// What the program counts of itself while it works, as plain numbers: to add one is a few instructions and allocates
// nothing. Whoever shows them reads them when asked (src/server/metrics.ts); no exporter is known here.

/** Upper bounds of times, from a small image's encoding to the deadline of a queue. */
export const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** Upper bounds of the rows of a batch. */
export const ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const;

/** How values are spread: how many lie under each bound, how many there are, and their sum. */
export class Distribution {
  readonly bounds: readonly number[];
  /** Of the values in (bounds[i - 1], bounds[i]]; the last is of those above every bound. */
  readonly counts: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
    this.counts = this.#counts;
  }

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  add(value: number): void {
    let i = 0;
    while (i < this.bounds.length && value > this.bounds[i]!) i++;
    this.#counts[i]!++;
    this.#count++;
    this.#sum += value;
  }
}

/** What a distribution holds, by now. */
export type Spread = Pick<Distribution, 'bounds' | 'counts' | 'count' | 'sum'>;

/**
 * The value below which a share of the values lies, as if those between two bounds lay evenly there, which is what
 * Prometheus' histogram_quantile says; of those above every bound, the highest bound. Null of no values.
 */
export function quantileOf({ bounds, counts, count }: Spread, share: number): number | null {
  if (count === 0) return null;
  let below = 0;
  for (const [i, high] of bounds.entries()) {
    const within = counts[i]!;
    if (within > 0 && below + within >= share * count) {
      const low = bounds[i - 1] ?? 0;
      return low + ((high - low) * (share * count - below)) / within;
    }
    below += within;
  }
  return bounds.at(-1) ?? null;
}

/** Something that is counted, as whoever asks is shown it. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly series: readonly Series[];
}

export interface Series {
  readonly labels: Readonly<Record<string, string | number>>;
  /** Of a histogram, how its values are spread. */
  readonly value: number | Spread;
}

/** Adds the seconds that `work` takes, whether it succeeds or fails. */
export async function timed<T>(seconds: Distribution, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  try {
    return await work();
  } finally {
    seconds.add((performance.now() - started) / 1000);
  }
}
