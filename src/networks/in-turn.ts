// Two networks as one: the second reads what the first gives. Both have one name, and no tensor in common.
import type { Network } from './network.js';

export function inTurn(first: Network, second: Network): Network {
  const { trunk } = second;
  return {
    name: first.name,
    input: first.input,
    output: second.output,
    noise: { ...first.noise, ...second.noise },
    stages: [...first.stages, ...second.stages],
    ...(trunk
      ? { trunk: { ...trunk, features: (p, x, pass) => trunk.features(p, first.apply(p, x, pass), pass) } }
      : {}),
    fate: (name) => (first.fate(name) === 'trained' ? second.fate(name) : first.fate(name)),
    init: (stream) => ({ ...first.init(stream), ...second.init(stream) }),
    advance: (params) => ({ ...first.advance?.(params), ...second.advance?.(params) }),
    bounded: (params) => ({ ...first.bounded?.(params), ...second.bounded?.(params) }),
    apply: (params, x, pass = {}) => second.apply(params, first.apply(params, x, pass), pass),
  };
}
