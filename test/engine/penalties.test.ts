// Second-order gradients: a penalty P = mean ‖∇ₓ D(x; w)‖² (R1, R2) or mean (‖∇ₓ D‖ - 1)² (WGAN-GP), differentiated by
// the weights and the input, through every kind of layer. Each is held against central finite differences of the traced
// P along a random direction, and against the eager cpu backend where that has all kernels right.

import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/engine/graph.js';
import { encodeModel } from '../../src/engine/onnx.js';
import { Session } from '../../src/engine/session.js';
import { float32, type HostTensor, type HostTensors } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { tensorOf, trace } from '../../src/engine/tracer.js';
import { drawn, expectClose, mulberry32 } from './traced.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

interface Layer {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly f: (x: tf.Tensor, w: tf.Tensor) => tf.Tensor;
  /** The cpu backend has this gradient wrong or not at all. */
  readonly noEager?: boolean;
}

const image = [2, 4, 5, 3];
const times = (x: tf.Tensor, w: tf.Tensor) => tf.mul(x, w);
/** Applies a resampling to an image scaled by one weight a channel. */
const scaled = (f: (x: tf.Tensor4D) => tf.Tensor): Pick<Layer, 'x' | 'w' | 'f'> => ({
  x: image,
  w: [3],
  f: (x, w) => f(times(x, w) as tf.Tensor4D),
});
/** x·W and then an activation. */
const activated = (f: (x: tf.Tensor) => tf.Tensor): Layer => ({
  x: [3, 4],
  w: [4, 5],
  f: (x, w) => f(tf.matMul(x, w)),
});
const normalised = (x: tf.Tensor, axes: number[]) => {
  const { mean, variance } = tf.moments(x, axes, true);
  return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-2)));
};

/** f on (0.1, 0.9), where each of the functions below is smooth. */
const smooth = (f: (x: tf.Tensor) => tf.Tensor): Layer => activated((x) => f(tf.add(tf.mul(tf.sigmoid(x), 0.8), 0.1)));
const functions: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  abs: tf.abs,
  acos: tf.acos,
  acosh: (x) => tf.acosh(tf.add(x, 1)),
  asin: tf.asin,
  asinh: tf.asinh,
  atan: tf.atan,
  atanh: tf.atanh,
  atan2: (x) => tf.atan2(x, tf.square(x)),
  cos: tf.cos,
  cosh: tf.cosh,
  div: (x) => tf.div(tf.square(x), tf.add(x, 1)),
  erf: tf.erf,
  exp: tf.exp,
  expm1: tf.expm1,
  log: tf.log,
  log1p: tf.log1p,
  'log-sigmoid': tf.logSigmoid,
  mod: (x) => tf.mod(tf.square(x), tf.add(x, 1)),
  pow: (x) => tf.pow(x, tf.add(x, 1)),
  reciprocal: tf.reciprocal,
  rsqrt: tf.rsqrt,
  sin: tf.sin,
  sinh: tf.sinh,
  'squared difference': (x) => tf.squaredDifference(tf.square(x), x),
  sqrt: tf.sqrt,
  tan: tf.tan,
};

