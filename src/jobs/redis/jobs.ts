// Jobs as a server sees them that does not run them: it puts them into queues from which workers take them, hears of
// news, and loads the versions that come of them. Any server can answer for any job.

import { GanymedeError, messageOf } from '../../errors.js';
import type { Pace, View } from '../../pace.js';
import type { JobEngine } from '../engine.js';
import { ENDED, type Job, type JobEvent, type JobRequest } from '../job.js';
import { News } from '../news.js';
import { pausedBy, requirePaced, requireState, STOPS } from '../transitions.js';
import { isUnavailable } from './connection.js';
import type { Hub } from './hub.js';
import { again, done, failed, stoppedBy } from './outcome.js';
import { type QueueWorker, type Turn, VERSIONS } from './queues.js';
import type { Changed, Placed, RedisRecords } from './records.js';

export interface RedisJobsOptions {
  readonly hub: Hub;
  /**
   * Called when a job has made a version, before the job counts as succeeded; what it returns is the last line. It may
   * throw the reason of `signal`, which says that the job is cancelled, or that this server ends.
   */
  readonly onVersion: (job: Job, version: number, signal: AbortSignal) => Promise<string>;
  /** Called when another server may have changed what is served. */
  readonly onModels: () => void;
}

export class RedisJobs implements JobEngine {
  readonly #hub: Hub;
  readonly #records: RedisRecords;
  readonly #onVersion: RedisJobsOptions['onVersion'];
  readonly #news: News;
  readonly #versions: QueueWorker;
  /** Job → what tells that its version need not be loaded any more. */
  readonly #loading = new Map<string, AbortController>();

  constructor({ hub, onVersion, onModels }: RedisJobsOptions) {
    const { connection, records, queues, options } = hub;
    this.#hub = hub;
    this.#records = records;
    this.#onVersion = onVersion;
    this.#news = new News({
      job: (id) => connection.insist(() => records.job(id)),
      events: (id, filter) => connection.insist(() => records.events(id, filter)),
    });
    const onJob = (id: string) => {
      this.#news.tell(id);
      void this.#look(id);
    };
    hub.listen(onJob, onModels, (id) => this.#news.show(id));
    this.#versions = queues.work(VERSIONS, options.leaseMs, 'server', (turn) => this.#onMade(turn));
  }

  /** @throws GanymedeError DEVICE_UNAVAILABLE where nobody would take it; for the CPU it may wait */
  async add(request: JobRequest): Promise<Job> {
    const { device } = request;
    if (device !== 'cpu' && (await this.#hub.queues.workers(device)) === 0) throw nobodyFor(device);
    const job = await this.#records.add(request);
    if (job.state === 'queued') await this.#put(job);
    return job;
  }

  pause(id: string, by: string): Promise<Job> {
    return this.#stop(id, by, 'pause');
  }

  cancel(id: string, by: string): Promise<Job> {
    return this.#stop(id, by, 'cancel');
  }

  resume(id: string, by: string): Promise<Job> {
    return this.#goOn(id, by, 'resume', 'Goes on.');
  }

  retry(id: string, by: string): Promise<Job> {
    return this.#goOn(id, by, 'retry', 'Tried again.', { attempt: 0, losses: 0, failure: null, ended: null });
  }

  /** Whoever runs it hears of it. */
  async pace(id: string, pace: Pace): Promise<Job> {
    requirePaced(await this.#records.job(id));
    await this.#records.change(id, { set: { pace } });
    return this.#records.job(id);
  }

  view(id: string): Promise<View | null> {
    return this.#records.view(id);
  }

  views(id: string, signal?: AbortSignal): AsyncGenerator<View> {
    return this.#news.views(id, () => this.#hub.connection.insist(() => this.#records.view(id)), signal);
  }

  watch(id: string, from = 0, signal?: AbortSignal): AsyncGenerator<JobEvent | Job> {
    return this.#news.watch(id, from, signal);
  }

  changes(signal?: AbortSignal): AsyncGenerator<Job> {
    return this.#news.changes(signal);
  }

  /** Jobs go on without it. */
  async close(): Promise<void> {
    const gone = this.#hub.connection.client.status !== 'ready';
    for (const leaving of this.#loading.values()) leaving.abort();
    await this.#versions.close(gone);
    await this.#hub.close();
  }

  /** Whoever runs it hears of it, and saves. */
  async #stop(id: string, by: string, action: 'pause' | 'cancel'): Promise<Job> {
    for (;;) {
      const job = await this.#records.job(id);
      requireState(job, action);
      const state = STOPS[action][job.state]!;
      const text = action === 'pause' ? pausedBy(by) : `To be cancelled by ${by}.`;
      const changed = await this.#records.change(id, {
        when: { states: [job.state], turn: job.turn },
        set: { state, ...(state === 'cancelled' && { ended: Date.now() }) },
        event: { kind: 'state', state, text },
        audit: { by, action },
      });
      if (changed) return this.#records.job(id); // an entry in a queue means nothing any more
    }
  }

  async #goOn(id: string, by: string, action: 'resume' | 'retry', text: string, set = {}): Promise<Job> {
    const job = await this.#records.job(id);
    requireState(job, action);
    const when = { states: [job.state], turn: job.turn };
    await this.#records.change(id, { when, ...again(job, text, set), audit: { by, action } });
    const now = await this.#records.job(id);
    if (now.state === 'queued') await this.#put(now);
    return now;
  }

  /** It is kept, and so acknowledged: who looks after the queues puts it in, if it cannot be done now. */
  async #put(job: Placed): Promise<void> {
    try {
      await this.#hub.queues.put(job);
    } catch (error) {
      this.#hub.options.log.warn({ job: job.id, reason: messageOf(error) }, 'A job is put into its queue later.');
    }
  }

  async #onMade({ id, turn }: Turn): Promise<void> {
    const job = await this.#records.job(id);
    if (job.turn !== turn || job.place !== VERSIONS || ENDED.has(job.state)) return;
    const outcome = await this.#load(job);
    await this.#hub.connection.insist(() => this.#records.change(id, { when: { turn }, ...outcome }));
    await this.#hub.tellModels();
  }

  async #load(job: Placed): Promise<Changed> {
    const leaving = new AbortController();
    this.#loading.set(job.id, leaving);
    try {
      return done(await this.#onVersion(job, job.made!, leaving.signal));
    } catch (error) {
      const stopped = error === leaving.signal.reason ? stoppedBy(await this.#records.job(job.id)) : undefined;
      if (stopped) return stopped;
      if (leaving.signal.aborted || isUnavailable(error)) throw error; // another server does it
      const code = error instanceof GanymedeError ? error.code : 'INTERNAL_SERVER_ERROR';
      return failed({ code, message: messageOf(error) });
    } finally {
      this.#loading.delete(job.id);
    }
  }

  async #look(id: string): Promise<void> {
    const leaving = this.#loading.get(id);
    if (!leaving) return;
    const job = await this.#records.job(id).catch(() => null); // it is looked at again with the next news
    if (job?.state === 'cancelling') leaving.abort();
  }
}

function nobodyFor(device: string): GanymedeError {
  return new GanymedeError(
    'DEVICE_UNAVAILABLE',
    `Expected a worker that takes jobs for ${device} but there is none. Start one: ganymede worker --devices ${device}.`,
    { details: { device } },
  );
}
