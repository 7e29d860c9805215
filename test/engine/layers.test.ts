// Layers as networks write them: normalisations, spectral norm, minibatch statistics, embeddings, losses. Forward and
// gradients by all inputs against the TensorFlow.js cpu backend, in batches from one sample up.

import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import { beforeAll } from 'vitest';
import * as tf from '../../src/engine/tf.js';
import { agrees, type Case, operand, ticket, variedTicket } from './traced.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

interface Layer {
  /** Shapes of the operands for a batch n, an image h × w and c channels. */
  readonly shapes: (n: number, h: number, w: number, c: number) => readonly (readonly number[])[];
  readonly f: (...x: tf.Tensor[]) => tf.Tensor;
  /** TensorFlow.js cannot differentiate it. */
  readonly forwardOnly?: boolean;
}

const perChannel = (n: number, h: number, w: number, c: number) => [[n, h, w, c], [c], [c]];
const normalised = (axes: number[]) => (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) => {
  const { mean, variance } = tf.moments(x, axes, true);
  // A variance of zero has a steep square root: the epsilon keeps float32 comparable.
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-2))), scale), offset);
};

const layers: Record<string, Layer> = {
  'batch norm': { shapes: perChannel, f: normalised([0, 1, 2]) },
  'layer norm': { shapes: perChannel, f: normalised([1, 2, 3]) },
  'instance norm': { shapes: perChannel, f: normalised([1, 2]) },
  'pixel norm': {
    shapes: (n, h, w, c) => [[n, h, w, c]],
    f: (x) => tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-2))),
  },
  'batch norm of a convolution, given statistics': {
    shapes: (n, h, w, c) => [[n, h, w, 2], [2, 2, 2, c], [c], [c], [c], [c]],
    f: (x, filter, mean, variance, offset, scale) =>
      tf.batchNorm(
        tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'),
        mean as tf.Tensor1D,
        tf.add(tf.square(variance), 0.5) as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
      ),
  },
  'batch norm without scale and offset': {
    shapes: (n, h, w, c) => [[n, h, w, c], [c], [c]],
    f: (x, mean, variance) =>
      tf.batchNorm(x as tf.Tensor4D, mean as tf.Tensor1D, tf.add(tf.square(variance), 0.5) as tf.Tensor1D),
    forwardOnly: true,
  },
  'batch norm of rows': {
    shapes: (n, h, _w, c) => [[n * h, c], [c], [c], [c], [c]],
    f: (x, mean, variance, offset, scale) =>
      tf.batchNorm(
        x as tf.Tensor2D,
        mean as tf.Tensor1D,
        tf.add(tf.square(variance), 0.5) as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
      ),
  },
  'spectral norm, two power iterations': {
    shapes: (n, h, w, c) => [
      [n, h + 1],
      [h + 1, c + 1],
      [c + 1, w],
    ],
    f: (x, weights, start) => {
      const unit = (v: tf.Tensor) => tf.div(v, tf.sqrt(tf.add(tf.sum(tf.square(v)), 1e-3)));
      let v = unit(tf.sum(start, 1, true));
      let u = unit(tf.matMul(weights, v));
      v = unit(tf.matMul(weights, u, true));
      u = unit(tf.matMul(weights, v));
      const sigma = tf.sum(tf.mul(u, tf.matMul(weights, v)));
      return tf.matMul(x, tf.div(weights, tf.add(tf.abs(sigma), 0.5)));
    },
  },
  'minibatch standard deviation': {
    shapes: (n, h, w, c) => [[n, h, w, c]],
    f: (x) => {
      const [n, h, w] = x.shape as [number, number, number, number];
      const deviation = tf.mean(tf.sqrt(tf.add(tf.moments(x, 0).variance, 1e-2)));
      return tf.concat([x, tf.tile(tf.reshape(deviation, [1, 1, 1, 1]), [n, h, w, 1])], 3);
    },
  },
  'class embedding by one-hot, projected on features': {
    shapes: (n, h, _w, c) => [
      [n, c],
      [h + 1, c],
    ],
    f: (x, table) => {
      const classes = tf.oneHot(tf.range(0, x.shape[0]!, 1, 'int32'), table.shape[0]!, 1, 0, 'float32');
      return tf.sum(tf.mul(x, tf.matMul(classes, table)), 1);
    },
  },
  'self-attention': {
    shapes: (n, h, w, c) => [
      [n, h * w, c],
      [c, c],
      [c, c],
      [c, c],
    ],
    f: (x, query, key, value) => {
      const weights = tf.softmax(
        tf.matMul(tf.einsum('nlc,cd->nld', x, query), tf.einsum('nlc,cd->nld', x, key), false, true),
      );
      return tf.matMul(weights, tf.einsum('nlc,cd->nld', x, value));
    },
  },
  'upsampling by repetition, then convolution': {
    shapes: (n, h, w, c) => [
      [n, h, w, c],
      [3, 3, c, 2],
    ],
    f: (x, filter) => {
      const [n, h, w, c] = x.shape as [number, number, number, number];
      const twice = tf.tile(tf.reshape(x, [n, h, 1, w, 1, c]), [1, 1, 2, 1, 2, 1]);
      return tf.conv2d(tf.reshape(twice, [n, 2 * h, 2 * w, c]) as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same');
    },
  },
  'softplus loss of logits': {
    shapes: (n) => [[n], [n]],
    f: (real, fake) => tf.add(tf.mean(tf.softplus(tf.neg(real))), tf.mean(tf.softplus(fake))),
  },
  'hinge loss': {
    shapes: (n) => [[n], [n]],
    f: (real, fake) => tf.add(tf.mean(tf.relu(tf.sub(1, real))), tf.mean(tf.relu(tf.add(1, fake)))),
  },
  'sigmoid cross-entropy': {
    shapes: (n, _h, _w, c) => [
      [n, c],
      [n, c],
    ],
    f: (labels, logits) => tf.losses.sigmoidCrossEntropy(tf.sigmoid(labels), logits),
  },
  'softmax cross-entropy': {
    shapes: (n, _h, _w, c) => [
      [n, c + 1],
      [n, c + 1],
    ],
    f: (labels, logits) => tf.losses.softmaxCrossEntropy(tf.softmax(labels), logits),
  },
  'log-softmax, negative log-likelihood': {
    shapes: (n, _h, _w, c) => [[n, c + 1]],
    f: (logits) => tf.neg(tf.mean(tf.logSoftmax(tf.mul(logits, 20)))),
  },
  'mean squared, absolute and Huber losses': {
    shapes: (n, _h, _w, c) => [
      [n, c],
      [n, c],
    ],
    f: (a, b) =>
      tf.addN([tf.losses.meanSquaredError(a, b), tf.losses.absoluteDifference(a, b), tf.losses.huberLoss(a, b)]),
  },
};

