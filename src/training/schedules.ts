// Hyperparameters as functions of training time, described by plain data in a recipe. Computed on the host in double
// precision, one value per step; a compiled step takes them as inputs.
import { z } from 'zod';

export const schedule = z.union([
  z.number(),
  /** from / factor^step, never below floor: pylearn2's ExponentialDecay. */
  z.strictObject({
    kind: z.literal('exponential'),
    from: z.number().positive(),
    factorPerStep: z.number().min(1),
    floor: z.number().min(0).default(0),
  }),
  /** Straight line between two epochs, constant outside, moving once per epoch (epochs count from 1): pylearn2's MomentumAdjustor. */
  z.strictObject({
    kind: z.literal('linear'),
    from: z.number(),
    to: z.number(),
    startEpoch: z.number().min(1).default(1),
    endEpoch: z.number().min(1),
  }),
]);

export type Schedule = z.infer<typeof schedule>;

/** `step` counts from 0 and is the step about to be made. */
export function valueAt(schedule: Schedule, step: number, stepsPerEpoch: number): number {
  if (typeof schedule === 'number') return schedule;
  switch (schedule.kind) {
    case 'exponential':
      // The first step is made at `from`: the callback of pylearn2 runs after each step.
      return Math.max(schedule.floor, schedule.from / schedule.factorPerStep ** step);
    case 'linear': {
      const epoch = 1 + Math.floor(step / stepsPerEpoch);
      const passed = (epoch - schedule.startEpoch) / (schedule.endEpoch - schedule.startEpoch);
      const share = Number.isFinite(passed) ? Math.min(1, Math.max(0, passed)) : 1;
      return schedule.from + share * (schedule.to - schedule.from);
    }
    default:
      return schedule satisfies never;
  }
}
