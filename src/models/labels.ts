// Class labels: drawn from a seed, mixed, and as the graphs take them, one-hot float32 rows.

import { expected } from '../errors.js';
import { fillWords, STREAMS } from '../random/philox.js';

/** What a conditional graph is told of one example: a class by its index, or several at once. */
export type ClassLabel = number | LabelMixture;

/**
 * At least two classes, by index in ascending order, with weights that are whole multiples of 10⁻⁹ and add up to 1. So
 * equal mixtures are equal to the bit, and each has one address.
 */
export type LabelMixture = readonly LabelShare[];

export interface LabelShare {
  readonly label: number;
  readonly weight: number;
}

/** Shares are counted in these, so that their sum is exact. */
const PARTS = 1e9;

/**
 * Of classes with any weights ≥ 0, not all 0: divided by their sum, then rounded so that the parts still add up (by
 * largest remainder). Classes that come to nothing are left out, and a mixture of one class is that class.
 */
export function mixture(shares: readonly LabelShare[]): ClassLabel {
  const largest = Math.max(...shares.map(({ weight }) => weight)); // divided by first: the sum of two 1e308 is infinite
  const sum = shares.reduce((total, { weight }) => total + weight / largest, 0);
  const parts = shares.map(({ label, weight }) => {
    const exact = (weight / largest / sum) * PARTS;
    const whole = Math.floor(exact);
    // Rounded, so that remainders equal but for the last bits of a division are a tie, which the lower index wins.
    return { label, whole, remainder: Math.round((exact - whole) * 1e6) };
  });
  const missing = PARTS - parts.reduce((total, { whole }) => total + whole, 0);
  const byRemainder = parts.toSorted((a, b) => b.remainder - a.remainder || a.label - b.label);
  const kept = byRemainder
    .map(({ label, whole }, place) => ({ label, weight: (whole + (place < missing ? 1 : 0)) / PARTS }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => a.label - b.label);
  return kept.length === 1 ? kept[0]!.label : kept;
}

/** Whether these are what `mixture` gives for themselves. */
export function isMixture(shares: readonly LabelShare[]): shares is LabelMixture {
  if (!shares.every(({ weight }) => weight > 0 && Number.isFinite(weight))) return false;
  const same = mixture(shares);
  const kept = typeof same === 'number' ? [] : same;
  return (
    kept.length === shares.length &&
    kept.every(({ label, weight }, i) => label === shares[i]!.label && weight === shares[i]!.weight)
  );
}

/** From `a` at t = 0 to `b` at t = 1, weight by weight along a straight line. */
export function blend(a: ClassLabel, b: ClassLabel, t: number): ClassLabel {
  const weights = new Map<number, number>();
  for (const { label, weight } of sharesOf(a)) weights.set(label, (1 - t) * weight);
  for (const { label, weight } of sharesOf(b)) weights.set(label, (weights.get(label) ?? 0) + t * weight);
  return mixture(Array.from(weights, ([label, weight]) => ({ label, weight })));
}

/** A class as the mixture of itself alone. */
export function sharesOf(label: ClassLabel): readonly LabelShare[] {
  return typeof label === 'number' ? [{ label, weight: 1 }] : label;
}

/**
 * The class of a seed, evenly distributed (within 2^-32 of 1/classes): ⌊word · classes / 2^32⌋ for the first word of
 * the stream `STREAMS.label`. Independent of the seed's latent, which has a stream of its own.
 */
export function labelFromSeed(seed: number, classes: number): number {
  const word = new Uint32Array(1);
  fillWords(word, { seed, stream: STREAMS.label, counter: 0 });
  return Math.floor((word[0]! * classes) / 2 ** 32);
}

/** p(c) of each class: its share of the labels. */
export function classShares(labels: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]!++;
  return counts.map((count) => count / labels.length);
}

/** [labels.length, classes]: row i is 1 at class labels[i] and 0 elsewhere; of a mixture, its weights. */
export function oneHot(labels: readonly ClassLabel[], classes: number): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((given, row) => {
    for (const { label, weight } of sharesOf(given)) {
      if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
        throw expected(`a label to be an integer in [0, ${classes - 1}]`, label);
      }
      rows[row * classes + label] = weight;
    }
  });
  return rows;
}
