// Average and maximum pooling and their gradients, NCHW in memory.

import { type GraphBuilder, type Value } from '../graph.js';
import * as tf from '../tf.js';
import { type ConvInfo, transposedConv, window } from './conv.js';
import { Arithmetic } from './elementwise.js';
import { type Attributes, attribute, input, type Kernel } from './kernel.js';

const NCHW = [0, 3, 1, 2];

export const poolKernels: Record<string, Kernel> = {
  AvgPool: (g, inputs, attributes) => {
    const x = input(inputs, 'x');
    return averagePool(g, x, poolInfo(x.shape, attributes));
  },
  AvgPoolGrad: (g, inputs, attributes) => {
    const [dy, x] = [input(inputs, 'dy'), input(inputs, 'input')];
    const info = poolInfo(x.shape, attributes);
    const share = new Arithmetic(g).div(dy, windowSizes(g, info));
    const c = info.inChannels;
    // Each pixel collects its share of every window it lies in: a transposed convolution with ones, channel by channel.
    const folded = g.transpose(
      g.reshape(g.plain(g.transpose(share, NCHW)), [info.batchSize * c, 1, info.outHeight, info.outWidth]),
      [0, 2, 3, 1],
    );
    const ones = g.plain(g.splat(1, 'float32', [1, 1, info.filterHeight, info.filterWidth]));
    const single: ConvInfo = {
      ...info,
      inShape: [info.batchSize * c, info.inHeight, info.inWidth, 1],
      inChannels: 1,
      outChannels: 1,
    };
    const spread = transposedConv(g, folded, ones, single, NCHW, 1);
    const nchw = g.reshape(g.plain(g.transpose(spread, NCHW)), [info.batchSize, c, info.inHeight, info.inWidth]);
    return g.transpose(nchw, [0, 2, 3, 1]);
  },
  MaxPool: (g, inputs, attributes) => {
    const x = input(inputs, 'x');
    const info = poolInfo(x.shape, attributes);
    return g.emit('MaxPool', [g.arrange(x, NCHW)], 'float32', { shape: info.outShape, order: NCHW }, window(info));
  },
  MaxPoolGrad: (g, inputs, attributes) => {
    const [dy, x] = [input(inputs, 'dy'), input(inputs, 'input')];
    const info = poolInfo(x.shape, attributes);
    const layout = { shape: info.outShape, order: NCHW };
    const [, indices] = g.emitMany(
      'MaxPool',
      [g.arrange(x, NCHW)],
      [
        { dtype: 'float32', layout },
        { dtype: 'int64', layout },
      ],
      window(info),
    );
    // The indices count through the whole tensor as it lies in memory.
    const flat = (value: Value) =>
      g.reshape(g.plain(g.transpose(value, NCHW)), [value.shape.reduce((a, b) => a * b, 1)]);
    const length = info.inShape.reduce((a, b) => a * b, 1);
    const zeros = g.plain(g.splat(0, 'float32', [length]));
    const scattered = g.emit(
      'ScatterElements',
      [zeros, flat(indices!), flat(dy)],
      'float32',
      { shape: [length] },
      { axis: 0, reduction: 'add' },
    );
    return g.transpose(
      g.reshape(scattered, [info.batchSize, info.inChannels, info.inHeight, info.inWidth]),
      [0, 2, 3, 1],
    );
  },
};

function poolInfo(inShape: readonly number[], attributes: Attributes): ConvInfo {
  return tf.backend_util.computePool2DInfo(
    [...inShape] as [number, number, number, number],
    attribute<number | [number, number]>(attributes, 'filterSize'),
    attribute<number | [number, number]>(attributes, 'strides'),
    1,
    attribute<'same' | 'valid' | number | tf.backend_util.ExplicitPadding>(attributes, 'pad'),
    attribute<'floor' | 'round' | 'ceil' | undefined>(attributes, 'dimRoundingMode'),
  );
}

function averagePool(g: GraphBuilder, x: Value, info: ConvInfo): Value {
  const { dilations: _, ...attributes } = window(info);
  // TensorFlow counts only the pixels inside the image.
  return g.emit(
    'AveragePool',
    [g.arrange(x, NCHW)],
    'float32',
    { shape: info.outShape, order: NCHW },
    { ...attributes, count_include_pad: 0 },
  );
}

/** How many pixels of the image each window covers: [1, outH, outW, 1]. */
function windowSizes(g: GraphBuilder, info: ConvInfo): Value {
  const along = (out: number, stride: number, filter: number, before: number, size: number) =>
    Array.from(
      { length: out },
      (_, i) => Math.min(i * stride - before + filter, size) - Math.max(i * stride - before, 0),
    );
  const rows = along(info.outHeight, info.strideHeight, info.filterHeight, info.padInfo.top, info.inHeight);
  const columns = along(info.outWidth, info.strideWidth, info.filterWidth, info.padInfo.left, info.inWidth);
  const data = Float32Array.from(rows.flatMap((row) => columns.map((column) => row * column)));
  return g.constant({ dtype: 'float32', shape: [1, info.outHeight, info.outWidth, 1], data });
}
