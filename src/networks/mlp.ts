// Multilayer perceptrons: dense layers with relu-like activations or maxout (Goodfellow et al. 2013, arXiv:1302.4389),
// and dropout on the input of any layer. Images are taken and given as [N, C, H, W] and are flat inside.

import { float32, type HostTensors, sizeOf } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import { GanymedeError } from '../errors.js';
import { fillStream, type NoiseSpecs, permutation, type Stream } from '../random/noise.js';
import type { MlpConfig } from '../recipes/network-configs.js';
import { activate } from './activation.js';
import type { Network, Pass, Tensors, Trunk } from './network.js';
import { waves } from './waves.js';

type Layer = MlpConfig['layers'][number];

export interface MlpShape {
  readonly name: string;
  readonly input: readonly number[];
  /** One output example. The last layer's units must make it up. */
  readonly output: readonly number[];
  /** Initial biases of the last layer, one per unit; zeros without it. */
  readonly outputBias?: Float32Array<ArrayBuffer>;
}

export function mlp(config: MlpConfig, shape: MlpShape): Network {
  const layers = config.layers;
  const last = layers.at(-1)!;
  if (last.units !== sizeOf(shape.output)) {
    throw new RangeError(
      `Expected ${sizeOf(shape.output)} units in the last layer of ${shape.name} but received ${last.units}.`,
    );
  }
  const entering = sizeOf(shape.input);
  const seen = waves(config.waves, `${shape.name}/waves`);
  const widths = [entering * seen.times, ...layers.map((layer) => layer.units)];
  const prefix = (index: number) => `${shape.name}/layer${index + 1}`;

  const through = (from: number, to: number, params: Tensors, x: tf.Tensor, pass: Pass) =>
    layers.slice(from, to).reduce((h, layer, i) => {
      const name = prefix(from + i);
      const mask = pass.noise?.[`${name}/mask`];
      return activateLayer(affine(mask ? dropout(h, mask, layer.keep) : h, params, name), layer);
    }, x);
  const trunk: Trunk = {
    size: widths.at(-2)!,
    features: (params, x, pass) => through(0, -1, params, seen.beside(params, tf.reshape(x, [-1, entering])), pass),
    head(params, features, pass) {
      const y = through(layers.length - 1, layers.length, params, features, pass);
      return shape.output.length === 1 ? y : tf.reshape(y, [-1, ...shape.output]);
    },
  };

  return {
    name: shape.name,
    input: shape.input,
    output: shape.output,
    noise: dropoutMasks(layers, widths, prefix),
    fate: (name) => (name in seen.start ? 'following' : 'trained'),
    stages: layers.map((_, index) => `${prefix(index)}/`),
    trunk,
    advance: seen.advance,

    init(stream: Stream): HostTensors {
      const params: HostTensors = { ...seen.start };
      layers.forEach((layer, index) => {
        const [fanIn, fanOut] = [widths[index]!, layer.units * piecesOf(layer)];
        const weight = startOf(layer, fanIn, fanOut, stream.at(`${prefix(index)}/weight`));
        params[`${prefix(index)}/weight`] = float32([fanIn, fanOut], weight);
        if (layer.bias === false) return;
        const bias = index === layers.length - 1 ? shape.outputBias : undefined;
        params[`${prefix(index)}/bias`] = float32(
          [fanOut],
          bias?.slice() ?? new Float32Array(fanOut).fill(layer.bias ?? 0),
        );
      });
      return params;
    },

    bounded(params) {
      const held = layers.flatMap(({ maxNorm }, index) => {
        const name = `${prefix(index)}/weight`;
        return maxNorm === undefined ? [] : [[name, withNormAtMost(params[name]!, maxNorm)] as const];
      });
      return Object.fromEntries(held);
    },

    apply: (params, x, pass = {}) => trunk.head(params, trunk.features(params, x, pass), pass),
  };
}

/** Weights [fanIn, fanOut] as a layer starts with them. */
function startOf(layer: Layer, fanIn: number, fanOut: number, stream: Stream): Float32Array<ArrayBuffer> {
  const weight = new Float32Array(fanIn * fanOut);
  if (layer.diagonal !== undefined) {
    // The columns of a maxout layer are its pieces, each of all units.
    for (let column = 0; column < fanOut; column++) {
      const row = column % layer.units;
      if (row < fanIn) weight[row * fanOut + column] = layer.diagonal;
    }
    return weight;
  }
  if (layer.sparse === undefined) {
    const range = layer.irange ?? Math.sqrt(6 / (fanIn + layer.units));
    fillStream(weight, stream, { kind: 'uniform', low: -range, high: range, shape: [] });
    return weight;
  }
  if (layer.sparse > fanIn) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected sparse of at most the ${fanIn} inputs of the layer but received ${layer.sparse}.`,
    );
  }
  const values = new Float32Array(layer.sparse * fanOut);
  fillStream(values, stream, { kind: 'normal', shape: [] });
  for (let unit = 0; unit < fanOut; unit++) {
    const inputs = permutation(fanIn, stream.at(`${stream.name}/inputs${unit}`));
    for (let k = 0; k < layer.sparse; k++) weight[inputs[k]! * fanOut + unit] = values[unit * layer.sparse + k]!;
  }
  return weight;
}

/** The columns of [in, out], each scaled down where its norm is larger. */
function withNormAtMost(weight: tf.Tensor, most: number): tf.Tensor {
  const norms = tf.sqrt(tf.sum(tf.square(weight), 0, true));
  return tf.mul(weight, tf.div(most, tf.maximum(norms, most)));
}

function affine(h: tf.Tensor, params: Tensors, prefix: string): tf.Tensor {
  const product = tf.matMul(h as tf.Tensor2D, params[`${prefix}/weight`] as tf.Tensor2D);
  const bias = params[`${prefix}/bias`];
  return bias ? tf.add(product, bias) : product;
}

/** Inverted dropout: what is kept is scaled by 1/keep, so that the network without masks needs no change. */
export function dropout(h: tf.Tensor, mask: tf.Tensor, keep: number): tf.Tensor {
  return tf.mul(h, tf.mul(tf.cast(mask, 'float32'), 1 / keep));
}

function activateLayer(h: tf.Tensor, layer: Layer): tf.Tensor {
  if (layer.activation !== 'maxout') return activate(h, layer.activation);
  // Pieces lie before units, [N, pieces, units], so that the maximum runs over whole rows of units.
  return tf.max(tf.reshape(h, [-1, piecesOf(layer), layer.units]), 1);
}

function piecesOf(layer: Layer): number {
  return layer.activation === 'maxout' ? (layer.pieces ?? 5) : 1;
}

function dropoutMasks(
  layers: readonly Layer[],
  widths: readonly number[],
  prefix: (index: number) => string,
): NoiseSpecs {
  const dropped = layers.flatMap((layer, index) =>
    layer.keep < 1
      ? [[`${prefix(index)}/mask`, { kind: 'bernoulli', keep: layer.keep, shape: [widths[index]!] }] as const]
      : [],
  );
  return Object.fromEntries(dropped);
}
