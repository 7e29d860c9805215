// Jobs in a folder, as a server has them, and what a test waits for.

import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { Job, JobState } from '../../src/jobs/job.js';
import { JobProcess } from '../../src/jobs/job-process.js';
import { Jobs, type JobsOptions } from '../../src/jobs/jobs.js';
import { JobStore } from '../../src/jobs/store.js';

export interface RunningOptions extends Partial<JobsOptions> {
  /** The clock of the store. */
  readonly now?: () => number;
  /** For how long a process may say nothing. */
  readonly silentMs?: number;
}

export class Running {
  /** As they were begun. */
  readonly processes: JobProcess[] = [];
  readonly store: JobStore;
  readonly jobs: Jobs;

  static async in(folder: string, options: RunningOptions = {}): Promise<Running> {
    return new Running(await JobStore.open(join(folder, 'data'), options.now), folder, options);
  }

  private constructor(store: JobStore, folder: string, { silentMs, now: _, ...options }: RunningOptions) {
    this.store = store;
    const begin: JobsOptions['begin'] = (process) => {
      const begun = new JobProcess({ ...process, ...(silentMs !== undefined && { silentMs }) });
      this.processes.push(begun);
      return begun;
    };
    this.jobs = new Jobs({ store, runs: join(folder, 'runs'), threads: 1, begin, ...options });
  }

  /** Resolves with the job once it is in one of the states. */
  async until(id: string, ...states: JobState[]): Promise<Job> {
    for await (const news of this.jobs.watch(id)) {
      if ('state' in news && states.includes(news.state)) return news;
    }
    const { state, failure } = this.store.job(id);
    if (states.includes(state)) return this.store.job(id);
    throw new Error(`It is ${state}: ${JSON.stringify(failure)}`);
  }

  /** Resolves when the run has made more steps than so many. */
  async underWay(id: string, steps = 0): Promise<void> {
    await vi.waitFor(() => expect(this.store.job(id).progress?.done ?? 0).toBeGreaterThan(steps), {
      timeout: 120_000,
    });
  }

  async begun(processes: number): Promise<JobProcess> {
    await vi.waitFor(() => expect(this.processes.length).toBeGreaterThanOrEqual(processes), { timeout: 120_000 });
    return this.processes.at(-1)!;
  }
}
