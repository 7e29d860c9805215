// One ONNX Runtime session on this thread: load, run, release. The only file that imports the runtime. `run` blocks
// its thread while it computes, so the server calls it from worker threads only.

import './no-telemetry.js';

import * as ort from 'onnxruntime-node';
import { GanymedeError, messageOf } from '../errors.js';
import { encodeModel, type OnnxGraph } from './onnx.js';
import type { DType, HostTensor, HostTensors, TensorData, TensorSpec, TensorSpecs } from './tensor.js';
import { withWholeFours } from './webgpu-convolutions.js';

// Every failure arrives as an exception; the native log would repeat it on stderr.
ort.env.logLevel = 'fatal';

export type Device = 'cpu' | 'webgpu' | 'cuda';

export interface SessionOptions {
  readonly device?: Device;
  /** Threads of one operator on the CPU; 1 by default. Threads of all sessions together should not exceed the cores. */
  readonly threads?: number;
  /** Outputs that stay on the GPU, for `runKeeping`; of `webgpu` alone. */
  readonly keep?: readonly string[];
  /** Write a profile in Chrome's trace format to files with this prefix. */
  readonly profile?: string;
}

/** A tensor in the memory of a GPU. Whatever session of that device it is fed to reads it there. */
export class GpuTensor {
  constructor(readonly tensor: ort.Tensor) {}

  dispose(): void {
    this.tensor.dispose();
  }
}

export type GpuTensors = Record<string, GpuTensor>;
export type Feeds = Readonly<Record<string, HostTensor | GpuTensor>>;

export class Session {
  readonly inputs: TensorSpecs;
  readonly outputs: TensorSpecs;
  readonly compileMs: number;

  private constructor(
    private readonly session: ort.InferenceSession,
    compileMs: number,
  ) {
    this.inputs = specs(session.inputMetadata);
    this.outputs = specs(session.outputMetadata);
    this.compileMs = compileMs;
  }

  /**
   * @throws GanymedeError ENGINE_FAILED when the bytes are no graph that the runtime can run, DEVICE_UNAVAILABLE for
   * the device.
   */
  static async load(onnx: Uint8Array, options: SessionOptions = {}): Promise<Session> {
    const { device = 'cpu', threads = 1, profile, keep = [] } = options;
    const started = performance.now();
    try {
      const model = device === 'webgpu' ? withWholeFours(onnx) : onnx;
      const session = await ort.InferenceSession.create(model, {
        executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        logSeverityLevel: 4, // only what ends the process: stderr is the log's, one line of JSON an entry
        extra: {
          session: {
            set_denormal_as_zero: '1',
            // Spinning wins nothing on an idle machine and takes half the speed on a busy one (bench/RESULTS.md).
            intra_op: { allow_spinning: '0' },
          },
        },
        ...(keep.length === 0
          ? {}
          : { preferredOutputLocation: Object.fromEntries(keep.map((name) => [name, 'gpu-buffer' as const])) }),
        ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
      });
      return new Session(session, performance.now() - started);
    } catch (error) {
      throw loadFailure(device, error);
    }
  }

  /** Outputs are fresh buffers, or those of `into` where given. */
  async run(feeds: Feeds, into?: HostTensors): Promise<HostTensors> {
    return (await this.runKeeping(feeds, into)).given;
  }

  /** What the session was loaded to keep stays on the GPU, and is for the caller to dispose of. */
  async runKeeping(feeds: Feeds, into?: HostTensors): Promise<{ given: HostTensors; kept: GpuTensors }> {
    const tensors = (from: Feeds) =>
      Object.fromEntries(Object.entries(from).map(([name, tensor]) => [name, toRuntime(tensor)]));
    try {
      const results = into
        ? await this.session.run(tensors(feeds), tensors(into))
        : await this.session.run(tensors(feeds));
      const [given, kept]: [HostTensors, GpuTensors] = [{}, {}];
      for (const [name, tensor] of Object.entries(results)) {
        if (tensor.location === 'cpu') given[name] = fromRuntime(tensor);
        else kept[name] = new GpuTensor(tensor);
      }
      return { given, kept };
    } catch (error) {
      throw new GanymedeError('ENGINE_FAILED', `Expected the graph to run but ONNX Runtime said: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Ends profiling, if it was on, which writes its file. */
  endProfiling(): void {
    this.session.endProfiling();
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

let flushing: Promise<void> | undefined;

/**
 * Has this thread, and every thread that it starts from now on, take numbers too small to be normal for 0. A processor
 * needs a hundred times as long for those, and a training whose loss has become small is full of them. The option of a
 * session reaches only its own pool and whichever thread makes the first session of a process.
 */
export function flushDenormals(): Promise<void> {
  flushing ??= Session.load(encodeModel(NOTHING)).then((session) => session.release());
  return flushing;
}

const ONE = { dtype: 'float32', shape: [1] } as const;
const NOTHING: OnnxGraph = {
  name: 'nothing',
  nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'], attributes: {} }],
  inputs: [{ name: 'x', ...ONE }],
  outputs: [{ name: 'y', ...ONE }],
  initializers: new Map(),
};

/** Tells a device that is absent from a graph that is bad: the runtime reports both as a failure to load. */
function loadFailure(device: Device, error: unknown): GanymedeError {
  const reason = messageOf(error);
  const deviceFailed =
    device !== 'cpu' && !/INVALID_PROTOBUF|INVALID_GRAPH|Protobuf parsing|Type Error|ShapeInference/.test(reason);
  return deviceFailed
    ? new GanymedeError(
        'DEVICE_UNAVAILABLE',
        `Expected a working ${device} device but ONNX Runtime said: ${reason}. \`ganymede devices\` lists what this machine can use.`,
        { cause: error, details: { device } },
      )
    : new GanymedeError('ENGINE_FAILED', `Expected a graph that ONNX Runtime can load but it said: ${reason}`, {
        cause: error,
      });
}

export const runtimeVersion: string = ort.env.versions.node ?? ort.env.versions.common;

function toRuntime(tensor: HostTensor | GpuTensor): ort.Tensor {
  if (tensor instanceof GpuTensor) return tensor.tensor;
  const { dtype, shape, data } = tensor;
  return new ort.Tensor(dtype, data as Float32Array, shape);
}

function fromRuntime(tensor: ort.Tensor): HostTensor {
  return { dtype: dtypeOf(tensor.type), shape: tensor.dims, data: tensor.data as TensorData };
}

function dtypeOf(type: string): DType {
  switch (type) {
    case 'float32':
    case 'int32':
    case 'int64':
    case 'uint8':
    case 'bool':
      return type;
    default:
      throw new GanymedeError(
        'ENGINE_FAILED',
        `Expected a tensor of float32, int32, int64, uint8 or bool but received ${type}.`,
      );
  }
}

function specs(metadata: readonly ort.InferenceSession.ValueMetadata[]): TensorSpecs {
  return Object.fromEntries(
    metadata.map((value): [string, TensorSpec] => {
      if (!value.isTensor)
        throw new GanymedeError('ENGINE_FAILED', `Expected only tensors but "${value.name}" is none.`);
      const shape = value.shape.map((size) => (typeof size === 'number' ? size : -1));
      return [value.name, { dtype: dtypeOf(value.type), shape }];
    }),
  );
}
