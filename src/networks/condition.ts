// Ways to tell a network of a class. Concatenation (Mirza & Osindero 2014, arXiv:1411.1784) works on any network: what
// the class embeds to becomes more of its input. Projection (Miyato & Koyama 2018, arXiv:1802.05637) adds to a
// discriminator's output the inner product of its features with a vector of the class. Norms with a scale and a shift
// for each class (Dumoulin et al. 2017, arXiv:1610.07629) leave z alone in a generator's first layer, where a strong
// class could drown it. A network that was made elsewhere may take the class itself, in its own way.
import { sizeOf } from '../engine/tensor.js';
import * as tf from '../engine/tf.js';
import type { ConditionConfig } from '../recipes/network-configs.js';
import { fateOf, type Layer, started } from './layer.js';
import { labelOf, type Network, type Pass, type Tensors } from './network.js';
import { weight } from './weight.js';

/** `build` makes the network for the input that it then has, its norms told of so many classes. */
export function conditioned(
  config: ConditionConfig,
  classes: number,
  input: readonly number[],
  build: (input: readonly number[], classes?: number) => Network,
): Network {
  switch (config.kind) {
    case 'concat':
      return concatenated(build(widened(config.size, input)), classes, input);
    case 'projection':
      return projected(build(input), classes, config.spectral);
    case 'norm':
      return build(input, classes);
    case 'own':
      return build(input);
    default:
      return config satisfies never;
  }
}

function widened(size: number, input: readonly number[]): readonly number[] {
  return input.length === 1 ? [input[0]! + size] : [input[0]! + 1, ...input.slice(1)];
}

/** The embedding is a row of numbers beside a vector [F], and a plane [1, H, W] beside an image [C, H, W]. */
function concatenated(inner: Network, classes: number, input: readonly number[]): Network {
  const plane = [inner.input[0]! - input[0]!, ...input.slice(1)];
  const embedding = weight({ name: `${inner.name}/label/embedding`, shape: [classes, sizeOf(plane)], deviation: 1 });
  const joined = (params: Tensors, x: tf.Tensor, pass: Pass) => {
    const row = tf.matMul(labelOf(pass, inner.name), embedding.of(params) as tf.Tensor2D);
    return tf.concat([x, plane.length === 1 ? row : tf.reshape(row, [-1, ...plane])], 1);
  };
  const { trunk, styles } = inner;
  return {
    ...withSlots(inner, embedding),
    input,
    ...(styles ? { styles: { ...styles, map: (p, z, pass) => styles.map(p, joined(p, z, pass), pass) } } : {}),
    ...(trunk ? { trunk: { ...trunk, features: (p, x, pass) => trunk.features(p, joined(p, x, pass), pass) } } : {}),
    apply: (params, x, pass = {}) => inner.apply(params, joined(params, x, pass), pass),
  };
}

function projected(inner: Network, classes: number, spectral: boolean): Network {
  const { trunk } = inner;
  if (!trunk) throw new RangeError(`Expected a network with features for a projection but received ${inner.name}.`);
  const table = weight({
    name: `${inner.name}/label/projection`,
    shape: [classes, trunk.size],
    deviation: 0.02,
    spectral,
  });
  const head = (params: Tensors, features: tf.Tensor, pass: Pass) => {
    const vector = tf.matMul(labelOf(pass, inner.name), table.of(params) as tf.Tensor2D);
    return tf.add(trunk.head(params, features, pass), tf.sum(tf.mul(features, vector), 1, true));
  };
  return {
    ...withSlots(inner, table),
    trunk: { ...trunk, head },
    apply: (params, x, pass = {}) => head(params, trunk.features(params, x, pass), pass),
  };
}

/** The network with one layer's tensors more. */
function withSlots(inner: Network, { slots, advance }: Pick<Layer, 'slots' | 'advance'>): Network {
  const own = fateOf(slots);
  return {
    ...inner,
    fate: (name) => (name in slots ? own(name) : inner.fate(name)),
    init: (stream) => ({ ...inner.init(stream), ...started(slots, stream) }),
    advance: (params) => ({ ...inner.advance?.(params), ...advance?.(params) }),
  };
}
