// Arithmetic, activations, comparisons, select and cast, with their gradients, against the TensorFlow.js cpu backend.

import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import { beforeAll, describe } from 'vitest';
import * as tf from '../../src/engine/tf.js';
import { agrees, broadcastPair, type Case, type Draw, gradientCase, operand, shapes, ticket } from './traced.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

interface Unary {
  readonly f: (x: tf.Tensor) => tf.Tensor;
  /** Where the function is defined, and away from its kinks. */
  readonly draw?: Draw;
  /** Has no gradient worth the name. */
  readonly flat?: boolean;
  readonly tolerance?: number;
}

const unary: Record<string, Unary> = {
  abs: { f: tf.abs },
  acos: { f: tf.acos, draw: { low: -0.9, high: 0.9 } },
  acosh: { f: tf.acosh, draw: { low: 1.1, high: 4 } },
  asin: { f: tf.asin, draw: { low: -0.9, high: 0.9 } },
  asinh: { f: tf.asinh },
  atan: { f: tf.atan },
  atanh: { f: tf.atanh, draw: { low: -0.9, high: 0.9 } },
  ceil: { f: tf.ceil },
  clip: { f: (x) => tf.clipByValue(x, -1, 0.5) },
  cos: { f: tf.cos },
  cosh: { f: tf.cosh },
  elu: { f: tf.elu },
  erf: { f: tf.erf },
  exp: { f: tf.exp },
  expm1: { f: tf.expm1 },
  'expm1 near zero': { f: (x) => tf.mul(tf.expm1(x), 1e6), draw: { low: -1e-6, high: 1e-6 } },
  'expm1 far out': { f: tf.expm1, draw: { low: -90, high: 60 } },
  floor: { f: tf.floor },
  'gelu (erf)': { f: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)) },
  'gelu (tanh)': {
    f: (x) =>
      tf.mul(
        tf.mul(x, 0.5),
        tf.add(tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.pow(x, 3))))), 1),
      ),
  },
  isFinite: { f: (x) => tf.cast(tf.isFinite(tf.log(x)), 'float32'), flat: true },
  isInf: { f: (x) => tf.cast(tf.isInf(tf.div(1, tf.relu(x))), 'float32'), flat: true },
  isNaN: { f: (x) => tf.cast(tf.isNaN(tf.log(x)), 'float32'), flat: true },
  leakyRelu: { f: (x) => tf.leakyRelu(x, 0.2) },
  log: { f: tf.log, draw: { low: 0.1, high: 4 } },
  log1p: { f: tf.log1p, draw: { low: -0.9, high: 4 } },
  'log1p near zero': { f: (x) => tf.mul(tf.log1p(x), 1e6), draw: { low: -1e-6, high: 1e-6 } },
  logSigmoid: { f: tf.logSigmoid },
  mish: { f: (x) => tf.mul(x, tf.tanh(tf.softplus(x))) },
  neg: { f: tf.neg },
  reciprocal: { f: tf.reciprocal, draw: { low: 0.2, high: 3 } },
  relu: { f: tf.relu },
  relu6: { f: tf.relu6, draw: { low: -3, high: 9 } },
  round: { f: tf.round },
  rsqrt: { f: tf.rsqrt, draw: { low: 0.2, high: 4 } },
  selu: { f: tf.selu },
  sigmoid: { f: tf.sigmoid },
  sign: { f: tf.sign },
  sin: { f: tf.sin },
  sinh: { f: tf.sinh },
  softplus: { f: tf.softplus },
  'softplus far out': { f: tf.softplus, draw: { low: -120, high: 120 } },
  sqrt: { f: tf.sqrt, draw: { low: 0.1, high: 4 } },
  square: { f: tf.square },
  step: { f: (x) => tf.step(x) },
  'step with a slope': { f: (x) => tf.step(x, 0.3) },
  swish: { f: (x) => tf.mul(x, tf.sigmoid(x)) },
  tan: { f: tf.tan, draw: { low: -1.2, high: 1.2 } },
  tanh: { f: tf.tanh },
};

interface Binary {
  readonly f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
  readonly draw?: Draw;
  readonly drawB?: Draw;
  readonly flat?: boolean;
}

const positive: Draw = { low: 0.3, high: 3 };

const binary: Record<string, Binary> = {
  add: { f: tf.add },
  sub: { f: tf.sub },
  mul: { f: tf.mul },
  div: { f: tf.div, drawB: positive },
  maximum: { f: tf.maximum },
  minimum: { f: tf.minimum },
  pow: { f: tf.pow, draw: positive },
  'pow 2': { f: (a, b) => tf.add(tf.pow(a, 2), b) },
  'pow 0.5': { f: (a, b) => tf.add(tf.pow(a, 0.5), b), draw: positive },
  'pow 3': { f: (a, b) => tf.add(tf.pow(a, 3), b) },
  squaredDifference: { f: tf.squaredDifference },
  atan2: { f: tf.atan2 },
  mod: { f: tf.mod, drawB: positive },
  floorDiv: { f: tf.floorDiv, drawB: positive, flat: true },
  prelu: { f: (a, b) => tf.add(tf.prelu(a, tf.mul(tf.onesLike(a), 0.3)), b) },
  addN: { f: (a, b) => tf.addN([tf.mul(a, b), tf.add(a, b), tf.sub(a, b)]) },
  'where a > b': { f: (a, b) => tf.where(tf.greater(a, b), tf.mul(a, b), tf.sub(a, b)) },
  equal: { f: (a, b) => tf.equal(tf.round(a), tf.round(b)), flat: true },
  notEqual: { f: (a, b) => tf.notEqual(tf.round(a), tf.round(b)), flat: true },
  greater: { f: tf.greater, flat: true },
  greaterEqual: { f: (a, b) => tf.greaterEqual(tf.round(a), tf.round(b)), flat: true },
  less: { f: tf.less, flat: true },
  lessEqual: { f: (a, b) => tf.lessEqual(tf.round(a), tf.round(b)), flat: true },
  'and, or, xor, not': {
    f: (a, b) => {
      const [p, q] = [tf.greater(a, 0), tf.less(b, a)];
      return tf.logicalOr(tf.logicalAnd(p, q), tf.logicalNot(tf.logicalXor(p, q)));
    },
    flat: true,
  },
  'select by a mask made of both': {
    f: (a, b) => tf.where(tf.logicalAnd(tf.greater(a, -1), tf.logicalNot(tf.less(b, 0))), tf.mul(a, 2), tf.mul(b, a)),
  },
};

