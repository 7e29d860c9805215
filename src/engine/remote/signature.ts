// What a graph takes and gives, read from its bytes: where another server runs it, no runtime here can be asked.

import { dtypeOf } from '../onnx.js';
import { decodeProto, type ValueInfo } from '../onnx-proto.js';
import type { TensorSpecs } from '../tensor.js';

export interface Signature {
  readonly inputs: TensorSpecs;
  readonly outputs: TensorSpecs;
}

/**
 * @throws RangeError for types that no tensor here has. −1 is a size that the graph leaves open. Weights that are
 * inputs as well are none that are to be fed.
 */
export function signatureOf(onnx: Uint8Array): Signature {
  const { graph } = decodeProto(onnx);
  const weights = new Set(graph.initializer.map(({ name }) => name));
  return {
    inputs: specsOf(graph.input.filter(({ name }) => !weights.has(name))),
    outputs: specsOf(graph.output),
  };
}

function specsOf(values: readonly ValueInfo[]): TensorSpecs {
  return Object.fromEntries(
    values.map(({ name, type }) => {
      const { elemType = 0, shape } = type?.tensorType ?? {};
      const sizes = (shape?.dim ?? []).map(({ dimValue, dimParam }) => {
        const size = dimParam || dimValue === undefined || dimValue === null ? -1 : Number(dimValue);
        return size < 0 ? -1 : size;
      });
      const dtype = dtypeOf(elemType);
      if (dtype === 'float16') throw new RangeError(`Expected float32 values at "${name}" but received float16.`);
      return [name, { dtype, shape: sizes }];
    }),
  );
}
