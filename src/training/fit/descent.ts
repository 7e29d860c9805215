// A step of descent for the networks that are fitted: some tensors of the state move against the gradient of a loss, by
// a rule whose slots lie beside them; and the rule's rate, which shrinks to nothing over the training.
import type { StepFunction } from '../../engine/step.js';
import * as tf from '../../engine/tf.js';
import type { Tensors } from '../../networks/network.js';
import { hyperIn, type Optimizer, optimizer, slotsIn } from '../optimizers.js';
import type { InputSource } from '../step.js';

export interface Descent {
  readonly rule: Optimizer;
  /** Which tensors of the state move. */
  readonly moves: (name: string) => boolean;
  /**
   * Called once a step, for what needs no gradient; the function that it gives is the loss of what moves, and may leave
   * values in `seen` that the step then reports under their names.
   */
  readonly loss: (state: Tensors, inputs: Tensors) => (params: Tensors, seen: Tensors) => tf.Scalar;
  /** What becomes of the tensors once they have moved: kept within bounds, say. */
  readonly settled?: (params: Tensors) => Tensors;
}

export function descentStep({ rule, moves, loss, settled = (params) => params }: Descent): StepFunction {
  return (state, inputs) => {
    const names = Object.keys(state).filter(moves);
    const lossOf = loss(state, inputs);
    const kept: Tensors = {};
    const gradients = tf.grads((...tensors: tf.Tensor[]) => {
      const seen: Tensors = {};
      const total = lossOf(named(names, tensors), seen);
      for (const [name, value] of Object.entries(seen)) kept[name] = tf.keep(value);
      return total;
    })(names.map((name) => state[name]!));
    const params = named(
      names,
      names.map((name) => state[name]!),
    );
    const moved = rule.update(params, named(names, gradients), slotsIn(state, rule, names), hyperIn(inputs, rule));
    // Adding 0 gives copies that the step's own scope owns and frees.
    const outputs = Object.fromEntries(Object.entries(kept).map(([name, value]) => [name, tf.add(value, 0)]));
    tf.dispose(kept);
    return { state: { ...settled(moved.params), ...moved.slots }, outputs };
  };
}

/** Adam with the usual memory, its rate as given. */
export function adamOf(learningRate: number): Optimizer {
  return optimizer({ kind: 'adam', learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
}

/** Adam whose steps go from whole to nothing by half a cosine over `steps`, and stay there. */
export function cooled(adam: Optimizer, steps: number): Optimizer {
  return {
    ...adam,
    hyperAt(step, ...at) {
      const hyper = adam.hyperAt(step, ...at);
      return { ...hyper, stepSize: hyper['stepSize']! * (step < steps ? halfCosine(step, steps) : 0) };
    },
  };
}

/** Its scalars as inputs of a step. */
export function coolingInputs(adam: Optimizer, steps: number, stepsPerEpoch: number): Record<string, InputSource> {
  const { hyper, hyperAt } = cooled(adam, steps);
  const spec = { dtype: 'float32', shape: [] } as const;
  const at = (name: string) => (step: number) => hyperAt(step, stepsPerEpoch)[name]!;
  return Object.fromEntries(hyper.map((name) => [name, { from: 'schedule', spec, at: at(name) }]));
}

/** 1 at the first step, 0 after the last. */
function halfCosine(step: number, steps: number): number {
  return (1 + Math.cos((Math.PI * step) / steps)) / 2;
}

function named(names: readonly string[], tensors: readonly tf.Tensor[]): Tensors {
  return Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
}
