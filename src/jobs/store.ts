// Jobs and what happened to them, in SQLite. What a method has written when it returns is on the disk. Plain SQL; one
// connection, in one process, which holds the folder's lock.

import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expected, GanymedeError } from '../errors.js';
import { type Lock, lockDirectory } from '../files/lock.js';
import { fullOr } from '../files/room.js';
import { auditDigest } from './audit.js';
import type { AuditEntry, EventFilter, JobFilter, JobRecords } from './engine.js';
import { ENDED, type Job, type JobEvent, type JobRequest, type JobState } from './job.js';
import { type Database, fullStoreOr, migrate, openDatabase, type SqlValue, transaction } from './sqlite.js';

/** Each brings a file of the version before it to the next; never change one that was released. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE job (
     id TEXT PRIMARY KEY,
     request TEXT NOT NULL,
     model TEXT NOT NULL,
     kind TEXT NOT NULL,
     device TEXT NOT NULL,
     priority INTEGER NOT NULL,
     state TEXT NOT NULL,
     created INTEGER NOT NULL,
     started INTEGER,
     ended INTEGER,
     attempt INTEGER NOT NULL DEFAULT 0,
     progress TEXT,
     failure TEXT,
     made INTEGER
   ) STRICT;
   CREATE INDEX job_by_state ON job (state, priority DESC, created, id);
   CREATE INDEX job_by_age ON job (created DESC, id DESC);
   CREATE TABLE idempotency (key TEXT PRIMARY KEY, digest TEXT NOT NULL, job TEXT NOT NULL REFERENCES job) STRICT;
   CREATE TABLE event (
     job TEXT NOT NULL REFERENCES job,
     seq INTEGER NOT NULL,
     at INTEGER NOT NULL,
     kind TEXT NOT NULL,
     event TEXT NOT NULL,
     PRIMARY KEY (job, seq)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE audit (
     seq INTEGER PRIMARY KEY,
     at INTEGER NOT NULL,
     by TEXT NOT NULL,
     action TEXT NOT NULL,
     about TEXT NOT NULL,
     digest TEXT NOT NULL
   ) STRICT`,
  'ALTER TABLE job ADD COLUMN pace TEXT',
];

/** What may change of a job after it was made. */
export type JobChange = Partial<
  Pick<Job, 'state' | 'started' | 'ended' | 'attempt' | 'pace' | 'progress' | 'failure' | 'made'>
>;

export class JobStore implements JobRecords {
  readonly #database: Database;
  readonly #lock: Lock;
  readonly #now: () => number;

  /** Makes the folder if it must. @throws GanymedeError RUN_IN_USE where another server works in it */
  static async open(folder: string, now: () => number = Date.now): Promise<JobStore> {
    const lock = await lockDirectory(folder, 'a server of Ganymede').catch((error: unknown) => {
      throw fullOr(error, folder);
    });
    try {
      const path = join(folder, 'ganymede.db');
      const database = openDatabase(path);
      migrate(database, path, MIGRATIONS);
      return new JobStore(database, lock, now);
    } catch (error) {
      await lock.release();
      throw fullStoreOr(error);
    }
  }

  private constructor(database: Database, lock: Lock, now: () => number) {
    this.#database = database;
    this.#lock = lock;
    this.#now = now;
  }

  /**
   * The job that is asked for, queued. The same request with the same idempotency key is the job that it was before.
   * @throws GanymedeError IDEMPOTENCY_KEY_REUSED where the key came with another request
   */
  add(request: JobRequest): Job {
    return this.#commit(() => this.repeated(request) ?? this.#insert(request));
  }

  /** The job that the same request with the same key was before; undefined for a new one. As `add` refuses. */
  repeated(request: Pick<JobRequest, 'kind' | 'asked' | 'by' | 'idempotencyKey'>): Job | undefined {
    const { idempotencyKey: key } = request;
    if (key === undefined) return undefined;
    const row = this.#get('SELECT digest, job FROM idempotency WHERE key = ?', `${request.by}/${key}`);
    if (!row) return undefined;
    if (row['digest'] === digestOf(request)) return this.job(String(row['job']));
    throw keyReused(key, String(row['job']));
  }

