// What a recipe may say of how weights move: optimizers, the order of updates, penalties on D's slope, the average of
// G's weights, what reports look at, and augmentation. The schemas and their defaults only; src/training computes from
// them.
import { z } from 'zod';
import { boundsOf, schedule } from './schedules.js';

export const optimizerConfig = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('momentum'), learningRate: schedule, momentum: schedule }),
  z.strictObject({
    kind: z.literal('adam'),
    learningRate: schedule,
    beta1: z.number().min(0).lt(1).default(0.5),
    beta2: z.number().min(0).lt(1).default(0.999),
    epsilon: z.number().positive().default(1e-8),
  }),
]);
export type OptimizerConfig = z.infer<typeof optimizerConfig>;

export const updatesConfig = z.strictObject({
  /**
   * alternating: Algorithm 1 to the letter, each update with its own noise and with the newest D. simultaneous: G and D
   * move together from one forward pass, as in the paper's own code; needs one discriminator step.
   */
  order: z.enum(['alternating', 'simultaneous']).default('simultaneous'),
  /** k: updates of D per update of G. */
  discriminatorSteps: z.int().min(1).max(100).default(1),
  /** What each loss is multiplied by, penalties apart. The paper's code halves D's. */
  weights: z
    .strictObject({ discriminator: z.number().positive().default(1), generator: z.number().positive().default(1) })
    .prefault({}),
});
export type UpdatesConfig = z.infer<typeof updatesConfig>;

const onSlope = {
  weight: z.number().positive(),
  /**
   * Lazy regularisation (Karras et al. 2020, arXiv:1912.04958, appendix B): the penalty counts only each n-th step, n
   * times as much. The graph is the same each step, so this saves no time here; `examples` does.
   */
  everySteps: z.int().min(1).default(1),
  /**
   * How many examples of the batch are penalised each step: the same expectation at a part of the cost. batch/16 costs
   * what a lazy interval of 16 costs elsewhere. All of them without it.
   */
  examples: z.int().min(1).optional(),
};

export const penaltyConfig = z.discriminatedUnion('kind', [
  /** weight/2 · E_P‖∇V‖² (Mescheder et al. 2018, arXiv:1801.04406, equation 9). */
  z.strictObject({ kind: z.literal('r1'), ...onSlope }),
  /** weight/2 · E_Q‖∇V‖² (the same, equation 10). */
  z.strictObject({ kind: z.literal('r2'), ...onSlope }),
  /** weight · E(‖∇V‖ − 1)² at εx + (1 − ε)G(z), ε uniform in [0, 1] (Gulrajani et al. 2017, arXiv:1704.00028). */
  z.strictObject({ kind: z.literal('gradient-penalty'), ...onSlope }),
  /** Every weight of D into [−limit, limit] after each update (Arjovsky et al. 2017, arXiv:1701.07875). */
  z.strictObject({ kind: z.literal('weight-clipping'), limit: z.number().positive() }),
]);
export type PenaltyConfig = z.input<typeof penaltyConfig>;
export type SlopePenalty = Exclude<PenaltyConfig, { kind: 'weight-clipping' }>;

/** The exponential moving average of G's weights. */
export const emaConfig = z.strictObject({
  /** Weight of the old average, per training step. */
  decay: schedule
    .refine((value) => {
      const [least, most] = boundsOf(value);
      return least >= 0 && most < 1;
    }, 'expected in [0, 1)')
    .default(0.999),
  /** Steps between two updates; a multiple of the steps per run. */
  everySteps: z.int().min(1).default(20),
  /**
   * The average forgets half within at most so large a share of the steps made (Karras et al. 2020, ema_rampup), so
   * that early in a run it does not show the untrained generator. 0: the same decay from the first step.
   */
  rampUp: z.number().min(0).default(0.05),
});
export type EmaConfig = z.infer<typeof emaConfig>;

export const diagnosticsConfig = z.strictObject({
  /** How many held-out examples and samples a report looks at; the batch of training without it. */
  examples: z.int().min(2).max(4096).optional(),
});

export const augmentConfig = z.strictObject({
  /** Every example also left to right. */
  mirror: z.boolean().default(false),
  differentiable: z.array(z.enum(['color', 'translation', 'cutout'])).default([]),
  /** How likely each operation is for each image: a number, or as likely as keeps E[sign D(real)] at the target. */
  probability: z
    .union([
      z.number().min(0).max(1),
      z.strictObject({
        kind: z.literal('adaptive'),
        target: z.number().gt(0).lt(1).default(0.6),
        /** Thousands of real images in which the probability can move from 0 to 1. */
        kimg: z.number().positive().default(500),
      }),
    ])
    .default(1),
});
export type AugmentConfig = z.infer<typeof augmentConfig>;
