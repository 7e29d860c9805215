// From the network part of a recipe to a Network: one table row per kind. A new kind is a config schema and a builder.
import { z } from 'zod';
import { type MlpShape, mlp, mlpConfig } from './mlp.js';
import type { Network } from './network.js';

export const networkConfig = z.discriminatedUnion('kind', [mlpConfig]);
export type NetworkConfig = z.infer<typeof networkConfig>;

/** What every kind is told about the place it takes. */
export type NetworkShape = MlpShape;

export function buildNetwork(config: NetworkConfig, shape: NetworkShape): Network {
  switch (config.kind) {
    case 'mlp':
      return mlp(config, shape);
    default:
      return config.kind satisfies never;
  }
}
