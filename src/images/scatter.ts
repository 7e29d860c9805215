// Points of the plane as a picture, for previews of models whose examples are no images. Each point is one dark pixel
// that gets darker where several fall.
import type { Pixels } from './pixels.js';

const SIDE = 384;
/** Grey that one point takes off white. */
const INK = 96;

/**
 * `points`: rows of `size` coordinates, of which the first two are drawn, y upwards. The window is [−m, m]², m being
 * the power of two at or above the largest coordinate, so that pictures of one run keep their scale.
 */
export function scatter(points: Float32Array, size: number): Pixels {
  const data = new Uint8Array(SIDE * SIDE).fill(255);
  const largest = points.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const half = 2 ** Math.ceil(Math.log2(Math.max(largest, 2 ** -20)));
  const cell = (value: number) => Math.min(SIDE - 1, Math.floor(((value / half + 1) / 2) * SIDE));
  for (let i = 0; i + size <= points.length; i += size) {
    const row = SIDE - 1 - (size > 1 ? cell(points[i + 1]!) : cell(0));
    const at = row * SIDE + cell(points[i]!);
    data[at] = Math.max(0, data[at]! - INK);
  }
  return { width: SIDE, height: SIDE, channels: 1, data };
}
