// Weights of linear layers, plain or divided by their spectral norm (Miyato et al. 2018, arXiv:1802.05957): the largest
// singular value, followed by one step of power iteration per training step. Its vectors are state, so that a served
// network divides by the very number that training last used.
import * as tf from '../engine/tf.js';
import type { Layer, Slot } from './layer.js';
import type { Tensors } from './network.js';

export interface Weight extends Pick<Layer, 'slots'> {
  advance(params: Tensors): Tensors;
  /** The weight to compute with. */
  of(params: Tensors): tf.Tensor;
}

export interface WeightOptions {
  readonly name: string;
  readonly shape: readonly number[];
  /** Standard deviation of the normal distribution that it starts from. */
  readonly deviation: number;
  /** Divide by the norm of the matrix whose columns are the last axis. */
  readonly spectral?: boolean | undefined;
}

const TINY = 1e-12;

export function weight({ name, shape, deviation, spectral }: WeightOptions): Weight {
  const slots: Record<string, Slot> = { [name]: { shape, start: { kind: 'normal', deviation } } };
  if (!spectral) return { slots, advance: () => ({}), of: (params) => params[name]! };

  const columns = shape.at(-1)!;
  const rows = shape.reduce((product, size) => product * size, 1) / columns;
  const matrix = (params: Tensors) => tf.reshape(params[name]!, [rows, columns]) as tf.Tensor2D;
  const [left, right] = [`${name}/left`, `${name}/right`];
  slots[left] = { shape: [1, rows], start: { kind: 'normal', deviation: 1 }, trained: false };
  slots[right] = { shape: [1, columns], start: { kind: 'normal', deviation: 1 }, trained: false };
  return {
    slots,
    advance(params) {
      const m = matrix(params);
      const v = unit(tf.matMul(params[left] as tf.Tensor2D, m));
      const u = unit(tf.matMul(v, m, false, true));
      return { [left]: u, [right]: v };
    },
    of(params) {
      // u·M·vᵀ with u and v held still: its slope in M is u⊗v, that of the largest singular value.
      const [u, v] = [unit(params[left]!), unit(params[right]!)];
      const sigma = tf.sum(tf.mul(tf.matMul(u, matrix(params)), v));
      return tf.div(params[name]!, sigma);
    },
  };
}

function unit(vector: tf.Tensor): tf.Tensor2D {
  return tf.div(vector, tf.add(tf.sqrt(tf.sum(tf.square(vector))), TINY)) as tf.Tensor2D;
}
