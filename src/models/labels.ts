// Class labels as the graphs take them: one-hot float32 rows. It never knows the names of the classes.

import { expected } from '../errors.js';

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
