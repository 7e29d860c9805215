// Pictures of learning over HTTP: those of a job (jobs.ts) and those that travel with a version (model-pictures.ts).
// The newest of them may be asked for as it is, or all up to it as an animation, which takes all that a request may
// encode and is kept for a while.

import type { FastifyReply } from 'fastify';
import { FORMATS } from '../images/image.js';
import { MAX_ENCODED_PIXELS_PER_REQUEST } from '../limits.js';
import { encodeLearning, type Learning, learningName } from '../pictures/learning.js';
import type { Account } from '../resolvers/account.js';
import { Recent } from './recent.js';

/** Of animations that stay in memory. */
const RECENT_BYTES = 2 ** 25;

export class Animations {
  readonly #recent = new Recent(RECENT_BYTES);

  /** `whose`: tells these pictures from all others. `pictures`: what reads each PNG, in the order of their making. */
  async of(
    whose: string,
    pictures: readonly (() => Promise<Uint8Array>)[],
    learning: Learning,
    account: Account,
  ): Promise<Uint8Array> {
    account.spend({ encoded: MAX_ENCODED_PIXELS_PER_REQUEST });
    return this.#recent.get(`${whose}/${learningName(learning)}`, () => encodeLearning(pictures, learning));
  }
}

/** What an address shows never changes; `private`: it is for whoever asked alone. */
export function sendForEver(
  reply: FastifyReply,
  format: keyof typeof FORMATS,
  bytes: Uint8Array,
  to: 'public' | 'private',
): FastifyReply {
  return reply
    .headers({ 'cache-control': `${to}, max-age=31536000, immutable`, 'x-content-type-options': 'nosniff' })
    .type(FORMATS[format].mimeType)
    .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
