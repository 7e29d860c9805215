// A worker: takes jobs from the queues of its devices, runs each in a process of its own, and tells Redis how it goes.
// Of a device it runs one job at a time. A worker that cannot reach Redis saves and stops before others may take its
// jobs for lost; a job that was taken away it lets go of at once.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { GanymedeError, messageOf } from '../../errors.js';
import type { WorkEvent } from '../../work.js';
import { type JobLimits, requireRoom } from '../guard.js';
import { ENDED } from '../job.js';
import { type Ending, JobProcess } from '../job-process.js';
import { Held } from './held.js';
import type { Hub } from './hub.js';
import { failed, outcomeOf, stoppedBy } from './outcome.js';
import type { QueueWorker, Turn } from './queues.js';
import type { Placed } from './records.js';

export interface JobWorkerOptions {
  readonly hub: Hub;
  /** How it is called in what is said of jobs. */
  readonly name: string;
  readonly devices: readonly string[];
  readonly threads: number;
  readonly limits: JobLimits;
}

/** Workers that a job may bring down before it has failed. */
const MOST_LOSSES = 5;

/** A folder that is still held, or a disk that is full, is looked at again. */
const AGAIN_MS = 1000;

export class JobWorker {
  readonly #options: JobWorkerOptions;
  readonly #hub: Hub;
  readonly #held = new Map<string, Held>();
  readonly #workers: readonly QueueWorker[];
  #closing = false;

  constructor(options: JobWorkerOptions) {
    const { hub, name, devices } = options;
    this.#options = options;
    this.#hub = hub;
    hub.listen((id) => void this.#held.get(id)?.look());
    this.#workers = devices.map((device) =>
      hub.queues.work(device, hub.options.leaseMs, name, (turn) => this.#take(turn)),
    );
  }

  /** What runs saves and ends; other workers go on with it. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const held of this.#held.values()) held.stop();
    await Promise.all(this.#workers.map((worker) => worker.close()));
    await this.#hub.close();
  }

  async #take(turn: Turn): Promise<void> {
    if (this.#closing || !(await this.#hasRoom())) return; // its entry is put again
    const holder = randomUUID();
    const job = await this.#hub.connection.insist(() => this.#begin(turn, holder));
    if (job) await this.#run(job, holder);
  }

  /** Null for a job that is not to be run, or not by this worker. Done twice it is done once. */
  async #begin({ id, turn }: Turn, holder: string): Promise<Placed | null> {
    const { records } = this.#hub;
    const job = await records.job(id);
    if (job.holder === holder) return job;
    if (job.turn !== turn || job.state === 'paused' || ENDED.has(job.state)) return null;
    const when = { states: [job.state], turn, holder: job.holder };
    const losses = job.losses + (job.state === 'queued' ? 0 : 1);
    const tooMany = failed({ code: 'JOB_CRASHED', message: `${losses} workers were lost with it.` });
    const over = stoppedBy(job) ?? (losses > MOST_LOSSES ? tooMany : undefined);
    if (over) {
      await records.change(id, { when, ...over });
      return null;
    }
    const attempt = job.attempt + 1;
    const lost = job.state === 'queued' ? '' : 'Its worker was not heard from any more. ';
    const text = `${lost}Begun by ${this.#options.name}, attempt ${attempt}.`;
    const set = { state: 'running', attempt, losses, holder, told: 0, started: job.started ?? Date.now() } as const;
    const begun = await records.change(id, { when, set, event: { kind: 'state', state: 'running', text } });
    return begun ? records.job(id) : null;
  }

  async #run(job: Placed, holder: string): Promise<void> {
    const { hub, threads, limits } = this.#options;
    const held: Held = new Held(hub, job.id, holder);
    const process = new JobProcess({
      say: 'start',
      kind: job.kind,
      options: { ...job.options, run: join(hub.options.data, 'runs', job.id), threads },
      lease: job.id,
      limits: { ...limits, ...job.limits },
      pace: job.pace,
      onEvent: (event: WorkEvent) => held.heard(event),
    });
    held.runs(process, job.pace);
    this.#held.set(job.id, held);
    if (this.#closing) held.stop();
    try {
      await this.#settle(held, job.id, await process.ending);
    } finally {
      this.#held.delete(job.id);
      held.end();
    }
  }

  async #settle(held: Held, id: string, ending: Ending): Promise<void> {
    const { connection, records, queues, options } = this.#hub;
    if (ending.say === 'failed' && ending.code === 'RUN_IN_USE') await pause(AGAIN_MS);
    const cut = held.wasCut && ending.say === 'crashed'; // it was ended before it had saved
    for (;;) {
      const job = await connection.insist(() => records.job(id));
      const outcome = outcomeOf(job, cut ? { say: 'ended', outcome: 'stopped', made: null } : ending);
      if (await held.tell({ when: { states: [job.state], turn: job.turn }, ...outcome })) break;
      if (held.isLost) return options.log.warn({ job: id }, 'The job was taken by another worker.');
    }
    const settled = await connection.insist(() => records.job(id));
    if (settled.state === 'failed') options.log.warn({ job: id, ...settled.failure }, 'A job failed.');
    if (!ENDED.has(settled.state) && settled.state !== 'paused') await connection.insist(() => queues.put(settled));
  }

  async #hasRoom(): Promise<boolean> {
    const { hub, limits } = this.#options;
    try {
      requireRoom([join(hub.options.data, 'runs')], limits);
      return true;
    } catch (error) {
      if (!(error instanceof GanymedeError) || error.code !== 'INSUFFICIENT_STORAGE') throw error;
      hub.options.log.warn({ reason: messageOf(error) }, 'Jobs wait for room on the disk.');
      await pause(AGAIN_MS);
      return false;
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
