// Builds one ONNX graph, node by node. A value remembers the shape its author sees and, apart from it, how it lies in
// memory: the order of its axes and the axes along which it is still broadcast. Transposes and broadcasts therefore
// cost nothing until an operator needs the plain form. Knows nothing of TensorFlow.js or of running graphs.

import { GanymedeError } from '../errors.js';
import { type Attribute, filled, type OnnxGraph, type OnnxNode, type StoredTensor } from './onnx.js';
import { type DType, type HostTensor, permute, sizeOf, type TensorSpec } from './tensor.js';

export interface Value {
  readonly name: string;
  readonly dtype: DType;
  /** As the author of the program sees it. */
  readonly shape: readonly number[];
  /** Axis i in memory holds axis `order[i]` of `shape`. */
  readonly order: readonly number[];
  /** Size of each axis in memory: `shape[order[i]]`, or 1 where the value is still to be broadcast. */
  readonly dims: readonly number[];
  /** Set when every element is this number. */
  readonly splat?: number;
  /** Set for constants: the data as it lies in memory, of shape `dims`. */
  readonly constant?: HostTensor;
}

interface Layout {
  readonly shape: readonly number[];
  readonly order?: readonly number[];
  readonly dims?: readonly number[];
}

export class GraphBuilder {
  private readonly nodes: OnnxNode[] = [];
  private readonly producers = new Map<string, OnnxNode>();
  private readonly known = new Map<string, Value[]>();
  private readonly initializers = new Map<string, StoredTensor>();
  private readonly inputs = new Map<string, Value>();
  private readonly constants = new Map<string, Value>();
  private readonly filters = new Map<string, Value>();
  private counter = 0;
  /** Axis order in which each input was first wanted, where that is not the plain one. */
  readonly wantedOrder = new Map<string, readonly number[]>();

  /**
   * `batch` is the stand-in size of a dynamic batch dimension: a shape that holds it is computed when the graph runs.
   */
  constructor(private readonly batch?: number) {}

  input(name: string, spec: TensorSpec, order: readonly number[] = plainOrder(spec.shape.length)): Value {
    const dims = order.map((axis) => spec.shape[axis]!);
    const value: Value = { name, dtype: spec.dtype, shape: spec.shape, order, dims };
    this.inputs.set(name, value);
    return value;
  }

  /** A value of the graph around this one, for the body of a loop. */
  outer(name: string, spec: TensorSpec): Value {
    return { name, dtype: spec.dtype, shape: spec.shape, order: plainOrder(spec.shape.length), dims: spec.shape };
  }

  /** A constant of plain layout. One number repeated is kept as that number. Large ones are stored without a copy. */
  constant(tensor: HostTensor): Value {
    const first = tensor.data.length > 0 ? Number(tensor.data[0]) : undefined;
    if (first !== undefined && isSplat(tensor.data)) {
      return this.splat(first, tensor.dtype, tensor.shape);
    }
    return this.stored(tensor, tensor.shape, plainOrder(tensor.shape.length));
  }

  /** A constant that keeps its name and its data, whatever they hold. */
  weight(name: string, tensor: HostTensor): Value {
    return this.stored(tensor, tensor.shape, plainOrder(tensor.shape.length), name);
  }

  /** The number `fill` at every place of `shape`, held as one element. */
  splat(fill: number, dtype: DType, shape: readonly number[] = []): Value {
    const dims = shape.map(() => 1);
    const key = `${dtype}:${Object.is(fill, -0) ? '-0' : fill}:${dims.length}`;
    let known = this.constants.get(key);
    if (!known) {
      known = this.stored(filled(dtype, dims, fill), dims, plainOrder(dims.length));
      this.constants.set(key, known);
    }
    return { ...known, shape, order: plainOrder(shape.length), dims, splat: fill };
  }

  /** A 1-D int64 constant: axes, shapes, starts and ends. */
  ints(values: readonly number[]): Value {
    const key = `ints:${values.join(',')}`;
    let known = this.constants.get(key);
    if (!known) {
      const data = BigInt64Array.from(values, BigInt);
      known = this.stored({ dtype: 'int64', shape: [values.length], data }, [values.length], [0]);
      this.constants.set(key, known);
    }
    return known;
  }

  /**
   * Adds a node, or finds the one that already computes the same. `layout.dims` defaults to the plain form.
   * Inputs are used as they lie in memory.
   */
  emit(
    op: string,
    inputs: readonly (Value | null)[],
    dtype: DType,
    layout: Layout,
    attributes: Record<string, Attribute> = {},
  ): Value {
    return this.emitMany(op, inputs, [{ dtype, layout }], attributes)[0]!;
  }

