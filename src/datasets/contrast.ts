// Images without their brightness and their contrast: global contrast normalisation, as the paper's configurations ask
// pylearn2 for it with CIFAR-10. Of each image the mean over all pixels and channels is taken away, and what is left
// divided by its standard deviation.
import { createHash } from 'node:crypto';
import { GanymedeError } from '../errors.js';
import type { Dataset } from './dataset.js';

/** Standard deviations on either side of the mean that are kept. What lies beyond becomes black or full intensity. */
export const DEVIATIONS = 3;

/** The middle of the range is an image's mean, and each end is three standard deviations from it. */
export function evenContrast(data: Dataset): Dataset {
  if (data.shape.length !== 3) {
    throw new GanymedeError(
      'DATASET_INVALID',
      `Expected images to even the contrast of but ${data.name} has examples of shape [${data.shape.join(', ')}].`,
    );
  }
  const size = data.shape.reduce((product, side) => product * side, 1);
  return {
    ...data,
    name: `${data.name} of even contrast`,
    sha256: createHash('sha256').update(`contrast ${DEVIATIONS} ${data.sha256}`).digest('hex'),
    async read(indices, out) {
      await data.read(indices, out);
      for (let i = 0; i < indices.length; i++) even(out.subarray(i * size, (i + 1) * size), data.range);
    },
  };
}

/** One image, in place. A flat one has no contrast and lies in the middle. */
function even(image: Float32Array, [low, high]: Dataset['range']): void {
  const mean = meanOf(image, (value) => value);
  const deviation = Math.sqrt(meanOf(image, (value) => (value - mean) ** 2));
  const [middle, unit] = [(low + high) / 2, (high - low) / (2 * DEVIATIONS)];
  const scale = deviation > FLAT * (high - low) ? unit / deviation : 0;
  for (let i = 0; i < image.length; i++) {
    image[i] = Math.min(high, Math.max(low, middle + (image[i]! - mean) * scale));
  }
}

/** Less than this share of the range is rounding. */
const FLAT = 1e-6;

function meanOf(values: Float32Array, of: (value: number) => number): number {
  let sum = 0;
  for (const value of values) sum += of(value);
  return sum / values.length;
}
