// A graph model of TensorFlow.js while it is written: its nodes as TensorFlow names them, and the numbers beside them.
// Format: https://github.com/tensorflow/tfjs/blob/master/tfjs-core/src/io/types.ts; operators and their attributes:
// tfjs-converter/src/operations/op_list.

import { sizeOf } from '../engine/tensor.js';

/** A value of the ONNX graph: its name in the TensorFlow one, and its shape, −1 for the rows. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, unknown>>;
}

interface Weight {
  readonly name: string;
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
}

export class TfNodes {
  readonly nodes: TfNode[] = [];
  readonly weights: Weight[] = [];
  readonly #bytes: Uint8Array[] = [];
  readonly #taken: Set<string>;
  /** Constants that there are, by what they hold. */
  readonly #constants = new Map<string, string>();

  /** `kept`: names of outputs, which only `output` gives. */
  constructor(kept: readonly string[]) {
    this.#taken = new Set(kept);
  }

  /** The numbers of all weights, one after the other. */
  get data(): Uint8Array {
    return Buffer.concat(this.#bytes);
  }

  input({ name, shape }: Value): Value {
    const attr = { ...FLOAT('dtype'), shape: { shape: dimensions(shape) } };
    return { name: this.#node('Placeholder', [], attr, name), shape };
  }

  /** What the operator gives, float32; `name` as it is wanted. */
  add(op: string, inputs: readonly (Value | string)[], shape: readonly number[], attr: object = {}, name = op): Value {
    const input = inputs.map((each) => (typeof each === 'string' ? each : each.name));
    return { name: this.#node(op, input, { ...FLOAT('T'), ...attr }, name), shape };
  }

  /** A value under the very name that it has outside. */
  output(name: string, { name: value }: Value): void {
    this.nodes.push({ name, op: 'Identity', input: [value], attr: FLOAT('T') });
  }

  floats(values: Float32Array, shape: readonly number[], name: string): Value {
    return { name: this.#constant('float32', values, shape, name), shape };
  }

  scalar(value: number): Value {
    const values = Float32Array.of(value);
    return { name: this.#once(`scalar ${value}`, () => this.#constant('float32', values, [], 'constant')), shape: [] };
  }

  /** A list of integers, such as a shape. */
  integers(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const known = `integers ${values.join()} [${shape.join()}]`;
    return this.#once(known, () => this.#constant('int32', Int32Array.from(values), shape, 'constant'));
  }

  transpose(value: Value, order: readonly number[]): Value {
    const shape = order.map((axis) => value.shape[axis]!);
    return this.add('Transpose', [value, this.integers(order)], shape, INT32('Tperm'));
  }

  reshape(value: Value, shape: readonly number[], name = 'Reshape'): Value {
    return this.add('Reshape', [value, this.integers(shape)], shape, INT32('Tshape'), name);
  }

  #node(op: string, input: readonly string[], attr: TfNode['attr'], wanted: string): string {
    const name = this.#free(wanted);
    this.nodes.push({ name, op, input, attr });
    return name;
  }

  #constant(
    dtype: Weight['dtype'],
    values: Float32Array | Int32Array,
    shape: readonly number[],
    wanted: string,
  ): string {
    if (values.length !== sizeOf(shape)) throw new RangeError(`${values.length} values for [${shape.join(', ')}]`);
    const type = dtype === 'float32' ? 'DT_FLOAT' : 'DT_INT32';
    const value = { tensor: { dtype: type, tensorShape: dimensions(shape) } };
    const name = this.#node('Const', [], { dtype: { type }, value }, wanted);
    this.weights.push({ name, dtype, shape });
    this.#bytes.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return name;
  }

  #once(what: string, make: () => string): string {
    const known = this.#constants.get(what) ?? make();
    this.#constants.set(what, known);
    return known;
  }

  /** TensorFlow's names have letters, digits and _ . \ / > - alone, and do not begin with most of these. */
  #free(wanted: string): string {
    const plain = wanted.replaceAll(/[^A-Za-z0-9_./-]/g, '_').replace(/^[^A-Za-z0-9.]/, 'x$&');
    let name = plain;
    for (let i = 1; this.#taken.has(name); i++) name = `${plain}_${i}`;
    this.#taken.add(name);
    return name;
  }
}

export function FLOAT(name: string) {
  return { [name]: { type: 'DT_FLOAT' } };
}

export function INT32(name: string) {
  return { [name]: { type: 'DT_INT32' } };
}

/** In JSON 64-bit integers are text, and bytes base64. */
export function integerList(values: readonly number[]) {
  return { list: { i: values.map(String) } };
}

export function word(text: string) {
  return { s: Buffer.from(text).toString('base64') };
}

export function dimensions(shape: readonly number[]) {
  return { dim: shape.map((size) => ({ size: `${size}` })) };
}
