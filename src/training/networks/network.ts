// What the trainer knows of a network: named parameters, a pure function of them, and the random numbers that function
// takes. A network never draws randomness, never holds a value, and never learns what it is trained for.

import type { HostTensors } from '../../engine/tensor.js';
import type * as tf from '../../engine/tf.js';
import type { Stream } from '../noise.js';

export type Tensors = Record<string, tf.Tensor>;

/**
 * Random numbers that `apply` takes as tensors, one row per example: `shape` leaves the batch out.
 * Bernoulli masks travel as bytes (0 or 1) because they are most of what a step with dropout reads.
 */
export type NoiseSpec =
  | { readonly kind: 'bernoulli'; readonly keep: number; readonly shape: readonly number[] }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number; readonly shape: readonly number[] }
  | { readonly kind: 'normal'; readonly shape: readonly number[] };

export type NoiseSpecs = Readonly<Record<string, NoiseSpec>>;

/** What an example comes with besides its own values; a network takes what it was built for. */
export interface Condition {
  /** One-hot class, [N, classes]. */
  readonly label?: tf.Tensor;
}

export interface Network {
  /** First part of every parameter's name: 'generator', 'discriminator'. */
  readonly name: string;
  /** Shape of one input and of one output example, without the batch. */
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** Noise that training adds, by name. Empty for a network without dropout. */
  readonly noise: NoiseSpecs;
  /** Fresh parameters, a pure function of the stream. */
  init(stream: Stream): HostTensors;
  /**
   * [N, …input] → [N, …output]. Without `noise` the network is deterministic, as when it is served. N is never read, so the
   * same function is traced with a fixed batch for training and with a dynamic one for export.
   */
  apply(params: Tensors, x: tf.Tensor, noise?: Tensors, condition?: Condition): tf.Tensor;
}
