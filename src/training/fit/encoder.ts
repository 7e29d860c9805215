// Learned inference (Goodfellow et al. 2014, extension 2): for a fixed generator an encoder that predicts z from x. It
// learns on samples, whose z is known, and on data through the generator. What it is measured on is its exported graph.

import { Batches, readAll, slice } from '../../datasets/dataset.js';
import { exportGraph } from '../../engine/export.js';
import type { StepFunction } from '../../engine/step.js';
import { float32, type HostTensors } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import { oneHot } from '../../models/labels.js';
import { buildNetwork } from '../../networks/build.js';
import type { Network } from '../../networks/network.js';
import { scaled } from '../../networks/scaled.js';
import { type NoiseSpec, streamOf } from '../../random/noise.js';
import { usualDiscriminator } from '../../recipes/imported.js';
import { type NetworkConfig } from '../../recipes/network-configs.js';
import type { Optimizer } from '../optimizers.js';
import type { InputSource } from '../step.js';
import { pick } from '../step.js';
import { adamOf, coolingInputs, descentStep } from './descent.js';
import { FitPreviews } from './fit-previews.js';
import type { OpenFit } from './fitting.js';
import type { Fitting, Fixed } from './fixed-model.js';
import { type FitContext, type Pictures, trainSmall } from './loop.js';

export interface EncoderOptions extends Fitting {
  readonly weights?: Partial<EncoderWeights>;
  /** Shows how held-out examples come back. */
  readonly pictures?: Pictures;
  /** Hears the losses of the last step of each run of the engine. */
  readonly onLosses?: (losses: EncoderWeights, step: number) => void;
}

/**
 * The losses, or what each counts in their sum. Each is a share of variance left unexplained: 0 is perfect, 1 is what a
 * constant would do. z: (E(G(z)) − z)²; x: (G(E(x)) − x)² on samples x = G(z); real: the same on data.
 */
export interface EncoderWeights {
  readonly z: number;
  readonly x: number;
  readonly real: number;
}

const EQUAL: EncoderWeights = { z: 1, x: 1, real: 1 };
export const ENCODER_STEPS = 2000;
const STEPS_PER_RUN = 20;
/** Held-out examples in pictures. */
const SHOWN = 32;

/**
 * The encoder's parameters after `steps` steps, rounded up to whole runs of the engine: a pure function of the options.
 */
export async function trainEncoder(options: EncoderOptions, context: FitContext = {}): Promise<HostTensors> {
  const { fixed, data, seed, steps, threads, device, batch = 100, learningRate = 0.001, pictures, onLosses } = options;
  const encoder = encoderNetwork(fixed);
  const initial = encoder.init(streamOf(seed));
  const rule = adamOf(learningRate);
  const batches = new Batches(data.count, batch, seed);
  const state = await trainSmall(
    {
      what: 'the encoder',
      step: encoderStep(fixed, encoder, { ...EQUAL, ...options.weights }, rule),
      state: { ...initial, ...rule.slots(initial), ...pick(fixed.weights, 'generator/') },
      inputs: { ...examplesFor(fixed, batch), ...coolingInputs(rule, steps, batches.perEpoch) },
      data: { examples: data, batches },
      seed,
      steps,
      stepsPerRun: STEPS_PER_RUN,
      threads,
      device,
      pictures,
      onRun: (made, outputs) => {
        const last = (name: string) => Number(outputs[name]!.data.at(-1));
        onLosses?.({ z: last('z'), x: last('x'), real: last('real') }, made);
      },
    },
    context,
  );
  return pick(state, 'encoder/');
}

/** Examples, and below each what the generator makes of its code. */
export async function reconstructionPreviews(
  { fixed, held, run, seed, threads }: Pick<OpenFit, 'fixed' | 'held' | 'run' | 'seed' | 'threads'>,
  steps: number,
): Promise<FitPreviews> {
  const encoder = encoderNetwork(fixed);
  const examples = slice(held, 0, Math.min(SHOWN, held.count));
  const real = await readAll(examples);
  const classes = fixed.classes?.length;
  const label = classes && { label: float32([examples.count, classes], oneHot([...examples.labels!], classes)) };
  return FitPreviews.open({
    ...{ fixed, threads, steps, stepsPerRun: STEPS_PER_RUN, directory: run.directory },
    params: { ...encoder.init(streamOf(seed)), ...pick(fixed.weights, 'generator/') },
    feeds: { real: float32([examples.count, ...fixed.shape], real), ...label },
    shown: [real],
    make: (params, inputs) => {
      const pass = inputs['label'] ? { label: inputs['label'] } : {};
      return [fixed.generator.apply(params, encoder.apply(params, inputs['real']!), pass)];
    },
  });
}

