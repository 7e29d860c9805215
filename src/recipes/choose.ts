// A recipe for data of which only size, channels, classes and count are known. The same data gives the same recipe on
// every machine. What is chosen comes from the recipes that are shipped and measured (docs/recipes.md), and each choice
// says its reason.
import type { DataFacts } from './data-fit.js';
import { isHalvable } from './image-sizes.js';

/** Of data, what decides. */
export interface ChoiceFacts extends DataFacts {
  readonly labels?: ArrayLike<number>;
}

/** Sections of a recipe; the schema's defaults are the rest. */
export type Sections = Readonly<Record<string, object | string | number>>;

export interface Choice {
  readonly sections: Sections;
  /** A line for each choice: what, and why. */
  readonly why: readonly string[];
}

/**
 * Below so many images a discriminator learns them by heart, unless they are augmented (Karras et al. 2020, figure 1).
 */
const FEW = 10_000;
/** Steps until a small pair has learnt what it will: `faces` ends at 12,000, `cifar10` was best near 28,000. */
const STEPS = { few: 12_000, many: 24_000, points: 16_000 } as const;
/** A tenth is held out to measure on, and never more than this. */
const MOST_HELD_OUT = 1000;
/** A class with fewer examples is not learnt as one of its own. */
const LEAST_OF_CLASS = 20;
const MOST_CLASSES = 200;
/** Values of an image up to which perceptrons make it where convolutions do not fit its size. */
const MOST_OF_MLP = 4096;

/** `batch` where it is settled; what depends on it follows. */
export function choose(data: ChoiceFacts, batch?: number): Choice {
  return data.shape.length === 3
    ? forImages(data, batch ?? batchFor(data.count, data.count < FEW ? 32 : 64))
    : forPoints(data, batch ?? batchFor(data.count, 256));
}

function forImages(data: ChoiceFacts, batch: number): Choice {
  const parts = [networksFor(data, batch), conditionFor(data), augmentationFor(data), lengthFor(data, batch)];
  return {
    sections: Object.assign({}, ...parts.map(({ sections }) => sections)) as Sections,
    why: parts.flatMap(({ why }) => why),
  };
}

function networksFor({ shape, count }: ChoiceFacts, batch: number): Choice {
  const [channels, height, width] = shape as [number, number, number];
  const latent = { latent: { size: count < 1000 ? 64 : 128 } };
  if (!isHalvable({ channels, height, width }) && channels * height * width <= MOST_OF_MLP) {
    const why = [
      `perceptrons, since convolutions need sides that can be halved down to 4 to 7, unlike ${width}×${height}`,
    ];
    return { sections: { ...latent, ...perceptrons(channels * height * width, 'tanh') }, why };
  }
  const [generator, discriminator] = widthsFor(Math.max(height, width), channels);
  return {
    sections: {
      ...latent,
      generator: { network: { kind: 'dcgan-generator', width: generator } },
      discriminator: { network: { kind: 'dcgan-discriminator', width: discriminator, minibatchDeviation: true } },
      penalties: [{ kind: 'r1', weight: channels === 1 ? 0.02 : 0.05, examples: Math.min(8, batch) }],
    },
    why: [
      `convolutions of width ${generator} and ${discriminator}, for ${channels === 1 ? 'grey' : 'colour'} images of ${width}×${height}`,
    ],
  };
}

/** Channels beside the image, of G and of D. The larger the image, the dearer each. */
function widthsFor(side: number, channels: number): readonly [number, number] {
  if (side <= 32) return channels === 1 ? [32, 32] : [48, 48];
  return side <= 64 ? [32, 24] : [16, 16];
}

function conditionFor({ classes = [], labels, shape }: ChoiceFacts): Choice {
  if (classes.length < 2) return { sections: {}, why: ['no classes: the data names none'] };
  const counts = new Array<number>(classes.length).fill(0);
  for (const label of Array.from(labels ?? [])) counts[label]! += 1;
  const least = Math.min(...counts);
  if (classes.length > MOST_CLASSES || least < LEAST_OF_CLASS) {
    const why = `the ${classes.length} classes are not told apart: the smallest has ${least} of the ${LEAST_OF_CLASS} examples that one needs`;
    return {
      sections: {},
      why: [classes.length > MOST_CLASSES ? `${classes.length} classes are too many to tell apart` : why],
    };
  }
  const generator = shape[0] === 1 ? { kind: 'concat', size: 8 } : { kind: 'norm' };
  return {
    sections: { conditional: { generator, discriminator: { kind: 'projection' } } },
    why: [`it draws the class asked for, since each of the ${classes.length} has ${least} examples or more`],
  };
}

