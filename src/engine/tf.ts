// TensorFlow.js as this project uses it: the core ops, with all gradients registered. Import it from here, never from
// its packages, so that nobody meets a tensor that has no gradient. It takes about 0.2 s to load: serving never does.
// The gradients come with tfjs-layers, the smallest package that has them in a form that Node loads.

import * as core from '@tensorflow/tfjs-core';

export * from '@tensorflow/tfjs-core';
export { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers';

/** The gradients of Prod and GatherV2 call these on tensors; of TensorFlow.js, only `@tensorflow/tfjs` has methods. */
Object.assign(core.Tensor.prototype, {
  reshape(this: core.Tensor, shape: number[]) {
    return core.reshape(this, shape);
  },
  slice(this: core.Tensor, begin: number, size: number) {
    return core.slice(this, begin, size);
  },
  split(this: core.Tensor, parts: number, axis: number) {
    return core.split(this, parts, axis);
  },
});

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
