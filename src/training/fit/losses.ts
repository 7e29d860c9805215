// Mean log losses of classifiers, in nats. What takes no probability takes logits, so that nothing overflows.
import * as tf from '../../engine/tf.js';
import { crossEntropy } from '../objectives.js';

/**
 * Of telling the first from the second by the logit of being the first, either kind counting half: ln 2 of who cannot.
 */
export function telling(ones: tf.Tensor, zeros: tf.Tensor): tf.Scalar {
  return tf.mul<tf.Scalar>(crossEntropy(ones, zeros), 0.5);
}

/** Of classes: `logits` [N, classes] against one-hot rows, or probabilities. */
export function surprise(logits: tf.Tensor, wanted: tf.Tensor): tf.Scalar {
  return tf.neg<tf.Scalar>(tf.mean(tf.sum(tf.mul(wanted, tf.logSoftmax(logits)), 1)));
}
