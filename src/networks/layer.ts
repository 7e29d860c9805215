// A layer as data and a function: the tensors that it has, how they start, and what it computes from them. Networks are
// lists of layers. No layer knows where in a network it stands.
import { float32, type HostTensors, sizeOf } from '../engine/tensor.js';
import type * as tf from '../engine/tf.js';
import { fillStream, type NoiseSpecs, type Stream } from '../random/noise.js';
import type { Fate, Network, Pass, Tensors, Trunk } from './network.js';

/** One tensor of a layer. */
export interface Slot {
  readonly shape: readonly number[];
  readonly start:
    | { readonly kind: 'normal'; readonly deviation: number }
    /** Uniform between −range and range. */
    | { readonly kind: 'uniform'; readonly range: number }
    | { readonly kind: 'constant'; readonly value: number };
  /** False for what no gradient moves. */
  readonly trained?: false;
}

export interface Layer {
  /** By full name, such as `generator/conv1/filter`. */
  readonly slots: Readonly<Record<string, Slot>>;
  /** What training draws for it, by full name. */
  readonly noise?: NoiseSpecs;
  advance?(params: Tensors): Tensors;
  apply(params: Tensors, x: tf.Tensor, pass: Pass): tf.Tensor;
}

/** A layer without tensors. */
export function plainLayer(apply: (x: tf.Tensor) => tf.Tensor): Layer {
  return { slots: {}, apply: (_params, x) => apply(x) };
}

/** One layer after another. */
export function sequence(layers: readonly Layer[]): Layer {
  return {
    ...together(layers),
    apply: (params, x, pass) => layers.reduce((h, layer) => layer.apply(params, h, pass), x),
  };
}

/** The tensors and the noise of several layers, and what advances them. */
export function together(layers: readonly Layer[]): Required<Pick<Layer, 'slots' | 'noise' | 'advance'>> {
  return {
    slots: Object.assign({}, ...layers.map(({ slots }) => slots)) as Layer['slots'],
    noise: Object.assign({}, ...layers.map(({ noise }) => noise)) as NoiseSpecs,
    advance: (params) => Object.assign({}, ...layers.map((layer) => layer.advance?.(params) ?? {})) as Tensors,
  };
}

export interface Parts {
  readonly name: string;
  readonly input: readonly number[];
  readonly output: readonly number[];
  /** From input to output; the keys name them, and their tensors' names begin with `<name>/<key>/`. */
  readonly body: Readonly<Record<string, Layer>>;
  /** What reads `size` features off the body, for a network that has such a last layer. */
  readonly head?: { readonly size: number; readonly layer: Layer };
}

export function networkOf({ name, input, output, body, head }: Parts): Network {
  const below = sequence(Object.values(body));
  const all = head ? sequence([below, head.layer]) : below;
  const trunk: Trunk | undefined = head && {
    size: head.size,
    features: (params, x, pass) => below.apply(params, x, pass),
    head: (params, features, pass) => head.layer.apply(params, features, pass),
  };
  return {
    name,
    input,
    output,
    noise: all.noise ?? {},
    fate: fateOf(all.slots),
    stages: [...Object.keys(body), ...(head ? ['head'] : [])].map((stage) => `${name}/${stage}/`),
    ...(trunk ? { trunk } : {}),
    init: (stream) => started(all.slots, stream),
    advance: (params) => all.advance?.(params) ?? {},
    apply: (params, x, pass = {}) => all.apply(params, x, pass),
  };
}

export function fateOf(slots: Layer['slots']): (name: string) => Fate {
  return (name) => (slots[name]?.trained === false ? 'following' : 'trained');
}

/** Fresh tensors: each follows from the seed and its own name alone. */
export function started(slots: Layer['slots'], stream: Stream): HostTensors {
  return Object.fromEntries(
    Object.entries(slots).map(([name, { shape, start }]) => {
      const data = new Float32Array(sizeOf(shape));
      if (start.kind === 'constant') data.fill(start.value);
      else if (start.kind === 'uniform') {
        fillStream(data, stream.at(name), { kind: 'uniform', low: -start.range, high: start.range, shape: [] });
      } else {
        fillStream(data, stream.at(name), { kind: 'normal', shape: [] });
        for (let i = 0; i < data.length; i++) data[i]! *= start.deviation;
      }
      return [name, float32(shape, data)];
    }),
  );
}
