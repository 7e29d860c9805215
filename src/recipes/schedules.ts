// Hyperparameters as functions of training time, described by plain data in a recipe. Computed on the host in double
// precision, one value per step; a compiled step takes them as inputs.
import { z } from 'zod';

const plain = z.union([
  z.number(),
  z
    .strictObject({
      kind: z.literal('exponential'),
      from: z.number().positive().describe('The value of the first step.'),
      factorPerStep: z.number().min(1).describe('What it is divided by at each step.'),
      floor: z.number().min(0).default(0).describe('The least value.'),
    })
    .describe('from / factorPerStep^step, never below floor: pylearn2’s ExponentialDecay.'),
  z
    .strictObject({
      kind: z.literal('linear'),
      from: z.number().describe('The value before.'),
      to: z.number().describe('The value after.'),
      startEpoch: z.number().min(1).default(1).describe('Where the line begins.'),
      endEpoch: z.number().min(1).describe('Where it ends.'),
    })
    .describe(
      'A straight line between two epochs, constant outside, moving once per epoch (epochs count from 1): pylearn2’s MomentumAdjustor.',
    ),
]);

export const schedule = z.union(
  [
    plain,
    z
      .strictObject({
        kind: z.literal('stages'),
        stages: z
          .array(
            z.strictObject({
              fromEpoch: z.int().min(1).describe('The epoch from which it holds.'),
              value: plain.describe('The value, or its course.'),
            }),
          )
          .min(1)
          .refine(
            (stages) => stages.every(({ fromEpoch }, i) => fromEpoch > (stages[i - 1]?.fromEpoch ?? 0)),
            'epochs in rising order',
          )
          .refine((stages) => stages[0]?.fromEpoch === 1, 'a first stage from epoch 1')
          .describe('In the order of their epochs.'),
      })
      .describe(
        'One after another: each holds from its epoch on, the first from the beginning. What they are made of counts from step 0 in each.',
      ),
  ],
  'a number, or a course: exponential, linear or stages, with what belongs to it',
);

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
