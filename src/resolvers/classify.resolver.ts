// The query `classify`: which of a model's classes images are of, by the graph that a classifier's fit adds to it.

import { Args, ArgsType, Ctx, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { checkInteger, LIMITS, rangeOf } from '../limits.js';
import { type ClassProbability, classifyEach } from '../models/inference.js';
import type { Model } from '../models/model.js';
import { labelName } from '../pictures/label-choice.js';
import { entries, type ImageError, orImageError } from './image-error.type.js';
import { ImagesArgs, imagesOf } from './images.args.js';
import { modelOf } from './model.resolver.js';
import type { RequestScope } from './scope.js';

@ObjectType('ClassProbability', { description: 'A class and how likely an image is of it.' })
class ClassProbabilityType {
  @Field(() => String, { description: 'One of `Model.labels`.' })
  readonly label!: string;

  @Field(() => Float, { description: 'Those of all classes add up to 1.' })
  readonly probability!: number;
}

@ObjectType({ description: 'What a classifier takes an image for.' })
class Classification {
  @Field(() => String, { description: 'The likeliest class.' })
  readonly label!: string;

  @Field(() => [ClassProbabilityType], { description: 'The likeliest classes, the likeliest first.' })
  readonly classes!: readonly ClassProbabilityType[];
}

const ClassifyResult = orImageError('ClassifyResult', Classification, 'Classification');

@ArgsType()
class ClassifyArgs extends ImagesArgs {
  @Field(() => Int, {
    nullable: true,
    description: `How many of the likeliest classes to list, in ${rangeOf(LIMITS.top)}. Left out, or beyond what the model has: all.`,
  })
  readonly top?: number | null;
}

@Resolver()
export class ClassifyResolver {
  @Query(() => [ClassifyResult], {
    description: 'The class of each image, in order. Refused with CAPABILITY_MISSING if the model has no classifier.',
  })
  async classify(
    @Ctx('scope') scope: RequestScope,
    @Args(() => ClassifyArgs) args: ClassifyArgs,
  ): Promise<(Classification | ImageError)[]> {
    const model = modelOf(scope, args);
    const top = args.top == null ? undefined : checkInteger('top', args.top);
    model.require('classify');
    const classified = await classifyEach(model, await imagesOf(args, model, scope), { signal: scope.signal });
    return entries(
      classified.map((each) => (each instanceof Error ? each : described(each.slice(0, top), model))),
      scope,
    );
  }
}

function described(ranked: readonly ClassProbability[], model: Model): Classification {
  const classes = ranked.map(({ label, probability }) => ({ label: labelName(label, model)!, probability }));
  return { label: classes[0]!.label, classes };
}
