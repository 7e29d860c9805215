// Augmentation for little data, beside mirrored examples (datasets/mirrored.ts). DiffAugment (Zhao et al. 2020,
// arXiv:2006.10738) changes what D sees, real and made alike, by operations with a gradient, so that G learns nothing
// of them. How often can follow how much D overfits (Karras et al. 2020, arXiv:2006.06676), or a course. Random numbers
// come in as noise; a served D sees images as they are.
import { float32, type HostTensors } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import { type Network, observe, type Pass, runningValue, type Tensors } from '../networks/network.js';
import type { NoiseSpecs } from '../random/noise.js';
import { imageSize } from '../recipes/image-sizes.js';
import { type Schedule, valueAt } from '../recipes/schedules.js';
import type { AugmentConfig } from '../recipes/update-configs.js';

export interface AugmentPlace {
  readonly range: readonly [low: number, high: number];
  readonly batch: number;
}

/** The discriminator that sees augmented images wherever it is given the noise for it. */
export function augmented(inner: Network, config: AugmentConfig, place: AugmentPlace): Network {
  if (config.differentiable.length === 0) return inner;
  const operations = config.differentiable.map((kind) => OPERATIONS[kind](imageSize(inner.input, inner.name), place));
  const gated = config.probability !== 1;
  const chance = chanceOf(config, inner.name, place.batch);

  const seen = (params: Tensors, x: tf.Tensor, pass: Pass): tf.Tensor => {
    const { noise = {} } = pass;
    return operations.reduce((image, { name, noise: specs, apply }) => {
      const numbers = Object.keys(specs).map((each) => noise[`augment/${each}`]);
      if (!numbers.every((number) => number !== undefined)) return image;
      const changed = apply(image, ...numbers);
      if (!gated) return changed;
      const chosen = tf.cast(tf.less(noise[`augment/${name}`]!, chance.of(params, pass)), 'float32');
      return tf.add(image, tf.mul(chosen, tf.sub(changed, image)));
    }, x);
  };

  const specs = operations.map(({ name, noise }) => ({ ...noise, ...(gated ? { [name]: UNIT } : {}) }));
  const named = Object.entries(Object.assign({}, ...specs) as NoiseSpecs).map(([name, spec]) => [
    `augment/${name}`,
    spec,
  ]);
  const { trunk } = inner;
  return {
    ...inner,
    noise: { ...inner.noise, ...Object.fromEntries(named) },
    ...(chance.course ? { courses: { ...inner.courses, [CHANCE]: chance.course } } : {}),
    fate: (name) => (name in chance.start ? 'following' : inner.fate(name)),
    init: (stream) => ({ ...inner.init(stream), ...chance.start }),
    ...(trunk ? { trunk: { ...trunk, features: (p, x, pass) => trunk.features(p, seen(p, x, pass), pass) } } : {}),
    apply(params, x, pass = {}) {
      const y = inner.apply(params, seen(params, x, pass), pass);
      if (pass.role === 'real') chance.follow?.(params, y, pass);
      return y;
    },
  };
}

/** What a probability that moves has come to after `step` steps; undefined where none moves. */
export function augmentProbability(
  config: AugmentConfig | undefined,
  state: HostTensors,
  step: number,
  { stepsPerEpoch, ahead }: { readonly stepsPerEpoch: number; readonly ahead: number },
): number | undefined {
  if (!config || config.differentiable.length === 0 || typeof config.probability === 'number') return undefined;
  if (config.probability.kind !== 'adaptive') return valueAt(config.probability, step - 1, stepsPerEpoch, ahead);
  return Number(state[`discriminator${PROBABILITY}`]!.data[0]);
}

/** One number in [0, 1) per image. */
const UNIT = { kind: 'uniform', low: 0, high: 1, shape: [1, 1, 1] } as const;

interface Operation {
  readonly name: string;
  readonly noise: NoiseSpecs;
  /** Images [N, C, H, W] and one tensor [N, 1, 1, 1] for each entry of `noise`. */
  apply(image: tf.Tensor, ...numbers: tf.Tensor[]): tf.Tensor;
}

type Size = ReturnType<typeof imageSize>;

