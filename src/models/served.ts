// The models as they are served at one moment: it never changes, so whoever reads several things of it reads what
// belongs together. Who reads is counted, so that what it alone holds can be freed once the last reader has left.

import { GanymedeError } from '../errors.js';
import type { Model } from './model.js';

export interface ServedModel {
  readonly active: Model;
  readonly versions: ReadonlyMap<number, Model>;
}

export class Served {
  readonly #models: ReadonlyMap<string, ServedModel>;
  readonly #list: readonly Model[];
  readonly #onLeft: (served: Served) => void;
  #readers = 0;

  /** `onLeft` is called whenever the last reader leaves. */
  constructor(models: ReadonlyMap<string, ServedModel>, onLeft: (served: Served) => void) {
    this.#models = models;
    this.#list = [...models.keys()].sort().map((name) => models.get(name)!.active);
    this.#onLeft = onLeft;
  }

  /** The active version of each model, by name. */
  list(): readonly Model[] {
    return this.#list;
  }

  /** All versions of a model, oldest first. */
  versions(name: string): readonly Model[] {
    return [...this.#require(name).versions.values()].sort((a, b) => a.version - b.version);
  }

  /** The active version unless one is named; MODEL_NOT_FOUND or VERSION_NOT_FOUND otherwise. */
  get(name: string, version?: number): Model {
    const { active, versions } = this.#require(name);
    const model = version === undefined ? active : versions.get(version);
    if (model) return model;
    const served = [...versions.keys()].sort((a, b) => a - b);
    throw new GanymedeError(
      'VERSION_NOT_FOUND',
      `Expected a version of ${name} among ${served.join(', ')} but received ${version}.`,
      { details: { model: name, version, versions: served } },
    );
  }

  /** By name. */
  get models(): ReadonlyMap<string, ServedModel> {
    return this.#models;
  }

  /** Every version of every model. */
  all(): Model[] {
    return [...this.#models.values()].flatMap(({ versions }) => [...versions.values()]);
  }

  holds(model: Model): boolean {
    return this.#models.get(model.name)?.versions.get(model.version) === model;
  }

  get isRead(): boolean {
    return this.#readers > 0;
  }

  /** From now until `leave` it is read. */
  enter(): this {
    this.#readers++;
    return this;
  }

  leave(): void {
    if (--this.#readers === 0) this.#onLeft(this);
  }

  #require(name: string): ServedModel {
    const model = this.#models.get(name);
    if (model) return model;
    const served = this.#list.map((each) => each.name);
    throw new GanymedeError(
      'MODEL_NOT_FOUND',
      `Expected a model among ${served.join(', ') || '(none is served)'} but received ${JSON.stringify(name.slice(0, 80))}.`,
      { details: { models: served } },
    );
  }
}
