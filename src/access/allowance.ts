// How much somebody may ask for in a while: a bucket that holds a minute's points and fills up steadily. A request
// takes its price out of it before it runs, and waits for nothing: what is not there is refused, with when to come
// back.

import { GanymedeError } from '../errors.js';

/** Buckets that are kept; a full one says nothing and may go. */
const MOST_BUCKETS = 10_000;

const MINUTE_MS = 60_000;

export class Bucket {
  readonly #perMinute: number;
  readonly #now: () => number;
  #points: number;
  #at: number;

  /** `now`: milliseconds of a clock that is never set back. */
  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.#perMinute = perMinute;
    this.#now = now;
    this.#points = perMinute;
    this.#at = now();
  }

  get perMinute(): number {
    return this.#perMinute;
  }

  /** Less than nothing where a request came to more than was known of it. */
  get points(): number {
    const now = this.#now();
    this.#points = Math.min(this.#perMinute, this.#points + ((now - this.#at) * this.#perMinute) / MINUTE_MS);
    this.#at = now;
    return this.#points;
  }

  /** Until there are so many. */
  secondsUntil(points: number): number {
    return Math.max(0, Math.ceil(((points - this.points) * 60) / this.#perMinute));
  }

  /** One that costs more than the bucket holds may run when it is full. @throws GanymedeError RATE_LIMITED */
  take(points: number): void {
    const needed = Math.min(points, this.#perMinute);
    if (this.points < needed) throw tooSoon(points, this.#perMinute, this.secondsUntil(needed));
    this.#points -= points;
  }

  /** What has been done already. */
  settle(points: number): void {
    this.#points = this.points - points;
  }
}

export class Buckets {
  readonly #now: (() => number) | undefined;
  readonly #buckets = new Map<string, Bucket>();

  constructor(now?: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#buckets.size;
  }

  of(whose: string, perMinute: number): Bucket {
    const bucket = this.#buckets.get(whose) ?? new Bucket(perMinute, this.#now);
    this.#buckets.delete(whose);
    this.#buckets.set(whose, bucket); // those used last are at the end
    if (this.#buckets.size > MOST_BUCKETS) this.#forget();
    return bucket;
  }

  /** Full ones, and where there are none the one that was used longest ago. */
  #forget(): void {
    for (const [whose, bucket] of this.#buckets) if (bucket.points >= bucket.perMinute) this.#buckets.delete(whose);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MOST_BUCKETS && oldest !== undefined) this.#buckets.delete(oldest);
  }
}

function tooSoon(points: number, perMinute: number, seconds: number): GanymedeError {
  return new GanymedeError(
    'RATE_LIMITED',
    `Expected at most ${perMinute} points a minute, but received a request of ${points} when fewer were left. Ask again in ${seconds} s.`,
    { details: { points, perMinute, retryAfterSeconds: seconds } },
  );
}
