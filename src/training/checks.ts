// What can be known of a long work before it begins, so that it is refused when it is asked for and not in the middle:
// recipe against data, weights against networks, a checkpoint against what is to be measured on it. Each check is the
// beginning of its work, without the work.

import type { Dataset } from '../datasets/dataset.js';
import { type Identity, identityOf } from '../datasets/fingerprint.js';
import { openDataset } from '../datasets/open.js';
import { checkMeasurable, type EvaluateOptions } from '../evaluation/evaluate.js';
import { streamOf } from '../random/noise.js';
import { secondsPerStep, stepsOf } from '../recipes/cost.js';
import type { Recipe } from '../recipes/recipe.js';
import { loadWeights, transplanted } from './fine-tuning.js';
import { classifierDemands, type FitClassifierOptions } from './fit/fit-classifier.js';
import { type FitInpainterOptions, inpainterDemands } from './fit/fit-inpainter.js';
import { type FitScorerOptions, networkAsked, scorerDemands } from './fit/fit-scorer.js';
import { AS_TRAINED, checkFit, type Demands, type FitOptions } from './fit/fitting.js';
import { gameOf, networksOf } from './game.js';
import { requireRoomForRun } from './room.js';
import { pick, trainingStep } from './step.js';
import { prepare, type TrainModelOptions } from './train-model.js';

/** What is known by then, for a person. */
export interface Checked extends Identity {
  /** Of the recipe that decides; of what is measured, the model. */
  readonly recipe: string;
  readonly examples: number;
  /** What will be left out, in words. */
  readonly notices: readonly string[];
  /** Of a training: about how long a step takes one core. */
  readonly secondsPerStep?: number;
  /** Of a training: what it would be. */
  readonly plan?: Plan;
}

interface Plan {
  /** The whole recipe. */
  readonly recipe: Recipe;
  readonly steps: number;
  /** About so long, on this machine with nothing else to do. */
  readonly seconds: number;
}

export async function checkTraining(options: TrainModelOptions): Promise<Checked> {
  const { recipe, dataset, left, why, notices } = await prepare(options);
  const networks = networksOf(recipe, dataset);
  const { generator, discriminator } = networks;
  const drawn = { ...generator.init(streamOf(0)), ...discriminator.init(streamOf(0)) };
  const from = options.from === undefined ? undefined : await loadWeights(options.from);
  const { newest } = transplanted(drawn, [generator, discriminator], from);
  const state = trainingStep(gameOf(recipe, networks, dataset)).state(newest);
  requireRoomForRun(options.run ?? options.out, { state, ema: pick(newest, 'generator/'), begun: false });
  return {
    recipe: recipe.name,
    examples: dataset.count,
    ...identityOf(dataset),
    notices: [...left, ...why, ...notices],
    plan: planOf(recipe, dataset, options),
    secondsPerStep: secondsPerStep(recipe, dataset, 1),
  };
}

function planOf(recipe: Recipe, dataset: Dataset, { steps, epochs, threads }: TrainModelOptions): Plan {
  const toMake = steps ?? stepsOf({ ...recipe, epochs: epochs ?? recipe.epochs }, dataset.count);
  return { recipe, steps: toMake, seconds: toMake * secondsPerStep(recipe, dataset, threads) };
}

export async function checkEncoding(options: FitOptions): Promise<Checked> {
  return checkFitting(options, AS_TRAINED);
}

export async function checkClassifying(options: FitClassifierOptions): Promise<Checked> {
  return checkFitting(options, classifierDemands(options));
}

export async function checkInpainting(options: FitInpainterOptions): Promise<Checked> {
  return checkFitting(options, inpainterDemands(options));
}

export async function checkScoring(options: FitScorerOptions): Promise<Checked> {
  await networkAsked(options);
  return checkFitting(options, scorerDemands(options));
}

async function checkFitting(options: FitOptions, demands: Demands): Promise<Checked> {
  const { fixed, dataset } = await checkFit(options, demands);
  return { recipe: fixed.recipe.name, examples: dataset.count, ...identityOf(dataset), notices: [] };
}

export async function checkEvaluation(options: EvaluateOptions): Promise<Checked> {
  const { model } = await checkMeasurable(options);
  const dataset = await openDataset(options.data);
  return { recipe: model, examples: dataset.count, ...identityOf(dataset), notices: [] };
}
