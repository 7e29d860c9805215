// Between images as the rest of the program has them, [N, C, H, W], and as layers have them, [N, H, W, C], and
// flattening. In memory all of it is channels first, so nothing moves.
import * as tf from '../engine/tf.js';
import type { ImageSize } from '../recipes/image-sizes.js';
import { type Layer, plainLayer } from './layer.js';

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
