// The networks of a scorer, each a trunk that reads an example and heads on it. One tells data from samples; it is not
// told of a class. Where there are classes, one names them, those of data and those of samples apart. Another tells
// both from what is neither. They share nothing: whoever names classes learns to overlook where things lie and how they
// are drawn, which is what the other two look at.

import { float32, type HostTensors, sizeOf } from '../../engine/tensor.js';
import * as tf from '../../engine/tf.js';
import { buildNetwork } from '../../networks/build.js';
import { mlp } from '../../networks/mlp.js';
import type { Network, Tensors } from '../../networks/network.js';
import { streamOf } from '../../random/noise.js';
import { imageSize, isColour, isHalvable } from '../../recipes/image-sizes.js';
import type { MlpConfig } from '../../recipes/network-configs.js';
import type { DiscriminatorConfig } from '../../recipes/parse-network.js';

export type ScorerConfig = DiscriminatorConfig;

export interface ScorerNetwork {
  /** Numbers of the last hidden layer. */
  readonly features: number;
  init(seed: number): HostTensors;
  /** `mask`: which features dropout keeps for who names classes, [N, features]; all without it. */
  tell(params: Tensors, x: tf.Tensor, mask?: tf.Tensor): Told;
  /** What tells data and samples from anything else. Each learns by itself. */
  readonly eyes: readonly Eye[];
  /**
   * [N]: the log odds of x being data or a sample, and not something else. Of two eyes both must find it so: what is
   * strange to one is strange. Where data may be mirrored the second looks at the mirror image, so that what chance
   * made of one side counts once.
   */
  familiarity(params: Tensors, x: tf.Tensor): tf.Tensor;
}

export interface Eye {
  /** [N]: the logit of x being data or a sample, and not something else. */
  likeness(params: Tensors, x: tf.Tensor): tf.Tensor;
  /**
   * [N]: the same, and of photographs in colour the logarithm of the odds of x times the chance that its negative is
   * neither: one of the two at the most is of the data, so each says something of the other.
   */
  familiarity(params: Tensors, x: tf.Tensor): tf.Tensor;
}

export interface Told {
  /** [N]: ln p(x)/q(x). */
  readonly ratio: tf.Tensor;
  /** [N, classes] logits each: of which class x is if it is data, and if it is a sample. */
  readonly classes?: { readonly data: tf.Tensor; readonly samples: tf.Tensor };
}

export interface ScorerPlace {
  readonly shape: readonly number[];
  /** Whose classes it names; none without it. */
  readonly classes?: number;
  /** In which examples are near 1: (x − centre) / spread, a number for each coordinate, or one for all pixels. */
  readonly units: { readonly centre: readonly number[]; readonly spread: readonly number[] };
  /** Whether an example and its mirror image are as likely. */
  readonly isMirrored?: boolean;
  /** Tells data from samples instead of the network that examples of this shape get. */
  readonly config?: ScorerConfig;
}

const NAME = 'scorer';
const FAMILIAR = `${NAME}/familiar`;
const LIGHT_EYE = `${FAMILIAR}/light`;
const CLASSES = `${NAME}/classes`;
const FEATURES = 256;
/**
 * What is strange is a matter of which thing lies where, which takes one more layer. There are always more strangers,
 * so nothing is dropped.
 */
const STRANGE = { units: 64, activation: 'leakyRelu', keep: 1 } as const;
/** What dropout keeps of the last hidden layer that names classes of images. Points can be drawn without end. */
export const KEEP = 0.75;
/**
 * Wavelengths of the waves in which a network sees a point are 2π/2ᵏ of its units, k below this: the shortest is a
 * 160th. Of a mode whose deviation is a hundredth of the whole that is less than half, which it takes to tell the folds
 * of a generator apart: with 8 of them the log loss stayed 0.03 above that of the true ratio, with 11 0.012.
 */
const OCTAVES = 11;

