// A style-based generator (Karras et al. 2019 and 2020, arXiv:1812.04948 and arXiv:1912.04958): a small network maps z
// to a style, and each layer of another one, which begins with a learnt constant, is told of a style. All layers have
// the same where an example is sampled; with styles of several z they make a mix of these. No noise is added to the
// layers, so an image follows from its styles alone.
import * as tf from '../engine/tf.js';
import { halvings, imageSize } from '../recipes/image-sizes.js';
import type { StyleGeneratorConfig } from '../recipes/network-configs.js';
import { activate, activation } from './activation.js';
import type { Place } from './dcgan.js';
import { channelsFirst } from './images.js';
import { fateOf, type Layer, plainLayer, sequence, started, together } from './layer.js';
import { dense } from './linear.js';
import type { Network, Styles, Tensors } from './network.js';

/** Keeps the size of signals through the leaky relu that follows. */
const GAIN = Math.SQRT2;

const EPSILON = 1e-8;

/** How fast the mapping learns, beside the other layers. */
const PACE = 0.01;

export function styleGenerator(config: StyleGeneratorConfig, { name, input, output }: Place): Network {
  const mapping = mappingOf(config, name, input[0]!);
  const layers = layersOf(config, name, output);
  const constant = `${name}/constant`;
  const slots: Layer['slots'] = {
    ...mapping.slots,
    [constant]: { shape: firstShape(config, name, output), start: { kind: 'normal', deviation: 1 } },
    ...together(layers.map(({ slots: own }) => ({ slots: own, apply: (_, x) => x }))).slots,
  };
  const styles: Styles = {
    layers: layers.length,
    size: config.style,
    map(params, z, pass) {
      const w = mapping.apply(params, z, pass);
      return tf.tile(tf.reshape(w, [-1, 1, config.style]), [1, layers.length, 1]);
    },
    synthesize(params, w) {
      const own = tf.unstack(w, 1) as tf.Tensor2D[];
      const drawn = layers.reduce((x, layer, i) => layer.apply(params, x, own[i]!), params[constant]!);
      return channelsFirst.apply(params, activate(drawn, config.output), {});
    },
  };
  return {
    name,
    input,
    output,
    noise: {},
    fate: fateOf(slots),
    stages: ['mapping', 'constant', ...layers.map(({ stage }) => `${stage}/`)].map((stage) => `${name}/${stage}`),
    styles,
    init: (stream) => started(slots, stream),
    apply: (params, z, pass = {}) => styles.synthesize(params, styles.map(params, z, pass)),
  };
}

/**
 * As it is trained (arXiv:1812.04948, section 3.1): of the share `probability` of a batch, the layers from a random one
 * on have the style of another z of the batch, of the same class. So no layer can count on what others were told.
 */
export function mixing(network: Network, probability: number): Network {
  const { styles } = network;
  if (!styles || probability === 0) return network;
  const last = styles.layers - 1;
  // Layer l is the other's where the crossover, uniform in [0, 1), lies below p · l / last: never the first.
  const bounds = Array.from({ length: styles.layers }, (_, layer) => (probability * layer) / last);
  return {
    ...network,
    noise: { ...network.noise, [CROSSOVER]: { kind: 'uniform', low: 0, high: 1, shape: [1] } },
    apply(params, z, pass = {}) {
      const crossover = pass.noise?.[CROSSOVER];
      if (!crossover) return network.apply(params, z, pass);
      const others = tf.expandDims(tf.cast(tf.less(crossover, tf.tensor2d([bounds])), 'float32'), 2);
      const w = styles.map(params, z, pass);
      const other = styles.map(params, tf.reverse(z, 0), pass);
      return styles.synthesize(params, tf.add(w, tf.mul(others, tf.sub(other, w))));
    },
  };
}

const CROSSOVER = 'crossover';

/**
 * z [N, from] → w [N, style]. Its weights are stored a hundred times as large, so that Adam, whose steps are of one
 * size, moves them a hundredth as fast (arXiv:1812.04948, appendix C). As fast as others they learn to send all z to a
 * few styles.
 */
function mappingOf({ mapping, style }: StyleGeneratorConfig, name: string, from: number): Layer {
  const layers = Array.from({ length: mapping }, (_, i) => {
    const before = i === 0 ? from : style;
    const deviation = Math.sqrt(2 / before) / PACE;
    const large = dense({ name: `${name}/mapping${i + 1}`, from: before, to: style, deviation });
    return [large, plainLayer((x) => tf.mul(x, PACE)), activation('leakyRelu')];
  });
  return sequence(layers.flat());
}

/**
 * One at the smallest size, two at each further one, of which the first doubles the sides, but one at the size of the
 * image, where a layer costs most; and one that makes the image.
 */
