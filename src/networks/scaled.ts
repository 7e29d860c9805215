// A network in other units: what goes in is multiplied by one number, what comes out by another. So networks that work
// best on values near 1 can make and judge points that lie several units apart.
import * as tf from '../engine/tf.js';
import type { Network } from './network.js';

export function scaled(network: Network, { input = 1, output = 1 }: { input?: number; output?: number }): Network {
  if (input === 1 && output === 1) return network;
  const { trunk, styles } = network;
  const before = (x: tf.Tensor) => (input === 1 ? x : tf.mul(x, input));
  const after = (y: tf.Tensor) => (output === 1 ? y : tf.mul(y, output));
  return {
    ...network,
    apply: (params, x, pass) => after(network.apply(params, before(x), pass)),
    ...(trunk
      ? {
          trunk: {
            size: trunk.size,
            features: (params, x, pass) => trunk.features(params, before(x), pass),
            head: (params, features, pass) => after(trunk.head(params, features, pass)),
          },
        }
      : {}),
    ...(styles
      ? {
          styles: {
            ...styles,
            map: (params, z, pass) => styles.map(params, before(z), pass),
            synthesize: (params, w) => after(styles.synthesize(params, w)),
          },
        }
      : {}),
  };
}
