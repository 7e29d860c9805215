// The training loop, to be read from top to bottom: prepare, then per call of the engine K steps, average, report, preview,
// save. It knows no command line and no server: it takes a signal to stop and gives events.
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Batches, type Dataset, split } from '../datasets/dataset.js';
import { openStep, type StepDevice } from '../engine/native.js';
import { copyOf, type HostTensor, type HostTensors } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import { streamOf } from '../random/noise.js';
import { checkFit } from '../recipes/data-fit.js';
import { kimgOf, type Recipe } from '../recipes/recipe.js';
import { augmentProbability, mirrored } from './augment.js';
import { type DatasetNote, loadState, STATE_FILE, saveState, type TrainingState } from './checkpoint.js';
import { type Diagnosis, Diagnostics } from './diagnostics.js';
import { keptOfAverage, updateEma } from './ema.js';
import { Feeds } from './feeds.js';
import { forTuning, transplanted, type Weights } from './fine-tuning.js';
import { classesOf, gameOf, marginalBias, networksOf } from './game.js';
import { Previews } from './previews.js';
import type { Progress } from './progress.js';
import { parametersOf, pruneVersions, writeServingCheckpoint } from './serving.js';
import { StatsLog } from './stats.js';
import { OUTPUTS, trainingStep } from './step.js';
import { begunWarnings, type Warning } from './warnings.js';

