// Reproducible random numbers by name: every draw of training is a pure function of (seed, what it is for, step), so a
// resumed run continues with the very numbers that an uninterrupted one would have used, and no generator state is
// stored.

import { fillMasks } from './masks.js';
import { fillBernoulli, fillNormal, fillUniform, fillWords, STREAMS } from './philox.js';

/**
 * Random numbers that a network takes as tensors, one row per example: `shape` leaves the batch out.
 * Bernoulli masks travel as bytes (0 or 1) because they are most of what a step with dropout reads.
 */
export type NoiseSpec =
  | { readonly kind: 'bernoulli'; readonly keep: number; readonly shape: readonly number[] }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number; readonly shape: readonly number[] }
  | { readonly kind: 'normal'; readonly shape: readonly number[] }
  /** 1 where a pixel is known, 0 where not: masks.ts. The shape is [1, H, W]. */
  | { readonly kind: 'mask'; readonly shape: readonly number[] };

export type NoiseSpecs = Readonly<Record<string, NoiseSpec>>;

export interface Stream {
  readonly seed: number;
  /** What is drawn; another name gives independent numbers. */
  readonly name: string;
  /** Which draw of that name: the training step, the epoch, or 0. */
  readonly counter: number;
  at(name: string): Stream;
}

export function streamOf(seed: number, name = '', counter = 0): Stream {
  return { seed, name, counter, at: (next) => streamOf(seed, next, counter) };
}

/** Fills `out` with draws of `noise`; of its shape only a mask's is read. */
export function fillStream(out: Float32Array | Uint8Array, stream: Stream, noise: NoiseSpec): void {
  const address = { seed: stream.seed, stream: streamNumber(stream.name), counter: stream.counter };
  switch (noise.kind) {
    case 'bernoulli':
      fillBernoulli(out, address, noise.keep);
      return;
    case 'uniform':
      fillUniform(floats(out), address, noise.low, noise.high);
      return;
    case 'normal':
      fillNormal(floats(out), address);
      return;
    case 'mask':
      fillMasks(floats(out), noise.shape, (numbers) => fillUniform(numbers, address, 0, 1));
      return;
    default:
      noise satisfies never;
  }
}

function floats(out: Float32Array | Uint8Array): Float32Array {
  if (out instanceof Float32Array) return out;
  throw new TypeError('Expected a Float32Array for noise that is not a mask.');
}

/** A permutation of 0 … count−1 by Fisher and Yates, from the stream's words. */
export function permutation(count: number, stream: Stream): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const words = new Uint32Array(count);
  fillWords(words, { seed: stream.seed, stream: streamNumber(stream.name), counter: stream.counter });
  for (let i = count - 1; i > 0; i--) {
    // Multiply and shift instead of a remainder; the bias is below count / 2^32.
    const j = Math.floor((words[i]! / 2 ** 32) * (i + 1));
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}

/** FNV-1a of the name, moved past the streams that serving uses. */
function streamNumber(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return STREAMS.training + ((hash >>> 0) % (2 ** 32 - STREAMS.training));
}
