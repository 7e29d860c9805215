// What servers and workers have in common: the connection, the records, the queues, and that they are told of news. It
// looks at the Redis that it finds, and says what that one would lose.

import { randomUUID } from 'node:crypto';
import { expected, messageOf } from '../../errors.js';
import type { Redis } from './connection.js';
import { Connection, type Log } from './connection.js';
import { lossAtPowerCut, refuseEviction, settingsOf } from './durability.js';
import { Queues } from './queues.js';
import { NEWS, RedisRecords, VIEWS } from './records.js';
import { checkShared, type SharedFolders } from './shared-folder.js';
import { upkeep } from './upkeep.js';

export interface HubOptions extends SharedFolders {
  readonly url: string;
  /** Of who is not heard from for so long, jobs are taken away. */
  readonly leaseMs: number;
  readonly log: Log;
}

interface Loss {
  known: string | null | undefined;
}

const MODELS = 'ganymede:models';
const UPKEEP_MS = 5000;

/** Held by the server that changes which version answers; of one that is killed it is free after so long. */
const TURN = 'ganymede:turn';
const TURN_MS = 10_000;
const TURN_AGAIN_MS = 100;
const LONGEST_TURN_MS = 60_000;
const KEEP = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return ''";
const LEAVE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return ''";

export class Hub {
  readonly connection: Connection;
  readonly records: RedisRecords;
  readonly queues: Queues;
  readonly options: HubOptions;
  readonly #loss: Loss;
  readonly #listener: Redis;
  readonly #upkeep: NodeJS.Timeout;

  /** Returns although Redis may be gone; it is looked for as long as the hub lives. */
  static async open(options: HubOptions): Promise<Hub> {
    const { url, log } = options;
    const loss: Loss = { known: undefined };
    const connection = await Connection.to(url, log, async (redis) => {
      const settings = await settingsOf(redis);
      refuseEviction(settings);
      await checkShared(redis, options);
      loss.known = lossAtPowerCut(settings);
      if (loss.known !== null) log.warn({ loses: loss.known, settings }, 'A power cut of Redis would lose jobs.');
    });
    return new Hub(options, connection, await Queues.over(connection, log), loss);
  }

  private constructor(options: HubOptions, connection: Connection, queues: Queues, loss: Loss) {
    this.options = options;
    this.connection = connection;
    this.queues = queues;
    this.#loss = loss;
    this.records = new RedisRecords(connection);
    this.#listener = connection.another();
    this.#upkeep = setInterval(() => this.#keep(), UPKEEP_MS);
  }

  /** What of the acknowledged a power cut would lose: null for nothing, undefined while Redis was not asked. */
  get loss(): string | null | undefined {
    return this.#loss.known;
  }

  /**
   * From now on. After a time without Redis news may have been missed: then `onJob` hears of each job that is not over,
   * and `onModels` once. `onView` hears of jobs that show themselves.
   */
  listen(onJob: (id: string) => void, onModels: () => void = () => {}, onView: (id: string) => void = () => {}): void {
    let before = false;
    const heard: Readonly<Record<string, (id: string) => void>> = {
      [NEWS]: onJob,
      [VIEWS]: onView,
      [MODELS]: onModels,
    };
    this.#listener.on('message', (channel, id) => heard[channel]?.(id));
    this.#listener.on('ready', () => {
      if (before) void this.#missed(onJob, onModels);
      before = true;
      this.#keep();
    });
    void this.#listener.subscribe(...Object.keys(heard)).catch(() => undefined); // fails at the end only
  }

  /** All servers look at the models again; those that do not hear it now do so when they find Redis again. */
  async tellModels(): Promise<void> {
    try {
      await this.connection.ask((redis) => redis.publish(MODELS, ''));
    } catch (error) {
      this.options.log.warn({ reason: messageOf(error) }, 'Other servers could not be told of the models.');
    }
  }

  /** One server at a time. @throws GanymedeError STORE_UNAVAILABLE before anything is done */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const token = randomUUID();
    await this.#takeTurn(token);
    const goOn = () => this.connection.client.eval(KEEP, 1, TURN, token, TURN_MS);
    const keep = setInterval(() => void goOn().catch(() => {}), TURN_MS / 4);
    try {
      return await work();
    } finally {
      clearInterval(keep);
      await this.connection.client.eval(LEAVE, 1, TURN, token).catch(() => {}); // it ends by itself
    }
  }

  async #takeTurn(token: string): Promise<void> {
    for (let waited = 0; ; waited += TURN_AGAIN_MS) {
      if ((await this.connection.ask((redis) => redis.set(TURN, token, 'PX', TURN_MS, 'NX'))) === 'OK') return;
      if (waited > LONGEST_TURN_MS) throw expected('no other server to change the models', 'one', 'STORE_UNAVAILABLE');
      await new Promise((resolve) => setTimeout(resolve, TURN_AGAIN_MS));
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#upkeep);
    await this.queues.close();
    this.connection.close();
  }

  async #missed(onJob: (id: string) => void, onModels: () => void): Promise<void> {
    onModels();
    const open = await this.connection.insist(() => this.records.open()).catch(() => []); // it was closed meanwhile
    for (const { id } of open) onJob(id);
  }

  #keep(): void {
    upkeep(this.records, this.queues).catch((error: unknown) =>
      this.options.log.info({ err: error }, 'The queues could not be looked at; they will be.'),
    );
  }
}
