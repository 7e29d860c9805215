// The jobs of a server: asked for, queued, run in processes of their own, kept whatever ends. What a method has
// returned is on the disk. Of a device one job runs at a time, and a few that are small beside it; when the process of
// a job crashes it is begun again from its last state, a few times.

import { basename, join } from 'node:path';
import { GanymedeError, messageOf } from '../errors.js';
import { FREELY, type Pace, type View, waitsAt } from '../pace.js';
import type { WorkEvent } from '../work.js';
import type { JobEngine } from './engine.js';
import { type JobLimits, NO_LIMITS, requireRoom } from './guard.js';
import type { Job, JobEvent, JobFailure, JobRequest } from './job.js';
import { type Ending, JobProcess, type ProcessOptions } from './job-process.js';
import { News, Views } from './news.js';
import { isFullStore, type JobChange, type JobStore } from './store.js';
import { pausedBy, requirePaced, requireState, SERVER, STOPS, WAIT_MS } from './transitions.js';

export interface JobsOptions {
  readonly store: JobStore;
  /** The folder of runs, one for each job. */
  readonly runs: string;
  /** Threads of a job's engine; all cores without it. */
  readonly threads?: number;
  /** What a job may take; an order may say less. */
  readonly limits?: JobLimits;
  /** So many small ones run at once, each on one thread; none runs beside another without it. */
  readonly smallJobs?: number;
  /** One that waits for a person is paused after so long. */
  readonly waitMs?: number;
  /** How often a job's process is begun before the job has failed. */
  readonly attempts?: number;
  /**
   * Called when a job has made a version, before the job counts as succeeded; what it returns is the last line. It may
   * throw the reason of `signal`, which says that the job is cancelled, or that the server ends.
   */
  readonly onVersion?: (job: Job, version: number, signal: AbortSignal) => Promise<string>;
  readonly log?: { warn(details: object, message: string): void; info(details: object, message: string): void };
  /** As `new JobProcess`; tests give processes of their own. */
  readonly begin?: (options: ProcessOptions) => Pick<JobProcess, 'ending' | 'stop' | 'pace' | 'kill'>;
}

/** Progress is written at most so often; who watches hears of it as often. */
const PROGRESS_MS = 500;

/** A folder that is still held by the process that a killed server left is free in a moment. */
const AGAIN_MS = 1000;

/** A disk that was full may have room again. */
const ROOM_AGAIN_MS = 2000;

interface Running {
  readonly process: Pick<JobProcess, 'ending' | 'stop' | 'pace' | 'kill'>;
  readonly job: Pick<Job, 'device' | 'small'>;
  /** While it waits for a person: what pauses it. */
  waiting?: NodeJS.Timeout | undefined;
  /** For what is done with its version once the process has ended. */
  readonly leaving: AbortController;
}

export class Jobs implements JobEngine {
  readonly #options: JobsOptions;
  readonly #store: JobStore;
  readonly #running = new Map<string, Running>();
  readonly #news: News;
  readonly #views = new Views();
  readonly #endings = new Set<Promise<void>>();
  #closing = false;
  #again: NodeJS.Timeout | undefined;

  /** Goes on with what a server that ended left behind. */
  constructor(options: JobsOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#news = new News(options.store);
    this.#recover();
    this.#schedule();
  }

  /** Queued, and on the disk, when it returns. With an idempotency key that came before: the job of that time. */
  add(request: JobRequest): Job {
    const job = this.#store.add(request);
    this.#news.tell(job.id);
    this.#schedule();
    return this.#store.job(job.id);
  }

  /** Saves, and frees the device until `resume`. */
  pause(id: string, by: string): Job {
    return this.#stop(id, by, 'pause');
  }

  cancel(id: string, by: string): Job {
    return this.#stop(id, by, 'cancel');
  }

  resume(id: string, by: string): Job {
    const job = this.#require(id, 'resume');
    this.#change(job.id, { state: 'queued' }, 'Goes on.', { by, action: 'resume' });
    this.#schedule();
    return this.#store.job(id);
  }