const layers: Record<string, Layer> = {
  ...Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, smooth(f)])),
  dense: activated((x) => x),
  relu: activated(tf.relu),
  'leaky relu': activated((x) => tf.leakyRelu(x, 0.2)),
  relu6: activated(tf.relu6),
  elu: activated(tf.elu),
  selu: activated(tf.selu),
  softplus: activated(tf.softplus),
  tanh: activated(tf.tanh),
  sigmoid: activated(tf.sigmoid),
  swish: activated((x) => tf.mul(x, tf.sigmoid(x))),
  'gelu (erf)': activated((x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1))),
  softmax: activated((x) => tf.softmax(x)),
  'log-softmax': activated((x) => tf.logSoftmax(x)),
  'log-sum-exp': activated((x) => tf.logSumExp(x, 1, true)),
  'clipped by value': activated((x) => tf.clipByValue(x, -0.6, 0.8)),
  maxout: { x: [3, 4], w: [4, 6], f: (x, w) => tf.max(tf.reshape(tf.matMul(x, w), [3, 2, 3]), 2) },
  prelu: { x: [3, 4], w: [4], f: (x, w) => tf.prelu(x, w) },
  'where on a comparison': {
    x: [3, 4],
    w: [4],
    f: (x, w) => tf.where(tf.logicalAnd(tf.greater(x, w), tf.less(x, 1)), tf.mul(x, w), tf.square(x)),
  },
  product: { x: [3, 4], w: [4], f: (x, w) => tf.prod(tf.add(tf.mul(x, w), 2), 1) },
  'cumulative product': { x: [3, 4], w: [4], f: (x, w) => tf.cumprod(tf.add(tf.mul(x, w), 3), 1) },
  'cumulative sum': { x: [3, 4], w: [4], f: (x, w) => tf.square(tf.cumsum(tf.mul(x, w), 0)) },
  einsum: { x: [2, 3, 4], w: [4, 3], f: (x, w) => tf.einsum('bij,jk->bik', x, w) },
  'conv, same': { x: image, w: [3, 3, 3, 2], f: (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same') },
  'conv, stride 2': {
    x: image,
    w: [4, 4, 3, 2],
    f: (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same'),
  },
  'conv, dilated': {
    x: image,
    w: [3, 2, 3, 2],
    f: (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same', 'NHWC', [1, 2]),
    noEager: true,
  },
  'conv, transposed': {
    x: image,
    w: [4, 4, 2, 3],
    f: (x, w) => tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [2, 8, 10, 2], 2, 'same'),
  },
  'conv, depthwise': {
    x: image,
    w: [3, 2, 3, 2],
    f: (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
  },
  'batch norm': { ...scaled((x) => normalised(tf.add(x, tf.square(x)), [0, 1, 2])) },
  'layer norm': { ...scaled((x) => normalised(tf.add(x, tf.square(x)), [1, 2, 3])) },
  'instance norm': { ...scaled((x) => normalised(tf.add(x, tf.square(x)), [1, 2])) },
  'batch norm with given statistics': {
    ...scaled((x) => tf.batchNorm(x, [0.1, 0.2, 0.3], [1, 2, 0.5], [0, 1, 2], [1, 0.5, 2], 1e-3)),
  },
  'spectral norm': {
    x: [3, 4],
    w: [4, 5],
    f: (x, w) => {
      const unit = (v: tf.Tensor) => tf.div(v, tf.sqrt(tf.add(tf.sum(tf.square(v)), 1e-6)));
      const u = unit(tf.matMul(w, tf.ones([5, 1])));
      const v = unit(tf.matMul(w, u, true));
      return tf.matMul(x, tf.div(w, tf.sum(tf.mul(u, tf.matMul(w, v)))));
    },
  },
  'minibatch standard deviation': {
    ...scaled((x) => {
      const deviation = tf.sqrt(tf.add(tf.moments(x, 0).variance, 1e-2));
      const statistic = tf.tile(tf.reshape(tf.mean(deviation), [1, 1, 1, 1]), [2, 4, 5, 1]);
      return tf.concat([x, statistic], 3);
    }),
  },
  'average pool': { ...scaled((x) => tf.avgPool(x, 2, 2, 'valid')) },
  'average pool, same': { ...scaled((x) => tf.avgPool(x, 3, 2, 'same')), noEager: true },
  'max pool': { ...scaled((x) => tf.maxPool(x, 2, 2, 'valid')) },
  'nearest upsampling': { ...scaled((x) => tf.image.resizeNearestNeighbor(x, [8, 10])), noEager: true },
  'nearest downsampling': { ...scaled((x) => tf.image.resizeNearestNeighbor(x, [2, 3])), noEager: true },
  'bilinear upsampling': { ...scaled((x) => tf.image.resizeBilinear(x, [7, 9])), noEager: true },
  'bilinear, half pixels': { ...scaled((x) => tf.image.resizeBilinear(x, [7, 3], false, true)), noEager: true },
  'pixel shuffle': { x: [2, 3, 2, 8], w: [8], f: (x, w) => tf.depthToSpace(times(x, w) as tf.Tensor4D, 2) },
  'mirror padding': {
    ...scaled((x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [1, 2],
          [2, 1],
          [0, 0],
        ],
        'reflect',
      ),
    ),
  },
  'slices and concat': {
    ...scaled((x) =>
      tf.concat(
        [tf.slice(x, [0, 1, 0, 0], [2, 2, 5, 3]), tf.stridedSlice(x, [0, 3, 0, 0], [2, 0, 5, 3], [1, -2, 1, 1])],
        1,
      ),
    ),
  },
  embedding: { x: [3, 4], w: [5, 4], f: (x, w) => tf.mul(x, tf.gather(w, tf.tensor1d([4, 0, 4], 'int32'))) },
  'gatherND and top-k': {
    x: [3, 4],
    w: [4],
    f: (x, w) =>
      tf.add(
        tf.gatherND(times(x, w), tf.tensor2d([[0], [2]], [2, 1], 'int32')),
        tf.sum(tf.topk(times(x, w), 2).values),
      ),
  },
};

type Inputs = readonly [x: tf.Tensor, w: tf.Tensor];
type Penalty = (layer: Layer, x: tf.Tensor, w: tf.Tensor) => tf.Tensor;

/** D(x) = Σ c · (y + y²/2), y = layer(x); c is fixed, and no two outputs weigh the same. */
function score({ f }: Layer, x: tf.Tensor, w: tf.Tensor): tf.Tensor {
  const y = f(x, w);
  const c = tf.tensor(
    Array.from({ length: y.size }, (_, i) => 1 + 0.5 * Math.sin(1 + 1.7 * i)),
    y.shape,
  );
  return tf.sum(tf.mul(c, tf.add(y, tf.mul(0.5, tf.square(y)))));
}

const r1: Penalty = (layer, x, w) => {
  const gradient = tf.grad((input) => score(layer, input, w))(x);
  return tf.mean(tf.sum(tf.reshape(tf.square(gradient), [x.shape[0]!, -1]), 1));
};

const wganGp: Penalty = (layer, x, w) => {
  const gradient = tf.grad((input) => score(layer, input, w))(x);
  const norm = tf.sqrt(tf.add(tf.sum(tf.reshape(tf.square(gradient), [x.shape[0]!, -1]), 1), 1e-12));
  return tf.mean(tf.square(tf.sub(norm, 1)));
};

/** Not a penalty that anyone uses; it differentiates the gradients by the weights. */
const byWeights: Penalty = (layer, x, w) => tf.mean(tf.square(tf.grad((weights) => score(layer, x, weights))(w)));

/** One graph: (x, w) → the penalty of each layer and its gradients by x and w. */
async function compiled(penalty: Penalty, names: readonly string[]): Promise<Session> {
  const graph = new GraphBuilder();
  const placed = names.map((name) => {
    const { x, w } = layers[name]!;
    return [
      graph.input(`${name}/x`, { dtype: 'float32', shape: x }),
      graph.input(`${name}/w`, { dtype: 'float32', shape: w }),
    ] as const;
  });
  const results = trace(graph, (lift) => {
    const outputs: Record<string, tf.Tensor> = {};
    for (const [i, name] of names.entries()) {
      const inputs: Inputs = [lift(placed[i]![0]), lift(placed[i]![1])];
      const { value, dx, dw } = naming(name, () => differentiate(penalty, name, inputs));
      outputs[`${name}/value`] = value;
      outputs[`${name}/dx`] = dx;
      outputs[`${name}/dw`] = dw;
    }
    return outputs;
  });
  const outputs = new Map(Object.entries(results).map(([name, value]) => [name, graph.plain(value)]));
  return Session.load(encodeModel(graph.finish('penalties', outputs)));
}

/** A failure says through which layer. */
function naming<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`While tracing ${name}: ${String(error)}`, { cause: error });
  }
}