  job(id: string): Job {
    const row = this.#get('SELECT * FROM job WHERE id = ?', id);
    if (row) return jobOf(row);
    throw new GanymedeError('JOB_NOT_FOUND', expected('the id of a job', id).message);
  }

  /** Newest first; `after` is the last of the page before. */
  jobs(filter: JobFilter, first: number, after?: Pick<Job, 'created' | 'id'>): Job[] {
    const { where, values } = conditions(filter, after);
    return this.#all(`SELECT * FROM job ${where} ORDER BY created DESC, id DESC LIMIT ?`, ...values, first).map(jobOf);
  }

  count(filter: JobFilter): number {
    const { where, values } = conditions(filter);
    return Number(this.#get(`SELECT COUNT(*) AS count FROM job ${where}`, ...values)?.['count']);
  }

  /** In the order in which they are to run: of equals the one that came first, whatever the clock said. */
  queued(): Job[] {
    return this.#all("SELECT * FROM job WHERE state = 'queued' ORDER BY priority DESC, rowid").map(jobOf);
  }

  /** Changes a job and says so in its events, in one transaction. */
  change(id: string, change: JobChange, event?: JobEvent['event'], audit?: Pick<AuditEntry, 'by' | 'action'>): Job {
    return this.#commit(() => {
      this.#update(id, change);
      if (event) this.#append(id, event);
      if (audit) this.#note(audit.by, audit.action, { job: id });
      return this.job(id);
    });
  }

  append(id: string, event: JobEvent['event']): JobEvent {
    return this.#commit(() => this.#append(id, event));
  }

  /** Those after number `from`, oldest first. */
  events(id: string, { from = 0, first = 1000, kinds }: EventFilter = {}): JobEvent[] {
    const among = kinds ? `AND kind IN (${kinds.map(() => '?').join()})` : '';
    return this.#all(
      `SELECT seq, at, event FROM event WHERE job = ? AND seq > ? ${among} ORDER BY seq LIMIT ?`,
      ...[id, from, ...(kinds ?? []), first],
    ).map((row) => ({ seq: Number(row['seq']), at: Number(row['at']), event: JSON.parse(String(row['event'])) }));
  }

  audit(by: string, action: string, about: AuditEntry['about']): void {
    this.#commit(() => this.#note(by, action, about));
  }

  /** Newest first, those before number `before`. */
  audited(first: number, before = Number.MAX_SAFE_INTEGER): AuditEntry[] {
    const rows = this.#all('SELECT * FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?', before, first);
    return rows.map((row) => ({
      seq: Number(row['seq']),
      at: Number(row['at']),
      by: String(row['by']),
      action: String(row['action']),
      about: JSON.parse(String(row['about'])),
      digest: String(row['digest']),
    }));
  }

  async close(): Promise<void> {
    this.#database.close();
    await this.#lock.release();
  }

  #insert(request: JobRequest): Job {
    const id = `${this.#now().toString(36)}-${randomBytes(6).toString('hex')}`;
    const { model, kind, device, priority, by, idempotencyKey } = request;
    this.#run(
      "INSERT INTO job (id, request, model, kind, device, priority, state, created) VALUES (?, ?, ?, ?, ?, ?, 'queued', ?)",
      ...[id, JSON.stringify(request), model, kind, device, priority, this.#now()],
    );
    if (idempotencyKey !== undefined) {
      const digest = digestOf(request);
      this.#run('INSERT INTO idempotency (key, digest, job) VALUES (?, ?, ?)', `${by}/${idempotencyKey}`, digest, id);
    }
    this.#append(id, { kind: 'state', state: 'queued', text: 'Queued.' });
    this.#note(by, kind, { job: id, model, dataset: request.dataset, options: request.options });
    return this.job(id);
  }

  #update(id: string, change: JobChange): void {
    const entries = Object.entries(change);
    if (entries.length === 0) return;
    const values = entries.map(([, value]) => (typeof value === 'object' && value ? JSON.stringify(value) : value));
    const columns = entries.map(([name]) => `${name} = ?`).join();
    this.#run(`UPDATE job SET ${columns} WHERE id = ?`, ...(values as SqlValue[]), id);
  }

  #append(id: string, event: JobEvent['event']): JobEvent {
    const at = this.#now();
    const row = this.#get('SELECT COALESCE(MAX(seq), 0) + 1 AS seq FROM event WHERE job = ?', id);
    const seq = Number(row?.['seq']);
    this.#run(
      'INSERT INTO event (job, seq, at, kind, event) VALUES (?, ?, ?, ?, ?)',
      ...[id, seq, at, event.kind, JSON.stringify(event)],
    );
    return { seq, at, event };
  }

  /** Each row's digest is that of its own text and of the row before: a row that was changed or removed shows. */
  #note(by: string, action: string, about: AuditEntry['about']): void {
    const last = this.#get('SELECT seq, digest FROM audit ORDER BY seq DESC LIMIT 1');
    const seq = Number(last?.['seq'] ?? 0) + 1;
    const at = this.#now();
    const text = JSON.stringify(about);
    const digest = auditDigest(String(last?.['digest'] ?? ''), { seq, at, by, action, about });
    this.#run(
      'INSERT INTO audit (seq, at, by, action, about, digest) VALUES (?, ?, ?, ?, ?, ?)',
      ...[seq, at, by, action, text, digest],
    );
  }

  #commit<T>(work: () => T): T {
    try {
      return transaction(this.#database, work);
    } catch (error) {
      throw fullStoreOr(error);
    }
  }

  #run(sql: string, ...values: readonly SqlValue[]): void {
    this.#database.prepare(sql).run(...values);
  }

  #get(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    return this.#database.prepare(sql).get(...values) as Row | undefined;
  }

  #all(sql: string, ...values: readonly SqlValue[]): Row[] {
    return this.#database.prepare(sql).all(...values) as Row[];
  }
}

