// Kernels that collapse axes: sums, means, extrema, products, arg-extrema, cumulative sums, softmax.

import { type GraphBuilder, plainOrder, type Value } from '../graph.js';
import { Arithmetic } from './elementwise.js';
import { type Attributes, attribute, axesOf, type Inputs, input, type Kernel } from './kernel.js';

const reduction =
  (op: string): Kernel =>
  (g, inputs, attributes) => {
    const x = input(inputs, 'x');
    return g.reduce(
      op,
      x,
      reductionAxes(x, attributes),
      attribute<boolean | undefined>(attributes, 'keepDims') ?? false,
    );
  };

/** Over booleans: any is a maximum, all a minimum. */
const logicalReduction =
  (op: string): Kernel =>
  (g, inputs, attributes) => {
    const m = new Arithmetic(g);
    const x = m.cast(input(inputs, 'x'), 'int32');
    return m.cast(
      g.reduce(op, x, reductionAxes(x, attributes), attribute<boolean | undefined>(attributes, 'keepDims') ?? false),
      'bool',
    );
  };

const argExtremum =
  (op: string): Kernel =>
  (g, inputs, attributes) => {
    const x = g.plain(input(inputs, 'x'));
    const [axis] = axesOf(attribute<number>(attributes, 'axis'), x.shape.length);
    const shape = x.shape.filter((_, i) => i !== axis);
    const index = g.emit(op, [x], 'int64', { shape }, { axis: axis!, keepdims: 0 });
    return new Arithmetic(g).cast(index, 'int32');
  };

export const reduceKernels: Record<string, Kernel> = {
  Sum: (g, inputs, attributes) => {
    const x = input(inputs, 'x');
    // TensorFlow sums booleans as integers.
    const numbers = x.dtype === 'bool' ? new Arithmetic(g).cast(x, 'int32') : x;
    return reduction('ReduceSum')(g, { x: numbers }, attributes);
  },
  Mean: reduction('ReduceMean'),
  Prod: reduction('ReduceProd'),
  Max: reduction('ReduceMax'),
  Min: reduction('ReduceMin'),
  All: logicalReduction('ReduceMin'),
  Any: logicalReduction('ReduceMax'),
  ArgMax: argExtremum('ArgMax'),
  ArgMin: argExtremum('ArgMin'),
  Softmax: (g, inputs, attributes) => {
    const x = g.plain(input(inputs, 'logits'));
    const [axis] = axesOf(attribute<number | undefined>(attributes, 'dim') ?? -1, x.shape.length);
    return g.emit('Softmax', [x], x.dtype, { shape: x.shape }, { axis: axis! });
  },
  Cumsum: (g, inputs, attributes) => {
    const x = g.plain(input(inputs, 'x'));
    const [axis] = axesOf(attribute<number>(attributes, 'axis'), x.shape.length);
    const flags = {
      exclusive: Number(attribute<boolean>(attributes, 'exclusive')),
      reverse: Number(attribute<boolean>(attributes, 'reverse')),
    };
    return g.emit('CumSum', [x, g.ints([axis!])], x.dtype, { shape: x.shape }, flags);
  },
  Cumprod: cumulativeProduct,
  TopK: (g, inputs, attributes) => {
    const x = g.plain(input(inputs, 'x'));
    const k = attribute<number>(attributes, 'k');
    const shape = [...x.shape.slice(0, -1), k];
    const [values, indices] = g.emitMany(
      'TopK',
      [x, g.ints([k])],
      [
        { dtype: x.dtype, layout: { shape } },
        { dtype: 'int64', layout: { shape } },
      ],
      { axis: -1, largest: 1, sorted: Number(attribute<boolean>(attributes, 'sorted')) },
    );
    return [values!, new Arithmetic(g).cast(indices!, 'int32')];
  },
};

function reductionAxes(x: Value, attributes: Attributes): number[] {
  // Max and Min pass `reductionIndices`, the others `axis`. Nothing means all axes, an empty list none.
  const axes =
    attribute<number | number[] | undefined>(attributes, 'reductionIndices') ??
    attribute<number | number[] | undefined>(attributes, 'axis');
  return axesOf(axes, x.shape.length);
}

/** ONNX has no cumulative product: log-step doubling, log2(n) multiplications of shifted copies. */
function cumulativeProduct(g: GraphBuilder, inputs: Inputs, attributes: Attributes): Value {
  const m = new Arithmetic(g);
  const x = g.plain(input(inputs, 'x'));
  const [axis] = axesOf(attribute<number>(attributes, 'axis'), x.shape.length);
  const reverse = attribute<boolean>(attributes, 'reverse');
  const size = x.shape[axis!]!;
  /** Moves everything `by` places along the axis; ones come in. */
  const shift = (value: Value, by: number): Value => {
    const plain = g.plain(value);
    const edge = g.plain(
      g.splat(
        1,
        x.dtype,
        x.shape.map((s, i) => (i === axis ? Math.min(by, size) : s)),
      ),
    );
    if (by >= size) return edge;
    const [start, end] = reverse ? [by, size] : [0, size - by];
    const shape = x.shape.map((s, i) => (i === axis ? size - by : s));
    const rest = g.emit('Slice', [plain, g.ints([start]), g.ints([end]), g.ints([axis!])], x.dtype, { shape });
    return g.emit(
      'Concat',
      reverse ? [rest, edge] : [edge, rest],
      x.dtype,
      { shape: x.shape, order: plainOrder(x.shape.length) },
      { axis: axis! },
    );
  };
  let product = attribute<boolean>(attributes, 'exclusive') ? shift(x, 1) : x;
  for (let by = 1; by < size; by *= 2) product = m.mul(product, shift(product, by));
  return product;
}
