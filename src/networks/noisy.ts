// Instance noise (Sønderby et al. 2017, arXiv:1610.04490; Arjovsky & Bottou 2017, arXiv:1701.04862): while it is
// trained a discriminator sees data and samples through the same normal noise. Their supports then overlap wherever
// they lie, so the best D is smooth and G has a slope to follow. A served D sees examples as they are.
import * as tf from '../engine/tf.js';
import type { Network, Pass } from './network.js';

/** `deviation` is in units of what goes in; without it the network stays as it is. */
export function noisy(network: Network, deviation?: number): Network {
  if (deviation === undefined) return network;
  const name = `${network.name}/instanceNoise`;
  const { trunk } = network;
  const seen = (x: tf.Tensor, { noise = {} }: Pass) => {
    const drawn = noise[name];
    return drawn ? tf.add(x, tf.mul(drawn, deviation)) : x;
  };
  return {
    ...network,
    noise: { ...network.noise, [name]: { kind: 'normal', shape: network.input } },
    apply: (params, x, pass = {}) => network.apply(params, seen(x, pass), pass),
    ...(trunk
      ? { trunk: { ...trunk, features: (params, x, pass) => trunk.features(params, seen(x, pass), pass) } }
      : {}),
  };
}