const integers: Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor> = {
  add: tf.add,
  sub: tf.sub,
  mul: tf.mul,
  maximum: tf.maximum,
  minimum: tf.minimum,
  floorDiv: (a, b) => tf.floorDiv(a, tf.maximum(b, tf.scalar(1, 'int32'))),
  mod: (a, b) => tf.mod(a, tf.maximum(b, tf.scalar(1, 'int32'))),
  squaredDifference: tf.squaredDifference,
  bitwiseAnd: (a, b) => tf.bitwiseAnd(tf.add(a, tf.zerosLike(b)), tf.add(tf.zerosLike(a), b)),
  equal: tf.equal,
  less: tf.less,
  'cast to float32': (a, b) => tf.mul(tf.cast(a, 'float32'), tf.cast(b, 'float32')),
  'cast to bool': (a, b) => tf.logicalAnd(tf.cast(a, 'bool'), tf.cast(b, 'bool')),
  'float32 cast to int32': (a, b) =>
    tf.cast(tf.div(tf.cast(a, 'float32'), tf.add(tf.cast(tf.abs(b), 'float32'), 0.7)), 'int32'),
  'bool cast to int32': (a, b) => tf.cast(tf.greater(a, b), 'int32'),
  'int32 + float32': (a, b) => tf.add(a, tf.cast(b, 'float32')),
};

describe('functions of one tensor', () => {
  const names = Object.keys(unary);
  const cases = fc
    .tuple(fc.constantFrom(...names), shapes(0, 5), ticket, ticket)
    .map(([name, shape, t, dt]): Case[] => {
      const { f, draw, flat, tolerance = 1e-4 } = unary[name]!;
      const [x, dy] = [operand(t, shape, draw), operand(dt, shape)];
      const label = `${name} of ${t.form} [${shape}]`;
      const forward: Case = { label, operands: [x], run: f, tolerance };
      return flat ? [forward] : [forward, gradientCase((a) => f(a!), dy, [x], label, tolerance)];
    });
  agrees('of any rank and layout, and their gradients, match the cpu backend', both(cases), { count: 150, runs: 3 });
});

describe('functions of two tensors', () => {
  const names = Object.keys(binary);
  const cases = fc
    .tuple(fc.constantFrom(...names), broadcastPair, ticket, ticket, ticket)
    .map(([name, [left, right], s, t, dt]): Case[] => {
      const { f, draw, drawB, flat } = binary[name]!;
      const [a, b] = [operand(s, left, draw), operand(t, right, drawB ?? draw)];
      const label = `${name} of ${s.form} [${left}] and ${t.form} [${right}]`;
      const forward: Case = { label, operands: [a, b], run: f };
      const dy = operand(dt, tf.broadcast_util.assertAndGetBroadcastShape(left, right));
      return flat ? [forward] : [forward, gradientCase((x, y) => f(x!, y!), dy, [a, b], label)];
    });
  agrees('broadcast as NumPy does, with gradients, in any layout', both(cases), { count: 120, runs: 3 });
});

describe('functions of integers', () => {
  const cases = fc.tuple(fc.constantFrom(...Object.keys(integers)), broadcastPair, ticket, ticket).map(
    ([name, [left, right], s, t]): Case => ({
      label: `${name} of int32 ${s.form} [${left}] and ${t.form} [${right}]`,
      operands: [
        operand(s, left, { dtype: 'int32', low: -9, high: 10 }),
        operand(t, right, { dtype: 'int32', low: -9, high: 10 }),
      ],
      run: integers[name]!,
    }),
  );
  agrees('match the cpu backend', cases, { count: 60, runs: 2 });
});

describe('where', () => {
  const cases = fc.tuple(shapes(1, 4), fc.boolean(), ticket, ticket, ticket).map(
    ([shape, wholeRows, c, s, t]): Case => ({
      label: `where ${wholeRows ? 'rows' : 'elements'} ${c.form} of ${s.form} and ${t.form} [${shape}]`,
      operands: [
        operand(c, wholeRows ? shape.slice(0, 1) : shape, { dtype: 'bool' }),
        operand(s, shape),
        operand(t, shape),
      ],
      run: (condition, yes, no) => {
        const rows = wholeRows ? tf.reshape(condition!, [shape[0]!, ...shape.slice(1).map(() => 1)]) : condition!;
        return tf.where(rows, yes!, no!);
      },
    }),
  );
  agrees('selects elements or whole rows', cases, { count: 30, runs: 2 });
});

/** Forward and gradient cases, one of the two at a time. */
function both(cases: fc.Arbitrary<Case[]>): fc.Arbitrary<Case> {
  return fc.tuple(cases, fc.nat(1)).map(([list, i]) => list[Math.min(i, list.length - 1)]!);
}
