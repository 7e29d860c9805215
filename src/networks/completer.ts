// A generator that completes: it sees what is known of an image and where, goes down by strided convolutions, takes z
// in where the image is smallest, and comes up again past what it saw on each level (Ronneberger et al. 2015,
// arXiv:1505.04597; Isola et al. 2017, arXiv:1611.07004). Beside z it takes in an overview: convolutions join only what
// lies near, but what the known parts show together may lie at both ends. What is known comes back unchanged. It never
// sees a hidden pixel.
import * as tf from '../engine/tf.js';
import { GanymedeError } from '../errors.js';
import { halvings, type ImageSize, imageSize } from '../recipes/image-sizes.js';
import { activation } from './activation.js';
import { channelsFirst, channelsLast, flatten, unflatten } from './images.js';
import { fateOf, type Layer, sequence, started, together } from './layer.js';
import { conv, deconv, dense } from './linear.js';
import type { Given, Network, Pass } from './network.js';
import { normalisation } from './normalisation.js';

export interface CompleterOptions {
  readonly name: string;
  readonly latent: number;
  /** [C, H, W]. */
  readonly image: readonly number[];
  /** Black and full intensity. */
  readonly range: readonly [low: number, high: number];
  /** Channels after the first convolution; each level down has twice as many. */
  readonly width: number;
}

const KERNEL = 4;
/** Numbers that the overview is made of. */
const OVERVIEW = 256;

/** z [N, latent] and `given` → [N, C, H, W] in the range, equal to the given image wherever its mask is 1. */
export function completer(options: CompleterOptions): Network {
  const { name, latent, image, range } = options;
  const { downs, chance, overview, middle, ups, pixels } = layersOf(options);
  const slots = together([...downs, chance, overview, middle, ...ups, pixels]).slots;
  const [low, high] = range;
  const centre = (low + high) / 2;
  const spread = (high - low) / 2;
  return {
    name,
    input: [latent],
    output: image,
    noise: {},
    stages: [`${name}/`],
    fate: fateOf(slots),
    init: (stream) => started(slots, stream),
    apply(params, z, pass = {}) {
      const { image: given, mask } = givenOf(pass, name);
      const known = tf.mul(tf.div(tf.sub(given, centre), spread), mask);
      const seen = [channelsLast.apply(params, tf.concat([known, mask], 1), pass)];
      for (const down of downs) seen.push(down.apply(params, seen.at(-1)!, pass));
      const smallest = seen[downs.length]!;
      const drawn = tf.add(chance.apply(params, z, pass), overview.apply(params, smallest, pass));
      let h = middle.apply(params, tf.concat([smallest, drawn], 3), pass);
      ups.forEach((up, i) => {
        h = up.apply(params, tf.concat([h, seen[downs.length - i]!], 3), pass);
      });
      const whole = channelsFirst.apply(params, tf.tanh(pixels.apply(params, tf.concat([h, seen[1]!], 3), pass)), pass);
      const made = tf.add(tf.mul(whole, spread), centre);
      return tf.add(tf.mul(given, mask), tf.mul(made, tf.sub(1, mask)));
    },
  };
}

interface CompleterLayers {
  /** From the image to the smallest size. */
  readonly downs: readonly Layer[];
  /** z as channels of the smallest size. */
  readonly chance: Layer;
  /** All that is seen at the smallest size, as the same channels. */
  readonly overview: Layer;
  readonly middle: Layer;
  /** Back up to the last level but one, beside what was seen on each. */
  readonly ups: readonly Layer[];
  readonly pixels: Layer;
}

function layersOf({ name, latent, image, width }: CompleterOptions): CompleterLayers {
  const size = imageSize(image, name);
  const levels = levelsOf(size);
  const bottom = { channels: width * 2 ** levels, height: size.height / 2 ** levels, width: size.width / 2 ** levels };
  /** Channels on the way down, and of what comes up to a level from below. */
  const at = (level: number) => (level === 0 ? size.channels + 1 : width * 2 ** (level - 1));
  const above = (level: number) => (level === levels ? bottom.channels : at(level));
  // They grow as the side does, since each level down halves the area and the channels double: with a width of 32 the
  // overview has 2.4 million weights for 28×28, 3.1 for 64×64 and 6.3 for 128×128. A colour more is none.
  const cells = bottom.channels * bottom.height * bottom.width;
  const below = at(levels) * bottom.height * bottom.width;
  const last = { from: above(1) + at(1), to: size.channels, kernel: KERNEL, stride: 2, deviation: 0.02 };
  return {
    downs: Array.from({ length: levels }, (_, i) => settled(`${name}/down${i + 1}`, at(i), at(i + 1), conv, 2)),
    chance: sequence([
      dense({ name: `${name}/latent`, from: latent, to: cells, deviation: Math.sqrt(1 / latent) }),
      unflatten(bottom),
    ]),
    // It begins as nothing, so that a completer that was trained without it goes on as it was.
    overview: sequence([
      flatten(below),
      dense({ name: `${name}/overview1`, from: below, to: OVERVIEW, deviation: Math.sqrt(2 / below) }),
      activation('leakyRelu'),
      dense({ name: `${name}/overview2`, from: OVERVIEW, to: cells, deviation: 0 }),
      unflatten(bottom),
    ]),
    middle: settled(`${name}/middle`, at(levels) + bottom.channels, bottom.channels, conv, 1),
    ups: Array.from({ length: levels - 1 }, (_, i) => {
      const level = levels - i;
      return settled(`${name}/up${level}`, above(level) + at(level), at(level - 1), deconv, 2);
    }),
    pixels: deconv({ name: `${name}/image`, ...last }),
  };
}

/** A convolution up or down, batch norm, leaky relu. */
function settled(name: string, from: number, to: number, make: typeof conv, stride: number): Layer {
  return sequence([
    make({ name, from, to, kernel: KERNEL, stride, deviation: Math.sqrt(2 / (from * KERNEL ** 2)) }),
    normalisation('batch', { name: `${name}/norm`, channels: to }),
    activation('leakyRelu'),
  ]);
}

function levelsOf(size: ImageSize): number {
  const levels = halvings(size);
  if (levels > 0) return levels;
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected images of at least 8 pixels a side to complete but received ${size.height}×${size.width}.`,
  );
}

/** A discriminator of images that is told which pixels were given; `inner` has one channel more. */
export function toldOfMask(inner: Network): Network {
  const [channels, ...sides] = inner.input as [number, number, number];
  const { trunk: _, ...rest } = inner;
  return {
    ...rest,
    input: [channels - 1, ...sides],
    apply: (params, x, pass = {}) => inner.apply(params, tf.concat([x, givenOf(pass, inner.name).mask], 1), pass),
  };
}

function givenOf({ given }: Pass, network: string): Given {
  if (given) return given;
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected images and masks for the ${network} to complete but received none.`,
  );
}
