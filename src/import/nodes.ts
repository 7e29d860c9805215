// Nodes and constants around a graph by other hands, one call each. Only operators whose form is the same in every
// opset from 7 on, since a model has one opset and it is theirs.

import {
  type AttributeProto,
  attribute,
  type GraphProto,
  type NodeProto,
  node,
  type TensorProto,
  tensor,
} from '../engine/onnx-proto.js';
import { FLOAT32, INT64 } from './types.js';

const [INT, GRAPH, INTS] = [2, 5, 7]; // AttributeProto.AttributeType

export class Nodes {
  readonly nodes: NodeProto[] = [];
  readonly constants: TensorProto[] = [];

  /** `place` tells their names from those of others. */
  constructor(private readonly place: string) {}

  /** The name of its only output. */
  add(
    op: string,
    inputs: readonly string[],
    attributes: readonly AttributeProto[] = [],
    output = this.#fresh(op),
  ): string {
    this.nodes.push(
      node({ opType: op, name: output, input: [...inputs], output: [output], attribute: [...attributes] }),
    );
    return output;
  }

  cast(value: string, type: number): string {
    return this.add('Cast', [value], [int('to', type)]);
  }

  /** A size of −1 follows from the others. */
  reshape(value: string, shape: readonly number[]): string {
    return this.add('Reshape', [value, this.integers(shape)]);
  }

  transpose(value: string, order: readonly number[]): string {
    if (order.every((axis, i) => axis === i)) return value;
    return this.add('Transpose', [value], [ints('perm', order)]);
  }

  /** value · scale + offset; nothing where that is the value. */
  affine(value: string, scale: number, offset: number): string {
    const scaled = scale === 1 ? value : this.add('Mul', [value, this.number(scale)]);
    return offset === 0 ? scaled : this.add('Add', [scaled, this.number(offset)]);
  }

  clamp(value: string, low: number, high: number): string {
    return this.add('Max', [this.add('Min', [value, this.number(high)]), this.number(low)]);
  }

  /** Along an axis. */
  gather(value: string, indices: readonly number[], axis: number): string {
    return this.add('Gather', [value, this.integers(indices)], [int('axis', axis)]);
  }

  /** Of the last `size` numbers: a product, since what reductions take changed with the opset. */
  mean(value: string, size: number): string {
    const weights = new Uint8Array(new Float32Array(size).fill(1 / size).buffer);
    return this.add('MatMul', [value, this.#constant(FLOAT32, [size, 1], weights)]);
  }

  /** A float32 scalar. */
  number(value: number): string {
    const bytes = new Uint8Array(Float32Array.of(value).buffer);
    return this.#constant(FLOAT32, [], bytes);
  }

  integers(values: readonly number[]): string {
    return this.#constant(INT64, [values.length], new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
  }

  #constant(dataType: number, dims: number[], rawData: Uint8Array): string {
    const name = this.#fresh('constant');
    this.constants.push(tensor({ name, dims, dataType, rawData }));
    return name;
  }

  #count = 0;

  #fresh(what: string): string {
    return `import/${this.place}/${what}_${this.#count++}`;
  }
}

export function int(name: string, value: number): AttributeProto {
  return attribute({ name, type: INT, i: value });
}

export function ints(name: string, values: readonly number[]): AttributeProto {
  return attribute({ name, type: INTS, ints: [...values] });
}

export function subgraph(name: string, value: GraphProto): AttributeProto {
  return attribute({ name, type: GRAPH, g: value });
}
