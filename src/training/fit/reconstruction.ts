// How well an encoder inverts its generator, measured on the exported graphs: held-out data and fresh samples through E
// and G.
import { type Dataset, readAll, slice } from '../../datasets/dataset.js';
import { Session } from '../../engine/session.js';
import { sizeOf } from '../../engine/tensor.js';
import { centred, mean, meanRow, type Rows, sliceRows } from '../../evaluation/rows.js';
import { oneHot } from '../../models/labels.js';
import { openCheckpoint } from '../../models/verified.js';
import { fillStream, streamOf } from '../../random/noise.js';
import { Reporter } from '../../work.js';
import { varianceOf } from './encoder.js';
import type { Fixed } from './fixed-model.js';
import { refine } from './refine.js';
import { through } from './rows-through.js';

export interface ReconstructionOptions {
  readonly fixed: Fixed;
  readonly checkpoint: string;
  /** The exported encoder. */
  readonly encode: Uint8Array;
  /** Examples that no part of the model was trained on, in the units of the networks. */
  readonly held: Dataset;
  readonly seed: number;
  readonly threads: number;
  /** Steps of refinement to measure on the first examples; none at 0. */
  readonly refineSteps?: number;
}

/** Errors are means of squares over values; those of images with black at 0 and full intensity at 1. */
export interface Reconstruction {
  readonly examples: number;
  readonly error: number;
  /** What the mean example would do in place of every reconstruction. */
  readonly errorOfMean: number;
  readonly samples: number;
  readonly sampleError: number;
  /** Mean squared error in z over the variance of the prior: 1 knows nothing of z. */
  readonly sampleLatentError: number;
  readonly refined?: {
    readonly examples: number;
    readonly steps: number;
    readonly before: number;
    readonly after: number;
  };
}

const HELD = 10_000;
const SAMPLES = 1000;
const REFINED = 100;

export async function measureReconstruction(
  options: ReconstructionOptions,
  report = new Reporter({}),
): Promise<Reconstruction> {
  const { fixed, held, seed, threads, refineSteps = 0 } = options;
  const generate = await (await openCheckpoint(options.checkpoint)).graph('generate');
  const graphs = await Promise.all([options.encode, generate].map((bytes) => Session.load(bytes, { threads })));
  const [encoder, generator] = graphs as [Session, Session];
  const size = sizeOf(fixed.shape);
  const latent = sizeOf(fixed.prior.shape);
  const { tensor, shape, prior } = fixed;
  const encode = (x: Rows) => through({ graph: encoder, input: tensor, shape, output: 'z' }, x);
  const decode = (z: Rows, labels?: Rows) =>
    through({ graph: generator, input: 'z', shape: prior.shape, output: tensor }, z, labels);
  try {
    const part = slice(held, 0, Math.min(HELD, held.count));
    const real: Rows = { data: await readAll(part), size };
    const labels = labelsOf(fixed, (i) => part.labels![i]!, part.count);
    const found = await encode(real);

    report.throwIfStopped();
    const drawn: Rows = { data: new Float32Array(SAMPLES * latent), size: latent };
    fillStream(drawn.data, streamOf(seed, 'encoder/measure'), fixed.prior);
    const classes = labelsOf(fixed, (i) => i % fixed.classes!.length, SAMPLES);
    const made = await decode(drawn, classes);
    const again = await encode(made);

    const unit = unitOf(fixed);
    const figures = {
      examples: part.count,
      error: errorOf(real, await decode(found, labels)) / unit,
      errorOfMean: mean(centred(real, meanRow(real)).data.map((value) => value ** 2)) / unit,
      samples: SAMPLES,
      sampleError: errorOf(made, await decode(again, classes)) / unit,
      sampleLatentError: errorOf(drawn, again) / varianceOf(fixed.prior),
    };
    if (refineSteps === 0) return figures;
    const few = Math.min(REFINED, part.count);
    const start = {
      fixed,
      examples: sliceRows(real, 0, few),
      z: sliceRows(found, 0, few),
      ...(labels ? { labels: sliceRows(labels, 0, few) } : {}),
      steps: refineSteps,
      threads,
    };
    const { before, after } = await refine(start, { report });
    const refined = { examples: few, steps: refineSteps, before: mean(before) / unit, after: mean(after) / unit };
    return { ...figures, refined };
  } finally {
    await Promise.all(graphs.map((graph) => graph.release()));
  }
}

function labelsOf(fixed: Fixed, of: (index: number) => number, count: number): Rows | undefined {
  const classes = fixed.classes?.length;
  if (!classes) return undefined;
  return {
    data: oneHot(
      Array.from({ length: count }, (_, i) => of(i)),
      classes,
    ),
    size: classes,
  };
}

function errorOf(a: Rows, b: Rows): number {
  return mean(a.data.map((value, i) => (value - b.data[i]!) ** 2));
}

/** Squares of the networks' units in a square of [0, 1]; points have units of their own. */
function unitOf({ tensor, recipe }: Fixed): number {
  const [low, high] = recipe.data.range;
  return tensor === 'image' ? (high - low) ** 2 : 1;
}
