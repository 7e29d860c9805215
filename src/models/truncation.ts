// What truncation ψ in [0, 1] is about, which a manifest says: the latent, which is drawn toward the mean of its prior;
// or an input of the generator, which does with it what its author meant, as StyleGAN does; or nothing, where a
// generator gives the same however long its latent is.

import type { Graph } from '../engine/engine.js';
import { float32, type HostTensors } from '../engine/tensor.js';
import type { Manifest } from './manifest.js';

export const TRUNCATIONS = ['latent', 'input', 'none'] as const;

export type Truncation = (typeof TRUNCATIONS)[number];

export function truncationOf({ latent }: Pick<Manifest, 'latent'>): Truncation {
  return latent.truncation ?? 'latent';
}

/** What a generator is fed besides z where nobody asks for truncation: none. */
export function untruncated({ inputs }: Pick<Graph, 'inputs'>, count: number): HostTensors {
  return Object.hasOwn(inputs, 'truncation') ? { truncation: truncationRows(undefined, count) } : {};
}

/** One number a row. */
export function truncationRows(values: readonly number[] | undefined, count: number): HostTensors[string] {
  return float32([count], values ?? new Float32Array(count).fill(1));
}
