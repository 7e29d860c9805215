// What this server is and what it allows, so that a client need not find out by being refused.

import { Ctx, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { LIMITS, TRUNCATION } from '../limits.js';
import { RESOURCES } from './account.js';
import type { RequestScope } from './scope.js';

@ObjectType({ description: 'The range of an argument, both ends included.' })
class Limit {
  @Field(() => String, { description: 'Of the argument: "count", "seed", "size", …' })
  readonly name!: string;

  @Field(() => Float)
  readonly least!: number;

  @Field(() => Float)
  readonly most!: number;
}

@ObjectType({ description: 'What one request may ask for in all, aliases and lists multiplied out.' })
class Budget {
  @Field(() => String, { description: 'As `details.resource` of a refusal names it.' })
  readonly resource!: string;

  @Field(() => String, { description: 'What is counted.' })
  readonly what!: string;

  @Field(() => Int)
  readonly most!: number;
}

@ObjectType('JobKeeping', { description: 'Who keeps the jobs, and how safely.' })
class JobKeepingType {
  @Field(() => String, {
    description: '"sqlite", in this server’s own folder, or "redis", which servers and workers share.',
  })
  readonly engine!: string;

  @Field(() => String, {
    nullable: true,
    description: 'What of the acknowledged a power cut would lose, in words. Null: nothing.',
  })
  readonly lossAtPowerCut!: string | null;
}

@ObjectType('Server', { description: 'This server: what it runs on, and what one request may ask for.' })
export class ServerType {
  @Field(() => String, { description: 'The release of Ganymede.' })
  readonly codeVersion!: string;

  @Field(() => String, { description: 'What the graphs run on: "cpu", "webgpu" or "cuda".' })
  readonly device!: string;

  @Field(() => Int, { description: 'Batches that run at once.' })
  readonly workers!: number;

  @Field(() => Int, { description: 'Threads of each.' })
  readonly threadsPerWorker!: number;

  @Field(() => JobKeepingType, { nullable: true, description: 'Null where this server takes no jobs.' })
  readonly jobs!: JobKeepingType | null;

  @Field(() => [Limit])
  readonly limits!: readonly Limit[];

  @Field(() => [Budget])
  readonly budgets!: readonly Budget[];
}

@Resolver(() => ServerType)
export class ServerResolver {
  @Query(() => ServerType, { description: 'What this server is, and what it allows.' })
  server(@Ctx('scope') scope: RequestScope): ServerType {
    const ranges = Object.entries({ ...LIMITS, truncation: TRUNCATION });
    return {
      ...scope.server,
      jobs: scope.jobKeeping,
      limits: ranges.map(([name, { least, most }]) => ({ name, least, most })),
      budgets: Object.entries(RESOURCES).map(([resource, { what, limit }]) => ({ resource, what, most: limit })),
    };
  }
}