/** As the authors' code has them (data-efficient-gans, DiffAugment_pytorch.py), for any range of values. */
const OPERATIONS: Record<AugmentConfig['differentiable'][number], (size: Size, place: AugmentPlace) => Operation> = {
  color: ({ channels }, { range: [low, high] }) => ({
    name: 'color',
    noise: {
      brightness: { ...UNIT, low: -0.25 * (high - low), high: 0.25 * (high - low) },
      saturation: { ...UNIT, low: 0, high: 2 },
      contrast: { ...UNIT, low: 0.5, high: 1.5 },
    },
    apply(image, brightness, saturation, contrast) {
      if (channels === 4) {
        // Alpha is no colour.
        const [colour, alpha] = tf.split(image, [3, 1], 1);
        return tf.concat([jittered(colour!, brightness!, saturation!, contrast!), alpha!], 1);
      }
      return jittered(image, brightness!, saturation!, contrast!);
    },
  }),

  /**
   * Turned by up to 20° and scaled by up to 2^±0.35, less than the authors' full turn and 2^±1, about the centre, with
   * linear interpolation; the middle of the range comes in from outside.
   */
  affine: ({ height, width }, { range: [low, high] }) => ({
    name: 'affine',
    noise: {
      angle: { ...UNIT, low: -Math.PI / 9, high: Math.PI / 9 },
      octaves: { ...UNIT, low: -0.35, high: 0.35 },
    },
    apply(image, angle, octaves) {
      const middle = (low + high) / 2;
      const turned = sampled(tf.sub(image, middle), tf.matMul(inverse(angle!, octaves!), fromCentre(height, width)));
      return tf.add(turned, middle);
    },
  }),

  /** By up to an eighth of each side; the middle of the range comes in from outside. */
  translation: ({ height, width }, { range: [low, high] }) => ({
    name: 'translation',
    noise: { shiftY: UNIT, shiftX: UNIT },
    apply(image, shiftY, shiftX) {
      const middle = (low + high) / 2;
      const down = selection(height, shiftOf(shiftY!, height));
      const right = selection(width, shiftOf(shiftX!, width));
      const moved = tf.matMul(tf.matMul(down, tf.sub(image, middle)), right, false, true);
      return tf.add(moved, middle);
    },
  }),

  /** A box of half of each side becomes the middle of the range. */
  cutout: ({ height, width }, { range: [low, high] }) => ({
    name: 'cutout',
    noise: { boxY: UNIT, boxX: UNIT },
    apply(image, boxY, boxX) {
      const middle = (low + high) / 2;
      const rows = inside(boxY!, height, [1, 1, height, 1]);
      const columns = inside(boxX!, width, [1, 1, 1, width]);
      const kept = tf.sub(1, tf.mul(rows, columns));
      return tf.add(tf.mul(tf.sub(image, middle), kept), middle);
    },
  }),
};

function jittered(image: tf.Tensor, brightness: tf.Tensor, saturation: tf.Tensor, contrast: tf.Tensor): tf.Tensor {
  const brighter = tf.add(image, brightness);
  const grey = tf.mean(brighter, 1, true);
  const coloured = tf.add(tf.mul(tf.sub(brighter, grey), saturation), grey);
  const level = tf.mean(coloured, [1, 2, 3], true);
  return tf.add(tf.mul(tf.sub(coloured, level), contrast), level);
}

/** A whole number in [−r, r], r = an eighth of the side, from a number in [0, 1). */
function shiftOf(unit: tf.Tensor, side: number): tf.Tensor {
  const most = Math.floor(side / 8 + 0.5);
  return tf.sub(tf.floor(tf.mul(unit, 2 * most + 1)), most);
}

/** [N, 1, side, side] of zeros and ones: row i picks place i − shift, if there is one. */
function selection(side: number, shift: tf.Tensor): tf.Tensor {
  const offsets = Float32Array.from({ length: side * side }, (_, k) => Math.floor(k / side) - (k % side));
  return tf.cast(tf.equal(tf.tensor(offsets, [1, 1, side, side]), shift), 'float32');
}

/** Where in the image a place of the turned and scaled image is from: [N, 2, 2], of offsets (down, right). */
function inverse(angle: tf.Tensor, octaves: tf.Tensor): tf.Tensor {
  const shrunk = tf.exp(tf.mul(octaves, -Math.LN2));
  const [cosine, sine] = [tf.mul(tf.cos(angle), shrunk), tf.mul(tf.sin(angle), shrunk)];
  return tf.reshape(tf.concat([cosine, tf.neg(sine), sine, cosine], 1), [-1, 2, 2]);
}

/** The offsets of all pixels from the centre, row by row: [1, 2, H·W], down and right. */
function fromCentre(height: number, width: number): tf.Tensor {
  const down = Array.from({ length: height * width }, (_, i) => Math.floor(i / width) - (height - 1) / 2);
  const right = Array.from({ length: height * width }, (_, i) => (i % width) - (width - 1) / 2);
  return tf.tensor([...down, ...right], [1, 2, height * width]);
}

/**
 * Images [N, C, H, W] at the offsets [N, 2, H·W] from their centres: of the four pixels around each, those nearer count
 * more, and outside is 0. Pixels are gathered, so that an image costs its own size and not that of a matrix for each
 * row; a gather's gradient adds up where it came from, and can be differentiated again.
 */
