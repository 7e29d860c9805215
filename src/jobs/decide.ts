// Whether the version that a job made takes over: never, always, or if a figure says so. The figure is measured on both
// versions by the same protocol, and what was decided is said with both numbers.

import { GanymedeError } from '../errors.js';
import { type Evaluation, evaluationsOf } from '../models/evaluations.js';
import { pathOfVersion } from '../models/folders.js';
import type { ModelRepository } from '../models/repository.js';
import { type JobLimits, NO_LIMITS } from './guard.js';
import type { Job } from './job.js';
import { JobProcess } from './job-process.js';

export interface Decision {
  readonly promote: boolean;
  readonly why: string;
}

export interface Deciding {
  readonly repository: Pick<ModelRepository, 'get'>;
  readonly checkpoints: readonly string[];
  readonly jobLimits?: JobLimits;
  /** Where it fires, its reason is thrown. */
  readonly signal?: AbortSignal;
}

export async function decide(job: Job, version: number, deciding: Deciding): Promise<Decision> {
  const { promotion, model } = job;
  const { repository, signal } = deciding;
  signal?.throwIfAborted();
  if (promotion.when === 'never') return { promote: false, why: 'It waits to be promoted.' };
  if (promotion.when === 'always') return { promote: true, why: 'It is active, as the job said.' };
  const active = repository.get(model).version;
  if (active === version) return { promote: true, why: 'It is the only version.' };
  const { protocol, figure, better, notWorseBy } = promotion;
  const measured = async (one: number) => {
    const checkpoint = (await pathOfVersion(deciding.checkpoints, model, one))!;
    return figureOf({ checkpoint, data: String(job.options['data']), protocol }, figure, deciding);
  };
  const before = await measured(active);
  const now = await measured(version);
  const worse = better === 'higher' ? before - now : now - before;
  const promote = worse <= notWorseBy;
  const numbers = `${protocol} ${figure} is ${short(now)}, that of version ${active} ${short(before)}`;
  const why = promote ? `${numbers}: it is active.` : `${numbers}, worse by more than ${notWorseBy}: it is not active.`;
  return { promote, why };
}

interface Measured {
  readonly [option: string]: string;
  readonly checkpoint: string;
  readonly data: string;
  readonly protocol: string;
}

/** Measured now, on the data of the job. */
async function figureOf(
  options: Measured,
  figure: string,
  { jobLimits = NO_LIMITS, signal }: Deciding,
): Promise<number> {
  const { checkpoint, protocol } = options;
  const measuring = new JobProcess({ say: 'start', kind: 'evaluate', options, limits: jobLimits });
  const stop = () => measuring.stop();
  signal?.addEventListener('abort', stop, { once: true });
  const ending = await measuring.ending.finally(() => signal?.removeEventListener('abort', stop));
  signal?.throwIfAborted();
  if (ending.say !== 'ended') {
    const why = ending.say === 'checked' ? 'it was only checked' : ending.message;
    throw new GanymedeError('CONFIG_INVALID', `Expected ${protocol} to measure ${checkpoint} but: ${why}`);
  }
  const results = (await evaluationsOf(checkpoint)).filter((one) => one.protocol === protocol);
  const newest = results.toSorted((a, b) => a.date.localeCompare(b.date)).at(-1);
  const value = newest?.figures[figure];
  if (typeof value === 'number') return value;
  const names = newest ? Object.keys(newest.figures satisfies Evaluation['figures']).join(', ') : 'none';
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected a figure of ${protocol} among ${names} but received "${figure}".`,
  );
}

function short(value: number): string {
  return String(Number(value.toPrecision(5)));
}
