// What a recipe may say of how weights move: optimizers, the order of updates, penalties on D's slope, the average of
// G's weights, what reports look at, and augmentation. The schemas and their defaults only; src/training computes from
// them.
import { z } from 'zod';
import { boundsOf, schedule } from './schedules.js';

const learningRate = schedule.describe('How far a step goes: a number, or a course over the training.');

export const optimizerConfig = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('momentum'),
      learningRate,
      momentum: schedule.describe('The share of the last step that each step keeps.'),
    })
    .describe('Gradient descent with momentum.'),
  z
    .strictObject({
      kind: z.literal('adam'),
      learningRate,
      beta1: z.number().min(0).lt(1).default(0.5).describe('Weight of the past in the mean of gradients.'),
      beta2: z.number().min(0).lt(1).default(0.999).describe('Weight of the past in the mean of their squares.'),
      epsilon: z.number().positive().default(1e-8).describe('Added to the root of that, against division by zero.'),
    })
    .describe('Adam: each weight has a step size of its own (Kingma & Ba 2015, arXiv:1412.6980).'),
]);
export type OptimizerConfig = z.infer<typeof optimizerConfig>;

export const updatesConfig = z.strictObject({
  order: z
    .enum(['alternating', 'simultaneous'])
    .default('simultaneous')
    .describe(
      'alternating: Algorithm 1 to the letter, each update with its own noise and with the newest D. simultaneous: G and D ' +
        'move together from one forward pass, as in the paper’s own code; needs one discriminator step.',
    ),
  discriminatorSteps: z.int().min(1).max(100).default(1).describe('k: updates of D per update of G.'),
  weights: z
    .strictObject({
      discriminator: z.number().positive().default(1).describe('Of D’s loss.'),
      generator: z.number().positive().default(1).describe('Of G’s loss.'),
    })
    .prefault({})
    .describe('What each loss is multiplied by, penalties apart. The paper’s code halves D’s.'),
});
export type UpdatesConfig = z.infer<typeof updatesConfig>;

const onSlope = {
  weight: schedule
    .refine((value) => {
      const [least, most] = boundsOf(value);
      return least >= 0 && most > 0;
    }, 'more than 0, or a course that is never below 0')
    .describe('How much the penalty counts beside the loss: a number, or a course over the training.'),
  everySteps: z
    .int()
    .min(1)
    .default(1)
    .describe(
      'Lazy regularisation (Karras et al. 2020, arXiv:1912.04958, appendix B): the penalty counts only each n-th step, n ' +
        'times as much. The graph is the same each step, so this saves no time here; examples does.',
    ),
  examples: z
    .int()
    .min(1)
    .optional()
    .describe(
      'How many examples of the batch are penalised each step: the same expectation at a part of the cost. batch/16 costs ' +
        'what a lazy interval of 16 costs elsewhere. Left out: all of them.',
    ),
};

export const penaltyConfig = z.discriminatedUnion('kind', [
  z
    .strictObject({ kind: z.literal('r1'), ...onSlope })
    .describe('weight/2 · E_P‖∇V‖², on data (Mescheder et al. 2018, arXiv:1801.04406, equation 9).'),
  z
    .strictObject({ kind: z.literal('r2'), ...onSlope })
    .describe('weight/2 · E_Q‖∇V‖², on samples (Mescheder et al. 2018, equation 10).'),
  z
    .strictObject({ kind: z.literal('gradient-penalty'), ...onSlope })
    .describe(
      'weight · E(‖∇V‖ − 1)² at εx + (1 − ε)G(z), ε uniform in [0, 1] (Gulrajani et al. 2017, arXiv:1704.00028).',
    ),
  z
    .strictObject({
      kind: z.literal('weight-clipping'),
      limit: z.number().positive().describe('The largest size of a weight.'),
    })
    .describe('Every weight of D into [−limit, limit] after each update (Arjovsky et al. 2017, arXiv:1701.07875).'),
]);
export type PenaltyConfig = Brief<z.output<typeof penaltyConfig>>;
export type SlopePenalty = Exclude<PenaltyConfig, { kind: 'weight-clipping' }>;
/** As the program writes one for itself: at every step, unless it says otherwise. */
type Brief<T> = T extends { everySteps: number } ? Omit<T, 'everySteps'> & { everySteps?: number } : T;

/** The exponential moving average of G's weights. */
export const emaConfig = z.strictObject({
  decay: schedule
    .refine((value) => {
      const [least, most] = boundsOf(value);
      return least >= 0 && most < 1;
    }, 'in [0, 1)')
    .default(0.999)
    .describe('Weight of the old average, per training step: a number, or a course over the training.'),
  everySteps: z.int().min(1).default(20).describe('Steps between two updates; a multiple of the steps per run.'),
  rampUp: z
    .number()
    .min(0)
    .default(0.05)
    .describe(
      'The average forgets half within at most so large a share of the steps made (Karras et al. 2020, ema_rampup), so ' +
        'that early in a run it does not show the untrained generator. 0: the same decay from the first step.',
    ),
});
export type EmaConfig = z.infer<typeof emaConfig>;

export const diagnosticsConfig = z.strictObject({
  examples: z
    .int()
    .min(2)
    .max(4096)
    .optional()
    .describe(
      'How many held-out examples and samples a report looks at; left out, as many as a batch of training has.',
    ),
});

export const augmentConfig = z.strictObject({
  mirror: z.boolean().default(false).describe('Every example also left to right.'),
  differentiable: z
    .array(z.enum(['color', 'affine', 'translation', 'cutout']))
    .default([])
    .describe(
      'What is done to data and samples alike before D sees them (Zhao et al. 2020, arXiv:2006.10738; affine, which turns ' +
        'and scales, is of Karras et al. 2020, arXiv:2006.06676).',
    ),
  probability: z
    .union(
      [
        schedule.refine((value) => {
          const [least, most] = boundsOf(value);
          return least >= 0 && most <= 1;
        }, 'in [0, 1]'),
        z
          .strictObject({
            kind: z.literal('adaptive'),
            target: z.number().gt(0).lt(1).default(0.6).describe('The value of E[sign D(real)] that is kept to.'),
            kimg: z
              .number()
              .positive()
              .default(500)
              .describe('Thousands of real images in which the probability can move from 0 to 1.'),
          })
          .describe('As likely as keeps D from knowing the data by heart (Karras et al. 2020, arXiv:2006.06676).'),
      ],
      'a number, a course (exponential, linear or stages) or adaptive, with what belongs to it',
    )
    .default(1)
    .describe(
      'How likely each operation is for each image: a number, a course over the training, or as likely as keeps ' +
        'E[sign D(real)] at the target.',
    ),
});
export type AugmentConfig = z.infer<typeof augmentConfig>;
