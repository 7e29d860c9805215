// Class labels: drawn from a seed, and as the graphs take them, one-hot float32 rows.

import { expected } from '../errors.js';
import { fillWords, STREAMS } from '../random/philox.js';

/**
 * The class of a seed, evenly distributed (within 2^-32 of 1/classes): ⌊word · classes / 2^32⌋ for the first word of
 * the stream `STREAMS.label`. Independent of the seed's latent, which has a stream of its own.
 */
export function labelFromSeed(seed: number, classes: number): number {
  const word = new Uint32Array(1);
  fillWords(word, { seed, stream: STREAMS.label, counter: 0 });
  return Math.floor((word[0]! * classes) / 2 ** 32);
}

/** [labels.length, classes]: row i is 1 at class labels[i] and 0 elsewhere. */
export function oneHot(labels: readonly number[], classes: number): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(labels.length * classes);
  labels.forEach((label, row) => {
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw expected(`a label to be an integer in [0, ${classes - 1}]`, label);
    }
    rows[row * classes + label] = 1;
  });
  return rows;
}
