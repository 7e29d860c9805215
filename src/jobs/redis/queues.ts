// The queues, by BullMQ: one for each device, and one for what servers do with a version that a job made. An entry is a
// job's id and the turn for which it was queued; whether that still means something, the records say. So an entry may
// be there twice, or be put again after it was lost, and nothing runs twice.

import type { Queue, Worker } from 'bullmq';
import type { Connection, Log } from './connection.js';
import type { Placed } from './records.js';

/** The place of jobs whose version waits to be looked at by a server. */
export const VERSIONS = 'versions';

export interface Turn {
  readonly id: string;
  readonly turn: number;
}

export type QueueWorker = Worker<Turn>;

const PREFIX = 'ganymede:queue';

/** Of BullMQ the lower goes first, from 1; 0 would go before all. */
const LOWEST_PRIORITY = 1_000_000;

export class Queues {
  readonly #bullmq: typeof import('bullmq');
  readonly #connection: Connection;
  readonly #log: Log;
  readonly #queues = new Map<string, Queue<Turn>>();

  static async over(connection: Connection, log: Log): Promise<Queues> {
    return new Queues(await import('bullmq'), connection, log);
  }

  private constructor(bullmq: typeof import('bullmq'), connection: Connection, log: Log) {
    this.#bullmq = bullmq;
    this.#connection = connection;
    this.#log = log;
  }

  /** Does nothing where the entry is there already. */
  async put({ id, turn, place, priority }: Placed): Promise<void> {
    const entry = { jobId: entryOf({ id, turn }), priority: LOWEST_PRIORITY - priority };
    await this.#connection.ask(() => this.#queue(place).add('job', { id, turn }, { ...entry, ...FORGOTTEN }));
  }

  async has({ id, turn, place }: Placed): Promise<boolean> {
    return this.#connection.ask(async () => (await this.#queue(place).getJob(entryOf({ id, turn }))) !== undefined);
  }

  /** What somebody works on stays. */
  async remove({ id, turn, place }: Placed): Promise<void> {
    await this.#connection.ask(() => this.#queue(place).remove(entryOf({ id, turn })));
  }

  /** How many take jobs of a place. */
  async workers(place: string): Promise<number> {
    return this.#connection.ask(async () => (await this.#queue(place).getWorkers()).length);
  }

  /** Takes one entry after the other. Of a worker that is not heard from for `leaseMs` another takes them. */
  work(place: string, leaseMs: number, name: string, take: (turn: Turn) => Promise<void>): QueueWorker {
    const worker = new this.#bullmq.Worker<Turn>(place, ({ data }) => take(data), {
      connection: this.#connection.another(),
      prefix: PREFIX,
      name,
      lockDuration: leaseMs,
      stalledInterval: Math.ceil(leaseMs / 2),
      maxStalledCount: Number.MAX_SAFE_INTEGER, // the records count losses, and say when there were too many
      runRetryDelay: 1000,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    worker.on('error', (error) => this.#log.info({ place, reason: error.message }, 'BullMQ says:'));
    worker.on('failed', (_, error) => this.#log.warn({ place, err: error }, 'An entry of a queue failed.'));
    return worker;
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#queues.values(), (queue) => queue.close()));
  }

  #queue(place: string): Queue<Turn> {
    let queue = this.#queues.get(place);
    if (!queue) {
      queue = new this.#bullmq.Queue<Turn>(place, { connection: this.#connection.client, prefix: PREFIX });
      queue.on('error', () => undefined); // those of the connection, which says them itself
      this.#queues.set(place, queue);
    }
    return queue;
  }
}

const FORGOTTEN = { removeOnComplete: true, removeOnFail: true } as const;

function entryOf({ id, turn }: Turn): string {
  return `${id}.${turn}`;
}
