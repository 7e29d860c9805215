// Versions on their way out of the engine. One that was served until a moment ago may still be asked by requests that
// began before; it is freed when the last of them has ended.

import type { Model } from './model.js';
import type { Served } from './served.js';

export class Outgoing {
  readonly #past = new Set<Served>();
  readonly #models = new Set<Model>();
  readonly #free: (model: Model) => void;

  /** `free` is called once for each model that was added. */
  constructor(free: (model: Model) => void) {
    this.#free = free;
  }

  /** `past` was replaced, and `models` need not stay longer than it is read. */
  add(past: Served, models: readonly Model[]): void {
    this.#past.add(past);
    for (const model of models) this.#models.add(model);
    this.settle();
  }

  /** To be called when the last reader of a state has left. */
  settle(): void {
    for (const past of this.#past) if (!past.isRead) this.#past.delete(past);
    for (const model of this.#models) {
      if ([...this.#past].some((past) => past.holds(model))) continue;
      this.#models.delete(model);
      this.#free(model);
    }
  }

  /** Those that still wait. */
  all(): readonly Model[] {
    return [...this.#models];
  }
}