  emitMany(
    op: string,
    inputs: readonly (Value | null)[],
    results: readonly { dtype: DType; layout: Layout }[],
    attributes: Record<string, Attribute> = {},
  ): Value[] {
    const names = inputs.map((input) => input?.name ?? '');
    if (op === 'Conv') this.filters.set(names[1]!, inputs[1]!);
    const key = `${op}(${names.join(',')})${results.length}${JSON.stringify(attributes)}`;
    let outputs = this.known.get(key)?.map((value) => value.name);
    if (!outputs) {
      outputs = results.map(() => `${op}_${this.counter++}`);
      const node: OnnxNode = { op, inputs: names, outputs, attributes };
      this.nodes.push(node);
      for (const name of outputs) this.producers.set(name, node);
    }
    const values = results.map(({ dtype, layout }, index): Value => {
      const order = layout.order ?? plainOrder(layout.shape.length);
      const dims = layout.dims ?? order.map((axis) => layout.shape[axis]!);
      return { name: outputs[index]!, dtype, shape: layout.shape, order, dims };
    });
    if (!this.known.has(key)) this.known.set(key, values);
    return values;
  }

  /** The node that made a value, if a node did. */
  producer(value: Value): OnnxNode | undefined {
    return this.producers.get(value.name);
  }

  /** The value in memory exactly as its shape says: row-major, nothing left to broadcast. */
  plain(value: Value): Value {
    return this.arrange(value, plainOrder(value.shape.length));
  }

  /** The value with its axes in memory in `order`, nothing left to broadcast. */
  arrange(value: Value, order: readonly number[]): Value {
    return this.expand(this.reorder(value, order));
  }

  /** Axes in memory in `order`; broadcasts stay pending. Moving axes of size 1 is a reshape, which costs nothing. */
  reorder(value: Value, order: readonly number[]): Value {
    if (same(value.order, order)) return value;
    const perm = order.map((axis) => value.order.indexOf(axis));
    const source = this.inputs.get(value.name);
    if (source && !this.wantedOrder.has(value.name)) {
      // In terms of the input's own axes: `value` may be a view that numbers them otherwise.
      this.wantedOrder.set(
        value.name,
        perm.map((axis) => source.order[axis]!),
      );
    }
    const dims = perm.map((axis) => value.dims[axis]!);
    const layout = { shape: value.shape, order, dims };
    if (value.splat !== undefined) return { ...value, order, dims };
    if (value.constant) {
      // One copy for each order, under a name that says whose it is: "kernel/3201" is `kernel` with its axes in that
      // order, as they lie in memory: views that see them differently share a copy only where the copies are equal.
      return this.stored(permute(value.constant, perm), value.shape, order, `${value.name}/${perm.join('')}`);
    }
    const moved = perm.filter((axis) => value.dims[axis] !== 1);
    if (moved.every((axis, i) => i === 0 || axis > moved[i - 1]!)) return this.reshapeMemory(value, layout);
    return this.emit('Transpose', [value], value.dtype, layout, { perm });
  }

  /** Carries out pending broadcasts. */
  expand(value: Value): Value {
    const dims = value.order.map((axis) => value.shape[axis]!);
    if (same(dims, value.dims)) return value;
    return this.emit('Expand', [value, this.shapeTensor(dims)], value.dtype, {
      shape: value.shape,
      order: value.order,
    });
  }

  reshape(value: Value, shape: readonly number[]): Value {
    if (same(value.shape, shape)) return value;
    if (value.splat !== undefined) return this.splat(value.splat, value.dtype, shape);
    if (value.dims.every((size) => size === 1)) {
      const dims = shape.map(() => 1);
      return this.reshapeMemory(value, { shape, order: plainOrder(shape.length), dims });
    }
    // Adding or removing axes of size 1 keeps the order of the others, so nothing has to move.
    const kept = insertedOnes(value, shape);
    if (kept) return this.reshapeMemory(value, kept);
    const plain = this.plain(value);
    if (plain.constant) return this.stored({ ...plain.constant, shape }, shape, plainOrder(shape.length));
    return this.reshapeMemory(plain, { shape });
  }

  /** A new view of the shape in which axes are permuted as TensorFlow's `transpose` does; no data moves. */
  transpose(value: Value, perm: readonly number[]): Value {
    const shape = perm.map((axis) => value.shape[axis]!);
    return { ...value, shape, order: value.order.map((axis) => perm.indexOf(axis)) };
  }

