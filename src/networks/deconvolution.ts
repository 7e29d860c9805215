// The "deconvolutional" generator of the 2014 paper: dense layers whose last units are small maps, and one linear
// transposed convolution from these to the image, with a bias of its own for each value of the image.
import { sizeOf } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import { imageSize } from '../recipes/image-sizes.js';
import type { DeconvolutionGeneratorConfig } from '../recipes/network-configs.js';
import { activation } from './activation.js';
import type { Place } from './dcgan.js';
import { channelsFirst, unflatten } from './images.js';
import { inTurn } from './in-turn.js';
import { type Layer, networkOf, sequence } from './layer.js';
import { mlp } from './mlp.js';
import type { Network } from './network.js';

export function deconvolutionGenerator(config: DeconvolutionGeneratorConfig, place: Place): Network {
  const { name, input, output } = place;
  const { channels } = imageSize(output, name);
  const { height, width } = config.maps;
  const maps = { channels: config.layers.at(-1)!.units / (height * width), height, width };
  const units = sizeOf([maps.channels, height, width]);
  const image = sequence([
    unflatten(maps),
    transposed({ name: `${name}/image`, from: maps.channels, to: channels, ...config }),
    channelsFirst,
    biasOfEachValue(`${name}/image`, output),
    activation(config.output),
  ]);
  return inTurn(
    mlp({ kind: 'mlp', layers: config.layers }, { name, input, output: [units] }),
    networkOf({ name, input: [units], output, body: { image } }),
  );
}

interface TransposedOptions {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly kernel: number;
  readonly stride: number;
  readonly irange: number;
}

/** [N, H, W, from] → [N, stride·(H − 1) + kernel, …, to]: the adjoint of a convolution without padding. */
function transposed({ name, from, to, kernel, stride, irange }: TransposedOptions): Layer {
  const filter = `${name}/filter`;
  const side = (length: number) => stride * (length - 1) + kernel;
  return {
    slots: { [filter]: { shape: [kernel, kernel, to, from], start: { kind: 'uniform', range: irange } } },
    apply(params, x) {
      const [n, height, width] = x.shape as [number, number, number];
      const out: [number, number, number, number] = [n, side(height), side(width), to];
      return tf.conv2dTranspose(x as tf.Tensor4D, params[filter] as tf.Tensor4D, out, stride, 'valid');
    },
  };
}

function biasOfEachValue(name: string, shape: readonly number[]): Layer {
  const bias = `${name}/bias`;
  return {
    slots: { [bias]: { shape, start: { kind: 'constant', value: 0 } } },
    apply: (params, x) => tf.add(x, params[bias]!),
  };
}
