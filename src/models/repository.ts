// The checkpoints of a folder, `<model>/<version>/`, as models that can be asked. Each is verified before it is served;
// a corrupt one is reported and skipped, and the others are served. It never writes.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine, Graph } from '../engine/engine.js';
import { GanymedeError, messageOf } from '../errors.js';
import { Batcher, type BatcherOptions } from './batcher.js';
import { type Capability, checkGraph } from './capabilities.js';
import { forAll, isFault } from './faults.js';
import { invalid, liesInside } from './files.js';
import { MANIFEST_FILE, MODEL_NAME } from './manifest.js';
import { type LoadedGraph, type LoadedGraphs, Model } from './model.js';
import { type Checkpoint, openCheckpoint } from './verified.js';
import { notesTaken, versionIn } from './versions.js';
import { warmUp } from './warm-up.js';

/** pino's first two levels of news, or anything like them. */
export interface RepositoryLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export interface RepositoryOptions {
  readonly log?: RepositoryLog;
  /** Limits of each graph's batcher. */
  readonly limits?: Partial<BatcherOptions>;
}

/** A checkpoint that is not served, and why. */
export interface Problem {
  readonly path: string;
  readonly error: GanymedeError;
}

const SILENT: RepositoryLog = { info: () => {}, warn: () => {} };

export class ModelRepository {
  readonly #engine: Pick<Engine, 'load'>;
  readonly #log: RepositoryLog;
  readonly #limits: Partial<BatcherOptions>;
  /** Name → version → model. */
  readonly #models = new Map<string, Map<number, Model>>();
  readonly #problems: Problem[] = [];

  /**
   * Verifies every checkpoint (manifest, sizes, SHA-256) and loads the latest version of each model, warm-up included,
   * so that a first request waits for neither. Should it fail, the version before it takes its place. Older versions
   * are loaded on first use. Fails with CONFIG_INVALID only when `directory` itself cannot be read.
   */
  static async open(
    directory: string,
    engine: Pick<Engine, 'load'>,
    options: RepositoryOptions = {},
  ): Promise<ModelRepository> {
    const repository = new ModelRepository(engine, options);
    const names = await repository.#namesIn(directory);
    await Promise.all(names.map((name) => repository.#openModel(directory, name)));
    return repository;
  }

  private constructor(engine: Pick<Engine, 'load'>, { log = SILENT, limits = {} }: RepositoryOptions) {
    this.#engine = engine;
    this.#log = log;
    this.#limits = limits;
  }

  /** The latest version of each model, by name. */
  list(): readonly Model[] {
    const names = [...this.#models.keys()].sort();
    return names.map((name) => this.get(name));
  }

  /** All served versions of a model, oldest first. */
  versions(name: string): readonly Model[] {
    return [...this.#versionsOf(name).values()].sort((a, b) => a.version - b.version);
  }

  /** The latest version unless one is named; MODEL_NOT_FOUND or VERSION_NOT_FOUND otherwise. */
  get(name: string, version?: number): Model {
    const versions = this.#versionsOf(name);
    const model = versions.get(version ?? Math.max(...versions.keys()));
    if (model) return model;
    const served = [...versions.keys()].sort((a, b) => a - b);
    throw new GanymedeError(
      'VERSION_NOT_FOUND',
      `Expected a version of ${name} among ${served.join(', ')} but received ${version}.`,
      { details: { model: name, version, versions: served } },
    );
  }

  /** Checkpoints found and not served. Grows when a version that loads on first use turns out to be bad. */
  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Lets running and queued work finish, then frees every graph. */
  async close(): Promise<void> {
    const models = [...this.#models.values()].flatMap((versions) => [...versions.values()]);
    await Promise.all(models.map((model) => model.release()));
  }

  #versionsOf(name: string): Map<number, Model> {
    const versions = this.#models.get(name);
    if (versions) return versions;
    const served = [...this.#models.keys()].sort();
    throw new GanymedeError(
      'MODEL_NOT_FOUND',
      `Expected a model among ${served.join(', ') || '(none is served)'} but received ${JSON.stringify(name.slice(0, 80))}.`,
      { details: { models: served } },
    );
  }

  async #namesIn(directory: string): Promise<string[]> {
    try {
      const names = await readdir(directory);
      return names.filter((name) => {
        if (MODEL_NAME.test(name)) return true;
        this.#log.info({ path: join(directory, name) }, 'ignored: not the name of a model');
        return false;
      });
    } catch (error) {
      throw new GanymedeError(
        'CONFIG_INVALID',
        `Expected a readable folder of checkpoints at ${directory} but received: ${messageOf(error)}.`,
        { cause: error, details: { directory } },
      );
    }
  }

  async #openModel(root: string, name: string): Promise<void> {
    const folder = join(root, name);
    const verified = new Map<number, Model>();
    await Promise.all(
      (await this.#versionsIn(folder)).map(async (version) => {
        const path = join(folder, `${version}`);
        await this.#orReport(path, async () => {
          verified.set(version, this.#modelOf(await verify(root, path, name, version)));
        });
      }),
    );
    for (const version of [...verified.keys()].sort((a, b) => b - a)) {
      const model = verified.get(version)!;
      if (await this.#orReport(join(folder, `${version}`), () => model.load())) break;
      verified.delete(version);
    }
    if (verified.size > 0) this.#models.set(name, verified);
  }

  async #versionsIn(folder: string): Promise<number[]> {
    let names: string[];
    try {
      names = await readdir(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOTDIR')
        this.#log.info({ path: folder }, 'ignored: not a folder');
      else this.#report(folder, invalid(folder, 'to be a readable folder', messageOf(error)));
      return [];
    }
    return names.flatMap((name) => {
      const version = versionIn(name);
      if (version !== null) return [version];
      if (notesTaken(name)) return [];
      this.#log.info({ path: join(folder, name) }, 'ignored: not a version (a positive integer without leading zero)');
      return [];
    });
  }

  #modelOf(checkpoint: Checkpoint): Model {
    const model: Model = new Model(checkpoint.manifest, async () => {
      try {
        return await this.#loadGraphs(checkpoint);
      } catch (error) {
        this.#onLateProblem(checkpoint.path, model, error);
        throw error;
      }
    });
    return model;
  }

  /** A version that is already served turned out to be bad on first use: it is reported, and served no more. */
  #onLateProblem(path: string, model: Model, error: unknown): void {
    const versions = this.#models.get(model.name);
    if (!isFault(error) || versions?.get(model.version) !== model) return;
    versions.delete(model.version);
    if (versions.size === 0) this.#models.delete(model.name);
    this.#report(path, error);
  }

