// What a person may do to a job, and in which of its states.

import { expected, GanymedeError } from '../errors.js';
import type { Job, JobState } from './job.js';

/** State → the one that it goes to at once. What runs is told to save first. */
export const STOPS: Readonly<Record<'pause' | 'cancel', Partial<Record<JobState, JobState>>>> = {
  pause: { queued: 'paused', running: 'pausing' },
  cancel: { queued: 'cancelled', paused: 'cancelled', running: 'cancelling', pausing: 'cancelling' },
};

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
