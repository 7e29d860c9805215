// Types of elements by their numbers in ONNX (TensorProto.DataType), as far as inputs, outputs and values that somebody
// sets have them.

import { getFloat16 } from '@petamoriken/float16';
import type { Int64, TensorProto } from '../engine/onnx-proto.js';
import { quoted, refused } from './refusals.js';

interface ElementType {
  readonly name: string;
  readonly bits: number;
}

const TYPES: ReadonlyMap<number, ElementType> = new Map([
  [1, { name: 'float32', bits: 32 }],
  [2, { name: 'uint8', bits: 8 }],
  [3, { name: 'int8', bits: 8 }],
  [4, { name: 'uint16', bits: 16 }],
  [5, { name: 'int16', bits: 16 }],
  [6, { name: 'int32', bits: 32 }],
  [7, { name: 'int64', bits: 64 }],
  [9, { name: 'bool', bits: 8 }],
  [10, { name: 'float16', bits: 16 }],
  [11, { name: 'float64', bits: 64 }],
  [12, { name: 'uint32', bits: 32 }],
  [13, { name: 'uint64', bits: 64 }],
  [16, { name: 'bfloat16', bits: 16 }],
  [17, { name: 'float8e4m3fn', bits: 8 }],
  [18, { name: 'float8e4m3fnuz', bits: 8 }],
  [19, { name: 'float8e5m2', bits: 8 }],
  [20, { name: 'float8e5m2fnuz', bits: 8 }],
  [21, { name: 'uint4', bits: 4 }],
  [22, { name: 'int4', bits: 4 }],
]);

export const FLOAT32 = 1;
export const UINT8 = 2;
export const INT64 = 7;
export const BOOL = 9;

export function typeName(type: number): string {
  return TYPES.get(type)?.name ?? `type ${type}`;
}

/** Those that can be cast from and to float32 where our graphs end and theirs begin. */
export function isFloat(type: number): boolean {
  return [1, 10, 11].includes(type);
}

export function isInteger(type: number): boolean {
  return [2, 3, 4, 5, 6, 7, 12, 13].includes(type);
}

/** Half the bits of float32 with all its range: ONNX Runtime has no operators for it on a CPU. */
export function isBrainFloat(type: number): boolean {
  return type === 16 || (type >= 17 && type <= 20);
}

export function numberOf(value: Int64): number {
  return Number(value.toString());
}

/** What the values of a tensor take. @throws GanymedeError GRAPH_REFUSED for text and types that are not known */
export function bytesOf(tensor: TensorProto): number {
  const type = TYPES.get(tensor.dataType);
  const size = tensor.dims.map(numberOf).reduce((product, dim) => product * dim, 1);
  if (type && Number.isSafeInteger(size) && size >= 0) return Math.ceil((size * type.bits) / 8);
  const came = `${typeName(tensor.dataType)} [${tensor.dims.join(', ')}]`;
  throw refused(`tensor ${quoted(tensor.name)} of numbers`, came, 'Export the model again.');
}

/** Whether one of its values is no number. */
export function holdsNaN(tensor: TensorProto): boolean {
  const { dataType, floatData, doubleData } = tensor;
  const raw = rawOf(tensor);
  const width = (TYPES.get(dataType)?.bits ?? 8) / 8;
  // A copy, so that it is aligned; bytes that make no whole number are the runtime's to refuse.
  const bytes = new Uint8Array(raw.subarray(0, raw.length - (raw.length % width))).buffer;
  switch (dataType) {
    case 1:
      return new Float32Array(bytes).some(Number.isNaN) || floatData.some(Number.isNaN);
    case 10: // all bits of the exponent, and one of the mantissa
      return new Uint16Array(bytes).some((bits) => (bits & 0x7fff) > 0x7c00);
    case 11:
      return new Float64Array(bytes).some(Number.isNaN) || doubleData.some(Number.isNaN);
    default:
      return false;
  }
}

/** The values of a small tensor of a common type, or null. */
export function valuesOf(tensor: TensorProto): number[] | null {
  const { dataType } = tensor;
  const raw = rawOf(tensor);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const many = (size: number, at: (offset: number) => number) =>
    Array.from({ length: Math.floor(raw.byteLength / size) }, (_, i) => at(i * size));
  switch (dataType) {
    case 1:
      return raw.length > 0 ? many(4, (i) => view.getFloat32(i, true)) : tensor.floatData;
    case 2:
      return raw.length > 0 ? [...raw] : tensor.int32Data;
    case 6:
      return raw.length > 0 ? many(4, (i) => view.getInt32(i, true)) : tensor.int32Data;
    case 7:
      return raw.length > 0 ? many(8, (i) => Number(view.getBigInt64(i, true))) : tensor.int64Data.map(numberOf);
    case 10:
      return raw.length > 0 ? many(2, (i) => getFloat16(view, i, true)) : null;
    case 11:
      return raw.length > 0 ? many(8, (i) => view.getFloat64(i, true)) : tensor.doubleData;
    default:
      return null;
  }
}

/** Without any, protobufjs gives a list. */
function rawOf({ rawData }: TensorProto): Uint8Array {
  return rawData.length > 0 ? rawData : new Uint8Array();
}
