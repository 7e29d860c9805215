// From the network part of a recipe to a Network: a case per kind. A new kind is a schema in src/recipes and a builder
// here.
import { GanymedeError } from '../errors.js';
import type { ConditionConfig, NetworkConfig } from '../recipes/network-configs.js';
import { conditioned } from './condition.js';
import { dcganDiscriminator, dcganGenerator, type Place } from './dcgan.js';
import { deconvolutionGenerator } from './deconvolution.js';
import { graphNetwork } from './graph.js';
import { maxoutDiscriminator } from './maxout.js';
import { type MlpShape, mlp } from './mlp.js';
import type { Network } from './network.js';
import { resnetDiscriminator, resnetGenerator } from './resnet.js';
import { mixing, styleGenerator } from './style.js';

/** What every kind is told about the place it takes. */
export interface NetworkShape extends MlpShape {
  /** How the network is told of a class; not at all without it. */
  readonly condition?: { readonly config: ConditionConfig; readonly classes: number };
}

export function buildNetwork(config: NetworkConfig, shape: NetworkShape): Network {
  const { condition, ...place } = shape;
  const build = (input: readonly number[], classes?: number) =>
    unconditional(config, { ...place, input, ...(classes === undefined ? {} : { classes }) });
  const network = condition ? conditioned(condition.config, condition.classes, shape.input, build) : build(shape.input);
  return config.kind === 'style-generator' ? mixing(network, config.mixing) : network;
}

function unconditional(config: NetworkConfig, shape: MlpShape & Place): Network {
  const normless = !('norm' in config) || config.norm === 'none';
  if (shape.classes !== undefined && normless) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected a ${shape.name} with norms for a condition of kind norm but received ${config.kind} without.`,
    );
  }
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
    case 'style-generator':
      return styleGenerator(config, shape);
    case 'deconvolution-generator':
      return deconvolutionGenerator(config, shape);
    case 'maxout-discriminator':
      return maxoutDiscriminator(config, shape);
    case 'graph':
      return graphNetwork(config, shape);
    default:
      return config satisfies never;
  }
}
