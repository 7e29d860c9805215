// The network of a discriminator by itself, written as a recipe writes it.
import type { z } from 'zod';
import { expected, GanymedeError, messageOf } from '../errors.js';
import { violationOf } from './check-recipe.js';
import { discriminatorNetwork } from './network-configs.js';

export type DiscriminatorConfig = z.output<typeof discriminatorNetwork>;

/** `from` names it in messages. @throws GanymedeError CONFIG_INVALID naming every fault */
export function parseNetwork(text: string, from: string): DiscriminatorConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw expected(`${from} to hold JSON`, messageOf(error), 'CONFIG_INVALID');
  }
  const result = discriminatorNetwork.safeParse(json);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => {
    const { path, expected: wanted, received } = violationOf(issue, json);
    return expected(`${path || 'the network'} of ${from} to be ${wanted}`, received).message;
  });
  throw new GanymedeError('CONFIG_INVALID', faults.join(' '));
}