export interface TrainOptions {
  /** Not read when a run is resumed: the run's own recipe and seed go on. */
  readonly recipe: Recipe;
  readonly seed: number;
  /** All examples; the recipe's split is made here. */
  readonly dataset: Dataset;
  /** Holds the state, stats.jsonl, previews/ and checkpoints/<model>/<step>/. */
  readonly runDirectory: string;
  readonly model: string;
  /** Stop after so many steps in all, rounded up to whole runs; without it after so many epochs, the recipe's by default. */
  readonly steps?: number;
  readonly epochs?: number;
  readonly resume?: boolean;
  /** Weights to begin with, of the same architecture; optimizers and steps begin anew. Not read when a run is resumed. */
  readonly from?: Weights;
  /** Of the engine; all cores without it. */
  readonly threads?: number;
  /** What the steps run on; the CPU without it. */
  readonly device?: StepDevice;
  /** Stops the run after the steps in progress, with everything saved. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
}

export type TrainEvent =
  | {
      readonly kind: 'started';
      readonly step: number;
      readonly steps: number;
      readonly stepsPerEpoch: number;
      readonly compileMs: number;
    }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'warning'; readonly step: number; readonly warning: Warning }
  | { readonly kind: 'preview'; readonly step: number; readonly path: string }
  | { readonly kind: 'checkpoint'; readonly step: number; readonly path: string }
  | { readonly kind: 'finished'; readonly step: number; readonly outcome: 'done' | 'stopped' };

/** Serving checkpoints that a run directory keeps; the newest are enough to compare and to go back by one. */
const KEPT = 2;

export async function train(options: TrainOptions): Promise<TrainingState> {
  const { runDirectory, onEvent = () => {} } = options;
  await mkdir(runDirectory, { recursive: true });
  const saved = options.resume ? await loadState(runDirectory) : null;
  if (!saved) await refuseToOverwrite(runDirectory);
  const recipe = saved?.recipe ?? (options.from ? forTuning(options.recipe) : options.recipe);
  const seed = saved?.seed ?? options.seed;
  checkFit(recipe, options.dataset);
  const { stepsPerRun } = recipe.run;
  const threads = options.threads ?? availableParallelism();

  const { train: examples, validation } = split(options.dataset, recipe.data.validation);
  const data = recipe.augment?.mirror ? mirrored(examples) : examples;
  const note = noteOf(examples);
  if (saved) checkSameData(saved.dataset, note);
  const bias = !saved && recipe.generator.outputBias === 'marginals' ? await marginalBias(data) : undefined;
  const networks = networksOf(recipe, data, bias);
  const game = gameOf(recipe, networks, data);
  const plan = trainingStep(game);

  const drawn = { ...networks.generator.init(streamOf(seed)), ...networks.discriminator.init(streamOf(seed)) };
  const { newest, average } = transplanted(
    drawn,
    [networks.generator, networks.discriminator],
    saved ? undefined : options.from,
  );
  const ema = saved?.ema ?? copyOf(parametersOf(average, 'generator/'));
  const compiled = await openStep(plan.step, {
    state: saved?.state ?? plan.state(newest),
    inputs: plan.specs,
    stepsPerRun,
    threads,
    ...(options.device ? { device: options.device } : {}),
  });
  const previews = await Previews.open({
    recipe,
    generator: networks.generator,
    params: ema,
    folder: join(runDirectory, 'previews'),
    threads,
    classes: classesOf(recipe, data)?.length ?? 0,
  });

  const diagnostics = await Diagnostics.open({
    game,
    params: newest,
    held: validation ?? examples,
    examples: recipe.diagnostics?.examples ?? recipe.batch,
    seed,
    threads,
    ...(options.device ? { device: options.device } : {}),
  });

  const batches = new Batches(data.count, recipe.batch, seed);
  const feeds = new Feeds({ inputs: plan.inputs, optimizers: game.optimizers, data, batches, seed, stepsPerRun });
  const stepsPerEpoch = batches.perEpoch / recipe.updates.discriminatorSteps;
  const steps =
    Math.ceil((options.steps ?? (options.epochs ?? recipe.epochs) * stepsPerEpoch) / stepsPerRun) * stepsPerRun;
  const log = await StatsLog.open(runDirectory, saved?.step ?? 0);

  let step = saved?.step ?? 0;
  const training = (): TrainingState => ({ recipe, seed, step, dataset: note, state: compiled.state(), ema });
  let savedAt = step;
  const save = async () => {
    const state = training();
    // The losses of the newest step are those before its update, which may have broken a weight.
    checkFinite(state.state, step, savedAt);
    await saveState(runDirectory, state);
    const models = join(runDirectory, 'checkpoints', options.model);
    const path = await writeServingCheckpoint(state, models, step, { figures: log.figures() });
    await pruneVersions(models, KEPT);
    savedAt = step;
    onEvent({ kind: 'checkpoint', step, path });
  };
  const report = async (averages: Averages) => {
    const state = compiled.state();
    checkFinite(state, step, savedAt);
    const diagnosis = await diagnostics.at(step, step / recipe.run.reportEverySteps, state);
    const augment = augmentProbability(state);
    const progress: Progress = { ...averages, ...diagnosis, ...(augment === undefined ? {} : { augment }) };
    await log.append(progress);
    onEvent({ kind: 'progress', progress });
    for (const warning of begunWarnings(log.recent())) onEvent({ kind: 'warning', step, warning });
  };

  try {
    onEvent({ kind: 'started', step, steps, stepsPerEpoch, compileMs: compiled.compileMs });
    if (!saved) onEvent({ kind: 'preview', step, path: await previews.write(step, ema) });
    const meter = new Meter(recipe, step, steps, stepsPerEpoch);

    while (step < steps && !options.signal?.aborted) {
      const outputs = await compiled.run(await feeds.at(step));
      step += stepsPerRun;
      meter.add(outputs);
      if (!Object.values(outputs).every(allFinite)) checkFinite({ ...compiled.state(), ...outputs }, step, savedAt);

      if (step % recipe.ema.everySteps === 0) {
        updateEma(ema, compiled.state(), keptOfAverage(recipe.ema, step, stepsPerEpoch));
      }
      if (step % recipe.run.reportEverySteps === 0) await report(meter.take(step));
      if (step % recipe.run.previewEverySteps === 0)
        onEvent({ kind: 'preview', step, path: await previews.write(step, ema) });
      if (step % recipe.run.saveEverySteps === 0) await save();
    }

    if (savedAt !== step) await save();
    onEvent({ kind: 'finished', step, outcome: step < steps ? 'stopped' : 'done' });
    return training();
  } finally {
    await compiled.dispose();
    await previews.dispose();
    await diagnostics.dispose();
  }
}

/** What the steps themselves say of a report. */
type Averages = Omit<Progress, keyof Diagnosis>;

/** Averages what the steps gave between two reports, and the pace. */
class Meter {
  private sums = new Map<string, number>();
  private count = 0;
  private from: number;
  private since = performance.now();

