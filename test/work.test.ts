import { describe, expect, it } from 'vitest';
import { duration, type Reporter, type WorkEvent, working } from '../src/work.js';

function listen(signal?: AbortSignal) {
  const events: WorkEvent[] = [];
  return { events, context: { onEvent: (event: WorkEvent) => events.push(event), ...(signal ? { signal } : {}) } };
}

describe('a work', () => {
  it('says that it began, how far it is, what it found, and that it is done', async () => {
    const { events, context } = listen();
    const result = await working(context, async (report) => {
      report.started('Counting.');
      report.phase('counting', 'sheep', 2);
      report.progress(2);
      report.metric('sheep', { black: 1 }, 'one is black');
      report.warning('tired', 'The shepherd sleeps.');
      report.picture('sheep.png');
      report.checkpoint('sheep.json');
      report.endsWith({ done: 'All counted.' });
      return 7;
    });
    expect(result).toBe(7);
    expect(events).toEqual([
      { kind: 'started', text: 'Counting.' },
      {
        ...{ kind: 'progress', phase: 'counting', done: 0, total: 2, unit: 'sheep' },
        perSecond: null,
        secondsLeft: null,
      },
      {
        ...{ kind: 'progress', phase: 'counting', done: 2, total: 2, unit: 'sheep' },
        perSecond: expect.any(Number),
        secondsLeft: 0,
      },
      { kind: 'metric', name: 'sheep', at: 2, values: { black: 1 }, text: 'one is black' },
      { kind: 'warning', at: 2, name: 'tired', message: 'The shepherd sleeps.' },
      { kind: 'picture', at: 2, path: 'sheep.png' },
      { kind: 'checkpoint', at: 2, path: 'sheep.json' },
      { kind: 'finished', outcome: 'done', text: 'All counted.' },
    ]);
  });

  const stop = new AbortController();
  stop.abort();
  it.each<[string, (report: Reporter) => unknown]>([
    ['at a place of its own choice', (report) => report.throwIfStopped()],
    ['by a call that throws the reason', () => Promise.reject(stop.signal.reason)],
    [
      'by a call that wraps the reason',
      () => Promise.reject(new Error('broke off', { cause: new Error('inner', { cause: stop.signal.reason }) })),
    ],
  ])('that is stopped %s gives null, and the outcome is stopped', async (_, body) => {
    const { events, context } = listen(stop.signal);
    expect(await working(context, async (report) => body(report))).toBeNull();
    expect(events.at(-1)).toMatchObject({ kind: 'finished', outcome: 'stopped' });
  });

  it('that fails while it is told to stop has failed', async () => {
    const { events, context } = listen(stop.signal);
    await expect(working(context, () => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
    expect(events).toEqual([]);
  });

  it('that ends early with something to return has been stopped all the same', async () => {
    const { events, context } = listen(stop.signal);
    const half = await working(context, async (report) => {
      report.early = true;
      return 'half';
    });
    expect(half).toBe('half');
    expect(events.at(-1)).toMatchObject({ kind: 'finished', outcome: 'stopped' });
  });

  it('tells of its progress a few times a second however fast it is, and always of the end', async () => {
    const { events, context } = listen();
    await working(context, async (report) => {
      report.phase('fast', 'steps', 100_000);
      for (let i = 1; i <= 100_000; i++) report.progress(i);
    });
    const progress = events.filter((event) => event.kind === 'progress');
    expect(progress.length).toBeLessThan(100);
    expect(progress.at(-1)).toMatchObject({ done: 100_000 });
  });

  it('that goes on counts its pace from where it went on', async () => {
    const { events, context } = listen();
    await working(context, async (report) => {
      report.phase('training', 'steps', 1000, 900);
      report.progress(1000);
    });
    expect(events[0]).toMatchObject({ done: 900, perSecond: null });
    const last = events[1] as Extract<WorkEvent, { kind: 'progress' }>;
    expect(last.secondsLeft).toBe(0);
    expect(last.perSecond).toBeGreaterThan(0);
  });
});

it('a duration is given by its two largest units', () => {
  expect([5, 200, 7500, 97_000].map(duration)).toEqual(['5s', '3m 20s', '2h 05m', '1d 02h']);
});
