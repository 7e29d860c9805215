// Average and maximum pooling and their gradients, NCHW in memory.

import { type GraphBuilder, type Value } from '../graph.js';
import { sizeOf } from '../tensor.js';
import * as tf from '../tf.js';
import { type ConvInfo, type Padding, refuseOneSided, transposedConv, window } from './conv.js';
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
    const [, positions] = maxPool(g, x, info);
    const flat = (value: Value) => g.reshape(g.plain(g.transpose(value, NCHW)), [sizeOf(value.shape)]);
    const length = sizeOf(info.inShape);
    const zeros = g.plain(g.splat(0, 'float32', [length]));
    const scattered = g.emit(
      'ScatterElements',
      [zeros, flat(positions), flat(dy)],
      'float32',
      { shape: [length] },
      { axis: 0, reduction: 'add' },
    );
    return g.transpose(
      g.reshape(scattered, [info.batchSize, info.inChannels, info.inHeight, info.inWidth]),
      [0, 2, 3, 1],
    );
  },
  MaxPoolWithArgmax: (g, inputs, attributes) => {
    const x = input(inputs, 'x');
    const info = poolInfo(x.shape, attributes);
    const [maxima, positions] = maxPool(g, x, info);
    // A position in memory, ((n·C + c)·H + h)·W + w, becomes one in NHWC: ((n·H + h)·W + w)·C + c.
    const m = new Arithmetic(g);
    const number = (value: number) => g.splat(value, 'int64', [1, 1, 1, 1]);
    const pixels = number(info.inHeight * info.inWidth);
    const channels = number(info.inChannels);
    const plane = m.div(positions, pixels); // n·C + c
    const pixel = g.elementwise('Mod', [positions, pixels], 'int64'); // h·W + w
    const channel = g.elementwise('Mod', [plane, channels], 'int64');
    const local = m.add(m.mul(pixel, channels), channel);
    const whole = attribute<boolean | undefined>(attributes, 'includeBatchInIndex') ?? false;
    const index = whole ? m.add(m.mul(m.sub(plane, channel), pixels), local) : local;
    return [maxima, m.cast(index, 'int32')];
  },
};

/** The maxima, and where each lies: its position in the whole tensor as NCHW memory. */
function maxPool(g: GraphBuilder, x: Value, info: ConvInfo): [maxima: Value, positions: Value] {
  const layout = { shape: info.outShape, order: NCHW };
  const [maxima, positions] = g.emitMany(
    'MaxPool',
    [g.arrange(x, NCHW)],
    [
      { dtype: 'float32', layout },
      { dtype: 'int64', layout },
    ],
    window(info),
  );
  return [maxima!, positions!];
}

function poolInfo(inShape: readonly number[], attributes: Attributes): ConvInfo {
  const pad = attribute<Padding>(attributes, 'pad');
  const info = tf.backend_util.computePool2DInfo(
    [...inShape] as [number, number, number, number],
    attribute<number | [number, number]>(attributes, 'filterSize'),
    attribute<number | [number, number]>(attributes, 'strides'),
    1,
    pad,
    attribute<'floor' | 'round' | 'ceil' | undefined>(attributes, 'dimRoundingMode'),
  );
  refuseOneSided(info, pad);
  return info;
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
