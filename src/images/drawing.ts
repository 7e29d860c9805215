// What the threads of threads.ts are asked, and what they answer.

import type { Timing } from './apng.js';
import type { Pixels } from './pixels.js';

export interface Drawing {
  /** Of one shape. */
  readonly frames: readonly Pixels[];
  /** To which each is enlarged or reduced. */
  readonly height: number;
  /** A PNG file, an animated one, or pixels for another encoder: several frames one below the other. */
  readonly as: 'png' | 'pixels' | Timing;
}

export type Drawn =
  | { readonly kind: 'file'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'pixels'; readonly pixels: Pixels & { readonly data: Uint8Array<ArrayBuffer> } }
  | { readonly kind: 'failed'; readonly message: string };
