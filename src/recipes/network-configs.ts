// What a recipe may say of a network: its kind, its widths and norms, and how it is told of a class. The schemas and
// their defaults only; src/networks builds from them.
import { z } from 'zod';
import { graphConfig } from './graph-config.js';

export const NORMS = ['none', 'batch', 'instance', 'layer'] as const;
export type Norm = (typeof NORMS)[number];

export const ACTIVATIONS = ['relu', 'leakyRelu'] as const;
/** What the last layer of a generator may end in. */
export const OUTPUTS = ['tanh', 'sigmoid', 'linear'] as const;
export type Activation = (typeof ACTIVATIONS)[number] | (typeof OUTPUTS)[number];

const pieces = z.int().min(2).max(64).describe('Linear pieces per maxout unit; the unit gives their maximum.');
const keep = z
  .number()
  .gt(0)
  .max(1)
  .default(1)
  .describe('Probability that dropout keeps an input of this layer; 1 is no dropout.');
const irange = z.number().positive().describe('Weights start uniform in ±irange (pylearn2’s word).');

const layerConfig = z
  .strictObject({
    units: z.int().min(1).max(65_536).describe('Numbers that the layer gives.'),
    activation: z
      .enum(['linear', 'relu', 'leakyRelu', 'tanh', 'sigmoid', 'maxout'])
      .describe('What each unit makes of its weighted sum.'),
    pieces: pieces.optional(),
    keep,
    irange: irange
      .optional()
      .describe(
        'Weights start uniform in ±irange (pylearn2’s word). Without it, and without sparse, ±√(6 / (in + out)) (Glorot & Bengio 2010).',
      ),
    sparse: z
      .int()
      .min(1)
      .optional()
      .describe(
        'So many weights of each unit start standard normal and the others at 0 (Martens 2010; pylearn2’s sparse_init).',
      ),
    diagonal: z
      .number()
      .optional()
      .describe(
        'Weights start as so many times the identity: of one unit on one number, that is where its slope starts.',
      ),
    bias: z
      .union([z.number(), z.literal(false)])
      .optional()
      .describe('Where biases start; left out, 0. false: there are none, a linear map passes through the origin.'),
    maxNorm: z
      .number()
      .positive()
      .optional()
      .describe(
        'After each update the weights of a unit are scaled down to this norm where theirs is larger (Srivastava et al. ' +
          '2014, section 5.1; pylearn2’s max_col_norm). Each piece of a maxout unit counts as a unit.',
      ),
  })
  .refine(
    ({ irange, sparse, diagonal }) => [irange, sparse, diagonal].filter((start) => start !== undefined).length <= 1,
    'either irange, sparse or diagonal',
  );
const layers = z.array(layerConfig).min(1).max(64).describe('Dense layers, from the input to the output.');

/** Steps that a network counts by itself, in float32. */
const counted = z.int().min(0).max(16_777_216);

export const mlpConfig = z
  .strictObject({
    kind: z.literal('mlp'),
    layers,
    waves: z
      .strictObject({
        octaves: z.int().min(1).max(16).describe('How many; the last has waves of length 2^(2 − octaves).'),
        gain: z
          .number()
          .positive()
          .describe(
            'Each wave is multiplied by gain / frequency. The smaller, the later a training finds them: at 1 a ' +
              'discriminator of narrow modes is all chequers before the generator has found any.',
          ),
        growth: z
          .strictObject({
            fromStep: counted.describe('Until this step of the network the gain is 0.'),
            toStep: counted.describe('From this step on the gain is whole.'),
          })
          .refine(({ fromStep, toStep }) => fromStep < toStep, 'fromStep before toStep')
          .optional()
          .describe('The gain grows evenly between two steps of the network; left out, it is whole from the start.'),
      })
      .optional()
      .describe('What the network sees beside each number x that goes in: sin and cos of πx, 2πx, 4πx, ….'),
  })
  .describe('Perceptrons: every number of a layer sees every number of the one before.');
export type MlpConfig = z.infer<typeof mlpConfig>;

