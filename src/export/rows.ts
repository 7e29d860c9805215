// What our graphs ask the number of rows for, only to repeat something for each of them, written without asking: a
// number beside the features of every row becomes padding, and a value of every row is multiplied by ones. Our
// discriminators have such a number, the deviation of their batch as it was in training.

import { changed, type GraphProto, type NodeProto, node, type TensorProto, tensor } from '../engine/onnx-proto.js';
import { FLOAT32, INT64, numberOf, valuesOf } from '../import/types.js';
import { namesUsed } from './fold.js';

export function withoutRowCount(graph: GraphProto): GraphProto {
  const around: Around = {
    constants: new Map(graph.initializer.map((each) => [each.name, each])),
    makers: new Map(graph.node.flatMap((each) => each.output.map((name) => [name, each] as const))),
  };
  const rewritten = graph.node.map(
    (each) => padded(each, around) ?? broadcast(each, around) ?? { node: each, needs: [] },
  );
  return pruned(
    changed(graph, {
      node: rewritten.map((each) => each.node),
      initializer: [...graph.initializer, ...rewritten.flatMap(({ needs }) => needs)],
    }),
  );
}

interface Around {
  readonly constants: ReadonlyMap<string, TensorProto>;
  /** Value → what gives it. */
  readonly makers: ReadonlyMap<string, NodeProto>;
}

/** A node, and constants that it takes. */
interface Rewritten {
  readonly node: NodeProto;
  readonly needs: readonly TensorProto[];
}

/** Of a Concat of a value and one number for each row: the value, padded with the number. */
function padded(concat: NodeProto, around: Around): Rewritten | null {
  const [left = '', right = '', ...more] = concat.opType === 'Concat' ? concat.input : [];
  if (right === '' || more.length > 0) return null;
  const [before, after] = [repeatedNumber(left, around), repeatedNumber(right, around)];
  const found = before ?? after;
  if (!found) return null;
  const rank = found.shape.length + 1;
  const axis = (integerOf(concat, 'axis', 0) + rank) % rank;
  const pads = new Array<number>(2 * rank).fill(0);
  pads[before ? axis : axis + rank] = found.shape[axis - 1] ?? 0;
  const [name, value] = [concat.output[0]!, before ? right : left];
  const needs = [int64(`${name}:pads`, pads), float32(`${name}:value`, [], [found.number])];
  return { node: as(concat, 'Pad', [value, ...needs.map((each) => each.name)]), needs };
}

/** Of an Expand of a value that is no constant, so that it has a row for each row: the value times ones. */
function broadcast(expand: NodeProto, around: Around): Rewritten | null {
  const [value = '', to = ''] = expand.opType === 'Expand' ? expand.input : [];
  const shape = around.constants.has(value) ? null : rowShape(to, around);
  if (!shape) return null;
  const size = shape.reduce((product, each) => product * each, 1);
  const ones = float32(`${expand.output[0]}:ones`, [1, ...shape], new Array<number>(size).fill(1));
  return { node: as(expand, 'Mul', [value, ones.name]), needs: [ones] };
}

/** A number that is repeated in this shape for each row; null of any other value. */
function repeatedNumber(name: string, around: Around): { readonly number: number; readonly shape: number[] } | null {
  const expand = around.makers.get(name);
  const [value = '', to = ''] = expand?.opType === 'Expand' ? expand.input : [];
  const constant = around.constants.get(value);
  const [number, ...more] = constant?.dataType === FLOAT32 ? (valuesOf(constant) ?? []) : [];
  const shape = rowShape(to, around);
  return shape && number !== undefined && more.length === 0 ? { number, shape } : null;
}

/** [rows, …] → what follows the rows; null of any other shape. */
function rowShape(name: string, { constants, makers }: Around): number[] | null {
  const concat = makers.get(name);
  const [first = '', ...rest] = concat?.opType === 'Concat' ? concat.input : [];
  const shape = makers.get(first);
  if (shape?.opType !== 'Shape' || integerOf(shape, 'start', 0) !== 0 || integerOf(shape, 'end', 0) !== 1) return null;
  const sizes = rest.map((each) => constants.get(each)).map((each) => (each ? valuesOf(each) : null));
  return sizes.every((each) => each !== null) ? sizes.flat() : null;
}

function as({ name, output }: NodeProto, opType: string, input: string[]): NodeProto {
  return node({ opType, name, input, output });
}

function integerOf({ attribute }: NodeProto, wanted: string, otherwise: number): number {
  const found = attribute.find(({ name }) => name === wanted);
  return found ? numberOf(found.i) : otherwise;
}

/** Without what nothing reads any more. */
function pruned(graph: GraphProto): GraphProto {
  const needed = new Set(graph.output.map(({ name }) => name));
  const kept = graph.node.toReversed().filter((each) => {
    if (!each.output.some((name) => needed.has(name))) return false;
    for (const name of namesUsed([each])) needed.add(name);
    return true;
  });
  return changed(graph, {
    node: kept.reverse(),
    initializer: graph.initializer.filter(({ name }) => needed.has(name)),
  });
}

function float32(name: string, dims: number[], values: readonly number[]): TensorProto {
  return tensor({ name, dims, dataType: FLOAT32, rawData: new Uint8Array(Float32Array.from(values).buffer) });
}

function int64(name: string, values: readonly number[]): TensorProto {
  const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return tensor({ name, dims: [values.length], dataType: INT64, rawData });
}
