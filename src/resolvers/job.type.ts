// The type Job: what was asked for, how far it is, and what came of it. Long parts are read only where they are
// selected.

import { GraphQLJSONObject } from 'graphql-scalars';
import { Args, ArgsType, Ctx, Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { JobEvent, JobFailure, Job as JobRecord } from '../jobs/job.js';
import { JOB_KINDS, JOB_STATES, textOf } from '../jobs/job.js';
import { type JobPicture, picturesOf } from '../jobs/pictures.js';
import { checkInteger, LIMITS, rangeOf } from '../limits.js';
import { evenly } from '../models/curve.js';
import { learningName } from '../pictures/learning.js';
import type { WorkEvent, WorkProgress } from '../work.js';
import { LearningAnimation, LearningArgs } from './learning.type.js';
import { JobMetric } from './metric.type.js';
import { Pace } from './pace.type.js';
import type { RequestScope } from './scope.js';
import { JobView } from './view.type.js';

/** GraphQL writes FIT_ENCODER for 'fit-encoder'. */
function enumOf<const T extends string>(values: readonly T[]): Record<string, T> {
  return Object.fromEntries(values.map((value) => [value.toUpperCase().replaceAll('-', '_'), value]));
}

export const JobKindEnum = enumOf(JOB_KINDS);
registerEnumType(JobKindEnum, { name: 'JobKind', description: 'What a job does.' });

export const JobStateEnum = enumOf(JOB_STATES);
registerEnumType(JobStateEnum, {
  name: 'JobState',
  description: 'PAUSING and CANCELLING: it was told to, and saves. SUCCEEDED, FAILED and CANCELLED are ends.',
});

@ObjectType({ description: 'How far a job is in its present phase, such as training.' })
export class JobProgress {
  @Field(() => String)
  readonly phase!: string;

  @Field(() => Float)
  readonly done!: number;

  @Field(() => Float, { nullable: true, description: 'Null where nobody knows.' })
  readonly total!: number | null;

  @Field(() => String, { description: 'What is counted: steps, images, bytes.' })
  readonly unit!: string;

  @Field(() => Float, { nullable: true })
  readonly perSecond!: number | null;

  @Field(() => Float, { nullable: true })
  readonly secondsLeft!: number | null;
}

@ObjectType({ description: 'Why a job failed, or why it was begun again.' })
export class JobError {
  @Field(() => String, { description: 'As `extensions.code` of errors.' })
  readonly code!: string;

  @Field(() => String)
  readonly message!: string;
}

@ObjectType({ description: 'Something about a run that a person should know, such as a collapse that begins.' })
export class JobWarning {
  @Field(() => Int, { description: 'The step.' })
  readonly at!: number;

  @Field(() => String)
  readonly name!: string;

  @Field(() => String)
  readonly message!: string;
}

@ObjectType({ description: 'A picture of samples of the same latents, made while a job ran.' })
export class JobPreview {
  @Field(() => Int, { description: 'The step.' })
  readonly at!: number;

  @Field(() => String, { description: 'A PNG.' })
  readonly url!: string;
}

@ArgsType()
class MetricsArgs {
  @Field(() => [String], { nullable: true, description: 'Some of them, such as lossD; left out, all.' })
  readonly names?: readonly string[] | null;

  @Field(() => Int, { defaultValue: 200, description: `At most so many points each, in ${rangeOf(LIMITS.curve)}.` })
  readonly points!: number;
}

@ArgsType()
class LogArgs {
  @Field(() => Int, { defaultValue: 50, description: `The last lines, in ${rangeOf(LIMITS.lines)}.` })
  readonly last!: number;
}

@ObjectType({ description: 'A training, a fit, an evaluation or an index that the server was asked for.' })
export class Job {
  readonly #job: JobRecord;

  constructor(job: JobRecord) {
    this.#job = job;
  }

  @Field(() => ID)
  get id(): string {
    return this.#job.id;
  }

  @Field(() => JobKindEnum)
  get kind(): string {
    return this.#job.kind;
  }

  @Field(() => JobStateEnum)
  get state(): string {
    return this.#job.state;
  }

  @Field(() => String, { description: 'The model that it makes a version of, or measures.' })
  get model(): string {
    return this.#job.model;
  }

  @Field(() => Int, { nullable: true, description: 'The version that it began with, or measures.' })
  get version(): number | null {
    return this.#job.version ?? null;
  }

  @Field(() => String)
  get dataset(): string {
    return this.#job.dataset;
  }

  @Field(() => String, { nullable: true, description: 'SHA-256 of the data when the job was asked for.' })
  get datasetDigest(): string | null {
    return this.#job.data?.sha256 ?? null;
  }

  @Field(() => String, { nullable: true, description: 'The name of its recipe.' })
  get recipe(): string | null {
    return this.#job.recipe ?? null;
  }

  @Field(() => GraphQLJSONObject, { description: 'The arguments with which it was asked for.' })
  get arguments(): object {
    return this.#job.asked;
  }

  @Field(() => String)
  get device(): string {
    return this.#job.device;
  }

  @Field(() => Int, { description: 'Higher goes first; of equals the older.' })
  get priority(): number {
    return this.#job.priority;
  }

  @Field(() => String, { description: 'Who asked for it.' })
  get by(): string {
    return this.#job.by;
  }

  @Field(() => Date)
  get created(): Date {
    return new Date(this.#job.created);
  }

  @Field(() => Date, { nullable: true })
  get started(): Date | null {
    return dateOrNull(this.#job.started);
  }

  @Field(() => Date, { nullable: true })
  get ended(): Date | null {
    return dateOrNull(this.#job.ended);
  }

  @Field(() => Int, { description: 'How often its process was begun; a pause and a crash make it one more.' })
  get attempt(): number {
    return this.#job.attempt;
  }

  @Field(() => JobProgress, { nullable: true, description: 'Null before it began.' })
  get progress(): WorkProgress | null {
    return this.#job.progress;
  }

  @Field(() => Pace, {
    nullable: true,
    description: 'At what pace it goes on, now or whenever it does; null: as fast as it can. `paceJob` changes it.',
  })
  get pace(): Pace | null {
    return this.#job.pace && new Pace(this.#job.pace);
  }

  @Field(() => JobView, {
    nullable: true,
    description: 'What it showed last; null of one that does not show itself (`pace.showEvery`), or long ago.',
  })
  async view(@Ctx('scope') scope: RequestScope): Promise<JobView | null> {
    const { jobs } = await scope.desk().open();
    const view = await jobs.view(this.id);
    return view && new JobView(view);
  }

  @Field(() => JobError, { nullable: true })
  get error(): JobFailure | null {
    return this.#job.failure;
  }

  @Field(() => Int, { nullable: true, description: 'The version that it made. `promote` makes it active.' })
  get made(): number | null {
    return this.#job.made;
  }

  @Field(() => [JobMetric], { description: 'The training log, thinned out evenly; the newest point is always there.' })
  async metrics(
    @Ctx('scope') scope: RequestScope,
    @Args(() => MetricsArgs) { names, points }: MetricsArgs,
  ): Promise<JobMetric[]> {
    const most = checkInteger('curve', points, 'points');
    const reports = (await this.#events(scope, 'metric')).flatMap(({ event }) =>
      event.kind === 'metric' && event.name === 'report' ? [event] : [],
    );
    const kept = evenly(reports, most);
    const known = new Set(kept.flatMap(({ values }) => Object.keys(values).filter((name) => isNumber(values[name]))));
    return [...known]
      .filter((name) => names?.includes(name) ?? true)
      .map((name) => {
        const having = kept.filter(({ values }) => isNumber(values[name]));
        return { name, at: having.map(({ at }) => at), values: having.map(({ values }) => Number(values[name])) };
      });
  }

  @Field(() => [JobWarning])
  async warnings(@Ctx('scope') scope: RequestScope): Promise<JobWarning[]> {
    const events = await this.#events(scope, 'warning');
    return events.flatMap(({ event }) => (event.kind === 'warning' ? [event] : []));
  }

  @Field(() => [JobPreview], { description: 'The same latents at the start, at intervals and at the end.' })
  async previews(@Ctx('scope') scope: RequestScope): Promise<JobPreview[]> {
    const pictures = await this.#pictures(scope);
    return pictures.map(({ event: { at }, seq }) => previewOf({ at, seq, id: this.id }, scope));
  }

  @Field(() => LearningAnimation, {
    nullable: true,
    description:
      'The previews so far as one animation, which is made when its address is asked for. Null before the first.',
  })
  async animation(
    @Ctx('scope') scope: RequestScope,
    @Args(() => LearningArgs) { format, fps }: LearningArgs,
  ): Promise<LearningAnimation | null> {
    const newest = (await this.#pictures(scope)).at(-1);
    const learning = { format, fps: checkInteger('fps', fps) };
    if (!newest) return null;
    const name = learningName({ until: newest.seq, ...learning });
    return { at: newest.event.at, url: addressOf(scope, this.id, name) };
  }

  @Field(() => [String], { description: 'The last lines of its log.' })
  async log(@Ctx('scope') scope: RequestScope, @Args(() => LogArgs) { last }: LogArgs): Promise<string[]> {
    const events = await this.#events(scope, 'state', 'started', 'metric', 'warning', 'finished');
    const lines = events.flatMap((event) => {
      const text = textOf(event);
      return text ? [`${new Date(event.at).toISOString()} ${text}`] : [];
    });
    return lines.slice(-checkInteger('lines', last, 'last'));
  }

  async #pictures(scope: RequestScope): Promise<readonly JobPicture[]> {
    const { store } = await scope.desk().open();
    return picturesOf(store, this.id);
  }

  async #events(scope: RequestScope, ...kinds: string[]): Promise<readonly JobEvent[]> {
    const { store } = await scope.desk().open();
    return store.events(this.id, { kinds, first: MOST_EVENTS });
  }
}

/** Of one event, a point each. */
export function numbersOf({ at, values }: Extract<WorkEvent, { kind: 'metric' }>): JobMetric[] {
  const known = Object.entries(values).filter(([, value]) => isNumber(value));
  return known.map(([name, value]) => ({ name, at: [at], values: [Number(value)] }));
}

/** `seq`: the number of the event that told of it. */
export function previewOf({ at, seq, id }: { at: number; seq: number; id: string }, scope: RequestScope): JobPreview {
  return { at, url: addressOf(scope, id, `${seq}.png`) };
}

function addressOf({ origin }: RequestScope, id: string, file: string): string {
  return `${origin}/jobs/${id}/pictures/${file}`;
}

/** What a run of a million steps with a report each hundred has. */
const MOST_EVENTS = 20_000;

function dateOrNull(time: number | null): Date | null {
  return time === null ? null : new Date(time);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}