const spectral = (unlessSaid: boolean) =>
  z
    .boolean()
    .default(unlessSaid)
    .describe('Whether each layer is divided by its largest singular value (Miyato et al. 2018, arXiv:1802.05957).');

const dcgan = {
  width: z
    .int()
    .min(1)
    .max(2048)
    .default(32)
    .describe('Channels beside the image; each halving of the sides doubles them up to most.'),
  most: z.int().min(1).max(4096).default(512).describe('Channels of a layer at most.'),
  spectral: spectral(false),
};
const ofNorm = 'What keeps the activations of a layer in bounds.';
const ofActivation = 'What each unit makes of its weighted sum.';
const ofOutput = 'What the last layer ends in. tanh fits a range of −1 to 1, sigmoid one of 0 to 1.';

export const dcganGeneratorConfig = z
  .strictObject({
    kind: z.literal('dcgan-generator'),
    ...dcgan,
    norm: z.enum(NORMS).default('batch').describe(ofNorm),
    activation: z.enum(ACTIVATIONS).default('relu').describe(ofActivation),
    output: z.enum(OUTPUTS).default('tanh').describe(ofOutput),
  })
  .describe('Convolutions that double the sides of an image (Radford et al. 2016, arXiv:1511.06434).');
export type DcganGeneratorConfig = z.infer<typeof dcganGeneratorConfig>;

export const dcganDiscriminatorConfig = z
  .strictObject({
    kind: z.literal('dcgan-discriminator'),
    ...dcgan,
    norm: z.enum(NORMS).default('none').describe(ofNorm),
    activation: z.enum(ACTIVATIONS).default('leakyRelu').describe(ofActivation),
    minibatchDeviation: z
      .boolean()
      .default(false)
      .describe('Whether the last layer is told how much the images of a batch differ.'),
    depth: z
      .int()
      .min(1)
      .max(4)
      .default(1)
      .describe('Convolutions of each size: the last halves the sides, those before it see 3×3 places.'),
  })
  .describe('Convolutions that halve the sides of an image (Radford et al. 2016, arXiv:1511.06434).');
export type DcganDiscriminatorConfig = z.infer<typeof dcganDiscriminatorConfig>;

export const deconvolutionGeneratorConfig = z
  .strictObject({
    kind: z.literal('deconvolution-generator'),
    layers: layers.describe('Dense layers; the units of the last become maps.'),
    maps: z
      .strictObject({
        height: z.int().min(1).max(1024).describe('In pixels.'),
        width: z.int().min(1).max(1024).describe('In pixels.'),
      })
      .describe('The size of a map. There is a map for each so many units.'),
    kernel: z.int().min(1).max(64).describe('Each pixel of a map adds its share of kernel × kernel pixels.'),
    stride: z.int().min(1).max(64).describe('These lie so many pixels from those of its neighbour.'),
    irange,
    output: z.enum(OUTPUTS).default('linear').describe(ofOutput),
  })
  .describe('Dense layers, and one convolution back to pixels: the generator of the first paper’s CIFAR-10.');
export type DeconvolutionGeneratorConfig = z.infer<typeof deconvolutionGeneratorConfig>;

const maxoutConvolution = z.strictObject({
  channels: z.int().min(1).max(2048).describe('Maps that it gives.'),
  pieces,
  kernel: z.int().min(1).max(64).describe('It sees kernel × kernel pixels at a time.'),
  padding: z.int().min(0).max(63).default(0).describe('Zeros on each side of the maps that it sees.'),
  keep,
  irange,
  pool: z
    .strictObject({
      size: z.int().min(1).max(64).describe('The maximum is over size × size places.'),
      stride: z.int().min(1).max(64).describe('They lie so far apart.'),
    })
    .refine(({ size, stride }) => stride <= size, 'a stride of at most the size')
    .optional()
    .describe('Only the maximum of neighbouring places is kept; the last may reach over the edge.'),
});

export const maxoutDiscriminatorConfig = z
  .strictObject({
    kind: z.literal('maxout-discriminator'),
    convolutions: z.array(maxoutConvolution).min(1).max(32).describe('Convolutions, from the image inwards.'),
    layers: layers.describe('Dense layers after them.'),
  })
  .describe('Convolutions of maxout units: the discriminator of the first paper’s CIFAR-10.');
