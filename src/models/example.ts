// What one example of a model is: an image [C, H, W], or a point of a few coordinates, as the toy problems of the GAN
// papers have. Shapes and tensor names follow from the manifest alone.

import { sizeOf } from '../engine/tensor.js';
import { expected, GanymedeError } from '../errors.js';
import { firstNotFinite } from './batch.js';
import type { Manifest } from './manifest.js';

export interface Example {
  /** What graphs call it, as input and as output. */
  readonly tensor: 'image' | 'point';
  /** Without the batch. */
  readonly shape: readonly number[];
  /** A value in the middle of what graphs take: grey, or the origin. */
  readonly middle: number;
}

export type ImageSpec = NonNullable<Manifest['image']>;

export function exampleOf({ image, point }: Pick<Manifest, 'image' | 'point'>): Example {
  if (!image) return { tensor: 'point', shape: [point!.size], middle: 0 }; // the schema wants one of the two
  const [low, high] = image.range;
  return { tensor: 'image', shape: [image.channels, image.height, image.width], middle: (low + high) / 2 };
}

/** For whatever needs pixels. @throws GanymedeError CAPABILITY_MISSING for a model of points. */
export function imageOf({ model, version, image }: Manifest): ImageSpec {
  if (image) return image;
  throw new GanymedeError(
    'CAPABILITY_MISSING',
    `Expected a model of images but ${model} version ${version} makes points, which have no pixels.`,
    { details: { model, version } },
  );
}

/** What keeps an example from being shown to a graph; nothing, as a rule. `index` says which it is. */
export function faultOf(example: Float32Array, manifest: Manifest, index: number): GanymedeError | undefined {
  const { tensor, shape } = exampleOf(manifest);
  const size = sizeOf(shape);
  if (example.length !== size) {
    const product = shape.length > 1 ? `${shape.join(' × ')} = ` : '';
    return expected(`${tensor} ${index} to have ${product}${size} values`, `${example.length} values`);
  }
  const bad = firstNotFinite(example);
  return bad < 0 ? undefined : expected(`${tensor} ${index} to have finite values`, `${example[bad]} at index ${bad}`);
}
