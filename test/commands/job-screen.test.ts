// A terminal is played by a list of rows on which the few control sequences that are used are carried out.

import { describe, expect, it, vi } from 'vitest';
import type { JobFacts } from '../../src/client/jobs.js';
import type { JobUpdate } from '../../src/client/watch.js';
import { ASCII } from '../../src/commands/glyphs.js';
import { LiveScreen, plainScreen } from '../../src/commands/job-screen.js';

const JOB: JobFacts = {
  ...{ id: 'a-1', kind: 'TRAIN', state: 'RUNNING', model: 'ring8', version: null, dataset: 'builtin:ring8' },
  ...{ device: 'cpu', priority: 0, by: 'local', attempt: 1, made: null, error: null },
  ...{ created: '2026-01-01T12:00:00Z', started: '2026-01-01T12:00:00Z', ended: null },
  progress: { phase: 'training', done: 50, total: 100, unit: 'steps', perSecond: 5, secondsLeft: 10 },
};

const update = (changes: Partial<JobUpdate> = {}): JobUpdate => ({
  ...{ seq: 1, kind: null, text: null, metrics: [], preview: null, job: JOB },
  ...changes,
});

const metric = (at: number, value: number) =>
  update({
    kind: 'metric',
    text: `step ${at}`,
    metrics: [
      { name: 'epoch', at: [at], values: [at] },
      { name: 'lossD', at: [at], values: [value] },
    ],
  });

/** Up so many rows; all below away; anything else as it is. */
const ESCAPE = '\x1b';
const SEQUENCES = new RegExp(`${ESCAPE}\\[(\\d+)A|(${ESCAPE}\\[J)|[\\s\\S]`, 'g');

/** Rows of what was written, as a terminal of so many columns shows them. */
class Terminal {
  readonly isTTY = true;
  readonly rows = 12;
  readonly #lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(readonly columns: number) {}

  write(text: string): void {
    for (const [part, up, clear] of text.matchAll(SEQUENCES)) {
      if (up) this.#row -= Number(up);
      else if (clear)
        this.#lines.splice(this.#row, Number.POSITIVE_INFINITY, this.#lines[this.#row]!.slice(0, this.#column));
      else if (part === '\r') this.#column = 0;
      else if (part === '\n') this.#go(this.#row + 1);
      else this.#put(part);
    }
  }

  get text(): string[] {
    return this.#lines.map((line) => line.trimEnd());
  }

  #put(character: string): void {
    if (this.#column === this.columns) this.#go(this.#row + 1);
    const line = this.#lines[this.#row]!.padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
    this.#column++;
  }

  #go(row: number): void {
    this.#row = row;
    this.#column = 0;
    while (this.#lines.length <= row) this.#lines.push('');
  }
}

function shown(columns: number, updates: readonly JobUpdate[], end = false): string[] {
  vi.useFakeTimers();
  const terminal = new Terminal(columns);
  const screen = new LiveScreen(terminal, ASCII);
  for (const one of updates) {
    screen.show(one);
    vi.advanceTimersByTime(60);
  }
  if (end) screen.end();
  vi.useRealTimers();
  return terminal.text;
}

describe('a job that is watched in a terminal', () => {
  const story = [
    update({ kind: 'state', text: 'Begun, attempt 1.' }),
    metric(10, 1),
    metric(20, 0),
    update(),
    update({ kind: 'warning', text: 'collapse: All alike.' }),
  ];

  /** From 1 to 0 over 40 columns, of four heights: 3 up to column 6, 2 up to 19, 1 up to 32, 0 at the end. */
  const curve = [
    'lossD  0  between 0 and 1',
    `${"'".repeat(7)}:${'.'.repeat(13)}`,
    `${' '.repeat(20)}${"'".repeat(13)}:${'.'.repeat(6)}`,
  ];

  it('has its losses as a curve and how far it is as a line, below what stays', () => {
    expect(shown(40, story)).toEqual([
      'Begun, attempt 1.',
      'warning  collapse: All alike.',
      ...curve,
      'training  50 %  ETA 10s',
    ]);
  });

  it('says more in a wider one', () => {
    expect(shown(80, story).at(-1)).toBe(
      '[##########----------] training   50 %  50 of 100 steps  5.0 steps/s  ETA 10s',
    );
  });

  it('leaves the curve and its end behind', () => {
    const over = update({ kind: 'state', text: 'Made version 2.', job: { ...JOB, state: 'SUCCEEDED' } });
    expect(shown(40, [...story, over], true)).toEqual([
      'Begun, attempt 1.',
      'warning  collapse: All alike.',
      'Made version 2.',
      ...curve,
      '',
    ]);
  });

  it('forgets of the curve what a job that was begun again makes anew', () => {
    const again = [metric(10, 1), metric(20, 9), metric(30, 9), metric(20, 0)];
    expect(shown(40, again).slice(0, 3)).toEqual(curve);
  });

  it('says how a job that is paused goes on', () => {
    const paused = update({ job: { ...JOB, state: 'PAUSED' } });
    expect(shown(80, [paused])).toEqual(['paused; go on with: npx ganymede jobs resume a-1']);
  });

  it('is not disturbed by what names and messages contain', () => {
    const evil = update({ kind: 'state', text: 'Data \u001b[2J\rgone\u0007.' });
    expect(shown(40, [evil])[0]).toBe('Data ?[2J?gone?.');
  });
});

describe('a job that is watched in a pipe', () => {
  it('has whole lines, and a tenth of the way where it says nothing itself', () => {
    let text = '';
    const screen = plainScreen({ write: (part) => (text += part) });
    screen.show(update({ kind: 'state', text: 'Begun, attempt 1.' }));
    screen.show(update({ job: { ...JOB, progress: { ...JOB.progress!, done: 0 } } }));
    screen.show(update());
    screen.show(update({ kind: 'picture', preview: { at: 50, url: 'http://gan/jobs/a-1/pictures/3.png' } }));
    screen.show(metric(60, 1));
    screen.show(update({ kind: 'warning', text: 'collapse: All alike.' }));
    expect(text.split('\n')).toEqual([
      'Begun, attempt 1.',
      'training   50 %  50 of 100 steps  5.0 steps/s  ETA 10s',
      'picture  http://gan/jobs/a-1/pictures/3.png',
      'step 60',
      'warning  collapse: All alike.',
      '',
    ]);
  });
});
