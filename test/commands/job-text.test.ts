import { describe, expect, it } from 'vitest';
import type { JobFacts } from '../../src/client/jobs.js';
import { listOf, refusalText } from '../../src/commands/job-text.js';
import { GanymedeError } from '../../src/errors.js';

const NOW = Date.parse('2026-01-01T12:00:00Z');

const job = (changes: Partial<JobFacts> = {}): JobFacts => ({
  ...{ id: 'mwwwauvs-383c6d3ab80c', kind: 'FINE_TUNE', state: 'RUNNING', model: 'mnist-conditional', version: 4 },
  ...{ dataset: 'builtin:glyphs', device: 'cpu', priority: 0, by: 'local', attempt: 1, made: null, error: null },
  ...{ created: '2026-01-01T11:00:00Z', started: '2026-01-01T11:58:40Z', ended: null },
  progress: { phase: 'training', done: 42, total: 100, unit: 'steps', perSecond: null, secondsLeft: null },
  ...changes,
});

const done = job({ state: 'SUCCEEDED', made: 5, ended: '2026-01-01T09:55:00Z' });

describe('a list of jobs', () => {
  it('has a line for each, with times as a person says them', () => {
    expect(listOf([job(), done], 120, NOW)).toEqual([
      'ID                     STATE      DONE  KIND       MODEL                DATA            WHEN',
      'mwwwauvs-383c6d3ab80c  running    42 %  fine-tune  mnist-conditional    builtin:glyphs  for 1m 20s',
      'mwwwauvs-383c6d3ab80c  succeeded        fine-tune  mnist-conditional 5  builtin:glyphs  2h 05m ago',
    ]);
  });

  it('of forty columns has what is needed to go on', () => {
    expect(listOf([job(), done], 40, NOW)).toEqual([
      'ID                     STATE      DONE',
      'mwwwauvs-383c6d3ab80c  running    42 %',
      'mwwwauvs-383c6d3ab80c  succeeded',
    ]);
  });

  it('says that there is none', () => {
    expect(listOf([], 80, NOW)).toEqual(['No jobs.']);
  });
});

describe('a refusal', () => {
  it('is told with what its details say beyond its message', () => {
    const error = new GanymedeError('JOB_STATE', 'Expected a job that is paused to resume but received "running".', {
      details: { state: 'running', job: 'a-1', others: [1, 2] },
    });
    expect(refusalText(error)).toBe(`JOB_STATE: ${error.message}\n  job: a-1\n  others: [1,2]`);
  });
});
