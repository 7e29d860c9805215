// Between images as the rest of the program has them, [N, C, H, W], and as layers have them, [N, H, W, C]; flattening; and the
// sizes through which a convolutional network passes. In memory all of it is channels first, so nothing moves.
import * as tf from '../engine/tf.js';
import { GanymedeError } from '../errors.js';
import { type Layer, plainLayer } from './layer.js';

export interface ImageSize {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** The smallest side that a network of convolutions has inside: 4 for powers of two, 7 for MNIST's 28. */
export const LEAST_SIDE = 4;

export const channelsLast: Layer = plainLayer((x) => tf.transpose(x, [0, 2, 3, 1]));
export const channelsFirst: Layer = plainLayer((x) => tf.transpose(x, [0, 3, 1, 2]));

/** [N, H, W, C] → [N, C·H·W]. */
export function flatten(size: number): Layer {
  return plainLayer((x) => tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [-1, size]));
}

/** [N, C·H·W] → [N, H, W, C]. */
export function unflatten({ channels, height, width }: ImageSize): Layer {
  return plainLayer((x) => tf.transpose(tf.reshape(x, [-1, channels, height, width]), [0, 2, 3, 1]));
}

export function imageSize(shape: readonly number[], network: string): ImageSize {
  const [channels, height, width] = shape;
  if (shape.length !== 3 || !channels || !height || !width) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected images [C, H, W] for the convolutions of the ${network} but received examples of shape [${shape.join(', ')}].`,
    );
  }
  return { channels, height, width };
}

/** How often both sides can be halved without going below the least side. */
export function halvings({ height, width }: ImageSize): number {
  let [h, w, count] = [height, width, 0];
  while (h % 2 === 0 && w % 2 === 0 && h / 2 >= LEAST_SIDE && w / 2 >= LEAST_SIDE) {
    [h, w, count] = [h / 2, w / 2, count + 1];
  }
  if (Math.max(h, w) >= 2 * LEAST_SIDE) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected sides of 4 to 7 times a power of two, such as 28, 32 or 64, but received ${height}×${width}. Resize the data.`,
    );
  }
  return count;
}
