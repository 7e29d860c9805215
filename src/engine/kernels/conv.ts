// Convolutions and their two gradients, dense and depthwise. Images lie in memory as NCHW and filters as OIHW, whatever
// TensorFlow.js calls their axes, so no transpose stands between one convolution and the next.

import { type GraphBuilder, plainOrder, type Value } from '../graph.js';
import * as tf from '../tf.js';
import { type Attributes, attribute, input, type Kernel, unsupported } from './kernel.js';
import { matmul } from './matmul.js';

export type ConvInfo = tf.backend_util.Conv2DInfo;

export const convKernels: Record<string, Kernel> = {
  Conv2D: (g, inputs, attributes) => {
    const [x, filter] = [input(inputs, 'x'), input(inputs, 'filter')];
    const info = convInfo(x.shape, filter.shape, attributes);
    return g.emit(
      'Conv',
      [g.arrange(x, imageOrder(attributes)), g.arrange(filter, OIHW)],
      'float32',
      { shape: info.outShape, order: imageOrder(attributes) },
      window(info),
    );
  },

  // Also the forward pass of conv2dTranspose.
  Conv2DBackpropInput: (g, inputs, attributes) => {
    const [dy, filter] = [input(inputs, 'dy'), input(inputs, 'filter')];
    const info = convInfo(attribute<number[]>(attributes, 'inputShape'), filter.shape, attributes);
    return transposedConv(g, dy, g.arrange(filter, OIHW), info, imageOrder(attributes), 1);
  },

  Conv2DBackpropFilter: (g, inputs, attributes) => {
    const [x, dy] = [input(inputs, 'x'), input(inputs, 'dy')];
    const info = convInfo(x.shape, attribute<[number, number, number, number]>(attributes, 'filterShape'), attributes);
    const { batchSize: n, inChannels, outChannels } = info;
    const [taps, pixels] = [info.filterHeight * info.filterWidth, info.outHeight * info.outWidth];
    const seen = g.reshape(patches(g, x, info, imageOrder(attributes)), [n, inChannels * taps, pixels]);
    const slopes = g.reshape(g.plain(g.transpose(dy, imageOrder(attributes))), [n, outChannels, pixels]);
    // dW[out, (in, tap)] = Σ over all pixels of all images of dy[out] · seen[(in, tap)]: one large product.
    const flat = (value: Value, rows: number) => g.reshape(g.plain(g.transpose(value, [1, 0, 2])), [rows, n * pixels]);
    const product = matmul(g, flat(slopes, outChannels), flat(seen, inChannels * taps), false, true);
    const oihw = g.reshape(product, [outChannels, inChannels, info.filterHeight, info.filterWidth]);
    return g.transpose(oihw, [2, 3, 1, 0]);
  },

  DepthwiseConv2dNative: (g, inputs, attributes) => {
    const [x, filter] = [input(inputs, 'x'), input(inputs, 'filter')];
    const info = convInfo(x.shape, filter.shape, attributes, true);
    const order = imageOrder(attributes);
    return g.emit(
      'Conv',
      [g.arrange(x, order), groupedFilter(g, filter)],
      'float32',
      { shape: info.outShape, order },
      { ...window(info), group: info.inChannels },
    );
  },

  DepthwiseConv2dNativeBackpropInput: (g, inputs, attributes) => {
    const [dy, filter] = [input(inputs, 'dy'), input(inputs, 'filter')];
    const info = convInfo(attribute<number[]>(attributes, 'inputShape'), filter.shape, attributes, true);
    return transposedConv(g, dy, groupedFilter(g, filter), info, imageOrder(attributes), info.inChannels);
  },

  DepthwiseConv2dNativeBackpropFilter: (g, inputs, attributes) => {
    const [x, dy] = [input(inputs, 'x'), input(inputs, 'dy')];
    const filterShape = attribute<[number, number, number, number]>(attributes, 'filterShape');
    const info = convInfo(x.shape, filterShape, attributes, true);
    const { batchSize: n, inChannels: c } = info;
    const [taps, pixels] = [info.filterHeight * info.filterWidth, info.outHeight * info.outWidth];
    const seen = g.reshape(patches(g, x, info, imageOrder(attributes)), [n, c, taps, pixels]);
    const slopes = g.reshape(g.plain(g.transpose(dy, imageOrder(attributes))), [n, c, filterShape[3], pixels]);
    const perImage = matmul(g, seen, slopes, false, true); // [N, C, tap, multiplier]
    const sum = g.reduce('ReduceSum', perImage, [0], false);
    return g.reshape(g.plain(g.transpose(sum, [1, 0, 2])), filterShape);
  },
};

const OIHW = [3, 2, 0, 1]; // of a filter [height, width, in, out]