function differentiate(penalty: Penalty, name: string, [x, w]: Inputs) {
  const { value, grads } = tf.valueAndGrads((a, b) => tf.reshape(penalty(layers[name]!, a!, b!), []))([x, w]);
  return { value, dx: grads[0]!, dw: grads[1]! };
}

/** Values away from the kinks of the layers: each layer's follow from its name, so that adding one moves no other. */
function point(names: readonly string[]): HostTensors {
  return Object.fromEntries(
    names.flatMap((name) => {
      const random = mulberry32([...name].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) | 0, 3));
      const { x, w } = layers[name]!;
      return [
        [`${name}/x`, drawn(random, x, { low: -1.5, high: 1.5 })],
        [`${name}/w`, drawn(random, w, { low: 0.2, high: 1.2 })],
      ];
    }),
  );
}

/** start + step · direction. */
function moved(start: HostTensors, direction: HostTensors, step: number): HostTensors {
  return Object.fromEntries(
    Object.entries(start).map(([name, { shape, data }]) => [
      name,
      float32(
        shape,
        Array.from(data as Float32Array, (value, i) => value + step * Number(direction[name]!.data[i])),
      ),
    ]),
  );
}

function dot(a: HostTensor, b: HostTensor): number {
  return Array.from(a.data as Float32Array).reduce((sum, value, i) => sum + value * Number(b.data[i]), 0);
}

