// A TensorFlow.js backend that records instead of computing: every kernel call becomes ONNX nodes in the graph being
// built. Tracing is synchronous and one at a time, as TensorFlow.js itself is.

import { GanymedeError } from '../errors.js';
import { registerMissingGradients } from './gradients.js';
import { GraphBuilder, type Value } from './graph.js';
import { Arithmetic } from './kernels/elementwise.js';
import { folded } from './kernels/folding.js';
import { kernels } from './kernels/index.js';
import { filled } from './onnx.js';
import type { DType, HostTensor, TensorData } from './tensor.js';
import * as tf from './tf.js';

export type Tensors = Record<string, tf.Tensor>;

const BACKEND = 'onnx';

// Here and not on the first trace: eager runs of the same programs need these gradients too.
registerMissingGradients();

/**
 * Runs `program` under the recording backend. It receives a function that lifts values of `graph` into tensors, and
 * returns tensors, which come back as values of the graph.
 * @throws GanymedeError TRACE_UNSUPPORTED for a missing kernel, a value read back, or randomness drawn inside.
 */
export function trace(
  graph: GraphBuilder,
  program: (lift: (value: Value) => tf.Tensor) => Tensors,
): Record<string, Value> {
  const backend = recorder();
  if (backend.graph)
    throw new GanymedeError('TRACE_UNSUPPORTED', 'Expected one trace at a time but received a trace inside a trace.');
  const previous = tf.engine().backendName;
  backend.graph = graph;
  try {
    tf.setBackend(BACKEND);
    const results: Record<string, Value> = {};
    tf.tidy(() => {
      const tensors = program((value) => backend.lift(value));
      for (const [name, tensor] of Object.entries(tensors)) results[name] = backend.recorded(tensor, name);
    });
    return results;
  } finally {
    backend.clear();
    if (previous) tf.setBackend(previous);
  }
}

/** TensorFlow.js ops that draw random numbers in JavaScript, which a trace would freeze into constants. */
const RANDOM_OPS = new Set(
  [
    'rand',
    'randomUniform',
    'randomUniformInt',
    'randomNormal',
    'randomStandardNormal',
    'randomGamma',
    'truncatedNormal',
    'multinomial',
    'dropout',
  ].map((name) => `${name}__op`),
);

/** Names the op that the program called: dropout, say, and not the randomUniform inside it. */
function refuseRandomness() {
  const scope = tf.engine().state.scopeStack.find(({ name }) => RANDOM_OPS.has(name));
  if (!scope) return;
  throw new GanymedeError(
    'TRACE_UNSUPPORTED',
    `Expected no randomness inside a traced function but received tf.${opOf(scope)}, which would be frozen into the graph. ` +
      'Make the noise an input of the function.',
  );
}

/** The op whose scope this is, as the program calls it. */
function opOf(scope: { readonly name: string } | undefined): string {
  return scope?.name?.replace('__op', '') ?? '';
}

class RecordingBackend extends tf.KernelBackend {
  graph: GraphBuilder | null = null;
  private readonly values = new Map<object, Value>();

  lift(value: Value): tf.Tensor {
    const info = this.record(value);
    return tf.engine().makeTensorFromTensorInfo(info);
  }

  /** The recorded value of a tensor; tensors of other backends move here as constants first. */
  recorded(tensor: tf.TensorInfo, name = 'a tensor'): Value {
    const value = this.values.get(tensor.dataId);
    if (value) return value;
    const foreign = tf.engine().state.tensorInfo.get(tensor.dataId);
    if (foreign && foreign.backend !== this) {
      tf.engine().moveData(this as unknown as tf.KernelBackend, tensor.dataId);
      const moved = this.values.get(tensor.dataId);
      if (moved) return moved;
    }
    throw new GanymedeError(
      'TRACE_UNSUPPORTED',
      `Expected ${name} to come from this trace but received one of another trace, or a disposed one.`,
    );
  }

  /** What a kernel gets: TensorFlow.js takes int64 and uint8 for int32, so they become that on their first use. */
  operand(kernelName: string, info: tf.TensorInfo): Value {
    const value = this.recorded(info);
    const foreign = value.dtype === 'int64' || value.dtype === 'uint8';
    return foreign && kernelName !== 'Cast' ? new Arithmetic(this.recording()).cast(value, 'int32') : value;
  }

