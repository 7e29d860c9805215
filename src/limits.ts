// Every range that an argument may have, in one place: the schema's descriptions, the checks and the tests read it.
// A limit bounds the work of one request; it says nothing about how many requests there may be.

import { expected, GanymedeError } from './errors.js';
import { FRAMES_PER_SECOND, type Range, SIZE } from './images/limits.js';
import { MAX_SEED } from './models/latent.js';

/** Integers, both ends included. */
export const LIMITS = {
  count: { least: 1, most: 256 },
  seed: { least: 0, most: MAX_SEED },
  rows: { least: 1, most: 16 },
  columns: { least: 1, most: 16 },
  waypoints: { least: 2, most: 64 },
  steps: { least: 2, most: 512 },
  fps: FRAMES_PER_SECOND,
  images: { least: 1, most: 64 },
  points: { least: 1, most: 1024 },
  size: SIZE,
} as const satisfies Record<string, Range>;

/** Numbers, both ends included. */
export const TRUNCATION = { least: 0, most: 1 } as const;

/** Request body: 64 images as base64 fit as long as they average 120 kB. */
export const MAX_BODY_BYTES = 10 * 2 ** 20;

/** One request may make this many images or points from latents, aliases and animation frames counted. */
export const MAX_GENERATED_PER_REQUEST = 1024;

/** One request may encode this many pixels (32 images of 1024×1024), aliases and animation frames counted. */
export const MAX_ENCODED_PIXELS_PER_REQUEST = 2 ** 25;

/** Longer addresses are refused by proxies and by Node's own 16 kB limit on a request's head. */
export const MAX_URL_LENGTH = 8192;

/** "[1, 256]", for descriptions and messages alike. */
export function rangeOf({ least, most }: Range): string {
  return `[${least}, ${most}]`;
}

export function checkInteger(name: keyof typeof LIMITS, value: number): number {
  const range = LIMITS[name];
  if (Number.isInteger(value) && value >= range.least && value <= range.most) return value;
  throw expected(`${name} to be an integer in ${rangeOf(range)}`, value);
}

/** A list as long as its limit allows. */
export function checkLength<T>(name: 'waypoints' | 'images' | 'points', list: readonly T[]): readonly T[] {
  const { least, most } = LIMITS[name];
  if (list.length >= least && list.length <= most) return list;
  throw expected(`${least} to ${most} ${name}`, list.length);
}

export function checkTruncation(value: number): number {
  // Written so that NaN fails too.
  if (value >= TRUNCATION.least && value <= TRUNCATION.most) return value;
  throw expected(`truncation in ${rangeOf(TRUNCATION)}`, value);
}

/** What is left of a request's allowance. Aliases multiply work, so the request is counted, not the field. */
export class Allowance {
  readonly #what: string;
  readonly #limit: number;
  #spent = 0;

  constructor(what: string, limit: number) {
    this.#what = what;
    this.#limit = limit;
  }

  spend(amount: number): void {
    this.#spent += amount;
    if (this.#spent <= this.#limit) return;
    throw new GanymedeError(
      'BAD_USER_INPUT',
      `Expected a request to ask for at most ${this.#limit} ${this.#what} but received one for ${this.#spent} or more. Split it.`,
      { details: { limit: this.#limit } },
    );
  }
}
