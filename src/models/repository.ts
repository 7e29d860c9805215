// The checkpoints of one or several folders, `<folder>/<model>/<version>/`, as models that can be asked. Each is
// verified before it is served; a corrupt one is reported and skipped, and the others are served. When told to, it
// looks at the folders again: what is new takes over once it has proved itself, and what was served until then goes
// when the last request that may ask it has ended. It never writes.

import { isDeepStrictEqual } from 'node:util';
import type { GraphEngine } from '../engine/engine.js';
import { EngineUnavailable } from '../engine/unavailable.js';
import { GanymedeError, messageOf } from '../errors.js';
import { Batcher, type BatcherOptions } from './batcher.js';
import { traceDescent } from './descent.js';
import type { DirectionMethod } from './direction-methods.js';
import { findDirections } from './directions.js';
import { isFault } from './faults.js';
import { invalid } from './files.js';
import { type FoundModel, findModels, isGone, type Place } from './folders.js';
import { freeGraph, type LoadedGraph, type LoadedGraphs } from './loaded-graph.js';
import { loadGraphs } from './loading.js';
import { readManifest } from './manifest.js';
import { Model } from './model.js';
import { Neighbours, stampOf } from './neighbours.js';
import { OnDemand } from './on-demand.js';
import { Outgoing } from './outgoing.js';
import type { Direction } from './principal.js';
import { recordsOf } from './records.js';
import { Served, type ServedModel } from './served.js';
import { type Checkpoint, verifyCheckpoint } from './verified.js';

/** pino's first two levels of news, or anything like them. */
export interface RepositoryLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export interface RepositoryOptions {
  readonly log?: RepositoryLog;
  /** Limits of each graph's batcher. */
  readonly limits?: Partial<BatcherOptions>;
  /** Where there is a model of that name it alone is opened, which takes less time. */
  readonly only?: string | undefined;
  /** Hears of versions that took over, at once after they did. */
  readonly onSwaps?: (swaps: readonly Swap[]) => void;
  /** A version that is not active leaves the engine after so long without use; the next use loads it again. */
  readonly idleMs?: number;
}

/** What is not served as its folder says, and why. */
export interface Problem {
  readonly path: string;
  readonly error: GanymedeError;
}

/** Another version of a model answers; null where none did before, or none does now. */
export interface Swap {
  readonly model: string;
  readonly from: number | null;
  readonly to: number | null;
}

const SILENT: RepositoryLog = { info: () => {}, warn: () => {} };
const IDLE_MS = 5 * 60_000;

