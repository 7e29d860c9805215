// The scalars and enums of the schema: how their values are written in requests and replies.

import { GraphQLScalarType, Kind, type ValueNode, valueFromASTUntyped } from 'graphql';
import { registerEnumType } from 'type-graphql';
import { fromBase64 } from '../base64.js';
import { expected } from '../errors.js';
import { LIMITS, rangeOf } from '../limits.js';
import { DIRECTION_METHODS, type DirectionMethod as DirectionMethodName } from '../models/direction-methods.js';
import {
  INTERPOLATION_METHODS,
  type InterpolationMethod as InterpolationMethodName,
  type Latent,
} from '../models/latent.js';
import { NEIGHBOUR_SPACES, type NeighbourSpace } from '../models/neighbour-spaces.js';
import { HALVES, type Half as HalfName } from '../pictures/mask.js';
import { Numbers } from './numbers.js';
import { SentFile } from './sent-file.js';

/** The values as the network made them. */
const TENSORS = { NPY: 'npy', F32: 'f32' } as const;

export const ImageFormat = {
  PNG: 'png',
  WEBP: 'webp',
  JPEG: 'jpeg',
  AVIF: 'avif',
  GIF: 'gif',
  APNG: 'apng',
  ...TENSORS,
} as const;
export const StillFormat = { PNG: 'png', WEBP: 'webp', JPEG: 'jpeg', AVIF: 'avif', ...TENSORS } as const;
export const AnimationFormat = { WEBP: 'webp', GIF: 'gif', APNG: 'apng', ...TENSORS } as const;

/** GraphQL writes LINEAR for 'linear'. */
export const InterpolationMethod = Object.fromEntries(
  INTERPOLATION_METHODS.map((method) => [method.toUpperCase(), method]),
) as { readonly [M in InterpolationMethodName as Uppercase<M>]: M };

const TENSOR_VALUES = {
  NPY: {
    description:
      'NumPy’s .npy: the float32 values as the network made them, [C, H, W], of several samples [N, C, H, W].',
  },
  F32: { description: 'The same values without a header: little-endian float32, row by row.' },
};

registerEnumType(ImageFormat, {
  name: 'ImageFormat',
  description: 'The format of an image that the server returns.',
  valuesConfig: TENSOR_VALUES,
});
registerEnumType(StillFormat, {
  name: 'StillFormat',
  description: 'A format for a single image. PNG is lossless.',
  valuesConfig: TENSOR_VALUES,
});
registerEnumType(AnimationFormat, {
  name: 'AnimationFormat',
  description: 'A format for an animation. APNG is lossless; a frame of a GIF has 256 colours at most.',
  valuesConfig: TENSOR_VALUES,
});
export const HalfOfImage = Object.fromEntries(HALVES.map((half) => [half.toUpperCase(), half])) as {
  readonly [H in HalfName as Uppercase<H>]: H;
};

export const NeighbourSpaceEnum = Object.fromEntries(NEIGHBOUR_SPACES.map((space) => [space.toUpperCase(), space])) as {
  readonly [S in NeighbourSpace as Uppercase<S>]: S;
};

registerEnumType(NeighbourSpaceEnum, {
  name: 'NeighbourSpace',
  description: 'In what images are compared.',
  valuesConfig: {
    PIXELS: { description: 'Pixel by pixel.' },
    FEATURES: { description: 'In the features of the version’s own graph.' },
  },
});
registerEnumType(HalfOfImage, { name: 'Half', description: 'A half of an image.' });
/** GraphQL writes PCA for 'pca'. */
export const DirectionMethod = Object.fromEntries(
  DIRECTION_METHODS.map((method) => [method.toUpperCase(), method]),
) as { readonly [M in DirectionMethodName as Uppercase<M>]: M };

