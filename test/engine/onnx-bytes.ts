// ONNX files written field by field, for what our own encoder cannot write and a stranger's file may hold. Field
// numbers are those of onnx.proto.

import protobuf from 'protobufjs';

type Value = string | number | Uint8Array;

/** A message from [field number, value] pairs: text and bytes as they are, numbers as varints. */
export function message(...fields: readonly (readonly [number, Value])[]): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const [id, value] of fields) {
    if (typeof value === 'number') writer.uint32(id * 8).uint32(value);
    else writer.uint32(id * 8 + 2).bytes(typeof value === 'string' ? Buffer.from(value) : value);
  }
  return new Uint8Array(writer.finish());
}

export const FLOAT = 1;
export const BOOL = 9;

/** A scalar in raw bytes. */
export const tensor = (name: string, type: number, raw: Uint8Array) => message([2, type], [8, name], [9, raw]);

export const yes = (name: string) => tensor(name, BOOL, Uint8Array.of(1));
export const no = (name: string) => tensor(name, BOOL, Uint8Array.of(0));

/** One whose bytes are those of another file. */
export const external = (name: string, location: string) =>
  message([1, 1], [2, FLOAT], [8, name], [13, message([1, 'location'], [2, location])], [14, 1]);

export interface NodeFields {
  readonly op: string;
  readonly name?: string;
  readonly domain?: string;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly attributes?: readonly Uint8Array[];
}

export function node({ op, name = '', domain, inputs = [], outputs = ['y'], attributes = [] }: NodeFields): Uint8Array {
  return message(
    ...inputs.map((input) => [1, input] as const),
    ...outputs.map((output) => [2, output] as const),
    [3, name],
    [4, op],
    ...attributes.map((attribute) => [5, attribute] as const),
    ...(domain === undefined ? [] : [[7, domain] as const]),
  );
}

export const integer = (name: string, value: number) => message([1, name], [3, value], [20, 2]);
export const subgraph = (name: string, value: Uint8Array) => message([1, name], [6, value], [20, 5]);
export const constant = (name: string, value: Uint8Array) => message([1, name], [5, value], [20, 4]);

export interface GraphFields {
  readonly nodes?: readonly Uint8Array[];
  readonly initializers?: readonly Uint8Array[];
  readonly inputs?: readonly Uint8Array[];
  readonly outputs?: readonly Uint8Array[];
}

export function graph({ nodes = [], initializers = [], inputs = [], outputs = [] }: GraphFields): Uint8Array {
  return message(
    ...nodes.map((each) => [1, each] as const),
    [2, 'g'],
    ...initializers.map((each) => [5, each] as const),
    ...inputs.map((each) => [11, each] as const),
    ...outputs.map((each) => [12, each] as const),
  );
}

/** `more`: fields of the model beside the graph, such as functions (25) and training info (20). */
export function model(content: Uint8Array, ...more: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  return message([1, 8], [7, content], [8, message([1, ''], [2, 18])], ...more);
}

/** A value's name and type: float32 of a shape whose first dimension is the batch. */
export function value(name: string, row: readonly number[]): Uint8Array {
  const dims = [message([2, 'N']), ...row.map((size) => message([1, size]))];
  const shape = message(...dims.map((dim) => [1, dim] as const));
  return message([1, name], [2, message([1, message([1, FLOAT], [2, shape])])]);
}

/**
 * A foreign graph with the names and shapes of a checkpoint's: z [N, latent] is reshaped to what the graph takes, and
 * its output is called `image`. The graph itself stays as it is.
 */
export function renamed(
  onnx: Uint8Array,
  from: { readonly input: string; readonly takes: readonly number[]; readonly output: string },
  latent: number,
  image: readonly number[],
): Uint8Array {
  const kept = fieldsOf(fieldsOf(onnx).find(([id]) => id === 7)![1] as Uint8Array).filter(
    ([id]) => id !== 11 && id !== 12,
  );
  const shape = BigInt64Array.from([-1, ...from.takes], BigInt);
  const content = message(
    [1, node({ op: 'Reshape', inputs: ['z', 'shape of z'], outputs: [from.input] })],
    ...kept,
    [1, node({ op: 'Identity', inputs: [from.output], outputs: ['image'] })],
    [5, message([1, shape.length], [2, 7], [8, 'shape of z'], [9, new Uint8Array(shape.buffer)])],
    [11, value('z', [latent])],
    [12, value('image', image)],
  );
  return message(...fieldsOf(onnx).map(([id, old]) => [id, id === 7 ? content : old] as const));
}

function fieldsOf(bytes: Uint8Array): [number, Value][] {
  const reader = protobuf.Reader.create(bytes);
  const fields: [number, Value][] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    fields.push([tag >>> 3, (tag & 7) === 2 ? reader.bytes() : reader.uint32()]);
  }
  return fields;
}
