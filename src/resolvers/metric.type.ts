// The type JobMetric: a number of a training over its steps.

import { Field, Float, ObjectType } from 'type-graphql';

@ObjectType({ description: 'One number of the training log over the steps.' })
export class JobMetric {
  @Field(() => String)
  readonly name!: string;

  @Field(() => [Float], { description: 'Steps.' })
  readonly at!: readonly number[];

  @Field(() => [Float], { description: 'One number a step.' })
  readonly values!: readonly number[];
}
