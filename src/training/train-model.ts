// Training as one long work: the data and the recipe are opened and checked, the run is made or goes on, and what a
// whole run ends with becomes the next version of the model.
import { basename, join, resolve } from 'node:path';
import type { Dataset } from '../datasets/dataset.js';
import { type OpenOptions, openDataset, within } from '../datasets/open.js';
import type { StepDevice } from '../engine/native.js';
import { GanymedeError } from '../errors.js';
import { writeIndex } from '../evaluation/index-neighbours.js';
import { checkRecipe, loadRecipe } from '../recipes/check-recipe.js';
import type { Overrides } from '../recipes/overrides.js';
import type { Recipe } from '../recipes/recipe.js';
import { type WorkContext, working } from '../work.js';
import { loadState, type TrainingState } from './checkpoint.js';
import { eventLog, type Log } from './event-log.js';
import { loadWeights, type Origin, originOf, tuned } from './fine-tuning.js';
import { howToGoOn } from './how-to-go-on.js';
import { recordsOfRun } from './records.js';
import { checkJoins, writeServingCheckpoint } from './serving.js';
import { latestFigures } from './stats.js';
import { train } from './trainer.js';

export interface TrainModelOptions {
  /** A path, or builtin:<name>. */
  readonly data: string;
  /** Name of a recipe in recipes/ or a path; without it that of `from`, and a resumed run has its own. */
  readonly config?: string;
  /** Settings of the recipe to replace, by path; none where a run goes on. */
  readonly overrides?: Overrides;
  /** Directory of the model; the finished run becomes its next version. Its name is the model's. */
  readonly out: string;
  /** Directory of the run; runs/<model> without it. */
  readonly run?: string;
  readonly steps?: number;
  readonly epochs?: number;
  readonly seed?: number;
  readonly resume?: boolean;
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
}

/** The recipe and the data, opened, and known to make a version of the model. */
export async function prepare(options: TrainModelOptions, opening: OpenOptions = {}): Promise<Prepared> {
  const model = basename(resolve(options.out));
  const runDirectory = options.run ?? join('runs', model);
  const asked = await recipeOf(options, runDirectory);
  const data = await openDataset(options.data, { range: asked.data.range, ...opening });
  const origin = await beginning(options, runDirectory);
  const fitting = origin
    ? tuned(asked, data, origin, !options.config && !options.resume)
    : { recipe: asked, dataset: data, left: [] };
  await checkJoins(fitting, options.out, options.beside);
  return { ...fitting, model, runDirectory };
}

/** Null where it was stopped before the first step. */
export function trainModel(options: TrainModelOptions, context?: WorkContext): Promise<TrainedModel | null> {
  return working(context, async (report) => {
    const { recipe, dataset, left, model, runDirectory } = await prepare(options, within(report));
    const what = dataset.shape.length === 1 ? 'points' : 'images';
    report.started(
      `${recipe.title}: ${dataset.count.toLocaleString('en-US')} ${what} of ${dataset.shape.join('×')} from ${options.data}`,
    );
    if (options.index && dataset.shape.length === 1) throw noImagesToIndex(options.data);
    const { steps, epochs, resume, threads, device, log } = options;
    if (log) report.also(eventLog({ directory: runDirectory, resume: resume ?? false, texts: { recipe } }));
    for (const notice of left) report.warning('left-out', notice);
    report.throwIfStopped();
    const training = await train(
      {
        ...{ recipe, dataset, runDirectory, model, seed: options.seed ?? 1 },
        ...(steps === undefined ? {} : { steps }),
        ...(epochs === undefined ? {} : { epochs }),
        ...(resume === undefined ? {} : { resume }),
        ...(threads === undefined ? {} : { threads }),
        ...(device === undefined ? {} : { device }),
        ...(options.from === undefined ? {} : { from: await loadWeights(options.from) }),
      },
      report,
    );
    if (report.early) {
      const { data, out } = options;
      report.endsWith({
        stopped: howToGoOn('train', { data, out, run: runDirectory, steps, epochs, threads, device, log }),
      });
      return { training, version: null };
    }
    const version = await writeServingCheckpoint(training, options.out, 'next', {
      figures: await latestFigures(runDirectory),
      records: await recordsOfRun(runDirectory, training.step),
      beforeItAppears: (path) => report.version(path),
      ...(options.beside ? { beside: options.beside } : {}),
    });
    report.checkpoint(version);
    if (options.index) await writeIndex({ checkpoint: version, data: options.data }, report);
    report.endsWith({ done: `Done at step ${shown(training.step)}. Checkpoint ${version} is ready to be served.` });
    return { training, version };
  });
}

function noImagesToIndex(data: string): GanymedeError {
  return new GanymedeError('CONFIG_INVALID', `Expected images to index but ${data} has points. Train without --index.`);
}

async function recipeOf({ config, overrides = {}, resume, from }: TrainModelOptions, run: string): Promise<Recipe> {
  if (resume) {
    if (Object.keys(overrides).length === 0) return (await loadState(run)).recipe;
    const names = Object.keys(overrides).join(', ');
    throw new GanymedeError('CONFIG_INVALID', `Expected no overrides for a run that goes on but received ${names}.`);
  }
  if (config) return loadRecipe(config, overrides);
  if (from) return checkRecipe((await originOf(from)).recipe, `of ${from}`, overrides);
  throw new GanymedeError(
    'CONFIG_INVALID',
    'Expected --config with the name of a recipe, --from with the weights of one, or --resume, but received none.',
  );
}

/** What the run begins or goes on with; null for one that begins with nothing. */
async function beginning({ resume, from }: TrainModelOptions, run: string): Promise<Origin | null> {
  if (resume) return originOf(run);
  return from ? originOf(from) : null;
}

function shown(step: number): string {
  return step.toLocaleString('en-US');
}
