// The events of a work as lines for a person: permanent ones for what is worth keeping, and how far it is. In a
// terminal that is one line drawn over and over; piped, a plain line for each tenth.
import { duration, type WorkEvent, type WorkProgress } from '../work.js';
import { type Glyphs, glyphsHere } from './glyphs.js';
import { LiveArea, type Output } from './live-area.js';

export type Present = (event: WorkEvent) => void;

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

const BAR = 20;

function livePresenter(output: Output): Present {
  const area = new LiveArea(output);
  const glyphs = glyphsHere();
  return (event) => {
    if (event.kind === 'progress') return area.draw([statusLine(event, area.columns, glyphs)]);
    if (event.kind === 'finished') area.end();
    const line = lineOf(event);
    if (line) area.keep(line);
  };
}

/** How far it is, with as much of it as fits. */
export function statusLine(progress: WorkProgress, columns: number, glyphs: Glyphs): string {
  const { done, total, secondsLeft, phase } = progress;
  const left = secondsLeft === null ? [] : [`ETA ${duration(secondsLeft)}`];
  const share = total === null ? [] : [percent(done, total)];
  const shorter = [
    `${bar(progress, glyphs)}${progressLine(progress)}`,
    progressLine(progress),
    progressLine({ ...progress, perSecond: null }),
    [phase, ...share, ...left].join('  '),
  ];
  return shorter.find((line) => line.length <= columns) ?? [...share, ...left].join('  ').slice(0, columns);
}

function bar({ done, total }: WorkProgress, { full, empty }: Glyphs): string {
  if (total === null) return '';
  const filled = Math.round((BAR * Math.min(done, total)) / Math.max(1, total));
  return `[${full.repeat(filled)}${empty.repeat(BAR - filled)}] `;
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
    case 'view':
      return ''; // for who can draw it
    default:
      return event satisfies never;
  }
}

/** "training  42 %  840 of 2,000 steps  81 steps/s  ETA 14s" */
function progressLine({ phase, done, total, unit, perSecond, secondsLeft }: WorkProgress): string {
  const of = total === null ? '' : ` of ${amount(total, unit)}`;
  return [
    phase,
    ...(total === null ? [] : [percent(done, total).padStart(5)]),
    `${amount(done, unit)}${of} ${unit === 'bytes' ? 'MB' : unit}`,
    ...(perSecond === null ? [] : [`${rate(perSecond, unit)}/s`]),
    ...(secondsLeft === null ? [] : [`ETA ${duration(secondsLeft)}`]),
  ].join('  ');
}

function percent(done: number, total: number): string {
  return `${Math.floor((100 * done) / Math.max(1, total))} %`;
}

function amount(count: number, unit: string): string {
  return unit === 'bytes' ? (count / 1e6).toFixed(0) : Math.round(count).toLocaleString('en-US');
}

function rate(perSecond: number, unit: string): string {
  if (unit === 'bytes') return `${(perSecond / 1e6).toFixed(1)} MB`;
  return `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en-US')} ${unit}`;
}