  /** A view broadcast to `shape` (NumPy rules); no data moves. */
  broadcastTo(value: Value, shape: readonly number[]): Value {
    const lifted = this.lift(value, shape.length);
    return { ...lifted, shape };
  }

  /** One node over operands of any layout and broadcastable shapes; the largest operand's layout wins. */
  elementwise(op: string, operands: readonly Value[], dtype: DType, attributes: Record<string, Attribute> = {}): Value {
    const shape = operands.map((operand) => operand.shape).reduce(broadcastShapes);
    const order = this.commonOrder(operands, shape.length);
    const aligned = operands.map((operand) => this.align(operand, order));
    const dims = aligned.map((operand) => operand.dims).reduce(broadcastShapes);
    const full = [...Array<number>(order.length - dims.length).fill(1), ...dims];
    return this.emit(op, aligned, dtype, { shape, order, dims: full }, attributes);
  }

  /**
   * A reduction over axes of `shape`. Broadcast axes are reduced without being carried out where the result is known.
   */
  reduce(op: string, value: Value, axes: readonly number[], keepDims: boolean, dtype: DType = value.dtype): Value {
    const pending = value.order.filter((axis, i) => value.dims[i] !== value.shape[axis] && axes.includes(axis));
    const idempotent = op === 'ReduceMean' || op === 'ReduceMax' || op === 'ReduceMin';
    const source = pending.length > 0 && !idempotent ? this.expand(value) : value;
    const memoryAxes = source.order.flatMap((axis, i) => (axes.includes(axis) ? [i] : []));
    const shape = source.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const dims = source.dims.map((size, i) => (memoryAxes.includes(i) ? 1 : size));
    const kept: Value =
      memoryAxes.length === 0
        ? source
        : this.emit(op, [source, this.ints(memoryAxes)], dtype, { shape, order: source.order, dims }, { keepdims: 1 });
    if (keepDims) return kept;
    return this.reshape(
      kept,
      shape.filter((_, axis) => !axes.includes(axis)),
    );
  }

  /** A 1-D int64 tensor of sizes; the dynamic batch size is read from an input when the graph runs. */
  shapeTensor(dims: readonly number[]): Value {
    if (this.batch === undefined || !dims.some((size) => size % this.batch! === 0 && size > 0)) return this.ints(dims);
    const source = [...this.inputs.values()].find((input) => input.dims[0] === this.batch);
    if (!source)
      throw new GanymedeError(
        'TRACE_UNSUPPORTED',
        'Expected an input with a dynamic batch dimension first but found none.',
      );
    const size = this.emit('Shape', [source], 'int64', { shape: [1] }, { start: 0, end: 1 });
    const parts = dims.map((dim) => {
      if (dim === 0 || dim % this.batch! !== 0) return this.ints([dim]);
      return dim === this.batch
        ? size
        : this.emit('Mul', [size, this.ints([dim / this.batch!])], 'int64', { shape: [1] });
    });
    return parts.length === 1 ? parts[0]! : this.emit('Concat', parts, 'int64', { shape: [dims.length] }, { axis: 0 });
  }

  /** The finished graph: only what the outputs need, each output under its own name. */
  finish(name: string, outputs: ReadonlyMap<string, Value>, doc?: string): OnnxGraph {
    const renamed = new Map<string, string>();
    const nodes = [...this.nodes];
    for (const [outputName, value] of outputs) {
      if (this.producers.has(value.name) && !renamed.has(value.name)) renamed.set(value.name, outputName);
      else nodes.push({ op: 'Identity', inputs: [value.name], outputs: [outputName], attributes: {} });
    }
    const rename = (id: string) => renamed.get(id) ?? id;
    const needed = new Set([...outputs.keys()]);
    const kept: OnnxNode[] = [];
    for (const node of nodes.reverse()) {
      const ids = node.outputs.map(rename);
      if (!ids.some((id) => needed.has(id))) continue;
      const inputs = node.inputs.map(rename);
      for (const id of inputs) needed.add(id);
      kept.push({ ...node, inputs, outputs: ids });
    }
    const spec = (value: Value, id: string) => ({
      name: id,
      dtype: value.dtype,
      shape: value.dims.map((d) => this.symbolic(d)),
    });
    return {
      name,
      ...(doc === undefined ? {} : { doc }),
      nodes: kept.reverse(),
      inputs: [...this.inputs.values()].map((value) => spec(value, value.name)),
      outputs: [...outputs].map(([id, value]) => spec(value, id)),
      initializers: new Map([...this.initializers].filter(([id]) => needed.has(id))),
      filters: [...this.filters.values()]
        .filter((value) => this.producers.has(value.name) && needed.has(rename(value.name)))
        .map((value) => spec(value, rename(value.name))),
    };
  }

