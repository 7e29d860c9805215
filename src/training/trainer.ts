// The training loop, to be read from top to bottom: prepare, then per call of the engine K steps, average, report,
// preview, save. It knows no command line and no server: a reporter tells it to stop and hears how it goes.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Batches, type Dataset, split } from '../datasets/dataset.js';
import { isDigestOf } from '../datasets/fingerprint.js';
import { mirrored } from '../datasets/mirrored.js';
import { openStep, type StepDevice } from '../engine/native.js';
import type { CompiledStep } from '../engine/step.js';
import { copyOf, type HostTensors } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { lockDirectory } from '../files/lock.js';
import type { ModelVersion } from '../models/manifest.js';
import { pruneVersions } from '../models/versions.js';
import type { Pace } from '../pace.js';
import { streamOf } from '../random/noise.js';
import { checkFit } from '../recipes/data-fit.js';
import { differences, type Overrides } from '../recipes/overrides.js';
import type { Recipe } from '../recipes/recipe.js';
import { Reporter } from '../work.js';
import { augmentProbability } from './augment.js';
import { type DatasetNote, loadState, STATE_FILE, saveState, type TrainingState } from './checkpoint.js';
import { Diagnostics } from './diagnostics.js';
import { keptOfAverage, updateEma } from './ema.js';
import { Feeds } from './feeds.js';
import { forTuning, transplanted, type Weights } from './fine-tuning.js';
import { allFinite, checkFinite } from './finite.js';
import { classesTold, gameOf, type Networks, networksOf, startingBias } from './game.js';
import { Meter } from './meter.js';
import { Pacing } from './pacing.js';
import { PointPreviews } from './point-previews.js';
import { areDrawnAsGame } from './points.js';
import { isPreviewDue, type RunLength } from './preview-steps.js';
import { PREVIEWS, Previews } from './previews.js';
import { type Progress, progressLine } from './progress.js';
import { KEPT, requireRoomForRun } from './room.js';
import { Course, changedRecipe, type Segment, wordsOf } from './segments.js';
import { writeServingCheckpoint } from './serving.js';
import { StatsLog } from './stats.js';
import { type Game, pick, type TrainingStep, trainingStep } from './step.js';
import { Views } from './views.js';
import { Watch } from './warnings.js';

export interface TrainOptions {
  /** Not read when a run is resumed: the run's own recipe and seed go on. */
  readonly recipe: Recipe;
  readonly seed: number;
  /** All examples; the recipe's split is made here. */
  readonly dataset: Dataset;
  /** Holds the state, stats.jsonl, previews/ and checkpoints/<model>/<step>/. */
  readonly runDirectory: string;
  readonly model: string;
  /** Stop after so many steps in all; without it after so many epochs, the recipe's by default. */
  readonly steps?: number;
  readonly epochs?: number;
  readonly resume?: boolean;
  /** Settings that a run which goes on has otherwise from here on. */
  readonly override?: Overrides;
  /**
   * Weights to begin with, of the same architecture; optimizers and steps begin anew. Not read when a run is resumed.
   */
  readonly from?: Weights;
  /** Of the engine; all cores without it. */
  readonly threads?: number;
  /** What the steps run on; the CPU without it. */
  readonly device?: StepDevice;
}

/** In a run's directory: the recipe it was begun with, whole. */
const RECIPE_FILE = 'recipe.json';

/**
 * The state reached. Where `report` says that it was stopped, the run ends after the steps in progress, with everything
 * saved.
 */
export function train(options: TrainOptions, report = new Reporter({})): Promise<TrainingState> {
  return alone(options, () => trainAlone(options, report));
}

/**
 * While `work` runs nobody else trains in the directory. @throws GanymedeError RUN_IN_USE
 */