  /** A job that failed or was cancelled goes on from its last state, as a job of its own run. */
  retry(id: string, by: string): Job {
    const job = this.#require(id, 'retry');
    const change = { state: 'queued', attempt: 0, failure: null, ended: null } as const;
    this.#change(job.id, change, 'Tried again.', { by, action: 'retry' });
    this.#schedule();
    return this.#store.job(id);
  }

  /** How it goes on, now if it runs, and whenever it does. */
  pace(id: string, pace: Pace): Job {
    const job = this.#store.job(id);
    requirePaced(job);
    this.#store.change(id, { pace });
    const running = this.#running.get(id);
    if (running) this.#waits(id, running, false);
    running?.process.pace(pace);
    this.#news.tell(id);
    return this.#store.job(id);
  }

  watch(id: string, from = 0, signal?: AbortSignal): AsyncGenerator<JobEvent | Job> {
    return this.#news.watch(id, from, signal);
  }

  view(id: string): View | null {
    return this.#views.newest(id);
  }

  views(id: string, signal?: AbortSignal): AsyncGenerator<View> {
    return this.#news.views(id, () => this.#views.newest(id), signal);
  }

  changes(signal?: AbortSignal): AsyncGenerator<Job> {
    return this.#news.changes(signal);
  }

  /** Jobs that run save and end; they are queued again by the next server. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#again);
    for (const { process, leaving } of this.#running.values()) {
      process.stop();
      leaving.abort();
    }
    await Promise.all(this.#endings);
    await this.#store.close();
  }

  /** What runs when the server must end at once. */
  kill(): void {
    for (const { process } of this.#running.values()) process.kill();
  }

  #recover(): void {
    for (const job of this.#store.jobs({ states: ['running', 'pausing', 'cancelling'] }, Number.MAX_SAFE_INTEGER)) {
      if (job.state === 'running') this.#change(job.id, { state: 'queued' }, 'The server had ended; goes on.');
      else if (job.state === 'pausing') this.#change(job.id, { state: 'paused' }, 'Paused.');
      else this.#change(job.id, { state: 'cancelled', ended: Date.now() }, 'Cancelled.');
    }
  }

