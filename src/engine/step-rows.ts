// What a compiled step takes and gives: inputs checked against their specs, a run's inputs and outputs as rows of one
// step each, results by what their names say.

import { GanymedeError } from '../errors.js';
import { splitName } from './step-graph.js';
import {
  allocate,
  type HostTensor,
  type HostTensors,
  sizeOf,
  type TensorData,
  type TensorSpec,
  type TensorSpecs,
} from './tensor.js';

export function feed(
  name: string,
  { dtype, shape }: TensorSpec,
  given: HostTensor | TensorData | undefined,
): HostTensor {
  const data = given && 'data' in given ? given.data : given;
  const wanted = allocate(dtype, 0);
  if (!data || data.constructor !== wanted.constructor || data.length !== sizeOf(shape)) {
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected input "${name}" as ${wanted.constructor.name} of ${sizeOf(shape)} values ([${shape}]) but received ${data ? `${data.constructor.name} of ${data.length}` : 'nothing'}.`,
    );
  }
  return { dtype, shape, data };
}

export function stackedSpecs(specs: TensorSpecs, steps: number): TensorSpecs {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { dtype, shape }]) => [name, { dtype, shape: [steps, ...shape] }]),
  );
}

/** The inputs of each of a run's steps. */
export function unstacked(inputs: HostTensors, steps: number): HostTensors[] {
  const entries = Object.entries(inputs);
  return Array.from({ length: steps }, (_, k) =>
    Object.fromEntries(entries.map(([name, tensor]) => [name, rowOf(tensor, k)])),
  );
}

export function rowOf({ dtype, shape, data }: HostTensor, row: number): HostTensor {
  const size = sizeOf(shape.slice(1));
  return { dtype, shape: shape.slice(1), data: data.slice(row * size, (row + 1) * size) as TensorData };
}

export function stack(rows: readonly HostTensors[]): HostTensors {
  return Object.fromEntries(
    Object.entries(rows[0] ?? {}).map(([name, { dtype, shape }]) => {
      const data = allocate(dtype, rows.length * sizeOf(shape));
      for (const [i, row] of rows.entries())
        (data as Float32Array).set(row[name]!.data as Float32Array, i * sizeOf(shape));
      return [name, { dtype, shape: [rows.length, ...shape], data }];
    }),
  );
}

/** The results of a run by what their names say: new state, and outputs to look at. */
export function sorted(results: HostTensors): { next: HostTensors; outputs: HostTensors } {
  const [next, outputs]: [HostTensors, HostTensors] = [{}, {}];
  for (const [key, tensor] of Object.entries(results)) {
    const [kind, name] = splitName(key);
    if (kind === 'next') next[name] = tensor;
    else outputs[name] = tensor;
  }
  return { next, outputs };
}

export function refuseOtherShapes(values: HostTensors, like: HostTensors): void {
  for (const [name, { shape }] of Object.entries(like)) {
    const given = values[name];
    if (given?.shape.join() === shape.join()) continue;
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected state "${name}" of shape [${shape}] but received ${given ? `[${given.shape}]` : 'none'}.`,
    );
  }
}
