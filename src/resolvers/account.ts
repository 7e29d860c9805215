// What one request may spend, resource by resource. Aliases, frames and repeats multiply work, so the request is
// counted, not the field. Most of it is spent before anything runs, by the price of the document (pricing.ts).

import { GanymedeError } from '../errors.js';
import {
  MAX_ANSWER_BYTES,
  MAX_DECODED_PIXELS_PER_REQUEST,
  MAX_ENCODED_PIXELS_PER_REQUEST,
  MAX_FIELDS_PER_REQUEST,
  MAX_GRAPH_ROWS_PER_REQUEST,
  MAX_NUMBERS_PER_REQUEST,
  MAX_REFINEMENT_STEPS_PER_REQUEST,
  MAX_UPLOADED_BYTES_PER_REQUEST,
} from '../limits.js';

/** Resource → what messages call it, and how much of it one request may have. */
export const RESOURCES = {
  rows: { what: 'generated samples and scored examples', limit: MAX_GRAPH_ROWS_PER_REQUEST },
  steps: { what: 'steps of refinement, images times steps', limit: MAX_REFINEMENT_STEPS_PER_REQUEST },
  encoded: { what: 'encoded pixels, as PNG counts them', limit: MAX_ENCODED_PIXELS_PER_REQUEST },
  decoded: { what: 'decoded pixels, as PNG counts them', limit: MAX_DECODED_PIXELS_PER_REQUEST },
  uploaded: { what: 'bytes of images that were sent ahead', limit: MAX_UPLOADED_BYTES_PER_REQUEST },
  numbers: { what: 'numbers of latents and points', limit: MAX_NUMBERS_PER_REQUEST },
  fields: { what: 'fields of the answer', limit: MAX_FIELDS_PER_REQUEST },
  bytes: { what: 'bytes of answer', limit: MAX_ANSWER_BYTES },
} as const;

export type Resource = keyof typeof RESOURCES;

export type Amounts = { readonly [R in Resource]?: number };

/** A request beyond one of these waits for a round of the event loop before each of its steps (rounds.ts). */
const LARGE = { rows: 8, steps: 8, encoded: 2 ** 18, bytes: 2 ** 14, fields: 64 } as const satisfies Amounts;

export class Account {
  readonly #spent: Record<Resource, number> = zeros();

  /** So often. Refuses what is beyond a limit, and then everything else that asks for more of that resource. */
  spend(amounts: Amounts, times = 1): void {
    for (const key in amounts) {
      const resource = key as Resource;
      this.#spent[resource] += times * (amounts[resource] ?? 0);
      const { what, limit } = RESOURCES[resource];
      const asked = Math.ceil(this.#spent[resource]);
      if (asked > limit) throw beyond(resource, what, limit, asked);
    }
  }

  /** Whether the answer takes this thread long enough for others to notice: about a millisecond. */
  get isLarge(): boolean {
    const { rows, encoded, bytes, fields } = this.#spent;
    return rows > LARGE.rows || encoded > LARGE.encoded || bytes > LARGE.bytes || fields > LARGE.fields;
  }

  /** Thousandths of what one request may have in all, its resources added up; rounded up. */
  get points(): number {
    const shares = Object.entries(RESOURCES).map(([resource, { limit }]) => this.#spent[resource as Resource] / limit);
    return Math.ceil(1000 * shares.reduce((sum, share) => sum + share));
  }

  get spent(): Readonly<Record<Resource, number>> {
    return this.#spent;
  }
}

function zeros(): Record<Resource, number> {
  return { rows: 0, steps: 0, encoded: 0, decoded: 0, uploaded: 0, numbers: 0, fields: 0, bytes: 0 };
}

function beyond(resource: Resource, what: string, limit: number, asked: number): GanymedeError {
  return new GanymedeError(
    'BAD_USER_INPUT',
    `Expected a request to ask for at most ${limit} ${what}, but received one for ${asked} or more. Split it.`,
    { details: { resource, limit, asked } },
  );
}
