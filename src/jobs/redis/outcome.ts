// What becomes of a job when its process has ended: the same as where the server itself runs it (jobs.ts), as a change
// of the records.

import { basename } from 'node:path';
import type { JobFailure, JobState } from '../job.js';
import type { Ending } from '../job-process.js';
import { VERSIONS } from './queues.js';
import type { Changed, Placed } from './records.js';

/** How often a job's process is begun before the job has failed. */
const ATTEMPTS = 3;

export function outcomeOf(job: Placed, ending: Ending): Changed {
  if (ending.say === 'checked') return failed({ code: 'INTERNAL_SERVER_ERROR', message: 'A work ended as a check.' });
  if (ending.say === 'ended' && ending.outcome === 'done')
    return ending.made === null ? done() : made(job, ending.made);
  const stopped = stoppedBy(job);
  if (stopped) return stopped;
  if (ending.say === 'ended') return again(job, 'Saved; goes on with another worker.', { attempt: job.attempt - 1 });
  if (ending.say === 'failed' && ending.code === 'RUN_IN_USE') {
    return again(job, 'Its folder was still in use; tried again.', { attempt: job.attempt - 1 });
  }
  const failure = { code: ending.say === 'failed' ? ending.code : 'JOB_CRASHED', message: ending.message };
  const refused = ending.say === 'failed' && ending.refusal;
  if (refused || job.attempt - job.losses >= ATTEMPTS) return failed(failure);
  return again(job, `${failure.message} It is begun again from its last state.`, { failure });
}

/** For one that was told to end; undefined for any other. */
export function stoppedBy({ state }: Pick<Placed, 'state'>): Changed | undefined {
  if (state === 'pausing') return to('paused', 'Paused and saved.');
  return state === 'cancelling' ? to('cancelled', 'Cancelled.', { ended: Date.now() }) : undefined;
}

export function failed(failure: JobFailure): Changed {
  return to('failed', `${failure.code}: ${failure.message}`, { failure, ended: Date.now() });
}

/** Queued anew: an entry of the turn before means nothing any more. */
export function again({ turn, device }: Placed, text: string, set: Changed['set'] = {}): Changed {
  return to('queued', text, { ...set, turn: turn + 1, place: device });
}

export function done(text = 'Done.'): Changed {
  return to('succeeded', text, { ended: Date.now(), failure: null });
}

/** It is not over before a server has loaded what it made. */
function made({ turn, state }: Placed, folder: string): Changed {
  const version = Number(basename(folder));
  const text = `Made version ${version}; it waits for a server to load it.`;
  return to(state, text, { made: version, turn: turn + 1, place: VERSIONS });
}

function to(state: JobState, text: string, set: Changed['set'] = {}): Changed {
  return { set: { ...set, state }, event: { kind: 'state', state, text } };
}
