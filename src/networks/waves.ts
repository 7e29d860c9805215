// Waves of what goes into a network, beside it: sin and cos of πx, 2πx, 4πx, … (Tancik et al. 2020, arXiv:2006.10739).
// Perceptrons learn slow functions first; with waves a discriminator sees how wide a mode is that is narrow among all
// the data. Shown too early they harm: it is all chequers before the generator has found any mode.
import { float32, type HostTensors } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import type { MlpConfig } from '../recipes/network-configs.js';
import type { Tensors } from './network.js';

export interface Waves {
  /** Numbers in for each number that came in. */
  readonly times: number;
  /** Tensors that follow from the steps made: none where the gain does not grow. */
  readonly start: HostTensors;
  advance(params: Tensors): Tensors;
  /** [N, size] → [N, size · times]: x, then sine and cosine of each octave, times gain / frequency. */
  beside(params: Tensors, x: tf.Tensor): tf.Tensor;
}

/** `name`: what the names of the tensors begin with. */
export function waves(config: MlpConfig['waves'], name: string): Waves {
  if (!config) return { times: 1, start: {}, advance: () => ({}), beside: (_, x) => x };
  const { octaves, gain, growth } = config;
  const steps = `${name}/steps`;
  const grown = (params: Tensors, seen: tf.Tensor) => {
    if (!growth) return seen;
    const share = tf.div(tf.sub(params[steps]!, growth.fromStep), growth.toStep - growth.fromStep);
    return tf.mul(seen, tf.maximum(share, 0));
  };
  return {
    times: 1 + 2 * octaves,
    start: growth ? { [steps]: float32([], [0]) } : {},
    advance: (params) => (growth ? { [steps]: tf.minimum(tf.add(params[steps]!, 1), growth.toStep) } : {}),
    beside(params, x) {
      const seen = Array.from({ length: octaves }, (_, octave) => {
        const frequency = 2 ** octave;
        const phase = tf.mul(x, Math.PI * frequency);
        return [tf.sin(phase), tf.cos(phase)].map((wave) => tf.mul(wave, gain / frequency));
      });
      return tf.concat([x, grown(params, tf.concat(seen.flat(), 1))], 1);
    },
  };
}
