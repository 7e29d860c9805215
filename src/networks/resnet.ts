// The residual pair of SNGAN (Miyato et al. 2018, arXiv:1802.05957, appendix B) for any size whose sides can be halved
// until the shorter is 4 to 7. A block is two 3×3 convolutions beside a shortcut; the generator's double the sides, the
// discriminator's halve them.
import * as tf from '../engine/tf.js';
import { halvings, imageSize } from '../recipes/image-sizes.js';
import type { Norm, ResnetDiscriminatorConfig, ResnetGeneratorConfig } from '../recipes/network-configs.js';
import { activation } from './activation.js';
import type { Place } from './dcgan.js';
import { channelsFirst, channelsLast, unflatten } from './images.js';
import { type Layer, networkOf, plainLayer, sequence, together } from './layer.js';
import { conv, dense } from './linear.js';
import type { Network } from './network.js';
import { normalisation } from './normalisation.js';

export function resnetGenerator(config: ResnetGeneratorConfig, place: Place): Network {
  const { name, input, output, classes } = place;
  const { width, norm, spectral } = config;
  const size = imageSize(output, name);
  const ups = halvings(size);
  const first = { channels: width, height: size.height / 2 ** ups, width: size.width / 2 ** ups };
  const flat = width * first.height * first.width;
  const body: Record<string, Layer> = {
    dense: sequence([
      dense({ name: `${name}/dense`, from: input[0]!, to: flat, deviation: xavier(input[0]!, flat), spectral }),
      unflatten(first),
    ]),
  };
  for (let up = 1; up <= ups; up++) {
    const block = `block${up}`;
    const path = { name: `${name}/${block}`, from: width, to: width, norm, spectral, classes };
    body[block] = residual(twoConvolutions(path, { before: upsample }), [upsample, oneByOne(path)]);
  }
  const last = { name: `${name}/image`, from: width, to: size.channels, kernel: 3, stride: 1, spectral };
  body['image'] = sequence([
    normalisation(norm, { name: `${name}/image/norm`, channels: width, classes }),
    activation('relu'),
    conv({ ...last, deviation: xavier(9 * width, 9 * size.channels) }),
    activation(config.output),
    channelsFirst,
  ]);
  return networkOf({ name, input, output, body });
}

export function resnetDiscriminator(config: ResnetDiscriminatorConfig, { name, input, output }: Place): Network {
  const { width, spectral } = config;
  const size = imageSize(input, name);
  const downs = halvings(size);
  const path = (block: string, from: number) =>
    ({ name: `${name}/${block}`, from, to: width, norm: 'none', spectral }) as const;
  const first = path('block1', size.channels);
  const body: Record<string, Layer> = {
    // The first block sees pixels: no relu before its convolutions, and the shortcut shrinks before it convolves.
    block1: sequence([
      channelsLast,
      residual(twoConvolutions(first, { first: true, after: halve }), [halve, oneByOne(first)]),
    ]),
  };
  for (let down = 2; down <= downs; down++) {
    const options = path(`block${down}`, width);
    body[`block${down}`] = residual(twoConvolutions(options, { after: halve }), [oneByOne(options), halve]);
  }
  for (let deep = 1; deep <= config.deepBlocks; deep++) {
    const block = `block${Math.max(1, downs) + deep}`;
    body[block] = residual(twoConvolutions(path(block, width), {}), []);
  }
  // Summed over all places: as many features as channels.
  body['features'] = plainLayer((x) => tf.sum(tf.relu(x), [1, 2]));
  const head = dense({ name: `${name}/head`, from: width, to: output[0]!, deviation: xavier(width, 1), spectral });
  return networkOf({ name, input, output, body, head: { size: width, layer: head } });
}

interface Path {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly norm: Norm;
  readonly spectral: boolean;
  readonly classes?: number | undefined;
}

/** (norm, relu,) 3×3, norm, relu, 3×3, resized on the way. */
function twoConvolutions(
  { name, from, to, norm, spectral, classes }: Path,
  { before, after, first }: { before?: Layer; after?: Layer; first?: true },
): Layer {
  const convolution = (part: string, inputs: number) =>
    conv({
      name: `${name}/${part}`,
      from: inputs,
      to,
      kernel: 3,
      stride: 1,
      deviation: Math.SQRT2 * xavier(9 * inputs, 9 * to),
      spectral,
    });
  return sequence([
    ...(first ? [] : [normalisation(norm, { name: `${name}/norm1`, channels: from, classes }), activation('relu')]),
    ...(before ? [before] : []),
    convolution('conv1', from),
    normalisation(norm, { name: `${name}/norm2`, channels: to, classes }),
    activation('relu'),
    convolution('conv2', to),
    ...(after ? [after] : []),
  ]);
}

function oneByOne({ name, from, to, spectral }: Path): Layer {
  return conv({ name: `${name}/shortcut`, from, to, kernel: 1, stride: 1, deviation: xavier(from, to), spectral });
}

/** What the path computes plus what the shortcut lets through. */
function residual(path: Layer, shortcut: readonly Layer[]): Layer {
  const short = sequence(shortcut);
  return {
    ...together([path, short]),
    apply: (params, x, pass) => tf.add(path.apply(params, x, pass), short.apply(params, x, pass)),
  };
}

const halve: Layer = plainLayer((x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'same'));

/** Each pixel four times. */
const upsample: Layer = plainLayer((x) => {
  const [, height, width] = x.shape as [number, number, number, number];
  return tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [2 * height, 2 * width]);
});

/** Standard deviation of Glorot & Bengio's initial weights. */
function xavier(fanIn: number, fanOut: number): number {
  return Math.sqrt(2 / (fanIn + fanOut));
}
