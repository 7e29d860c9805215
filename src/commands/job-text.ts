// Jobs of a server in words: a table of many, the whole of one, and refusals with all that they say.

import type { JobDetails, JobFacts } from '../client/jobs.js';
import type { GanymedeError } from '../errors.js';
import { duration } from '../work.js';
import { table } from './columns.js';

/** FINE_TUNE → fine-tune. */
export function wordOf(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** `now`: milliseconds since 1970. */
export function listOf(jobs: readonly JobFacts[], width: number, now: number): string[] {
  if (jobs.length === 0) return ['No jobs.'];
  const column = (head: string, spare: number, cell: (job: JobFacts) => string) => {
    return { head, spare, cells: jobs.map(cell) };
  };
  return table(
    [
      column('ID', 0, ({ id }) => id),
      column('STATE', 0, ({ state }) => wordOf(state)),
      column('DONE', 1, shareOf),
      column('KIND', 3, ({ kind }) => wordOf(kind)),
      column('MODEL', 2, ({ model, made }) => (made === null ? model : `${model} ${made}`)),
      column('DATA', 5, ({ dataset }) => dataset),
      column('WHEN', 4, (job) => whenOf(job, now)),
    ],
    width,
  );
}

function shareOf({ progress, state }: JobFacts): string {
  if (state === 'SUCCEEDED' || !progress || progress.total === null) return '';
  return `${Math.floor((100 * progress.done) / Math.max(1, progress.total))} %`;
}

/** How long it runs, or how long ago what happened last was. */
function whenOf({ created, started, ended, state }: JobFacts, now: number): string {
  const since = (time: string) => duration((now - Date.parse(time)) / 1000);
  if (ended !== null) return `${since(ended)} ago`;
  if (started !== null && state === 'RUNNING') return `for ${since(started)}`;
  return `${since(created)} ago`;
}

export function detailsOf(job: JobDetails, now: number): string[] {
  const { id, kind, state, model, version, made, dataset, device, priority, attempt, by, error, progress } = job;
  const came = version === null ? '' : `, of version ${version}`;
  const ago = duration((now - Date.parse(job.created)) / 1000);
  return [
    `${wordOf(kind)}  ${id}  ${wordOf(state)}`,
    `model      ${model}${came}${made === null ? '' : `; made version ${made}`}`,
    `data       ${dataset}`,
    `device     ${device}, priority ${priority}`,
    `asked for  ${ago} ago by ${by}: ${JSON.stringify(job.arguments)}`,
    ...(job.started === null ? [] : [`took       ${tookOf(job, now)}${attempt > 1 ? `, attempt ${attempt}` : ''}`]),
    ...(progress === null
      ? []
      : [`progress   ${progress.phase}: ${progress.done} of ${progress.total ?? '?'} ${progress.unit}`]),
    ...(error === null ? [] : [`error      ${error.code}: ${error.message}`]),
    ...job.warnings.map(({ at, name, message }) => `warning    at ${at}, ${name}: ${message}`),
    ...job.previews.map(({ at, url }) => `preview    at ${at}: ${url}`),
    ...job.log.map((line) => `log        ${line}`),
  ];
}

function tookOf({ started, ended }: JobFacts, now: number): string {
  return duration(((ended === null ? now : Date.parse(ended)) - Date.parse(started!)) / 1000);
}

/** Its code, its message, and what of its details the message does not say. */
export function refusalText({ code, message, details }: GanymedeError): string {
  const told = (value: unknown) => typeof value !== 'object' && message.includes(String(value));
  const more = Object.entries(details)
    .filter(([name, value]) => name !== 'faults' && !told(value)) // each fault is a sentence of the message
    .map(([name, value]) => `  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [`${code}: ${message}`, ...more].join('\n');
}
