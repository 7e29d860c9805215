// The graph `descent`: how far G(z) is from an example, and which way z must go to come nearer. Each row by itself. It
// is traced from the generator that a checkpoint serves, with the very weights, when somebody first asks for it.

import { exportGraph } from '../../engine/export.js';
import { sizeOf } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import { pick } from '../step.js';
import type { Fixed } from './fixed-model.js';

/** z [N, latent], an example (and label [N, classes]) → error [N], mean of squares, and its gradient [N, latent]. */
export function descentGraph(fixed: Fixed): Uint8Array<ArrayBuffer> {
  const { generator, prior, tensor, shape, classes, manifest } = fixed;
  const size = sizeOf(shape);
  return exportGraph(
    (params, inputs) => {
      const pass = inputs['label'] ? { label: inputs['label'] } : {};
      const wanted = tf.reshape(inputs[tensor]!, [-1, size]);
      let error: tf.Tensor | undefined;
      const gradient = tf.grad((z) => {
        const made = tf.reshape(generator.apply(params, z, pass), [-1, size]);
        error = tf.keep(tf.mean(tf.squaredDifference(made, wanted), 1));
        return tf.sum(error);
      })(inputs['z']!);
      return { error: error!, gradient };
    },
    {
      params: pick(fixed.weights, 'generator/'),
      inputs: {
        z: { dtype: 'float32', shape: [-1, ...prior.shape] },
        [tensor]: { dtype: 'float32', shape: [-1, ...shape] },
        ...(classes ? { label: { dtype: 'float32', shape: [-1, classes.length] } } : {}),
      },
      name: 'descent',
      doc: `${manifest.title}: z and ${tensor} to the error of what z gives, and its gradient`,
      ...(fixed.float16 ? { float16Weights: true } : {}),
    },
  );
}
