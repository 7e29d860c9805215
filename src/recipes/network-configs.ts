// What a recipe may say of a network: its kind, its widths and norms, and how it is told of a class. The schemas and
// their defaults only; src/networks builds from them.
import { z } from 'zod';

export const NORMS = ['none', 'batch', 'instance', 'layer'] as const;
export type Norm = (typeof NORMS)[number];

export const ACTIVATIONS = ['relu', 'leakyRelu'] as const;
/** What the last layer of a generator may end in. */
export const OUTPUTS = ['tanh', 'sigmoid', 'linear'] as const;
export type Activation = (typeof ACTIVATIONS)[number] | (typeof OUTPUTS)[number];

/** Linear pieces per maxout unit; the unit gives their maximum. */
const pieces = z.int().min(2).max(64);
/** Probability that dropout keeps an input of this layer. 1 = no dropout. */
const keep = z.number().gt(0).max(1).default(1);
/** Weights start uniform in ±irange (pylearn2's word). */
const irange = z.number().positive();

const layerConfig = z
  .strictObject({
    units: z.int().min(1).max(65_536),
    activation: z.enum(['linear', 'relu', 'leakyRelu', 'tanh', 'sigmoid', 'maxout']),
    pieces: pieces.optional(),
    keep,
    /** Without it, and without `sparse`, ±√(6 / (in + out)) (Glorot & Bengio 2010). */
    irange: irange.optional(),
    /**
     * So many weights of each unit start standard normal and the others at 0 (Martens 2010; pylearn2's sparse_init).
     */
    sparse: z.int().min(1).optional(),
    /** Weights start as so many times the identity: of one unit on one number, that is where its slope starts. */
    diagonal: z.number().optional(),
    /** Where biases start; 0 without it. false: there are none, a linear map passes through the origin. */
    bias: z.union([z.number(), z.literal(false)]).optional(),
    /**
     * After each update the weights of a unit are scaled down to this norm where theirs is larger (Srivastava et al.
     * 2014, section 5.1; pylearn2's max_col_norm). Each piece of a maxout unit counts as a unit.
     */
    maxNorm: z.number().positive().optional(),
  })
  .refine(
    ({ irange, sparse, diagonal }) => [irange, sparse, diagonal].filter((start) => start !== undefined).length <= 1,
    'either irange, sparse or diagonal',
  );
const layers = z.array(layerConfig).min(1).max(64);

/** Steps that a network counts by itself, in float32. */
const counted = z.int().min(0).max(16_777_216);

export const mlpConfig = z.strictObject({
  kind: z.literal('mlp'),
  layers,
  /**
   * What the network sees beside each number x that goes in: sin and cos of πx, 2πx, 4πx, …, each times gain /
   * frequency; so many octaves, the last with waves of length 2^(2 − octaves). The smaller the gain, the later a
   * training finds them: at 1 a discriminator of narrow modes is all chequers before the generator has found any.
   * `growth`: the gain is 0 until one step of the network and grows evenly to what it is from another on.
   */
  waves: z
    .strictObject({
      octaves: z.int().min(1).max(16),
      gain: z.number().positive(),
      growth: z
        .strictObject({ fromStep: counted, toStep: counted })
        .refine(({ fromStep, toStep }) => fromStep < toStep, 'fromStep before toStep')
        .optional(),
    })
    .optional(),
});
export type MlpConfig = z.infer<typeof mlpConfig>;

const dcgan = {
  /** Channels beside the image; each halving of the sides doubles them up to `most`. */
  width: z.int().min(1).max(2048).default(32),
  most: z.int().min(1).max(4096).default(512),
  spectral: z.boolean().default(false),
};

export const dcganGeneratorConfig = z.strictObject({
  kind: z.literal('dcgan-generator'),
  ...dcgan,
  norm: z.enum(NORMS).default('batch'),
  activation: z.enum(ACTIVATIONS).default('relu'),
  output: z.enum(OUTPUTS).default('tanh'),
});
export type DcganGeneratorConfig = z.infer<typeof dcganGeneratorConfig>;

export const dcganDiscriminatorConfig = z.strictObject({
  kind: z.literal('dcgan-discriminator'),
  ...dcgan,
  norm: z.enum(NORMS).default('none'),
  activation: z.enum(ACTIVATIONS).default('leakyRelu'),
  /** Tell the last layer how much the images of a batch differ. */
  minibatchDeviation: z.boolean().default(false),
});
export type DcganDiscriminatorConfig = z.infer<typeof dcganDiscriminatorConfig>;

