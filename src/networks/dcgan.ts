// The deep convolutional pair of Radford et al. 2016 (arXiv:1511.06434) for any size whose sides can be halved until
// the shorter is 4 to 7: 28 is 7·4, 64 is 4·16, and 64×32 becomes 8×4. Each convolution halves or doubles the sides and
// doubles or halves the channels.
import { halvings, imageSize } from '../recipes/image-sizes.js';
import type { DcganDiscriminatorConfig, DcganGeneratorConfig, Norm } from '../recipes/network-configs.js';
import { activation } from './activation.js';
import { channelsFirst, channelsLast, flatten, unflatten } from './images.js';
import { type Layer, networkOf, sequence } from './layer.js';
import { conv, deconv, dense } from './linear.js';
import { minibatchDeviation } from './minibatch.js';
import type { Network } from './network.js';
import { normalisation } from './normalisation.js';

export interface Place {
  readonly name: string;
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** Norms are told of so many classes; of none without it. */
  readonly classes?: number;
}

const KERNEL = 4;
/** Of convolutions that leave the sides as they are. */
const BEFORE = 3;

/**
 * Standard deviation of initial weights: Radford's where a norm follows, else what keeps the size of signals (He et al.
 * 2015).
 */
function deviation(norm: Norm, fanIn: number): number {
  return norm === 'none' ? Math.sqrt(2 / fanIn) : 0.02;
}

export function dcganGenerator(config: DcganGeneratorConfig, place: Place): Network {
  const { name, input, output, classes } = place;
  const size = imageSize(output, name);
  const ups = halvings(size);
  const channelsAt = (left: number) => Math.min(config.most, config.width * 2 ** (left - 1));
  const first = {
    channels: channelsAt(Math.max(1, ups)),
    height: size.height / 2 ** ups,
    width: size.width / 2 ** ups,
  };
  const settled = (layer: string, channels: number) => [
    normalisation(config.norm, { name: `${name}/${layer}/norm`, channels, classes }),
    activation(config.activation),
  ];
  const spectral = config.spectral;

  const body: Record<string, Layer> = {
    dense: sequence([
      dense({
        name: `${name}/dense`,
        from: input[0]!,
        to: first.channels * first.height * first.width,
        deviation: deviation(config.norm, input[0]!),
        spectral,
      }),
      unflatten(first),
      ...settled('dense', first.channels),
    ]),
  };
  let from = first.channels;
  for (let up = 1; up < ups; up++) {
    const to = channelsAt(ups - up);
    const layer = `deconv${up}`;
    // Of the 16 taps four meet each pixel.
    const start = deviation(config.norm, 4 * from);
    const options = { name: `${name}/${layer}`, from, to, kernel: KERNEL, stride: 2, deviation: start, spectral };
    body[layer] = sequence([deconv(options), ...settled(layer, to)]);
    from = to;
  }
  const last = { from, to: size.channels, kernel: KERNEL, deviation: 0.02, spectral, name: `${name}/image` };
  body['image'] = sequence([deconv({ ...last, stride: ups === 0 ? 1 : 2 }), activation(config.output), channelsFirst]);
  return networkOf({ name, input, output, body });
}

export function dcganDiscriminator(config: DcganDiscriminatorConfig, place: Place): Network {
  const { name, input, output } = place;
  const size = imageSize(input, name);
  const downs = halvings(size);
  const body: Record<string, Layer> = {};
  let from = size.channels;
  for (let down = 1; down <= downs; down++) {
    const to = Math.min(config.most, config.width * 2 ** (down - 1));
    const layer = `conv${down}`;
    // No norm on the layer that sees the image, as Radford et al. found.
    const norm = down === 1 ? 'none' : config.norm;
    const step = (path: string, channels: number, kernel: number, stride: number) => [
      conv({
        ...{ name: path, from: channels, to, kernel, stride, spectral: config.spectral },
        deviation: deviation(norm, kernel ** 2 * channels),
      }),
      normalisation(norm, { name: `${path}/norm`, channels: to }),
      activation(config.activation),
    ];
    const before = Array.from({ length: config.depth - 1 }, (_, i) =>
      step(`${name}/${layer}/before${i + 1}`, i === 0 ? from : to, BEFORE, 1),
    );
    body[layer] = sequence([
      ...(down === 1 ? [channelsLast] : []),
      ...before.flat(),
      ...step(`${name}/${layer}`, config.depth > 1 ? to : from, KERNEL, 2),
    ]);
    from = to;
  }
  const maps = from + (config.minibatchDeviation ? 1 : 0);
  const features = (maps * size.height * size.width) / 4 ** downs;
  body['features'] = sequence([
    ...(downs === 0 ? [channelsLast] : []),
    ...(config.minibatchDeviation ? [minibatchDeviation(`${name}/features`)] : []),
    flatten(features),
  ]);
  const head = dense({
    name: `${name}/head`,
    from: features,
    to: output[0]!,
    deviation: Math.sqrt(1 / features),
    spectral: config.spectral,
  });
  return networkOf({ name, input, output, body, head: { size: features, layer: head } });
}
