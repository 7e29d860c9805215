// Completion (Goodfellow et al. 2014, extension 3): one generator of p(hidden pixels | known pixels) for every mask,
// against a discriminator that sees whole images and which of their pixels were given. Both are new; of the model they
// join they share the images and the prior. What it is measured on is its exported graph.

import { Batches } from '../../datasets/dataset.js';
import { exportGraph } from '../../engine/export.js';
import { copyOf, float32, type HostTensor, type HostTensors, sizeOf } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import { mean } from '../../evaluation/rows.js';
import { completer, toldOfMask } from '../../networks/completer.js';
import { dcganDiscriminator } from '../../networks/dcgan.js';
import type { Network } from '../../networks/network.js';
import { fillStream, streamOf } from '../../random/noise.js';
import { dcganDiscriminatorConfig } from '../../recipes/network-configs.js';
import { type EmaConfig } from '../../recipes/update-configs.js';
import { keptOfAverage, updateEma } from '../ema.js';
import { transplanted, type Weights } from '../fine-tuning.js';
import { OBJECTIVES } from '../objectives.js';
import { type Optimizer, optimizer } from '../optimizers.js';
import { type Game, OUTPUTS, pick, trainingStep } from '../step.js';
import { maskedExamples } from './completions.js';
import { cooled } from './descent.js';
import { energyScore } from './energy.js';
import { FitPreviews } from './fit-previews.js';
import type { OpenFit } from './fitting.js';
import type { Fitting, Fixed } from './fixed-model.js';
import { type FitContext, type Pictures, trainSmall } from './loop.js';
import { misreading, type Read, type Reader, readEach, trainReaders } from './reader.js';

export interface InpainterOptions extends Fitting {
  /** Weights of an inpainter to begin with; fresh ones without it. */
  readonly start?: Weights | undefined;
  /** Shows how held-out images are completed. */
  readonly pictures?: Pictures;
  /** Hears the means of each run of the engine. */
  readonly onMeans?: (means: Means, step: number) => void;
}

export type Means = Readonly<Record<(typeof OUTPUTS)[number], number>>;

export const INPAINTER_STEPS = 4000;
const STEPS_PER_RUN = 20;
/** Held-out images in pictures, and completions of each. */
const SHOWN = 16;
const COMPLETED = 3;
/** Channels beside the image, of both networks. */
const WIDTH = 32;
const EMA: EmaConfig = { decay: 0.999, everySteps: STEPS_PER_RUN, rampUp: 0.05 };
const ADAM = { kind: 'adam', beta1: 0.5, beta2: 0.999, epsilon: 1e-8 } as const;
/** Weight of R1 for images in [-1, 1], on a quarter of the batch. */
const SLOPE = 0.02;
/** Weights of the energy scores of completions: as pixels, in half ranges, and as features of the readers. */
const NEARNESS = 1;
const MEANING = 0.2;
/**
 * How much it counts in them that two completions are unlike; ½ is proper. What readers ask for takes variety away: of
 * the pixels so much is given back that two completions differ as much as one does from the truth, which is how draws
 * of the truth's distribution differ; of the meaning a little less is wanted, so that a completion is no chimera.
 */
const VARIETY = { alone: 0.5, beside: 0.6, meaning: 0.4 };
/** Weight of the chance that completions are taken for another class. */
const READING = 3;
/** Of a reader, at the most: two passes through MNIST. */
const READER_STEPS = 1000;

/** The completing generator's averaged parameters after `steps` steps, rounded up to whole runs of the engine. */
export async function trainInpainter(options: InpainterOptions, context: FitContext = {}): Promise<HostTensors> {
  const {
    fixed,
    data,
    seed,
    steps,
    threads,
    device,
    batch = 64,
    learningRate = 0.0004,
    start,
    pictures,
    onMeans,
  } = options;
  const reading = { seed, steps: Math.min(READER_STEPS, steps), threads, device };
  const readers = await trainReaders(data, reading, context.report ? { report: context.report } : {});
  const adam = cooled(optimizer({ ...ADAM, learningRate }), steps);
  const game = completionGame(fixed, Math.min(batch, data.count), adam, readers);
  const plan = trainingStep(game);
  const fresh = game.generator.init(streamOf(seed));
  const begun = transplanted(
    fresh,
    [game.generator],
    start && { ...start, newest: { ...pick(fresh, 'generator/overview'), ...start.newest } },
  );
  const params = { ...begun.newest, ...game.discriminator.init(streamOf(seed)) };
  const average = copyOf(pick(params, 'generator/'));
  const batches = new Batches(data.count, game.batch, seed);
  await trainSmall(
    {
      what: 'the inpainter',
      step: plan.step,
      state: plan.state(params),
      inputs: plan.inputs,
      optimizers: game.optimizers,
      data: { examples: data, batches },
      seed,
      steps,
      stepsPerRun: STEPS_PER_RUN,
      threads,
      device,
      beside: average,
      pictures: pictures && {
        isDue: (step) => pictures.isDue(step),
        write: (step) => pictures.write(step, average),
      },
      onRun: (made, outputs, state) => {
        updateEma(average, state(), keptOfAverage(EMA, made, batches.perEpoch));
        onMeans?.(meansOf(outputs), made);
      },
    },
    context,
  );
  return average;
}

