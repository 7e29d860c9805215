// The first layer of a generator: the first operation that multiplies z by weights, and what its activations are. Found
// by walking the graph, so for generators by other hands as well.

import { type Operation, operationsOf } from '../engine/cut.js';

export interface FirstLayer {
  /** The tensor that the layer gives, [N, …]. */
  readonly output: string;
  /** What the first nonlinearity behind it gives; the layer's output if there is none. */
  readonly activations: string;
}

const LAYERS: ReadonlySet<string> = new Set(['MatMul', 'Gemm', 'Conv', 'ConvTranspose']);

const NONLINEARITIES: ReadonlySet<string> = new Set([
  ...['Relu', 'LeakyRelu', 'PRelu', 'ThresholdedRelu', 'Elu', 'Selu', 'Celu', 'Gelu', 'Mish', 'Swish'],
  ...['Tanh', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Softplus', 'Softsign', 'Clip'],
]);

/** Undefined where nothing multiplies z by weights. */
export function firstLayerOf(onnx: Uint8Array): FirstLayer | undefined {
  const operations = operationsOf(onnx);
  const layer = behind('z', operations).find(({ operator }) => LAYERS.has(operator));
  const output = layer?.outputs[0];
  if (output === undefined) return undefined;
  const nonlinearity = behind(output, operations).find(({ operator }) => NONLINEARITIES.has(operator));
  return { output, activations: nonlinearity?.outputs[0] ?? output };
}

/** Those that a tensor reaches, in order. */
function behind(tensor: string, operations: readonly Operation[]): Operation[] {
  const reached = new Set([tensor]);
  return operations.filter(({ inputs, outputs }) => {
    if (!inputs.some((input) => reached.has(input))) return false;
    for (const output of outputs) reached.add(output);
    return true;
  });
}
