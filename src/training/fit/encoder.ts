// Learned inference (Goodfellow et al. 2014, extension 2): for a fixed generator an encoder that predicts z from x. It learns on
// samples, whose z is known, and on data through the generator. What it is measured on is its exported graph.

import { Batches } from '../../datasets/dataset.js';
import { exportGraph } from '../../engine/export.js';
import { compileStep, type StepFunction } from '../../engine/step.js';
import type { HostTensors } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import { GanymedeError } from '../../errors.js';
import { buildNetwork } from '../../networks/build.js';
import type { Network, Tensors } from '../../networks/network.js';
import { scaled } from '../../networks/scaled.js';
import { type NoiseSpec, streamOf } from '../../random/noise.js';
import { type NetworkConfig } from '../../recipes/network-configs.js';
import { Feeds } from '../feeds.js';
import { optimizer } from '../optimizers.js';
import { parametersOf } from '../serving.js';
import type { InputSource } from '../step.js';
import type { Fitting, Fixed } from './fixed-model.js';

export interface EncoderOptions extends Fitting {
  readonly weights?: Partial<EncoderWeights>;
  readonly onProgress?: (progress: EncoderWeights & { readonly step: number }) => void;
}

/**
 * The losses, or what each counts in their sum. Each is a share of variance left unexplained: 0 is perfect, 1 is what a constant would do.
 * z: (E(G(z)) − z)²; x: (G(E(x)) − x)² on samples x = G(z); real: the same on data.
 */
export interface EncoderWeights {
  readonly z: number;
  readonly x: number;
  readonly real: number;
}

const EQUAL: EncoderWeights = { z: 1, x: 1, real: 1 };
export const ENCODER_STEPS = 2000;
const STEPS_PER_RUN = 20;

