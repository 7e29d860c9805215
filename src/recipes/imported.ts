// The recipe of a model that was made elsewhere and rebuilt: what fits and fine-tuning need to know of it. How it was
// trained is not known; what its recipe says of that is what a further training begins with.

import { type GraphConfig } from './graph-config.js';
import { imageSize, isHalvable } from './image-sizes.js';
import { discriminatorNetwork } from './network-configs.js';
import { type DiscriminatorConfig } from './parse-network.js';
import { type Recipe, recipeSchema } from './recipe.js';

export interface ImportedModel {
  readonly title: string;
  readonly description: string;
  readonly license: string;
  readonly latent: Recipe['latent'];
  /** Of one example. */
  readonly shape: readonly number[];
  readonly range: readonly [number, number];
  readonly isConditional: boolean;
  readonly generator: GraphConfig;
  /** Undefined where there is none: a usual one is begun anew. */
  readonly discriminator?: GraphConfig | undefined;
  /** Whether its score is a logit. */
  readonly isLogit: boolean;
}

export function importedRecipe(model: ImportedModel): Recipe {
  const { title, description, license, latent, shape, range, isConditional, generator, isLogit } = model;
  const own = { kind: 'own' } as const;
  const isNew = model.discriminator === undefined;
  const discriminator = model.discriminator ?? usualDiscriminator(shape);
  return recipeSchema.parse({
    ...{ name: 'imported', title, description, license, latent },
    data: { range },
    generator: { network: generator },
    discriminator: { network: discriminator },
    ...(isConditional && { conditional: { generator: own, discriminator: isNew ? { kind: 'concat' } : own } }),
    objective: isNew || isLogit ? 'non-saturating' : 'hinge',
    // R1 keeps a discriminator that is new, or back at work, from tearing a trained generator apart.
    penalties: [{ kind: 'r1', weight: shape[0] === 1 ? 0.02 : 0.05, examples: 8 }],
  });
}

/** For data of a shape: convolutions where they pass through its size. */
export function usualDiscriminator(shape: readonly number[]): DiscriminatorConfig {
  const isImage = shape.length === 3 && isHalvable(imageSize(shape, 'discriminator'));
  const hidden = { units: 512, activation: 'leakyRelu' };
  const layers = [hidden, hidden, { units: 1, activation: 'linear' }];
  return discriminatorNetwork.parse(
    isImage ? { kind: 'dcgan-discriminator', width: 32, minibatchDeviation: true } : { kind: 'mlp', layers },
  );
}
