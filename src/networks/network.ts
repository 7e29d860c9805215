// What the trainer knows of a network: named tensors, a pure function of them, and the random numbers that function
// takes. A network never draws randomness, never holds a value, and never learns what it is trained for.

import type { HostTensors } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import { GanymedeError } from '../errors.js';
import type { NoiseSpecs, Stream } from '../random/noise.js';
import type { Schedule } from '../recipes/schedules.js';

export type Tensors = Record<string, tf.Tensor>;

/** What comes with an input. Without noise and `running` a network is as it is served: each example by itself. */
export interface Pass {
  /** The numbers that `noise` asks for, by name. */
  readonly noise?: Tensors;
  /** The newest values of the network's `courses`, scalars by name. */
  readonly courses?: Tensors;
  /** One-hot class, [N, classes]: a network with a condition needs it. */
  readonly label?: tf.Tensor;
  /**
   * Given while training: layers then use statistics of the batch at hand and leave here, through `observe`, what the
   * running ones become. Without it they use the running ones, so that no example depends on its batch-mates.
   */
  readonly running?: Tensors;
  /** For networks that complete examples. */
  readonly given?: Given;
  /** Whether a discriminator looks at data or at what a generator made. */
  readonly role?: 'real' | 'fake';
}

/** Examples, and how much of each may be known. */
export interface Given {
  /** [N, C, H, W]. */
  readonly image: tf.Tensor;
  /** [N, 1, H, W]: 1 where a pixel is known, 0 where it is to be made. */
  readonly mask: tf.Tensor;
}

/**
 * trained: gradients move it. following: it follows from what is computed, as running statistics and the vectors of a
 * power iteration do. frozen: nothing moves it.
 */
export type Fate = 'trained' | 'following' | 'frozen';

export interface Network {
  /** First part of every tensor's name: 'generator', 'discriminator'. */
  readonly name: string;
  /** Shape of one input and of one output example, without the batch. */
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** Noise that training adds, by name. Empty for a network without dropout. */
  readonly noise: NoiseSpecs;
  /** Numbers that take another value as training goes on, by name. */
  readonly courses?: Readonly<Record<string, Schedule>>;
  /** Layers from input to output: what the names of their tensors begin with. */
  readonly stages: readonly string[];
  /** What lies below the last layer, where a network has one number or vector to give. */
  readonly trunk?: Trunk;
  /** The two halves of a generator whose layers are each told of a style. */
  readonly styles?: Styles;
  /** What training does with a tensor of this network. */
  fate(name: string): Fate;
  /** Fresh tensors, a pure function of the stream. */
  init(stream: Stream): HostTensors;
  /** New values of tensors that follow from the parameters alone; once a step, before the losses. */
  advance?(params: Tensors): Tensors;
  /** Of trained tensors that an update moved, those that are held within bounds, moved back into them. */
  bounded?(params: Tensors): Tensors;
  /**
   * [N, …input] → [N, …output]. N is never read as a number, so the same function is traced with a fixed batch for
   * training and with a dynamic one for export.
   */
  apply(params: Tensors, x: tf.Tensor, pass?: Pass): tf.Tensor;
}

/** `apply` in two parts: `head(features(x))`. */
export interface Trunk {
  readonly size: number;
  /** [N, …input] → [N, size]. */
  features(params: Tensors, x: tf.Tensor, pass: Pass): tf.Tensor;
  /** [N, size] → [N, …output]. */
  head(params: Tensors, features: tf.Tensor, pass: Pass): tf.Tensor;
}

/** `apply` in two parts: `synthesize(map(z))`. */
export interface Styles {
  readonly layers: number;
  /** Numbers of a style. */
  readonly size: number;
  /** z [N, latent] → w [N, layers, size]: the same style for each layer. */
  map(params: Tensors, z: tf.Tensor, pass: Pass): tf.Tensor;
  /** w [N, layers, size] → [N, …output]. */
  synthesize(params: Tensors, w: tf.Tensor): tf.Tensor;
}

export function labelOf(pass: Pass, network: string): tf.Tensor2D {
  if (pass.label) return pass.label as tf.Tensor2D;
  throw new GanymedeError('CONFIG_INVALID', `Expected a class for each input of the ${network} but received none.`);
}

/** The running value of a statistic: what an earlier pass of this step left, or what the step began with. */
export function runningValue(params: Tensors, pass: Pass, name: string): tf.Tensor {
  return pass.running?.[name] ?? params[name]!;
}

/** Leaves a new running value behind. It outlives the scope of the gradient; the step takes it over. */
export function observe(pass: Pass, name: string, value: tf.Tensor): void {
  if (!pass.running) return;
  const before = pass.running[name];
  pass.running[name] = tf.keep(value);
  before?.dispose();
}