function layersOf(config: StyleGeneratorConfig, name: string, output: readonly number[]): StyledLayer[] {
  const size = imageSize(output, name);
  const ups = halvings(size);
  const at = (up: number) => channelsAt(config, ups - up);
  const layer = (stage: string, from: number, to: number, kind: Kind) =>
    styled({ name: `${name}/${stage}`, stage, style: config.style, from, to, kind });
  const levels = Array.from({ length: ups }, (_, i) => i + 1).flatMap((up) => [
    layer(`up${up}`, at(up - 1), at(up), 'up'),
    ...(up < ups ? [layer(`conv${up}`, at(up), at(up), 'conv')] : []),
  ]);
  return [layer('conv0', at(0), at(0), 'conv'), ...levels, layer('image', at(ups), size.channels, 'image')];
}

/** Of the constant: [1, H, W, C]. */
function firstShape(config: StyleGeneratorConfig, name: string, output: readonly number[]): number[] {
  const size = imageSize(output, name);
  const ups = halvings(size);
  return [1, size.height / 2 ** ups, size.width / 2 ** ups, channelsAt(config, ups)];
}

/** `left`: how often the sides are still to be doubled. */
function channelsAt({ width, most }: StyleGeneratorConfig, left: number): number {
  return Math.min(most, width * 2 ** left);
}

/** up doubles the sides; image gives channels of an image, from which nothing is normalised away. */
type Kind = 'conv' | 'up' | 'image';

const KERNELS: Readonly<Record<Kind, number>> = { conv: 3, up: 4, image: 1 };

interface StyledOptions {
  readonly name: string;
  readonly stage: string;
  readonly style: number;
  readonly from: number;
  readonly to: number;
  readonly kind: Kind;
}

interface StyledLayer extends Pick<Layer, 'slots'> {
  readonly stage: string;
  /** x [N, H, W, from], or [1, H, W, from] for all, and w [N, style] → [N, H, W, to]. */
  apply(params: Tensors, x: tf.Tensor, w: tf.Tensor2D): tf.Tensor;
}

/**
 * A convolution whose filter is multiplied by a scale for each input, which follows from the style, and divided by the
 * norm that it then has for each output (arXiv:1912.04958, section 2.2). Scaling the inputs and the outputs instead
 * comes to the same, and leaves one filter for all rows of a batch.
 */
function styled({ name, stage, style, from, to, kind }: StyledOptions): StyledLayer {
  const scale = dense({ name: `${name}/style`, from: style, to: from, deviation: Math.sqrt(1 / style) });
  const [filter, bias] = [`${name}/filter`, `${name}/bias`];
  const kernel = KERNELS[kind];
  const taps = kind === 'up' ? (kernel / 2) ** 2 : kernel ** 2; // so many meet in one pixel
  const product = PRODUCTS[kind === 'up' ? 'up' : 'conv'];
  return {
    stage,
    slots: {
      ...scale.slots,
      [filter]: {
        shape: [kernel, kernel, ...product.order(from, to)],
        start: { kind: 'normal', deviation: Math.sqrt(1 / (taps * from)) },
      },
      [bias]: { shape: [to], start: { kind: 'constant', value: 0 } },
    },
    apply(params, x, w) {
      const scales = tf.add(scale.apply(params, w, {}), 1) as tf.Tensor2D;
      const weights = params[filter] as tf.Tensor4D;
      const y = product.of(tf.mul(x, perChannel(scales, from)) as tf.Tensor4D, weights);
      if (kind === 'image') return tf.add(y, params[bias]!);
      const norms = tf.rsqrt(tf.add(product.squaredNorms(tf.square(scales), weights), EPSILON));
      const settled = tf.mul(y, perChannel(tf.mul(norms, GAIN), to));
      return activate(tf.add(settled, params[bias]!), 'leakyRelu');
    },
  };
}

interface Product {
  order(from: number, to: number): [number, number];
  of(x: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor;
  /** Of the filter [N, to], once its inputs are multiplied by scales whose squares [N, from] are given. */
  squaredNorms(squares: tf.Tensor2D, filter: tf.Tensor4D): tf.Tensor;
}

const PRODUCTS: Readonly<Record<'conv' | 'up', Product>> = {
  conv: {
    order: (from, to) => [from, to],
    of: (x, filter) => tf.conv2d(x, filter, 1, 'same'),
    squaredNorms: (squares, filter) => tf.matMul(squares, tf.sum(tf.square(filter), [0, 1]) as tf.Tensor2D),
  },
  up: {
    order: (from, to) => [to, from],
    of(x, filter) {
      const [n, height, width] = x.shape;
      return tf.conv2dTranspose(x, filter, [n, 2 * height, 2 * width, filter.shape[2]], 2, 'same');
    },
    /** A quarter of the taps meets in each pixel. */
    squaredNorms: (squares, filter) =>
      tf.div(tf.matMul(squares, tf.sum(tf.square(filter), [0, 1]) as tf.Tensor2D, false, true), 4),
  },
};

function perChannel(values: tf.Tensor, channels: number): tf.Tensor {
  return tf.reshape(values, [-1, 1, 1, channels]);
}
