// Nearest and bilinear resizing. Both are linear and separable, so each is a product with one small matrix per axis,
// and the gradient is the product with its transpose: exact, and differentiable again.

import { type GraphBuilder, type Value } from '../graph.js';
import { type Attributes, attribute, input, type Kernel } from './kernel.js';
import { matmul } from './matmul.js';

export const resizeKernels: Record<string, Kernel> = {
  ResizeBilinear: (g, inputs, attributes) => forward(g, input(inputs, 'images'), attributes, bilinearWeights),
  ResizeNearestNeighbor: (g, inputs, attributes) => {
    const images = input(inputs, 'images');
    const [height, width] = attribute<[number, number]>(attributes, 'size');
    const [n, h, w, c] = images.shape as [number, number, number, number];
    const whole = height % h === 0 && width % w === 0 && !attribute<boolean>(attributes, 'alignCorners');
    if (!whole) return forward(g, images, attributes, nearestWeights);
    // Whole factors repeat pixels: broadcast two new axes and merge them.
    const nchw = g.reshape(g.plain(g.transpose(images, [0, 3, 1, 2])), [n, c, h, 1, w, 1]);
    const repeated = g.reshape(g.expand(g.broadcastTo(nchw, [n, c, h, height / h, w, width / w])), [
      n,
      c,
      height,
      width,
    ]);
    return g.transpose(repeated, [0, 2, 3, 1]);
  },
  ResizeBilinearGrad: (g, inputs, attributes) =>
    adjoint(g, inputs['dy']!, inputs['images']!, attributes, bilinearWeights),
  ResizeNearestNeighborGrad: (g, inputs, attributes) =>
    adjoint(g, inputs['dy']!, inputs['images']!, attributes, nearestWeights),
};

/** weights[out][in] of one axis, row-major. */
type Weights = (
  from: number,
  to: number,
  alignCorners: boolean,
  halfPixelCenters: boolean,
) => Float32Array<ArrayBuffer>;

function forward(g: GraphBuilder, images: Value, attributes: Attributes, weights: Weights): Value {
  const [n, h, w, c] = images.shape as [number, number, number, number];
  const [height, width] = attribute<[number, number]>(attributes, 'size');
  const [rows, columns] = matrices(g, [h, w], [height, width], attributes, weights);
  const nchw = g.plain(g.transpose(images, [0, 3, 1, 2]));
  const wide = matmul(g, g.reshape(nchw, [n * c * h, w]), columns, false, true);
  const resized = matmul(g, rows, g.reshape(wide, [n, c, h, width]));
  return g.transpose(resized, [0, 2, 3, 1]);
}

function adjoint(g: GraphBuilder, dy: Value, images: Value, attributes: Attributes, weights: Weights): Value {
  const [n, h, w, c] = images.shape as [number, number, number, number];
  const [height, width] = dy.shape.slice(1, 3) as [number, number];
  const [rows, columns] = matrices(g, [h, w], [height, width], attributes, weights);
  const nchw = g.plain(g.transpose(dy, [0, 3, 1, 2]));
  const narrow = matmul(g, g.reshape(nchw, [n * c * height, width]), columns);
  const back = matmul(g, rows, g.reshape(narrow, [n, c, height, w]), true);
  return g.transpose(back, [0, 2, 3, 1]);
}

function matrices(
  g: GraphBuilder,
  from: [number, number],
  to: [number, number],
  attributes: Attributes,
  weights: Weights,
): [Value, Value] {
  const alignCorners = attribute<boolean | undefined>(attributes, 'alignCorners') ?? false;
  const halfPixelCenters = attribute<boolean | undefined>(attributes, 'halfPixelCenters') ?? false;
  const matrix = (a: number, b: number) =>
    g.plain(g.constant({ dtype: 'float32', shape: [b, a], data: weights(a, b, alignCorners, halfPixelCenters) }));
  return [matrix(from[0], to[0]), matrix(from[1], to[1])];
}

const bilinearWeights: Weights = (from, to, alignCorners, halfPixelCenters) => {
  const matrix = new Float32Array(to * from);
  const scale = scaleOf(from, to, alignCorners);
  for (let i = 0; i < to; i++) {
    const at = halfPixelCenters ? scale * (i + 0.5) - 0.5 : scale * i;
    const low = Math.max(0, Math.floor(at));
    const high = Math.min(from - 1, Math.ceil(at));
    const fraction = at - low;
    matrix[i * from + low]! += 1 - fraction;
    matrix[i * from + high]! += fraction;
  }
  return matrix;
};

const nearestWeights: Weights = (from, to, alignCorners, halfPixelCenters) => {
  const matrix = new Float32Array(to * from);
  const scale = scaleOf(from, to, alignCorners);
  for (let i = 0; i < to; i++) {
    const at = scale * (halfPixelCenters ? i + 0.5 : i);
    matrix[i * from + Math.min(from - 1, alignCorners ? Math.round(at) : Math.floor(at))] = 1;
  }
  return matrix;
};

function scaleOf(from: number, to: number, alignCorners: boolean): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}
