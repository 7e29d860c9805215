// The sizes through which a convolutional network passes, from images [C, H, W] down to 4 to 7 pixels a side and back.
// Plain arithmetic, so that a recipe can be checked against its data before a network is built.
import { GanymedeError } from '../errors.js';

export interface ImageSize {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** The smallest side that a network of convolutions has inside: 4 for powers of two, 7 for MNIST's 28. */
const LEAST_SIDE = 4;

/** @throws GanymedeError CONFIG_INVALID for examples that are no images. */
export function imageSize(shape: readonly number[], network: string): ImageSize {
  const [channels, height, width] = shape;
  if (shape.length === 3 && channels && height && width) return { channels, height, width };
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected images [C, H, W] for the convolutions of the ${network} but received examples of shape [${shape.join(', ')}].`,
  );
}

/** How often both sides can be halved without going below the least side. */
export function halvings({ height, width }: ImageSize): number {
  let [h, w, count] = [height, width, 0];
  while (h % 2 === 0 && w % 2 === 0 && h / 2 >= LEAST_SIDE && w / 2 >= LEAST_SIDE) {
    [h, w, count] = [h / 2, w / 2, count + 1];
  }
  if (Math.max(h, w) < 2 * LEAST_SIDE) return count;
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected sides of 4 to 7 times a power of two, such as 28, 32 or 64, but received ${height}×${width}. Resize the data.`,
  );
}
