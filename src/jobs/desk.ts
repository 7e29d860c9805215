// Where jobs are asked for: checks an order, makes it a job, and rolls out what came of it. The database is opened when
// the first is asked for, or at the start where there is one: a server that only serves leaves no trace.

import { EventEmitter, on } from 'node:events';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { Catalog, type DatasetOrder } from '../catalog/catalog.js';
import type { DatasetRecord } from '../catalog/record.js';
import { SentFiles, type SentFilesOptions } from '../catalog/sent-files.js';
import { isDigestOf } from '../datasets/fingerprint.js';
import { GanymedeError } from '../errors.js';
import type { ModelRepository, Swap } from '../models/repository.js';
import { noted } from './audit.js';
import { decide } from './decide.js';
import { Devices } from './devices.js';
import type { JobEngine, JobKeeping, JobRecords } from './engine.js';
import { checkLimits, type JobLimits, NO_LIMITS, requireRoom } from './guard.js';
import { ENDED, JOB_STATES, type Job, type JobRequest, MAKING } from './job.js';
import { checkWork } from './job-process.js';
import { Jobs, type JobsOptions } from './jobs.js';
import {
  type CommonOrder,
  type EvaluateOrder,
  evaluateRequest,
  type FineTuneOrder,
  type FitOrder,
  fineTuneRequest,
  fitRequest,
  type Grounds,
  given,
  type IndexOrder,
  indexRequest,
  type TrainOrder,
  trainRequest,
} from './orders.js';
import type { Plan } from './protocol.js';
import type { Hub, HubOptions } from './redis/hub.js';
import { Rollout } from './rollout.js';
import { JobStore } from './store.js';

export interface DeskOptions {
  /** The folder of the database and of the runs. */
  readonly data: string;
  readonly checkpoints: readonly string[];
  /** Folders under which data may be read, besides `<data>/datasets`. */
  readonly dataRoots: readonly string[];
  readonly dataUploads: Pick<SentFilesOptions, 'mostBytes' | 'mostOfAll'>;
  readonly repository: Pick<ModelRepository, 'get' | 'list' | 'refresh' | 'problems'>;
  /** What one job may take; an order may say less, never more. */
  readonly jobLimits?: JobLimits;
  /** Trainings that take little run beside the one of the CPU, so many at once. */
  readonly smallJobs?: number;
  readonly log?: JobsOptions['log'];
  /** Where jobs go, for workers to take. Without it they run here. */
  readonly redis?: Pick<HubOptions, 'url' | 'leaseMs'>;
}

/** Of a data set, as many as a refusal names. */
const MOST_USERS = 10;

const NOT_OVER = JOB_STATES.filter((state) => !ENDED.has(state));

/** Who asks for what. */
interface Asking {
  readonly kind: JobRequest['kind'];
  readonly order: CommonOrder;
  readonly by: string;
}

const SILENT = { warn: () => {}, info: () => {} };

/** A training whose step takes one core at most so long is small: perceptrons on points, no images. */
const SMALL_SECONDS = 0.03;

/** Checks are processes: of a hundred orders that come at once few are looked at, the others wait. */
const CHECKS_AT_ONCE = 2;

/** Of a job: one core is left to those who ask for samples. */
const THREADS = Math.max(1, availableParallelism() - 1);

/** What a training would be. */
export interface Planned extends Plan {
  readonly examples: number;
  /** What was chosen, and why, and what a person should know before it begins. */
  readonly reasons: readonly string[];
}

interface Open {
  readonly jobs: JobEngine;
  readonly store: JobRecords;
  readonly rollout: Rollout;
}

