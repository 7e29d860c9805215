// Refinement of z: descent on the distance between G(z) and an example, by the gradient through the traced generator. Each example
// by itself: what it becomes does not depend on its batch-mates.
import { compileStep, type StepFunction } from '../../engine/step.js';
import { float32, type HostTensors, sizeOf } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import { countOf, type Rows } from '../../evaluation/rows.js';
import type { Tensors } from '../../networks/network.js';
import { optimizer } from '../optimizers.js';
import { parametersOf } from '../serving.js';
import { halfCosine } from './encoder.js';
import type { Fixed } from './fixed-model.js';

export interface RefineOptions {
  readonly fixed: Fixed;
  /** In the units of the networks. */
  readonly examples: Rows;
  /** Where descent begins, a row for each example. */
  readonly z: Rows;
  /** One-hot rows, for a generator that is told of classes. */
  readonly labels?: Rows;
  readonly steps: number;
  readonly learningRate?: number;
  readonly threads: number;
}

export interface Refined {
  readonly z: Rows;
  /** Mean squared error of each example at the first z and at the last. */
  readonly before: Float32Array;
  readonly after: Float32Array;
}

const STEPS_PER_RUN = 20;

/** Exactly `steps` steps of Adam. z stays within the bounds of the prior, where it has any. */
export async function refine(options: RefineOptions): Promise<Refined> {
  const { fixed, examples, z, labels, steps, learningRate = 0.05, threads } = options;
  const count = countOf(examples);
  const adam = optimizer({ kind: 'adam', learningRate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
  const start: HostTensors = { z: float32([count, z.size], z.data) };
  const state: HostTensors = {
    ...start,
    ...adam.slots(start),
    ...parametersOf(fixed.weights, 'generator/'),
    example: float32([count, ...fixed.shape], examples.data),
    ...(labels ? { label: float32([count, labels.size], labels.data) } : {}),
  };
  const inputs = Object.fromEntries(adam.hyper.map((name) => [name, { dtype: 'float32', shape: [] } as const]));
  const compiled = await compileStep(refinement(fixed, adam), { state, inputs, stepsPerRun: STEPS_PER_RUN, threads });
  const errors: Float32Array[] = [];
  try {
    // The error that a step reports is that of the z it begins with: one step more, which moves nothing, reports the last.
    for (let first = 0; first <= steps; first += STEPS_PER_RUN) {
      const feeds = Object.fromEntries(adam.hyper.map((name) => [name, new Float32Array(STEPS_PER_RUN)]));
      for (let i = 0; i < STEPS_PER_RUN; i++) {
        const { stepSize, ...rest } = adam.hyperAt(first + i, 1);
        const share = first + i < steps ? halfCosine(first + i, steps) : 0;
        for (const [name, value] of Object.entries({ ...rest, stepSize: stepSize! * share })) feeds[name]![i] = value;
      }
      const { error } = await compiled.run(feeds);
      const values = error!.data as Float32Array;
      for (let i = 0; i < STEPS_PER_RUN; i++) errors.push(values.slice(i * count, (i + 1) * count));
    }
    const last = compiled.state()['z']!.data as Float32Array<ArrayBuffer>;
    return { z: { data: last, size: z.size }, before: errors[0]!, after: errors[steps]! };
  } finally {
    await compiled.dispose();
  }
}

function refinement({ generator, prior, shape }: Fixed, adam: ReturnType<typeof optimizer>): StepFunction {
  return (state, inputs) => {
    const pass = state['label'] ? { label: state['label'] } : {};
    const seen: Tensors = {};
    const [gradient] = tf.grads((z: tf.Tensor) => {
      const made = tf.reshape(generator.apply(state, z, pass), [-1, sizeOf(shape)]);
      const wanted = tf.reshape(state['example']!, [-1, sizeOf(shape)]);
      const error = tf.keep(tf.mean(tf.squaredDifference(made, wanted), 1));
      seen['error'] = error;
      return tf.sum<tf.Scalar>(error);
    })([state['z']!]);
    const { params, slots } = adam.update(
      { z: state['z']! },
      { z: gradient! },
      { 'first/z': state['first/z']!, 'second/z': state['second/z']! },
      Object.fromEntries(adam.hyper.map((name) => [name, inputs[name]!])),
    );
    const z = prior.kind === 'uniform' ? tf.clipByValue(params['z']!, prior.low, prior.high) : params['z']!;
    const error = tf.add(seen['error']!, 0);
    tf.dispose(seen);
    return { state: { ...slots, z }, outputs: { error } };
  };
}
