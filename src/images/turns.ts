// The one queue of this process in which images wait to be decoded or encoded, whatever asked for them.

import { type Limiter, limiter } from './limiter.js';

/** Pixels; a task of fewer takes some 10 ms at most, but for AVIF. */
const DEAR_PIXELS = 2 ** 18;

/** Pixels of all images that wait: eight requests, each at its own limit. */
const MOST_WAITING_PIXELS = 2 ** 28;

/** Seconds that one image may take in libvips once its turn has come. Nothing that limits let through takes so long. */
export const MOST_SECONDS = 20;

/** Each task occupies a thread of libuv's pool, which has four; one stays free for files and names. */
export const inTurn: Limiter = limiter({ places: 3, dear: DEAR_PIXELS, mostWaiting: MOST_WAITING_PIXELS });