function meansOf(outputs: HostTensors): Means {
  return Object.fromEntries(OUTPUTS.map((name) => [name, mean(outputs[name]!.data as Float32Array)])) as Means;
}

/** Images, below each what is known of it, and three completions. */
export async function completionPreviews(
  { fixed, held, run, seed, threads }: Pick<OpenFit, 'fixed' | 'held' | 'run' | 'seed' | 'threads'>,
  steps: number,
): Promise<FitPreviews> {
  const generator = generatorOf(fixed);
  const { real, mask, known } = await maskedExamples(fixed, held, SHOWN, seed);
  const count = real.length / sizeOf(fixed.shape);
  const chances = Array.from({ length: COMPLETED }, (_, i) => [`z${i}`, latentsOf(fixed, count, seed, i)] as const);
  return FitPreviews.open({
    ...{ fixed, threads, steps, stepsPerRun: STEPS_PER_RUN, directory: run.directory },
    params: generator.init(streamOf(seed)),
    feeds: {
      image: float32([count, ...fixed.shape], real),
      mask: float32([count, 1, ...fixed.shape.slice(1)], mask),
      ...Object.fromEntries(chances),
    },
    shown: [real, known],
    make: (params, inputs) => {
      const given = { image: inputs['image']!, mask: inputs['mask']! };
      return chances.map(([name]) => generator.apply(params, inputs[name]!, { given }));
    },
  });
}

function latentsOf({ prior }: Fixed, count: number, seed: number, turn: number): HostTensor {
  const z = new Float32Array(count * sizeOf(prior.shape));
  fillStream(z, streamOf(seed, 'inpainter/pictures', turn), prior);
  return float32([count, ...prior.shape], z);
}

/** The graph `inpaint`: image, mask and z to a whole image. */
export function inpaintGraph(fixed: Fixed, params: HostTensors): Uint8Array<ArrayBuffer> {
  const { shape, prior, manifest } = fixed;
  const generator = generatorOf(fixed);
  return exportGraph(
    (tensors, inputs) => ({
      completed: generator.apply(tensors, inputs['z']!, { given: { image: inputs['image']!, mask: inputs['mask']! } }),
    }),
    {
      params,
      inputs: {
        image: { dtype: 'float32', shape: [-1, ...shape] },
        mask: { dtype: 'float32', shape: [-1, 1, ...shape.slice(1)] },
        z: { dtype: 'float32', shape: [-1, ...prior.shape] },
      },
      name: 'inpaint',
      doc: `${manifest.title}: image [N, ${shape.join(', ')}], mask (1 = known) and z to the image completed`,
      ...(fixed.float16 ? { float16Weights: true } : {}),
    },
  );
}

function generatorOf({ shape, prior, recipe }: Fixed): Network {
  const { range } = recipe.data;
  return completer({ name: 'generator', latent: prior.shape[0]!, image: shape, range, width: WIDTH });
}

function completionGame(fixed: Fixed, batch: number, adam: Optimizer, readers: readonly Reader[]): Game {
  const { shape, prior, recipe } = fixed;
  const [channels, ...sides] = shape as [number, number, number];
  const judge = dcganDiscriminator(
    dcganDiscriminatorConfig.parse({ kind: 'dcgan-discriminator', width: WIDTH, minibatchDeviation: true }),
    { name: 'discriminator', input: [channels + 1, ...sides], output: [1] },
  );
  const [low, high] = recipe.data.range;
  return {
    generator: generatorOf(fixed),
    discriminator: toldOfMask(judge),
    prior,
    objective: OBJECTIVES['non-saturating'],
    // A slope per unit of the data is steeper where the units are larger.
    penalties: [{ kind: 'r1', weight: (SLOPE * (high - low) ** 2) / 4, examples: Math.ceil(batch / 4) }],
    optimizers: { generator: adam, discriminator: adam },
    updates: { order: 'simultaneous', discriminatorSteps: 1, weights: { discriminator: 1, generator: 1 } },
    batch,
    completes: true,
    likeness: likenessOf(readers, (high - low) / 2),
  };
}

/**
 * What is asked of completions besides that D takes them for real. Asked for the readers' class alone, they become
 * alike; the energy scores hold them apart. Pixels differ in multiples of `unit`.
 */
function likenessOf(readers: readonly Reader[], unit: number): NonNullable<Game['likeness']> {
  return (made, real, again) => {
    const variety = readers.length > 0 ? VARIETY.beside : VARIETY.alone;
    const near = tf.mul<tf.Scalar>(energyScore([made, again], real, variety), NEARNESS / unit);
    if (readers.length === 0) return near;
    const asked = readers.map((reader) => {
      const [one, other, original] = readEach(reader, [made, again, real]) as [Read, Read, Read];
      const meant = energyScore([one.features, other.features], original.features, VARIETY.meaning);
      const misread = tf.mul(tf.add(misreading(one, original), misreading(other, original)), 0.5);
      return tf.add(tf.mul(meant, MEANING), tf.mul(misread, READING));
    });
    return tf.add<tf.Scalar>(near, tf.mul(tf.addN(asked), 1 / readers.length));
  };
}
