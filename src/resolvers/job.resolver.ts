// Jobs: looking at them, stopping them and letting them go on.

import { Arg, Args, ArgsType, Ctx, Field, ID, InputType, Mutation, Query, Resolver } from 'type-graphql';
import { expected } from '../errors.js';
import type { Job as JobRecord, JobState } from '../jobs/job.js';
import { given } from '../jobs/orders.js';
import { checkInteger } from '../limits.js';
import { connectionOf, PageArgs } from './connection.js';
import { Job, JobStateEnum } from './job.type.js';
import { PaceInput, paceOf } from './pace.type.js';
import { type Connection, pageFrom } from './pages.js';
import type { RequestScope } from './scope.js';

@InputType('JobFilter')
class JobFilterInput {
  @Field(() => [JobStateEnum], { nullable: true, description: 'In one of these states.' })
  readonly states?: readonly JobState[] | null;

  @Field(() => String, { nullable: true, description: 'Of this model.' })
  readonly model?: string | null;

  @Field(() => ID, { nullable: true, description: 'On this data set.' })
  readonly dataset?: string | null;
}

@ArgsType()
class JobsArgs extends PageArgs {
  @Field(() => JobFilterInput, { nullable: true })
  readonly filter?: JobFilterInput | null;
}

const JobConnection = connectionOf('Job', () => Job);

@Resolver()
export class JobResolver {
  @Query(() => Job, { description: 'A job by its id.' })
  async job(@Ctx('scope') scope: RequestScope, @Arg('id', () => ID) id: string): Promise<Job> {
    scope.admin();
    const { store } = await scope.desk().open();
    return new Job(await store.job(id));
  }

  @Query(() => JobConnection, { description: 'Jobs, newest first.' })
  async jobs(
    @Ctx('scope') scope: RequestScope,
    @Args(() => JobsArgs) { filter, first, after }: JobsArgs,
  ): Promise<Connection<Job>> {
    scope.admin();
    const count = checkInteger('first', first);
    const { store } = await scope.desk().open();
    const wanted = given({ ...filter });
    const found = await store.jobs(wanted, count + 1, after == null ? undefined : readCursor(after));
    const edges = found.map((job) => ({ node: new Job(job), cursor: cursorOf(job) }));
    return pageFrom(edges, { first, after: after ?? null }, await store.count(wanted));
  }

  @Mutation(() => Job, { nullable: true, description: 'Saves, and frees its device until `resumeJob`.' })
  pauseJob(@Ctx('scope') scope: RequestScope, @Arg('id', () => ID) id: string): Promise<Job> {
    return changed(scope, id, 'pause');
  }

  @Mutation(() => Job, { nullable: true, description: 'A paused job goes on where it was.' })
  resumeJob(@Ctx('scope') scope: RequestScope, @Arg('id', () => ID) id: string): Promise<Job> {
    return changed(scope, id, 'resume');
  }

  @Mutation(() => Job, {
    nullable: true,
    description:
      'How a training goes on, at once if it runs, and whenever it does: step by step, slower, or shown as it goes. ' +
      'The same sent twice is the same.',
  })
  async paceJob(
    @Ctx('scope') scope: RequestScope,
    @Arg('id', () => ID) id: string,
    @Arg('pace', () => PaceInput) pace: PaceInput,
  ): Promise<Job> {
    scope.admin();
    const wanted = paceOf(pace);
    const { jobs } = await scope.desk().open();
    return new Job(await jobs.pace(id, wanted));
  }

  @Mutation(() => Job, {
    nullable: true,
    description: 'Ends a job; what it saved stays, and `retryJob` goes on from there.',
  })
  cancelJob(@Ctx('scope') scope: RequestScope, @Arg('id', () => ID) id: string): Promise<Job> {
    return changed(scope, id, 'cancel');
  }

  @Mutation(() => Job, {
    nullable: true,
    description: 'A job that failed or was cancelled goes on from what it saved last.',
  })
  retryJob(@Ctx('scope') scope: RequestScope, @Arg('id', () => ID) id: string): Promise<Job> {
    return changed(scope, id, 'retry');
  }
}

async function changed(scope: RequestScope, id: string, how: 'pause' | 'resume' | 'cancel' | 'retry'): Promise<Job> {
  const by = scope.admin();
  const { jobs } = await scope.desk().open();
  return new Job(await jobs[how](id, by));
}

function cursorOf({ created, id }: JobRecord): string {
  return Buffer.from(`${created} ${id}`).toString('base64url');
}

function readCursor(cursor: string): Pick<JobRecord, 'created' | 'id'> {
  const [, created, id] = /^(\d{1,15}) ([a-z0-9-]{1,40})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (created !== undefined && id !== undefined) return { created: Number(created), id };
  throw expected('a cursor of an earlier page', cursor);
}
