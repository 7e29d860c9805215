// The query `latentDirections`: along which directions of a model's latent space its samples change most.

import { Args, ArgsType, Ctx, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { checkInteger, LIMITS, rangeOf } from '../limits.js';
import type { DirectionMethod as DirectionMethodName } from '../models/direction-methods.js';
import type { Latent } from '../models/latent.js';
import { ModelArgs, modelOf } from './model.resolver.js';
import { DirectionMethod, LatentScalar } from './scalars.js';
import type { RequestScope } from './scope.js';

@ArgsType()
class DirectionsArgs extends ModelArgs {
  @Field(() => DirectionMethod, { defaultValue: DirectionMethod.FACTORISED })
  readonly method!: DirectionMethodName;

  @Field(() => Int, {
    defaultValue: 10,
    description: `The strongest so many, in ${rangeOf(LIMITS.directions)}; fewer where there are no more.`,
  })
  readonly count!: number;
}

@ObjectType({ description: 'A direction of a latent space, for `edit`.' })
class LatentDirection {
  @Field(() => DirectionMethod)
  readonly method!: DirectionMethodName;

  @Field(() => Int, { description: 'From 0, the strongest first.' })
  readonly index!: number;

  @Field(() => LatentScalar, { description: 'Of length 1; its largest component is positive.' })
  readonly vector!: Latent;

  @Field(() => Float, {
    description:
      'FACTORISED: the squared length of what the layer makes of the direction. PCA: the variance of the activations along the component.',
  })
  readonly eigenvalue!: number;

  @Field(() => Float, { description: 'The eigenvalue’s part of the sum of all: how much of the variance it explains.' })
  readonly share!: number;
}

@Resolver()
export class DirectionsResolver {
  @Query(() => [LatentDirection], {
    description:
      'Directions along which samples change most. Found when first asked for, in some seconds, and kept. ' +
      'CAPABILITY_MISSING where no layer multiplies z by weights, or the latent has more than 512 numbers.',
  })
  async latentDirections(
    @Ctx('scope') scope: RequestScope,
    @Args(() => DirectionsArgs) args: DirectionsArgs,
  ): Promise<LatentDirection[]> {
    const model = modelOf(scope, args);
    const count = checkInteger('directions', args.count);
    const { method } = args;
    const found = await model.directions(method);
    return found.slice(0, count).map((direction, index) => ({ method, index, ...direction }));
  }
}