  private symbolic(size: number): number {
    return size === this.batch ? -1 : size;
  }

  private stored(data: HostTensor, shape: readonly number[], order: readonly number[], name?: string): Value {
    const id = name ?? `constant_${this.counter++}`;
    this.initializers.set(id, data);
    return { name: id, dtype: data.dtype, shape, order, dims: data.shape, constant: data };
  }

  private reshapeMemory(value: Value, layout: Layout): Value {
    const order = layout.order ?? plainOrder(layout.shape.length);
    const dims = layout.dims ?? order.map((axis) => layout.shape[axis]!);
    if (same(dims, value.dims)) return { ...value, shape: layout.shape, order, dims };
    return this.emit('Reshape', [value, this.reshapeTarget(dims)], value.dtype, { ...layout, order, dims });
  }

  /** -1 stands for the one axis that holds the dynamic batch. */
  private reshapeTarget(dims: readonly number[]): Value {
    const dynamic = dims.filter((size) => this.batch !== undefined && size > 0 && size % this.batch === 0);
    if (dynamic.length > 1) return this.shapeTensor(dims);
    return this.ints(dims.map((size) => (dynamic.includes(size) ? -1 : size)));
  }

  private commonOrder(operands: readonly Value[], rank: number): readonly number[] {
    let best: Value | undefined;
    for (const operand of operands) {
      if (operand.shape.length !== rank || isScalar(operand)) continue;
      // Of two equally large operands the one that is not in plain order sets the order: it comes from a convolution,
      // and the result probably goes into another.
      const more = best ? sizeOf(operand.dims) - sizeOf(best.dims) : 1;
      if (more > 0 || (more === 0 && same(best!.order, plainOrder(rank)))) best = operand;
    }
    return best?.order ?? plainOrder(rank);
  }

  private align(value: Value, order: readonly number[]): Value {
    if (isScalar(value)) return value;
    const padding = order.length - value.shape.length;
    if (padding === 0) return this.reorder(value, order);
    // Right-aligned broadcasting needs no reshape where the axes already lie as wanted.
    const tail = order.slice(padding).map((axis) => axis - padding);
    if (same(tail, value.order)) return value;
    return this.reorder(this.lift(value, order.length), order);
  }

  /** Leading axes of size 1 up to `rank`. */
  private lift(value: Value, rank: number): Value {
    const padding = rank - value.shape.length;
    if (padding === 0) return value;
    const shape = [...Array<number>(padding).fill(1), ...value.shape];
    const order = [...plainOrder(padding), ...value.order.map((axis) => axis + padding)];
    const dims = [...Array<number>(padding).fill(1), ...value.dims];
    if (value.splat !== undefined) return this.splat(value.splat, value.dtype, shape);
    return this.reshapeMemory(value, { shape, order, dims });
  }
}

export function plainOrder(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis);
}

export function broadcastShapes(a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      throw new RangeError(`Expected shapes that broadcast but received [${a}] and [${b}].`);
    return x === 1 ? y : x;
  });
}

export function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function isScalar(value: Value): boolean {
  return value.dims.every((size) => size === 1);
}

function isSplat(data: ArrayLike<number | bigint>): boolean {
  const first = data[0];
  for (let i = 1; i < data.length; i++) if (data[i] !== first) return false;
  return true;
}

/** The layout of `shape` when it differs from the value's shape by axes of size 1 alone. */
function insertedOnes(value: Value, shape: readonly number[]): Required<Layout> | null {
  const from = value.shape.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  const to = shape.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  if (
    !same(
      from.map((axis) => value.shape[axis]!),
      to.map((axis) => shape[axis]!),
    )
  )
    return null;
  // Axes of size 1 go first; the rest follow in the order in which they lie now.
  const ones = plainOrder(shape.length).filter((axis) => shape[axis] === 1);
  const wide = value.order.flatMap((axis, i) =>
    from.includes(axis) ? [{ axis: to[from.indexOf(axis)]!, size: value.dims[i]! }] : [],
  );
  const moved = wide.some(({ axis }, i) => i > 0 && axis < wide[i - 1]!.axis);
  if (!moved) {
    // In plain order the ones can stay where they are.
    const dims = shape.map((size, axis) => wide.find((entry) => entry.axis === axis)?.size ?? size);
    return { shape, order: plainOrder(shape.length), dims };
  }
  return {
    shape,
    order: [...ones, ...wide.map(({ axis }) => axis)],
    dims: [...ones.map(() => 1), ...wide.map(({ size }) => size)],
  };
}
