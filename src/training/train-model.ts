// Training as one long work: the data and the recipe are opened and checked, the run is made or goes on, and what a
// whole run ends with becomes the next version of the model.
import { join } from 'node:path';
import type { Dataset } from '../datasets/dataset.js';
import { type OpenOptions, within } from '../datasets/open.js';
import type { StepDevice } from '../engine/native.js';
import { GanymedeError } from '../errors.js';
import { writeIndex } from '../evaluation/index-neighbours.js';
import { requireWritable } from '../files/unusable.js';
import { modelIn } from '../models/manifest.js';
import { checkRecipe, readRecipe } from '../recipes/check-recipe.js';
import { type Words, wholeLike } from '../recipes/complete.js';
import { secondsPerStep, stepsOf } from '../recipes/cost.js';
import { checkFit } from '../recipes/data-fit.js';
import { type Difference, differences, type Overrides } from '../recipes/overrides.js';
import type { Recipe } from '../recipes/recipe.js';
import { duration, type Reporter, type WorkContext, working } from '../work.js';
import { loadState, type TrainingState } from './checkpoint.js';
import { type Chosen, chosen, chosenLike, settingsOf } from './choosing.js';
import { eventLog, type Log } from './event-log.js';
import { forTuning, kindOf, loadWeights, type Origin, originOf, tuned } from './fine-tuning.js';
import { howToGoOn } from './how-to-go-on.js';
import { notePublished, publishedAt } from './published.js';
import { recordsOfRun } from './records.js';
import { changedRecipe, changesOf, refuseOtherRecipe } from './segments.js';
import { checkJoins, checkServable, writeServingCheckpoint } from './serving.js';
import { latestFigures } from './stats.js';
import { alone, refuseToOverwrite, trainAlone } from './trainer.js';

export interface TrainModelOptions extends Words {
  /** A path, or builtin:<name>. */
  readonly data: string;
  /**
   * Name of a recipe in recipes/ or a path; without it that of `from`, and else one is chosen for the data. A run that
   * goes on must have it already.
   */
  readonly config?: string;
  /** Settings of the recipe to replace, by path; a run that goes on must have them already. */
  readonly overrides?: Overrides;
  /** Directory of the model; the finished run becomes its next version. Its name is the model's. */
  readonly out: string;
  /** Directory of the run; runs/<model> without it. */
  readonly run?: string;
  readonly steps?: number;
  readonly epochs?: number;
  readonly seed?: number;
  readonly resume?: boolean;
  /** Settings of its recipe that a run which goes on has otherwise from here on, by path. */
  readonly override?: Overrides;
  readonly threads?: number;
  readonly device?: StepDevice;
  /** Run directory, state file or serving checkpoint whose weights a new run begins with. */
  readonly from?: string;
  /** Other folders of the same model: the number of the next version counts theirs. */
  readonly beside?: readonly string[];
  /** Writes an index of neighbours beside the version: it holds the training images. */
  readonly index?: boolean;
  /** Writes its reports for another program, too. */
  readonly log?: Log;
}

export interface TrainedModel {
  readonly training: TrainingState;
  /** Path of the new version; null when the run was stopped before its end. */
  readonly version: string | null;
}

export interface Prepared {
  readonly recipe: Recipe;
  readonly dataset: Dataset;
  /** What of the data is left out, in words. */
  readonly left: readonly string[];
  readonly model: string;
  readonly runDirectory: string;
  /** Of the data, with what was proposed for it. */
  readonly address: string;
  /** What was chosen, and why; nothing where all was said. */
  readonly why: readonly string[];
  /** What a person should know before it begins. */
  readonly notices: readonly string[];
}

/**
 * The recipe and the data, opened, and known to make a version of the model: all that can be known before a step is
 * made. What costs little is asked before the data is read. Without `run`, of no run that is there or could be made.
 */
