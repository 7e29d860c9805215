// Which version of a model answers: putting a version in its place, and going back. A version takes over only once the
// server that serves it has loaded it and warmed it up; one that fails leaves everything as it was. What was active
// before is in the audit log, so that going back is instant and can be repeated.

import { join } from 'node:path';
import { GanymedeError } from '../errors.js';
import { removeDirectoryAtomically } from '../files/atomic.js';
import { activate, versionsOf } from '../models/activate.js';
import { readActive, writeActive, writeActiveIfNone } from '../models/active.js';
import { pathOfVersion } from '../models/folders.js';
import type { ModelRepository } from '../models/repository.js';
import { noted } from './audit.js';
import type { JobRecords } from './engine.js';

export interface RolloutParts {
  readonly repository: Pick<ModelRepository, 'get' | 'list' | 'refresh' | 'problems'>;
  /** The folders of models; the first is written. */
  readonly checkpoints: readonly string[];
  readonly store: Pick<JobRecords, 'audit' | 'audited'>;
  /** One of several servers at a time does the work; refuses before anything is done. */
  readonly alone?: <T>(work: () => Promise<T>) => Promise<T>;
  /** Called when what is served may have changed: other servers of the same folders look again. */
  readonly changed?: () => Promise<void>;
}

export class Rollout {
  readonly #parts: RolloutParts;
  /** One change at a time: each is a file, and what the server makes of it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: RolloutParts) {
    this.#parts = parts;
  }

  /** @throws GanymedeError MODEL_NOT_FOUND, VERSION_NOT_FOUND, CHECKPOINT_INVALID: what answered goes on answering */
  promote(model: string, version: number, by: string, why: object = {}): Promise<void> {
    return this.#inTurn(async () => {
      const about = { model, version, ...why };
      await noted(this.#parts.store, by, 'promote', about, async () => ({ from: await this.#swap(model, version) }));
    });
  }

  /** To the version that was active before; returns it. @throws GanymedeError VERSION_NOT_FOUND where there is none */
  rollback(model: string, by: string): Promise<number> {
    return this.#inTurn(async () => {
      const { active, versions } = await versionsOf(this.#parts.checkpoints, model);
      const before = await this.#before(model, active, versions);
      if (before === undefined) {
        const message = `Expected a version of ${model} that was active before ${active} but there is none.`;
        throw new GanymedeError('VERSION_NOT_FOUND', message, { details: { model, active, versions } });
      }
      await noted(this.#parts.store, by, 'rollback', { model, version: before, from: active }, async () => {
        await this.#swap(model, before);
        return {};
      });
      return before;
    });
  }

  /** Its number is not given again. @throws GanymedeError VERSION_ACTIVE */
  remove(model: string, version: number, by: string): Promise<void> {
    return this.#inTurn(async () => {
      const { checkpoints, repository } = this.#parts;
      const { active } = await versionsOf(checkpoints, model);
      repository.get(model, version);
      if (version === active) {
        const message = `Expected a version of ${model} that is not active but received ${version}. Promote another first.`;
        throw new GanymedeError('VERSION_ACTIVE', message, { details: { model, version } });
      }
      const path = await pathOfVersion(checkpoints, model, version);
      await noted(this.#parts.store, by, 'deleteVersion', { model, version }, async () => {
        if (path) await removeDirectoryAtomically(path);
        return {};
      });
      await this.refresh();
    });
  }

  /** Looks at the folders of models again, and returns what is active then. */
  async refresh(): Promise<{ readonly model: string; readonly version: number }[]> {
    const { repository } = this.#parts;
    await repository.refresh();
    await this.#parts.changed?.();
    return repository.list().map(({ name, version }) => ({ model: name, version }));
  }

  /**
   * The version that answers goes on doing so when a newer one appears. Where a person chose that the latest answers,
   * it stays so.
   */
  async pin(model: string): Promise<void> {
    const { checkpoints, repository } = this.#parts;
    const folder = join(checkpoints[0]!, model);
    if ((await readActive(folder)) !== null) return;
    const served = servedVersion(repository, model);
    if (served !== null) await writeActiveIfNone(folder, served);
  }

  /** Returns the version that answered before. */
  async #swap(model: string, version: number): Promise<number | null> {
    const { checkpoints, repository } = this.#parts;
    const from = servedVersion(repository, model);
    const told = await readActive(join(checkpoints[0]!, model));
    await activate(checkpoints, model, version);
    await repository.refresh();
    if (servedVersion(repository, model) === version) {
      await this.#parts.changed?.();
      return from;
    }
    const problem = repository.problems.find(({ path }) => path.endsWith(join(model, `${version}`)));
    await writeActive(join(checkpoints[0]!, model), told ?? from ?? 'latest');
    await repository.refresh();
    throw (
      problem?.error ?? new GanymedeError('CHECKPOINT_INVALID', `Version ${version} of ${model} could not take over.`)
    );
  }

  /** That from which the active one took over; without a record, the one below it. */
  async #before(model: string, active: number, versions: readonly number[]): Promise<number | undefined> {
    for (let before = Number.MAX_SAFE_INTEGER; ; ) {
      const page = await this.#parts.store.audited(100, before);
      for (const { action, about, seq } of page) {
        before = seq;
        const came = action === 'promote' && about['model'] === model && about['version'] === active;
        if (came && versions.includes(Number(about['from'])) && about['from'] !== active) return Number(about['from']);
      }
      if (page.length === 0) return versions.filter((version) => version < active).at(-1);
    }
  }

  /** As an admin asks for it. */
  async look(by: string): Promise<{ readonly model: string; readonly version: number }[]> {
    const done = await noted(this.#parts.store, by, 'refreshModels', {}, async () => ({
      active: await this.refresh(),
    }));
    return done.active;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const { alone = (work) => work() } = this.#parts;
    const next = () => alone(work);
    const done = this.#last.then(next, next);
    this.#last = done.catch(() => undefined); // whoever asked hears of it
    return done;
  }
}

function servedVersion(repository: RolloutParts['repository'], model: string): number | null {
  try {
    return repository.get(model).version;
  } catch (error) {
    if (error instanceof GanymedeError && error.code === 'MODEL_NOT_FOUND') return null;
    throw error;
  }
}