function sampled(image: tf.Tensor, offsets: tf.Tensor): tf.Tensor {
  const [batch, channels, height, width] = image.shape as [number, number, number, number];
  const pixels = height * width;
  // A ring of zeros is all of the outside that is ever looked at: whatever lies farther out is moved onto it.
  const ringed = tf.pad(image, [
    [0, 0],
    [0, 0],
    [1, 1],
    [1, 1],
  ]);
  const stride = width + 2;
  const sides = tf.tensor([height, width], [1, 2, 1]);
  const places = tf.add(offsets, tf.tensor([(height + 1) / 2, (width + 1) / 2], [1, 2, 1]));
  const within = tf.minimum(tf.maximum(places, 0), tf.add(sides, 1));
  const first = tf.minimum(tf.floor(within), sides);
  const share = tf.sub(within, first);
  // The four corners come first, so that their sum is one of whole rows: [2, 2, N, P] in all of this.
  const [down, right] = tf.split(tf.stack([tf.sub(1, share), share]), 2, 2) as [tf.Tensor, tf.Tensor];
  const weights = tf.mul(tf.reshape(down, [2, 1, batch, pixels]), tf.reshape(right, [1, 2, batch, pixels]));
  const [row, column] = tf.split(first, 2, 1) as [tf.Tensor, tf.Tensor];
  const corner = tf.cast(tf.add(tf.mul(row, stride), column), 'int32');
  const corners = [0, 1, stride, stride + 1].flatMap((step) =>
    Array.from({ length: batch }, (_, n) => n * (height + 2) * stride + step),
  );
  const where = tf.add(tf.reshape(corner, [1, batch, pixels]), tf.tensor(corners, [4, batch, 1], 'int32'));
  const values = tf.reshape(tf.transpose(ringed, [0, 2, 3, 1]), [-1, channels]);
  const four = tf.reshape(tf.gatherND(values, tf.reshape(where, [-1, 1])), [4, batch * pixels, channels]);
  const mixed = tf.reshape(tf.sum(tf.mul(four, tf.reshape(weights, [4, -1, 1])), 0), [batch, pixels, channels]);
  return tf.reshape(tf.transpose(mixed, [0, 2, 1]), [batch, channels, height, width]);
}

/** 1 at the places along one side that a box of half the side covers, its centre drawn evenly. */
function inside(unit: tf.Tensor, side: number, shape: number[]): tf.Tensor {
  const box = Math.floor(side / 2 + 0.5);
  const centre = tf.floor(tf.mul(unit, side + 1 - (box % 2)));
  const first = tf.sub(centre, Math.floor(box / 2));
  const places = tf.tensor(
    Float32Array.from({ length: side }, (_, i) => i),
    shape,
  );
  const from = tf.greaterEqual(places, first);
  const to = tf.less(places, tf.add(first, box));
  return tf.mul(tf.cast(from, 'float32'), tf.cast(to, 'float32'));
}

/** The name of the probability among the courses of a network. */
const CHANCE = 'augment';

interface Chance {
  /** Of each operation, for each image: a scalar. */
  of(params: Tensors, pass: Pass): tf.Tensor;
  /** Where the step decides it: the tensors that it begins with, and how they move with what D says of real images. */
  readonly start: HostTensors;
  follow?(params: Tensors, y: tf.Tensor, pass: Pass): void;
  /** Where the step's number decides it. */
  readonly course?: Schedule;
}

function chanceOf({ probability }: AugmentConfig, network: string, batch: number): Chance {
  if (typeof probability === 'number') return { of: () => tf.scalar(probability), start: {} };
  if (probability.kind === 'adaptive') return adaptation(network, probability, batch);
  return { of: (_params, { courses }) => courses![CHANCE]!, start: {}, course: probability };
}

/** What a training step keeps of the running mean of sign D(real). */
const KEEP = 0.9;

const PROBABILITY = '/augment/probability';

/** The probability as state of the step: it moves one way or the other with each batch of real images. */
function adaptation(network: string, { target, kimg }: { target: number; kimg: number }, batch: number): Chance {
  const [probability, sign] = [`${network}${PROBABILITY}`, `${network}/augment/sign`];
  const zero = () => float32([], new Float32Array(1));
  return {
    start: { [probability]: zero(), [sign]: zero() },
    of: (params) => params[probability]!,
    follow(params, y, pass) {
      const mean = tf.mean(tf.sign(y));
      const running = tf.add(tf.mul(runningValue(params, pass, sign), KEEP), tf.mul(mean, 1 - KEEP));
      const move = tf.mul(tf.sign(tf.sub(running, target)), batch / (1000 * kimg));
      observe(pass, probability, tf.clipByValue(tf.add(runningValue(params, pass, probability), move), 0, 1));
      observe(pass, sign, running);
    },
  };
}
