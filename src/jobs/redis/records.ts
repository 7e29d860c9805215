// Jobs and what happened to them, in Redis. Several servers and workers write here; each change says on what it counts,
// and is refused where that is no longer so. Of a job's events the newest are kept.

import { createHash, randomBytes } from 'node:crypto';
import { expected, GanymedeError } from '../../errors.js';
import type { View } from '../../pace.js';
import type { AuditEntry, EventFilter, JobFilter, JobRecords } from '../engine.js';
import type { Job, JobEvent, JobRequest, JobState } from '../job.js';
import { digestOf, type JobChange, jobOf, keyReused } from '../store.js';
import type { Connection, Redis } from './connection.js';
import { ADD, AUDIT, CHANGE } from './scripts.js';

/** A job, and where it is. */
export interface Placed extends Job {
  /** Counts how often it was queued: what speaks of an earlier time is out of date. */
  readonly turn: number;
  /** The queue that it is in, or was taken from: a device, or `versions`. */
  readonly place: string;
  /** Of whoever took it last; empty before. */
  readonly holder: string;
  /** How often it was taken from a worker that was not heard from any more. */
  readonly losses: number;
}

/** What must be so for a change to be made. */
export interface Condition {
  readonly states?: readonly JobState[];
  readonly turn?: number;
  readonly holder?: string;
  /** The holder numbers what it tells, so that what is sent twice counts once. */
  readonly told?: number;
}

export interface Changed {
  readonly when?: Condition;
  readonly set?: JobChange & Partial<Pick<Placed, 'turn' | 'place' | 'holder' | 'losses'>> & { readonly told?: 0 };
  readonly event?: JobEvent['event'] | undefined;
  readonly audit?: Pick<AuditEntry, 'by' | 'action'> | undefined;
}

const PREFIX = 'ganymede:';
/** On which the ids of jobs that changed are said. */
export const NEWS = `${PREFIX}news`;
/** On which the ids of jobs that show themselves are said. */
export const VIEWS = `${PREFIX}views`;
/** A view that nobody replaced is forgotten. */
const VIEW_SECONDS = 3600;

const ALL = `${PREFIX}jobs`;
const OPEN = `${PREFIX}open`;
const AUDITED = `${PREFIX}audit`;

/** As many as a run of a million steps with a report each hundred has, and some. */
const KEPT_EVENTS = 20_000;
const PAGE = 500;

