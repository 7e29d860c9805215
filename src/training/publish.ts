// The state of a run, finished or not, as the next version of a model.
import { requireWritable } from '../files/unusable.js';
import { modelIn } from '../models/manifest.js';
import { loadState } from './checkpoint.js';
import { recordsOfRun } from './records.js';
import { writeServingCheckpoint } from './serving.js';
import { latestFigures } from './stats.js';

export interface PublishOptions {
  readonly run: string;
  /** Directory of the model; its name is the model's. */
  readonly out: string;
  /** Store weights in half precision: half the bytes. */
  readonly float16?: boolean;
  /** The generator's newest weights instead of their average. */
  readonly raw?: boolean;
  /** Other folders of the same model: the number of the next version counts theirs. */
  readonly beside?: readonly string[];
}

export interface Published {
  /** Directory of the new version. */
  readonly path: string;
  /** Title of its recipe, and the steps that the run had made. */
  readonly recipe: string;
  readonly step: number;
}

export async function publishRun(options: PublishOptions): Promise<Published> {
  modelIn(options.out);
  const training = await loadState(options.run);
  await requireWritable(options.out);
  const path = await writeServingCheckpoint(training, options.out, 'next', {
    figures: await latestFigures(options.run),
    records: await recordsOfRun(options.run, training.step),
    ...(options.float16 ? { float16: true } : {}),
    ...(options.raw ? { raw: true } : {}),
    ...(options.beside ? { beside: options.beside } : {}),
  });
  return { path, recipe: training.recipe.name, step: training.step };
}
