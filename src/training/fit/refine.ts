// Refinement of z: descent on the distance between G(z) and an example, by the gradient through the traced generator.
// Each example by itself: what it becomes does not depend on its batch-mates.
import type { StepFunction } from '../../engine/step.js';
import { float32, type HostTensors, sizeOf } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import { countOf, type Rows } from '../../evaluation/rows.js';
import type { Optimizer } from '../optimizers.js';
import { pick } from '../step.js';
import { adamOf, coolingInputs, descentStep } from './descent.js';
import type { Fixed } from './fixed-model.js';
import { type FitContext, trainSmall } from './loop.js';

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
export async function refine(options: RefineOptions, context: FitContext = {}): Promise<Refined> {
  const { fixed, examples, z, labels, steps, learningRate = 0.05, threads } = options;
  const count = countOf(examples);
  const rule = adamOf(learningRate);
  const start: HostTensors = { z: float32([count, z.size], z.data) };
  const errors: Float32Array[] = [];
  const state = await trainSmall(
    {
      what: 'z',
      step: refinement(fixed, rule),
      state: {
        ...start,
        ...rule.slots(start),
        ...pick(fixed.weights, 'generator/'),
        example: float32([count, ...fixed.shape], examples.data),
        ...(labels ? { label: float32([count, labels.size], labels.data) } : {}),
      },
      inputs: coolingInputs(rule, steps, 1),
      seed: 0, // nothing is drawn
      // The error that a step reports is that of the z it begins with: one step more, which moves nothing, reports the
      // last.
      steps: steps + 1,
      stepsPerRun: STEPS_PER_RUN,
      threads,
      onRun: (_, { error }) => {
        const values = error!.data as Float32Array;
        for (let i = 0; i < values.length; i += count) errors.push(values.slice(i, i + count));
      },
    },
    context,
  );
  const last = state['z']!.data as Float32Array<ArrayBuffer>;
  return { z: { data: last, size: z.size }, before: errors[0]!, after: errors[steps]! };
}

function refinement({ generator, prior, shape }: Fixed, rule: Optimizer): StepFunction {
  return descentStep({
    rule,
    moves: (name) => name === 'z',
    loss: (state) => (params, seen) => {
      const pass = state['label'] ? { label: state['label'] } : {};
      const made = tf.reshape(generator.apply(state, params['z']!, pass), [-1, sizeOf(shape)]);
      const wanted = tf.reshape(state['example']!, [-1, sizeOf(shape)]);
      seen['error'] = tf.mean(tf.squaredDifference(made, wanted), 1);
      return tf.sum<tf.Scalar>(seen['error']);
    },
    settled: ({ z }) => ({ z: prior.kind === 'uniform' ? tf.clipByValue(z!, prior.low, prior.high) : z! }),
  });
}
