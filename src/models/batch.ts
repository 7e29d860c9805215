// Rows of tensors that share a leading dimension: checking, cutting and joining them.

import type { Graph } from '../engine/engine.js';
import { allocate, float32, type HostTensor, type HostTensors, sizeOf, type TensorData } from '../engine/tensor.js';
import { expected } from '../errors.js';

/** Checks rows against the graph's inputs and returns how many there are. */
export function checkRows(rows: HostTensors, graph: Graph): number {
  const wanted = Object.keys(graph.inputs);
  const unknown = Object.keys(rows).find((name) => !Object.hasOwn(graph.inputs, name));
  if (unknown !== undefined) throw expected(`only inputs ${wanted.join(', ')} for ${graph.name}`, unknown);
  let count: number | undefined;
  for (const name of wanted) {
    const spec = graph.inputs[name]!;
    const tensor = rows[name];
    if (!tensor) throw expected(`input "${name}" for ${graph.name}`, undefined);
    count ??= tensor.shape[0] ?? 0;
    const shape = [count, ...spec.shape.slice(1)];
    const fits =
      count >= 1 &&
      tensor.dtype === spec.dtype &&
      tensor.shape.length === shape.length &&
      shape.every((size, axis) => size === tensor.shape[axis]) &&
      tensor.data.length === sizeOf(shape);
    if (!fits) {
      throw expected(
        `input "${name}" of ${graph.name} to be ${spec.dtype} [${[count >= 1 ? count : 'n ≥ 1', ...shape.slice(1)].join(', ')}]`,
        `${tensor.dtype} [${tensor.shape.join(', ')}] with ${tensor.data.length} values`,
      );
    }
  }
  if (count === undefined) throw expected(`${graph.name} to have an input`, undefined, 'ENGINE_FAILED');
  return count;
}

/** Views of rows [start, end) of every tensor. */
export function sliceBatch(tensors: HostTensors, start: number, end: number): HostTensors {
  const slices: HostTensors = {};
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    const width = sizeOf(shape.slice(1));
    slices[name] = {
      dtype,
      shape: [end - start, ...shape.slice(1)],
      data: start === 0 && end === shape[0] ? data : data.subarray(start * width, end * width),
    };
  }
  return slices;
}

/** Rows of many in new buffers, one after another. All have the same tensors. */
export function joinBatches(parts: readonly HostTensors[], total: number): HostTensors {
  if (parts.length === 0) return {};
  const joined: HostTensors = {};
  for (const name of Object.keys(parts[0]!))
    joined[name] = join(
      parts.map((part) => part[name]!),
      total,
    );
  return joined;
}

/** Rows of one shape as a tensor [n, ...shape]. */
export function stackRows(rows: readonly Float32Array[], shape: readonly number[]): HostTensor {
  const size = sizeOf(shape);
  const data = new Float32Array(rows.length * size);
  rows.forEach((row, i) => {
    data.set(row, i * size);
  });
  return float32([rows.length, ...shape], data);
}

/** What `work` makes of those that are no errors, and the errors, each in its place. */
export async function amongErrors<T, R>(
  entries: readonly (T | Error)[],
  work: (sound: T[], places: number[]) => Promise<readonly (R | Error)[]>,
): Promise<(R | Error)[]> {
  const sound = entries.flatMap((value, place) => (value instanceof Error ? [] : [{ value, place }]));
  if (sound.length === 0) return entries as Error[];
  const results = await work(
    sound.map(({ value }) => value),
    sound.map(({ place }) => place),
  );
  const inOrder = results.values();
  return entries.map((entry) => (entry instanceof Error ? entry : inOrder.next().value!));
}

/** The rows of one tensor, as views. */
export function rowsOf({ shape, data }: HostTensor): Float32Array[] {
  const [count] = shape as [number];
  const width = data.length / count;
  return Array.from({ length: count }, (_, row) => (data as Float32Array).subarray(row * width, (row + 1) * width));
}

/** Index of the first value that is infinite or not a number; −1 where all are finite. */
export function firstNotFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

function join(tensors: readonly HostTensor[], total: number): HostTensor {
  const { dtype, shape } = tensors[0]!;
  const row = shape.slice(1);
  const data = allocate(dtype, total * sizeOf(row));
  let offset = 0;
  for (const tensor of tensors) {
    copyInto(data, tensor.data, offset);
    offset += tensor.data.length;
  }
  return { dtype, shape: [total, ...row], data };
}

function copyInto(target: TensorData, source: TensorData, offset: number): void {
  if (target instanceof BigInt64Array) {
    if (source instanceof BigInt64Array) target.set(source, offset);
  } else if (!(source instanceof BigInt64Array)) target.set(source, offset);
}

/** For a list of results of which one that failed fails all. */
export function orThrow<T>(row: T): Exclude<T, Error> {
  if (row instanceof Error) throw row;
  return row as Exclude<T, Error>;
}
