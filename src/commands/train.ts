// `ganymede train`: from options to a run, with a line per report and a clean stop on SIGINT and SIGTERM.
import { basename, join, resolve } from 'node:path';
import { openDataset } from '../datasets/open.js';
import type { StepDevice } from '../engine/native.js';
import { GanymedeError } from '../errors.js';
import { loadRecipe } from '../recipes/check-recipe.js';
import type { TrainingState } from '../training/checkpoint.js';
import { loadState } from '../training/checkpoint.js';
import { loadWeights } from '../training/fine-tuning.js';
import { progressLine } from '../training/progress.js';
import { nextVersion, writeServingCheckpoint } from '../training/serving.js';
import { latestFigures } from '../training/stats.js';
import { type TrainEvent, train } from '../training/trainer.js';

export interface TrainCommandOptions {
  readonly data: string;
  /** Name of a recipe in recipes/ or a path; a resumed run has its own. */
  readonly config?: string;
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
}

export interface CommandContext {
  readonly print: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Returns the state reached; `version` is null when the run was stopped before its end. */
export async function trainCommand(
  options: TrainCommandOptions,
  { print, signal }: CommandContext,
): Promise<{ training: TrainingState; version: string | null }> {
  const model = basename(resolve(options.out));
  const runDirectory = options.run ?? join('runs', model);
  const recipe = options.resume ? (await loadState(runDirectory)).recipe : await loadRecipe(required(options.config));
  const dataset = await openDataset(options.data, { range: recipe.data.range });
  print(
    `${recipe.title}: ${dataset.count.toLocaleString('en-US')} ${dataset.shape.length === 1 ? 'points' : 'images'} of ${dataset.shape.join('×')} from ${options.data}`,
  );

  let outcome: 'done' | 'stopped' = 'stopped';
  const training = await train({
    recipe,
    dataset,
    runDirectory,
    model,
    seed: options.seed ?? 1,
    ...(options.steps === undefined ? {} : { steps: options.steps }),
    ...(options.epochs === undefined ? {} : { epochs: options.epochs }),
    ...(options.resume ? { resume: true } : {}),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.device === undefined ? {} : { device: options.device }),
    ...(options.from === undefined ? {} : { from: await loadWeights(options.from) }),
    ...(signal ? { signal } : {}),
    onEvent: (event) => {
      if (event.kind === 'finished') outcome = event.outcome;
      print(describe(event));
    },
  });
  if (outcome === 'stopped') {
    print(
      `Stopped and saved. Go on with: ganymede train --resume --data ${options.data} --out ${options.out} --run ${runDirectory}`,
    );
    return { training, version: null };
  }
  const version = await writeServingCheckpoint(training, options.out, await nextVersion(options.out), {
    figures: await latestFigures(runDirectory),
  });
  print(`Checkpoint ${version} is ready to be served.`);
  return { training, version };
}

function required(config: string | undefined): string {
  if (config) return config;
  throw new GanymedeError(
    'CONFIG_INVALID',
    'Expected --config with the name of a recipe, or --resume, but received neither.',
  );
}

function describe(event: TrainEvent): string {
  switch (event.kind) {
    case 'started': {
      const end = `${event.steps.toLocaleString('en-US')} (${event.stepsPerEpoch} an epoch)`;
      return `Compiled in ${(event.compileMs / 1000).toFixed(1)} s; from step ${event.step.toLocaleString('en-US')} to ${end}`;
    }
    case 'progress':
      return progressLine(event.progress);
    case 'warning':
      return `warning  ${event.warning.name}: ${event.warning.message}`;
    case 'preview':
      return `preview  ${event.path}`;
    case 'checkpoint':
      return `saved    ${event.path}`;
    case 'finished':
      return event.outcome === 'done'
        ? `Done at step ${event.step.toLocaleString('en-US')}`
        : `Stopping at step ${event.step.toLocaleString('en-US')}`;
    default:
      return event satisfies never;
  }
}
