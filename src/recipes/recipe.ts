// A recipe: everything that decides a training run besides the data and the seed, as one JSON file that a person can
// read. Strict, so that a misspelt setting is refused instead of ignored. Nothing here loads TensorFlow.js: whoever
// only checks recipes does not wait for it.
import { z } from 'zod';
import {
  discriminatorCondition,
  discriminatorNetwork,
  generatorCondition,
  generatorNetwork,
} from './network-configs.js';
import { OBJECTIVE_NAMES } from './objective-names.js';
import {
  augmentConfig,
  diagnosticsConfig,
  emaConfig,
  optimizerConfig,
  penaltyConfig,
  updatesConfig,
} from './update-configs.js';

const prior = z.discriminatedUnion('kind', [
  z
    .strictObject({ kind: z.literal('uniform'), low: z.number(), high: z.number() })
    .refine(({ low, high }) => low < high, 'a range with low before high'),
  z.strictObject({ kind: z.literal('normal') }),
]);

/** More than spaces. */
const said = z.string().regex(/\S/, 'a text that says something');

export const recipeSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'a name of at most 64 lower-case letters, digits and hyphens'),
  title: said,
  description: z.string(),
  /** Licence of the weights that the recipe makes, and where the recipe comes from. */
  license: said,
  source: z.string(),
  data: z.strictObject({
    /** What black and full intensity become for the networks. */
    range: z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high, 'low before high'),
    /**
     * Points of the data are so many units of the networks' own: what D sees is divided by it, what G makes multiplied.
     */
    scale: z.number().positive().default(1),
    /** Examples at the end that are held out for validation. */
    validation: z.int().min(0),
  }),
  latent: z.strictObject({ size: z.int().min(1).max(4096), prior }),
  generator: z.strictObject({
    network: generatorNetwork,
    /**
     * Where the last bias starts. marginals: where the output equals the mean image of the training data. Numbers: one
     * for each unit.
     */
    outputBias: z.union([z.enum(['zero', 'marginals']), z.array(z.number()).max(4096)]).default('zero'),
  }),
  discriminator: z.strictObject({
    network: discriminatorNetwork,
    /** FreezeD: so many of its first layers stay as they are. */
    freeze: z.int().min(0).default(0),
    /**
     * Standard deviation of normal noise, in units of the data, that is added to all that it sees while it is trained:
     * examples and samples alike (Sønderby et al. 2017, arXiv:1610.04490; Arjovsky & Bottou 2017, arXiv:1701.04862).
     */
    instanceNoise: z.number().positive().optional(),
  }),
  /** How both networks are told of the class of an example; without it the data's labels are not looked at. */
  conditional: z.strictObject({ generator: generatorCondition, discriminator: discriminatorCondition }).optional(),
  augment: augmentConfig.optional(),
  objective: z.enum(OBJECTIVE_NAMES),
  /**
   * Added to D's loss, or done to its weights. Without the key the objective's own (WGAN's, say); an empty list for
   * none.
   */
  penalties: z.array(penaltyConfig).max(8).optional(),
  updates: updatesConfig,
  optimizer: z.strictObject({ generator: optimizerConfig, discriminator: optimizerConfig }),
  ema: emaConfig,
  diagnostics: diagnosticsConfig.optional(),
  batch: z.int().min(1).max(65_536),
  epochs: z.number().positive(),
  run: z.strictObject({
    /** Steps that the engine makes per call, without leaving the graph. The intervals below are multiples of it. */
    stepsPerRun: z.int().min(1).max(1000),
    reportEverySteps: z.int().min(1),
    previewEverySteps: z.int().min(1),
    saveEverySteps: z.int().min(1),
  }),
});

export type Recipe = z.infer<typeof recipeSchema>;
