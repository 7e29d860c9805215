// Turns a forward function into an ONNX model with a dynamic batch dimension and its weights inside. The same function
// that training traces is traced here, so what is served is what was trained.

import { GanymedeError } from '../errors.js';
import { GraphBuilder } from './graph.js';
import { encodeModel, type OnnxGraph, type StoredTensor, toFloat16 } from './onnx.js';
import type { HostTensors, TensorSpecs } from './tensor.js';
import { type Tensors, trace } from './tracer.js';

export interface ExportOptions {
  /** Weights, stored in the model under these names. */
  readonly params: HostTensors;
  /** -1 in first place marks the dynamic batch dimension. */
  readonly inputs: TensorSpecs;
  readonly name: string;
  readonly doc?: string;
  /** Stores float32 weights of 1,024 values or more as float16, cast back when the graph loads: half the bytes. */
  readonly float16Weights?: boolean;
}

/** A prime that no real dimension is likely to be: it stands for the batch size while the graph is traced. */
const BATCH = 7919;

/** @throws GanymedeError TRACE_UNSUPPORTED where the function depends on a concrete batch size, or as `trace` does. */
export function exportGraph(
  forward: (params: Tensors, inputs: Tensors) => Tensors,
  options: ExportOptions,
): Uint8Array<ArrayBuffer> {
  const graph = new GraphBuilder(BATCH);
  const inputs = Object.entries(options.inputs).map(([name, { dtype, shape }]) => ({
    name,
    value: graph.input(name, { dtype, shape: shape.map((size) => (size === -1 ? BATCH : size)) }),
  }));
  const params = Object.entries(options.params).map(([name, tensor]) => ({ name, value: graph.weight(name, tensor) }));
  const results = trace(graph, (lift) =>
    forward(
      Object.fromEntries(params.map(({ name, value }) => [name, lift(value)])),
      Object.fromEntries(inputs.map(({ name, value }) => [name, lift(value)])),
    ),
  );
  const twice = Object.keys(results).find((name) => name in options.inputs);
  if (twice !== undefined) {
    throw new GanymedeError(
      'TRACE_UNSUPPORTED',
      `Expected outputs named unlike the inputs, since an ONNX graph gives each name one value, but "${twice}" is both.`,
    );
  }
  const outputs = new Map(Object.entries(results).map(([name, value]) => [name, graph.plain(value)]));
  const finished = graph.finish(options.name, outputs, options.doc);
  refuseBatchConstants(finished);
  return encodeModel(options.float16Weights ? halved(finished) : finished);
}

/** A constant that holds the stand-in batch size, or its inverse, would be wrong at every other batch size. */
function refuseBatchConstants(graph: OnnxGraph) {
  for (const [name, { dtype, data, shape }] of graph.initializers) {
    const suspicious =
      data.length <= 16 && [...data].some((v) => Math.abs(Number(v)) >= 1e-4 && batchLike(Math.abs(Number(v)), dtype));
    if (suspicious || shape.includes(BATCH)) {
      throw new GanymedeError(
        'TRACE_UNSUPPORTED',
        `Expected a forward function that works at any batch size but constant "${name}" depends on it. Use -1 in reshape, and tf.mean or tf.sum over axes.`,
      );
    }
  }
}

function batchLike(value: number, dtype: StoredTensor['dtype']): boolean {
  // Starts, ends and sizes that were counted from the batch size, as in a slice without the last sample.
  if (dtype === 'int64' && value % BATCH > BATCH - 8) return true;
  if (dtype === 'int64' && value > BATCH && value % BATCH < 8) return true;
  return value % BATCH === 0 || Math.abs(value * BATCH - 1) < 1e-6;
}

function halved(graph: OnnxGraph): OnnxGraph {
  const initializers = new Map<string, StoredTensor>();
  const casts: OnnxGraph['nodes'][number][] = [];
  for (const [name, tensor] of graph.initializers) {
    if (tensor.dtype !== 'float32' || tensor.data.length < 1024) {
      initializers.set(name, tensor);
      continue;
    }
    const stored = `${name}/float16`;
    initializers.set(stored, { dtype: 'float16', shape: tensor.shape, data: toFloat16(tensor.data as Float32Array) });
    casts.push({ op: 'Cast', inputs: [stored], outputs: [name], attributes: { to: 1 } });
  }
  return { ...graph, initializers, nodes: [...casts, ...graph.nodes] };
}