export type MaxoutDiscriminatorConfig = z.infer<typeof maxoutDiscriminatorConfig>;

export const styleGeneratorConfig = z
  .strictObject({
    kind: z.literal('style-generator'),
    width: dcgan.width,
    most: dcgan.most,
    style: z.int().min(1).max(4096).default(64).describe('Numbers of a style.'),
    mapping: z.int().min(1).max(16).default(2).describe('Dense layers from z to a style.'),
    mixing: z
      .number()
      .min(0)
      .max(1)
      .default(0.9)
      .describe('Share of each batch whose layers are told of the styles of two z.'),
    output: z.enum(OUTPUTS).default('tanh').describe(ofOutput),
  })
  .describe('Each layer is told of a style, so that styles can be mixed (Karras et al. 2019, arXiv:1812.04948).');
export type StyleGeneratorConfig = z.infer<typeof styleGeneratorConfig>;

const width = z.int().min(1).max(2048).default(64).describe('Channels of every block.');

export const resnetGeneratorConfig = z
  .strictObject({
    kind: z.literal('resnet-generator'),
    width,
    norm: z.enum(NORMS).default('batch').describe(ofNorm),
    output: z.enum(OUTPUTS).default('tanh').describe(ofOutput),
    spectral: spectral(false),
  })
  .describe('Residual blocks that double the sides of an image (Miyato et al. 2018, arXiv:1802.05957).');
export type ResnetGeneratorConfig = z.infer<typeof resnetGeneratorConfig>;

export const resnetDiscriminatorConfig = z
  .strictObject({
    kind: z.literal('resnet-discriminator'),
    width,
    spectral: spectral(true),
    deepBlocks: z
      .int()
      .min(0)
      .max(16)
      .default(2)
      .describe('Blocks at the smallest size, after those that halve the sides.'),
  })
  .describe('Residual blocks that halve the sides of an image (Miyato et al. 2018, arXiv:1802.05957).');
export type ResnetDiscriminatorConfig = z.infer<typeof resnetDiscriminatorConfig>;

export const generatorNetwork = z.discriminatedUnion('kind', [
  mlpConfig,
  dcganGeneratorConfig,
  resnetGeneratorConfig,
  styleGeneratorConfig,
  deconvolutionGeneratorConfig,
  graphConfig,
]);
export const discriminatorNetwork = z.discriminatedUnion('kind', [
  mlpConfig,
  dcganDiscriminatorConfig,
  resnetDiscriminatorConfig,
  maxoutDiscriminatorConfig,
  graphConfig,
]);
export type NetworkConfig = z.infer<typeof generatorNetwork> | z.infer<typeof discriminatorNetwork>;

const concatConfig = z
  .strictObject({
    kind: z.literal('concat'),
    size: z
      .int()
      .min(1)
      .max(4096)
      .default(8)
      .describe(
        'Numbers that a class embeds to beside a vector; beside an image it is one more channel, and this is not read. ' +
          'Far fewer than z has: with 32 beside 64 a generator of MNIST learnt to overlook z.',
      ),
  })
  .describe('The class goes in beside the input (Mirza & Osindero 2014, arXiv:1411.1784).');
const projectionConfig = z
  .strictObject({ kind: z.literal('projection'), spectral: spectral(false) })
  .describe('The verdict gains the product of the class and the features (Miyato & Koyama 2018, arXiv:1802.05637).');
const normConfig = z
  .strictObject({ kind: z.literal('norm') })
  .describe('Each norm has a scale and a shift for each class (Dumoulin et al. 2017, arXiv:1610.07629).');
const ownConfig = z
  .strictObject({ kind: z.literal('own') })
  .describe('The network takes the class by an operation of its own: one of the kind graph.');

export const generatorCondition = z.discriminatedUnion('kind', [concatConfig, normConfig, ownConfig]);
export const discriminatorCondition = z.discriminatedUnion('kind', [concatConfig, projectionConfig, ownConfig]);
export type ConditionConfig = z.infer<typeof generatorCondition> | z.infer<typeof discriminatorCondition>;
