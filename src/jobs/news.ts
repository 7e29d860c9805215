// Who waits for something to happen to jobs, within one process. A slow reader holds nothing up and nothing in memory:
// it is told that there is news, and reads what it is from the records when it is ready.

import { EventEmitter, on } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { View } from '../pace.js';
import type { Awaitable, JobRecords } from './engine.js';
import { ENDED, type Job, type JobEvent } from './job.js';

export class News {
  readonly #records: Pick<JobRecords, 'job' | 'events'>;
  readonly #emitter = new EventEmitter();

  constructor(records: Pick<JobRecords, 'job' | 'events'>) {
    this.#records = records;
    this.#emitter.setMaxListeners(0);
  }

  /** Something happened to the job. */
  tell(id: string): void {
    this.#emitter.emit('change', id);
    this.#emitter.emit(`job ${id}`);
  }

  /** The job showed itself, and nothing else happened to it. */
  show(id: string): void {
    this.#emitter.emit(`view of ${id}`);
  }

  /** What happened after number `from`, then what happens, until the job is over or the reader leaves. */
  async *watch(id: string, from = 0, signal?: AbortSignal): AsyncGenerator<JobEvent | Job> {
    let seen = from;
    for (;;) {
      const changed = this.#next([`job ${id}`], signal);
      const job = await this.#records.job(id); // before its events: of one that is over they are all there
      const events = await this.#records.events(id, { from: seen });
      for (const event of events) {
        seen = event.seq;
        yield event;
      }
      if (events.length === 0) {
        yield job;
        if (ENDED.has(job.state)) return;
        await changed;
      }
      if (signal?.aborted) return;
    }
  }

  /** The newest view, then each that is newer than the last by the time that its reader is ready. */
  async *views(id: string, newest: () => Awaitable<View | null>, signal?: AbortSignal): AsyncGenerator<View> {
    let seen: View | null = null;
    for (;;) {
      const changed = this.#next([`view of ${id}`, `job ${id}`], signal);
      const { state } = await this.#records.job(id); // before its view: that of one that is over is its last
      const view = await newest();
      if (view && !isDeepStrictEqual(view, seen)) {
        seen = view;
        yield view;
      } else if (ENDED.has(state)) return;
      else await changed;
      if (signal?.aborted) return;
    }
  }

  /** Jobs that changed, each as it is by then. */
  async *changes(signal?: AbortSignal): AsyncGenerator<Job> {
    try {
      for await (const [id] of on(this.#emitter, 'change', { ...(signal && { signal }) })) {
        yield await this.#records.job(id);
      }
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  }

  /** Resolves at the next of these, or when the reader leaves. */
  #next(names: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        for (const name of names) this.#emitter.off(name, done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      for (const name of names) this.#emitter.once(name, done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}

/** Jobs whose newest view is kept: as many as are watched at once, and a few that have just ended. */
const MOST_VIEWS = 16;

/** The newest view of each job. */
export class Views {
  readonly #newest = new Map<string, View>();

  newest(id: string): View | null {
    return this.#newest.get(id) ?? null;
  }

  keep(id: string, view: View): void {
    this.#newest.delete(id); // so that it is the last
    this.#newest.set(id, view);
    for (const oldest of this.#newest.keys()) {
      if (this.#newest.size <= MOST_VIEWS) break;
      this.#newest.delete(oldest);
    }
  }
}
