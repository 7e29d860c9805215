// Matrix products and einsum, with their gradients, against the TensorFlow.js cpu backend.

import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import { beforeAll, test } from 'vitest';
import type { GraphBuilder } from '../../src/engine/graph.js';
import { float32 } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { agrees, type Case, expectClose, gradientCase, operand, runTraced, ticket } from './traced.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const size = fc.constantFrom(1, 2, 3, 5);
const batches = fc.constantFrom<[number[], number[]]>(
  [[], []],
  [[3], [3]],
  [[1], [3]],
  [[2], [1]],
  [
    [2, 3],
    [2, 3],
  ],
  [[], [2]],
  [[3], []],
);

const products = fc
  .tuple(size, size, size, batches, fc.boolean(), fc.boolean(), ticket, ticket, ticket, fc.boolean())
  .map(([m, k, n, [left, right], transposeA, transposeB, s, t, dt, gradient]): Case => {
    const a = operand(s, [...left, ...(transposeA ? [k, m] : [m, k])]);
    const b = operand(t, [...right, ...(transposeB ? [n, k] : [k, n])]);
    const label = `${s.form} [${a.tensor.shape}]${transposeA ? 'ᵀ' : ''} × ${t.form} [${b.tensor.shape}]${transposeB ? 'ᵀ' : ''}`;
    const f = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, transposeA, transposeB);
    if (!gradient) return { label, operands: [a, b], run: (x, y) => f(x!, y!) };
    const outer = tf.broadcast_util.assertAndGetBroadcastShape(left, right);
    return gradientCase((x, y) => f(x!, y!), operand(dt, [...outer, m, n]), [a, b], label);
  });
agrees('matrix products of any rank, transposed or not, with gradients', products, { count: 60, runs: 3 });

test('batches broadcast against each other, which the cpu backend gets wrong', async () => {
  const a = { tensor: float32([2, 1, 1, 1], [1, 2]) };
  const b = { tensor: float32([1, 3, 1, 1], [1, 10, 100]) };
  const operands = [a, b].map(({ tensor }) => ({ tensor, place: (graph: GraphBuilder) => graph.constant(tensor) }));
  const [outputs] = await runTraced([{ label: 'outer product', operands, run: (x, y) => tf.matMul(x!, y!) }]);
  expectClose(outputs![0]!, float32([2, 3, 1, 1], [1, 10, 100, 2, 20, 200]), 1e-6, 'outer product');
});

const equations = [
  'ij,jk->ik',
  'ij,ij->i',
  'bij,bjk->bik',
  'ij,kj->ki',
  'ij,j->i',
  'i,j->ij',
  'ij->ji',
  'ij->j',
  'bic,bjc->bij',
];
const einsums = fc
  .tuple(
    fc.constantFrom(...equations),
    fc.array(size, { minLength: 5, maxLength: 5 }),
    ticket,
    ticket,
    ticket,
    fc.boolean(),
  )
  .map(([equation, sizes, s, t, dt, gradient]): Case => {
    const [terms, output] = equation.split('->') as [string, string];
    const shapeOf = (term: string) => [...term].map((index) => sizes['bijkc'.indexOf(index)]!);
    const operands = terms.split(',').map((term, i) => operand([s, t][i]!, shapeOf(term)));
    const label = `einsum ${equation} of ${operands.map(({ tensor }) => `[${tensor.shape}]`).join(' ')}`;
    const f = (...x: tf.Tensor[]) => tf.einsum(equation, ...x);
    return gradient ? gradientCase(f, operand(dt, shapeOf(output)), operands, label) : { label, operands, run: f };
  });
agrees('einsum of one or two operands, with gradients', einsums, { count: 40, runs: 2 });

const fused = fc
  .tuple(
    size,
    size,
    size,
    fc.constantFrom('linear', 'relu', 'relu6', 'elu', 'sigmoid', 'prelu', 'leakyrelu'),
    fc.tuple(ticket, ticket, ticket, ticket),
  )
  .map(
    ([m, k, n, activation, [s, t, bt, at]]): Case => ({
      label: `fused [${m},${k}] × [${k},${n}] with ${activation}`,
      operands: [operand(s, [m, k]), operand(t, [k, n]), operand(bt, [n]), operand(at, [n])],
      run: (a, b, bias, alpha) =>
        tf.fused.matMul({
          a: a!,
          b: b!,
          transposeA: false,
          transposeB: false,
          bias: bias!,
          activation: activation as 'linear',
          ...(activation === 'prelu' ? { preluActivationWeights: alpha! } : {}),
          leakyreluAlpha: 0.3,
        }),
    }),
  );
agrees('products fused with bias and activation', fused, { count: 30, runs: 2 });