export const deconvolutionGeneratorConfig = z.strictObject({
  kind: z.literal('deconvolution-generator'),
  /** Dense layers; the units of the last become maps. */
  layers,
  /** Pixels of a map. A map for each so many units. */
  maps: z.strictObject({ height: z.int().min(1).max(1024), width: z.int().min(1).max(1024) }),
  /** Each pixel of a map adds its share of `kernel` × `kernel` pixels, `stride` pixels from those of its neighbour. */
  kernel: z.int().min(1).max(64),
  stride: z.int().min(1).max(64),
  irange,
  output: z.enum(OUTPUTS).default('linear'),
});
export type DeconvolutionGeneratorConfig = z.infer<typeof deconvolutionGeneratorConfig>;

const maxoutConvolution = z.strictObject({
  channels: z.int().min(1).max(2048),
  pieces,
  kernel: z.int().min(1).max(64),
  /** Zeros on each side of the maps that it sees. */
  padding: z.int().min(0).max(63).default(0),
  keep,
  irange,
  /** Maxima over `size` × `size` places, `stride` apart. The last may reach over the edge. */
  pool: z
    .strictObject({ size: z.int().min(1).max(64), stride: z.int().min(1).max(64) })
    .refine(({ size, stride }) => stride <= size, 'a stride of at most the size')
    .optional(),
});

export const maxoutDiscriminatorConfig = z.strictObject({
  kind: z.literal('maxout-discriminator'),
  convolutions: z.array(maxoutConvolution).min(1).max(32),
  layers,
});
export type MaxoutDiscriminatorConfig = z.infer<typeof maxoutDiscriminatorConfig>;

export const styleGeneratorConfig = z.strictObject({
  kind: z.literal('style-generator'),
  width: dcgan.width,
  most: dcgan.most,
  /** Numbers of a style. */
  style: z.int().min(1).max(4096).default(64),
  /** Dense layers from z to a style. */
  mapping: z.int().min(1).max(16).default(2),
  /** Share of each batch whose layers are told of the styles of two z. */
  mixing: z.number().min(0).max(1).default(0.9),
  output: z.enum(OUTPUTS).default('tanh'),
});
export type StyleGeneratorConfig = z.infer<typeof styleGeneratorConfig>;

/** Channels of every block of a residual network. */
const width = z.int().min(1).max(2048).default(64);

export const resnetGeneratorConfig = z.strictObject({
  kind: z.literal('resnet-generator'),
  width,
  norm: z.enum(NORMS).default('batch'),
  output: z.enum(OUTPUTS).default('tanh'),
  spectral: z.boolean().default(false),
});
export type ResnetGeneratorConfig = z.infer<typeof resnetGeneratorConfig>;

export const resnetDiscriminatorConfig = z.strictObject({
  kind: z.literal('resnet-discriminator'),
  width,
  spectral: z.boolean().default(true),
  /** Blocks at the smallest size, after those that halve the sides. */
  deepBlocks: z.int().min(0).max(16).default(2),
});
export type ResnetDiscriminatorConfig = z.infer<typeof resnetDiscriminatorConfig>;

export const generatorNetwork = z.discriminatedUnion('kind', [
  mlpConfig,
  dcganGeneratorConfig,
  resnetGeneratorConfig,
  styleGeneratorConfig,
  deconvolutionGeneratorConfig,
]);
export const discriminatorNetwork = z.discriminatedUnion('kind', [
  mlpConfig,
  dcganDiscriminatorConfig,
  resnetDiscriminatorConfig,
  maxoutDiscriminatorConfig,
]);
export type NetworkConfig = z.infer<typeof generatorNetwork> | z.infer<typeof discriminatorNetwork>;

const concatConfig = z.strictObject({
  kind: z.literal('concat'),
  /**
   * Numbers that a class embeds to beside a vector; beside an image it is one more channel, and this is not read. Far
   * fewer than z has: with 32 beside 64 a generator of MNIST learnt to overlook z.
   */
  size: z.int().min(1).max(4096).default(8),
});
const projectionConfig = z.strictObject({ kind: z.literal('projection'), spectral: z.boolean().default(false) });
const normConfig = z.strictObject({ kind: z.literal('norm') });

export const generatorCondition = z.discriminatedUnion('kind', [concatConfig, normConfig]);
export const discriminatorCondition = z.discriminatedUnion('kind', [concatConfig, projectionConfig]);
export type ConditionConfig = z.infer<typeof generatorCondition> | z.infer<typeof discriminatorCondition>;