registerEnumType(DirectionMethod, {
  name: 'DirectionMethod',
  description: 'How directions of a latent space are found.',
  valuesConfig: {
    FACTORISED: { description: 'What the generator’s first layer enlarges most (SeFa: Shen and Zhou 2021).' },
    PCA: {
      description:
        'Principal components of the first activations of a fixed sample (GANSpace: Härkönen et al. 2020), carried over to z.',
    },
  },
});
registerEnumType(InterpolationMethod, {
  name: 'InterpolationMethod',
  description: 'How latents between two waypoints are found.',
  valuesConfig: {
    LINEAR: { description: 'Along the straight line.' },
    SLERP: { description: 'Along the great circle, which keeps the length typical of the prior.' },
    CUBIC: {
      description: 'Along one smooth curve through all waypoints, a Catmull–Rom spline; it has no corners at them.',
    },
  },
});

/** Out only: what a manifest or a result holds in a form of its own. */
export const JsonScalar = new GraphQLScalarType({ name: 'JSON', description: 'Any JSON value.' });

/** Any integer parses, so that one outside the range gets the same message from a literal and from a variable. */
export const SeedScalar = new GraphQLScalarType<number, number>({
  name: 'Seed',
  description: `The number a sample is made from: an integer in ${rangeOf(LIMITS.seed)}. GraphQL's Int is too small for it.`,
  serialize: (value) => integer(value),
  parseValue: integer,
  parseLiteral: (node) => integer(node.kind === Kind.INT ? Number(node.value) : valueFromASTUntyped(node)),
});

/** An image as a client sent it: a file of the request, or text. `SentImages` reads it. */
export type ImageSource = string | SentFile;

/** Any text parses: what is in it is found out image by image, so that one bad image fails alone. */
export const ImageSourceScalar = new GraphQLScalarType<ImageSource, never>({
  name: 'ImageSource',
  description:
    'An image that a client sends, PNG, JPEG, WebP or AVIF, not animated: base64 or a data URI, `upload:` and the id that ' +
    '`POST /images` gave, or a file of a multipart request.',
  serialize: (value) => {
    throw new TypeError(`Expected ImageSource in arguments only but one was returned: ${typeof value}.`);
  },
  parseValue: imageSource,
  parseLiteral: (node) => imageSource(node.kind === Kind.STRING ? node.value : valueFromASTUntyped(node)),
});

/** A latent as a client sent it: numbers not checked yet, with NaN for what was not a number. */
export class LatentInput {
  readonly values: Latent | readonly number[];

  constructor(values: Latent | readonly number[]) {
    this.values = values;
  }
}

/**
 * A latent vector. Out: a Float32Array is written as a JSON array in one go; as `[Float!]`, graphql-js would complete
 * every number on its own. In: not checked here but by `readLatent`, because only there the right length is known, and
 * because literals and variables must get the same refusal (1e999 is Infinity in JSON and GraphQL alike).
 */
export const LatentScalar = new GraphQLScalarType<LatentInput, Numbers>({
  name: 'Latent',
  description:
    'A latent vector: a list of `Model.latentSize` finite numbers, kept in float32. An argument may also be their bytes, little-endian, as base64.',
  serialize: (value) => new Numbers(value as Float32Array),
  parseValue: latent,
  parseLiteral: (node) => latent(literal(node)),
});

function integer(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw expected('an integer', value);
}

function imageSource(value: unknown): ImageSource {
  if (typeof value === 'string' || value instanceof SentFile) return value;
  throw expected('an image as base64, a data URI, "upload:" and an id, or a file of the request,', value);
}

function latent(value: unknown): LatentInput {
  const known = typeof value === 'string' ? fromBase64(value) : undefined;
  if (known) return new LatentInput(known);
  if (!Array.isArray(value)) throw expected('a list of numbers, or float32 numbers as base64', value);
  return new LatentInput(value.map((item: unknown) => (typeof item === 'number' ? item : Number.NaN)));
}

/** Number literals only: a variable inside a latent's literal has no type to be checked against. */
function literal(node: ValueNode): unknown {
  if (node.kind !== Kind.LIST) return valueFromASTUntyped(node);
  return node.values.map((item) =>
    item.kind === Kind.INT || item.kind === Kind.FLOAT ? Number(item.value) : Number.NaN,
  );
}
