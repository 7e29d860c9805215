// Gradients that TensorFlow.js lacks and second-order penalties need. Each is the textbook derivative; where a kernel
// is linear in its input, the gradient is its adjoint.

import * as tf from './tf.js';

let done = false;

/** Registers the gradients below, once. Those that TensorFlow.js has are left alone. */
export function registerMissingGradients(): void {
  if (done) return;
  done = true;
  const add = (config: tf.GradConfig) => {
    if (!tf.getGradient(config.kernelName)) tf.registerGradient(config);
  };
  for (const kernelName of [tf.Greater, tf.GreaterEqual, tf.Less, tf.LessEqual, tf.Equal, tf.NotEqual]) {
    // Comparisons are piecewise constant: the derivative is zero almost everywhere.
    add({
      kernelName,
      inputsToSave: ['a', 'b'],
      gradFunc: (_dy, saved) => ({ a: () => zerosFor(saved[0]!), b: () => zerosFor(saved[1]!) }),
    });
  }
}

function zerosFor(x: tf.Tensor): tf.Tensor {
  return tf.zeros(x.shape);
}
