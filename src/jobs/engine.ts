// What a server needs of jobs, whatever keeps and runs them: SQLite and processes of this one, or Redis and workers
// elsewhere. Some of them answer at once and some later, so every answer is awaited.

import type { Pace, View } from '../pace.js';
import type { Job, JobEvent, JobRequest, JobState } from './job.js';

export type Awaitable<T> = T | Promise<T>;

export interface JobFilter {
  readonly states?: readonly JobState[];
  readonly model?: string;
  /** The name of a data set. */
  readonly dataset?: string;
}

export interface EventFilter {
  /** Number of the last that is known. */
  readonly from?: number;
  /** At most so many. */
  readonly first?: number;
  readonly kinds?: readonly string[];
}

export interface AuditEntry {
  readonly seq: number;
  readonly at: number;
  readonly by: string;
  readonly action: string;
  /** Arguments, as plain JSON; never a secret. */
  readonly about: Readonly<Record<string, unknown>>;
  /** Of it and of the digest before it; null where the log has none. */
  readonly digest: string | null;
}

/** What is kept of jobs, and of what admins did. */
export interface JobRecords {
  /** @throws GanymedeError JOB_NOT_FOUND */
  job(id: string): Awaitable<Job>;

  /** Newest first; `after` is the last of the page before. */
  jobs(filter: JobFilter, first: number, after?: Pick<Job, 'created' | 'id'>): Awaitable<readonly Job[]>;

  count(filter: JobFilter): Awaitable<number>;

  /** Those after number `from`, oldest first. */
  events(id: string, filter?: EventFilter): Awaitable<readonly JobEvent[]>;

  /**
   * The job that the same request with the same idempotency key was before; undefined for a new one.
   * @throws GanymedeError IDEMPOTENCY_KEY_REUSED where the key came with another request
   */
  repeated(request: Pick<JobRequest, 'kind' | 'asked' | 'by' | 'idempotencyKey'>): Awaitable<Job | undefined>;

  audit(by: string, action: string, about: AuditEntry['about']): Awaitable<void>;

  /** Newest first, those before number `before`. */
  audited(first: number, before?: number): Awaitable<readonly AuditEntry[]>;
}

/** Who keeps the jobs. */
export interface JobKeeping {
  readonly engine: 'sqlite' | 'redis';
  /** What of the acknowledged a power cut would lose, in words: null for nothing. */
  readonly lossAtPowerCut: string | null;
}

/** What is done to jobs. What is answered is kept; `by` is who asks. */
export interface JobEngine {
  /** Queued. With an idempotency key that came before: the job of that time. */
  add(request: JobRequest): Awaitable<Job>;

  /** Saves, and frees the device until `resume`. @throws GanymedeError JOB_STATE, as all of these */
  pause(id: string, by: string): Awaitable<Job>;

  cancel(id: string, by: string): Awaitable<Job>;

  resume(id: string, by: string): Awaitable<Job>;

  /** A job that failed or was cancelled goes on from its last state, as a job of its own run. */
  retry(id: string, by: string): Awaitable<Job>;

  /** How a training goes on, now if it runs, and whenever it does. @throws GanymedeError JOB_STATE for any other job */
  pace(id: string, pace: Pace): Awaitable<Job>;

  /** The newest view of a job that shows itself; null where there is none, or none any more. */
  view(id: string): Awaitable<View | null>;

  /** The newest view, then those that come, until the job is over or the reader leaves; a slow one misses some. */
  views(id: string, signal?: AbortSignal): AsyncGenerator<View>;

  /** What happened after number `from`, then what happens, until the job is over or the reader leaves. */
  watch(id: string, from?: number, signal?: AbortSignal): AsyncGenerator<JobEvent | Job>;

  /** Jobs that changed, each as it is by then, until the reader leaves. */
  changes(signal?: AbortSignal): AsyncGenerator<Job>;

  /** What this process runs of them saves and ends. */
  close(): Promise<void>;
}
