// How a work goes on while a person watches: until which step, how many steps a second, how often it shows itself; and
// what it shows then. Nothing of it changes what is computed.

export interface Pace {
  /** Of the steps of the whole work: once so many are made it waits. Null: it goes on to its end. */
  readonly until: number | null;
  /** At most so many steps a second; null: as many as it can. */
  readonly perSecond: number | null;
  /** It shows itself each so many steps, and where it begins, waits and ends; null: never. */
  readonly showEvery: number | null;
}

export const FREELY: Pace = { until: null, perSecond: null, showEvery: null };

/** Whether it has made the steps that it was to make. */
export function waitsAt(step: number, { until }: Pace): boolean {
  return until !== null && step >= until;
}

/** The pace by now; whoever waits is told of the next. */
export class Pacer {
  #pace: Pace;
  readonly #sleepers = new Set<() => void>();

  constructor(pace: Pace = FREELY) {
    this.#pace = pace;
  }

  get pace(): Pace {
    return this.#pace;
  }

  change(pace: Pace): void {
    this.#pace = pace;
    for (const wake of this.#sleepers) wake();
  }

  /** Resolves when the pace is another, when `signal` fires, or after `ms` where it is given. */
  changed(signal: AbortSignal | undefined, ms?: number): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#sleepers.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = ms === undefined ? undefined : setTimeout(wake, ms);
      this.#sleepers.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }
}

/** How much of a game is shown. */
export const SHOWN = {
  /** Places on an axis of the line and of the plane at which D is asked. */
  places: { line: 128, plane: 48 },
  /** Examples of the data, at most. */
  examples: 1024,
  samples: 512,
  /** Latents on an axis whose way to x is shown, by how many numbers a point has. */
  latents: { 1: 65, 2: 21 },
} as const;

/** What a work shows of itself at a step. Only the newest is kept, and nowhere that lasts. */
export interface View {
  readonly at: number;
  /** It goes on when its pace is changed. */
  readonly waiting: boolean;
  /** Means over the steps since the view before, by name; empty before the first step. */
  readonly values: Readonly<Record<string, number>>;
  /** Of a game on the line or in the plane; null of others, and of a work that is not to show itself. */
  readonly game: GameView | null;
}

/** A game as it is at a step, its newest generator against its newest discriminator. Texts are float32 in base64. */
export interface GameView {
  /** Numbers of a point: 1 or 2. */
  readonly size: number;
  /** What of the line or the plane D was asked about. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Places on each axis; the last row is at the lowest y, and x runs fastest. */
  readonly places: number;
  /** What D says at each place. */
  readonly verdict: string;
  /** Whether that is a probability, D*; else D's raw output. */
  readonly isProbability: boolean;
  /** What D says of what it takes for as likely data as a sample; null where only differences mean something. */
  readonly boundary: number | null;
  /** Examples of the data. */
  readonly data: string;
  /** What is made of the same latents each time. */
  readonly samples: string;
  /** By how much less loss of a sample's own the generator would have for a step of length 1, in each direction. */
  readonly pulls: string;
  /**
   * Latents at equal shares of the prior, x fastest as above, and what becomes of them: of as many numbers as a point
   * has, while others are in the middle of the prior. Null where a latent has fewer.
   */
  readonly map: { readonly columns: number; readonly latents: string; readonly points: string } | null;
}
