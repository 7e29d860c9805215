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

/** The licence of what nobody stated one of. */
export const NOT_STATED = 'not stated' as const;
/** The title of what nobody gave one. */
export const UNTITLED = 'Untitled' as const;

/** More than spaces. */
const said = z.string().regex(/\S/, 'a text that says something');

const ADAM = { kind: 'adam', learningRate: 0.0002 } as const;

/** A part of a recipe; every setting in it has a default, so it may be left out. */
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape).prefault({} as never);
}

const subject = z.strictObject({
  /** As `--data` names it, such as data/mnist. */
  what: z.string(),
  examples: z.int().min(1),
  shape: z.array(z.int().min(1)).min(1).max(3),
  classes: z.int().min(0).default(0),
  /** SHA-256 of it, in all the forms that count as it; what is built in is known by its name. */
  digests: z.array(z.string()).default([]),
});

/** Everything but the data has a default: {} is a recipe. For given data, complete.ts chooses better ones. */
export const recipeSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'a name of at most 64 lower-case letters, digits and hyphens')
    .default('own'),
  title: said.default(UNTITLED),
  description: z.string().default(''),
  /** Licence of the weights that the recipe makes, and where the recipe comes from. */
  license: said.default(NOT_STATED),
  source: z.string().default(''),
  data: section({
    /** What black and full intensity become for the networks. */
    range: z
      .tuple([z.number(), z.number()])
      .refine(([low, high]) => low < high, 'low before high')
      .default([-1, 1]),
    /**
     * Points of the data are so many units of the networks' own: what D sees is divided by it, what G makes multiplied.
     */
    scale: z.number().positive().default(1),
    /** Examples at the end that are held out for validation. */
    validation: z.int().min(0).default(0),
    /** The data that title, description and licence speak of; of other data they are left out. */
    of: subject.optional(),
  }),
  latent: section({ size: z.int().min(1).max(4096).default(64), prior: prior.default({ kind: 'normal' }) }),
  generator: section({
    network: generatorNetwork.prefault({ kind: 'dcgan-generator', width: 32 }),
    /**
     * Where the last bias starts. marginals: where the output equals the mean image of the training data. Numbers: one
     * for each unit.
     */
    outputBias: z.union([z.enum(['zero', 'marginals']), z.array(z.number()).max(4096)]).default('zero'),
  }),
  discriminator: section({
    network: discriminatorNetwork.prefault({ kind: 'dcgan-discriminator', width: 32, minibatchDeviation: true }),
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
  objective: z.enum(OBJECTIVE_NAMES).default('non-saturating'),
  /**
   * Added to D's loss, or done to its weights. Without the key the objective's own (WGAN's, say); an empty list for
   * none.
   */
  penalties: z.array(penaltyConfig).max(8).optional(),
  updates: updatesConfig.prefault({}),
  optimizer: section({ generator: optimizerConfig.prefault(ADAM), discriminator: optimizerConfig.prefault(ADAM) }),
  ema: emaConfig.prefault({}),
  diagnostics: diagnosticsConfig.optional(),
  batch: z.int().min(1).max(65_536).default(32),
  epochs: z.number().positive().default(100),
  run: section({
    /** Steps that the engine makes per call, without leaving the graph. The intervals below are multiples of it. */
    stepsPerRun: z.int().min(1).max(1000).default(20),
    reportEverySteps: z.int().min(1).default(100),
    previewEverySteps: z.int().min(1).default(500),
    saveEverySteps: z.int().min(1).default(500),
  }),
});

export type Recipe = z.infer<typeof recipeSchema>;
