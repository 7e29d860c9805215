// The sizes through which a convolutional network passes: from images [C, H, W] down to 4 to 7 pixels on the shorter
// side and back where each layer halves or doubles both, or as a list of convolutions says.
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

/** Whether examples are images in colour, and not points or in grey. */
export function isColour(shape: readonly number[]): boolean {
  return shape.length === 3 && shape[0]! >= 3;
}

const HALVABLE = ['28×28', '64×64', '64×32', '96×48'] as const;

/** What sides such a network fits, as a refusal says it. */
export function halvableSides(): string {
  return `sides that can both be halved until the shorter has 4 to 7 pixels, such as ${HALVABLE.join(', ')}`;
}

/** How often both sides can be halved without going below the least side. */
export function halvings({ height, width }: ImageSize): number {
  const { count, left } = halved(height, width);
  if (isSmall(left)) return count;
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected ${halvableSides()}, but received ${width}×${height}, which stops at ${left.join('×')}. Resize the data.`,
  );
}

interface Convolution {
  readonly channels: number;
  readonly kernel: number;
  readonly padding: number;
  readonly pool?: Pool | undefined;
}

interface Pool {
  readonly size: number;
  readonly stride: number;
}

/**
 * What each convolution sees, and at the end what is left: each takes kernel − 1 pixels off the padded sides, and its
 * pool thins them out. @throws GanymedeError CONFIG_INVALID where a kernel or a pool is larger than what it sees
 */
export function sizesThrough(convolutions: readonly Convolution[], image: ImageSize): readonly ImageSize[] {
  const sizes = [image];
  convolutions.forEach(({ channels, kernel, padding, pool }, index) => {
    const [height, width] = [sizes[index]!.height, sizes[index]!.width].map((side) => side + 2 * padding - kernel + 1);
    const least = pool?.size ?? 1;
    if (Math.min(height!, width!) < least) {
      throw new GanymedeError(
        'CONFIG_INVALID',
        `Expected at least ${least} pixels a side behind convolution ${index + 1} but received ${height}×${width}.`,
      );
    }
    const after = (side: number) => (pool ? pooledSide(side, pool) : side);
    sizes.push({ channels, height: after(height!), width: after(width!) });
  });
  return sizes;
}

/** Windows that it takes to reach the last pixel, as cuda-convnet counts them: the last may reach over the edge. */
export function pooledSide(side: number, { size, stride }: Pool): number {
  return Math.ceil((side - size) / stride) + 1;
}

/** Whether such a network fits images of that size. */
export function isHalvable({ height, width }: ImageSize): boolean {
  return isSmall(halved(height, width).left);
}

/** The longer side may be as long as it likes: a banner of 256×32 is halved to 32×4. */
function isSmall(left: readonly number[]): boolean {
  return Math.min(...left) < 2 * LEAST_SIDE;
}

/** How often both sides can be halved, and the width and height that are left. */
function halved(height: number, width: number): { count: number; left: readonly [width: number, height: number] } {
  let [h, w, count] = [height, width, 0];
  while (h % 2 === 0 && w % 2 === 0 && h / 2 >= LEAST_SIDE && w / 2 >= LEAST_SIDE) {
    [h, w, count] = [h / 2, w / 2, count + 1];
  }
  return { count, left: [w, h] };
}
