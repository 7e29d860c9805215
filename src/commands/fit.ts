// `ganymede fit encoder`, `fit classifier` and `fit inpainter`: more graphs for a trained model, as the next version of it.
import { availableParallelism } from 'node:os';
import { type Dataset, split } from '../datasets/dataset.js';
import { GanymedeError } from '../errors.js';
import { toJson } from '../evaluation/protocol.js';
import { writeFileAtomically } from '../files/atomic.js';
import type { Manifest } from '../models/manifest.js';
import { COMPLETIONS, type CompletionRow, completionGrid, measureCompletions } from '../training/fit/completions.js';
import { ENCODER_STEPS, encodeGraph, trainEncoder } from '../training/fit/encoder.js';
import { type Fixed, openDataFor, openFixed } from '../training/fit/fixed-model.js';
import { INPAINTER_STEPS, inpaintGraph, trainInpainter } from '../training/fit/inpainter.js';
import { DECAY } from '../training/fit/probe.js';
import { classesOf, type ProbeRow, probeTable } from '../training/fit/probe-table.js';
import { measureReconstruction } from '../training/fit/reconstruction.js';
import {
  classifyGraph,
  discriminatorFeatures,
  encoderFeatures,
  featuresGraph,
  together,
} from '../training/fit/sources.js';
import { addGraphs } from '../training/fit/version.js';
import type { CommandContext } from './train.js';

export interface FitOptions {
  /** Directory of one version of a model. */
  readonly checkpoint: string;
  readonly data: string;
  readonly seed?: number;
  readonly threads?: number;
}

export interface FitEncoderOptions extends FitOptions {
  readonly steps?: number;
  /** Steps of refinement to measure. */
  readonly refine?: number;
}

/** Returns the path of the new version. */
export async function fitEncoderCommand(options: FitEncoderOptions, { print }: CommandContext): Promise<string> {
  const { checkpoint, seed = 1, steps = ENCODER_STEPS, refine = 200, threads = availableParallelism() } = options;
  const fixed = await openFixed(checkpoint);
  const { dataset, train, held } = await openParts(fixed, options.data);
  const params = await trainEncoder({
    fixed,
    data: train,
    seed,
    steps,
    threads,
    onProgress: ({ step, z, x, real }) => {
      if (step % REPORT_EVERY === 0) {
        print(`step ${step}  left in z ${z.toFixed(3)}  in x ${x.toFixed(3)}  in real x ${real.toFixed(3)}`);
      }
    },
  });
  const encode = encodeGraph(fixed, params);
  const figures = await measureReconstruction({ fixed, checkpoint, encode, held, seed, threads, refineSteps: refine });
  const { error, errorOfMean, sampleError, sampleLatentError, refined } = figures;
  print(
    `held-out ${fixed.tensor}s: mean squared error ${error.toFixed(5)}, of the mean ${fixed.tensor} ${errorOfMean.toFixed(5)}`,
  );
  print(`samples: ${sampleError.toFixed(5)}; in z ${sampleLatentError.toFixed(3)} of its variance`);
  if (refined) {
    print(
      `refined in ${refined.steps} steps: ${refined.before.toFixed(5)} to ${refined.after.toFixed(5)} on ${refined.examples} held-out ${fixed.tensor}s`,
    );
  }
  const path = await addGraphs(checkpoint, {
    graphs: { encode },
    evaluation: evaluationOf('encoder', seed, dataset, held, { ...figures, steps }),
  });
  print(`Checkpoint ${path} has the graph encode.`);
  return path;
}

const REPORT_EVERY = 100;

export interface FitClassifierOptions extends FitOptions {
  /** Whose last hidden layer; `discriminator` without it. */
  readonly on?: 'discriminator' | 'encoder' | 'both';
  /** Another hidden layer of the discriminator, counted from 1. */
  readonly layer?: number;
  /** Numbers of labels; 10, 50, 100 and 1000 without it. */
  readonly labels?: readonly number[];
  readonly draws?: number;
}

