// What a job does, as it is watched: in a terminal a plot of the losses and a line of how far it is, below what is
// worth keeping; in a pipe whole lines; for scripts JSON, a line an update.

import type { JobUpdate } from '../client/watch.js';
import type { WorkEvent } from '../work.js';
import type { Glyphs } from './glyphs.js';
import { wordOf } from './job-text.js';
import { LiveArea, type Output, printable } from './live-area.js';
import { plot } from './plot.js';
import { plainPresenter, statusLine } from './present.js';

export interface JobScreen {
  show(update: JobUpdate): void;
  /** A line of this command itself. */
  say(line: string): void;
  end(): void;
}

export function jsonScreen(output: Output): JobScreen {
  return { show: (update) => output.write(`${JSON.stringify(update)}\n`), say: () => {}, end: () => {} };
}

export function plainScreen(output: Output): JobScreen {
  const say = (line: string) => void output.write(`${printable(line)}\n`);
  const present = plainPresenter(say);
  return { show: (update) => eventsOf(update).forEach(present), say, end: () => {} };
}

/** An update as events of a work that runs here. */
function eventsOf({ kind, text, preview, job: { progress } }: JobUpdate): WorkEvent[] {
  if (kind === null) return progress ? [{ kind: 'progress', ...progress }] : [];
  if (preview) return [{ kind: 'picture', at: preview.at, path: preview.url }];
  if (!text) return [];
  if (kind === 'metric') return [{ kind, name: '', at: 0, values: {}, text }];
  return [{ kind: 'started', text: kind === 'warning' ? `warning  ${text}` : text }];
}

/** At most so many curves, of so many rows each; half as many in a low terminal. */
const [PLOTS, PLOT_ROWS, LOW] = [3, 4, 20] as const;
const MOST_COLUMNS = 100;

/** What comes in a burst, as when a watcher goes on from an earlier time, is drawn once. */
const DRAW_MS = 50;

export class LiveScreen implements JobScreen {
  readonly #output: Output;
  readonly #glyphs: Glyphs;
  readonly #area: LiveArea;
  readonly #series = new Map<string, { at: number[]; values: number[] }>();
  #last: JobUpdate | undefined;
  #drawing: NodeJS.Timeout | undefined;

  constructor(output: Output, glyphs: Glyphs) {
    this.#output = output;
    this.#glyphs = glyphs;
    this.#area = new LiveArea(output);
  }

  show(update: JobUpdate): void {
    this.#last = update;
    for (const { name, at, values } of update.metrics) this.#note(name, at[0]!, values[0]!);
    for (const event of eventsOf(update)) {
      if (event.kind === 'started') this.#area.keep(event.text);
      if (event.kind === 'picture') this.#area.keep(`picture  ${event.path}`);
      if (event.kind === 'metric' && !update.metrics.some(isLoss)) this.#area.keep(event.text);
    }
    this.#drawing ??= setTimeout(() => this.#draw(), DRAW_MS);
  }

  say(line: string): void {
    this.#area.keep(line);
  }

  /** The curves stay. */
  end(): void {
    clearTimeout(this.#drawing);
    const plots = this.#plots();
    this.#area.draw(plots);
    if (plots.length > 0) this.#output.write('\n');
  }

  /** A job that was begun again repeats steps since its last state. */
  #note(name: string, at: number, value: number): void {
    const series = this.#series.get(name) ?? { at: [], values: [] };
    this.#series.set(name, series);
    while (series.at.length > 0 && series.at.at(-1)! >= at) {
      series.at.pop();
      series.values.pop();
    }
    series.at.push(at);
    series.values.push(value);
  }

  #draw(): void {
    this.#drawing = undefined;
    this.#area.draw([...this.#plots(), this.#status()]);
  }

  /** The losses; where a work tells of none, what it tells of again and again. */
  #plots(): string[] {
    const all = Array.from(this.#series, ([name, { values }]) => ({ name, values }));
    const losses = all.filter(isLoss);
    const shown = (losses.length > 0 ? losses : all).filter(({ values }) => values.length > 1).slice(0, PLOTS);
    const columns = Math.min(this.#area.columns, MOST_COLUMNS);
    const rows = (this.#output.rows ?? LOW) < LOW ? PLOT_ROWS / 2 : PLOT_ROWS;
    return shown.flatMap(({ name, values }) => plot(name, values, { columns, rows }, this.#glyphs));
  }

  #status(): string {
    if (!this.#last) return '';
    const { state, progress, id } = this.#last.job;
    if (state === 'PAUSED') return `paused; go on with: npx ganymede jobs resume ${id}`;
    if (state !== 'RUNNING' || !progress) return wordOf(state);
    return statusLine(progress, this.#area.columns, this.#glyphs);
  }
}

function isLoss({ name }: { readonly name: string }): boolean {
  return name.startsWith('loss');
}