export function scorerNetwork({ shape, classes, units, isMirrored, config }: ScorerPlace): ScorerNetwork {
  const look = shape.length === 3 ? TONES : WAVES;
  const trunkOf = (name: string, asked: ScorerConfig, { times }: Look) => {
    const [first, ...sides] = shape as [number, ...number[]];
    return buildNetwork(trunkConfig(asked, shape), { name, input: [times * first, ...sides], output: [FEATURES] });
  };
  const head = (name: string, size: number, hidden: MlpConfig['layers'] = []) =>
    mlp(
      { kind: 'mlp', layers: [...hidden, { units: size, activation: 'linear', keep: 1 }] },
      { name, input: [FEATURES], output: [size] },
    );
  const [trunk, ratio] = [trunkOf(`${NAME}/trunk`, config ?? usualConfig(shape), look), head(`${NAME}/ratio`, 1)];
  const named = classes !== undefined && {
    trunk: trunkOf(`${CLASSES}/trunk`, config ?? usualConfig(shape), look),
    data: head(`${CLASSES}/data`, classes),
    samples: head(`${CLASSES}/samples`, classes),
  };
  const inUnits = (params: Tensors, x: tf.Tensor) =>
    tf.mul(tf.sub(x, params[`${NAME}/centre`]!), params[`${NAME}/factor`]!);
  const featuresOf = (network: Network, params: Tensors, seen: tf.Tensor) =>
    tf.leakyRelu(network.apply(params, seen), 0.2);
  const flat = (x: tf.Tensor) => tf.reshape(x, [-1]);
  const eyeOf = (name: string, look: Look): Eye & { readonly parts: readonly Network[] } => {
    const [trunk, known] = [trunkOf(`${name}/trunk`, eyeConfig(shape), look), head(`${name}/known`, 1, [STRANGE])];
    const likenessOf = (params: Tensors, own: tf.Tensor) =>
      flat(known.apply(params, featuresOf(trunk, params, look.of(own))));
    return {
      parts: [trunk, known],
      likeness: (params, x) => likenessOf(params, inUnits(params, x)),
      familiarity(params, x) {
        const own = inUnits(params, x);
        if (!isColour(shape)) return likenessOf(params, own);
        const [itself, negative] = halves(likenessOf(params, tf.concat([own, tf.neg(own)], 0)));
        return tf.sub(itself, tf.softplus(negative));
      },
    };
  };
  const eyes = isColour(shape) ? [eyeOf(FAMILIAR, TONES), eyeOf(LIGHT_EYE, LIGHT)] : [eyeOf(FAMILIAR, look)];
  const parts = [trunk, ratio, ...(named ? Object.values(named) : []), ...eyes.flatMap((eye) => eye.parts)];
  return {
    features: FEATURES,
    init: (seed) => ({
      ...unitsOf(units, shape),
      ...Object.assign({}, ...parts.map((part) => part.init(streamOf(seed)))),
    }),
    tell(params, x, mask) {
      const seen = look.of(inUnits(params, x));
      const told = { ratio: flat(ratio.apply(params, featuresOf(trunk, params, seen))) };
      if (!named) return told;
      const features = featuresOf(named.trunk, params, seen);
      const kept = mask ? tf.mul(features, tf.mul(tf.cast(mask, 'float32'), 1 / KEEP)) : features;
      return { ...told, classes: { data: named.data.apply(params, kept), samples: named.samples.apply(params, kept) } };
    },
    eyes,
    familiarity(params, x) {
      const [first, second] = eyes;
      const own = first!.familiarity(params, x);
      return second ? both(own, second.familiarity(params, isMirrored ? tf.reverse(x, 3) : x)) : own;
    },
  };
}

/**
 * Log odds of both, each by itself as likely as a and b say: 1/odds = 1/A + 1/B + 1/AB. Two that know nothing have odds
 * of a third; in units of those, so that they give even odds.
 */
function both(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [notA, notB] = [tf.neg(a), tf.neg(b)];
  return tf.sub(Math.log(3), tf.logSumExp(tf.stack([notA, notB, tf.add(notA, notB)]), 0));
}

/** [2N] → [N] and [N] */
function halves(x: tf.Tensor): [first: tf.Tensor, second: tf.Tensor] {
  return tf.unstack(tf.reshape(x, [2, -1])) as [tf.Tensor, tf.Tensor];
}

/** Whether a tensor is one that training moves; the units are given. */
export function isTrained(name: string): boolean {
  return name.startsWith(`${NAME}/`) && !name.startsWith(`${NAME}/centre`) && !name.startsWith(`${NAME}/factor`);
}

/** What share nothing; `light` is the second eye. */
export const PARTS = ['ratio', 'classes', 'familiarity', 'light'] as const;

/** Whose tensor it is; the units are of all. */
export function partOf(name: string): (typeof PARTS)[number] {
  if (name.startsWith(`${FAMILIAR}/`)) return name.startsWith(`${LIGHT_EYE}/`) ? 'light' : 'familiarity';
  return name.startsWith(`${CLASSES}/`) ? 'classes' : 'ratio';
}

function unitsOf({ centre, spread }: ScorerPlace['units'], shape: readonly number[]): HostTensors {
  const row = shape.length === 3 ? [1, 1, 1] : shape;
  const one = (values: readonly number[]) =>
    float32(
      row,
      Float32Array.from({ length: sizeOf(row) }, (_, i) => values[i]!),
    );
  return { [`${NAME}/centre`]: one(centre), [`${NAME}/factor`]: one(spread.map((value) => 1 / value)) };
}

/** What a network is shown of an example in its units, in so many times its channels or coordinates. */
interface Look {
  readonly times: number;
  of(own: tf.Tensor): tf.Tensor;
}

/** An image in [−1, 1] as it is sent and as images of data are, in whole 255ths. */
const LIGHT: Look = { times: 1, of: (own) => tf.sub(tf.mul(lightOf(own), 2), 1) };

