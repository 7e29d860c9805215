// The messages between the engine and its worker threads. Tensors travel by transfer: the sender loses their buffers.

import type { ErrorCode } from '../errors.js';
import type { Device } from './session.js';
import type { HostTensors, TensorSpecs } from './tensor.js';

export interface WorkerSettings {
  readonly device: Device;
  readonly threads: number;
}

export type Request =
  | { readonly kind: 'load'; readonly id: number; readonly graph: number; readonly onnx: Uint8Array }
  | { readonly kind: 'run'; readonly id: number; readonly graph: number; readonly feeds: HostTensors }
  | { readonly kind: 'release'; readonly id: number; readonly graph: number }
  | { readonly kind: 'stop'; readonly id: number };

export type Reply =
  | { readonly kind: 'loaded'; readonly id: number; readonly inputs: TensorSpecs; readonly outputs: TensorSpecs }
  | { readonly kind: 'ran'; readonly id: number; readonly outputs: HostTensors }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly code: ErrorCode; readonly message: string };

/** The buffers of tensors, each once, for a transfer list. */
export function buffersOf(tensors: HostTensors): ArrayBuffer[] {
  return [...new Set(Object.values(tensors).map(({ data }) => data.buffer))];
}
