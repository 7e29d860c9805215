// FreezeD (Mo et al. 2020, arXiv:2002.10964): the first layers of a discriminator keep what they learnt on other data.
// Nothing of them changes, running statistics included.
import { GanymedeError } from '../errors.js';
import type { Network } from './network.js';

/** The network with its first `count` stages held still. */
export function frozen(network: Network, count: number): Network {
  if (count === 0) return network;
  if (count >= network.stages.length) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected to freeze fewer layers than the ${network.stages.length} of the ${network.name} but received ${count}.`,
    );
  }
  const held = network.stages.slice(0, count);
  return {
    ...network,
    fate: (name) => (held.some((stage) => name.startsWith(stage)) ? 'frozen' : network.fate(name)),
  };
}
