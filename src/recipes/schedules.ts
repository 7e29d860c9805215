// Hyperparameters as functions of training time, described by plain data in a recipe. Computed on the host in double
// precision, one value per step; a compiled step takes them as inputs.
import { z } from 'zod';

const plain = z.union([
  z.number(),
  /** from / factor^step, never below floor: pylearn2's ExponentialDecay. */
  z.strictObject({
    kind: z.literal('exponential'),
    from: z.number().positive(),
    factorPerStep: z.number().min(1),
    floor: z.number().min(0).default(0),
  }),
  /**
   * Straight line between two epochs, constant outside, moving once per epoch (epochs count from 1): pylearn2's
   * MomentumAdjustor.
   */
  z.strictObject({
    kind: z.literal('linear'),
    from: z.number(),
    to: z.number(),
    startEpoch: z.number().min(1).default(1),
    endEpoch: z.number().min(1),
  }),
]);

export const schedule = z.union([
  plain,
  /**
   * One after another: each holds from its epoch on, the first from the beginning. What they are made of counts from
   * step 0 in each.
   */
  z.strictObject({
    kind: z.literal('stages'),
    stages: z
      .array(z.strictObject({ fromEpoch: z.int().min(1), value: plain }))
      .min(1)
      .refine(
        (stages) => stages.every(({ fromEpoch }, i) => fromEpoch > (stages[i - 1]?.fromEpoch ?? 0)),
        'epochs in rising order',
      )
      .refine((stages) => stages[0]?.fromEpoch === 1, 'a first stage from epoch 1'),
  }),
]);

export type Schedule = z.infer<typeof schedule>;

/**
 * `step` counts from 0 and is the step about to be made. `ahead`: epochs that the run has made besides those of its
 * steps, because it had another batch before.
 */
export function valueAt(schedule: Schedule, step: number, stepsPerEpoch: number, ahead = 0): number {
  if (typeof schedule === 'number') return schedule;
  switch (schedule.kind) {
    case 'exponential':
      // The first step is made at `from`: the callback of pylearn2 runs after each step.
      return Math.max(schedule.floor, schedule.from / schedule.factorPerStep ** step);
    case 'linear': {
      const epoch = epochOf(step, stepsPerEpoch, ahead);
      const passed = (epoch - schedule.startEpoch) / (schedule.endEpoch - schedule.startEpoch);
      const share = Number.isFinite(passed) ? Math.min(1, Math.max(0, passed)) : 1;
      return schedule.from + share * (schedule.to - schedule.from);
    }
    case 'stages': {
      const epoch = epochOf(step, stepsPerEpoch, ahead);
      const { value } = schedule.stages.findLast(({ fromEpoch }) => fromEpoch <= epoch)!;
      return valueAt(value, step, stepsPerEpoch, ahead);
    }
    default:
      return schedule satisfies never;
  }
}

/** Epochs count from 1. */
function epochOf(step: number, stepsPerEpoch: number, ahead: number): number {
  return 1 + Math.floor(step / stepsPerEpoch + ahead);
}

/** The least and the largest value that a schedule can take. */
export function boundsOf(schedule: Schedule): readonly [least: number, most: number] {
  if (typeof schedule === 'number') return [schedule, schedule];
  switch (schedule.kind) {
    case 'exponential':
      return [Math.min(schedule.floor, schedule.from), Math.max(schedule.floor, schedule.from)];
    case 'linear':
      return [Math.min(schedule.from, schedule.to), Math.max(schedule.from, schedule.to)];
    case 'stages': {
      const each = schedule.stages.map(({ value }) => boundsOf(value));
      return [Math.min(...each.map(([least]) => least)), Math.max(...each.map(([, most]) => most))];
    }
    default:
      return schedule satisfies never;
  }
}
