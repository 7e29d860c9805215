// The arguments of whatever a model says of images that a client sends.

import { ArgsType, Field } from 'type-graphql';
import { checkLength, LIMITS, rangeOf } from '../limits.js';
import { imageOf } from '../models/example.js';
import type { Model } from '../models/model.js';
import { ModelArgs } from './model.resolver.js';
import { type ImageSource, ImageSourceScalar } from './scalars.js';
import type { RequestScope } from './scope.js';

@ArgsType()
export class ImagesArgs extends ModelArgs {
  @Field(() => [ImageSourceScalar], {
    description:
      `${rangeOf(LIMITS.images)} of them. Other sizes and colours are converted to what the model was trained on. ` +
      'One that cannot be used is an ImageError in its place.',
  })
  readonly images!: readonly ImageSource[];
}

/** [C, H, W] each in the model's range, or why an image cannot be used. */
export function imagesOf({ images }: ImagesArgs, model: Model, scope: RequestScope): Promise<(Float32Array | Error)[]> {
  return scope.sentImages.readEach(checkLength('images', images), imageOf(model.manifest));
}