  record(value: Value): tf.TensorInfo {
    const dataId = {};
    this.values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: tfTypeOf(value.dtype) };
  }

  recording(): GraphBuilder {
    if (!this.graph)
      throw new GanymedeError(
        'TRACE_UNSUPPORTED',
        'Expected tensors of a trace to be used inside it but received them after it ended.',
      );
    return this.graph;
  }

  clear() {
    this.graph = null;
    this.values.clear();
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    refuseRandomness();
    const dataId = {};
    this.values.set(dataId, this.recording().constant(hostTensor(values, shape, dtype)));
    return dataId;
  }

  override move(dataId: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType): void {
    this.values.set(dataId, this.recording().constant(hostTensor(values, shape, dtype)));
  }

  /** Constants alone can be read: what depends on an input is known when the graph runs. */
  override readSync(dataId: object): tf.BackendValues {
    const value = this.values.get(dataId);
    const known = value && knownNumbers(this.recording(), value);
    if (!known) throw readBack();
    return known;
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  // Values live as long as the trace: a value that TensorFlow.js disposes may still be the input of a recorded node.
  override disposeData(): boolean {
    return true;
  }
  override incRef(): void {}
  override refCount(): number {
    return 1;
  }
  override numDataIds(): number {
    return this.values.size;
  }
  override memory() {
    return { unreliable: true };
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override dispose(): void {}
}

/** The numbers of a constant, in the order of its shape. */
function knownNumbers(graph: GraphBuilder, value: Value): tf.BackendValues | undefined {
  if (!value.constant) return undefined;
  const { dtype, shape, splat } = value;
  const data = splat === undefined ? graph.plain(value).constant?.data : filled(dtype, shape, splat).data;
  return data instanceof BigInt64Array ? undefined : data;
}

function readBack(): GanymedeError {
  const scope = opOf(tf.engine().state.activeScope);
  return new GanymedeError(
    'TRACE_UNSUPPORTED',
    `Expected a traced function not to read values back${scope ? ` (in tf.${scope})` : ''} but received dataSync() or data(). ` +
      'Return the tensor as an output and read it after the run.',
  );
}

let registered: RecordingBackend | null = null;

function recorder(): RecordingBackend {
  if (registered) return registered;
  const backend = new RecordingBackend();
  // Priority 0: TensorFlow.js never picks the recorder by itself.
  tf.registerBackend(BACKEND, () => backend as unknown as tf.KernelBackend, 0);
  const supported: Record<string, (typeof kernels)[string] | undefined> = kernels;
  for (const kernelName of kernelNames()) {
    const kernel = supported[kernelName];
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: ({ inputs, attrs }) => {
        if (!kernel) {
          refuseRandomness();
          throw missing(kernelName);
        }
        const values = Object.fromEntries(
          Object.entries(inputs)
            .filter(([, info]) => info !== undefined && info !== null)
            .map(([name, info]) => [name, backend.operand(kernelName, info as tf.TensorInfo)]),
        );
        const known = folded(kernelName, values, attrs ?? {});
        const graph = backend.recording();
        const result = known ? graph.constant(known) : kernel(graph, values, attrs ?? {});
        return Array.isArray(result) ? result.map((value) => backend.record(value)) : backend.record(result);
      },
    });
  }
  registered = backend;
  return backend;
}

/** Every kernel that TensorFlow.js knows of: its exports whose value is a kernel name. */
export function kernelNames(): string[] {
  const names = Object.entries(tf).flatMap(([key, value]) => {
    const isName = typeof value === 'string' && /^_?[A-Z]/.test(value) && (value === key || value === `_${key}`);
    return isName ? [value] : [];
  });
  return [...new Set(names)];
}

function missing(kernelName: string): GanymedeError {
  const op = opOf(tf.engine().state.activeScope);
  return new GanymedeError(
    'TRACE_UNSUPPORTED',
    `Expected a kernel that a graph can hold but received ${kernelName}, asked for by tf.${op}. See docs/engine.md for the list, or express it with other ops.`,
  );
}

function tfTypeOf(dtype: DType): tf.DataType {
  switch (dtype) {
    case 'float32':
      return 'float32';
    case 'bool':
      return 'bool';
    case 'int32':
    case 'int64':
    case 'uint8':
      return 'int32';
    default:
      return dtype satisfies never;
  }
}

export function hostTensor(values: tf.BackendValues, shape: readonly number[], dtype: tf.DataType): HostTensor {
  switch (dtype) {
    case 'float32':
      return { dtype, shape, data: Float32Array.from(values as Float32Array) };
    case 'int32':
      return { dtype, shape, data: Int32Array.from(values as Int32Array) };
    case 'bool':
      return { dtype, shape, data: Uint8Array.from(values as Uint8Array) };
    default:
      throw new GanymedeError(
        'TRACE_UNSUPPORTED',
        `Expected a constant of dtype float32, int32 or bool but received ${dtype}.`,
      );
  }
}

/** A TensorFlow.js tensor on the active backend. int64 and uint8 have no TensorFlow.js type and arrive as int32. */
export function tensorOf({ dtype, shape, data }: HostTensor): tf.Tensor {
  const values: TensorData =
    dtype === 'int64' || dtype === 'uint8' ? Int32Array.from(data as Uint8Array, Number) : data;
  return tf.tensor(values as Float32Array, [...shape], tfTypeOf(dtype) as 'float32');
}