function augmentationFor({ count, shape }: ChoiceFacts): Choice {
  if (count >= FEW) return { sections: {}, why: [`no augmentation: ${shown(count)} images are enough without`] };
  const differentiable = shape[0] === 1 ? ['translation', 'cutout'] : ['color', 'translation', 'cutout'];
  return {
    sections: { augment: { differentiable, probability: { kind: 'adaptive', target: 0.6, kimg: 50 } } },
    why: [
      `augmented (${differentiable.join(', ')}) as often as it takes, since ${shown(count)} images are few; --set augment.mirror=true doubles them, if left and right may be swapped`,
    ],
  };
}

function lengthFor({ count }: ChoiceFacts, batch: number): Choice {
  const validation = heldOut(count);
  const steps = count < FEW ? STEPS.few : STEPS.many;
  const epochs = epochsOf(steps, count, batch);
  return {
    sections: { data: { validation }, batch, epochs },
    why: [
      heldOutOf(count, 'images'),
      `${shown(epochs)} epochs in batches of ${batch}: about ${shown(steps)} steps; stop at any time, what is saved can be served`,
    ],
  };
}

/** As many as make so many steps, or a few more. */
function epochsOf(steps: number, count: number, batch: number): number {
  return Math.ceil(steps / Math.max(1, Math.floor((count - heldOut(count)) / batch)));
}

function heldOut(count: number): number {
  return Math.min(MOST_HELD_OUT, Math.floor(count / 10));
}

function heldOutOf(count: number, what: string): string {
  const held = heldOut(count);
  if (held === 0) return `none of ${count} ${what} held out: they are too few to measure it by`;
  return `${shown(held)} of ${shown(count)} ${what} held out, to measure it on what it was not shown`;
}

/** So large as wanted, or what is left to train on. */
function batchFor(count: number, wanted: number): number {
  return Math.max(1, Math.min(wanted, count - heldOut(count)));
}

/** As for the shipped rings and grids, which few steps of large batches learn. */
function forPoints({ shape, count }: ChoiceFacts, batch: number): Choice {
  const validation = heldOut(count);
  const epochs = epochsOf(STEPS.points, count, batch);
  const player = {
    kind: 'adam',
    learningRate: { kind: 'linear', from: 0.001, to: 0, endEpoch: epochs },
    beta1: 0,
    beta2: 0.9,
  };
  return {
    sections: {
      ...{ latent: { size: Math.max(2, shape[0]!) }, data: { validation }, batch, epochs },
      ...perceptrons(shape[0]!, 'linear'),
      optimizer: { generator: player, discriminator: player },
      updates: { order: 'alternating' },
      ema: { decay: 0.995, everySteps: 100 },
      run: { stepsPerRun: 100, reportEverySteps: 500, previewEverySteps: 500, saveEverySteps: 5000 },
    },
    why: [
      `perceptrons, for points of ${shape[0]} ${shape[0] === 1 ? 'number' : 'numbers'}`,
      heldOutOf(count, 'points'),
      `${shown(epochs)} epochs in batches of ${batch}, over which the step size falls to zero`,
    ],
  };
}

function perceptrons(values: number, output: 'linear' | 'tanh') {
  const units = values <= 8 ? 128 : 512;
  const hidden = (activation: string) => Array.from({ length: 3 }, () => ({ units, activation }));
  return {
    generator: { network: { kind: 'mlp', layers: [...hidden('relu'), { units: values, activation: output }] } },
    discriminator: { network: { kind: 'mlp', layers: [...hidden('leakyRelu'), { units: 1, activation: 'linear' }] } },
  };
}

function shown(count: number): string {
  return count.toLocaleString('en-US');
}
