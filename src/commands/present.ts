// The events of a work as lines for a person: permanent ones for what is worth keeping, and how far it is. In a
// terminal that is one line drawn over and over; piped, a plain line for each tenth.
import { duration, type WorkEvent, type WorkProgress } from '../work.js';

export type Present = (event: WorkEvent) => void;

/** Anything lines can be written to; process.stdout, or a list in tests. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export function presenter(output: Output): Present {
  return output.isTTY ? livePresenter(output) : plainPresenter((line) => output.write(`${line}\n`));
}

/** Whole lines only. Where a phase tells of itself by metrics, its tenths are left out. */
export function plainPresenter(print: (line: string) => void): Present {
  let phase = '';
  let tenth = 0;
  let told = false;
  return (event) => {
    if (event.kind === 'progress') {
      const now = Math.floor((10 * event.done) / (event.total ?? Number.POSITIVE_INFINITY));
      if (event.phase !== phase) [phase, tenth, told] = [event.phase, now, false];
      if (now > tenth && !told) print(progressLine(event));
      tenth = Math.max(now, tenth);
      return;
    }
    if (event.kind === 'metric') told = true;
    const line = lineOf(event);
    if (line) print(line);
  };
}

const CLEAR_LINE = '\r\x1b[K';
const BAR = 20;

function livePresenter(output: Output): Present {
  let live = '';
  const draw = (text: string) => {
    output.write(`${live ? CLEAR_LINE : ''}${text}`);
    live = text;
  };
  return (event) => {
    if (event.kind === 'progress') return draw(`${bar(event)}${progressLine(event)}`.slice(0, output.columns ?? 120));
    const below = event.kind === 'finished' ? '' : live;
    const line = lineOf(event);
    output.write(`${live ? CLEAR_LINE : ''}${line ? `${line}\n` : ''}${below}`);
    live = below;
  };
}

function bar({ done, total }: WorkProgress): string {
  if (total === null) return '';
  const filled = Math.round((BAR * Math.min(done, total)) / Math.max(1, total));
  return `[${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}] `;
}

function lineOf(event: Exclude<WorkEvent, { kind: 'progress' }>): string {
  switch (event.kind) {
    case 'started':
    case 'metric':
    case 'finished':
      return event.text;
    case 'warning':
      return `warning  ${event.name}: ${event.message}`;
    case 'picture':
      return `picture  ${event.path}`;
    case 'checkpoint':
      return `saved    ${event.path}`;
    default:
      return event satisfies never;
  }
}

/** "training  42 %  840 of 2,000 steps  81 steps/s  ETA 14s" */
function progressLine({ phase, done, total, unit, perSecond, secondsLeft }: WorkProgress): string {
  const of = total === null ? '' : ` of ${amount(total, unit)}`;
  return [
    phase,
    ...(total === null ? [] : [`${Math.floor((100 * done) / Math.max(1, total))} %`.padStart(5)]),
    `${amount(done, unit)}${of} ${unit === 'bytes' ? 'MB' : unit}`,
    ...(perSecond === null ? [] : [`${rate(perSecond, unit)}/s`]),
    ...(secondsLeft === null ? [] : [`ETA ${duration(secondsLeft)}`]),
  ].join('  ');
}

function amount(count: number, unit: string): string {
  return unit === 'bytes' ? (count / 1e6).toFixed(0) : Math.round(count).toLocaleString('en-US');
}

function rate(perSecond: number, unit: string): string {
  if (unit === 'bytes') return `${(perSecond / 1e6).toFixed(1)} MB`;
  return `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en-US')} ${unit}`;
}
