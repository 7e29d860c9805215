// How long a recipe takes, before it is begun: multiplications of one step, by the layers, over how many a core makes a
// second. A rule of thumb: it was within a factor of two of what two trainings took (docs/your-own-pictures.md); a run
// tells better as soon as it runs.
import { availableParallelism } from 'node:os';
import type { DataFacts } from './data-fit.js';
import type { GraphNode } from './graph-config.js';
import { halvings, isHalvable, sizesThrough } from './image-sizes.js';
import type { Recipe } from './recipe.js';

/** Multiplications (each with an addition) that training makes a second on one core; the table in the docs. */
const PER_SECOND = 20e9;
/** Feeding a step, and what every operator takes however small: seconds. */
const AROUND = 0.0005;
/** A second core adds less than the first. */
const GAIN_OF_CORES = 0.8;

type Network = Recipe['generator']['network'] | Recipe['discriminator']['network'];

/** What a product of epochs may be above a whole number of steps by rounding alone. */
const ROUNDING = 1e-6;

/** Steps of a whole training. */
export function stepsOf({ batch, epochs, augment, updates, data }: Recipe, count: number): number {
  const examples = (count - data.validation) * (augment?.mirror ? 2 : 1);
  const steps = (epochs * Math.max(1, Math.floor(examples / batch))) / updates.discriminatorSteps;
  return Math.ceil(steps - ROUNDING);
}

/** Of one step. */
export function secondsPerStep(
  recipe: Recipe,
  { shape }: Pick<DataFacts, 'shape'>,
  cores = availableParallelism(),
): number {
  const [g, d] = [recipe.generator.network, recipe.discriminator.network].map((one) =>
    multiplications(one, shape, recipe.latent.size),
  ) as [number, number];
  // Forward, back to the inputs and back to the weights, of G once. D sees data and samples, and G's gradient passes
  // it.
  const plain = 3 * g + (3 + 4) * d * recipe.updates.discriminatorSteps;
  const sloped = (recipe.penalties ?? []).map((one) =>
    one.kind === 'weight-clipping' ? 0 : (one.examples ?? recipe.batch),
  );
  // A penalty differentiates twice: about six passes more.
  const penalties = 6 * d * sloped.reduce((sum, examples) => sum + examples, 0);
  return AROUND + (recipe.batch * plain + penalties) / (PER_SECOND * cores ** GAIN_OF_CORES);
}

/** Of one example on its way through. */
function multiplications(network: Network, shape: readonly number[], latent: number): number {
  const values = shape.reduce((product, side) => product * side, 1);
  switch (network.kind) {
    case 'mlp':
      return perceptron(network.layers, network.layers.at(-1)!.units === 1 ? values : latent);
    case 'deconvolution-generator':
      return perceptron(network.layers, latent) + network.layers.at(-1)!.units * network.kernel ** 2 * shape[0]!;
    case 'maxout-discriminator': {
      const [channels, height, width] = shape as [number, number, number];
      const sizes = sizesThrough(network.convolutions, { channels, height, width });
      const maps = network.convolutions.map(
        (one, i) =>
          one.kernel ** 2 * sizes[i]!.channels * one.channels * one.pieces * sizes[i]!.height * sizes[i]!.width,
      );
      const last = sizes.at(-1)!;
      return sum(maps) + perceptron(network.layers, last.channels * last.height * last.width);
    }
    case 'graph':
      return sum(network.nodes.map(multiplicationsOf));
    default:
      return convolutions(network, shape);
  }
}

function multiplicationsOf(node: GraphNode): number {
  if (node.op === 'dense') return node.from * node.to;
  if (node.op !== 'conv' && node.op !== 'deconv') return 0;
  const [height, width] = node.op === 'conv' ? node.gives : node.sees;
  return node.kernel[0] * node.kernel[1] * node.from * node.to * height * width;
}

function perceptron(layers: readonly { units: number; pieces?: number | undefined }[], input: number): number {
  let from = input;
  return sum(
    layers.map(({ units, pieces = 1 }) => {
      const products = from * units * pieces;
      from = units;
      return products;
    }),
  );
}

/** Kernels of 4×4 where sides halve, of 3×3 where a block has two; the sides of each layer from the image inwards. */
function convolutions(
  network: Exclude<Network, { layers: unknown } | { nodes: unknown }>,
  shape: readonly number[],
): number {
  const [channels, height, width] = shape as [number, number, number];
  if (!isHalvable({ channels, height, width })) return 0;
  const most = 'most' in network ? network.most : network.width;
  const depth = halvings({ channels, height, width });
  const channelsAt = (level: number) => (level === 0 ? channels : Math.min(most, network.width * 2 ** (level - 1)));
  const taps = network.kind.startsWith('dcgan') ? 16 : 4 * 18;
  return sum(
    Array.from({ length: depth }, (_, i) => (taps * channelsAt(i) * channelsAt(i + 1) * height * width) / 4 ** (i + 1)),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
