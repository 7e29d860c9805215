// The ONNX file format: plain descriptions of graphs in, bytes out, and back. Knows protobuf and nothing of tracing
// or running. Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto);
// fields that we never write are left out, and protobuf skips them when it reads.

import { getFloat16, setFloat16 } from '@petamoriken/float16';
import protobuf from 'protobufjs';
import { allocate, type DType, type HostTensor, type HostTensors, permute, sizeOf, type TensorSpec } from './tensor.js';

/** Opset and IR version that every graph declares. Opset 18 is the first where all reductions take axes as an input. */
export const OPSET = 18;
export const IR_VERSION = 8;
export const PRODUCER = 'ganymede';

export type Attribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly graph: OnnxGraph };

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[]; // '' leaves an optional input out
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface NamedSpec extends TensorSpec {
  readonly name: string;
}

export interface OnnxGraph {
  readonly name: string;
  readonly doc?: string;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly NamedSpec[];
  readonly outputs: readonly NamedSpec[];
  readonly initializers: ReadonlyMap<string, StoredTensor>;
  /** Filters of convolutions that nodes make: what rewrites a graph for a device must know their shapes. */
  readonly filters?: readonly NamedSpec[];
}

/** An initializer; `float16` values are held as raw 16-bit words and have shape and dtype of their own. */
export type StoredTensor =
  | HostTensor
  | { readonly dtype: 'float16'; readonly shape: readonly number[]; readonly data: Uint16Array };

/** Serialises a graph as an ONNX model. A dimension of -1 is written as the symbolic dimension "N". */
export function encodeModel(graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  const bytes = ModelProto.encode(
    ModelProto.fromObject({
      irVersion: IR_VERSION,
      producerName: PRODUCER,
      docString: graph.doc ?? '',
      opsetImport: [{ domain: '', version: OPSET }],
      graph: graphObject(graph),
    }),
  ).finish();
  return new Uint8Array(bytes);
}

/** The parts of a model that a reader asks for: its inputs, outputs and node types. */
export function describeModel(bytes: Uint8Array): {
  producer: string;
  opset: number;
  doc: string;
  inputs: NamedSpec[];
  outputs: NamedSpec[];
  operators: string[];
  initializers: Map<string, { dtype: DType | 'float16'; shape: number[] }>;
} {
  const model = ModelProto.toObject(ModelProto.decode(bytes), { longs: Number, defaults: true, arrays: true });
  const initializers = new Map<string, { dtype: DType | 'float16'; shape: number[] }>();
  for (const tensor of model['graph'].initializer) {
    initializers.set(tensor.name, { dtype: dtypeOf(tensor.dataType), shape: tensor.dims });
  }
  return {
    producer: model['producerName'],
    opset: model['opsetImport'][0]?.version ?? 0,
    doc: model['docString'],
    inputs: model['graph'].input.map(specOf),
    outputs: model['graph'].output.map(specOf),
    operators: model['graph'].node.map((node: { opType: string }) => node.opType),
    initializers,
  };
}

/**
 * The weights of a model that `exportGraph` wrote, under the names that they were given, in plain layout and float32:
 * copies with permuted axes ("kernel/3201") and halves ("kernel/float16") are turned back.
 */
export function readWeights(bytes: Uint8Array): HostTensors {
  const model = ModelProto.toObject(ModelProto.decode(bytes), { longs: Number, defaults: true, arrays: true });
  const weights: HostTensors = {};
  for (const tensor of model['graph'].initializer as StoredProto[]) {
    const stored = storedTensor(tensor);
    if (stored) restore(tensor.name.replace(/\/float16$/, ''), stored, weights);
  }
  return weights;
}

interface StoredProto {
  readonly name: string;
  readonly dims: number[];
  readonly dataType: number;
  readonly rawData: Uint8Array;
}

function storedTensor({ dims, dataType, rawData }: StoredProto): HostTensor | null {
  const bytes = Uint8Array.from(rawData).buffer; // a copy, so that it is aligned
  switch (dtypeOf(dataType)) {
    case 'float32':
      return { dtype: 'float32', shape: dims, data: new Float32Array(bytes) };
    case 'float16':
      return { dtype: 'float32', shape: dims, data: fromFloat16(bytes) };
    default:
      return null;
  }
}

/** Undoes the permutation that a name ends in, the last first. */
function restore(name: string, tensor: HostTensor, weights: HostTensors): void {
  const order = /\/(\d+)$/.exec(name)?.[1];
  const axes = [...(order ?? '')].map(Number);
  const permuted =
    order !== undefined && axes.length === tensor.shape.length && tensor.shape.every((_, i) => axes.includes(i));
  if (!permuted) {
    weights[name] ??= tensor;
    return;
  }
  const inverse = axes.map((_, axis) => axes.indexOf(axis));
  restore(name.slice(0, name.length - axes.length - 1), permute(tensor, inverse), weights);
}

// TensorProto.DataType
const DATA_TYPES = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float16: 10 } as const;

/** @throws RangeError for types that no tensor here has */
export function dtypeOf(code: number): DType | 'float16' {
  for (const [name, value] of Object.entries(DATA_TYPES)) if (value === code) return name as DType | 'float16';
  throw new RangeError(
    `Expected an ONNX data type among ${Object.values(DATA_TYPES).join(', ')} but received ${code}.`,
  );
}

/** The ONNX data type number of a dtype, as attributes of Cast and friends need it. */
export function dataTypeOf(dtype: DType | 'float16'): number {
  return DATA_TYPES[dtype];
}

