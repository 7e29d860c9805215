// Every image of a data set, and every image left to right: twice as many of what has no writing in it.
import { GanymedeError } from '../errors.js';
import type { Dataset } from './dataset.js';

/** Each example, then each example mirrored. @throws GanymedeError CONFIG_INVALID for examples that are no images */
export function mirrored(data: Dataset): Dataset {
  const [channels, height, width] = data.shape;
  if (data.shape.length !== 3 || !channels || !height || !width) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected images [C, H, W] to mirror but received examples of shape [${data.shape.join(', ')}].`,
    );
  }
  const size = channels * height * width;
  return {
    ...data,
    name: `${data.name} and mirrored`,
    count: 2 * data.count,
    ...(data.labels ? { labels: twice(data.labels) } : {}),
    async read(indices, out) {
      await data.read(
        Array.from(indices, (index) => index % data.count),
        out,
      );
      for (let row = 0; row < indices.length; row++) {
        if (indices[row]! >= data.count) mirror(out.subarray(row * size, (row + 1) * size), width);
      }
    },
  };
}

/** Images whose rows are `width` values long, left to right, in place. */
export function mirror(images: Float32Array, width: number): void {
  for (let at = 0; at < images.length; at += width) images.subarray(at, at + width).reverse();
}

function twice(labels: Int32Array): Int32Array {
  const both = new Int32Array(2 * labels.length);
  both.set(labels);
  both.set(labels, labels.length);
  return both;
}
