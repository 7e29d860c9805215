// When a run makes pictures: at its start, often while it is young, at even intervals, and at its end. However long it
// is, they stay few enough to be looked at, and to be kept. A run that goes on from trained weights was never young.

export interface RunLength {
  /** Steps of the whole run. */
  readonly steps: number;
  /** Pictures can be made after so many steps only. */
  readonly stepsPerRun: number;
  /** What the recipe asks for. */
  readonly previewEverySteps: number;
  /**
   * Whole runs of the engine: steps after which a picture shows something else than that of the start for the first
   * time. From there on the steps between pictures double until the interval is over. Left out: at intervals alone.
   */
  readonly firstAfter?: number;
}

/** Intervals of a run that is shorter than its recipe thinks: so many that one sees it learn. */
const FEWEST = 8;
/** Intervals of a run that is longer. */
const MOST = 64;

/** Whether a picture is due once `step` steps are made, of a run that began at 0. */
export function isPreviewDue(step: number, run: RunLength): boolean {
  const every = interval(run);
  if (step % every === 0 || step >= run.steps) return true;
  return run.firstAfter !== undefined && step < every && isPowerOfTwo(step / run.firstAfter);
}

/** Steps between two pictures, whole runs of the engine. */
function interval({ steps, stepsPerRun, previewEverySteps: wanted }: RunLength): number {
  const whole = (length: number) => Math.max(1, Math.ceil(length / stepsPerRun)) * stepsPerRun;
  const short = steps >= 2 * wanted ? wanted : Math.min(wanted, whole(steps / FEWEST));
  return Math.max(short, whole(steps / MOST));
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}
