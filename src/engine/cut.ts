// A graph cut off at one of its tensors: what it takes to compute that tensor, and no more. The bytes of what stays are
// copied as they are, so that nothing of a graph by other hands is lost that we have no name for.

import protobuf from 'protobufjs';
import { everyPart, FIELDS, type Part, readParts } from './onnx-parts.js';

const { ModelProto: MODEL, GraphProto: GRAPH, NodeProto: NODE } = FIELDS;
const NAME = FIELDS.ValueInfoProto.name;

/** One operation of a graph. */
export interface Operation {
  readonly operator: string;
  /** Those of subgraphs counted. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * In the order of the file, which ONNX wants to be one in which they can run. @throws RangeError, Error for no ONNX.
 */
export function operationsOf(onnx: Uint8Array): Operation[] {
  return graphOf(onnx).parts(GRAPH.nodes).map(operationOf);
}

/** The model whose only output is `tensor`, as float32; inputs that it does not need are left out. */
export function cutAt(onnx: Uint8Array, tensor: string): Uint8Array {
  const graph = graphOf(onnx);
  const operations = graph.parts(GRAPH.nodes).map(operationOf);
  const needed = neededFor(tensor, operations);
  const names = (field: { id: number; kind: 'ValueInfoProto' | 'TensorProto' }) =>
    graph.parts(field).map((part) => part.text(field.kind === 'TensorProto' ? FIELDS.TensorProto.name : NAME));
  /** Field of the graph → for each of its occurrences, whether it stays. */
  const stays = new Map<number, boolean[]>([
    [GRAPH.nodes.id, operations.map(({ outputs }) => outputs.some((output) => needed.has(output)))],
    [GRAPH.initializers.id, names(GRAPH.initializers).map((name) => needed.has(name))],
    [GRAPH.inputs.id, names(GRAPH.inputs).map((name) => needed.has(name))],
  ]);
  return rewritten(onnx, (id, bytes) => {
    if (id !== MODEL.graph.id) return [bytes];
    const kept = fieldsOf(contentOf(bytes)).filter((field) => {
      const mine = stays.get(field.id);
      return mine ? mine.shift() : !LEFT_OUT.has(field.id);
    });
    const result = `${tensor} as float32`;
    const output = delimited(OUTPUT, delimited(NAME.id, text(result)));
    const cast = delimited(GRAPH.nodes.id, castOf(tensor, result));
    return [delimited(MODEL.graph.id, Buffer.concat([...kept.map((field) => field.bytes), cast, output]))];
  });
}

/** Fields of GraphProto (onnx.proto): outputs, the shapes of values in between, and what is said of their scales. */
const OUTPUT = 12;
const LEFT_OUT = new Set([OUTPUT, 13, 14]);

function graphOf(onnx: Uint8Array): Part {
  const graphs = readParts(onnx).parts(MODEL.graph);
  if (graphs.length !== 1) throw new RangeError(`${graphs.length} graphs in one file`);
  return graphs[0]!;
}

function operationOf(node: Part): Operation {
  const inside = [...everyPart(node)].filter(({ type }) => type === 'NodeProto');
  return {
    operator: node.text(NODE.operator),
    inputs: inside.flatMap((one) => one.texts(NODE.inputs)),
    outputs: node.texts(NODE.outputs),
  };
}

function neededFor(tensor: string, operations: readonly Operation[]): Set<string> {
  const needed = new Set([tensor]);
  for (const { inputs, outputs } of operations.toReversed()) {
    if (outputs.some((output) => needed.has(output))) for (const input of inputs) needed.add(input);
  }
  return needed;
}

/** NodeProto of a Cast to float32, whose number is 1. */
function castOf(from: string, to: string): Uint8Array {
  const [TYPE, INT] = [20, 2];
  const { name, integer } = FIELDS.AttributeProto;
  const attribute = [delimited(name.id, text('to')), number(integer.id, 1), number(TYPE, INT)];
  return Buffer.concat([
    delimited(NODE.inputs.id, text(from)),
    delimited(NODE.outputs.id, text(to)),
    delimited(NODE.operator.id, text('Cast')),
    delimited(NODE.attributes.id, Buffer.concat(attribute)),
  ]);
}

interface Field {
  readonly id: number;
  /** With its tag. */
  readonly bytes: Uint8Array;
}

function rewritten(message: Uint8Array, change: (id: number, bytes: Uint8Array) => Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(fieldsOf(message).flatMap(({ id, bytes }) => change(id, bytes))));
}

function fieldsOf(message: Uint8Array): Field[] {
  const reader = protobuf.Reader.create(message);
  const fields: Field[] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.uint32();
    reader.skipType(tag & 7);
    fields.push({ id: tag >>> 3, bytes: message.subarray(start, reader.pos) });
  }
  return fields;
}

/** Of a field that holds a message. */
function contentOf(field: Uint8Array): Uint8Array {
  const reader = protobuf.Reader.create(field);
  reader.uint32();
  return reader.bytes();
}

function delimited(id: number, content: Uint8Array): Uint8Array {
  const writer = protobuf.Writer.create();
  return writer
    .uint32((id << 3) | 2)
    .bytes(content)
    .finish();
}

function number(id: number, value: number): Uint8Array {
  return protobuf.Writer.create()
    .uint32(id << 3)
    .uint32(value)
    .finish();
}

function text(value: string): Uint8Array {
  return Buffer.from(value, 'utf8');
}