export class RedisRecords implements JobRecords {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Queued. With an idempotency key that came before: the job of that time. */
  async add(request: JobRequest): Promise<Placed> {
    const at = Date.now();
    const id = `${at.toString(36)}-${randomBytes(6).toString('hex')}`;
    const { by, kind, model, dataset, options, device, idempotencyKey } = request;
    const digest = idempotencyKey === undefined ? '' : digestOf(request);
    const event = JSON.stringify({ kind: 'state', state: 'queued', text: 'Queued.' });
    const about = JSON.stringify({ job: id, model, dataset, options });
    const known = await this.#run(
      ADD,
      [jobKey(id), eventsKey(id), ALL, OPEN, AUDITED, idempotencyKeyOf(request)],
      [id, at, JSON.stringify(request), device, event, by, kind, about, digest, NEWS],
    );
    return this.job(known === '' ? id : sameOr(known, digest, idempotencyKey));
  }

  async repeated(request: Pick<JobRequest, 'kind' | 'asked' | 'by' | 'idempotencyKey'>): Promise<Job | undefined> {
    if (request.idempotencyKey === undefined) return undefined;
    const known = await this.#ask((redis) => redis.get(idempotencyKeyOf(request)));
    return known === null ? undefined : this.job(sameOr(known, digestOf(request), request.idempotencyKey));
  }

  async job(id: string): Promise<Placed> {
    const fields = await this.#ask((redis) => redis.hgetall(jobKey(id)));
    if (fields['id'] !== undefined) return placedOf(fields);
    throw new GanymedeError('JOB_NOT_FOUND', expected('the id of a job', id).message);
  }

  async jobs(filter: JobFilter, first: number, after?: Pick<Job, 'created' | 'id'>): Promise<Placed[]> {
    const found: Placed[] = [];
    for await (const page of this.#pages(after)) {
      found.push(...page.filter((job) => fits(job, filter)));
      if (found.length >= first) break;
    }
    return found.slice(0, first);
  }

  async count(filter: JobFilter): Promise<number> {
    if (Object.keys(filter).length === 0) return this.#ask((redis) => redis.zcard(ALL));
    let count = 0;
    for await (const page of this.#pages()) count += page.filter((job) => fits(job, filter)).length;
    return count;
  }

  async events(id: string, { from = 0, first = 1000, kinds }: EventFilter = {}): Promise<JobEvent[]> {
    const found: JobEvent[] = [];
    for (let last = from; found.length < first; ) {
      const page = await this.#ask((redis) => redis.xrange(eventsKey(id), `(${last}-0`, '+', 'COUNT', PAGE));
      if (page.length === 0) break;
      const events = page.map(([entry, fields]) => eventOf(entry, fields));
      found.push(...events.filter(({ event }) => kinds?.includes(event.kind) ?? true));
      last = events.at(-1)!.seq;
    }
    return found.slice(0, first);
  }

  /** False where a condition does not hold; then nothing changed. */
  async change(id: string, { when = {}, set = {}, event, audit }: Changed): Promise<boolean> {
    const fields = Object.entries(set).flatMap(([name, value]) => [name, textOf(value)]);
    const said = event ? JSON.stringify(event) : '';
    const reply = await this.#run(
      CHANGE,
      [jobKey(id), eventsKey(id), OPEN, AUDITED],
      [
        ...[id, Date.now(), JSON.stringify(when), JSON.stringify(fields), said, event?.kind ?? ''],
        ...[audit?.by ?? '', audit?.action ?? '', JSON.stringify({ job: id }), NEWS, KEPT_EVENTS],
      ],
    );
    return reply !== 'refused';
  }

  /** The newest only. */
  async show(id: string, view: View): Promise<void> {
    await this.#ask((redis) => redis.set(viewKey(id), JSON.stringify(view), 'EX', VIEW_SECONDS));
    await this.#ask((redis) => redis.publish(VIEWS, id));
  }

  async view(id: string): Promise<View | null> {
    const text = await this.#ask((redis) => redis.get(viewKey(id)));
    return text === null ? null : (JSON.parse(text) as View);
  }

  async audit(by: string, action: string, about: AuditEntry['about']): Promise<void> {
    await this.#run(AUDIT, [AUDITED], [Date.now(), by, action, JSON.stringify(about)]);
  }

  async audited(first: number, before?: number): Promise<AuditEntry[]> {
    const end = before === undefined || before === Number.MAX_SAFE_INTEGER ? '+' : `(${before}-0`;
    const rows = await this.#ask((redis) => redis.xrevrange(AUDITED, end, '-', 'COUNT', first));
    return rows.map(([entry, fields]) => {
      const { at, by, action, about } = pairs(fields);
      return {
        seq: numberOf(entry),
        at: Number(at),
        by: by!,
        action: action!,
        about: JSON.parse(about!),
        digest: null,
      };
    });
  }

  /** Those that are not over. */
  async open(): Promise<Placed[]> {
    return this.#each(await this.#ask((redis) => redis.smembers(OPEN)));
  }

  /** All jobs, newest first. */
  async *#pages(after?: Pick<Job, 'id'>): AsyncGenerator<Placed[]> {
    const rank = after && (await this.#ask((redis) => redis.zrevrank(ALL, after.id)));
    for (let from = rank == null ? 0 : rank + 1; ; from += PAGE) {
      const ids = await this.#ask((redis) => redis.zrevrange(ALL, from, from + PAGE - 1));
      if (ids.length === 0) return;
      yield this.#each(ids);
    }
  }

  async #each(ids: readonly string[]): Promise<Placed[]> {
    const found = await this.#ask((redis) => Promise.all(ids.map((id) => redis.hgetall(jobKey(id)))));
    return found.filter((fields) => fields['id'] !== undefined).map(placedOf);
  }

  #ask<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    return this.#connection.ask(work);
  }

  /** By its digest, with the text only where Redis does not know it yet. */
  #run(script: string, keys: readonly string[], values: readonly (string | number)[]): Promise<string> {
    return this.#ask(async (redis) => {
      const rest = [keys.length, ...keys, ...values] as const;
      try {
        return (await redis.evalsha(sha1(script), ...rest)) as string;
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return (await redis.eval(script, ...rest)) as string;
      }
    });
  }
}

function jobKey(id: string): string {
  return `${PREFIX}job:${id}`;
}

function viewKey(id: string): string {
  return `${PREFIX}view:${id}`;
}

function eventsKey(id: string): string {
  return `${PREFIX}events:${id}`;
}

function idempotencyKeyOf({ by, idempotencyKey }: Pick<JobRequest, 'by' | 'idempotencyKey'>): string {
  return `${PREFIX}idempotency:${by}/${idempotencyKey ?? ''}`;
}

/** The id of the job that a key was first used for. */
function sameOr(known: string, digest: string, key: string | undefined): string {
  const [before, id] = known.split(' ') as [string, string];
  if (before === digest) return id;
  throw keyReused(key, id);
}

function fits(job: Job, { states, model, dataset }: JobFilter): boolean {
  return (
    (states?.includes(job.state) ?? true) &&
    (model === undefined || job.model === model) &&
    (dataset === undefined || job.data?.name === dataset)
  );
}

/** Null is the empty text, which no field holds otherwise. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function placedOf(fields: Readonly<Record<string, string>>): Placed {
  return {
    ...jobOf(Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, text === '' ? null : text]))),
    turn: Number(fields['turn']),
    place: fields['place']!,
    holder: fields['holder']!,
    losses: Number(fields['losses']),
  };
}

function eventOf(entry: string, fields: readonly string[]): JobEvent {
  const { at, event } = pairs(fields);
  return { seq: numberOf(entry), at: Number(at), event: JSON.parse(event!) };
}

/** Entries of streams are numbered by us: `7-0`. */
function numberOf(entry: string): number {
  return Number(entry.split('-')[0]);
}

function pairs(fields: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1]!]] : [])));
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