/** Returns the path of the new version. */
export async function fitClassifierCommand(options: FitClassifierOptions, { print }: CommandContext): Promise<string> {
  const { checkpoint, seed = 1, on = 'discriminator', draws = 5, threads = availableParallelism() } = options;
  if (on === 'encoder' && options.layer !== undefined) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      'Expected no --layer with --on encoder: it counts those of the discriminator.',
    );
  }
  const counts = options.labels ?? [10, 50, 100, 1000];
  const fixed = await openFixed(checkpoint);
  const { dataset, train, held } = await openParts(fixed, options.data);
  const labels = classesOf(dataset);
  const sources = [
    ...(on === 'encoder' ? [] : [discriminatorFeatures(fixed, options.layer)]),
    ...(on === 'discriminator' ? [] : [await encoderFeatures(fixed, checkpoint)]),
  ];
  const source = together(sources);
  const features = featuresGraph(fixed, source);
  print('labels  right by features   right by pixels     (%, mean ± s.d. of the draws)');
  const { rows, probe } = await probeTable({
    features,
    blocks: sources.map(({ size }) => size),
    tensor: fixed.tensor,
    train,
    held,
    counts,
    draws,
    seed,
    threads,
    onRow: (row) => print(lineOf(row)),
  });
  const path = await addGraphs(checkpoint, {
    graphs: { features, classify: classifyGraph(fixed, source, probe) },
    labels,
    evaluation: evaluationOf('probe', seed, dataset, held, {
      features: source.name,
      size: source.size,
      // A conditional model learnt with every label: then few labels are not few.
      modelSawLabels: fixed.classes !== undefined,
      draws,
      decay: DECAY,
      rows,
    }),
  });
  print(`Checkpoint ${path} has the graphs features and classify.`);
  return path;
}

export interface FitInpainterOptions extends FitOptions {
  readonly steps?: number;
  /** File for a picture of completions. */
  readonly picture?: string;
}

/** Returns the path of the new version. */
export async function fitInpainterCommand(options: FitInpainterOptions, { print }: CommandContext): Promise<string> {
  const { checkpoint, seed = 1, steps = INPAINTER_STEPS, picture, threads = availableParallelism() } = options;
  const fixed = await openFixed(checkpoint);
  if (fixed.tensor !== 'image') {
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected a model of images, whose pixels a mask can hide, but ${fixed.manifest.model} makes points.`,
    );
  }
  const { dataset, train, held } = await openParts(fixed, options.data);
  const params = await trainInpainter({
    fixed,
    data: train,
    seed,
    steps,
    threads,
    onProgress: ({ step, lossD, lossG, dReal, dFake }) => {
      if (step % REPORT_EVERY !== 0) return;
      print(
        `step ${step}  loss D ${lossD.toFixed(3)} G ${lossG.toFixed(3)}  D(real) ${dReal.toFixed(2)} D(fake) ${dFake.toFixed(2)}`,
      );
    },
  });
  const inpaint = inpaintGraph(fixed, params);
  const measured = { fixed, inpaint, held, seed, threads };
  const rows = await measureCompletions(measured);
  print('hidden             error    of nearest of 8   of mean image   spread   of other images');
  for (const row of rows) print(completionLine(row));
  if (picture) await writeFileAtomically(picture, await completionGrid(measured));
  const path = await addGraphs(checkpoint, {
    graphs: { inpaint },
    evaluation: evaluationOf('inpainter', seed, dataset, held, { steps, completions: COMPLETIONS, rows }),
  });
  print(`Checkpoint ${path} has the graph inpaint.`);
  return path;
}

function completionLine({ mask, error, nearest, errorOfMean, spread, spreadOfImages }: CompletionRow): string {
  const columns = [error, nearest, errorOfMean, spread, spreadOfImages].map((value) => value.toFixed(4));
  return [mask, ...columns].map((text, i) => text.padEnd(COMPLETION_COLUMNS[i]!)).join('');
}

/** Widths of the columns under the heading; the last needs none. */
const COMPLETION_COLUMNS = [19, 9, 18, 16, 9, 0];

function lineOf({ labels, features, pixels }: ProbeRow): string {
  const share = ({ mean, deviation }: ProbeRow['features']) =>
    `${(100 * mean).toFixed(2)} ± ${(100 * deviation).toFixed(2)}`.padEnd(20);
  return `${String(labels).padEnd(8)}${share(features)}${share(pixels)}`.trimEnd();
}

async function openParts(fixed: Fixed, address: string): Promise<{ dataset: Dataset; train: Dataset; held: Dataset }> {
  const dataset = await openDataFor(fixed, address);
  const { train, validation: held } = split(dataset, fixed.recipe.data.validation);
  if (held) return { dataset, train, held };
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected a recipe that holds examples out to measure on but ${fixed.recipe.name} has data.validation 0.`,
  );
}

function evaluationOf(
  protocol: string,
  seed: number,
  { sha256 }: Dataset,
  held: Dataset,
  figures: object,
): Manifest['evaluations'][number] {
  const dataset = { name: held.name, sha256 };
  return { protocol, seed, dataset, figures: toJson(figures), date: new Date().toISOString() };
}
