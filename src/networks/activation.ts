// Activations by name.
import * as tf from '../engine/tf.js';
import type { Activation } from '../recipes/network-configs.js';
import { type Layer, plainLayer } from './layer.js';

/** Slope of leakyRelu below zero, as in DCGAN (arXiv:1511.06434). */
export const LEAK = 0.2;

export function activation(kind: Activation): Layer {
  return plainLayer((x) => activate(x, kind));
}

export function activate(x: tf.Tensor, kind: Activation): tf.Tensor {
  switch (kind) {
    case 'linear':
      return x;
    case 'relu':
      return tf.relu(x);
    case 'leakyRelu':
      return tf.leakyRelu(x, LEAK);
    case 'tanh':
      return tf.tanh(x);
    case 'sigmoid':
      return tf.sigmoid(x);
    default:
      return kind satisfies never;
  }
}
