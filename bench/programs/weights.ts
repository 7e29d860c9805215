// Reproducible numbers for benchmark programs: weights, batches and masks that do not change from run to run.

import type { HostTensors, TensorData, TensorSpecs } from 'ganymede/engine/tensor.js';
import { allocate, sizeOf } from 'ganymede/engine/tensor.js';

/** Uniform values in [-range, range], the same in every run. */
export function weights(shapes: Readonly<Record<string, readonly number[]>>, range: number): HostTensors {
  const random = generator(1);
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const scale = name.endsWith('/scale') ? 0 : range;
      const offset = name.endsWith('/scale') ? 1 : 0;
      return [
        name,
        {
          dtype: 'float32',
          shape,
          data: Float32Array.from({ length: sizeOf(shape) }, () => offset + scale * (2 * random() - 1)),
        },
      ];
    }),
  );
}

/** A block of inputs for `steps` steps: floats in [0, 1), bits for booleans; `fixed` sets scalars by name. */
export function block(
  specs: TensorSpecs,
  steps: number,
  fixed: Readonly<Record<string, number>> = {},
): Record<string, TensorData> {
  const random = generator(2);
  return Object.fromEntries(
    Object.entries(specs).map(([name, { dtype, shape }]) => {
      const data = allocate(dtype, steps * sizeOf(shape));
      const value = fixed[name];
      for (let i = 0; i < data.length; i++)
        data[i] = value ?? (dtype === 'float32' ? random() : random() < 0.5 ? 0 : 1);
      return [name, data];
    }),
  );
}

/** Mulberry32: small and good enough for inputs whose values do not matter. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
