// What every fit begins and ends with: the model as it is, the data in two parts, a run to go on from, and the next
// version with the new graphs and how well they do.
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Dataset, split } from '../../datasets/dataset.js';
import { within } from '../../datasets/open.js';
import type { StepDevice } from '../../engine/native.js';
import { GanymedeError } from '../../errors.js';
import { requireWritable } from '../../files/unusable.js';
import { type Manifest, toJson } from '../../models/manifest.js';
import type { Reporter } from '../../work.js';
import { eventLog, type Log } from '../event-log.js';
import { howToGoOn } from '../how-to-go-on.js';
import { type Decisive, FitRun } from './fit-run.js';
import { type Fixed, openDataFor, openFixed } from './fixed-model.js';

export interface FitOptions {
  /** Directory of one version of a model. */
  readonly checkpoint: string;
  /** A path, or builtin:<name>. */
  readonly data: string;
  readonly seed?: number;
  readonly threads?: number;
  /** What the steps run on; the processor without it. What is measured runs there in any case. */
  readonly device?: StepDevice;
  /** Folder of the run, which a stopped fit goes on from; runs/<model>-<version>-<what> without it. */
  readonly run?: string;
  readonly resume?: boolean;
  /** Writes its reports for another program, too. */
  readonly log?: Log;
  /** Folder of the model that the next version is written to; that of the checkpoint without it. */
  readonly out?: string;
  /** Other folders of the same model: the number of the next version counts theirs. */
  readonly beside?: readonly string[];
}

/** What it learns from, and what measures it. */
export interface Parts {
  readonly train: Dataset;
  readonly held: Dataset;
}

export interface OpenFit extends Parts {
  readonly fixed: Fixed;
  readonly dataset: Dataset;
  readonly run: FitRun;
  readonly seed: number;
  readonly threads: number;
  readonly device?: StepDevice | undefined;
}

/** What a fit asks of its model and its data, before a step is made and before a job of it is taken. */
export interface Demands<P extends Parts = Parts> {
  /** Into what the data is parted, and that it can be. */
  part(fixed: Fixed, dataset: Dataset): P | Promise<P>;
  /** Throws where the model or the data lacks what it takes. */
  meets?(fixed: Fixed, dataset: Dataset): void | Promise<void>;
}

/** As the recipe parts it. */
export const AS_TRAINED: Demands = { part: parted };

/** `settings`: what besides the model, the data and the seed decides the outcome. */
export async function openFit<P extends Parts>(
  options: FitOptions,
  what: 'encoder' | 'classifier' | 'inpainter' | 'scorer',
  settings: Decisive,
  report: Reporter,
  demands: Demands<P>,
): Promise<OpenFit & P> {
  const { seed = 1, threads = availableParallelism(), device, resume = false } = options;
  const { out: _, beside: __, ...asked } = options;
  const fixed = await openFixed(options.checkpoint);
  const { model, version, files } = fixed.manifest;
  const directory = options.run ?? join('runs', `${model}-${version}-${what}`);
  await requireWritable(directory);
  await FitRun.requireState(directory, resume);
  const { dataset, parts } = await fitted(fixed, options, demands, report);
  const graphs = Object.fromEntries(Object.entries(files).map(([file, { sha256 }]) => [file, sha256]));
  const decisive = { fit: what, ...graphs, data: dataset.sha256, seed, ...settings };
  const count = parts.train.count.toLocaleString('en-US');
  report.started(`Fitting the ${what} of ${model} version ${version} on ${count} ${fixed.tensor}s.`);
  report.endsWith({ stopped: howToGoOn(`fit ${what}`, { ...asked, run: directory }) });
  report.throwIfStopped();
  const run = await FitRun.open({ directory, resume, decisive }, `the fit of the ${what} of ${model}`);
  report.atEnd(() => run.close());
  if (options.log) report.also(eventLog({ directory, resume, texts: { settings: decisive } }));
  return { ...parts, fixed, dataset, run, seed, threads, device };
}

/** Whether the fit would begin: what can be known before it, asked of a job before there is one. */
export async function checkFit(options: FitOptions, demands: Demands): Promise<{ fixed: Fixed; dataset: Dataset }> {
  const fixed = await openFixed(options.checkpoint);
  return { fixed, ...(await fitted(fixed, options, demands)) };
}

/** What costs little is asked before the data is read. */
async function fitted<P extends Parts>(
  fixed: Fixed,
  { checkpoint, data, out }: FitOptions,
  { part, meets }: Demands<P>,
  report?: Reporter,
): Promise<{ dataset: Dataset; parts: P }> {
  await requireWritable(out ?? dirname(resolve(checkpoint)));
  const dataset = await openDataFor(fixed, data, report && within(report));
  await meets?.(fixed, dataset);
  return { dataset, parts: await part(fixed, dataset) };
}

/** Of a model that was made elsewhere nobody knows which examples it has not seen: a share is held out from the fit. */
const HELD = { share: 0.1, most: 10_000 } as const;

/** What it learns from and what measures it. @throws GanymedeError CONFIG_INVALID for a recipe that holds none out */
export function parted({ recipe }: Fixed, dataset: Dataset): Parts {
  const isForeign = recipe.generator.network.kind === 'graph';
  const own = isForeign ? Math.min(HELD.most, Math.ceil(HELD.share * dataset.count)) : 0;
  const { train, validation: held } = split(dataset, recipe.data.validation || own);
  if (!held) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected a recipe that holds examples out to measure on but ${recipe.name} has data.validation 0.`,
    );
  }
  return { train, held };
}

/** What is kept of how well the new graphs do. */
export function evaluationOf(protocol: string, { seed, dataset, held }: OpenFit, figures: object): FitEvaluation {
  const measured = { name: held.name, sha256: dataset.sha256 };
  return { protocol, seed, dataset: measured, figures: toJson(figures), date: new Date().toISOString() };
}

export type FitEvaluation = Manifest['evaluations'][number];
