// Minibatch standard deviation (Karras et al. 2018, arXiv:1710.10196, section 3): one more feature map that tells how
// much the images of a batch differ, so that a generator that makes one image is found out. It makes D(x) depend on the
// batch, which a score must not: a served network uses the running mean of what the map held in training, over real and
// generated batches.
import * as tf from '../engine/tf.js';
import type { Layer } from './layer.js';
import { observe, runningValue } from './network.js';
import { KEEP } from './normalisation.js';

const EPSILON = 1e-8;

/** [N, H, W, C] → [N, H, W, C + 1]. The batch is one group, whatever its size. */
export function minibatchDeviation(name: string): Layer {
  const running = `${name}/deviation`;
  return {
    slots: { [running]: { shape: [], start: { kind: 'constant', value: 1 }, trained: false } },
    apply(params, x, pass) {
      const plane = tf.onesLike(tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, 1]));
      if (!pass.running) return tf.concat([x, tf.mul(plane, params[running]!)], 3);
      const variance = tf.mean(tf.square(tf.sub(x, tf.mean(x, 0, true))), 0);
      const deviation = tf.mean(tf.sqrt(tf.add(variance, EPSILON)));
      observe(pass, running, tf.add(tf.mul(runningValue(params, pass, running), KEEP), tf.mul(deviation, 1 - KEEP)));
      return tf.concat([x, tf.mul(plane, deviation)], 3);
    },
  };
}
