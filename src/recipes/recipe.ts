// A recipe: everything that decides a training run besides the data and the seed, as one JSON file that a person can read.
// Checked strictly, so that a misspelt setting is refused instead of ignored.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { GanymedeError, messageOf } from '../errors.js';
import { networkConfig } from '../networks/build.js';
import { discriminatorCondition, generatorCondition } from '../networks/condition.js';
import { augmentConfig } from '../training/augment.js';
import { diagnosticsConfig } from '../training/diagnostics.js';
import { emaConfig } from '../training/ema.js';
import { OBJECTIVE_NAMES } from '../training/objectives.js';
import { optimizerConfig } from '../training/optimizers.js';
import { penaltyConfig } from '../training/penalties.js';
import { updatesConfig } from '../training/step.js';

const prior = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('uniform'), low: z.number(), high: z.number() }),
  z.strictObject({ kind: z.literal('normal') }),
]);

export const recipeSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  title: z.string().min(1),
  description: z.string(),
  /** Licence of the weights that the recipe makes, and where the recipe comes from. */
  license: z.string(),
  source: z.string(),
  data: z.strictObject({
    /** What black and full intensity become for the networks. */
    range: z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high, 'low before high'),
    /** Points of the data are so many units of the networks' own: what D sees is divided by it, what G makes multiplied. */
    scale: z.number().positive().default(1),
    /** Examples at the end that are held out for validation. */
    validation: z.int().min(0),
  }),
  latent: z.strictObject({ size: z.int().min(1).max(4096), prior }),
  generator: z.strictObject({
    network: networkConfig,
    /** marginals: the last bias starts where the output equals the mean image of the training data. */
    outputBias: z.enum(['zero', 'marginals']).default('zero'),
  }),
  discriminator: z.strictObject({
    network: networkConfig,
    /** FreezeD: so many of its first layers stay as they are. */
    freeze: z.int().min(0).default(0),
  }),
  /** How both networks are told of the class of an example; without it the data's labels are not looked at. */
  conditional: z.strictObject({ generator: generatorCondition, discriminator: discriminatorCondition }).optional(),
  augment: augmentConfig.optional(),
  objective: z.enum(OBJECTIVE_NAMES),
  /** Added to D's loss, or done to its weights. Without the key the objective's own (WGAN's, say); an empty list for none. */
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

const RECIPES = new URL('../../recipes/', import.meta.url);

/** `config` is the name of a recipe in recipes/ or the path of a JSON file. */
export async function loadRecipe(config: string): Promise<Recipe> {
  const named = /^[a-z0-9-]+$/.test(config);
  let text: string;
  try {
    text = await readFile(named ? new URL(`${config}.json`, RECIPES) : config, 'utf8');
  } catch (cause) {
    const what = named
      ? `No recipe named ${config} in recipes/.`
      : `The recipe ${config} cannot be read: ${messageOf(cause)}.`;
    throw new GanymedeError('CONFIG_INVALID', what, { cause });
  }
  return parseRecipe(text, config);
}

export function parseRecipe(text: string, from: string): Recipe {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new GanymedeError('CONFIG_INVALID', `Expected JSON in the recipe ${from}: ${messageOf(cause)}.`, { cause });
  }
  const parsed = recipeSchema.safeParse(json);
  if (!parsed.success) {
    throw new GanymedeError('CONFIG_INVALID', `The recipe ${from} is not valid. ${z.prettifyError(parsed.error)}`);
  }
  const recipe = parsed.data;
  if (recipe.generator.outputBias === 'marginals' && recipe.generator.network.kind !== 'mlp') {
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected a generator of kind mlp for outputBias "marginals" in the recipe ${from} but received ${recipe.generator.network.kind}.`,
    );
  }
  const intervals = {
    'ema.everySteps': recipe.ema.everySteps,
    'run.reportEverySteps': recipe.run.reportEverySteps,
    'run.previewEverySteps': recipe.run.previewEverySteps,
    'run.saveEverySteps': recipe.run.saveEverySteps,
  };
  for (const [name, steps] of Object.entries(intervals)) {
    if (steps % recipe.run.stepsPerRun !== 0) {
      throw new GanymedeError(
        'CONFIG_INVALID',
        `Expected ${name} in the recipe ${from} to be a multiple of run.stepsPerRun (${recipe.run.stepsPerRun}) but received ${steps}.`,
      );
    }
  }
  for (const penalty of recipe.penalties ?? []) {
    if (penalty.kind === 'weight-clipping' || (penalty.examples ?? 1) <= recipe.batch) continue;
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected examples of the penalty ${penalty.kind} in the recipe ${from} to be at most the batch (${recipe.batch}) but received ${penalty.examples}.`,
    );
  }
  return recipe;
}

/** Thousands of real images that D has seen after `step` steps. */
export function kimgOf(recipe: Recipe, step: number): number {
  return (step * recipe.batch * recipe.updates.discriminatorSteps) / 1000;
}