/** States in which nothing more happens to a job by itself. */
export function isOver({ state }: Pick<Job, 'state'>): boolean {
  return ENDED.has(state);
}

function conditions({ states, model, dataset }: JobFilter, after?: Pick<Job, 'created' | 'id'>) {
  const all: [string, readonly SqlValue[]][] = [];
  if (states) all.push([`state IN (${states.map(() => '?').join()})`, states]);
  if (model !== undefined) all.push(['model = ?', [model]]);
  if (dataset !== undefined) all.push(["json_extract(request, '$.data.name') = ?", [dataset]]);
  if (after) all.push(['(created, id) < (?, ?)', [after.created, after.id]]);
  const where = all.length === 0 ? '' : `WHERE ${all.map(([sql]) => sql).join(' AND ')}`;
  return { where, values: all.flatMap(([, values]) => values) };
}

type Row = Readonly<Record<string, SqlValue>>;

/** Of a row whose objects are JSON; what is missing is null, or not there. */
export function jobOf(row: Row): Job {
  const json = (name: string) => (row[name] == null ? null : JSON.parse(String(row[name])));
  const number = (name: string) => (row[name] == null ? null : Number(row[name]));
  const request = JSON.parse(String(row['request'])) as JobRequest;
  return {
    ...request,
    id: String(row['id']),
    state: row['state'] as JobState,
    created: Number(row['created']),
    started: number('started'),
    ended: number('ended'),
    attempt: Number(row['attempt']),
    pace: json('pace') ?? request.pace ?? null,
    progress: json('progress'),
    failure: json('failure'),
    made: number('made'),
  };
}

export function keyReused(key: string | undefined, job: string): GanymedeError {
  return new GanymedeError(
    'IDEMPOTENCY_KEY_REUSED',
    `Expected the same request as before with the idempotency key ${JSON.stringify(key)} but received another one. Use a new key.`,
    { details: { job } },
  );
}

/** Of what was asked for, whatever the order of its keys. */
export function digestOf({ kind, asked }: Pick<JobRequest, 'kind' | 'asked'>): string {
  return sha256(JSON.stringify([kind, sorted(asked)]));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** True where there was no room on the disk for what was to be written. */
export function isFullStore(error: unknown): boolean {
  return error instanceof GanymedeError && error.code === 'INSUFFICIENT_STORAGE';
}
