// `ganymede publish`: the state of a run, finished or not, as the next version of a model.
import { loadState } from '../training/checkpoint.js';
import { nextVersion, writeServingCheckpoint } from '../training/serving.js';
import { latestFigures } from '../training/stats.js';
import type { CommandContext } from './train.js';

export interface PublishOptions {
  readonly run: string;
  /** Directory of the model; its name is the model's. */
  readonly out: string;
  readonly float16?: boolean;
  readonly raw?: boolean;
}

export async function publishCommand(options: PublishOptions, { print }: CommandContext): Promise<string> {
  const training = await loadState(options.run);
  const path = await writeServingCheckpoint(training, options.out, await nextVersion(options.out), {
    figures: await latestFigures(options.run),
    ...(options.float16 ? { float16: true } : {}),
    ...(options.raw ? { raw: true } : {}),
  });
  print(`Step ${training.step.toLocaleString('en-US')} of ${training.recipe.name} is now ${path}`);
  return path;
}