/** The encoder's parameters after `steps` steps, rounded up to whole runs of the engine: a pure function of the options. */
export async function trainEncoder(options: EncoderOptions): Promise<HostTensors> {
  const { fixed, data, seed, threads, batch = 100, learningRate = 0.001, onProgress } = options;
  const encoder = encoderNetwork(fixed);
  const initial = encoder.init(streamOf(seed));
  const adam = optimizer({ kind: 'adam', learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
  const runs = Math.ceil(options.steps / STEPS_PER_RUN);
  const batches = new Batches(data.count, batch, seed);
  const classes = fixed.classes?.length;
  const hyperAt = (step: number): Record<string, number> => {
    const { stepSize, ...rest } = adam.hyperAt(step, batches.perEpoch);
    return { ...rest, stepSize: stepSize! * halfCosine(step, runs * STEPS_PER_RUN) };
  };
  const float = (shape: readonly number[]) => ({ dtype: 'float32', shape }) as const;
  const inputs: Record<string, InputSource> = {
    real: { from: 'data', spec: float([batch, ...fixed.shape]) },
    'encoder/z': { from: 'noise', spec: float([batch, ...fixed.prior.shape]), noise: fixed.prior },
    ...(classes ? { label: { from: 'label', spec: float([batch, classes]), of: 'real' } } : {}),
    ...Object.fromEntries(
      adam.hyper.map((name) => [
        name,
        { from: 'schedule', spec: float([]), at: (step: number) => hyperAt(step)[name]! },
      ]),
    ),
  };
  const generator = parametersOf(fixed.weights, 'generator/');
  const step = encoderStep(fixed, encoder, { ...EQUAL, ...options.weights }, adam);
  const state = { ...initial, ...adam.slots(initial), ...generator };
  const specs = Object.fromEntries(Object.entries(inputs).map(([name, { spec }]) => [name, spec]));
  const compiled = await compileStep(step, { state, inputs: specs, stepsPerRun: STEPS_PER_RUN, threads });
  const feeds = new Feeds({ inputs, optimizers: {}, data, batches, seed, stepsPerRun: STEPS_PER_RUN });
  try {
    for (let run = 0; run < runs; run++) {
      const outputs = await compiled.run(await feeds.at(run * STEPS_PER_RUN));
      const last = (name: string) => Number(outputs[name]!.data[STEPS_PER_RUN - 1]);
      const losses = { z: last('z'), x: last('x'), real: last('real') };
      if (!Object.values(losses).every(Number.isFinite)) {
        throw new GanymedeError(
          'NOT_FINITE',
          `Expected finite losses of the encoder at step ${(run + 1) * STEPS_PER_RUN} but received ${JSON.stringify(losses)}.`,
        );
      }
      onProgress?.({ step: (run + 1) * STEPS_PER_RUN, ...losses });
    }
    return parametersOf(compiled.state(), 'encoder/');
  } finally {
    await compiled.dispose();
  }
}

/** What a step counts when Adam's steps are to shrink from whole to nothing. */
export function halfCosine(step: number, steps: number): number {
  return (1 + Math.cos((Math.PI * step) / steps)) / 2;
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
 * The generator turned around: for an MLP its hidden widths in reverse, for convolutions the discriminator's, without norms. Where
 * the prior has bounds, so has what comes out. It is not told of classes: z is what the class does not say.
 */
export function encoderNetwork({ recipe, shape, prior }: Fixed): Network {
  const core = buildNetwork(encoderConfig(recipe), { name: 'encoder', input: shape, output: prior.shape });
  const inner = scaled(core, { input: 1 / recipe.data.scale });
  const bounded = (z: tf.Tensor) =>
    prior.kind === 'uniform' ? tf.add(tf.mul(tf.sigmoid(z), prior.high - prior.low), prior.low) : z;
  return { ...inner, apply: (params, x, pass) => bounded(inner.apply(params, x, pass)) };
}

function encoderConfig(recipe: Fixed['recipe']): NetworkConfig {
  const judge = recipe.discriminator.network;
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

/** Width of the two layers where the generator is no MLP to be turned around. */
const HIDDEN = 512;

function encoderStep(
  fixed: Fixed,
  encoder: Network,
  weights: EncoderWeights,
  adam: ReturnType<typeof optimizer>,
): StepFunction {
  const { generator } = fixed;
  const spread = varianceOf(fixed.prior);
  return (state, inputs) => {
    const names = Object.keys(state).filter((name) => name.startsWith('encoder/'));
    const pass = inputs['label'] ? { label: inputs['label'] } : {};
    const made = generator.apply(state, inputs['encoder/z']!, pass);
    const seen: Tensors = {};
    const gradients = tf.grads((...tensors: tf.Tensor[]) => {
      const params = Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
      const found = encoder.apply(params, made);
      const left = (x: tf.Tensor, z: tf.Tensor) => unexplained(x, generator.apply(state, z, pass));
      seen['z'] = tf.keep(tf.div(tf.mean(tf.squaredDifference(found, inputs['encoder/z']!)), spread));
      seen['x'] = tf.keep(left(made, found));
      seen['real'] = tf.keep(left(inputs['real']!, encoder.apply(params, inputs['real']!)));
      return tf.addN((['z', 'x', 'real'] as const).map((name) => tf.mul<tf.Scalar>(seen[name]!, weights[name])));
    })(names.map((name) => state[name]!));
    const of = (prefix: string) =>
      Object.fromEntries(names.map((name) => [`${prefix}${name}`, state[`${prefix}${name}`]!]));
    const moved = adam.update(
      of(''),
      Object.fromEntries(names.map((name, i) => [name, gradients[i]!])),
      { ...of('first/'), ...of('second/') },
      Object.fromEntries(adam.hyper.map((name) => [name, inputs[name]!])),
    );
    const outputs = Object.fromEntries(Object.entries(seen).map(([name, value]) => [name, tf.add(value, 0)]));
    tf.dispose(seen);
    return { state: { ...moved.params, ...moved.slots }, outputs };
  };
}

/** Σ(x̂ − x)² over Σ(x − mean of the batch)². */
function unexplained(x: tf.Tensor, found: tf.Tensor): tf.Tensor {
  const whole = tf.mean(tf.squaredDifference(x, tf.mean(x, 0, true)));
  return tf.div(tf.mean(tf.squaredDifference(found, x)), tf.add(whole, 1e-8));
}

export function varianceOf(prior: NoiseSpec): number {
  return prior.kind === 'uniform' ? (prior.high - prior.low) ** 2 / 12 : 1;
}
