// The energy score of two draws (Székely & Rizzo 2013; Gneiting & Raftery 2007, §4.3): how far they are from the truth,
// less half of how far they are from each other. Draws of the distribution that the truth comes from have the lowest
// mean, so it pulls what is drawn towards the truth without pulling it together, as a distance alone would.
import * as tf from '../../engine/tf.js';

/**
 * Mean over the rows of ½(|a − x| + |b − x|) − variety·|a − b|, for the draws a and b and the truth x. With a variety
 * above ½ its least is of draws more various than the truth, with one below ½ of draws more alike.
 */
export function energyScore([a, b]: readonly [tf.Tensor, tf.Tensor], truth: tf.Tensor, variety = 0.5): tf.Scalar {
  const off = tf.mul(tf.add(distance(a, truth), distance(b, truth)), 0.5);
  return tf.mean<tf.Scalar>(tf.sub(off, tf.mul(distance(a, b), variety)));
}

/** Squared; keeps the slope of the root finite where two rows are equal. */
const LEAST = 1e-6;

/** Euclidean, a number a row: [N, …] and [N, …] to [N]. */
function distance(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const axes = a.shape.map((_, axis) => axis).slice(1);
  return tf.sqrt(tf.add(tf.sum(tf.square(tf.sub(a, b)), axes), LEAST));
}
