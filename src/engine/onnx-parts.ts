// An ONNX file as a tree of all the parts that tensors, operators and their names may hide in. Unlike a decoder it
// keeps every occurrence of a field, since the runtime merges what is given twice, and it is bounded in depth and in
// number of parts. Values of tensors are left out. Field numbers:
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.

import protobuf from 'protobufjs';

/** How a field is read: text, whether a number is other than 0, bytes (short ones only), or a part of its own. */
type Kind = 'text' | 'flag' | 'bytes' | PartType;

export type PartType =
  | 'ModelProto'
  | 'TrainingInfoProto'
  | 'GraphProto'
  | 'FunctionProto'
  | 'NodeProto'
  | 'AttributeProto'
  | 'SparseTensorProto'
  | 'TensorProto'
  | 'ValueInfoProto'
  | 'StringStringEntryProto';

type Field = { readonly id: number; readonly kind: Kind };
const field = <K extends Kind>(id: number, kind: K) => ({ id, kind }) as const;

/** Every field through which a tensor or a node can be reached, and what the checks read of those. */
export const FIELDS = {
  ModelProto: {
    graph: field(7, 'GraphProto'),
    trainingInfo: field(20, 'TrainingInfoProto'),
    functions: field(25, 'FunctionProto'),
  },
  TrainingInfoProto: { initialization: field(1, 'GraphProto'), algorithm: field(2, 'GraphProto') },
  GraphProto: {
    nodes: field(1, 'NodeProto'),
    initializers: field(5, 'TensorProto'),
    inputs: field(11, 'ValueInfoProto'),
    sparseInitializers: field(15, 'SparseTensorProto'),
  },
  FunctionProto: {
    name: field(1, 'text'),
    inputs: field(4, 'text'),
    nodes: field(7, 'NodeProto'),
    domain: field(10, 'text'),
    attributes: field(11, 'AttributeProto'),
  },
  NodeProto: {
    inputs: field(1, 'text'),
    outputs: field(2, 'text'),
    name: field(3, 'text'),
    operator: field(4, 'text'),
    attributes: field(5, 'AttributeProto'),
    domain: field(7, 'text'),
  },
  AttributeProto: {
    name: field(1, 'text'),
    integer: field(3, 'flag'),
    tensor: field(5, 'TensorProto'),
    graph: field(6, 'GraphProto'),
    tensors: field(10, 'TensorProto'),
    graphs: field(11, 'GraphProto'),
    /** In a function: the name of the caller's attribute that stands here. */
    reference: field(21, 'text'),
    sparseTensor: field(22, 'SparseTensorProto'),
    sparseTensors: field(23, 'SparseTensorProto'),
  },
  SparseTensorProto: { values: field(1, 'TensorProto'), indices: field(2, 'TensorProto') },
  TensorProto: {
    /** Of int32 and narrower types, bool among them; packed or not. */
    integers: field(5, 'bytes'),
    name: field(8, 'text'),
    raw: field(9, 'bytes'),
    externalData: field(13, 'StringStringEntryProto'),
    /** 0: in this file. */
    dataLocation: field(14, 'flag'),
  },
  ValueInfoProto: { name: field(1, 'text') },
  StringStringEntryProto: { key: field(1, 'text'), value: field(2, 'text') },
} as const satisfies Record<PartType, Record<string, Field>>;

const KINDS: ReadonlyMap<string, ReadonlyMap<number, Kind>> = new Map(
  Object.entries(FIELDS).map(([type, fields]) => [
    type,
    new Map(Object.values<Field>(fields).map(({ id, kind }) => [id, kind])),
  ]),
);

/**
 * One message of the file. A field that is not repeated may still occur more than once, and the last is what counts.
 */
export class Part {
  readonly #values = new Map<number, unknown[]>();

  constructor(readonly type: PartType) {}

  texts({ id }: { id: number; kind: 'text' }): readonly string[] {
    return this.#of<string>(id);
  }

  /** The last; empty where there is none. */
  text(of: { id: number; kind: 'text' }): string {
    return this.texts(of).at(-1) ?? '';
  }

  /** Whether the field is other than 0 anywhere. */
  flag({ id }: { id: number; kind: 'flag' }): boolean {
    return this.#of<boolean>(id).includes(true);
  }

  bytes({ id }: { id: number; kind: 'bytes' }): readonly Uint8Array[] {
    return this.#of<Uint8Array>(id);
  }

  parts({ id }: { id: number; kind: PartType }): readonly Part[] {
    return this.#of<Part>(id);
  }

  /** All parts directly inside, of whatever field. */
  *inside(): Generator<Part> {
    for (const values of this.#values.values()) for (const value of values) if (value instanceof Part) yield value;
  }

  add(id: number, value: unknown): void {
    const values = this.#values.get(id);
    if (values) values.push(value);
    else this.#values.set(id, [value]);
  }

  #of<T>(id: number): readonly T[] {
    return (this.#values.get(id) ?? []) as T[];
  }
}

/** Itself and all parts inside it. Parts of the type `but`, and what is in them, are left out. */
export function* everyPart(part: Part, but?: PartType): Generator<Part> {
  yield part;
  for (const inner of part.inside()) if (inner.type !== but) yield* everyPart(inner, but);
}

/** A bound on what reading a file may cost; the largest image models published have some 100,000 parts. */
const MAX_PARTS = 2_000_000;
/** Of parts within parts, as the runtime's own parser allows. A subgraph takes three. */
const MAX_DEPTH = 100;
/** Longer bytes are the values of a tensor, which nobody looks at. */
const SHORT = 8;

/** @throws RangeError or Error for bytes that are no ONNX file, are cut off, or are nested too deeply. */
export function readParts(onnx: Uint8Array): Part {
  const reader = protobuf.Reader.create(onnx);
  let count = 0;
  const read = (type: PartType, end: number, depth: number): Part => {
    if (depth > MAX_DEPTH) throw new RangeError(`more than ${MAX_DEPTH} parts within each other`);
    const part = new Part(type);
    const kinds = KINDS.get(type)!;
    while (reader.pos < end) {
      if (++count > MAX_PARTS) throw new RangeError(`more than ${MAX_PARTS} parts`);
      const tag = reader.tag();
      const [id, wire] = [tag >>> 3, tag & 7];
      const kind = kinds.get(id);
      if (kind !== undefined && wire === DELIMITED) {
        const size = reader.size();
        const to = reader.pos + size;
        if (to > end) throw new RangeError(`a part that ends ${to - end} bytes after what it lies in`);
        if (kind === 'text') part.add(id, Buffer.from(reader.raw(reader.pos, to)).toString('utf8'));
        else if (kind === 'bytes') part.add(id, reader.raw(reader.pos, to).subarray(0, SHORT + 1));
        else if (kind !== 'flag') part.add(id, read(kind, to, depth + 1));
        reader.pos = to;
      } else if (kind !== undefined && wire === VARINT) {
        const value = Number(reader.uint64().toString());
        if (kind === 'flag') part.add(id, value !== 0);
        else if (kind === 'bytes') part.add(id, Uint8Array.of(value === 0 ? 0 : 1));
      } else if (wire === GROUP_START || wire === GROUP_END) throw new RangeError('a group, which ONNX does not have');
      else reader.skipType(wire);
    }
    if (reader.pos !== end) throw new RangeError('a field that ends after what it lies in');
    return part;
  };
  return read('ModelProto', reader.len, 0);
}

// Wire types: https://protobuf.dev/programming-guides/encoding/#structure
const [VARINT, DELIMITED, GROUP_START, GROUP_END] = [0, 2, 3, 4];
