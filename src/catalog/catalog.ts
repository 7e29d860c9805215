// The data sets that a server keeps by name. Each is a folder: its record, a sheet of it, and the data where it was
// sent here. A folder appears and goes by a rename, so that processes which share them see a whole data set or none,
// and nothing has to agree with an index.

import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { parseAddress } from '../datasets/address.js';
import { BUILTIN_DATA } from '../datasets/builtin.js';
import { expected, GanymedeError } from '../errors.js';
import { createDirectoryAtomically, isTaken, removeDirectoryAtomically, sweep, writeAndSync } from '../files/atomic.js';
import { allowedData } from './data-roots.js';
import { fullOr } from './full.js';
import { DATA_FOLDER, type DatasetRecord, PREVIEW_FILE, RECORD_FILE, readRecord } from './record.js';
import { scan } from './scan.js';
import type { SentFiles } from './sent-files.js';

/** Data that is there without being created: jobs name it `builtin:<name>`. */
export interface BuiltinData {
  readonly name: string;
  readonly what: string;
}

export interface CatalogOptions {
  /** Of the data sets; made with the first. */
  readonly folder: string;
  /** Folders under which data may be read. */
  readonly roots: readonly string[];
  readonly sent: Pick<SentFiles, 'linkInto' | 'remove'>;
  /** Hears of data sets that a list leaves out because their record is damaged. */
  readonly onProblem?: (error: unknown) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export interface DatasetOrder {
  readonly name: string;
  readonly source:
    | { readonly kind: 'builtin' | 'path'; readonly text: string }
    /** Of files that were sent: one, or several that belong together. */
    | { readonly kind: 'upload'; readonly ids: readonly string[] };
  /** What to do with the data, as in an address: `resize=64x64,channels=1`. */
  readonly settings?: string;
  readonly idempotencyKey?: string;
}

export interface Created {
  readonly record: DatasetRecord;
  /** False where the same request had made it before. */
  readonly isNew: boolean;
}

/** Of jobs that still need a data set, by their ids. */
type UsersOf = () => Promise<readonly string[]>;

/** Being looked through, one at a time: it takes a core and memory that jobs and samples want, too. */
const MOST_WAITING = 32;

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

export class Catalog {
  readonly #options: CatalogOptions;
  /** Name → orders that are being checked on it. */
  readonly #held = new Map<string, number>();
  readonly #leaving = new Set<string>();
  readonly builtin: readonly BuiltinData[] = Object.entries(BUILTIN_DATA).map(([name, what]) => ({ name, what }));
  readonly #oneAtATime = pLimit(1);

  constructor(options: CatalogOptions) {
    this.#options = options;
  }

  /**
   * Looks through the data, then keeps it under its name. The same request with the same key is the data set that it
   * made. @throws GanymedeError DATASET_EXISTS, DATASET_INVALID, IDEMPOTENCY_KEY_REUSED, INSUFFICIENT_STORAGE
   */
  async create(order: DatasetOrder, by: string, signal?: AbortSignal): Promise<Created> {
    const { name } = order;
    if (!NAME.test(name)) throw expected('a name of lower-case letters, digits and hyphens, 64 at most,', name);
    const { pendingCount } = this.#oneAtATime;
    if (pendingCount < MOST_WAITING) return this.#oneAtATime(() => this.#create(order, by, signal));
    throw expected(
      `at most ${MOST_WAITING} data sets to wait for being read`,
      pendingCount,
      'QUEUE_FULL',
      'Try again.',
    );
  }

  /** @throws GanymedeError DATASET_NOT_FOUND */
  async get(name: string): Promise<DatasetRecord> {
    const record = await this.named(name);
    if (record) return record;
    throw notFound(name);
  }

