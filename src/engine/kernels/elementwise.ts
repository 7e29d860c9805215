// Kernels that map each element, or each pair of broadcast elements, on its own: arithmetic, activations,
// comparisons, select and cast.

import type { GraphBuilder, Value } from '../graph.js';
import { dataTypeOf } from '../onnx.js';
import type { DType } from '../tensor.js';
import { type Attributes, attribute, type Inputs, input, type Kernel, unsupported } from './kernel.js';

/** y = op(x), the same dtype. */
const unary =
  (op: string, attributes: Parameters<GraphBuilder['elementwise']>[3] = {}): Kernel =>
  (g, inputs) => {
    const x = input(inputs, 'x');
    return g.elementwise(op, [x], x.dtype, attributes);
  };

const binary =
  (op: string): Kernel =>
  (g, inputs) =>
    arithmetic(g, op, input(inputs, 'a'), input(inputs, 'b'));

const comparison =
  (op: string, negate = false): Kernel =>
  (g, inputs) => {
    const result = g.elementwise(op, [input(inputs, 'a'), input(inputs, 'b')], 'bool');
    return negate ? g.elementwise('Not', [result], 'bool') : result;
  };

const logical =
  (op: string): Kernel =>
  (g, inputs) =>
    g.elementwise(op, [input(inputs, 'a'), input(inputs, 'b')], 'bool');

/** A kernel written with the helpers below: f(graph, x, attributes). */
const formula =
  (f: (m: Arithmetic, x: Value, attributes: Attributes) => Value): Kernel =>
  (g, inputs, attributes) =>
    f(new Arithmetic(g), input(inputs, 'x'), attributes);