export async function prepare(options: TrainModelOptions, opening: OpenOptions = {}): Promise<Prepared> {
  refuseContradictions(options);
  const model = modelIn(options.out);
  const { run, from } = options;
  await Promise.all([options.out, ...(run === undefined ? [] : [run])].map(requireWritable));
  const saved = options.resume ? await loadState(runOf(options)) : null;
  if (!saved && run !== undefined) await refuseToOverwrite(run);
  const origin = await beginning(saved, from);
  const plan = await planned(options, { saved, origin }, opening);
  const fitting = origin
    ? tuned(plan.recipe, plan.dataset, origin, !options.config && !options.resume)
    : { recipe: plan.recipe, dataset: plan.dataset, left: [] };
  await checkJoins(fitting, options.out, options.beside);
  checkFit(fitting.recipe, fitting.dataset);
  checkServable(fitting, model);
  if (options.index && fitting.dataset.shape.length === 1) throw noImagesToIndex(options.data);
  return { ...plan, ...fitting, model, runDirectory: runOf(options) };
}

/** Null where it was stopped before the first step. */
export function trainModel(asked: TrainModelOptions, context?: WorkContext): Promise<TrainedModel | null> {
  return working(context, async (report) => {
    const options = { ...asked, run: runOf(asked) };
    const prepared = await prepare(options, within(report));
    const { recipe, dataset, left, model, runDirectory, address } = prepared;
    const what = dataset.shape.length === 1 ? 'points' : 'images';
    report.started(
      `${recipe.title}: ${dataset.count.toLocaleString('en-US')} ${what} of ${dataset.shape.join('×')} from ${address}`,
    );
    tellOfChoice(prepared, options, report);
    const { steps, epochs, resume, threads, device, log, override } = options;
    if (log) report.also(eventLog({ directory: runDirectory, resume: resume ?? false, texts: { recipe } }));
    for (const notice of left) report.warning('left-out', notice);
    const from = options.from === undefined ? undefined : await loadWeights(options.from);
    if (from?.alone)
      report.warning('discriminator', `${from.source} has no discriminator to go on with: one begins anew.`);
    report.throwIfStopped();
    // Until its version is there: of a process that takes over from one that was stopped, one alone makes it.
    return alone({ runDirectory, model }, async () => {
      const training = await trainAlone(
        {
          ...{ recipe, dataset, runDirectory, model, seed: options.seed ?? 1 },
          ...(steps === undefined ? {} : { steps }),
          ...(epochs === undefined ? {} : { epochs }),
          ...(resume === undefined ? {} : { resume }),
          ...(threads === undefined ? {} : { threads }),
          ...(device === undefined ? {} : { device }),
          ...(override === undefined ? {} : { override }),
          ...(from && { from }),
        },
        report,
      );
      if (report.early) {
        const { data, out, index } = options;
        report.endsWith({
          stopped: howToGoOn('train', { data, out, run: runDirectory, steps, epochs, threads, device, log, index }),
        });
        return { training, version: null };
      }
      return { training, version: await publish(training, { ...options, data: address }, report) };
    });
  });
}

/** The next version; where the run was published at this very step, that version. */
async function publish(
  training: TrainingState,
  { out, run, beside, index, data }: TrainModelOptions & { readonly run: string },
  report: Reporter,
): Promise<string> {
  const { step } = training;
  const before = await publishedAt(run, step, out);
  if (before !== null) {
    report.endsWith({
      done: `The run in ${run} was at step ${shown(step)} already, which is ${before}: nothing was to be done. For more ask for more steps (--steps, --epochs).`,
    });
    return before;
  }
  const version = await writeServingCheckpoint(training, out, 'next', {
    figures: await latestFigures(run),
    records: await recordsOfRun(run, step),
    beforeItAppears: async (path) => {
      await report.version(path);
      await notePublished(run, step, path);
    },
    ...(beside ? { beside } : {}),
  });
  report.checkpoint(version);
  if (index) await writeIndex({ checkpoint: version, data }, report);
  report.endsWith({ done: `Done at step ${shown(step)}. Checkpoint ${version} is ready to be served.` });
  return version;
}

function runOf({ run, out }: TrainModelOptions): string {
  return run ?? join('runs', modelIn(out));
}

