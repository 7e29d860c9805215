// What a training would be, before it is asked for: the recipe as it would be followed, what was chosen for the data
// and why, and about how long it would take. What would refuse the job refuses here.

import { GraphQLJSONObject } from 'graphql-scalars';
import { Args, Ctx, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import type { Planned } from '../jobs/desk.js';
import type { RequestScope } from './scope.js';
import { FineTuneArgs, fineTuneOrderOf, TrainArgs, trainOrderOf } from './training.resolver.js';

@ObjectType({ description: 'What a training would be.' })
class TrainingPlan implements Planned {
  @Field(() => GraphQLJSONObject, { description: 'The whole recipe, with what was chosen for the data.' })
  readonly recipe!: object;

  @Field(() => [String], {
    description: 'What was chosen, and why, and what a person should know before it begins: a line each.',
  })
  readonly reasons!: readonly string[];

  @Field(() => Int, { description: 'Of the data.' })
  readonly examples!: number;

  @Field(() => Int, { description: 'How many it would make.' })
  readonly steps!: number;

  @Field(() => Float, {
    description:
      'About how long it would take on the CPU of this machine with nothing else to do; it may be half or twice that.',
  })
  readonly seconds!: number;
}

@Resolver()
export class PlanResolver {
  @Query(() => TrainingPlan, {
    description: 'What `train` would do with the same arguments, and whether it would refuse them. Takes seconds.',
  })
  async trainingPlan(@Ctx('scope') scope: RequestScope, @Args(() => TrainArgs) args: TrainArgs): Promise<TrainingPlan> {
    const by = scope.admin();
    return shown(await scope.desk().planTraining(trainOrderOf(args), by), scope);
  }

  @Query(() => TrainingPlan, {
    description: 'What `fineTune` would do with the same arguments, and whether it would refuse them. Takes seconds.',
  })
  async fineTuningPlan(
    @Ctx('scope') scope: RequestScope,
    @Args(() => FineTuneArgs) args: FineTuneArgs,
  ): Promise<TrainingPlan> {
    const by = scope.admin();
    return shown(await scope.desk().planFineTuning(fineTuneOrderOf(args), by), scope);
  }
}

function shown(planned: Planned, scope: RequestScope): TrainingPlan {
  return { ...planned, reasons: scope.hidePaths(planned.reasons) };
}
