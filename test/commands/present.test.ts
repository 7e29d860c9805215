import { describe, expect, it } from 'vitest';
import { plainPresenter, presenter } from '../../src/commands/present.js';
import type { WorkEvent, WorkProgress } from '../../src/work.js';

const progress = (done: number, changes: Partial<WorkProgress> = {}): WorkEvent => ({
  ...{ kind: 'progress', phase: 'training', done, total: 2000, unit: 'steps', perSecond: 81.4, secondsLeft: 14.2 },
  ...changes,
});
const metric: WorkEvent = { kind: 'metric', name: 'loss', at: 5, values: {}, text: 'loss 0.5' };

describe('in a pipe, a work', () => {
  const printed = (...events: WorkEvent[]) => {
    const lines: string[] = [];
    const present = plainPresenter((line) => lines.push(line));
    for (const event of events) present(event);
    return lines;
  };

  it('prints whole lines, one for each tenth of a phase', () => {
    expect(printed(progress(0), progress(100), progress(200), progress(201), progress(840), progress(2000))).toEqual([
      'training   10 %  200 of 2,000 steps  81 steps/s  ETA 14s',
      'training   42 %  840 of 2,000 steps  81 steps/s  ETA 14s',
      'training  100 %  2,000 of 2,000 steps  81 steps/s  ETA 14s',
    ]);
  });

  it('leaves tenths out where the phase tells of itself by figures', () => {
    expect(
      printed(progress(0), metric, progress(1000), progress(0, { phase: 'next' }), progress(1000, { phase: 'next' })),
    ).toEqual(['loss 0.5', 'next   50 %  1,000 of 2,000 steps  81 steps/s  ETA 14s']);
  });

  it('counts bytes in megabytes, and says no share of what nobody knows the whole of', () => {
    const bytes = { phase: 'a.gz', unit: 'bytes', perSecond: 2_500_000, secondsLeft: null } as const;
    expect(printed(progress(0, { ...bytes, total: 20e6 }), progress(9_000_000, { ...bytes, total: 20e6 }))).toEqual([
      'a.gz   45 %  9 of 20 MB  2.5 MB/s',
    ]);
    expect(printed(progress(0, { ...bytes, total: null }), progress(9_000_000, { ...bytes, total: null }))).toEqual([]);
  });

  it('has a line for every other event, and none for an empty text', () => {
    expect(
      printed(
        { kind: 'started', text: 'Bars.' },
        { kind: 'warning', at: 1, name: 'collapse', message: 'All alike.' },
        { kind: 'picture', at: 1, path: 'a.png' },
        { kind: 'checkpoint', at: 1, path: 'run/1' },
        { kind: 'finished', outcome: 'done', text: '' },
      ),
    ).toEqual(['Bars.', 'warning  collapse: All alike.', 'picture  a.png', 'saved    run/1']);
  });
});

describe('in a terminal, a work', () => {
  it('draws one live line over and over, below the lines that stay, and leaves none at the end', () => {
    let screen = '';
    const present = presenter({ isTTY: true, columns: 60, write: (text) => (screen += text) });
    present({ kind: 'started', text: 'Bars.' });
    present(progress(500));
    present(progress(1000));
    present(metric);
    present({ kind: 'finished', outcome: 'done', text: 'Done.' });
    const clear = '\r\x1b[J';
    // The bar would not fit.
    const quarter = 'training   25 %  500 of 2,000 steps  81 steps/s  ETA 14s';
    const half = 'training   50 %  1,000 of 2,000 steps  81 steps/s  ETA 14s';
    expect(screen).toBe(`Bars.\n${quarter}${clear}${half}${clear}loss 0.5\n${half}${clear}Done.\n`);
  });
});
