// A tensor in host memory: the one form in which numbers enter and leave the engine. It is plain data, so it can cross
// a thread or process boundary.

export type DType = 'float32' | 'int32' | 'int64' | 'uint8' | 'bool';

/** `data.length` is the product of `shape`; row-major. `bool` is one byte a value, 0 or 1. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type TensorData =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** Name → tensor. Graphs, steps and checkpoints all speak in these. */
export type HostTensors = Record<string, HostTensor>;

/** What a graph says of one of its inputs or outputs; -1 marks the dynamic batch dimension. */
export interface TensorSpec {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export type TensorSpecs = Record<string, TensorSpec>;

export function float32(shape: readonly number[], data: Float32Array<ArrayBuffer> | readonly number[]): HostTensor {
  const values = data instanceof Float32Array ? data : Float32Array.from(data);
  if (values.length !== sizeOf(shape)) {
    throw new RangeError(
      `Expected ${sizeOf(shape)} values for shape [${shape.join(', ')}] but received ${values.length}.`,
    );
  }
  return { dtype: 'float32', shape, data: values };
}

/** Number of values of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** A zeroed buffer of the type that holds `dtype`. */
export function allocate(dtype: DType, length: number): TensorData {
  switch (dtype) {
    case 'float32':
      return new Float32Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'int64':
      return new BigInt64Array(length);
    case 'uint8':
    case 'bool':
      return new Uint8Array(length);
    default:
      return dtype satisfies never;
  }
}

/** A copy with axes moved: axis i of the result is axis perm[i] of `tensor`. */
export function permute(tensor: HostTensor, perm: readonly number[]): HostTensor {
  if (perm.every((axis, i) => axis === i)) return { ...tensor, data: tensor.data.slice() };
  const strides = tensor.shape.map((_, axis) => sizeOf(tensor.shape.slice(axis + 1)));
  const shape = perm.map((axis) => tensor.shape[axis]!);
  const steps = perm.map((axis) => strides[axis]!);
  const data = tensor.data.slice();
  const index = shape.map(() => 0);
  let offset = 0;
  for (let i = 0; i < data.length; i++) {
    data[i] = tensor.data[offset]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += steps[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      offset -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return { dtype: tensor.dtype, shape, data };
}

/** The same tensors with data of their own. */
export function copyOf(tensors: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]),
  );
}

/**
 * The same tensors in the order of `names`: files hold them sorted, and an exported graph lists its weights as they
 * come, so that what goes on from a file would else be the same graph in other bytes.
 */
export function inOrderOf(names: readonly string[], tensors: HostTensors): HostTensors {
  return Object.fromEntries(names.flatMap((name) => (tensors[name] ? [[name, tensors[name]]] : [])));
}
