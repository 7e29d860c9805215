// Makes a run keep the pace that whoever watches asks for: how many steps it may make now, and waiting where it may
// make none. The steps are the same at any pace.

import { type Pace, waitsAt } from '../pace.js';
import type { Reporter } from '../work.js';

export class Pacing {
  readonly #report: Pick<Reporter, 'pacer' | 'signal'>;
  /** By the clock of `performance`: the steps that are made have had their time then. */
  #due = 0;

  constructor(report: Pick<Reporter, 'pacer' | 'signal'>) {
    this.#report = report;
  }

  /**
   * Of `most` steps after `step`; 0 once it has waited: then the pace, or whether it goes on at all, may be another.
   * `shown` is the pace by which the run showed itself last: at another one it must first show itself again.
   */
  async allowed(step: number, most: number, shown: Pace): Promise<number> {
    const { pacer, signal } = this.#report;
    const { pace } = pacer;
    if (pace !== shown) return 0;
    if (waitsAt(step, pace)) {
      await pacer.changed(signal);
      return 0;
    }
    const early = pace.perSecond === null ? 0 : this.#due - performance.now();
    if (early > 0) {
      await pacer.changed(signal, early);
      if (pacer.pace !== pace) this.#due = 0; // what was to be waited for was another pace's
      return 0;
    }
    const steps = Math.min(most, (pace.until ?? Number.POSITIVE_INFINITY) - step, upToNextView(step, pace.showEvery));
    if (pace.perSecond !== null) this.#due = performance.now() + (1000 * steps) / pace.perSecond;
    return steps;
  }
}

function upToNextView(step: number, showEvery: number | null): number {
  return showEvery === null ? Number.POSITIVE_INFINITY : showEvery - (step % showEvery);
}
