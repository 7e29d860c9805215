// From the network part of a recipe to a Network: one table row per kind. A new kind is a config schema and a builder.
import { z } from 'zod';
import { type ConditionConfig, conditioned } from './condition.js';
import { dcganDiscriminator, dcganDiscriminatorConfig, dcganGenerator, dcganGeneratorConfig } from './dcgan.js';
import { type MlpShape, mlp, mlpConfig } from './mlp.js';
import type { Network } from './network.js';
import { resnetDiscriminator, resnetDiscriminatorConfig, resnetGenerator, resnetGeneratorConfig } from './resnet.js';

export const networkConfig = z.discriminatedUnion('kind', [
  mlpConfig,
  dcganGeneratorConfig,
  dcganDiscriminatorConfig,
  resnetGeneratorConfig,
  resnetDiscriminatorConfig,
]);
export type NetworkConfig = z.infer<typeof networkConfig>;

/** What every kind is told about the place it takes. */
export interface NetworkShape extends MlpShape {
  /** How the network is told of a class; not at all without it. */
  readonly condition?: { readonly config: ConditionConfig; readonly classes: number };
}

export function buildNetwork(config: NetworkConfig, shape: NetworkShape): Network {
  const { condition, ...place } = shape;
  const build = (input: readonly number[]) => unconditional(config, { ...place, input });
  return condition ? conditioned(condition.config, condition.classes, shape.input, build) : build(shape.input);
}

function unconditional(config: NetworkConfig, shape: MlpShape): Network {
  switch (config.kind) {
    case 'mlp':
      return mlp(config, shape);
    case 'dcgan-generator':
      return dcganGenerator(config, shape);
    case 'dcgan-discriminator':
      return dcganDiscriminator(config, shape);
    case 'resnet-generator':
      return resnetGenerator(config, shape);
    case 'resnet-discriminator':
      return resnetDiscriminator(config, shape);
    default:
      return config satisfies never;
  }
}
