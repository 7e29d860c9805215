// Convolutions and their two gradients, dense and depthwise. Images lie in memory as NCHW and filters as OIHW, whatever
// TensorFlow.js calls their axes, so no transpose stands between one convolution and the next.

import { type GraphBuilder, plainOrder, type Value } from '../graph.js';
import * as tf from '../tf.js';
import { Arithmetic } from './elementwise.js';
import { type Attributes, attribute, input, type Kernel } from './kernel.js';
import { matmul } from './matmul.js';
import { concat, pad, slice } from './shape.js';

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
    const filterShape = attribute<[number, number, number, number]>(attributes, 'filterShape');
    const info = convInfo(x.shape, filterShape, attributes);
    const channelsFirst = imageOrder(attributes).map((axis) => axis);
    const toCnhw = (value: Value) => {
      // Logical [C, N, H, W], whatever the order of the image's axes.
      const [n, c, h, w] = channelsFirst as [number, number, number, number];
      return g.plain(g.transpose(value, [c, n, h, w]));
    };
    const pixels = info.batchSize * info.outHeight * info.outWidth;
    // dW[o, (i, tap)] = Σ_pixels dy[o, pixel] · patches[(i, tap), pixel]: one large product.
    const patches = taps(toCnhw(x), info, g).map((tap) => g.reshape(tap, [info.inChannels, 1, pixels]));
    const columns = g.reshape(concat(g, patches, 1), [info.inChannels * patches.length, pixels]);
    const product = matmul(g, g.reshape(toCnhw(dy), [info.outChannels, pixels]), columns, false, true);
    const oihw = g.reshape(product, [info.outChannels, info.inChannels, info.filterHeight, info.filterWidth]);
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
    const [n, c, h, w] = imageOrder(attributes) as [number, number, number, number];
    const multiplier = filterShape[3];
    const m = new Arithmetic(g);
    const split = g.reshape(g.plain(g.transpose(dy, [c, n, h, w])), [
      info.inChannels,
      multiplier,
      info.batchSize,
      info.outHeight,
      info.outWidth,
    ]);
    const perTap = taps(g.plain(g.transpose(x, [c, n, h, w])), info, g).map((tap) => {
      const spread = g.reshape(tap, [info.inChannels, 1, info.batchSize, info.outHeight, info.outWidth]);
      return g.reshape(g.reduce('ReduceSum', m.mul(split, spread), [2, 3, 4], false), [1, info.inChannels, multiplier]);
    });
    return g.reshape(concat(g, perTap, 0), filterShape);
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
  return tf.backend_util.computeConv2DInfo(
    [...inShape] as Shape4,
    [...filterShape] as Shape4,
    attribute<number | [number, number]>(attributes, 'strides'),
    attribute<number | [number, number] | undefined>(attributes, 'dilations') ?? 1,
    attribute<'same' | 'valid' | number | tf.backend_util.ExplicitPadding>(attributes, 'pad'),
    attribute<'floor' | 'round' | 'ceil' | undefined>(attributes, 'dimRoundingMode'),
    depthwise,
    attribute<string | undefined>(attributes, 'dataFormat') === 'NCHW' ? 'channelsFirst' : 'channelsLast',
  );
}

/** The attributes that Conv, ConvTranspose and the pools share. */
export function window(info: ConvInfo) {
  const { top, left, bottom, right } = info.padInfo;
  return {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [top, left, bottom, right],
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
  const { top, left, bottom, right } = info.padInfo;
  const covered = (out: number, stride: number, effective: number, pads: number) =>
    stride * (out - 1) + effective - pads;
  const missing = [
    info.inHeight - covered(info.outHeight, info.strideHeight, info.effectiveFilterHeight, top + bottom),
    info.inWidth - covered(info.outWidth, info.strideWidth, info.effectiveFilterWidth, left + right),
  ];
  const attributes = { ...window(info), output_padding: missing, group };
  return g.emit('ConvTranspose', [g.arrange(dy, order), filter], 'float32', { shape: info.inShape, order }, attributes);
}

/** [kh, kw, C, M] → [C·M, 1, kh, kw], the filter of a grouped convolution. */
function groupedFilter(g: GraphBuilder, filter: Value): Value {
  const [kh, kw, c, multiplier] = filter.shape as [number, number, number, number];
  return g.plain(g.reshape(g.transpose(filter, [2, 3, 0, 1]), [c * multiplier, 1, kh, kw]));
}

/**
 * The pixels that each filter tap sees: for an image [C, N, H, W], one [C, N, outH, outW] a tap, row by row. Strides
 * are split off first, so that every tap is a plain window.
 */
export function taps(image: Value, info: ConvInfo, g: GraphBuilder, fill = 0): Value[] {
  const {
    padInfo,
    strideHeight,
    strideWidth,
    dilationHeight,
    dilationWidth,
    filterHeight,
    filterWidth,
    outHeight,
    outWidth,
  } = info;
  const [c, n] = image.shape as [number, number, number, number];
  const roundUp = (size: number, stride: number) => Math.ceil(size / stride) * stride;
  // The window may end before the image does, or past its padding: bring the image to whole strides.
  const height = roundUp(
    Math.max(info.inHeight + padInfo.top + padInfo.bottom, (outHeight - 1) * strideHeight + info.effectiveFilterHeight),
    strideHeight,
  );
  const width = roundUp(
    Math.max(info.inWidth + padInfo.left + padInfo.right, (outWidth - 1) * strideWidth + info.effectiveFilterWidth),
    strideWidth,
  );
  const padded = pad(
    g,
    image,
    [
      [0, 0],
      [0, 0],
      [padInfo.top, height - info.inHeight - padInfo.top],
      [padInfo.left, width - info.inWidth - padInfo.left],
    ],
    'constant',
    fill,
  );
  const split = g.reshape(padded, [c, n, height / strideHeight, strideHeight, width / strideWidth, strideWidth]);
  // [strideH, strideW, C, N, H / strideH, W / strideW]: phase images, each of unit stride.
  const phases = strideHeight === 1 && strideWidth === 1 ? split : g.plain(g.transpose(split, [3, 5, 0, 1, 2, 4]));
  const phased = g.reshape(phases, [strideHeight, strideWidth, c, n, height / strideHeight, width / strideWidth]);
  return Array.from({ length: filterHeight * filterWidth }, (_, tap) => {
    const y = Math.floor(tap / filterWidth) * dilationHeight;
    const x = (tap % filterWidth) * dilationWidth;
    const [phaseY, phaseX] = [y % strideHeight, x % strideWidth];
    const [top, left] = [Math.floor(y / strideHeight), Math.floor(x / strideWidth)];
    const window = slice(
      g,
      phased,
      [phaseY, phaseX, 0, 0, top, left],
      [phaseY + 1, phaseX + 1, c, n, top + outHeight, left + outWidth],
    );
    return g.reshape(window, [c, n, outHeight, outWidth]);
  });
}