  async #loadGraphs(checkpoint: Checkpoint): Promise<LoadedGraphs> {
    const { manifest } = checkpoint;
    const loaded = new Map<Capability, LoadedGraph>();
    try {
      await forAll(Object.keys(manifest.graphs) as Capability[], async (capability) => {
        const graph = await this.#loadGraph(checkpoint, capability);
        loaded.set(capability, { graph, batcher: new Batcher(graph, this.#limits) });
      });
    } catch (error) {
      await Promise.all(Array.from(loaded.values(), ({ graph }) => graph.release()));
      throw error;
    }
    this.#log.info({ model: manifest.model, version: manifest.version, graphs: [...loaded.keys()] }, 'model loaded');
    return loaded;
  }

  /** Bytes verified again, as they are what runs; then the session, its shapes, and its first runs. */
  async #loadGraph(checkpoint: Checkpoint, capability: Capability): Promise<Graph> {
    const { path, manifest } = checkpoint;
    const where = join(path, manifest.graphs[capability]!.file);
    const onnx = await checkpoint.graph(capability);
    const name = `${manifest.model}/${manifest.version}/${capability}`;
    const graph = await orInvalid(where, 'to hold a graph that loads', () => this.#engine.load(name, onnx));
    try {
      checkGraph(graph, capability, manifest, where);
      const bad = await orInvalid(where, 'to run on one row and on three', () =>
        warmUp(graph, capability, manifest, where),
      );
      if (bad > 0)
        this.#log.warn({ path: where, rows: bad }, 'some rows are not finite: each is refused when asked for');
      return graph;
    } catch (error) {
      await graph.release();
      throw error;
    }
  }

  /** True when `work` succeeded; a deliberate refusal becomes a problem, and anything else is a fault and thrown. */
  async #orReport(path: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof GanymedeError)) throw error;
      this.#report(path, error);
      return false;
    }
  }

  #report(path: string, error: GanymedeError): void {
    this.#problems.push({ path, error });
    this.#log.warn({ path, code: error.code, reason: error.message }, 'checkpoint skipped');
  }
}

/** A checkpoint whose every listed file is there, whole and unchanged; refused with all that is wrong. */
async function verify(root: string, path: string, name: string, version: number): Promise<Checkpoint> {
  if (!(await liesInside(path, root))) throw invalid(path, `to lie inside ${root}`, 'a link that leaves it');
  const checkpoint = await openCheckpoint(path);
  const { manifest } = checkpoint;
  const itsFolder = async () => {
    if (manifest.model === name && manifest.version === version) return;
    const what = `to describe model ${name} version ${version}, its folder`;
    throw invalid(join(path, MANIFEST_FILE), what, `${manifest.model} version ${manifest.version}`);
  };
  const files = Object.keys(manifest.files).map((file) => async () => void (await checkpoint.file(file)));
  await forAll([itsFolder, ...files], (check) => check());
  return checkpoint;
}

/**
 * The engine's refusal of a graph is a fault of the checkpoint; that the engine is stopping, or lacks a device, is not.
 */
async function orInvalid<T>(file: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GanymedeError) || error.code !== 'ENGINE_FAILED') throw error;
    throw new GanymedeError('CHECKPOINT_INVALID', `Expected ${file} ${what} but received: ${error.message}`, {
      cause: error,
      details: { file },
    });
  }
}
