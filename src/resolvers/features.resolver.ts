// The query `features`: the numbers that a model's graph of that name sees in images, to compare or to learn from.

import { Args, Ctx, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { toBase64 } from '../base64.js';
import { featuresEach } from '../models/inference.js';
import { entries, type ImageError, orImageError } from './image-error.type.js';
import { ImagesArgs, imagesOf } from './images.args.js';
import { modelOf } from './model.resolver.js';
import { decimals } from './numbers.js';
import type { RequestScope } from './scope.js';

/** Of one number in JSON, as prices.ts counts it. */
const NUMBER_BYTES = 14;

@ObjectType({ description: 'Features of an image: the last hidden layer of a network, flat.' })
class Features {
  readonly #scope: RequestScope;
  readonly #values: Float32Array;

  constructor(scope: RequestScope, values: Float32Array) {
    this.#scope = scope;
    this.#values = values;
  }

  @Field(() => Int, { description: 'How many numbers: the same for all images of a version.' })
  get size(): number {
    return this.#values.length;
  }

  /** How many there are only the graph tells, so they are paid for here. */
  @Field(() => [Float], { description: 'The numbers. In bulk `valuesBase64` is some ten times as fast.' })
  get values(): number[] {
    const { size } = this;
    this.#scope.account.spend({ numbers: size, fields: size, bytes: size * NUMBER_BYTES });
    return decimals(this.#values);
  }

  @Field(() => String, { description: 'The same numbers as base64 of float32, little-endian.' })
  get valuesBase64(): string {
    const text = toBase64(this.#values);
    this.#scope.account.spend({ numbers: this.size, bytes: text.length });
    return text;
  }
}

const FeaturesResult = orImageError('FeaturesResult', Features, 'Features');

@Resolver()
export class FeaturesResolver {
  @Query(() => [FeaturesResult], {
    description: 'Features of each image, in order. Refused with CAPABILITY_MISSING if the model has no such graph.',
  })
  async features(
    @Ctx('scope') scope: RequestScope,
    @Args(() => ImagesArgs) args: ImagesArgs,
  ): Promise<(Features | ImageError)[]> {
    const model = modelOf(scope, args);
    model.require('features');
    const found = await featuresEach(model, await imagesOf(args, model, scope), { signal: scope.signal });
    return entries(
      found.map((values) => (values instanceof Error ? values : new Features(scope, values))),
      scope,
    );
  }
}
