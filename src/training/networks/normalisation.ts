// Normalisation by mean and variance: over the batch (Ioffe & Szegedy 2015), over each image's channel (Ulyanov et al. 2016)
// or over each image (Ba et al. 2016); then a scale and a shift per channel. Batch norm keeps running statistics, which a
// served network uses: there a sample must not depend on what else is in its batch.
import * as tf from '../../engine/tf.js';
import { type Layer, plainLayer, type Slot } from './layer.js';
import { observe, type Pass, runningValue, type Tensors } from './network.js';

export const NORMS = ['none', 'batch', 'instance', 'layer'] as const;
export type Norm = (typeof NORMS)[number];

const EPSILON = 1e-5;

/** What a training step keeps of a running statistic. */
export const KEEP = 0.9;

/** The last axis of x is that of channels: [N, …, channels]. */
export function normalisation(kind: Norm, name: string, channels: number): Layer {
  switch (kind) {
    case 'none':
      return plainLayer((x) => x);
    case 'batch':
      return batchNorm(name, channels);
    case 'instance':
      return perExample(name, channels, (rank) => middle(rank));
    case 'layer':
      return perExample(name, channels, (rank) => [...middle(rank), rank - 1]);
    default:
      return kind satisfies never;
  }
}

function batchNorm(name: string, channels: number): Layer {
  const [runningMean, runningVariance] = [`${name}/mean`, `${name}/variance`];
  return {
    slots: {
      ...affineSlots(name, channels),
      [runningMean]: { shape: [channels], start: { kind: 'constant', value: 0 }, trained: false },
      [runningVariance]: { shape: [channels], start: { kind: 'constant', value: 1 }, trained: false },
    },
    apply(params, x, pass) {
      if (!pass.running) return scaled(x, params[runningMean]!, params[runningVariance]!, params, name);
      const { mean, variance } = moments(x, allButLast(x.rank), false);
      follow(params, pass, runningMean, mean);
      follow(params, pass, runningVariance, variance);
      return scaled(x, mean, variance, params, name);
    },
  };
}

function follow(params: Tensors, pass: Pass, name: string, value: tf.Tensor): void {
  observe(pass, name, tf.add(tf.mul(runningValue(params, pass, name), KEEP), tf.mul(value, 1 - KEEP)));
}

function perExample(name: string, channels: number, axes: (rank: number) => number[]): Layer {
  return {
    slots: affineSlots(name, channels),
    apply(params, x) {
      const { mean, variance } = moments(x, axes(x.rank), true);
      return scaled(x, mean, variance, params, name);
    },
  };
}

/** Population moments. E[x²] − E[x]² reads x once less than the mean of (x − E[x])², and rounding may make it negative. */
function moments(x: tf.Tensor, axes: number[], keepDims: boolean): { mean: tf.Tensor; variance: tf.Tensor } {
  const mean = tf.mean(x, axes, keepDims);
  return { mean, variance: tf.relu(tf.sub(tf.mean(tf.square(x), axes, keepDims), tf.square(mean))) };
}

/** (x − mean)/√(variance + ε) · scale + shift, as one product and one sum over x. */
function scaled(x: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor, params: Tensors, name: string): tf.Tensor {
  const slope = tf.mul(params[`${name}/scale`]!, tf.rsqrt(tf.add(variance, EPSILON)));
  return tf.add(tf.mul(x, slope), tf.sub(params[`${name}/shift`]!, tf.mul(mean, slope)));
}

function affineSlots(name: string, channels: number): Record<string, Slot> {
  return {
    [`${name}/scale`]: { shape: [channels], start: { kind: 'constant', value: 1 } },
    [`${name}/shift`]: { shape: [channels], start: { kind: 'constant', value: 0 } },
  };
}

function allButLast(rank: number): number[] {
  return Array.from({ length: rank - 1 }, (_, axis) => axis);
}

function middle(rank: number): number[] {
  return allButLast(rank).slice(1);
}
