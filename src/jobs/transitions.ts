// What a person may do to a job, and in which of its states.

import { expected, GanymedeError } from '../errors.js';
import { ENDED, type Job, type JobState, PACED } from './job.js';

/** State → the one that it goes to at once. What runs is told to save first. */
export const STOPS: Readonly<Record<'pause' | 'cancel', Partial<Record<JobState, JobState>>>> = {
  pause: { queued: 'paused', running: 'pausing' },
  cancel: { queued: 'cancelled', paused: 'cancelled', running: 'cancelling', pausing: 'cancelling' },
};

/** Who waits for a person holds memory and can as well go on from the disk: after so long it is paused… */
export const WAIT_MS = 300_000;
/** …by nobody in particular. */
export const SERVER = 'the server, for it waited long';

export function pausedBy(by: string): string {
  return `To be paused by ${by}.`;
}

export const STARTS: Readonly<Record<'resume' | 'retry', readonly JobState[]>> = {
  resume: ['paused'],
  retry: ['failed', 'cancelled'],
};

export function statesFor(action: 'pause' | 'cancel' | 'resume' | 'retry'): readonly JobState[] {
  return action === 'resume' || action === 'retry' ? STARTS[action] : (Object.keys(STOPS[action]) as JobState[]);
}

/** @throws GanymedeError JOB_STATE */
export function requireState({ id, state }: Pick<Job, 'id' | 'state'>, action: Parameters<typeof statesFor>[0]): void {
  const states = statesFor(action);
  if (states.includes(state)) return;
  const what = `a job that is ${states.join(' or ')} to ${action}`;
  throw new GanymedeError('JOB_STATE', expected(what, state).message, { details: { job: id, state } });
}

/** @throws GanymedeError JOB_STATE for a job that no pace would change */
export function requirePaced({ id, kind, state }: Pick<Job, 'id' | 'kind' | 'state'>): void {
  if (PACED.has(kind) && !ENDED.has(state)) return;
  const received = PACED.has(kind) ? state : kind;
  const { message } = expected('a training that is not over, to go on at a pace', received);
  throw new GanymedeError('JOB_STATE', message, { details: { job: id, state } });
}
