// When a run makes pictures.
import { describe, expect, it } from 'vitest';
import { isPreviewDue, type RunLength } from '../../src/training/preview-steps.js';

/** Steps at which the trainer asks, and is told yes. */
function due(run: RunLength): number[] {
  const runs = Math.ceil(run.steps / run.stepsPerRun);
  return Array.from({ length: runs + 1 }, (_, i) => i * run.stepsPerRun).filter((step) => isPreviewDue(step, run));
}

describe('pictures of a run', () => {
  it('are made as often as its recipe says, and twice as seldom each time until then', () => {
    expect(due({ steps: 4000, stepsPerRun: 100, previewEverySteps: 1000, firstAfter: 100 })).toEqual([
      ...[0, 100, 200, 400, 800, 1000, 2000, 3000, 4000],
    ]);
  });

  it('leave out those that would show the start again, as the average was not renewed yet', () => {
    const firstAfter = 300;
    expect(due({ steps: 3000, stepsPerRun: 100, previewEverySteps: 1000, firstAfter })).toEqual([
      ...[0, 300, 600, 1000, 2000, 3000],
    ]);
  });

  it('are made at even intervals from the start where trained weights go on learning', () => {
    expect(due({ steps: 3000, stepsPerRun: 100, previewEverySteps: 1000 })).toEqual([0, 1000, 2000, 3000]);
  });

  it('are about eight of a run that is shorter than its recipe thinks', () => {
    expect(due({ steps: 80, stepsPerRun: 10, previewEverySteps: 1000 })).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80]);
  });

  it('show the start and the end of a run of one call of the engine', () => {
    expect(due({ steps: 100, stepsPerRun: 100, previewEverySteps: 2000 })).toEqual([0, 100]);
  });

  it('show the end that is no multiple of the interval', () => {
    expect(due({ steps: 2500, stepsPerRun: 500, previewEverySteps: 1000, firstAfter: 500 })).toEqual([
      ...[0, 500, 1000, 2000, 2500],
    ]);
  });

  it('stay below a hundred however long a run is, evenly spread', () => {
    const steps = due({ steps: 10_000_000, stepsPerRun: 100, previewEverySteps: 500 });
    expect(steps.length).toBeLessThan(100);
    expect(steps.filter((step) => step % 156_300 === 0)).toHaveLength(64);
    expect(steps.at(-1)).toBe(10_000_000);
  });
});