export const elementwiseKernels: Record<string, Kernel> = {
  Add: binary('Add'),
  Sub: binary('Sub'),
  Multiply: binary('Mul'),
  RealDiv: binary('Div'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  FloorDiv: (g, inputs) => {
    const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
    const m = new Arithmetic(g);
    // TensorFlow.js answers in integers even for floats.
    if (a.dtype === 'float32') return m.cast(m.apply('Floor', m.div(a, b)), 'int32');
    // ONNX rounds an integer quotient toward zero; TensorFlow rounds down. What is left after the remainder divides
    // evenly.
    return m.div(m.sub(a, g.elementwise('Mod', [a, b], a.dtype)), b);
  },
  Mod: (g, inputs) => {
    // The result has the sign of b, as ONNX has it for integers; for floats ONNX gives the sign of a.
    const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
    if (a.dtype !== 'float32') return g.elementwise('Mod', [a, b], a.dtype);
    const m = new Arithmetic(g);
    const zero = m.number(0);
    const remainder = (x: Value) => g.elementwise('Mod', [x, b], 'float32', { fmod: 1 });
    const rest = remainder(a);
    const opposite = m.compare('Xor', m.compare('Less', a, zero), m.compare('Less', b, zero));
    return m.where(opposite, remainder(m.add(rest, b)), rest);
  },
  Pow: (g, inputs) => {
    const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
    if (b.splat === 2) return g.elementwise('Mul', [a, a], a.dtype);
    if (b.splat === 0.5) return g.elementwise('Sqrt', [a], a.dtype);
    return g.elementwise('Pow', [a, b], a.dtype);
  },
  SquaredDifference: (g, inputs) => {
    const difference = g.elementwise('Sub', [input(inputs, 'a'), input(inputs, 'b')], input(inputs, 'a').dtype);
    return g.elementwise('Mul', [difference, difference], difference.dtype);
  },
  Atan2: (g, inputs) => {
    // atan2(y, x) = atan(y / x), moved by ±π where x < 0.
    const [y, x] = [input(inputs, 'a'), input(inputs, 'b')];
    const m = new Arithmetic(g);
    const zero = m.number(0);
    const angle = m.apply('Atan', m.div(y, x));
    const turn = m.where(m.compare('Less', y, zero), m.number(-Math.PI), m.number(Math.PI));
    const sameSide = m.where(m.compare('Less', x, zero), m.add(angle, turn), angle);
    const upright = m.mul(m.apply('Sign', y), m.number(Math.PI / 2));
    return m.where(m.compare('Equal', x, zero), upright, sameSide);
  },
  AddN: (g, inputs) => Object.values(inputs).reduce((a, b) => arithmetic(g, 'Add', a, b)),

  Abs: unary('Abs'),
  Acos: unary('Acos'),
  Acosh: unary('Acosh'),
  Asin: unary('Asin'),
  Asinh: unary('Asinh'),
  Atan: unary('Atan'),
  Atanh: unary('Atanh'),
  Ceil: unary('Ceil'),
  Cos: unary('Cos'),
  Cosh: unary('Cosh'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Floor: unary('Floor'),
  Log: unary('Log'),
  Neg: unary('Neg'),
  Reciprocal: unary('Reciprocal'),
  Relu: unary('Relu'),
  Round: unary('Round'),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Sinh: unary('Sinh'),
  Softplus: unary('Softplus'),
  Sqrt: unary('Sqrt'),
  Tan: unary('Tan'),
  Tanh: unary('Tanh'),
  Selu: unary('Selu', { alpha: { float: 1.6732632423543772 }, gamma: { float: 1.0507009873554805 } }),
  Elu: unary('Elu', { alpha: { float: 1 } }),
  Expm1: formula((m, x) => {
    // exp(x) - 1 = 2 sinh(x/2) exp(x/2), which keeps its digits near zero.
    const half = m.mul(x, m.number(0.5));
    return m.mul(m.mul(m.number(2), m.apply('Sinh', half)), m.apply('Exp', half));
  }),
  Log1p: formula((m, x) => {
    // log(1+x) = 2 atanh(x / (2 + x)): exact where 1 + x would round x away.
    const near = m.mul(m.number(2), m.apply('Atanh', m.div(x, m.add(x, m.number(2)))));
    const far = m.apply('Log', m.add(x, m.number(1)));
    return m.where(m.compare('Less', m.apply('Abs', x), m.number(0.5)), near, far);
  }),
  Relu6: formula((m, x) => m.clip(x, 0, 6)),
  Rsqrt: formula((m, x) => m.apply('Reciprocal', m.apply('Sqrt', x))),
  Square: formula((m, x) => m.mul(x, x)),
  ClipByValue: formula((m, x, a) =>
    m.clip(x, attribute<number>(a, 'clipValueMin'), attribute<number>(a, 'clipValueMax')),
  ),
  LeakyRelu: formula((m, x, a) =>
    m.graph.elementwise('LeakyRelu', [x], x.dtype, { alpha: { float: attribute<number>(a, 'alpha') } }),
  ),
  Step: formula((m, x, a) => {
    const alpha = attribute<number | undefined>(a, 'alpha') ?? 0;
    const positive = m.compare('Greater', x, m.number(0, x.dtype));
    return alpha === 0 ? m.cast(positive, x.dtype) : m.where(positive, m.number(1, x.dtype), m.number(alpha, x.dtype));
  }),
  IsNan: formula((m, x) => m.compare('IsNaN', x)),
  IsInf: formula((m, x) => m.compare('IsInf', x)),
  IsFinite: formula((m, x) => m.compare('Less', m.apply('Abs', x), m.number(Number.POSITIVE_INFINITY))),
  Prelu: (g, inputs) => {
    const [x, alpha] = [input(inputs, 'x'), input(inputs, 'alpha')];
    const m = new Arithmetic(g);
    return m.where(m.compare('Less', x, m.number(0)), m.mul(alpha, x), x);
  },
  EluGrad: (g, inputs) => {
    // dy where y >= 0, else dy (y + 1): `y` is the output of elu.
    const [dy, y] = [input(inputs, 'dy'), input(inputs, 'y')];
    const m = new Arithmetic(g);
    return m.where(m.compare('GreaterOrEqual', y, m.number(0)), dy, m.mul(dy, m.add(y, m.number(1))));
  },

  Equal: comparison('Equal'),
  NotEqual: comparison('Equal', true),
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  BitwiseAnd: binary('BitwiseAnd'),
  LogicalNot: (g, inputs) => g.elementwise('Not', [input(inputs, 'x')], 'bool'),
  Select: selectKernel,
  Cast: (g, inputs, attributes) =>
    new Arithmetic(g).cast(input(inputs, 'x'), dtypeOf(attribute<string>(attributes, 'dtype'))),
  Identity: (_g, inputs) => input(inputs, 'x'),
};

function selectKernel(g: GraphBuilder, inputs: Inputs): Value {
  const condition = input(inputs, 'condition');
  const [t, e] = [input(inputs, 't'), input(inputs, 'e')];
  // A condition of rank 1 chooses whole rows.
  const rows = condition.shape.length === 1 && t.shape.length > 1;
  const chosen = rows ? g.reshape(condition, [condition.shape[0]!, ...t.shape.slice(1).map(() => 1)]) : condition;
  return g.elementwise('Where', [chosen, t, e], t.dtype);
}

/** Arithmetic on values with the identities x + 0, x · 1, x / 1 and x · 0 folded away. */
function arithmetic(g: GraphBuilder, op: string, a: Value, b: Value): Value {
  const shape = () => g.elementwise(op, [a, b], a.dtype).shape;
  if (a.splat !== undefined && b.splat !== undefined) {
    const folded = fold(op, a.splat, b.splat, a.dtype);
    if (folded !== undefined) return g.splat(folded, a.dtype, shape());
  }
  if (op === 'Mul' && (a.splat === 0 || b.splat === 0)) return g.splat(0, a.dtype, shape());
  const neutral = op === 'Add' || op === 'Sub' ? 0 : op === 'Mul' || op === 'Div' ? 1 : undefined;
  if (neutral !== undefined && b.splat === neutral) return g.broadcastTo(a, shape());
  if (neutral !== undefined && a.splat === neutral && (op === 'Add' || op === 'Mul')) return g.broadcastTo(b, shape());
  if (op === 'Div' && b.splat !== undefined && a.dtype === 'float32') {
    // A multiplication is cheaper than a division; exact for powers of two, within one rounding otherwise.
    return g.elementwise('Mul', [a, g.splat(1 / b.splat, 'float32', b.shape)], 'float32');
  }
  return g.elementwise(op, [a, b], a.dtype);
}

function fold(op: string, a: number, b: number, dtype: DType): number | undefined {
  if (dtype !== 'float32') return undefined;
  switch (op) {
    case 'Add':
      return Math.fround(a + b);
    case 'Sub':
      return Math.fround(a - b);
    case 'Mul':
      return Math.fround(a * b);
    case 'Div':
      return Math.fround(a / b);
    case 'Max':
      return Math.max(a, b);
    case 'Min':
      return Math.min(a, b);
    default:
      return undefined;
  }
}

/** Formulas over values of one graph, so that a kernel reads like its definition. */
export class Arithmetic {
  constructor(readonly graph: GraphBuilder) {}

  number(value: number, dtype: DType = 'float32'): Value {
    return this.graph.splat(value, dtype);
  }
  add(a: Value, b: Value): Value {
    return arithmetic(this.graph, 'Add', a, b);
  }
  sub(a: Value, b: Value): Value {
    return arithmetic(this.graph, 'Sub', a, b);
  }
  mul(a: Value, b: Value): Value {
    return arithmetic(this.graph, 'Mul', a, b);
  }
  div(a: Value, b: Value): Value {
    return arithmetic(this.graph, 'Div', a, b);
  }
  apply(op: string, x: Value): Value {
    return this.graph.elementwise(op, [x], x.dtype);
  }
  compare(op: string, ...operands: Value[]): Value {
    return this.graph.elementwise(op, operands, 'bool');
  }
  where(condition: Value, yes: Value, no: Value): Value {
    return this.graph.elementwise('Where', [condition, yes, no], yes.dtype);
  }
  clip(x: Value, min: number, max: number): Value {
    return this.graph.elementwise('Clip', [x, this.number(min, x.dtype), this.number(max, x.dtype)], x.dtype);
  }
  cast(x: Value, dtype: DType): Value {
    if (x.dtype === dtype) return x;
    if (x.splat !== undefined) return this.graph.splat(castNumber(x.splat, dtype), dtype, x.shape);
    return this.graph.elementwise('Cast', [x], dtype, { to: dataTypeOf(dtype) });
  }
}

function castNumber(value: number, dtype: DType): number {
  if (dtype === 'bool') return value === 0 ? 0 : 1;
  return dtype === 'float32' ? value : Math.trunc(value);
}

/** A dtype of TensorFlow.js that a graph can hold. */
export function dtypeOf(dtype: string): DType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw unsupported('dtype float32, int32 or bool', dtype);
}