/** Options that say the opposite of each other, or that nothing would heed. */
function refuseContradictions({ steps, epochs, resume, from, override }: TrainModelOptions): void {
  const refuse = (message: string) => {
    throw new GanymedeError('CONFIG_INVALID', message);
  };
  if (steps !== undefined && epochs !== undefined) {
    refuse(`Expected --steps or --epochs but received both, ${steps} and ${epochs}. Leave one out.`);
  }
  if (resume && from !== undefined) {
    refuse(
      `Expected no --from with --resume but received ${from}: the run goes on with its own weights. Leave it out.`,
    );
  }
  if (!resume && override) {
    refuse(
      `Expected --override with --resume, where a run goes on with other settings, but received it without (${Object.keys(override).join(', ')}). A new run takes --set.`,
    );
  }
}

function tellOfChoice(
  { recipe, dataset, why, notices }: Prepared,
  { steps, threads, ...asked }: TrainModelOptions,
  report: Reporter,
): void {
  const { batch, epochs, data } = recipe;
  const values = { examples: dataset.count, validation: data.validation, batch, epochs };
  const toMake = steps ?? stepsOf({ ...recipe, epochs: asked.epochs ?? epochs }, dataset.count);
  const time = `about ${duration(toMake * secondsPerStep(recipe, dataset, threads))} for ${shown(toMake)} steps on a machine with nothing else to do; once it runs it says better`;
  if (why.length > 0)
    report.metric('chosen', values, ['Chosen:', ...[...why, time].map((line) => `- ${line}`)].join('\n'));
  for (const notice of notices) report.warning('words', notice);
}

function noImagesToIndex(data: string): GanymedeError {
  return new GanymedeError('CONFIG_INVALID', `Expected images to index but ${data} has points. Train without --index.`);
}

/**
 * By the recipe of the run that goes on, one that is named, that of what it begins with, or one chosen for the data.
 */
async function planned(
  options: TrainModelOptions,
  { saved, origin }: { readonly saved: TrainingState | null; readonly origin: Origin | null },
  opening: OpenOptions,
): Promise<Chosen> {
  const { data, config, from } = options;
  if (saved && origin) {
    const recipe = await recipeOfRun(options, saved);
    return { ...(await chosenLike(recipe, origin, { data }, opening)), recipe, why: [], notices: [] };
  }
  if (!origin || config) return chosen(options, opening);
  return chosenLike(checkRecipe(origin.recipe, `of ${from}`, settingsOf(options)), origin, options, opening);
}

/** That of the run, with what is to change on its way. Whatever else is asked for must be what the run has. */
async function recipeOfRun(options: TrainModelOptions, saved: TrainingState): Promise<Recipe> {
  const { config, override = {}, seed } = options;
  const run = runOf(options);
  if (seed !== undefined && seed !== saved.seed) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected the seed of the run in ${run}, ${saved.seed}, but received ${seed}: its data and noise go on as they are. Leave --seed out, or begin a new run (--run).`,
    );
  }
  const recipe = changedRecipe(saved.recipe, override);
  const settings = {
    ...changesOf(saved.segments),
    ...wordsOf(recipe),
    ...settingsOf(options),
    ...override,
  };
  if (config) {
    const asked = checkRecipe(wholeLike(await readRecipe(config), recipe), config, settings);
    refuseOtherRecipe(leastDifferent(recipe, asked), run);
  } else refuseOtherRecipe(differences(recipe, checkRecipe(recipe, `of the run in ${run}`, settings)), run);
  return recipe;
}

/** They follow from the data, unless they are said. */
function wordsOf({ title, description, license }: Words) {
  return { title, description, license };
}

/** A run that began with weights has its recipe as fine-tuning made it. */
function leastDifferent(recipe: Recipe, asked: Recipe): Difference[] {
  const found = differences(recipe, asked);
  return differences(recipe, forTuning(asked)).length === 0 ? [] : found;
}

/** What the run begins or goes on with; null for one that begins with nothing. */
async function beginning(saved: TrainingState | null, from: string | undefined): Promise<Origin | null> {
  if (saved) return { recipe: saved.recipe, ...kindOf(saved.dataset) };
  return from === undefined ? null : originOf(from);
}

function shown(step: number): string {
  return step.toLocaleString('en-US');
}
