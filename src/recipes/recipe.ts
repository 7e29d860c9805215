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
    .strictObject({
      kind: z.literal('uniform'),
      low: z.number().describe('The least value of each number.'),
      high: z.number().describe('The largest value of each number.'),
    })
    .refine(({ low, high }) => low < high, 'a range with low before high')
    .describe('Every value between two ends is equally likely.'),
  z.strictObject({ kind: z.literal('normal') }).describe('The standard normal distribution.'),
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
  what: z.string().describe('As --data names it, such as data/mnist.'),
  examples: z.int().min(1).describe('How many examples it has.'),
  shape: z
    .array(z.int().min(1))
    .min(1)
    .max(3)
    .describe('Of an example: channels, height and width of images; [n] of points.'),
  classes: z.int().min(0).default(0).describe('How many classes it has; 0 without labels.'),
  digests: z
    .array(z.string())
    .default([])
    .describe('SHA-256 of it, in all the forms that count as it; what is built in is known by its name.'),
});

/** Everything but the data has a default: {} is a recipe. For given data, complete.ts chooses better ones. */
export const recipeSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'a name of at most 64 lower-case letters, digits and hyphens')
    .default('own')
    .describe('What the recipe is called in folders and messages.'),
  title: said.default(UNTITLED).describe('What the model is called, for people.'),
  description: z.string().default('').describe('What the model makes, in a sentence or two.'),
  license: said.default(NOT_STATED).describe('Licence of the weights that the recipe makes. It follows from the data.'),
  source: z.string().default('').describe('Where the recipe comes from, such as a paper.'),
  data: section({
    range: z
      .tuple([z.number(), z.number()])
      .refine(([low, high]) => low < high, 'low before high')
      .default([-1, 1])
      .describe('What black and full intensity become for the networks.'),
    scale: z
      .number()
      .positive()
      .default(1)
      .describe(
        'Points of the data are so many units of the networks’ own: what D sees is divided by it, what G makes multiplied.',
      ),
    validation: z.int().min(0).default(0).describe('Examples at the end of the data that are held out for validation.'),
    of: subject
      .optional()
      .describe('The data that title, description and licence speak of; of other data they are left out.'),
  }).describe('How the data is read.'),
  latent: section({
    size: z.int().min(1).max(4096).default(64).describe('Numbers in a latent vector z, of which G makes an example.'),
    prior: prior.default({ kind: 'normal' }).describe('The distribution that these numbers are drawn from.'),
  }).describe('The random numbers that the generator starts from.'),
  generator: section({
    network: generatorNetwork
      .prefault({ kind: 'dcgan-generator', width: 32 })
      .describe('The network that makes an example of a latent.'),
    outputBias: z
      .union([z.enum(['zero', 'marginals']), z.array(z.number()).max(4096)])
      .default('zero')
      .describe(
        'Where the last bias starts. marginals: where the output equals the mean image of the training data. Numbers: one for each unit.',
      ),
  }).describe('G, the player that makes samples.'),
  discriminator: section({
    network: discriminatorNetwork
      .prefault({ kind: 'dcgan-discriminator', width: 32, minibatchDeviation: true })
      .describe('The network that says how real an example looks.'),
    freeze: z.int().min(0).default(0).describe('FreezeD: so many of its first layers stay as they are.'),
    instanceNoise: z
      .number()
      .positive()
      .optional()
      .describe(
        'Standard deviation of normal noise, in units of the data, that is added to all that it sees while it is trained: ' +
          'examples and samples alike (Sønderby et al. 2017, arXiv:1610.04490; Arjovsky & Bottou 2017, arXiv:1701.04862).',
      ),
  }).describe('D, the player that tells data from samples.'),
  conditional: z
    .strictObject({
      generator: generatorCondition.describe('How G is told of the class.'),
      discriminator: discriminatorCondition.describe('How D is told of the class.'),
    })
    .optional()
    .describe('How both networks are told of the class of an example; without it the data’s labels are not looked at.'),
  augment: augmentConfig.optional().describe('Changes to what D sees, so that it cannot learn few images by heart.'),
  objective: z
    .enum(OBJECTIVE_NAMES)
    .default('non-saturating')
    .describe('What the two players maximise; docs/objectives.md has the formula of each.'),
  penalties: z
    .array(penaltyConfig)
    .max(8)
    .optional()
    .describe(
      'Added to D’s loss, or done to its weights. Left out: the objective’s own (WGAN’s, say); an empty list for none.',
    ),
  updates: updatesConfig.prefault({}).describe('In which order and how often the players move.'),
  optimizer: section({
    generator: optimizerConfig.prefault(ADAM).describe('How G’s weights move along their gradient.'),
    discriminator: optimizerConfig.prefault(ADAM).describe('How D’s weights move along their gradient.'),
  }).describe('How weights move along their gradients.'),
  ema: emaConfig.prefault({}).describe('The exponential moving average of G’s weights, which is what is served.'),
  diagnostics: diagnosticsConfig.optional().describe('What reports look at.'),
  batch: z.int().min(1).max(65_536).default(32).describe('Examples, and as many samples, in one step.'),
  epochs: z.number().positive().default(100).describe('How often the training goes through the data.'),
  run: section({
    stepsPerRun: z
      .int()
      .min(1)
      .max(1000)
      .default(20)
      .describe(
        'Steps that the engine makes per call, without leaving the graph. The intervals below are multiples of it.',
      ),
    reportEverySteps: z.int().min(1).default(100).describe('Steps between two points of the curves.'),
    previewEverySteps: z.int().min(1).default(500).describe('Steps between two pictures of samples.'),
    saveEverySteps: z.int().min(1).default(500).describe('Steps between two states that a run can go on from.'),
  }).describe('How a run goes, and how often it says what it does.'),
});

export type Recipe = z.infer<typeof recipeSchema>;