/** How many times as steep as at the other end the look at the darkest and at the lightest tones is. */
const STEEP = 2550;

/**
 * The same, and beside it what is nearly black and what is nearly white, drawn apart: whether a pixel is black or all
 * but black tells a digit from many a sample, and quite black letters from a photograph. Who tells photographs from
 * their negatives does better without.
 */
const TONES: Look = {
  times: 3,
  of(own) {
    const light = lightOf(own);
    const steep = (value: tf.Tensor) => tf.mul(tf.log(tf.add(tf.mul(value, STEEP), 1)), 1 / Math.log(1 + STEEP));
    return tf.concat([tf.sub(tf.mul(light, 2), 1), steep(light), steep(tf.sub(1, light))], 1);
  },
};

/** In [0, 1]. */
function lightOf(own: tf.Tensor): tf.Tensor {
  return tf.mul(tf.round(tf.mul(tf.clipByValue(tf.add(tf.mul(own, 0.5), 0.5), 0, 1), 255)), 1 / 255);
}

/** Deviations from the mean within which points are seen in waves. Beyond they would come round again. */
const WINDOW = 8;

/**
 * Each coordinate, far ones drawn near, and its sine and cosine at each octave (Tancik et al. 2020, arXiv:2006.10739).
 */
const WAVES: Look = {
  times: 1 + 2 * OCTAVES,
  of(own) {
    const near = tf.exp(tf.neg(tf.square(tf.mul(own, 1 / WINDOW))));
    const angles = Array.from({ length: OCTAVES }, (_, octave) => tf.mul(own, 2 ** octave));
    const seen = angles.flatMap((angle) => [tf.mul(tf.sin(angle), near), tf.mul(tf.cos(angle), near)]);
    return tf.concat([tf.asinh(own), ...seen], 1);
  },
};

/** Channels of the first layer: fewer for large images, whose layers are more. */
const WIDTH = { small: 32, colour: 48, large: 16 } as const;
/**
 * The same of an eye, and its convolutions of each size. Of photographs in colour one of each tells negatives with an
 * AUC of 0.935 after 9,000 steps, two with 0.959, and three times the steps add 0.01. Processors take 16 channels at a
 * time: 36 cost as much as 48.
 */
const EYE = { width: { small: 24, colour: 32, large: 12 }, depth: { small: 1, colour: 2, large: 1 } } as const;
const LARGE_SIDE = 40;

/** Without what looks at a batch or is meant for a game. */
function trunkConfig(config: ScorerConfig, shape: readonly number[]): ScorerConfig {
  switch (config.kind) {
    case 'dcgan-discriminator':
      return {
        ...config,
        norm: config.norm === 'batch' ? 'none' : config.norm,
        spectral: false,
        minibatchDeviation: false,
      };
    case 'resnet-discriminator':
      return { ...config, spectral: false };
    case 'mlp':
      return { kind: 'mlp', layers: layersOf(config.layers) };
    case 'maxout-discriminator': {
      const convolutions = config.convolutions.map((convolution) => ({ ...convolution, keep: 1 }));
      return { kind: 'maxout-discriminator', convolutions, layers: layersOf(config.layers) };
    }
    case 'graph':
      return usualConfig(shape); // its last layer cannot be told from what it does with it
    default:
      return config satisfies never;
  }
}

/** All but the last, and the features instead of that. */
function layersOf(layers: MlpConfig['layers']): MlpConfig['layers'] {
  const hidden = layers.slice(0, -1).map((layer) => ({ ...layer, keep: 1 }));
  return [...hidden, { units: FEATURES, activation: 'linear', keep: 1 }];
}

/** What decides how wide its layers are. */
export function imageKind(shape: readonly number[]): keyof typeof WIDTH {
  const [, height, width] = shape as [number, number, number];
  if (Math.max(height, width) > LARGE_SIDE) return 'large';
  return isColour(shape) ? 'colour' : 'small';
}

/** Convolutions, or wide layers. */
function usualConfig(shape: readonly number[]): ScorerConfig {
  if (shape.length === 3 && isHalvable(imageSize(shape, NAME))) {
    const plain = { most: 512, depth: 1, spectral: false, norm: 'none', minibatchDeviation: false } as const;
    return { kind: 'dcgan-discriminator', width: WIDTH[imageKind(shape)], activation: 'leakyRelu', ...plain };
  }
  const layer = { units: FEATURES, activation: 'leakyRelu', keep: 1 } as const;
  return { kind: 'mlp', layers: [layer, layer, { units: FEATURES, activation: 'linear', keep: 1 }] };
}

function eyeConfig(shape: readonly number[]): ScorerConfig {
  const usual = usualConfig(shape);
  if (usual.kind !== 'dcgan-discriminator') return usual;
  return { ...usual, width: EYE.width[imageKind(shape)], depth: EYE.depth[imageKind(shape)] };
}
