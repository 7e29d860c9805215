// The way to Redis. A request is not kept waiting for a Redis that is gone: what is asked of it fails soon, and says
// that it may be asked again. The connection itself is made anew for as long as the process lives.

import { once } from 'node:events';
import type { Redis, RedisOptions } from 'ioredis';
import { GanymedeError, messageOf } from '../../errors.js';
import { refusalOf as fileRefusalOf } from '../../files/unusable.js';

export type { Redis } from 'ioredis';

export interface Log {
  warn(details: object, message: string): void;
  info(details: object, message: string): void;
}

/** For a connection that is just being made. */
const PATIENCE_MS = 2000;
/** Of a Redis that is there and says nothing. */
const ANSWER_MS = 5000;
const LONGEST_RETRY_MS = 1000;

export class Connection {
  /** Fails soon where Redis is gone, and sends nothing twice. */
  readonly client: Redis;
  readonly #others: Redis[] = [];
  readonly #log: Log;
  readonly #check: (client: Redis) => Promise<void>;
  #lost = false;
  #closed = false;
  /** Why this Redis is not to be used. It may be set right meanwhile, so it is looked at again before it is said. */
  #refusal: Error | undefined;
  #checked: Promise<void> = Promise.resolve();

  /** `check` looks at Redis whenever a connection is made, before anything is asked of it. */
  static async to(url: string, log: Log, check: (client: Redis) => Promise<void>): Promise<Connection> {
    const { Redis } = await import('ioredis');
    return new Connection(new Redis(url, SOON), log, check);
  }

  private constructor(client: Redis, log: Log, check: (client: Redis) => Promise<void>) {
    this.client = client;
    this.#log = log;
    this.#check = check;
    client.on('error', (error) => this.#onError(error));
    client.on('ready', () => {
      if (this.#lost) log.info({}, 'Redis is there again.');
      this.#lost = false;
      this.#checked = this.#look();
    });
  }

  /** Resolves when Redis answers and may be used. @throws GanymedeError STORE_UNAVAILABLE, CONFIG_INVALID */
  async ready(withinMs = PATIENCE_MS): Promise<void> {
    if (this.#closed) throw unavailable('the connection is closed');
    if (this.client.status !== 'ready') await this.#readyWithin(withinMs);
    await this.#checked;
    if (this.#refusal) await this.#look();
    if (this.#refusal) throw this.#refusal;
  }

  /** @throws GanymedeError STORE_UNAVAILABLE, INSUFFICIENT_STORAGE, CONFIG_INVALID */
  async ask<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    await this.ready();
    try {
      return await work(this.client);
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Does again what failed because Redis was gone, until it answers; for what may be done twice. */
  async insist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (this.#closed || !isUnavailable(error)) throw error;
        await this.#untilReady();
      }
    }
  }

  /** A connection of its own that waits for Redis, as listening and BullMQ's workers need. */
  another(): Redis {
    const other = this.client.duplicate(PATIENT);
    other.on('error', (error) => this.#onError(error));
    this.#others.push(other);
    return other;
  }

  close(): void {
    this.#closed = true;
    for (const one of [this.client, ...this.#others]) one.disconnect();
  }

  /** Never rejects: whoever asks Redis for something hears the refusal. */
  async #look(): Promise<void> {
    try {
      await this.#check(this.client);
      this.#refusal = undefined;
    } catch (error) {
      const refusal = refusalOf(error) as Error;
      if (isUnavailable(refusal)) return; // it is looked at again with the next connection
      if (refusal.message !== this.#refusal?.message)
        this.#log.warn({ reason: refusal.message }, 'Redis cannot be used.');
      this.#refusal = refusal;
    }
  }

  async #readyWithin(ms: number): Promise<void> {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), ms);
    try {
      await once(this.client, 'ready', { signal: giveUp.signal });
    } catch (error) {
      throw unavailable(giveUp.signal.aborted ? 'nothing answers' : messageOf(error));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Or until it is worth another try. */
  async #untilReady(): Promise<void> {
    await this.#readyWithin(LONGEST_RETRY_MS).catch(() => undefined);
    if (this.client.status === 'ready') await new Promise((resolve) => setTimeout(resolve, 100)); // LOADING, say
  }

  #onError(error: Error): void {
    if (this.#lost || this.#closed) return;
    this.#lost = true;
    this.#log.warn({ reason: error.message }, 'Redis is lost. It is looked for.');
  }
}

const SOON = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: ANSWER_MS,
  connectTimeout: ANSWER_MS,
  connectionName: 'ganymede',
  retryStrategy: (times: number) => Math.min(50 * times, LONGEST_RETRY_MS),
} satisfies RedisOptions;

const PATIENT: RedisOptions = {
  enableOfflineQueue: true,
  autoResendUnfulfilledCommands: true,
  maxRetriesPerRequest: null,
  commandTimeout: undefined,
};

export function isUnavailable(error: unknown): boolean {
  return error instanceof GanymedeError && error.code === 'STORE_UNAVAILABLE';
}

function unavailable(why: string, cause?: unknown): GanymedeError {
  return new GanymedeError(
    'STORE_UNAVAILABLE',
    `Expected Redis to answer but: ${why}. Ask again soon; with the same idempotencyKey nothing is done twice.`,
    { cause, details: { retryable: true } },
  );
}

/** Replies by which Redis says that it cannot now, and may later. */
const PASSING = /^(LOADING|MASTERDOWN|READONLY|CLUSTERDOWN|TRYAGAIN|MISCONF|NOREPLICAS|BUSY)\b/;
const GONE =
  /Connection is closed|Stream isn't writeable|Command timed out|max retries per request|ECONN|EPIPE|ETIMEDOUT/i;

function refusalOf(error: unknown): unknown {
  if (error instanceof GanymedeError) return error;
  const text = messageOf(error);
  if (PASSING.test(text) || GONE.test(text)) return unavailable(text, error);
  if (/^OOM\b/.test(text)) {
    const message = `Expected room in Redis (maxmemory) but: ${text}. Give it more, and ask again.`;
    return new GanymedeError('INSUFFICIENT_STORAGE', message, { cause: error });
  }
  if (/^(NOAUTH|WRONGPASS|NOPERM)\b/.test(text)) {
    const message = `Expected REDIS_URL to name a user that may do this, and its password, but: ${text}.`;
    return new GanymedeError('CONFIG_INVALID', message, { cause: error });
  }
  return fileRefusalOf(error) ?? error;
}
