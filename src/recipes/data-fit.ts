// Whether a recipe fits the data that it is to learn: sizes, channels, classes and counts. Asked before a network is
// built, so that a run is refused with every reason at once.
import { GanymedeError } from '../errors.js';
import type { Violation } from '../violations.js';
import { refusalOf } from './check-recipe.js';
import { isLayer } from './graph-config.js';
import { halvableSides, halvings, imageSize, sizesThrough } from './image-sizes.js';
import type { Recipe } from './recipe.js';

/** What must be known of the data: its name, how many examples, the shape of one, and the names of the classes. */
export interface DataFacts {
  readonly name: string;
  readonly count: number;
  readonly shape: readonly number[];
  readonly classes?: readonly string[];
}

/** @throws GanymedeError DATASET_INVALID naming every way in which they do not fit; `details.faults` lists them. */
export function checkFit(recipe: Recipe, data: DataFacts): void {
  const faults = RULES.flatMap((rule) => rule(recipe, data));
  if (faults.length > 0) throw refusalOf(faults, `the recipe ${recipe.name} for ${data.name}`, 'DATASET_INVALID');
}

type Rule = (recipe: Recipe, data: DataFacts) => readonly Violation[];

const RULES: readonly Rule[] = [
  examplesAreLeftToTrainOn,
  examplesCanBeServed,
  classesAreThere,
  theGeneratorMakesAnExample,
  convolutionsPassThroughTheSize,
  theDeconvolutionMakesTheSize,
  maxoutConvolutionsFitTheSize,
  aLayerIsLeftToLearn,
  augmentationHasImages,
];

function examplesAreLeftToTrainOn({ data: { validation }, batch }: Recipe, { count }: DataFacts): Violation[] {
  if (validation >= count && validation > 0) {
    return [{ path: 'data.validation', expected: `less than the ${count} examples there are`, received: validation }];
  }
  const left = count - validation;
  return left >= batch
    ? []
    : [{ path: 'batch', expected: `at most the ${left} examples to train on`, received: batch }];
}

function examplesCanBeServed(_: Recipe, { shape }: DataFacts): Violation[] {
  const [channels] = shape;
  if (shape.length === 1 || (shape.length === 3 && [1, 3, 4].includes(channels!))) return [];
  return [
    { path: 'the data', expected: 'points, or images of 1, 3 or 4 channels,', received: `shape [${shape.join(', ')}]` },
  ];
}

function classesAreThere({ conditional }: Recipe, { classes = [] }: DataFacts): Violation[] {
  if (!conditional || classes.length > 1) return [];
  const received = `data of ${classes.length === 1 ? '1 class' : 'no classes'}`;
  return [{ path: 'conditional', expected: 'left out, or the data to have labels of 2 or more classes,', received }];
}

function theGeneratorMakesAnExample({ generator: { network } }: Recipe, { shape }: DataFacts): Violation[] {
  if (network.kind !== 'mlp') return [];
  const last = network.layers.length - 1;
  const units = network.layers[last]?.units;
  const size = shape.reduce((product, side) => product * side, 1);
  if (units === size) return [];
  return [
    {
      path: `generator.network.layers.${last}.units`,
      expected: `${size}, the values of an example of shape [${shape.join(', ')}],`,
      received: units,
    },
  ];
}

function convolutionsPassThroughTheSize({ generator, discriminator }: Recipe, { shape }: DataFacts): Violation[] {
  return Object.entries({ generator, discriminator }).flatMap(([player, { network }]) => {
    if (network.kind === 'mlp' || !halves(network) || halvingsOf(shape) !== null) return [];
    const expected =
      shape.length === 3
        ? `mlp, or the data to have ${halvableSides()} (resize=64x64 does),`
        : 'mlp, for convolutions need images,';
    return [
      { path: `${player}.network.kind`, expected, received: `${network.kind} for examples [${shape.join(', ')}]` },
    ];
  });
}

type AnyNetwork = Recipe['generator']['network'] | Recipe['discriminator']['network'];

/** Whether its sides halve or double from layer to layer. */
function halves({ kind }: AnyNetwork): boolean {
  return kind !== 'mlp' && kind !== 'deconvolution-generator' && kind !== 'maxout-discriminator' && kind !== 'graph';
}

function theDeconvolutionMakesTheSize({ generator: { network } }: Recipe, { shape }: DataFacts): Violation[] {
  if (network.kind !== 'deconvolution-generator') return [];
  const side = (length: number) => network.stride * (length - 1) + network.kernel;
  const made = [side(network.maps.height), side(network.maps.width)];
  if (shape.length === 3 && made.join() === shape.slice(1).join()) return [];
  const expected = `maps of which stride ${network.stride} and kernel ${network.kernel} make [${shape.slice(1).join(', ')}]`;
  return [{ path: 'generator.network.maps', expected, received: `maps that become [${made.join(', ')}]` }];
}

function maxoutConvolutionsFitTheSize({ discriminator: { network } }: Recipe, { shape }: DataFacts): Violation[] {
  if (network.kind !== 'maxout-discriminator') return [];
  const fault = faultOf(() => sizesThrough(network.convolutions, imageSize(shape, 'discriminator')));
  if (!fault) return [];
  const expected = 'kernels and pools no larger than what they see';
  return [{ path: 'discriminator.network.convolutions', expected, received: fault.message }];
}

/** Stages of the discriminators of convolutions, as src/networks builds them; a test compares. */
export function stagesOf(network: Recipe['discriminator']['network'], shape: readonly number[]): number | null {
  if (network.kind === 'mlp') return network.layers.length;
  if (network.kind === 'maxout-discriminator') return network.convolutions.length + network.layers.length;
  if (network.kind === 'graph') return network.nodes.filter(isLayer).length;
  const halved = halvingsOf(shape);
  if (halved === null) return null;
  // dcgan: a convolution for each halving, features, head. resnet: at least one block, the deep ones, features, head.
  return network.kind === 'dcgan-discriminator' ? halved + 2 : Math.max(1, halved) + network.deepBlocks + 2;
}

function aLayerIsLeftToLearn({ discriminator: { network, freeze } }: Recipe, { shape }: DataFacts): Violation[] {
  const stages = stagesOf(network, shape);
  if (stages === null || freeze < stages) return [];
  return [{ path: 'discriminator.freeze', expected: `fewer than its ${stages} layers`, received: freeze }];
}

function augmentationHasImages({ augment }: Recipe, { shape }: DataFacts): Violation[] {
  if (shape.length === 3 || !augment || !(augment.mirror || augment.differentiable.length > 0)) return [];
  const received = `augmentation of examples [${shape.join(', ')}]`;
  return [{ path: 'augment', expected: 'left out, for it is of images,', received }];
}

/** Null where the sizes are none that convolutions pass through. */
function halvingsOf(shape: readonly number[]): number | null {
  const reckon = () => halvings(imageSize(shape, 'network'));
  return faultOf(reckon) ? null : reckon();
}

/** What a reckoning of sizes refuses, if it does. */
function faultOf(reckon: () => unknown): GanymedeError | null {
  try {
    reckon();
    return null;
  } catch (error) {
    if (error instanceof GanymedeError) return error;
    throw error;
  }
}
