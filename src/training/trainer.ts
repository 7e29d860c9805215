// The training loop, to be read from top to bottom: prepare, then per call of the engine K steps, average, report, preview,
// save. It knows no command line and no server: a reporter tells it to stop and hears how it goes.
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Batches, type Dataset, split } from '../datasets/dataset.js';
import { openStep, type StepDevice } from '../engine/native.js';
import { copyOf, type HostTensor, type HostTensors, inOrderOf } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import { streamOf } from '../random/noise.js';
import { checkFit } from '../recipes/data-fit.js';
import { kimgOf, type Recipe } from '../recipes/recipe.js';
import { Reporter } from '../work.js';
import { augmentProbability, mirrored } from './augment.js';
import { type DatasetNote, loadState, STATE_FILE, saveState, type TrainingState } from './checkpoint.js';
import { type Diagnosis, Diagnostics } from './diagnostics.js';
import { keptOfAverage, updateEma } from './ema.js';
import { Feeds } from './feeds.js';
import { forTuning, transplanted, type Weights } from './fine-tuning.js';
import { classesTold, gameOf, marginalBias, networksOf } from './game.js';
import { Previews } from './previews.js';
import { type Progress, progressLine } from './progress.js';
import { pruneVersions, writeServingCheckpoint } from './serving.js';
import { StatsLog } from './stats.js';
import { OUTPUTS, pick, trainingStep } from './step.js';
import { begunWarnings } from './warnings.js';

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
}

/** Serving checkpoints that a run directory keeps; the newest are enough to compare and to go back by one. */
const KEPT = 2;

/** The state reached. Where `report` says that it was stopped, the run ends after the steps in progress, with everything saved. */
export async function train(options: TrainOptions, report = new Reporter({})): Promise<TrainingState> {
  const { runDirectory } = options;
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
  const own = pick(average, 'generator/');
  const ema = saved ? inOrderOf(Object.keys(own), saved.ema) : copyOf(own);
  const fresh = plan.state(newest);
  const compiled = await openStep(plan.step, {
    state: saved ? inOrderOf(Object.keys(fresh), saved.state) : fresh,
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
    classes: classesTold(recipe, data)?.length ?? 0,
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
  const feeds = new Feeds({
    inputs: plan.inputs,
    optimizers: game.optimizers,
    data: { examples: data, batches },
    seed,
    stepsPerRun,
  });
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
    report.checkpoint(path);
  };
  const tell = async (averages: Averages) => {
    const state = compiled.state();
    checkFinite(state, step, savedAt);
    const diagnosis = await diagnostics.at(step, step / recipe.run.reportEverySteps, state);
    const augment = augmentProbability(state);
    const progress: Progress = { ...averages, ...diagnosis, ...(augment === undefined ? {} : { augment }) };
    await log.append(progress);
    report.metric('report', { ...progress }, progressLine(progress));
    for (const { name, message } of begunWarnings(log.recent())) report.warning(name, message);
  };

  try {
    const { compileMs } = compiled;
    report.metric(
      'compiled',
      { compileMs, step, steps, stepsPerEpoch },
      compiledLine(compileMs, step, steps, stepsPerEpoch),
    );
    report.phase('training', 'steps', steps, step);
    if (!saved) report.picture(await previews.write(step, ema));
    const meter = new Meter(recipe, step, steps, stepsPerEpoch);

    while (step < steps && !report.stopped) {
      const outputs = await compiled.run(await feeds.at(step));
      step += stepsPerRun;
      report.progress(step);
      meter.add(outputs);
      if (!Object.values(outputs).every(allFinite)) checkFinite({ ...compiled.state(), ...outputs }, step, savedAt);

      if (step % recipe.ema.everySteps === 0) {
        updateEma(ema, compiled.state(), keptOfAverage(recipe.ema, step, stepsPerEpoch));
      }
      if (step % recipe.run.reportEverySteps === 0) await tell(meter.take(step));
      if (step % recipe.run.previewEverySteps === 0) report.picture(await previews.write(step, ema));
      if (step % recipe.run.saveEverySteps === 0) await save();
    }

    if (savedAt !== step) await save();
    report.early = step < steps;
    return training();
  } finally {
    await compiled.dispose();
    await previews.dispose();
    await diagnostics.dispose();
  }
}

function compiledLine(compileMs: number, step: number, steps: number, stepsPerEpoch: number): string {
  const [from, to] = [step, steps].map((count) => count.toLocaleString('en-US'));
  return `Compiled in ${(compileMs / 1000).toFixed(1)} s; from step ${from} to ${to} (${stepsPerEpoch} an epoch)`;
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