const ATTRIBUTE = { float: 1, int: 2, string: 3, graph: 5, floats: 6, ints: 7 } as const;

function attributeObject(name: string, value: Attribute) {
  if (typeof value === 'number') return { name, i: value, type: ATTRIBUTE.int };
  if (typeof value === 'string') return { name, s: Buffer.from(value), type: ATTRIBUTE.string };
  if ('float' in value) return { name, f: value.float, type: ATTRIBUTE.float };
  if ('graph' in value) return { name, g: graphObject(value.graph), type: ATTRIBUTE.graph };
  return { name, ints: [...value], type: ATTRIBUTE.ints };
}

function graphObject(graph: OnnxGraph): object {
  return {
    name: graph.name,
    docString: graph.doc ?? '',
    node: graph.nodes.map((node, index) => ({
      name: `${node.op}_${index}`,
      opType: node.op,
      input: [...node.inputs],
      output: [...node.outputs],
      attribute: Object.entries(node.attributes).map(([name, value]) => attributeObject(name, value)),
    })),
    input: graph.inputs.map(valueInfoObject),
    output: graph.outputs.map(valueInfoObject),
    valueInfo: (graph.filters ?? []).map(valueInfoObject),
    initializer: [...graph.initializers].map(([name, tensor]) => ({
      name,
      dims: [...tensor.shape],
      dataType: DATA_TYPES[tensor.dtype],
      rawData: rawBytes(tensor.data),
    })),
  };
}

function valueInfoObject({ name, dtype, shape }: NamedSpec) {
  const dim = shape.map((size) => (size === -1 ? { dimParam: 'N' } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: DATA_TYPES[dtype], shape: { dim } } } };
}

function specOf(info: {
  name: string;
  type: { tensorType: { elemType: number; shape: { dim: { dimValue: number; dimParam: string }[] } } };
}): NamedSpec {
  const { elemType, shape } = info.type.tensorType;
  const dtype = dtypeOf(elemType);
  if (dtype === 'float16') throw new RangeError(`Expected float32 values at "${info.name}" but received float16.`);
  return { name: info.name, dtype, shape: shape.dim.map((d) => (d.dimParam ? -1 : d.dimValue)) };
}

function rawBytes(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Rounds float32 values to float16 (ties to even), for initializers that halve a file. */
export function toFloat16(values: Float32Array): Uint16Array {
  const view = new DataView(new ArrayBuffer(2 * values.length));
  for (const [i, value] of values.entries()) setFloat16(view, 2 * i, value, true);
  return new Uint16Array(view.buffer);
}

function fromFloat16(bytes: ArrayBuffer): Float32Array<ArrayBuffer> {
  const view = new DataView(bytes);
  return Float32Array.from({ length: bytes.byteLength / 2 }, (_, i) => getFloat16(view, 2 * i, true));
}

/** A tensor with every value `fill`; used for constants that are known by one number. */
export function filled(dtype: DType, shape: readonly number[], fill: number): HostTensor {
  const data = allocate(dtype, sizeOf(shape));
  if (data instanceof BigInt64Array) data.fill(BigInt(fill));
  else data.fill(fill);
  return { dtype, shape, data };
}

const field = (id: number, type: string) => ({ id, type });
const repeated = (id: number, type: string) => ({ id, type, rule: 'repeated' });

const ModelProto = protobuf.Root.fromJSON({
  nested: {
    OperatorSetIdProto: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
    ModelProto: {
      fields: {
        irVersion: field(1, 'int64'),
        producerName: field(2, 'string'),
        docString: field(6, 'string'),
        graph: field(7, 'GraphProto'),
        opsetImport: repeated(8, 'OperatorSetIdProto'),
      },
    },
    GraphProto: {
      fields: {
        node: repeated(1, 'NodeProto'),
        name: field(2, 'string'),
        initializer: repeated(5, 'TensorProto'),
        docString: field(10, 'string'),
        input: repeated(11, 'ValueInfoProto'),
        output: repeated(12, 'ValueInfoProto'),
        valueInfo: repeated(13, 'ValueInfoProto'),
      },
    },
    NodeProto: {
      fields: {
        input: repeated(1, 'string'),
        output: repeated(2, 'string'),
        name: field(3, 'string'),
        opType: field(4, 'string'),
        attribute: repeated(5, 'AttributeProto'),
      },
    },
    AttributeProto: {
      fields: {
        name: field(1, 'string'),
        f: field(2, 'float'),
        i: field(3, 'int64'),
        s: field(4, 'bytes'),
        g: field(6, 'GraphProto'),
        floats: repeated(7, 'float'),
        ints: repeated(8, 'int64'),
        type: field(20, 'int32'),
      },
    },
    TensorProto: {
      fields: {
        dims: repeated(1, 'int64'),
        dataType: field(2, 'int32'),
        name: field(8, 'string'),
        rawData: field(9, 'bytes'),
      },
    },
    ValueInfoProto: { fields: { name: field(1, 'string'), type: field(2, 'TypeProto') } },
    TypeProto: { fields: { tensorType: field(1, 'TypeTensor') } },
    TypeTensor: { fields: { elemType: field(1, 'int32'), shape: field(2, 'TensorShapeProto') } },
    TensorShapeProto: { fields: { dim: repeated(1, 'Dimension') } },
    Dimension: {
      fields: { dimValue: field(1, 'int64'), dimParam: field(2, 'string') },
      oneofs: { value: { oneof: ['dimValue', 'dimParam'] } },
    },
  },
}).lookupType('ModelProto');