export class Desk {
  readonly #options: DeskOptions;
  readonly #grounds: Grounds;
  #open: Promise<Open> | undefined;
  #hub: Hub | undefined;
  readonly #news = new EventEmitter();
  /** Data sets by name. */
  readonly catalog: Catalog;
  /** What jobs may run on here. */
  readonly devices = new Devices();
  readonly #checking = pLimit(CHECKS_AT_ONCE);
  /** Files that are to become data sets. */
  readonly sent: SentFiles;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#news.setMaxListeners(0);
    const { checkpoints, repository, data, dataRoots, dataUploads, log } = options;
    this.sent = new SentFiles({ folder: join(data, 'uploads'), ...dataUploads });
    this.catalog = new Catalog({
      folder: join(data, 'catalog'),
      roots: [join(data, 'datasets'), ...dataRoots],
      sent: this.sent,
      onProblem: (err) => log?.warn({ err }, 'A data set is left out.'),
    });
    this.#grounds = { checkpoints, repository, catalog: this.catalog };
  }

  /** Goes on with the jobs of the server before, where there was one. @throws GanymedeError RUN_IN_USE */
  async start(): Promise<void> {
    const { data, redis } = this.#options;
    if (redis || existsSync(join(data, 'ganymede.db'))) await this.open();
  }

  /** Another try after a failure opens anew. */
  open(): Promise<Open> {
    this.#open ??= this.#begin().catch((error: unknown) => {
      this.#open = undefined;
      throw error;
    });
    return this.#open;
  }

  get keeping(): JobKeeping {
    if (!this.#options.redis) return { engine: 'sqlite', lossAtPowerCut: null };
    const { loss = 'Nobody knows yet: Redis has not answered.' } = this.#hub ?? {};
    return { engine: 'redis', lossAtPowerCut: loss };
  }

  train(order: TrainOrder, by: string): Promise<Job> {
    return this.#take(() => trainRequest(order, by, this.#grounds), { kind: 'train', order, by });
  }

  fineTune(order: FineTuneOrder, by: string): Promise<Job> {
    return this.#take(() => fineTuneRequest(order, by, this.#grounds), { kind: 'fine-tune', order, by });
  }

  fit(order: FitOrder, by: string): Promise<Job> {
    return this.#take(() => fitRequest(order, by, this.#grounds), { kind: `fit-${order.network}`, order, by });
  }

  evaluate(order: EvaluateOrder, by: string): Promise<Job> {
    return this.#take(() => evaluateRequest(order, by, this.#grounds), { kind: 'evaluate', order, by });
  }

  index(order: IndexOrder, by: string): Promise<Job> {
    return this.#take(() => indexRequest(order, by, this.#grounds), { kind: 'index', order, by });
  }

  /** What a training would be, and whether it would begin; there is no job of it. */
  planTraining(order: TrainOrder, by: string): Promise<Planned> {
    return this.#plan(() => trainRequest(order, by, this.#grounds), order);
  }

  planFineTuning(order: FineTuneOrder, by: string): Promise<Planned> {
    return this.#plan(() => fineTuneRequest(order, by, this.#grounds), order);
  }

  async createDataset(order: DatasetOrder, by: string, signal?: AbortSignal): Promise<DatasetRecord> {
    const { store } = await this.open();
    const { record, isNew } = await this.catalog.create(order, by, signal);
    const { name, source, sha256 } = record;
    if (isNew) await store.audit(by, 'createDataset', { dataset: name, source: source.text, sha256 });
    return record;
  }

  /** Files that expired, and what a server that was killed left of data. */
  async sweepData(): Promise<void> {
    await Promise.all([this.sent.sweep(), this.catalog.sweep()]);
  }

  /** @throws GanymedeError DATASET_IN_USE while a job that is not over needs it */
  async deleteDataset(name: string, by: string): Promise<void> {
    const { store } = await this.open();
    await noted(store, by, 'deleteDataset', { dataset: name }, async () => {
      await this.catalog.remove(name, async () => {
        const users = await store.jobs({ dataset: name, states: NOT_OVER }, MOST_USERS);
        return users.map(({ id }) => id);
      });
      return {};
    });
  }

  /** To be told of versions that take over. */
  took(swaps: readonly Swap[]): void {
    for (const swap of swaps) this.#news.emit('swap', swap);
  }

  /** Versions that take over, until the reader leaves. */
  async *activations(signal: AbortSignal): AsyncGenerator<{ readonly model: string; readonly version: number }> {
    try {
      for await (const [{ model, to }] of on(this.#news, 'swap', { signal })) {
        if (to !== null) yield { model, version: to };
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async close(): Promise<void> {
    await (await this.#open?.catch(() => undefined))?.jobs.close();
  }

  /** Before it is checked: what was asked for before is not checked again, and is the job of that time. */
  async #take(request: () => Promise<JobRequest>, asking: Asking): Promise<Job> {
    const { jobs, store } = await this.open();
    const { idempotencyKey, ...asked } = asking.order;
    const repeated = () =>
      store.repeated({ ...asking, asked, ...(idempotencyKey !== undefined && { idempotencyKey }) });
    const known = await repeated();
    if (known) return known;
    const named = await this.catalog.named(asking.order.dataset);
    const take = () =>
      this.#checking(async () => (await repeated()) ?? jobs.add(await this.#checked(request, asking.order, named)));
    return named ? this.catalog.holding(named.name, take) : take();
  }

  async #checked(
    request: () => Promise<JobRequest>,
    { dataset }: CommonOrder,
    named: DatasetRecord | null,
  ): Promise<JobRequest> {
    const { data, checkpoints, jobLimits = NO_LIMITS } = this.#options;
    requireRoom([data, checkpoints[0]!], jobLimits);
    const checked = await request();
    const { kind, options, limits } = checked;
    checkLimits(limits, jobLimits);
    if (!this.#options.redis) await this.devices.require(checked.device); // a worker elsewhere may have it
    const { recipe, ...found } = await checkWork(kind, options, { ...jobLimits, ...limits });
    const { sha256, secondsPerStep = Number.POSITIVE_INFINITY } = found;
    const small = checked.device === 'cpu' && secondsPerStep <= SMALL_SECONDS;
    if (named && named.name === dataset && !isDigestOf(named.sha256, found)) throw changed(named);
    const { rollout } = await this.open();
    if (MAKING.has(kind)) await rollout.pin(checked.model);
    const asked = { ...checked, recipe: checked.recipe ?? recipe, ...(small && { small }) };
    return { ...asked, data: { sha256, ...given({ name: named?.name }) } };
  }

  #plan(request: () => Promise<JobRequest>, { dataset }: CommonOrder): Promise<Planned> {
    return this.#checking(async () => {
      const named = await this.catalog.named(dataset);
      const { kind, options } = await request();
      const { jobLimits = NO_LIMITS } = this.#options;
      const { plan, examples, notices, ...found } = await checkWork(kind, { ...options, threads: THREADS }, jobLimits);
      if (named && named.name === dataset && !isDigestOf(named.sha256, found)) throw changed(named);
      if (!plan) throw new TypeError(`Expected the plan of a training but received that of ${kind}.`);
      return { ...plan, examples, reasons: notices };
    });
  }

  #begin(): Promise<Open> {
    const { redis } = this.#options;
    return redis ? this.#beginWith(redis) : this.#beginHere();
  }

  async #beginHere(): Promise<Open> {
    const { data, log, checkpoints, repository, jobLimits, smallJobs } = this.#options;
    const store = await JobStore.open(data);
    try {
      const rollout = new Rollout({ repository, checkpoints, store });
      const jobs = new Jobs({
        store,
        runs: join(data, 'runs'),
        threads: THREADS,
        ...(log && { log }),
        ...(jobLimits && { limits: jobLimits }),
        ...(smallJobs !== undefined && { smallJobs }),
        onVersion: (job, version, signal) => this.#onVersion(rollout, job, version, signal),
      });
      return { jobs, store, rollout };
    } catch (error) {
      await store.close(); // or its lock would keep this very server out when it tries again
      throw error;
    }
  }

  /** Where Redis is gone it is looked for, and jobs can be asked for once it is found. */
  async #beginWith(redis: Pick<HubOptions, 'url' | 'leaseMs'>): Promise<Open> {
    const { data, checkpoints, repository, log = SILENT } = this.#options;
    const [{ Hub }, { RedisJobs }] = await Promise.all([import('./redis/hub.js'), import('./redis/jobs.js')]);
    const hub = await Hub.open({ ...redis, data, checkpoints, log });
    this.#hub = hub;
    await hub.connection.ready().catch(async (error: unknown) => {
      if (error instanceof GanymedeError && error.code === 'STORE_UNAVAILABLE') return;
      await hub.close();
      throw error;
    });
    const rollout = new Rollout({
      ...{ repository, checkpoints, store: hub.records },
      alone: (work) => hub.alone(work),
      changed: () => hub.tellModels(),
    });
    const jobs = new RedisJobs({
      hub,
      onVersion: (job, version, signal) => this.#onVersion(rollout, job, version, signal),
      onModels: () =>
        void repository
          .refresh()
          .catch((err: unknown) => log.warn({ err }, 'The models could not be looked at again.')),
    });
    return { jobs, store: hub.records, rollout };
  }

  /** The new version is loaded and warmed up; whether it takes over, the job has said. */
  async #onVersion(rollout: Rollout, job: Job, version: number, signal?: AbortSignal): Promise<string> {
    await rollout.refresh();
    this.#options.repository.get(job.model, version); // a version that cannot be served is the failure of its job
    const { promote, why } = await decide(job, version, { ...this.#options, ...(signal && { signal }) });
    if (promote) await rollout.promote(job.model, version, job.by, { job: job.id, why });
    return `Made version ${version} of ${job.model}. ${why}`;
  }
}

function changed({ name, sha256 }: DatasetRecord): GanymedeError {
  return new GanymedeError(
    'DATASET_INVALID',
    `Expected the data set ${name} as it was when it was made but its files have changed since. Delete it and create it again.`,
    { details: { dataset: name, sha256 } },
  );
}
