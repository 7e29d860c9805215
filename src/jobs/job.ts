// What a job is: one long work that was asked for by mutation, and what is known of it from then on.

import type { Pace } from '../pace.js';
import type { WorkEvent, WorkProgress } from '../work.js';
import type { JobLimits } from './guard.js';

/** What jobs do. Each is a work of its own, started by the command of the same name. */
export const JOB_KINDS = [
  ...(['train', 'fine-tune', 'fit-encoder', 'fit-classifier', 'fit-inpainter', 'fit-scorer'] as const),
  ...(['evaluate', 'index'] as const),
] as const;

/** Those that make a version. */
export const MAKING: ReadonlySet<JobKind> = new Set(
  JOB_KINDS.filter((kind) => kind !== 'evaluate' && kind !== 'index'),
);

export type JobKind = (typeof JOB_KINDS)[number];

/** Those that go on at a pace. */
export const PACED: ReadonlySet<JobKind> = new Set(['train', 'fine-tune']);

/**
 * queued → running → succeeded or failed; pausing → paused → queued; cancelling → cancelled. What is pausing or
 * cancelling was told so, and saves.
 */
export const JOB_STATES = [
  ...(['queued', 'running', 'pausing', 'paused', 'cancelling', 'succeeded', 'failed', 'cancelled'] as const),
] as const;

export type JobState = (typeof JOB_STATES)[number];

export const ENDED: ReadonlySet<JobState> = new Set(['succeeded', 'failed', 'cancelled']);

/** When a finished version becomes the active one of its model. */
export type Promotion =
  | { readonly when: 'never' }
  | { readonly when: 'always' }
  /** Where a figure of a protocol is at most so much worse than that of the active version. */
  | {
      readonly when: 'if';
      readonly protocol: string;
      readonly figure: string;
      readonly better: 'higher' | 'lower';
      readonly notWorseBy: number;
    };

/** What was asked for. */
export interface JobRequest {
  readonly kind: JobKind;
  /** The arguments as they came: with an idempotency key, what must be the same. */
  readonly asked: Readonly<Record<string, unknown>>;
  /** Options of the work, as its command takes them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The model that it makes a version of, or measures. */
  readonly model: string;
  /** The version that it begins with or measures. */
  readonly version?: number;
  /** As its address was given. */
  readonly dataset: string;
  /** What that was when the job was asked for; of a data set with a name, which. */
  readonly data?: { readonly sha256: string; readonly name?: string };
  /** What is shown of the recipe. */
  readonly recipe?: string;
  readonly device: string;
  /** It takes so little that it runs beside others. */
  readonly small?: boolean;
  /** At what pace it is to begin. */
  readonly pace?: Pace | null;
  /** Higher first; of equals the older. */
  readonly priority: number;
  readonly promotion: Promotion;
  /** Less than the server allows. */
  readonly limits?: Partial<JobLimits>;
  /** The job that this one repeats. */
  readonly parent?: string;
  /** Who asked: the name of a key, or `local`. */
  readonly by: string;
  /** With it, the same request asked for again is the same job. */
  readonly idempotencyKey?: string;
}

export interface JobFailure {
  readonly code: string;
  readonly message: string;
}

export interface Job extends JobRequest {
  readonly id: string;
  readonly state: JobState;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly started: number | null;
  readonly ended: number | null;
  /** How often a process was begun for it. */
  readonly attempt: number;
  /** At what pace it goes on, whenever it does; null: as fast as it can. */
  readonly pace: Pace | null;
  /** Newest of the work; null before it began. */
  readonly progress: WorkProgress | null;
  readonly failure: JobFailure | null;
  /** Version that it made. */
  readonly made: number | null;
}

/** What happened to a job, numbered from 1 without a gap. */
export interface JobEvent {
  readonly seq: number;
  readonly at: number;
  readonly event: WorkEvent | { readonly kind: 'state'; readonly state: JobState; readonly text: string };
}

/** An event in words, for a person; null where it has none. */
export function textOf({ event }: JobEvent): string | null {
  if (event.kind === 'warning') return `${event.name}: ${event.message}`;
  return 'text' in event ? event.text : null;
}
