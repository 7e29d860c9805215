// Kernels that TensorFlow.js fuses: a product or a convolution with bias and activation, and normalisation with given
// statistics. They are taken apart again; the runtime fuses what it can.

import { type GraphBuilder, same, type Value } from '../graph.js';
import { convKernels } from './conv.js';
import { Arithmetic, elementwiseKernels } from './elementwise.js';
import { type Attributes, attribute, type Inputs, input, type Kernel, unsupported } from './kernel.js';
import { matmulKernels } from './matmul.js';

export const fusedKernels: Record<string, Kernel> = {
  _FusedMatMul: (g, inputs, attributes) => finish(g, matmulKernels['BatchMatMul']!, inputs, attributes),
  FusedConv2D: (g, inputs, attributes) => finish(g, convKernels['Conv2D']!, inputs, attributes),
  FusedDepthwiseConv2D: (g, inputs, attributes) => finish(g, convKernels['DepthwiseConv2dNative']!, inputs, attributes),

  FusedBatchNorm: (g, inputs, attributes) => {
    const [x, mean, variance] = [input(inputs, 'x'), input(inputs, 'mean'), input(inputs, 'variance')];
    const epsilon = attribute<number>(attributes, 'varianceEpsilon');
    const scale = inputs['scale'] ?? g.splat(1, 'float32', mean.shape);
    const offset = inputs['offset'] ?? g.splat(0, 'float32', mean.shape);
    const perChannel = [scale, offset, mean, variance];
    if (same(x.order, NCHW) && perChannel.every(({ shape }) => shape.length === 1)) {
      // After a convolution: the runtime folds this node into the filter when the statistics are constants.
      const operands = [g.expand(x), ...perChannel.map((value) => g.plain(value))];
      return g.emit(
        'BatchNormalization',
        operands,
        'float32',
        { shape: x.shape, order: NCHW },
        { epsilon: { float: epsilon } },
      );
    }
    const m = new Arithmetic(g);
    const deviation = m.apply('Sqrt', m.add(variance, m.number(epsilon)));
    return m.add(m.mul(m.sub(x, mean), m.div(scale, deviation)), offset);
  },
};

const NCHW = [0, 3, 1, 2];

/** Adds bias and activation to what `kernel` computes. */
function finish(g: GraphBuilder, kernel: Kernel, inputs: Inputs, attributes: Attributes): Value {
  const result = kernel(g, inputs, attributes) as Value;
  const bias = inputs['bias'];
  const sum = bias ? new Arithmetic(g).add(result, alongChannels(g, bias, attributes)) : result;
  const activation = attribute<string | undefined>(attributes, 'activation') ?? 'linear';
  switch (activation) {
    case 'linear':
      return sum;
    case 'prelu': {
      const alpha = alongChannels(g, input(inputs, 'preluActivationWeights'), attributes);
      return elementwiseKernels['Prelu']!(g, { x: sum, alpha }, {}) as Value;
    }
    case 'leakyrelu':
      return elementwiseKernels['LeakyRelu']!(
        g,
        { x: sum },
        { alpha: attribute<number>(attributes, 'leakyreluAlpha') },
      ) as Value;
    case 'relu':
    case 'relu6':
    case 'elu':
    case 'sigmoid': {
      const name = `${activation[0]!.toUpperCase()}${activation.slice(1)}`;
      return elementwiseKernels[name]!(g, { x: sum }, {}) as Value;
    }
    default:
      throw unsupported('activation linear, relu, relu6, elu, sigmoid, prelu or leakyrelu', activation);
  }
}

/** One number a channel broadcasts along the last axis, unless the image has its channels first. */
function alongChannels(g: GraphBuilder, value: Value, attributes: Attributes): Value {
  const channelsFirst = attribute<string | undefined>(attributes, 'dataFormat') === 'NCHW';
  return channelsFirst && value.shape.length === 1 ? g.reshape(value, [value.shape[0]!, 1, 1]) : value;
}
