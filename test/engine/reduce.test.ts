// Reductions, softmax, cumulative sums and products, arg-extrema and top-k, with their gradients, against the
// TensorFlow.js cpu backend. Gradients of extrema are compared where no two elements tie.

import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import { beforeAll, describe } from 'vitest';
import * as tf from '../../src/engine/tf.js';
import { agrees, type Case, type Draw, gradientCase, operand, shapes, ticket, variedTicket } from './traced.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

type Reduction = (x: tf.Tensor, axes: number[] | undefined, keepDims: boolean) => tf.Tensor;

const smooth: Record<string, Reduction> = {
  sum: tf.sum,
  mean: tf.mean,
  logSumExp: tf.logSumExp,
  'moments: mean': (x, axes, keepDims) => tf.moments(x, axes, keepDims).mean,
  'moments: variance': (x, axes, keepDims) => tf.moments(x, axes, keepDims).variance,
  'standard deviation': (x, axes, keepDims) => tf.sqrt(tf.add(tf.moments(x, axes, keepDims).variance, 1e-2)),
  'euclidean norm': (x, axes, keepDims) => tf.sqrt(tf.add(tf.sum(tf.square(x), axes, keepDims), 1e-2)),
};

const distinct: Record<string, Reduction> = {
  max: tf.max,
  min: tf.min,
  prod: tf.prod,
  logSumExp: tf.logSumExp,
};

/** A shape of rank 1 to 5 and some of its axes, some counted from the end; undefined for all axes. */
const shapeAndAxes = shapes(1, 5).chain((shape) =>
  fc.tuple(
    fc.constant(shape),
    fc.option(
      fc
        .subarray(shape.map((_, axis) => axis))
        .chain((axes) => fc.tuple(...axes.map((axis) => fc.constantFrom(axis, axis - shape.length)))),
      { nil: undefined, freq: 4 },
    ),
  ),
);

function reductions(table: Record<string, Reduction>, tickets: typeof ticket, draw: Draw = {}): fc.Arbitrary<Case> {
  return fc
    .tuple(fc.constantFrom(...Object.keys(table)), shapeAndAxes, fc.boolean(), tickets, ticket, fc.boolean())
    .map(([name, [shape, axes], keepDims, t, dt, gradient]): Case => {
      const x = operand(t, shape, draw);
      const f = (a: tf.Tensor) => table[name]!(a, axes && [...axes], keepDims);
      const label = `${name} of ${t.form} [${shape}] over [${axes}]${keepDims ? ', kept' : ''}`;
      if (!gradient) return { label, operands: [x], run: (a) => f(a!) };
      const reduced = axes?.map((axis) => (axis + shape.length) % shape.length) ?? shape.map((_, axis) => axis);
      const outShape = shape.flatMap((size, axis) => (reduced.includes(axis) ? (keepDims ? [1] : []) : [size]));
      return gradientCase((a) => f(a!), operand(dt, outShape), [x], label);
    });
}

describe('reductions over any axes', () => {
  agrees('sum, mean and friends, with gradients, in any layout', reductions(smooth, ticket), { count: 80, runs: 3 });
  agrees('extrema and products, with gradients', reductions(distinct, variedTicket), { count: 60, runs: 2 });

  const discrete = fc
    .tuple(fc.constantFrom('all', 'any', 'sum of booleans', 'sum of integers', 'max of integers'), shapeAndAxes, ticket)
    .map(([name, [shape, axes], t]): Case => {
      const list = axes && [...axes];
      const integer = name.endsWith('integers');
      return {
        label: `${name} of ${t.form} [${shape}] over [${axes}]`,
        operands: [operand(t, shape, integer ? { dtype: 'int32', low: -9, high: 9 } : { dtype: 'bool' })],
        run: (x) => {
          if (name === 'all') return tf.all(x!, list);
          if (name === 'any') return tf.any(x!, list);
          return name === 'max of integers' ? tf.max(x!, list) : tf.sum(x!, list);
        },
      };
    });
  agrees('booleans and integers', discrete, { count: 40, runs: 2 });
});

describe('functions along one axis', () => {
  const along: Record<string, (x: tf.Tensor, axis: number) => tf.Tensor> = {
    softmax: (x) => tf.softmax(x),
    logSoftmax: (x, axis) => tf.logSoftmax(x, axis),
    cumsum: (x, axis) => tf.cumsum(x, axis),
    'cumsum, exclusive': (x, axis) => tf.cumsum(x, axis, true),
    'cumsum, reversed': (x, axis) => tf.cumsum(x, axis, false, true),
    'cumsum, both': (x, axis) => tf.cumsum(x, axis, true, true),
    reverse: (x, axis) => tf.reverse(x, axis - x.rank),
  };
  const cases = fc
    .tuple(fc.constantFrom(...Object.keys(along)), shapes(1, 4), fc.nat(3), ticket, ticket, fc.boolean())
    .map(([name, shape, at, t, dt, gradient]): Case => {
      const axis = name === 'logSoftmax' ? shape.length - 1 : at % shape.length;
      const x = operand(t, shape);
      const label = `${name} of ${t.form} [${shape}] along ${axis}`;
      const f = (a: tf.Tensor) => along[name]!(a, axis);
      if (!gradient) return { label, operands: [x], run: (a) => f(a!) };
      return gradientCase((a) => f(a!), operand(dt, shape), [x], label);
    });
  agrees('softmax and cumulative sums, with gradients', cases, { count: 60, runs: 2 });

  const picks = fc
    .tuple(fc.constantFrom('argMax', 'argMin', 'topk', 'maxout'), shapes(1, 4), fc.nat(3), variedTicket, fc.nat())
    .map(([name, shape, at, t, more]): Case => {
      const axis = at % shape.length;
      const k = 1 + (more % shape.at(-1)!);
      return {
        label: `${name} of ${t.form} [${shape}] along ${axis}, k ${k}`,
        operands: [operand(t, shape)],
        run: (x) => {
          if (name === 'argMax') return tf.argMax(x!, axis);
          if (name === 'argMin') return tf.argMin(x!, axis);
          if (name === 'maxout') return tf.max(tf.reshape(x!, [...shape.slice(0, -1), 1, shape.at(-1)!]), -1);
          const { values, indices } = tf.topk(x!, k);
          return [values, indices];
        },
      };
    });
  agrees('arg-extrema, top-k and maxout', picks, { count: 40, runs: 2 });

  const products = fc
    .tuple(shapes(1, 4), fc.nat(3), fc.boolean(), fc.boolean(), variedTicket, ticket, fc.constantFrom(0, 1, 2))
    .map(([shape, at, exclusive, reverse, t, dt, kind]): Case => {
      const axis = at % shape.length;
      const x = operand(t, shape, { low: 0.5, high: 2 });
      const label = `cumprod of ${t.form} [${shape}] along ${axis}, exclusive ${exclusive}, reverse ${reverse}`;
      if (kind === 0) return { label, operands: [x], run: (a) => tf.cumprod(a!, axis, exclusive, reverse) };
      if (kind === 1) {
        return gradientCase((a) => tf.cumprod(a!, axis, exclusive, reverse), operand(dt, shape), [x], label);
      }
      return gradientCase((a) => tf.topk(a!, 1).values, operand(dt, [...shape.slice(0, -1), 1]), [x], `topk ${label}`);
    });
  agrees('cumulative products and top-k, with gradients', products, { count: 40, runs: 2 });
});
