// Optimizers as pure functions: slots from parameters, hyperparameters from the step's number, new parameters from
// gradients. Memory bandwidth is what they cost (each elementwise pass over the paper's 3.7M parameters is several ms
// of a 58 ms step), so each is written with the fewest passes, and what is scalar is computed on the host in double
// precision.

import { float32, type HostTensors, sizeOf } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import type { Tensors } from '../networks/network.js';
import { valueAt } from '../recipes/schedules.js';
import type { OptimizerConfig } from '../recipes/update-configs.js';

export interface Optimizer {
  /** Names of the scalars that `update` reads. */
  readonly hyper: readonly string[];
  /** Their values for a step, counted from 0. */
  hyperAt(step: number, stepsPerEpoch: number, ahead?: number): Record<string, number>;
  /** What it remembers of each parameter. */
  readonly slotNames: readonly string[];
  /** Zeroed state, named '<slot>/<parameter>'. */
  slots(params: HostTensors): HostTensors;
  /**
   * What the loss is multiplied by before its gradient is taken. A rule linear in the gradient puts its step size here,
   * where it costs one scalar instead of a pass over every parameter.
   */
  lossFactor(hyper: Tensors): tf.Tensor | null;
  /** `gradients` are those of loss × lossFactor. */
  update(params: Tensors, gradients: Tensors, slots: Tensors, hyper: Tensors): { params: Tensors; slots: Tensors };
}

export function optimizer(config: OptimizerConfig): Optimizer {
  switch (config.kind) {
    case 'momentum':
      return momentumSgd(config);
    case 'adam':
      return adam(config);
    default:
      return config satisfies never;
  }
}

/** v ← μv − lr·g;  p ← p + v  (Polyak's momentum as pylearn2 writes it). Three passes, since −lr is in the gradient. */
function momentumSgd(config: OptimizerConfig & { kind: 'momentum' }): Optimizer {
  return {
    hyper: ['negativeLearningRate', 'momentum'],
    hyperAt: (step, stepsPerEpoch, ahead) => ({
      negativeLearningRate: -valueAt(config.learningRate, step, stepsPerEpoch, ahead),
      momentum: valueAt(config.momentum, step, stepsPerEpoch, ahead),
    }),
    slotNames: ['velocity'],
    slots: (params) => zeros('velocity', params),
    lossFactor: (hyper) => hyper['negativeLearningRate']!,
    update(params, gradients, slots, hyper) {
      const next: { params: Tensors; slots: Tensors } = { params: {}, slots: {} };
      for (const [name, param] of Object.entries(params)) {
        // Gradient first: a gradient that ends in a matrix product can then take the addition into the product itself.
        const velocity = tf.add(gradients[name]!, tf.mul(slots[`velocity/${name}`]!, hyper['momentum']!));
        next.slots[`velocity/${name}`] = velocity;
        next.params[name] = tf.add(param, velocity);
      }
      return next;
    },
  };
}

/**
 * Adam (Kingma & Ba 2015, arXiv:1412.6980). With M = m/(1 − β₁) and U = v/(1 − β₂) kept instead of m and v the
 * recursions are M ← β₁M + g, U ← β₂U + g², and the bias corrections go into two host scalars: p ← p − stepSize · M /
 * (√U + smoothing), exactly lr · m̂ / (√v̂ + ε).
 */
function adam(config: OptimizerConfig & { kind: 'adam' }): Optimizer {
  const { beta1, beta2, epsilon } = config;
  return {
    hyper: ['stepSize', 'smoothing'],
    hyperAt(step, stepsPerEpoch, ahead) {
      const first = (1 - beta1) / (1 - beta1 ** (step + 1));
      const second = Math.sqrt((1 - beta2) / (1 - beta2 ** (step + 1)));
      return {
        stepSize: (valueAt(config.learningRate, step, stepsPerEpoch, ahead) * first) / second,
        smoothing: epsilon / second,
      };
    },
    slotNames: ['first', 'second'],
    slots: (params) => ({ ...zeros('first', params), ...zeros('second', params) }),
    lossFactor: () => null,
    update(params, gradients, slots, hyper) {
      const next: { params: Tensors; slots: Tensors } = { params: {}, slots: {} };
      for (const [name, param] of Object.entries(params)) {
        const g = gradients[name]!;
        const first = tf.add(g, tf.mul(slots[`first/${name}`]!, beta1));
        const second = tf.add(tf.mul(g, g), tf.mul(slots[`second/${name}`]!, beta2));
        next.slots[`first/${name}`] = first;
        next.slots[`second/${name}`] = second;
        const scale = tf.div(hyper['stepSize']!, tf.add(tf.sqrt(second), hyper['smoothing']!));
        next.params[name] = tf.sub(param, tf.mul(first, scale));
      }
      return next;
    },
  };
}

/** Of all that a step carries, what the rule remembers of the named parameters. */
export function slotsIn(state: Tensors, rule: Optimizer, names: readonly string[]): Tensors {
  const slots = rule.slotNames.flatMap((slot) => names.map((name) => `${slot}/${name}`));
  return Object.fromEntries(slots.map((name) => [name, state[name]!]));
}

/** The rule's scalars among the inputs of a step, where they stand under `prefix`. */
export function hyperIn(inputs: Tensors, rule: Optimizer, prefix = ''): Tensors {
  return Object.fromEntries(rule.hyper.map((name) => [name, inputs[`${prefix}${name}`]!]));
}

function zeros(slot: string, params: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(params).map(([name, { shape }]) => [
      `${slot}/${name}`,
      float32(shape, new Float32Array(sizeOf(shape))),
    ]),
  );
}