export async function alone<T>(
  { runDirectory, model }: Pick<TrainOptions, 'runDirectory' | 'model'>,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await lockDirectory(runDirectory, `the training of ${model}`);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** The same where the directory is locked. */
export async function trainAlone(options: TrainOptions, report: Reporter): Promise<TrainingState> {
  const run = await Run.open(options, report);
  try {
    await run.begin();
    while (run.step < run.steps && !report.stopped) {
      const { pace } = report.pacer;
      await run.show(pace);
      await run.advance(pace);
    }
    await run.show(report.pacer.pace);
    await run.save();
    report.early = run.step < run.steps;
    return run.state();
  } finally {
    await run.dispose();
  }
}

/** What is decided before anything is compiled: by the options, or by the run that goes on. */
interface Plan {
  readonly saved: TrainingState | null;
  readonly recipe: Recipe;
  /** Where the recipe was changed on the way, oldest first. */
  readonly segments: readonly Segment[];
  readonly course: Course;
  readonly seed: number;
  readonly threads: number;
  readonly data: Dataset;
  /** What reports judge the run on. */
  readonly held: Dataset;
  readonly note: DatasetNote;
  readonly networks: Networks;
  readonly game: Game;
  readonly parent: ModelVersion | undefined;
}

async function planOf(options: TrainOptions): Promise<Plan> {
  const { runDirectory, dataset } = options;
  const saved = options.resume ? await loadState(runDirectory) : null;
  if (!saved) await refuseToOverwrite(runDirectory);
  const own = saved?.recipe ?? (options.from ? forTuning(options.recipe) : options.recipe);
  const recipe = saved && options.override ? changedRecipe(own, options.override) : own;
  checkFit(recipe, dataset);
  const { train: examples, validation } = split(dataset, recipe.data.validation);
  const data = recipe.augment?.mirror ? mirrored(examples) : examples;
  const note = noteOf(examples);
  if (saved) checkSameData(saved.dataset, examples);
  const segments = segmentsOf(saved, recipe, data.count);
  const bias = saved ? undefined : await startingBias(recipe, data);
  const networks = networksOf(recipe, data, bias);
  return {
    ...{ saved, recipe, segments, data, note, networks, held: validation ?? examples },
    course: new Course(recipe, data.count, segments),
    seed: saved?.seed ?? options.seed,
    threads: options.threads ?? availableParallelism(),
    game: gameOf(recipe, networks, data),
    parent: saved ? saved.parent : options.from?.parent,
  };
}

/** Those of the run so far, and one more where its recipe becomes another. */
function segmentsOf(saved: TrainingState | null, recipe: Recipe, count: number): readonly Segment[] {
  const before = saved?.segments ?? [];
  const found = saved ? differences(saved.recipe, recipe) : [];
  if (!saved || found.length === 0) return before;
  return [...before, new Course(saved.recipe, count, before).changing(saved.step, found)];
}

/** What a run that is open holds: weights, the compiled step, and what it feeds, averages, reports and saves. */
class Run {
  readonly steps: number;
  step: number;
  #savedAt: number;
  readonly #feeds: Feeds;
  readonly #meter: Meter;
  readonly #pacing: Pacing;
  readonly #length: RunLength;
  readonly #views: Views;
  readonly #watch: Watch;

  static async open(options: TrainOptions, report: Reporter): Promise<Run> {
    const plan = await planOf(options);
    refuseToGoBack(plan, options);
    const { saved, recipe, seed, threads, held, game } = plan;
    const training = trainingStep(game);
    const weights = startingWeights(plan, options.from);
    const average = saved?.ema ?? copyOf(pick(weights.average, 'generator/'));
    const device = options.device ? { device: options.device } : {};
    const state = saved?.state ?? training.state(weights.newest);
    requireRoomForRun(options.runDirectory, { state, ema: average, begun: saved !== null });
    const compiled = await openStep(training.step, {
      state,
      inputs: training.specs,
      stepsPerRun: recipe.run.stepsPerRun,
      threads,
      ...device,
    });
    const previews = await openPreviews(plan, join(options.runDirectory, PREVIEWS), { ...weights.newest, ...average });
    const diagnostics = await Diagnostics.open({
      ...{ game, held, data: plan.data, seed, threads, params: weights.newest },
      examples: recipe.diagnostics?.examples ?? recipe.batch,
      ...device,
    });
    const log = await StatsLog.open(options.runDirectory, saved?.step ?? 0);
    if (!saved) await writeRecipe(options.runDirectory, recipe);
    return new Run(options, plan, training, { compiled, previews, diagnostics, log, average, report });
  }

  private constructor(
    private readonly options: TrainOptions,
    private readonly plan: Plan,
    training: TrainingStep,
    private readonly parts: {
      readonly compiled: CompiledStep;
      readonly previews: Previews | PointPreviews;
      readonly diagnostics: Diagnostics;
      readonly log: StatsLog;
      /** The generator's parameters averaged over the steps, changed in place. */
      readonly average: HostTensors;
      readonly report: Reporter;
    },
  ) {
    const { recipe, saved, data, game, seed, course } = plan;
    const { stepsPerRun } = recipe.run;
    const batches = new Batches(data.count, recipe.batch, seed);
    this.#feeds = new Feeds({
      inputs: training.inputs,
      optimizers: game.optimizers,
      data: { examples: data, batches, firstBatch: course.firstBatch },
      seed,
      stepsPerRun,
    });
    this.steps = options.steps ?? course.stepAt(options.epochs ?? recipe.epochs);
    this.#length = { steps: this.steps, ...recipe.run, ...youthOf(plan) };
    this.step = saved?.step ?? 0;
    this.#savedAt = this.step;
    this.#watch = new Watch(recipe);
    for (const report of parts.log.before) this.#watch.hear(report); // said before it was resumed
    this.#meter = new Meter(course, this.step, this.steps);
    this.#pacing = new Pacing(parts.report);
    this.#views = new Views(plan, { meter: new Meter(course, this.step, this.steps), report: parts.report });
  }

  async begin(): Promise<void> {
    const { report, compiled } = this.parts;
    this.#tellOfChange();
    const figures = { compileMs: compiled.compileMs, step: this.step, steps: this.steps };
    report.metric('compiled', { ...figures, stepsPerEpoch: this.plan.course.stepsPerEpoch }, this.#compiledLine());
    report.phase('training', 'steps', this.steps, this.step);
    if (!this.plan.saved) await this.#preview();
    this.#meter.start();
  }

  /** One call of the engine, and whatever is due after it; nothing where it is to wait, until that may have changed. */
  async advance(pace: Pace): Promise<void> {
    const { compiled, average, report } = this.parts;
    const { ema, run } = this.plan.recipe;
    const { stepsPerEpoch, ahead } = this.plan.course;
    // Up to the next whole run, where all that is due at intervals is due, or to the end. A run may go on from there.
    const most = Math.min(run.stepsPerRun - (this.step % run.stepsPerRun), this.steps - this.step);
    const steps = await this.#pacing.allowed(this.step, most, pace);
    if (steps === 0) return;
    const outputs = await compiled.run(await this.#feeds.at(this.step, steps), steps);
    this.step += steps;
    report.progress(this.step);
    this.#meter.add(outputs);
    this.#views.heard(outputs);
    if (!Object.values(outputs).every(allFinite)) {
      checkFinite({ ...compiled.state(), ...outputs }, this.step, this.#savedAt);
    }
    if (this.step % ema.everySteps === 0) {
      updateEma(average, compiled.state(Object.keys(average)), keptOfAverage(ema, this.step, stepsPerEpoch, ahead));
    }
    if (this.step % run.reportEverySteps === 0) await this.#report();
    if (isPreviewDue(this.step, this.#length)) await this.#preview();
    if (this.step % run.saveEverySteps === 0) await this.save();
  }

  /** What who watches is to see at this step. */
  async show(pace: Pace): Promise<void> {
    await this.#views.show(this, pace, () => this.parts.compiled.state());
  }

  state(): TrainingState {
    const { recipe, seed, note, parent, segments } = this.plan;
    const { compiled, average } = this.parts;
    const known = { recipe, seed, step: this.step, dataset: note, ...(parent ? { parent } : {}) };
    const changed = segments.length > 0 ? { segments } : {};
    return { ...known, ...changed, state: compiled.state(), ema: average };
  }

  /** The state to go on from, and a version to be served; not twice at one step. */
  async save(): Promise<void> {
    if (this.#savedAt === this.step) return;
    const { runDirectory, model } = this.options;
    const state = this.state();
    // The losses of the newest step are those before its update, which may have broken a weight.
    checkFinite(state.state, this.step, this.#savedAt);
    await saveState(runDirectory, state);
    const models = join(runDirectory, 'checkpoints', model);
    const damagedImages = this.options.dataset.damaged?.() ?? 0;
    const figures = { ...this.parts.log.figures(), ...(damagedImages > 0 ? { damagedImages } : {}) };
    const path = await writeServingCheckpoint(state, models, this.step, { figures });
    await pruneVersions(models, KEPT);
    this.#savedAt = this.step;
    this.parts.report.checkpoint(path);
  }

  async dispose(): Promise<void> {
    const { compiled, previews, diagnostics } = this.parts;
    await compiled.dispose();
    await this.#views.dispose();
    await previews.dispose();
    await diagnostics.dispose();
  }

  /** Of a change that was asked for now. */
  #tellOfChange(): void {
    const newest = this.plan.segments.at(-1);
    if (this.plan.segments.length === (this.plan.saved?.segments?.length ?? 0) || !newest) return;
    const text = `From step ${newest.fromStep.toLocaleString('en-US')} on with ${wordsOf(newest)}.`;
    this.parts.report.metric('segment', { ...newest }, text);
  }

  async #report(): Promise<void> {
    const { compiled, diagnostics, log, report } = this.parts;
    const state = compiled.state();
    checkFinite(state, this.step, this.#savedAt);
    const averages = this.#meter.take(this.step);
    const diagnosis = await diagnostics.at(this.step, this.step / this.plan.recipe.run.reportEverySteps, state);
    const augment = augmentProbability(this.plan.recipe.augment, state, this.step, this.plan.course);
    const progress: Progress = { ...averages, ...diagnosis, ...(augment === undefined ? {} : { augment }) };
    await log.append(progress);
    report.metric('report', { ...progress }, progressLine(progress));
    for (const { name, message } of this.#watch.hear(progress)) report.warning(name, message);
  }

  async #preview(): Promise<void> {
    const { compiled, previews, average, report } = this.parts;
    checkFinite(compiled.state(), this.step, this.#savedAt);
    report.picture(await previews.write(this.step, { ...compiled.state(), ...average }));
  }

  #compiledLine(): string {
    const [from, to] = [this.step, this.steps].map((count) => count.toLocaleString('en-US'));
    const seconds = (this.parts.compiled.compileMs / 1000).toFixed(1);
    return `Compiled in ${seconds} s; from step ${from} to ${to} (${this.plan.course.stepsPerEpoch} an epoch)`;
  }
}

/** For a person, and for another run by the same recipe; this one goes by that of its state. */
async function writeRecipe(runDirectory: string, recipe: Recipe): Promise<void> {
  await writeFileAtomically(join(runDirectory, RECIPE_FILE), `${JSON.stringify(recipe, null, 2)}\n`);
}

/**
 * Samples are those of the average, which stays as it is between its updates; pictures of points show D, too, which
 * each step changes. Trained weights are past their youth.
 */
function youthOf({ recipe, data, parent }: Plan): Pick<RunLength, 'firstAfter'> {
  if (parent) return {};
  return { firstAfter: areDrawnAsGame(data) ? recipe.run.stepsPerRun : recipe.ema.everySteps };
}

/** `params`: of both players, the generator's averaged. */
function openPreviews(
  { recipe, networks, game, data, threads }: Plan,
  folder: string,
  params: HostTensors,
): Promise<Previews | PointPreviews> {
  if (areDrawnAsGame(data)) return PointPreviews.open({ recipe, game, data, params, folder, threads });
  const classes = classesTold(recipe, data)?.length ?? 0;
  return Previews.open({ recipe, generator: networks.generator, params, folder, threads, classes });
}

/**
 * Drawn from the seed, or those of another run in their place. Only names and shapes of it matter to a run that goes
 * on.
 */
function startingWeights(
  { networks, seed, saved }: Plan,
  from: Weights | undefined,
): Pick<Weights, 'newest' | 'average'> {
  const { generator, discriminator } = networks;
  const drawn = { ...generator.init(streamOf(seed)), ...discriminator.init(streamOf(seed)) };
  return transplanted(drawn, [generator, discriminator], saved ? undefined : from);
}

/** A run that has made its steps may be published again, but none goes back. */
function refuseToGoBack({ saved, course, recipe }: Plan, { steps, epochs, runDirectory }: TrainOptions): void {
  const asked = steps ?? course.stepAt(epochs ?? recipe.epochs);
  if (!saved || asked >= saved.step) return;
  const how = steps === undefined ? `${epochs ?? recipe.epochs} epochs, ${asked} steps` : `${steps} steps`;
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected at least the ${saved.step} steps that the run in ${runDirectory} has made but ${how}, in all, were asked for. ` +
      'Ask for more (--steps, --epochs), or publish it as it is (npx ganymede publish).',
    { details: { step: saved.step, asked } },
  );
}

/** @throws GanymedeError CONFIG_INVALID where a run lies in its folder already */
export async function refuseToOverwrite(runDirectory: string): Promise<void> {
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
  const { name, count, shape, sha256, classes, alpha } = data;
  return { name, count, shape, sha256, ...(classes ? { classes } : {}), ...(alpha ? { alpha } : {}) };
}

/** Contents, labels, names of classes and settings: the digest knows them all, and the note of an old run some. */
function checkSameData(saved: DatasetNote, given: Dataset): void {
  const note = noteOf(given);
  if (isDigestOf(saved.sha256, given) && isDeepStrictEqual(visible(saved), visible(note))) return;
  const differ = (Object.keys(visible(note)) as (keyof Visible)[])
    .filter((what) => !isDeepStrictEqual(visible(saved)[what], visible(note)[what]))
    .map((what) => `${what} ${JSON.stringify(visible(saved)[what])}, not ${JSON.stringify(visible(note)[what])}`);
  const how = differ.length > 0 ? differ.join('; ') : 'other contents, labels, names or settings';
  throw new GanymedeError(
    'DATASET_INVALID',
    `Expected the data that the run was trained on (${shortly(saved)}) but received ${shortly(note)}: ${how}. ` +
      'A run goes on with its own data: begin a new one (--run), with --from the weights of this.',
    { details: { expected: saved, received: note } },
  );
}

/** Of a note, what a person can compare. */
function visible({ count, shape, classes = [] }: DatasetNote) {
  return { examples: count, shape, classes: classes.map((name) => name.normalize('NFC')) };
}
type Visible = ReturnType<typeof visible>;

function shortly({ name, sha256 }: DatasetNote): string {
  return `${name}, sha256 ${sha256.slice(0, 12)}…`;
}