const size = fc.integer({ min: 1, max: 4 });
const cases = fc
  .tuple(
    fc.constantFrom(...Object.keys(layers)),
    fc.tuple(size, size, size, size),
    variedTicket,
    fc.array(ticket, { minLength: 5, maxLength: 5 }),
    fc.boolean(),
  )
  .map(([name, [n, h, w, c], first, others, gradient]): Case => {
    const { shapes, f, forwardOnly } = layers[name]!;
    const operands = shapes(n, h, w, c).map((shape, i) => operand([first, ...others][i]!, shape));
    const label = `${name} at [${n},${h},${w},${c}] of ${operands.length} (${first.form})`;
    // Each output weighs differently, so that no two gradients can be mistaken for each other.
    const weighed = (...x: tf.Tensor[]) => {
      const y = f(...x);
      return tf.sum(tf.mul(y, tf.reshape(tf.linspace(0.5, 1.5, y.size), y.shape)));
    };
    const differentiated = gradient && !forwardOnly;
    const run = differentiated ? (...x: tf.Tensor[]) => tf.grads(weighed)(x) : f;
    return { label: differentiated ? `gradient of ${label}` : label, operands, run, tolerance: 1e-3 };
  });

agrees('layers and their gradients match the cpu backend', cases, { count: 50, runs: 4 });
