// Who waits for something to happen to jobs, within one process. A slow reader holds nothing up and nothing in memory:
// it is told that there is news, and reads what it is from the records when it is ready.

import { EventEmitter, on } from 'node:events';
import type { JobRecords } from './engine.js';
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

  /** Jobs that somebody watches. */
  watched(): string[] {
    return this.#emitter.eventNames().flatMap((name) => (name === 'change' ? [] : [String(name).slice('job '.length)]));
  }

  /** What happened after number `from`, then what happens, until the job is over or the reader leaves. */
  async *watch(id: string, from = 0, signal?: AbortSignal): AsyncGenerator<JobEvent | Job> {
    let seen = from;
    for (;;) {
      const changed = this.#next(id, signal);
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

  /** Resolves at the next change of the job, or when the reader leaves. */
  #next(id: string, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#emitter.off(`job ${id}`, done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.#emitter.once(`job ${id}`, done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}