  /** The data set that a text names, perhaps with settings behind it; null where it names none. */
  async named(text: string): Promise<DatasetRecord | null> {
    const { path, builtin } = parseAddress(text);
    return NAME.test(path) && !builtin ? readRecord(this.#folderOf(path)) : null;
  }

  /** By name. */
  async list(): Promise<DatasetRecord[]> {
    const names = (await namesIn(this.#options.folder)).filter((name) => NAME.test(name)).sort();
    const records = await Promise.all(names.map((name) => this.#readOrTell(name)));
    return records.filter((record) => record !== null);
  }

  /**
   * The address that a work opens, for one that a client gave: the name of a data set, `builtin:<name>` or a path under
   * the allowed folders, each perhaps with settings behind commas. @throws GanymedeError DATASET_INVALID
   */
  async addressOf(text: string): Promise<string> {
    const record = await this.named(text);
    if (!record) return allowedData(text, this.#options.roots);
    const address = await this.#addressIn(this.#folderOf(record.name), record.source);
    return address + text.slice(parseAddress(text).path.length);
  }

  previewOf({ name }: DatasetRecord): string {
    return join(this.#folderOf(name), PREVIEW_FILE);
  }

  /**
   * While `work` runs, the data set is not removed. @throws GanymedeError DATASET_NOT_FOUND where it is on its way out
   */
  async holding<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#leaving.has(name)) throw notFound(name);
    this.#held.set(name, (this.#held.get(name) ?? 0) + 1);
    try {
      return await work();
    } finally {
      this.#held.set(name, this.#held.get(name)! - 1);
    }
  }

  /** Data at a path stays where it is. @throws GanymedeError DATASET_NOT_FOUND, DATASET_IN_USE */
  async remove(name: string, usersOf: UsersOf): Promise<void> {
    await this.get(name);
    if (this.#leaving.has(name)) throw notFound(name);
    this.#leaving.add(name);
    try {
      const users = await usersOf();
      if (users.length > 0 || this.#held.get(name)) throw inUse(name, users);
      if (!(await removeDirectoryAtomically(this.#folderOf(name)))) throw notFound(name);
    } finally {
      this.#leaving.delete(name);
    }
  }

  /** Removes what a process that was killed left half-made. */
  sweep(): Promise<void> {
    return sweep(this.#options.folder);
  }

  async #create(order: DatasetOrder, by: string, signal?: AbortSignal): Promise<Created> {
    const { name } = order;
    const request = requestOf(order, by);
    const known = await this.#repeated(request);
    if (known) return { record: known, isNew: false };
    if (await this.named(name)) throw exists(name);
    try {
      await createDirectoryAtomically(this.#folderOf(name), (temporary) =>
        this.#fill(temporary, order, { by, request, ...(signal && { signal }) }),
      );
    } catch (error) {
      if (!isTaken(error)) throw fullOr(error);
      const made = await this.#repeated(request); // another server was faster, perhaps with this very request
      if (made) return { record: made, isNew: false };
      throw exists(name);
    }
    await this.#forget(order);
    return { record: await this.get(name), isNew: true };
  }

  async #fill(
    temporary: string,
    order: DatasetOrder,
    { by, request, signal }: { by: string; request: DatasetRecord['request']; signal?: AbortSignal },
  ): Promise<void> {
    const source = await this.#sourceOf(order, temporary);
    const address = await this.#addressIn(temporary, source);
    const preview = join(temporary, PREVIEW_FILE);
    const { skips, ...found } = await scan({ address, preview, ...(signal && { signal }) });
    const settings = `${source.settings}${skips ? ',bad=skip' : ''}`;
    const { now = Date.now } = this.#options;
    const record: DatasetRecord = {
      ...{ name: order.name, source: { ...source, settings }, ...found },
      ...{ created: now(), by, request },
    };
    await writeAndSync(join(temporary, RECORD_FILE), JSON.stringify(record));
  }

  async #sourceOf({ source, settings = '' }: DatasetOrder, folder: string): Promise<DatasetRecord['source']> {
    const more = settings === '' ? '' : `,${settings}`;
    if (parseAddress(`x${more}`).path !== 'x') {
      throw expected('settings such as resize=64x64,channels=1', settings, 'DATASET_INVALID');
    }
    if (source.kind === 'upload') {
      const names = await this.#options.sent.linkInto(join(folder, DATA_FOLDER), source.ids);
      const place = names.length === 1 ? join(DATA_FOLDER, names[0]!) : DATA_FOLDER;
      return { kind: 'upload', place, settings: more, text: `${names.join(', ')}${more}` };
    }
    const { kind, text } = source;
    const given = kind === 'builtin' ? `builtin:${text.replace(/^builtin:/, '')}` : text;
    if (kind === 'path' && parseAddress(given).builtin) throw expected('a path', text, 'DATASET_INVALID');
    const allowed = await allowedData(given, this.#options.roots);
    const { path } = parseAddress(allowed);
    const place = kind === 'builtin' ? `builtin:${path}` : path;
    return { kind, place, settings: allowed.slice(place.length) + more, text: `${given}${more}` };
  }

  /** What was sent has its place now. Where this is not reached, it goes when it expires. */
  async #forget({ source }: DatasetOrder): Promise<void> {
    if (source.kind !== 'upload') return;
    for (const id of source.ids) {
      await this.#options.sent.remove(id).catch((error: unknown) => this.#options.onProblem?.(error));
    }
  }

  /** `folder`: of the data set, also while it has a temporary name. */
  async #addressIn(folder: string, { kind, place, settings }: DatasetRecord['source']): Promise<string> {
    if (kind === 'upload') return `${join(folder, place)}${settings}`;
    return `${await allowedData(place, this.#options.roots)}${settings}`; // the folders may be others by now
  }

  /** What the same request made before. */
  async #repeated(request: DatasetRecord['request']): Promise<DatasetRecord | undefined> {
    if (!request) return undefined;
    const known = (await this.list()).find((record) => record.request?.key === request.key);
    if (!known || known.request?.digest === request.digest) return known;
    throw new GanymedeError(
      'IDEMPOTENCY_KEY_REUSED',
      'Expected the same request as before with this idempotency key but received another one. Use a new key.',
      { details: { dataset: known.name } },
    );
  }

  async #readOrTell(name: string): Promise<DatasetRecord | null> {
    try {
      return await readRecord(this.#folderOf(name));
    } catch (error) {
      this.#options.onProblem?.(error);
      return null;
    }
  }

  #folderOf(name: string): string {
    return join(this.#options.folder, name);
  }
}

function requestOf({ idempotencyKey, ...asked }: DatasetOrder, by: string): DatasetRecord['request'] {
  if (idempotencyKey === undefined) return null;
  const { name, source, settings = '' } = asked;
  const digest = createHash('sha256')
    .update(JSON.stringify([name, source, settings]))
    .digest('hex');
  return { key: `${by}/${idempotencyKey}`, digest };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // nobody has made one yet
    throw error;
  }
}

function exists(name: string): GanymedeError {
  return new GanymedeError(
    'DATASET_EXISTS',
    `Expected a name that no data set has but received "${name}". Take another, or delete that one first.`,
    { details: { dataset: name } },
  );
}

function notFound(name: string): GanymedeError {
  return expected('the name of a data set; datasets lists them', name, 'DATASET_NOT_FOUND');
}

function inUse(name: string, jobs: readonly string[]): GanymedeError {
  const who = jobs.length > 0 ? `the jobs ${jobs.join(', ')}` : 'an order that is being checked';
  return new GanymedeError(
    'DATASET_IN_USE',
    `Expected a data set that nobody needs but ${name} is needed by ${who}. Cancel them first, or wait.`,
    { details: { dataset: name, jobs } },
  );
}