export class ModelRepository {
  readonly #folders: readonly string[];
  readonly #engine: Pick<GraphEngine, 'load'>;
  readonly #log: RepositoryLog;
  readonly #limits: Partial<BatcherOptions>;
  readonly #only: string | undefined;
  readonly #idleMs: number;
  readonly #onSwaps: (swaps: readonly Swap[]) => void;
  readonly #sweep: NodeJS.Timeout;
  readonly #outgoing = new Outgoing((model) => {
    this.#freeing = Promise.all([this.#freeing, this.#free(model)]);
  });
  #freeing: Promise<unknown> = Promise.resolve();
  #served: Served;
  #problems: readonly Problem[] = [];
  readonly #swaps = new Map<string, number>();
  /** Being tried before they take over: whoever tries them hears what is wrong with them. */
  readonly #candidates = new Set<Model>();
  #running: Promise<unknown> = Promise.resolve();
  #waiting: Promise<readonly Swap[]> | undefined;
  #closed = false;

  /**
   * Verifies every checkpoint (manifest, sizes, SHA-256) and loads the active version of each model, warm-up included,
   * so that a first request waits for neither. Should it fail, the newest good version takes its place. Others are
   * loaded on first use. Fails with CONFIG_INVALID only when a folder itself cannot be read.
   */
  static async open(
    folders: string | readonly string[],
    engine: Pick<GraphEngine, 'load'>,
    options: RepositoryOptions = {},
  ): Promise<ModelRepository> {
    const repository = new ModelRepository([folders].flat(), engine, options);
    repository.#served = await repository.#look();
    return repository;
  }

  private constructor(folders: readonly string[], engine: Pick<GraphEngine, 'load'>, options: RepositoryOptions) {
    this.#folders = folders;
    this.#engine = engine;
    this.#log = options.log ?? SILENT;
    this.#limits = options.limits ?? {};
    this.#only = options.only;
    this.#idleMs = options.idleMs ?? IDLE_MS;
    this.#onSwaps = options.onSwaps ?? (() => {});
    this.#served = this.#asServed(new Map());
    this.#sweep = setInterval(() => void this.unloadIdle(), Math.max(1, this.#idleMs / 2)).unref();
  }

  /** The active version of each model, by name. */
  list(): readonly Model[] {
    return this.#served.list();
  }

  /** All served versions of a model, oldest first. */
  versions(name: string): readonly Model[] {
    return this.#served.versions(name);
  }

  /** The active version unless one is named; MODEL_NOT_FOUND or VERSION_NOT_FOUND otherwise. */
  get(name: string, version?: number): Model {
    return this.#served.get(name, version);
  }

  /**
   * What is served now, for a reader who must not see it change between two looks. It stays whole, in the engine too,
   * until the reader calls `leave`.
   */
  enter(): Served {
    return this.#served.enter();
  }

  /**
   * What is not served as its folder says. Found anew by each refresh; grows when a version that loads on first use
   * turns out to be bad.
   */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Model → how often another version of it took over. */
  get swaps(): ReadonlyMap<string, number> {
    return this.#swaps;
  }

  /**
   * Looks at the folders again. New versions are verified, loaded and warmed up before they take over; until then, and
   * if that fails, the version stays that is served. All swaps happen at one moment. Callers who come while it looks
   * share one look after it. @throws GanymedeError CONFIG_INVALID where a folder cannot be read: nothing changes then
   */
  refresh(): Promise<readonly Swap[]> {
    this.#waiting ??= this.#lookAfter(this.#running);
    return this.#waiting;
  }

  /** Frees the graphs of versions that are not active and were not used for a while. */
  async unloadIdle(): Promise<void> {
    const idle = this.#served.all().filter((model) => !this.#isActive(model) && model.idleMs() >= this.#idleMs);
    await Promise.all(idle.map((model) => model.unload()));
  }

  /** Lets running and queued work finish, then frees every graph. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweep);
    await this.#running.catch(() => undefined); // whoever called it hears of it
    await Promise.all([...this.#served.all(), ...this.#outgoing.all()].map((model) => model.release()));
    await this.#freeing;
  }

  async #lookAfter(earlier: Promise<unknown>): Promise<readonly Swap[]> {
    await earlier.catch(() => undefined); // its own callers hear of it
    if (this.#closed) throw new GanymedeError('SHUTTING_DOWN', 'The models are being released.');
    const swapping = this.#look().then((next) => this.#takeOver(next));
    this.#running = swapping;
    this.#waiting = undefined;
    return swapping;
  }

  async #look(): Promise<Served> {
    const problems: Problem[] = [];
    const report = (path: string, error: GanymedeError) => void problems.push(this.#report(path, error));
    const all = await findModels(this.#folders, {
      ignored: (path, why) => this.#log.info({ path }, `ignored: ${why}`),
      problem: report,
    });
    const wanted = all.filter(({ name }) => name === this.#only);
    const found = wanted.length > 0 ? wanted : all;
    const models = new Map<string, ServedModel>();
    const opened = await Promise.allSettled(
      found.map(async (one) => {
        const model = await this.#open(one, report);
        if (model) models.set(one.name, model);
      }),
    );
    const failed = opened.find((each) => each.status === 'rejected');
    if (failed) {
      const fresh = [...models.values()].map(({ active }) => active).filter((model) => !this.#served.holds(model));
      await Promise.all(fresh.map((model) => model.release()));
      throw failed.reason;
    }
    this.#problems = problems;
    return this.#asServed(models);
  }

  /** Undefined where no version of the model can be served. */
  async #open(found: FoundModel, report: Report): Promise<ServedModel | undefined> {
    const before = this.#served.models.get(found.name);
    const versions = new Map<number, Model>(found.unreadable ? before?.versions : []);
    await Promise.all(
      Array.from(found.versions, async ([version, place]) => {
        const refusal = await refusalOf(async () => {
          versions.set(version, await this.#modelAt(place, found.name, version));
        });
        if (refusal && !(await isGone(place))) report(place.path, refusal);
      }),
    );
    let waits: Model | undefined;
    for (const version of candidates(found, versions, before, report)) {
      const active = versions.get(version)!;
      if (waits && active !== before?.active) continue; // what is not loaded would fail likewise
      const place = found.versions.get(version);
      const refusal = await refusalOf(() => this.#try(active));
      if (!refusal) return { active, versions };
      if (!place || !(await isGone(place))) report(place?.path ?? found.name, refusal);
      if (refusal instanceof EngineUnavailable) waits ??= active;
      else versions.delete(version);
    }
    return waits && { active: waits, versions }; // whoever asks for it tries again
  }

  async #try(candidate: Model): Promise<void> {
    this.#candidates.add(candidate);
    try {
      await candidate.load();
    } finally {
      this.#candidates.delete(candidate);
    }
  }

  /** The model that is served from there already, or another where the manifest is another. */
  async #modelAt(place: Place, name: string, version: number): Promise<Model> {
    const served = this.#served.models.get(name)?.versions.get(version);
    if (served && isDeepStrictEqual(await readManifest(place.path), served.manifest)) return served;
    return this.#modelOf(await verifyCheckpoint(place, name, version));
  }

  #modelOf(checkpoint: Checkpoint): Model {
    const load = async () => {
      try {
        return await this.#load(checkpoint);
      } catch (error) {
        this.#onLateProblem(checkpoint.path, model, error);
        throw error;
      }
    };
    const descent = new OnDemand({
      open: (signal) => this.#loadDescent(checkpoint, signal),
      free: freeGraph,
      lasts: isMissing,
    });
    const records = recordsOf(checkpoint, ({ message }) => this.#log.warn({ reason: message }, 'result left out'));
    const neighbours = new OnDemand({
      open: () => Neighbours.open(checkpoint.path, checkpoint.manifest, this.#engine, this.#limits),
      free: (opened) => opened.free(),
      stamp: () => stampOf(checkpoint.path),
    });
    const model: Model = new Model(checkpoint.manifest, load, {
      descent,
      neighbours,
      factorised: this.#directionsOf(checkpoint, 'factorised'),
      pca: this.#directionsOf(checkpoint, 'pca'),
      records,
    });
    return model;
  }

  #directionsOf(checkpoint: Checkpoint, method: DirectionMethod): OnDemand<readonly Direction[]> {
    return new OnDemand({
      open: async (signal) => {
        const onnx = await checkpoint.graph('generate');
        return findDirections(method, { manifest: checkpoint.manifest, onnx, engine: this.#engine, signal });
      },
      free: async () => {},
      lasts: isMissing,
    });
  }

  async #loadDescent({ path, manifest }: Checkpoint, signal: AbortSignal): Promise<LoadedGraph> {
    const { model, version } = manifest;
    const onnx = await traceDescent(path, manifest, { signal });
    const graph = await this.#engine.load(`${model}/${version}/descent`, onnx);
    this.#log.info({ model, version, bytes: onnx.length }, 'gradient traced');
    return { graph, batcher: new Batcher(graph, this.#limits) };
  }

  async #load(checkpoint: Checkpoint): Promise<LoadedGraphs> {
    const { model, version, graphs } = checkpoint.manifest;
    const loaded = await loadGraphs(checkpoint, {
      engine: this.#engine,
      limits: this.#limits,
      onBadRows: (path, rows) =>
        this.#log.warn({ path, rows }, 'some rows are not finite: each is refused when asked for'),
    });
    this.#log.info({ model, version, graphs: Object.keys(graphs) }, 'model loaded');
    return loaded;
  }

  /** A version that is already served turned out to be bad on first use: it is reported, and served no more. */
  #onLateProblem(path: string, model: Model, error: unknown): void {
    if (!isFault(error) || !this.#served.holds(model) || this.#candidates.has(model)) return;
    if (this.#isActive(model)) {
      // It became so while the engine could not be reached: another takes its place, if there is a good one.
      this.refresh().catch((reason: unknown) => this.#log.warn({ path, reason: messageOf(reason) }, 'not refreshed'));
      return;
    }
    const models = new Map(this.#served.models);
    const { active, versions } = models.get(model.name)!;
    const rest = new Map([...versions].filter(([version]) => version !== model.version));
    models.set(model.name, { active, versions: rest });
    this.#problems = [...this.#problems, this.#report(path, error)];
    this.#takeOver(this.#asServed(models));
  }

  #asServed(models: ReadonlyMap<string, ServedModel>): Served {
    return new Served(models, () => this.#outgoing.settle());
  }

  /** From here on requests read the new state; what the old one alone holds goes with its last reader. */
  #takeOver(next: Served): readonly Swap[] {
    const before = this.#served;
    this.#served = next;
    const swaps = swapsBetween(before, next);
    for (const swap of swaps) {
      if (swap.from !== null && swap.to !== null) this.#swaps.set(swap.model, (this.#swaps.get(swap.model) ?? 0) + 1);
      this.#log.info(swap, 'another version is active');
    }
    const leaves = (model: Model) => !next.holds(model) || (isActiveIn(before, model) && !isActiveIn(next, model));
    this.#outgoing.add(before, before.all().filter(leaves));
    if (swaps.length > 0) this.#onSwaps(swaps);
    return swaps;
  }

  /** Nobody who began before it went can ask it any more. */
  async #free(model: Model): Promise<void> {
    try {
      if (!this.#served.holds(model)) await model.release();
      else if (!this.#isActive(model)) await model.unload();
    } catch (error) {
      const { name, version } = model;
      this.#log.warn({ model: name, version, reason: messageOf(error) }, 'its graphs could not be freed');
    }
  }

  #isActive(model: Model): boolean {
    return isActiveIn(this.#served, model);
  }

  #report(path: string, error: GanymedeError): Problem {
    this.#log.warn({ path, code: error.code, reason: error.message }, 'checkpoint skipped');
    return { path, error };
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof GanymedeError && error.code === 'CAPABILITY_MISSING';
}

type Report = (path: string, error: GanymedeError) => void;

/** What `work` refused deliberately; nothing when it succeeded, and anything else is a fault and thrown. */
async function refusalOf(work: () => Promise<void>): Promise<GanymedeError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!(error instanceof GanymedeError)) throw error;
    return error;
  }
}

/**
 * In what order versions are tried: the one that is to be active, the one that is, and the others from the newest on.
 */
function candidates(
  { active }: FoundModel,
  versions: ReadonlyMap<number, Model>,
  before: ServedModel | undefined,
  report: Report,
): Iterable<number> {
  const newest = [...versions.keys()].sort((a, b) => b - a);
  let wanted = newest.slice(0, 1);
  if (active && active.says !== 'latest') {
    wanted = newest.filter((version) => version === active.says);
    if (wanted.length === 0)
      report(active.path, invalid(active.path, `to name one of ${newest.toReversed().join(', ')}`, `${active.says}`));
  }
  const present = newest.filter((version) => versions.get(version) === before?.active);
  return new Set([...wanted, ...present, ...newest]);
}

function isActiveIn({ models }: Served, model: Model): boolean {
  return models.get(model.name)?.active === model;
}

function swapsBetween(before: Served, next: Served): Swap[] {
  const names = new Set([...before.models.keys(), ...next.models.keys()]);
  return [...names].sort().flatMap((model) => {
    const [from, to] = [before.models.get(model)?.active, next.models.get(model)?.active];
    return from === to ? [] : [{ model, from: from?.version ?? null, to: to?.version ?? null }];
  });
}
