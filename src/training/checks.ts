// What can be known of a long work before it begins, so that it is refused when it is asked for and not in the middle:
// recipe against data, weights against networks, a checkpoint against what is to be measured on it. Each check is the
// beginning of its work, without the work.
import { type Identity, identityOf } from '../datasets/fingerprint.js';
import { openDataset } from '../datasets/open.js';
import { checkMeasurable, type EvaluateOptions } from '../evaluation/evaluate.js';
import { streamOf } from '../random/noise.js';
import { checkFit } from '../recipes/data-fit.js';
import { loadWeights, transplanted } from './fine-tuning.js';
import { type FitOptions, parted } from './fit/fitting.js';
import { openDataFor, openFixed } from './fit/fixed-model.js';
import { partsOf } from './fit/scorer-data.js';
import { networksOf } from './game.js';
import { prepare, type TrainModelOptions } from './train-model.js';

/** What is known by then, for a person. */
export interface Checked extends Identity {
  /** Of the recipe that decides; of what is measured, the model. */
  readonly recipe: string;
  readonly examples: number;
  /** What will be left out, in words. */
  readonly notices: readonly string[];
}

export async function checkTraining(options: TrainModelOptions): Promise<Checked> {
  const { recipe, dataset, left } = await prepare(options);
  checkFit(recipe, dataset);
  if (options.from) {
    const { generator, discriminator } = networksOf(recipe, dataset);
    const drawn = { ...generator.init(streamOf(0)), ...discriminator.init(streamOf(0)) };
    transplanted(drawn, [generator, discriminator], await loadWeights(options.from));
  }
  return { recipe: recipe.name, examples: dataset.count, ...identityOf(dataset), notices: left };
}

export async function checkFitting(options: FitOptions): Promise<Checked> {
  const fixed = await openFixed(options.checkpoint);
  const dataset = await openDataFor(fixed, options.data);
  parted(fixed, dataset);
  return { recipe: fixed.recipe.name, examples: dataset.count, ...identityOf(dataset), notices: [] };
}

/** A scorer measures itself on data that it holds out, where the recipe held none out. */
export async function checkScoring(options: FitOptions): Promise<Checked> {
  const fixed = await openFixed(options.checkpoint);
  const dataset = await openDataFor(fixed, options.data);
  partsOf(fixed, dataset);
  return { recipe: fixed.recipe.name, examples: dataset.count, ...identityOf(dataset), notices: [] };
}

export async function checkEvaluation(options: EvaluateOptions): Promise<Checked> {
  const { model } = await checkMeasurable(options);
  const dataset = await openDataset(options.data);
  return { recipe: model, examples: dataset.count, ...identityOf(dataset), notices: [] };
}
