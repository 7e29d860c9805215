// A softmax linear probe: multinomial logistic regression with weight decay, the usual question to features of how much
// a straight line can read off them. A convex problem with one solution, so that figures compare features and not the
// luck of training.
import { compileStep, type StepFunction } from '../../engine/step.js';
import { float32 } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import { countOf, mean, meanRow, type Rows } from '../../evaluation/rows.js';
import { oneHot } from '../../models/labels.js';
import { surprise } from './losses.js';

/** logits = features · weight + bias. */
export interface Probe {
  /** [features, classes], row-major. */
  readonly weight: Float32Array<ArrayBuffer>;
  readonly bias: Float32Array<ArrayBuffer>;
}

export interface ProbeOptions {
  readonly classes: number;
  readonly threads: number;
  /** Weight decay: so much times ½|weight|² is added to the mean cross-entropy. */
  readonly decay?: number;
  readonly steps?: number;
}

export const DECAY = 3e-4;
const STEPS = 500;
const STEPS_PER_RUN = 50;

/**
 * Accelerated gradient descent (Nesterov 1983) on all rows at once, from zero. `rows` should be scaled as by `scaling`.
 */
export async function trainProbe(rows: Rows, labels: ArrayLike<number>, options: ProbeOptions): Promise<Probe> {
  const { classes, threads, decay = DECAY, steps = STEPS } = options;
  const count = countOf(rows);
  const zeros = (...shape: number[]) => float32(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
  // The softmax bends by at most ½, so this bounds the curvature; the bias counts as one more feature that is always 1.
  const curvature = (mean(rows.data.map((value) => value ** 2)) * rows.size + 1) / 2 + decay;
  const state = {
    features: float32([count, rows.size], rows.data),
    target: float32([count, classes], oneHot(Array.from(labels), classes)),
    weight: zeros(rows.size, classes),
    bias: zeros(classes),
    'velocity/weight': zeros(rows.size, classes),
    'velocity/bias': zeros(classes),
  };
  const compiled = await compileStep(accelerated(decay, curvature), {
    state,
    inputs: { momentum: { dtype: 'float32', shape: [] } },
    stepsPerRun: STEPS_PER_RUN,
    threads,
  });
  try {
    for (let first = 0; first < steps; first += STEPS_PER_RUN) {
      await compiled.run({
        momentum: Float32Array.from({ length: STEPS_PER_RUN }, (_, i) => (first + i) / (first + i + 3)),
      });
    }
    const { weight, bias } = compiled.state();
    return {
      weight: weight!.data as Float32Array<ArrayBuffer>,
      bias: bias!.data as Float32Array<ArrayBuffer>,
    };
  } finally {
    await compiled.dispose();
  }
}

/** Share of rows whose largest logit is that of their label. */
export function shareRight({ weight, bias }: Probe, rows: Rows, labels: ArrayLike<number>): number {
  const classes = bias.length;
  const logits = new Float64Array(classes);
  let right = 0;
  for (let row = 0; row < countOf(rows); row++) {
    logits.set(bias);
    for (let j = 0; j < rows.size; j++) {
      const value = rows.data[row * rows.size + j]!;
      if (value === 0) continue;
      for (let c = 0; c < classes; c++) logits[c]! += value * weight[j * classes + c]!;
    }
    const largest = logits.reduce((most, logit) => Math.max(most, logit)); // as arguments, many classes would be too many
    if (logits.indexOf(largest) === labels[row]) right++;
  }
  return right / countOf(rows);
}

/** scaled = (value − mean) · factor, feature by feature. */
export interface Scaling {
  readonly mean: Float64Array;
  readonly factor: Float64Array;
}

/**
 * Each feature to mean 0 and nearly to deviation 1, by rows that need no labels. Features that hardly vary, such as
 * pixels at the border, are not blown up: a hundredth of the mean variance is added to each. Then each block of
 * features, the whole row without `blocks`, to the same mean square norm, all together 1: a wide layer counts no more
 * than a narrow one.
 */
export function scaling(rows: Rows, blocks: readonly number[] = [rows.size]): Scaling {
  const centre = meanRow(rows);
  const variance = new Float64Array(rows.size);
  for (let i = 0; i < rows.data.length; i++) variance[i % rows.size]! += (rows.data[i]! - centre[i % rows.size]!) ** 2;
  const count = countOf(rows);
  const factor = new Float64Array(rows.size);
  let from = 0;
  for (const size of blocks) {
    const own = variance.subarray(from, from + size).map((sum) => sum / count);
    const floor = mean(own) / 100;
    const norm = own.reduce((sum, each) => sum + (floor === 0 ? 0 : each / (each + floor)), 0);
    // Where nothing varies, all of the block becomes 0.
    if (floor > 0)
      factor.set(
        own.map((each) => 1 / Math.sqrt((each + floor) * norm * blocks.length)),
        from,
      );
    from += size;
  }
  return { mean: centre, factor };
}

export function scale(rows: Rows, { mean: centre, factor }: Scaling): Rows {
  const size = rows.size;
  return { size, data: rows.data.map((value, i) => (value - centre[i % size]!) * factor[i % size]!) };
}

/** The probe of unscaled rows that answers as `probe` does on scaled ones. */
export function unscaled({ weight, bias }: Probe, { mean: centre, factor }: Scaling): Probe {
  const classes = bias.length;
  const own = weight.map((value, i) => value * factor[Math.floor(i / classes)]!);
  const shift = Float64Array.from(bias);
  for (let i = 0; i < own.length; i++) shift[i % classes]! -= own[i]! * centre[Math.floor(i / classes)]!;
  return { weight: own, bias: Float32Array.from(shift) };
}

function accelerated(decay: number, curvature: number): StepFunction {
  const advance = (state: Record<string, tf.Tensor>, momentum: tf.Tensor, name: string) =>
    tf.add(state[name]!, tf.mul(state[`velocity/${name}`]!, momentum));
  return (state, { momentum }) => {
    const ahead = [advance(state, momentum!, 'weight'), advance(state, momentum!, 'bias')];
    const gradients = tf.grads((weight: tf.Tensor, bias: tf.Tensor) => {
      const logits = tf.add(tf.matMul(state['features'] as tf.Tensor2D, weight as tf.Tensor2D), bias);
      return tf.add<tf.Scalar>(surprise(logits, state['target']!), tf.mul(tf.sum(tf.square(weight)), decay / 2));
    })(ahead);
    const next: Record<string, tf.Tensor> = {};
    for (const [i, name] of ['weight', 'bias'].entries()) {
      const moved = tf.sub(ahead[i]!, tf.mul(gradients[i]!, 1 / curvature));
      next[name] = moved;
      next[`velocity/${name}`] = tf.sub(moved, state[name]!);
    }
    return { state: next, outputs: {} };
  };
}