const STEP = 2e-3;

describe.each<[string, Penalty]>([
  ['R1 and R2', r1],
  ['WGAN-GP', wganGp],
  ['the gradient by the weights', byWeights],
])('%s', (_, penalty) => {
  const names = Object.keys(layers);
  let at: HostTensors;
  let towards: HostTensors;
  let [here, above, below]: HostTensors[] = [];

  beforeAll(async () => {
    const session = await compiled(penalty, names);
    at = point(names);
    towards = Object.fromEntries(
      Object.entries(at).map(([name, { shape }]) => [
        name,
        drawn(mulberry32(shape.length), shape, { low: -1, high: 1 }),
      ]),
    );
    here = await session.run(at);
    above = await session.run(moved(at, towards, STEP));
    below = await session.run(moved(at, towards, -STEP));
    await session.release();
  });

  test.each(names)('through %s: the gradient matches central differences', (name) => {
    const [up, down] = [above!, below!].map((results) => Number(results[`${name}/value`]!.data[0])) as [number, number];
    const slope = (up - down) / (2 * STEP);
    const predicted =
      dot(here![`${name}/dx`]!, towards[`${name}/x`]!) + dot(here![`${name}/dw`]!, towards[`${name}/w`]!);
    // Tolerance: 0.5 % of the slope, and what rounding P to float32 (six digits of it are sure) does to the difference.
    const rounding = (1e-6 * Math.abs(up)) / (2 * STEP);
    expect(Math.abs(slope)).toBeGreaterThan(5 * rounding);
    expect(Math.abs(predicted - slope)).toBeLessThan(1e-3 + 0.005 * Math.abs(slope) + rounding);
  });

  test.each(names.filter((name) => !layers[name]!.noEager))('through %s: traced and eager agree', (name) => {
    const inputs: Inputs = [tensorOf(at[`${name}/x`]!), tensorOf(at[`${name}/w`]!)];
    const { value, dx, dw } = differentiate(penalty, name, inputs);
    const eager = [value, dx, dw].map((t) => float32(t.shape, Float32Array.from(t.dataSync())));
    tf.dispose([...inputs, value, dx, dw]);
    for (const [i, part] of ['value', 'dx', 'dw'].entries()) {
      expectClose(here![`${name}/${part}`]!, eager[i]!, 2e-3, `${name}/${part}`);
    }
  });
});
