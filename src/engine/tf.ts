// TensorFlow.js as this project uses it: the core ops, with all gradients and chained methods registered. Import it
// from here, never from its packages, so that nobody meets a tensor that has no gradient. It takes about 0.3 s to load:
// serving never does.

import '@tensorflow/tfjs';
import * as core from '@tensorflow/tfjs-core';

export * from '@tensorflow/tfjs-core';

/**
 * `tf.logSoftmax` along the last axis, with a gradient that can be differentiated again: TensorFlow.js saves its output
 * for the gradient, which its tape cannot lead back to the input.
 */
export function logSoftmax(logits: core.Tensor, axis = -1): core.Tensor {
  const op = core.customGrad((x, save) => {
    (save as core.GradSaveFunc)([x as core.Tensor]);
    return {
      value: core.logSoftmax(x as core.Tensor, axis),
      gradFunc: (dy: core.Tensor, saved: core.Tensor[]) =>
        core.sub(dy, core.mul(core.sum(dy, axis, true), core.softmax(saved[0]!, axis))),
    };
  });
  return op(logits);
}

/** `tf.logSigmoid`, whose gradient in TensorFlow.js reads its input after an eager run has disposed it. */
export function logSigmoid(x: core.Tensor): core.Tensor {
  return core.neg(core.softplus(core.neg(x)));
}
