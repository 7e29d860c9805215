// Normalisation by mean and variance: over the batch (Ioffe & Szegedy 2015), over each image's channel (Ulyanov et al.
// 2016) or over each image (Ba et al. 2016); then a scale and a shift per channel, or per class and channel. Batch norm
// keeps running statistics, which a served network uses: there a sample must not depend on what else is in its batch.
import * as tf from '../engine/tf.js';
import type { Norm } from '../recipes/network-configs.js';
import { type Layer, plainLayer, type Slot } from './layer.js';
import { labelOf, observe, type Pass, runningValue, type Tensors } from './network.js';

const EPSILON = 1e-5;

/** What a training step keeps of a running statistic. */
export const KEEP = 0.9;

export interface NormOptions {
  readonly name: string;
  readonly channels: number;
  /** A scale and a shift for each of so many classes; the same for all without it. */
  readonly classes?: number | undefined;
}

/** The last axis of x is that of channels: [N, …, channels]. */
export function normalisation(kind: Norm, options: NormOptions): Layer {
  switch (kind) {
    case 'none':
      return plainLayer((x) => x);
    case 'batch':
      return batchNorm(options);
    case 'instance':
      return perExample(options, (rank) => middle(rank));
    case 'layer':
      return perExample(options, (rank) => [...middle(rank), rank - 1]);
    default:
      return kind satisfies never;
  }
}

function batchNorm(options: NormOptions): Layer {
  const { name, channels } = options;
  const affine = affineOf(options);
  const [runningMean, runningVariance] = [`${name}/mean`, `${name}/variance`];
  return {
    slots: {
      ...affine.slots,
      [runningMean]: { shape: [channels], start: { kind: 'constant', value: 0 }, trained: false },
      [runningVariance]: { shape: [channels], start: { kind: 'constant', value: 1 }, trained: false },
    },
    apply: (params, x, pass) =>
      batchScaled(x, params, pass, { name, epsilon: EPSILON, affine: affine.of(params, x, pass) }),
  };
}

/** By the batch's moments while training, else by the running ones, `<name>/mean` and `<name>/variance`. */
export function batchScaled(
  x: tf.Tensor,
  params: Tensors,
  pass: Pass,
  { name, epsilon, affine }: { readonly name: string; readonly epsilon: number; readonly affine: Affine },
): tf.Tensor {
  const [runningMean, runningVariance] = [`${name}/mean`, `${name}/variance`];
  if (!pass.running) return scaled(x, params[runningMean]!, params[runningVariance]!, affine, epsilon);
  const { mean, variance } = moments(x, allButLast(x.rank), false);
  follow(params, pass, runningMean, mean);
  follow(params, pass, runningVariance, variance);
  return scaled(x, mean, variance, affine, epsilon);
}

function follow(params: Tensors, pass: Pass, name: string, value: tf.Tensor): void {
  observe(pass, name, tf.add(tf.mul(runningValue(params, pass, name), KEEP), tf.mul(value, 1 - KEEP)));
}

function perExample(options: NormOptions, axes: (rank: number) => number[]): Layer {
  const affine = affineOf(options);
  return {
    slots: affine.slots,
    apply(params, x, pass) {
      const { mean, variance } = moments(x, axes(x.rank), true);
      return scaled(x, mean, variance, affine.of(params, x, pass));
    },
  };
}

/**
 * Population moments. E[x²] − E[x]² reads x once less than the mean of (x − E[x])², and rounding may make it negative.
 */
function moments(x: tf.Tensor, axes: number[], keepDims: boolean): { mean: tf.Tensor; variance: tf.Tensor } {
  const mean = tf.mean(x, axes, keepDims);
  return { mean, variance: tf.relu(tf.sub(tf.mean(tf.square(x), axes, keepDims), tf.square(mean))) };
}

/** (x − mean)/√(variance + ε) · scale + shift, as one product and one sum over x. */
function scaled(
  x: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  { scale, shift }: Affine,
  epsilon = EPSILON,
): tf.Tensor {
  const slope = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(x, slope), tf.sub(shift, tf.mul(mean, slope)));
}

/** Both [channels], or [N, 1, …, channels] where they follow the class. */
export interface Affine {
  readonly scale: tf.Tensor;
  readonly shift: tf.Tensor;
}

function affineOf({ name, channels, classes }: NormOptions) {
  const shape = classes === undefined ? [channels] : [classes, channels];
  const [scale, shift] = [`${name}/scale`, `${name}/shift`];
  const slots: Record<string, Slot> = {
    [scale]: { shape, start: { kind: 'constant', value: 1 } },
    [shift]: { shape, start: { kind: 'constant', value: 0 } },
  };
  return {
    slots,
    of(params: Tensors, x: tf.Tensor, pass: Pass): Affine {
      if (classes === undefined) return { scale: params[scale]!, shift: params[shift]! };
      const label = labelOf(pass, name);
      const rows = (table: tf.Tensor) =>
        tf.reshape(tf.matMul(label, table as tf.Tensor2D), [-1, ...Array<number>(x.rank - 2).fill(1), channels]);
      return { scale: rows(params[scale]!), shift: rows(params[shift]!) };
    },
  };
}

function allButLast(rank: number): number[] {
  return Array.from({ length: rank - 1 }, (_, axis) => axis);
}

function middle(rank: number): number[] {
  return allButLast(rank).slice(1);
}