  /** Where there is no room on the disk, jobs wait for it. */
  #schedule(): void {
    if (this.#closing) return;
    const seats = new Seats(
      Array.from(this.#running.values(), ({ job }) => job),
      this.#options.smallJobs,
    );
    try {
      for (const job of this.#store.queued()) {
        if (!seats.has(job)) continue;
        this.#requireRoom();
        seats.take(job);
        this.#begin(job);
      }
    } catch (error) {
      if (!isFullStore(error)) throw error;
      this.#options.log?.warn({ reason: messageOf(error) }, 'Jobs wait for room on the disk.');
      clearTimeout(this.#again);
      this.#again = setTimeout(() => this.#schedule(), ROOM_AGAIN_MS).unref();
    }
  }

  /** @throws GanymedeError INSUFFICIENT_STORAGE */
  #requireRoom(): void {
    const { runs, limits = NO_LIMITS } = this.#options;
    requireRoom([runs], limits);
  }

  #begin(job: Job): void {
    const { runs, limits = NO_LIMITS, begin = (options) => new JobProcess(options) } = this.#options;
    const threads = job.small ? 1 : this.#options.threads;
    const attempt = job.attempt + 1;
    const started = job.started ?? Date.now();
    this.#change(job.id, { state: 'running', attempt, started }, `Begun, attempt ${attempt}.`);
    const process = begin({
      say: 'start',
      kind: job.kind,
      options: { ...job.options, run: join(runs, job.id), ...(threads === undefined ? {} : { threads }) },
      onEvent: this.#listener(job.id),
      limits: { ...limits, ...job.limits },
      pace: job.pace,
    });
    this.#running.set(job.id, { process, job, leaving: new AbortController() });
    const ended = process.ending.then((ending) => this.#onEnding(job.id, ending));
    this.#endings.add(ended);
    void ended.finally(() => this.#endings.delete(ended));
  }

  /**
   * Events are kept; progress is only the newest, and not each. On a full disk the work goes on without being heard.
   */
  #listener(id: string): (event: WorkEvent) => void {
    let written = Number.NEGATIVE_INFINITY;
    return (event) => {
      if (event.kind === 'view') return this.#onView(id, event);
      const now = performance.now();
      if (event.kind === 'progress' && now - written < PROGRESS_MS && !this.#isLast(id, event)) return;
      try {
        if (event.kind !== 'progress') this.#store.append(id, event);
        else this.#store.change(id, { progress: withoutKind(event) });
      } catch (error) {
        if (!isFullStore(error)) throw error;
        this.#options.log?.warn({ job: id, event: event.kind, reason: messageOf(error) }, 'An event was not kept.');
      }
      if (event.kind === 'progress') written = now;
      this.#news.tell(id);
    };
  }

  /** Whether no more comes of it, or not before somebody says so. */
  #isLast(id: string, { done, total }: Extract<WorkEvent, { kind: 'progress' }>): boolean {
    return done === total || waitsAt(done, this.#store.job(id).pace ?? FREELY);
  }

  #onView(id: string, { kind: _, ...view }: Extract<WorkEvent, { kind: 'view' }>): void {
    const running = this.#running.get(id);
    if (!running) return; // it is about to end
    this.#views.keep(id, view);
    if (view.waiting !== (running.waiting !== undefined)) this.#waits(id, running, view.waiting);
    this.#news.show(id);
  }

  /** One that waits for a person is paused in the end. */
  #waits(id: string, running: Running, waiting: boolean): void {
    clearTimeout(running.waiting);
    const { waitMs = WAIT_MS } = this.#options;
    const pause = () => {
      if (this.#store.job(id).state === 'running') this.#stop(id, SERVER, 'pause');
    };
    running.waiting = waiting ? setTimeout(pause, waitMs).unref() : undefined;
  }

  async #onEnding(id: string, ending: Ending): Promise<void> {
    try {
      await this.#settle(this.#store.job(id), ending).catch((error: unknown) =>
        this.#fail(this.#store.job(id), { code: 'INTERNAL_SERVER_ERROR', message: messageOf(error) }),
      );
    } catch (error) {
      const reason = messageOf(error);
      this.#options.log?.warn(
        { job: id, reason },
        'How a job ended could not be kept: the next server goes on with it.',
      );
    } finally {
      clearTimeout(this.#running.get(id)?.waiting);
      this.#running.delete(id);
      this.#schedule();
    }
  }

  async #settle(job: Job, ending: Ending): Promise<void> {
    if (ending.say === 'ended' && ending.outcome === 'done') return this.#succeed(job, ending.made);
    if (ending.say === 'ended') return this.#stopped(job);
    if (ending.say === 'failed' && ending.code === 'RUN_IN_USE' && !this.#closing) return this.#later(job);
    if (ending.say === 'checked') throw new Error('A work ended as a check does.');
    const failure = { code: ending.say === 'failed' ? ending.code : 'JOB_CRASHED', message: ending.message };
    if (job.state !== 'running') return this.#stopped(job); // it was to end anyhow
    const { attempts = 3 } = this.#options;
    if ((ending.say === 'failed' && ending.refusal) || job.attempt >= attempts) return this.#fail(job, failure);
    const text = `${failure.message} It is begun again from its last state.`;
    await this.#record(job.id, { state: 'queued', failure }, text);
  }

  async #succeed(job: Job, made: string | null): Promise<void> {
    const version = made === null ? null : Number(basename(made));
    const { signal } = this.#running.get(job.id)!.leaving;
    let text: string | undefined;
    try {
      text = version === null ? 'Done.' : await this.#options.onVersion?.(job, version, signal);
    } catch (error) {
      await this.#record(job.id, { made: version });
      if (signal.aborted && error === signal.reason) return this.#stopped(this.#store.job(job.id));
      const code = error instanceof GanymedeError ? error.code : 'INTERNAL_SERVER_ERROR';
      return this.#fail(job, { code, message: messageOf(error) });
    }
    const end = { state: 'succeeded', made: version, ended: Date.now(), failure: null } as const;
    await this.#record(job.id, end, text ?? `Made version ${version}.`);
  }

  async #fail(job: Job, failure: JobFailure): Promise<void> {
    this.#options.log?.warn({ job: job.id, ...failure }, 'A job failed.');
    const text = `${failure.code}: ${failure.message}`;
    await this.#record(job.id, { state: 'failed', failure, ended: Date.now() }, text);
  }

  /** What has happened already: where the disk is full it is kept once there is room. */
  async #record(id: string, change: JobChange, text?: string): Promise<void> {
    for (;;) {
      try {
        return this.#change(id, change, text);
      } catch (error) {
        if (!isFullStore(error) || this.#closing) throw error;
        await new Promise((resolve) => setTimeout(resolve, ROOM_AGAIN_MS));
      }
    }
  }

  /** Where it ends because it was told to: by a person, or because the server ends. */
  #stopped({ id, state, attempt }: Job): Promise<void> {
    if (state === 'pausing') return this.#record(id, { state: 'paused' }, 'Paused and saved.');
    if (state === 'cancelling') return this.#record(id, { state: 'cancelled', ended: Date.now() }, 'Cancelled.');
    return this.#record(id, { state: 'queued', attempt: attempt - 1 }, 'Saved; goes on with the next server.');
  }

  async #later(job: Job): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    if (this.#store.job(job.id).state !== 'running') return this.#stopped(this.#store.job(job.id));
    const change = { state: 'queued', attempt: job.attempt - 1 } as const;
    await this.#record(job.id, change, 'Its folder was still in use; tried again.');
  }

  #stop(id: string, by: string, action: 'pause' | 'cancel'): Job {
    const job = this.#require(id, action);
    const state = STOPS[action][job.state]!;
    const text = action === 'pause' ? pausedBy(by) : `To be cancelled by ${by}.`;
    this.#change(id, { state, ...(state === 'cancelled' && { ended: Date.now() }) }, text, { by, action });
    const running = this.#running.get(id);
    running?.process.stop();
    if (state === 'cancelling') running?.leaving.abort();
    return this.#store.job(id);
  }

  #require(id: string, action: Parameters<typeof requireState>[1]): Job {
    const job = this.#store.job(id);
    requireState(job, action);
    return job;
  }

  #change(id: string, change: JobChange, text?: string, audit?: { by: string; action: string }): void {
    const { state = this.#store.job(id).state } = change;
    this.#store.change(id, change, text === undefined ? undefined : { kind: 'state', state, text }, audit);
    this.#news.tell(id);
  }
}

/** What runs at once: of a device one job, and of small ones on the CPU a few. */
class Seats {
  readonly #small: number;
  readonly #busy = new Set<string>();
  #taken = 0;

  constructor(running: readonly Pick<Job, 'device' | 'small'>[], small = 0) {
    this.#small = small;
    for (const job of running) this.take(job);
  }

  has(job: Pick<Job, 'device' | 'small'>): boolean {
    return this.#isSmall(job) ? this.#taken < this.#small : !this.#busy.has(job.device);
  }

  take(job: Pick<Job, 'device' | 'small'>): void {
    if (this.#isSmall(job)) this.#taken++;
    else this.#busy.add(job.device);
  }

  #isSmall({ small = false }: Pick<Job, 'small'>): boolean {
    return small && this.#small > 0;
  }
}

function withoutKind({ kind: _, ...progress }: Extract<WorkEvent, { kind: 'progress' }>) {
  return progress;
}
