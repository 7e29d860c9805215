// What a client is told of as it happens. A subscription reads from where it says it was, so that one whose connection
// broke misses nothing.

import { Args, ArgsType, Field, ID, Int, ObjectType, Resolver, Root, Subscription } from 'type-graphql';
import { type JobEvent, type Job as JobRecord, textOf } from '../jobs/job.js';
import { checkInteger, LIMITS, rangeOf } from '../limits.js';
import { Job, JobPreview, numbersOf, previewOf } from './job.type.js';
import { JobMetric } from './metric.type.js';
import { ActiveVersion } from './rollout.resolver.js';
import type { RequestContext, RequestScope } from './scope.js';
import { JobView } from './view.type.js';

@ObjectType({ description: 'Something that happened to a job, or how far it is by now.' })
class JobUpdate {
  @Field(() => Int, {
    description: 'The number of the newest event that was told of: `from` of a subscription that goes on here.',
  })
  readonly seq!: number;

  @Field(() => String, {
    nullable: true,
    description: 'state, started, metric, picture, warning, checkpoint, finished; null for progress alone.',
  })
  readonly kind!: string | null;

  @Field(() => String, { nullable: true, description: 'The event in words, if it has any.' })
  readonly text!: string | null;

  @Field(() => [JobMetric], { description: 'The numbers of a metric, such as the losses; none of another event.' })
  readonly metrics!: readonly JobMetric[];

  @Field(() => JobPreview, { nullable: true, description: 'The picture, if the event is one.' })
  readonly preview!: JobPreview | null;

  @Field(() => Job, { description: 'The job as it is by now.' })
  readonly job!: Job;
}

@ArgsType()
class JobProgressArgs {
  @Field(() => ID)
  readonly id!: string;

  @Field(() => Int, {
    defaultValue: 0,
    description: `The number of the last event that is known, in ${rangeOf(LIMITS.seq)}; what came after it is told first.`,
  })
  readonly from!: number;
}

@ArgsType()
class JobViewsArgs {
  @Field(() => ID)
  readonly id!: string;
}

interface Subscribed<Arguments> {
  readonly args: Arguments;
  readonly context: RequestContext;
}

@Resolver()
export class SubscriptionResolver {
  @Subscription(() => JobUpdate, {
    description: 'What happened to a job, and what happens, until it is over.',
    subscribe: ({ args, context }: Subscribed<JobProgressArgs>) =>
      untilLeft(context, (signal) => jobUpdates(args, context, signal)),
  })
  jobProgress(@Root() update: JobUpdate, @Args(() => JobProgressArgs) _: JobProgressArgs): JobUpdate {
    return update;
  }

  @Subscription(() => JobView, {
    description:
      'What a job shows of itself, the newest first, until it is over. Who reads slowly misses some and waits for none.',
    subscribe: ({ args, context }: Subscribed<JobViewsArgs>) =>
      untilLeft(context, (signal) => jobViews(args, context, signal)),
  })
  jobViews(@Root() view: JobView, @Args(() => JobViewsArgs) _: JobViewsArgs): JobView {
    return view;
  }

  @Subscription(() => Job, {
    description: 'Jobs that are new or changed, each as it is by then.',
    subscribe: ({ context }: Subscribed<object>) => untilLeft(context, (signal) => changedJobs(context, signal)),
  })
  jobsChanged(@Root() job: Job): Job {
    return job;
  }

  @Subscription(() => ActiveVersion, {
    description: 'Versions that take over, from now on.',
    subscribe: ({ context }: Subscribed<object>) =>
      untilLeft(context, (signal) => context.scope.desk().activations(signal)),
  })
  modelActivated(@Root() active: ActiveVersion): ActiveVersion {
    return active;
  }
}

/**
 * A generator that waits takes no notice of `return` before what it waits for has come. So it is given a signal that
 * fires when its reader leaves, or the connection ends.
 */
function untilLeft<T>(
  { scope }: RequestContext,
  source: (signal: AbortSignal) => AsyncGenerator<T>,
): AsyncIterableIterator<T> {
  const leaving = new AbortController();
  const generator = source(AbortSignal.any([scope.signal, leaving.signal]));
  return {
    next: () => generator.next(),
    return: () => {
      leaving.abort();
      return generator.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* jobUpdates(
  { id, from }: JobProgressArgs,
  { scope }: RequestContext,
  signal: AbortSignal,
): AsyncGenerator<JobUpdate> {
  scope.admin();
  let seq = checkInteger('seq', from, 'from');
  const { jobs, store } = await scope.desk().open();
  for await (const news of jobs.watch(id, seq, signal)) {
    if (isEvent(news)) seq = news.seq;
    yield { seq, ...toldOf(news, id, scope), job: new Job(await store.job(id)) };
  }
}

async function* jobViews(
  { id }: JobViewsArgs,
  { scope }: RequestContext,
  signal: AbortSignal,
): AsyncGenerator<JobView> {
  scope.admin();
  const { jobs } = await scope.desk().open();
  for await (const view of jobs.views(id, signal)) yield new JobView(view);
}

async function* changedJobs({ scope }: RequestContext, signal: AbortSignal): AsyncGenerator<Job> {
  scope.admin();
  const { jobs } = await scope.desk().open();
  for await (const job of jobs.changes(signal)) yield new Job(job);
}

function isEvent(news: JobEvent | JobRecord): news is JobEvent {
  return 'seq' in news;
}

function toldOf(news: JobEvent | JobRecord, id: string, scope: RequestScope): Omit<JobUpdate, 'seq' | 'job'> {
  if (!isEvent(news)) return { kind: null, text: null, metrics: [], preview: null };
  const { event } = news;
  return {
    kind: event.kind,
    text: textOf(news),
    metrics: event.kind === 'metric' ? numbersOf(event) : [],
    preview: event.kind === 'picture' ? previewOf({ ...event, seq: news.seq, id }, scope) : null,
  };
}