  constructor(
    private readonly recipe: Recipe,
    step: number,
    private readonly steps: number,
    private readonly stepsPerEpoch: number,
  ) {
    this.from = step;
  }

  add(outputs: HostTensors): void {
    for (const name of OUTPUTS) {
      const values = outputs[name]!.data as Float32Array;
      this.sums.set(
        name,
        values.reduce((sum, value) => sum + value, this.sums.get(name) ?? 0),
      );
    }
    this.count += outputs['lossD']!.data.length;
  }

  take(step: number): Averages {
    const seconds = (performance.now() - this.since) / 1000;
    const mean = (name: (typeof OUTPUTS)[number]) => (this.sums.get(name) ?? 0) / this.count;
    const averages: Averages = {
      step,
      steps: this.steps,
      epoch: step / this.stepsPerEpoch,
      kimg: kimgOf(this.recipe, step),
      lossD: mean('lossD'),
      lossG: mean('lossG'),
      dReal: mean('dReal'),
      dFake: mean('dFake'),
      penalty: mean('penalty'),
      imagesPerSecond: (1000 * (kimgOf(this.recipe, step) - kimgOf(this.recipe, this.from))) / seconds,
      secondsLeft: ((this.steps - step) * seconds) / (step - this.from),
    };
    this.sums = new Map();
    this.count = 0;
    this.from = step;
    this.since = performance.now();
    return averages;
  }
}

/** Stops before a broken state is saved over a good one, naming the first tensor that broke. */
function checkFinite(tensors: HostTensors, step: number, savedAt: number): void {
  const broken = Object.keys(tensors).find((name) => !allFinite(tensors[name]!));
  if (broken === undefined) return;
  throw new GanymedeError(
    'NOT_FINITE',
    `Expected finite values but ${broken} had one that is not within the steps up to ${step}. The run's state is that of step ${savedAt}; ` +
      'try a lower learning rate.',
    { details: { tensor: broken, step, savedAt } },
  );
}

/** A plain loop: a callback for each of millions of weights takes ten times as long. */
function allFinite({ data }: HostTensor): boolean {
  if (!(data instanceof Float32Array)) return true;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
}

async function refuseToOverwrite(runDirectory: string): Promise<void> {
  let step: number;
  try {
    step = (await loadState(runDirectory)).step;
  } catch (error) {
    const cause = error instanceof GanymedeError ? error.cause : undefined;
    if ((cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return;
    throw error;
  }
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected a new run directory but ${join(runDirectory, STATE_FILE)} holds a run at step ${step}. Resume it, or choose another directory.`,
  );
}

function noteOf(data: Dataset): DatasetNote {
  const { name, count, shape, sha256, classes } = data;
  return { name, count, shape, sha256, ...(classes ? { classes } : {}) };
}

function checkSameData(saved: DatasetNote, given: DatasetNote): void {
  if (saved.sha256 === given.sha256 && saved.count === given.count) return;
  throw new GanymedeError(
    'DATASET_INVALID',
    `Expected the data that the run was trained on (${saved.name}, ${saved.count} examples, sha256 ${saved.sha256.slice(0, 12)}…) ` +
      `but received ${given.name} (${given.count} examples, sha256 ${given.sha256.slice(0, 12)}…).`,
  );
}