/** Which logical axis each of N, C, H, W is. */
function imageOrder(attributes: Attributes): readonly number[] {
  return attribute<string | undefined>(attributes, 'dataFormat') === 'NCHW' ? plainOrder(4) : [0, 3, 1, 2];
}

function convInfo(
  inShape: readonly number[],
  filterShape: readonly number[],
  attributes: Attributes,
  depthwise = false,
): ConvInfo {
  type Shape4 = [number, number, number, number];
  const pad = attribute<Padding>(attributes, 'pad');
  const info = tf.backend_util.computeConv2DInfo(
    [...inShape] as Shape4,
    [...filterShape] as Shape4,
    attribute<number | [number, number]>(attributes, 'strides'),
    attribute<number | [number, number] | undefined>(attributes, 'dilations') ?? 1,
    pad,
    attribute<'floor' | 'round' | 'ceil' | undefined>(attributes, 'dimRoundingMode'),
    depthwise,
    attribute<string | undefined>(attributes, 'dataFormat') === 'NCHW' ? 'channelsFirst' : 'channelsLast',
  );
  refuseOneSided(info, pad);
  return info;
}

export type Padding = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;

/** With a number as padding TensorFlow.js takes the height's filter and stride for the width, too. */
export function refuseOneSided(info: ConvInfo, pad: Padding) {
  const square = info.effectiveFilterHeight === info.effectiveFilterWidth && info.strideHeight === info.strideWidth;
  if (typeof pad === 'number' && !square) {
    throw unsupported('a square filter and equal strides with a number as padding (or explicit padding)', {
      filter: [info.effectiveFilterHeight, info.effectiveFilterWidth],
      strides: [info.strideHeight, info.strideWidth],
      pad,
    });
  }
}

/** The attributes that Conv, ConvTranspose and the pools share. */
export function window(info: ConvInfo) {
  const { top, left } = info.padInfo;
  // Padding that makes the windows end where TensorFlow.js says, whichever way it rounded the number of them.
  const end = (out: number, stride: number, effective: number, size: number, start: number) =>
    Math.max(0, stride * (out - 1) + effective - size - start);
  return {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [
      top,
      left,
      end(info.outHeight, info.strideHeight, info.effectiveFilterHeight, info.inHeight, top),
      end(info.outWidth, info.strideWidth, info.effectiveFilterWidth, info.inWidth, left),
    ],
  };
}

/** The adjoint of a convolution: dy back to the convolution's input, `info.inShape`. */
export function transposedConv(
  g: GraphBuilder,
  dy: Value,
  filter: Value,
  info: ConvInfo,
  order: readonly number[],
  group: number,
): Value {
  const shared = window(info);
  const [top, left, bottom, right] = shared.pads as [number, number, number, number];
  const covered = (out: number, stride: number, effective: number, pads: number) =>
    stride * (out - 1) + effective - pads;
  // Pixels at the end that no window reaches.
  const missing = [
    info.inHeight - covered(info.outHeight, info.strideHeight, info.effectiveFilterHeight, top + bottom),
    info.inWidth - covered(info.outWidth, info.strideWidth, info.effectiveFilterWidth, left + right),
  ];
  const attributes = { ...shared, output_padding: missing, group };
  return g.emit('ConvTranspose', [g.arrange(dy, order), filter], 'float32', { shape: info.inShape, order }, attributes);
}

/** [kh, kw, C, M] → [C·M, 1, kh, kw], the filter of a grouped convolution. */
function groupedFilter(g: GraphBuilder, filter: Value): Value {
  const [kh, kw, c, multiplier] = filter.shape as [number, number, number, number];
  return g.plain(g.reshape(g.transpose(filter, [2, 3, 0, 1]), [c * multiplier, 1, kh, kw]));
}

/**
 * The pixels that each tap of the filter sees, as [N·C, taps, outH, outW]. A convolution with the identity as its
 * filter is the runtime's own im2col: two to four times as fast as slicing the taps out one by one.
 */
function patches(g: GraphBuilder, x: Value, info: ConvInfo, order: readonly number[]): Value {
  const taps = info.filterHeight * info.filterWidth;
  const identity = Float32Array.from({ length: taps * taps }, (_, i) => (i % (taps + 1) === 0 ? 1 : 0));
  const shape = [taps, 1, info.filterHeight, info.filterWidth];
  const filter = g.plain(g.constant({ dtype: 'float32', shape, data: identity }));
  const planes = g.reshape(g.plain(g.transpose(x, order)), [
    info.batchSize * info.inChannels,
    1,
    info.inHeight,
    info.inWidth,
  ]);
  const outShape = [info.batchSize * info.inChannels, taps, info.outHeight, info.outWidth];
  return g.emit('Conv', [planes, filter], 'float32', { shape: outShape }, window(info));
}