/** Data, z to make samples of, and the classes that the data have where the generator is told of them. */
function examplesFor(fixed: Fixed, batch: number): Record<string, InputSource> {
  const classes = fixed.classes?.length;
  const float = (shape: readonly number[]) => ({ dtype: 'float32', shape: [batch, ...shape] }) as const;
  return {
    real: { from: 'data', spec: float(fixed.shape) },
    'encoder/z': { from: 'noise', spec: float(fixed.prior.shape), noise: fixed.prior },
    ...(classes ? { label: { from: 'label', spec: float([classes]), of: 'real' } } : {}),
  };
}

/** The graph `encode`: examples to z. */
export function encodeGraph(fixed: Fixed, params: HostTensors): Uint8Array<ArrayBuffer> {
  const encoder = encoderNetwork(fixed);
  return exportGraph((tensors, inputs) => ({ z: encoder.apply(tensors, inputs[fixed.tensor]!) }), {
    params,
    inputs: { [fixed.tensor]: { dtype: 'float32', shape: [-1, ...fixed.shape] } },
    name: 'encode',
    doc: `${fixed.manifest.title}: ${fixed.tensor} [N, ${fixed.shape.join(', ')}] to z [N, ${fixed.prior.shape.join()}]`,
    ...(fixed.float16 ? { float16Weights: true } : {}),
  });
}

/**
 * The generator turned around: for an MLP its hidden widths in reverse, for convolutions the discriminator's, without
 * norms. Where the prior has bounds, so has what comes out. It is not told of classes: z holds what they leave open.
 */
export function encoderNetwork({ recipe, shape, prior }: Fixed): Network {
  const core = buildNetwork(encoderConfig(recipe, shape), { name: 'encoder', input: shape, output: prior.shape });
  const inner = scaled(core, { input: 1 / recipe.data.scale });
  const bounded = (z: tf.Tensor) =>
    prior.kind === 'uniform' ? tf.add(tf.mul(tf.sigmoid(z), prior.high - prior.low), prior.low) : z;
  return { ...inner, apply: (params, x, pass) => bounded(inner.apply(params, x, pass)) };
}

function encoderConfig(recipe: Fixed['recipe'], shape: readonly number[]): NetworkConfig {
  const judge = judgeOf(recipe.discriminator.network, shape);
  const maker = recipe.generator.network;
  const last = { units: recipe.latent.size, activation: 'linear', keep: 1 } as const;
  switch (judge.kind) {
    case 'dcgan-discriminator':
      return { ...judge, norm: 'none', spectral: false, minibatchDeviation: false };
    case 'resnet-discriminator':
      return { ...judge, spectral: false };
    default: {
      const hidden =
        maker.kind === 'mlp' ? maker.layers.slice(0, -1).reverse() : [{ units: HIDDEN }, { units: HIDDEN }];
      const layers = hidden.map(({ units }) => ({ units, activation: 'leakyRelu', keep: 1 }) as const);
      return { kind: 'mlp', layers: [...layers, last] };
    }
  }
}

/** A discriminator that was made elsewhere is not turned to another end: a usual one has its place. */
function judgeOf(network: Fixed['recipe']['discriminator']['network'], shape: readonly number[]) {
  return network.kind === 'graph' ? usualDiscriminator(shape) : network;
}

/** Width of the two layers where the generator is no MLP to be turned around. */
const HIDDEN = 512;

function encoderStep(
  { generator, prior }: Fixed,
  encoder: Network,
  weights: EncoderWeights,
  rule: Optimizer,
): StepFunction {
  const spread = varianceOf(prior);
  return descentStep({
    rule,
    moves: (name) => name.startsWith('encoder/'),
    loss: (state, inputs) => {
      const pass = inputs['label'] ? { label: inputs['label'] } : {};
      const made = generator.apply(state, inputs['encoder/z']!, pass);
      return (params, seen) => {
        const found = encoder.apply(params, made);
        const left = (x: tf.Tensor, z: tf.Tensor) => unexplained(x, generator.apply(state, z, pass));
        seen['z'] = tf.div(tf.mean(tf.squaredDifference(found, inputs['encoder/z']!)), spread);
        seen['x'] = left(made, found);
        seen['real'] = left(inputs['real']!, encoder.apply(params, inputs['real']!));
        return tf.addN((['z', 'x', 'real'] as const).map((name) => tf.mul<tf.Scalar>(seen[name]!, weights[name])));
      };
    },
  });
}

/** Σ(x̂ − x)² over Σ(x − mean of the batch)². */
function unexplained(x: tf.Tensor, found: tf.Tensor): tf.Tensor {
  const whole = tf.mean(tf.squaredDifference(x, tf.mean(x, 0, true)));
  return tf.div(tf.mean(tf.squaredDifference(found, x)), tf.add(whole, 1e-8));
}

export function varianceOf(prior: NoiseSpec): number {
  return prior.kind === 'uniform' ? (prior.high - prior.low) ** 2 / 12 : 1;
}
