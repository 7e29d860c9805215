// One job that this worker holds: what its process says is told to Redis in order and once each, and whether the job is
// still this worker's is looked at all the time.

import { isDeepStrictEqual } from 'node:util';
import { GanymedeError } from '../../errors.js';
import { FREELY, type Pace, waitsAt } from '../../pace.js';
import type { WorkEvent } from '../../work.js';
import { ENDED } from '../job.js';
import type { JobProcess } from '../job-process.js';
import { pausedBy, SERVER, WAIT_MS } from '../transitions.js';
import { isUnavailable } from './connection.js';
import type { Hub } from './hub.js';
import type { Changed } from './records.js';

/** Progress is told at most so often. */
const PROGRESS_MS = 500;

/** Parts of the lease without a word from Redis, after which the process saves and ends, or is ended. */
const SAVE_AFTER = 0.5;
const KILL_AFTER = 0.8;

export class Held {
  readonly #hub: Hub;
  readonly #id: string;
  readonly #holder: string;
  readonly #timer: NodeJS.Timeout;
  #process: Pick<JobProcess, 'stop' | 'pace' | 'kill'> | undefined;
  #pace: Pace | null = null;
  /** While it waits for a person: what pauses it. */
  #waiting: NodeJS.Timeout | undefined;
  #told = 0;
  #telling: Promise<unknown> = Promise.resolve();
  #progressAt = Number.NEGATIVE_INFINITY;
  #answeredAt = performance.now();
  #lost = false;
  #cut = false;

  constructor(hub: Hub, id: string, holder: string) {
    this.#hub = hub;
    this.#id = id;
    this.#holder = holder;
    this.#timer = setInterval(() => this.#tick(), hub.options.leaseMs / 10);
  }

  /** Another worker has it now. */
  get isLost(): boolean {
    return this.#lost;
  }

  /** It was stopped because Redis was not heard from. */
  get wasCut(): boolean {
    return this.#cut && !this.#lost;
  }

  /** `pace`: the one that it began at. */
  runs(process: Pick<JobProcess, 'stop' | 'pace' | 'kill'>, pace: Pace | null): void {
    this.#process = process;
    this.#pace = pace;
  }

  stop(): void {
    this.#process?.stop();
  }

  end(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#waiting);
  }

  /** What its process says. */
  heard(event: WorkEvent): void {
    if (event.kind === 'view') return void this.#shows(event);
    if (event.kind !== 'progress') return void this.tell({ event });
    const now = performance.now();
    const isLast = event.done === event.total || waitsAt(event.done, this.#pace ?? FREELY);
    if (now - this.#progressAt < PROGRESS_MS && !isLast) return;
    this.#progressAt = now;
    const { kind: _, ...progress } = event;
    void this.tell({ set: { progress } });
  }

  /** In the order of the calls, each once, however long Redis is away. False where a condition did not hold. */
  tell(change: Changed): Promise<boolean> {
    const { connection, records } = this.#hub;
    const told = this.#telling.then(async () => {
      if (this.#lost) return false;
      const when = { ...change.when, holder: this.#holder, told: ++this.#told };
      const done = await connection.insist(() => records.change(this.#id, { ...change, when }));
      this.#answeredAt = performance.now();
      if (!done) await this.look();
      return done;
    });
    this.#telling = told.catch(() => undefined);
    return told;
  }

  /** Is it still ours, and is it to go on? */
  async look(): Promise<void> {
    try {
      const { holder, state, pace } = await this.#hub.records.job(this.#id);
      this.#answeredAt = performance.now();
      if (holder !== this.#holder || ENDED.has(state)) this.#lose();
      else if (state === 'pausing' || state === 'cancelling') this.stop();
      else if (pace && !isDeepStrictEqual(pace, this.#pace)) this.#goOnAt(pace);
    } catch (error) {
      if (error instanceof GanymedeError && error.code === 'JOB_NOT_FOUND') this.#lose();
      else if (!isUnavailable(error)) this.#hub.options.log.warn({ err: error }, 'A job could not be looked at.');
    }
  }

  #goOnAt(pace: Pace): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#pace = pace;
    this.#process?.pace(pace);
  }

  /** Where Redis is away a view is missed: the next one comes soon. */
  #shows({ kind: _, ...view }: Extract<WorkEvent, { kind: 'view' }>): void {
    clearTimeout(this.#waiting);
    this.#waiting = view.waiting ? setTimeout(() => void this.#pause(), WAIT_MS).unref() : undefined;
    this.#hub.records.show(this.#id, view).catch((error: unknown) => {
      if (!isUnavailable(error)) this.#hub.options.log.warn({ err: error }, 'A view of a job was not kept.');
    });
  }

  /** It waited for a person for so long that nobody may come. */
  async #pause(): Promise<void> {
    const event = { kind: 'state', state: 'pausing', text: pausedBy(SERVER) } as const;
    await this.tell({ when: { states: ['running'] }, set: { state: 'pausing' }, event });
    await this.look();
  }

  #lose(): void {
    this.#lost = true;
    this.#process?.kill();
  }

  #tick(): void {
    const silent = (performance.now() - this.#answeredAt) / this.#hub.options.leaseMs;
    if (silent > KILL_AFTER) this.#process?.kill();
    else if (silent > SAVE_AFTER) this.stop();
    this.#cut ||= silent > SAVE_AFTER;
    void this.look();
  }
}
