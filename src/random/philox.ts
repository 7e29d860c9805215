// Philox 4×32-10, the counter-based generator of Salmon et al. (2011), "Parallel random numbers: as easy as 1, 2, 3",
// and bulk fills drawn from it. Every fill is a pure function of its address: nothing here holds state, so any draw
// can be repeated alone, in any order and on any machine.

import { expected } from '../errors.js';
import { normalPair } from './normal.js';

/**
 * Where in the generator's 2^192 outputs a fill begins.
 *
 * | Philox word | holds |
 * |---|---|
 * | key 0 | `seed`, an integer in [0, 2^32) |
 * | key 1 | `stream`, an integer in [0, 2^32): what is drawn (latents, a dropout layer's mask, …) |
 * | counter 0 | the block within the fill, from 0; a block is four 32-bit words |
 * | counter 1 | 0, reserved |
 * | counter 2, 3 | `counter`, low and high half of an integer in [0, 2^53): the training step, say |
 *
 * Philox is a bijection of the counter for each key, and no two addresses share (key, counter 2, counter 3), so no
 * two fills share a block. A shorter fill is a prefix of a longer one at the same address.
 */
export interface Address {
  readonly seed: number;
  readonly stream: number;
  readonly counter: number;
}

/** Streams in use. Those below 16 belong to serving; training numbers its own from `training` up. */
export const STREAMS = { latent: 0, label: 1, rejection: 2, training: 16 } as const;

/** One block: four 32-bit words from a counter of four and a key of two. */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(4);
  fillBlocks(words, 4, counter[0], counter[1], counter[2], counter[3], key[0], key[1]);
  return words;
}

/** Raw words, four a block. */
export function fillWords(out: Uint32Array, address: Address): void {
  forEachChunk(out.length, 1, address, (words, start, count) => {
    out.set(count === words.length ? words : words.subarray(0, count), start);
  });
}

/** Value i = low + (high − low) · (word i >>> 8) / 2^24: in [low, high) before rounding to float32. */
export function fillUniform(out: Float32Array, address: Address, low: number, high: number): void {
  const scale = (high - low) / 2 ** 24;
  forEachChunk(out.length, 1, address, (words, start, count) => {
    for (let i = 0; i < count; i++) out[start + i] = low + scale * (words[i]! >>> 8);
  });
}

/**
 * Standard normals by Box–Muller: words 2j and 2j+1 make values 2j and 2j+1 (cosine, then sine), with the radius from
 * the first word and the angle from the second. |value| ≤ 6.66. The same bits on every JavaScript engine: see
 * normal.ts.
 */
export function fillNormal(out: Float32Array, address: Address): void {
  forEachChunk(out.length, 1, address, (words, start, count) => {
    for (let i = 0; i < count; i += 2) {
      normalPair(words[i]!, words[i + 1]!, pair);
      out[start + i] = pair[0]!;
      if (i + 1 < count) out[start + i + 1] = pair[1]!;
    }
  });
}

/**
 * `value` with probability `keep`, otherwise 0. For keep = 0.5, draw i is bit i mod 32 of word ⌊i/32⌋. Otherwise draw i
 * is half-word i (low half first) compared with round(keep · 65536), so the share kept is within 2^-17 of `keep`; 0 and
 * 1 are exact.
 */
export function fillBernoulli(out: Float32Array | Uint8Array, address: Address, keep: number, value = 1): void {
  if (!(keep >= 0 && keep <= 1)) throw expected('keep in [0, 1]', keep);
  const choices = Float32Array.of(0, value); // a look-up is 2–3 times as fast as a branch or a product
  if (keep === 0.5) {
    forEachChunk(out.length, 32, address, (words, start, count) => {
      for (let i = 0; i < count; i++) out[start + i] = choices[(words[i >>> 5]! >>> (i & 31)) & 1]!;
    });
    return;
  }
  const threshold = Math.round(keep * 65_536);
  forEachChunk(out.length, 2, address, (words, start, count) => {
    for (let i = 0; i < count; i++) {
      const half = (words[i >>> 1]! >>> ((i & 1) << 4)) & 0xffff;
      out[start + i] = choices[(half - threshold) >>> 31]!; // the sign bit: 1 when half < threshold
    }
  });
}

// Scratch for the fills. They are synchronous and never call one another, so one buffer a thread is enough.
const scratch = new Uint32Array(1024);
const pair = new Float64Array(2);

/** Calls `use` with words for `length` draws, `drawsPerWord` to a word; `start` and `count` are in draws. */
function forEachChunk(
  length: number,
  drawsPerWord: number,
  { seed, stream, counter }: Address,
  use: (words: Uint32Array, start: number, count: number) => void,
): void {
  checkAddressWord('seed', seed, 2 ** 32);
  checkAddressWord('stream', stream, 2 ** 32);
  checkAddressWord('counter', counter, 2 ** 53);
  const perChunk = scratch.length * drawsPerWord;
  for (let start = 0; start < length; start += perChunk) {
    const count = Math.min(perChunk, length - start);
    const block = start / drawsPerWord / 4;
    fillBlocks(scratch, Math.ceil(count / drawsPerWord), block, 0, counter >>> 0, counter / 2 ** 32, seed, stream);
    use(scratch, start, count);
  }
}

function checkAddressWord(name: string, value: number, limit: number): void {
  if (!(Number.isInteger(value) && value >= 0 && value < limit)) {
    throw expected(`${name} to be an integer in [0, 2^${Math.log2(limit)})`, value);
  }
}

/** Writes whole blocks until `length` words are there (up to three more than asked), counting up from c0. */
function fillBlocks(
  out: Uint32Array,
  length: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  key0: number,
  key1: number,
): void {
  for (let i = 0; i < length; i += 4, c0++) {
    let x0 = c0 | 0;
    let x1 = c1 | 0;
    let x2 = c2 | 0;
    let x3 = c3 | 0;
    let k0 = key0 | 0;
    let k1 = key1 | 0;
    for (let round = 0; round < 10; round++) {
      // The high halves of x0 · 0xd2511f53 and x2 · 0xcd9e8d57 from 16-bit parts: JavaScript has no 64-bit product
      // of integers, and every sum below stays under 2^32.
      const a0 = x0 & 0xffff;
      const b0 = x0 >>> 16;
      const m0 = (Math.imul(b0, 0x1f53) + (Math.imul(a0, 0x1f53) >>> 16)) | 0;
      const n0 = (Math.imul(a0, 0xd251) + (m0 & 0xffff)) | 0;
      const high0 = (Math.imul(b0, 0xd251) + (m0 >>> 16) + (n0 >>> 16)) | 0;
      const a2 = x2 & 0xffff;
      const b2 = x2 >>> 16;
      const m2 = (Math.imul(b2, 0x8d57) + (Math.imul(a2, 0x8d57) >>> 16)) | 0;
      const n2 = (Math.imul(a2, 0xcd9e) + (m2 & 0xffff)) | 0;
      const high2 = (Math.imul(b2, 0xcd9e) + (m2 >>> 16) + (n2 >>> 16)) | 0;
      const low0 = Math.imul(x0, 0xd2511f53);
      const low2 = Math.imul(x2, 0xcd9e8d57);
      x0 = high2 ^ x1 ^ k0;
      x1 = low2;
      x2 = high0 ^ x3 ^ k1;
      x3 = low0;
      k0 = (k0 + 0x9e3779b9) | 0; // golden ratio
      k1 = (k1 + 0xbb67ae85) | 0; // √3 − 1
    }
    out[i] = x0;
    out[i + 1] = x1;
    out[i + 2] = x2;
    out[i + 3] = x3;
  }
}
