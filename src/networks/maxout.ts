// Convolutions with maxout units (Goodfellow et al. 2013, arXiv:1302.4389), as the 2014 paper's discriminator of
// CIFAR-10 has them: each unit is the maximum of several linear maps, pooling follows, and dropout is on what a layer
// sees. Dense layers read the last maps.
import { sizeOf } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import { type ImageSize, imageSize, pooledSide, sizesThrough } from '../recipes/image-sizes.js';
import type { MaxoutDiscriminatorConfig } from '../recipes/network-configs.js';
import type { Place } from './dcgan.js';
import { channelsLast, flatten } from './images.js';
import { inTurn } from './in-turn.js';
import { type Layer, networkOf, plainLayer, sequence } from './layer.js';
import { dropout, mlp } from './mlp.js';
import type { Network } from './network.js';

type Convolution = MaxoutDiscriminatorConfig['convolutions'][number];

export function maxoutDiscriminator(config: MaxoutDiscriminatorConfig, place: Place): Network {
  const { name, input, output } = place;
  const sizes = sizesThrough(config.convolutions, imageSize(input, name));
  const body = Object.fromEntries(
    config.convolutions.map((convolution, index): [string, Layer] => {
      const [stage, size] = [`conv${index + 1}`, sizes[index]!];
      const layers = [
        ...(index === 0 ? [channelsLast] : []),
        dropped(`${name}/${stage}`, size, convolution.keep),
        maxoutConvolution(`${name}/${stage}`, size.channels, convolution),
        ...(convolution.pool ? [maxima(convolution.pool)] : []),
      ];
      return [stage, sequence(layers)];
    }),
  );
  const { channels, height, width } = sizes.at(-1)!;
  const features = sizeOf([channels, height, width]);
  const last = Object.keys(body).at(-1)!;
  body[last] = sequence([body[last]!, flatten(features)]);
  return inTurn(
    networkOf({ name, input, output: [features], body }),
    mlp({ kind: 'mlp', layers: config.layers }, { name, input: [features], output }),
  );
}

/** [N, H, W, from] → [N, H', W', channels]. */
function maxoutConvolution(name: string, from: number, convolution: Convolution): Layer {
  const { channels, pieces, kernel, padding, irange } = convolution;
  const [filter, bias] = [`${name}/filter`, `${name}/bias`];
  return {
    slots: {
      [filter]: { shape: [kernel, kernel, from, channels * pieces], start: { kind: 'uniform', range: irange } },
      [bias]: { shape: [channels * pieces], start: { kind: 'constant', value: 0 } },
    },
    apply(params, x) {
      const maps = tf.conv2d(x as tf.Tensor4D, params[filter] as tf.Tensor4D, 1, padding);
      return tf.split(tf.add(maps, params[bias]!), pieces, 3).reduce((most, piece) => tf.maximum(most, piece));
    },
  };
}

/** Dropout on what the layer of that name sees, each value by itself. */
function dropped(name: string, { channels, height, width }: ImageSize, keep: number): Layer {
  const mask = `${name}/mask`;
  return {
    slots: {},
    noise: keep < 1 ? { [mask]: { kind: 'bernoulli', keep, shape: [channels, height, width] } } : {},
    apply(_params, x, { noise }) {
      const kept = noise?.[mask];
      return kept ? dropout(x, tf.transpose(kept, [0, 2, 3, 1]), keep) : x;
    },
  };
}

/** Where the last window reaches over the edge, it sees nothing there. */
function maxima(pool: NonNullable<Convolution['pool']>): Layer {
  return plainLayer((x) => {
    const [, height, width] = x.shape as [number, number, number];
    const over = (side: number) => (pooledSide(side, pool) - 1) * pool.stride + pool.size - side;
    const within = tf.pad(
      x,
      [
        [0, 0],
        [0, over(height)],
        [0, over(width)],
        [0, 0],
      ],
      LEAST,
    );
    return tf.maxPool(within as tf.Tensor4D, pool.size, pool.stride, 'valid');
  });
}

/** Below every value of a map. */
const LEAST = -3e38;
