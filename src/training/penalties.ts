// What is added to D's loss, or done to its weights, to keep its slope in bounds: add-ons for any objective and any
// network. A penalty is a mean over examples of a function of ∇ₓV, so training differentiates a gradient.
import * as tf from '../engine/tf.js';
import type { NoiseSpec } from '../random/noise.js';
import type { PenaltyConfig, SlopePenalty } from '../recipes/update-configs.js';

/**
 * What a slope penalty is computed from. `judge` gives V as [N] for images and the role whose dropout masks apply to
 * them.
 */
export interface PenaltyPoint {
  readonly real: tf.Tensor;
  readonly fake: tf.Tensor;
  /** ε of the interpolates, [N, 1, …]; only where a gradient penalty asks for it. */
  readonly mix: tf.Tensor | undefined;
  /** V of the first `count` examples' images. */
  judge(images: tf.Tensor, role: 'real' | 'fake', count: number): tf.Tensor;
}

export function slopePenalties(penalties: readonly PenaltyConfig[]): SlopePenalty[] {
  return penalties.filter((penalty) => penalty.kind !== 'weight-clipping');
}

/** The noise that the interpolates of a gradient penalty need: one number an example. */
export function mixNoise(penalties: readonly PenaltyConfig[], example: readonly number[]): NoiseSpec | null {
  const needed = penalties.some(({ kind }) => kind === 'gradient-penalty');
  return needed ? { kind: 'uniform', low: 0, high: 1, shape: example.map(() => 1) } : null;
}

/** The penalty times `weight`, which is the newest value of its own: a scalar to be added to D's loss. */
export function penaltyOf(penalty: SlopePenalty, weight: number | tf.Tensor, point: PenaltyPoint): tf.Scalar {
  const count = penalty.examples ?? point.real.shape[0]!;
  const first = (tensor: tf.Tensor) => firstRows(tensor, count);
  const half = typeof weight === 'number' ? weight / 2 : tf.div(weight, 2);
  switch (penalty.kind) {
    case 'r1':
      return tf.mul(tf.mean(squaredSlopes(first(point.real), 'real', count, point)), half);
    case 'r2':
      return tf.mul(tf.mean(squaredSlopes(first(point.fake), 'fake', count, point)), half);
    case 'gradient-penalty': {
      const mix = first(point.mix!);
      const between = tf.add(tf.mul(mix, first(point.real)), tf.mul(tf.sub(1, mix), first(point.fake)));
      const slopes = tf.sqrt(tf.add(squaredSlopes(between, 'fake', count, point), ROOT_GUARD));
      return tf.mul(tf.mean(tf.square(tf.sub(slopes, 1))), weight);
    }
    default:
      return penalty satisfies never;
  }
}

/** The first `count` examples. */
export function firstRows(tensor: tf.Tensor, count: number): tf.Tensor {
  if (tensor.shape[0] === count) return tensor;
  const begin = tensor.shape.map(() => 0);
  return tf.slice(tensor, begin, [count, ...tensor.shape.slice(1)]);
}

/** Keeps the derivative of the square root finite where the slope is 0. */
const ROOT_GUARD = 1e-12;

/**
 * ‖∇ₓV‖² of each example, [N], all in the gradient of the sum: V of one example does not depend on another's x. Where a
 * layer of D mixes its batch this counts what the others feel too, as every implementation of these papers does.
 */
function squaredSlopes(images: tf.Tensor, role: 'real' | 'fake', count: number, point: PenaltyPoint): tf.Tensor {
  const gradient = tf.grad((x: tf.Tensor) => tf.sum(point.judge(x, role, count)))(images);
  return tf.sum(tf.square(tf.reshape(gradient, [count, -1])), 1);
}

/** The weights of D after an update, clipped if a penalty says so. */
export function clipWeights(
  weights: Record<string, tf.Tensor>,
  penalties: readonly PenaltyConfig[],
): Record<string, tf.Tensor> {
  let clipped = weights;
  for (const penalty of penalties) {
    if (penalty.kind !== 'weight-clipping') continue;
    clipped = Object.fromEntries(
      Object.entries(clipped).map(([name, weight]) => [name, tf.clipByValue(weight, -penalty.limit, penalty.limit)]),
    );
  }
  return clipped;
}
