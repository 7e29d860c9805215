// Matrix products. A transpose of an operand, asked for or left over from the layout, becomes a flag of the product.

import { type GraphBuilder, same, type Value } from '../graph.js';
import { attribute, input, inputList, type Kernel } from './kernel.js';

export const matmulKernels: Record<string, Kernel> = {
  BatchMatMul: (g, inputs, attributes) =>
    matmul(
      g,
      input(inputs, 'a'),
      input(inputs, 'b'),
      attribute<boolean | undefined>(attributes, 'transposeA') ?? false,
      attribute<boolean | undefined>(attributes, 'transposeB') ?? false,
    ),

  Einsum: (g, inputs, attributes) => {
    const operands = inputList(inputs).map((value) => g.plain(value));
    const equation = attribute<string>(attributes, 'equation').replaceAll(' ', '');
    const [terms, output] = equation.split('->') as [string, string];
    const sizes = new Map(
      terms
        .split(',')
        .flatMap((term, i) => [...term].map((index, axis) => [index, operands[i]!.shape[axis]!] as const)),
    );
    return g.emit(
      'Einsum',
      operands,
      'float32',
      { shape: [...output].map((index) => sizes.get(index)!) },
      { equation },
    );
  },
};

/** [..., M, K] × [..., K, N] → [..., M, N], each operand transposed first where asked. */
export function matmul(g: GraphBuilder, a: Value, b: Value, transposeA = false, transposeB = false): Value {
  if (a.shape.length > 2 || b.shape.length > 2) return batched(g, a, b, transposeA, transposeB);
  const [rows, flagA, left] = operand(g, a, transposeA);
  const [columns, flagB, right] = operand(g, b, !transposeB);
  const shape = [rows, columns];
  // `operand` gives the outer size of rows. b's outer size is its columns, so b is asked for transposed and its flag
  // means the opposite.
  if (!flagA && flagB) return g.emit('MatMul', [left, right], 'float32', { shape });
  return g.emit('Gemm', [left, right], 'float32', { shape }, { transA: Number(flagA), transB: Number(!flagB) });
}

/** The outer size, whether the product must transpose the operand, and the operand as it lies in memory. */
function operand(g: GraphBuilder, value: Value, transpose: boolean): [size: number, flag: boolean, value: Value] {
  const expanded = g.expand(value);
  const swapped = same(expanded.order, [1, 0]);
  return [value.shape[transpose ? 1 : 0]!, transpose !== swapped, expanded];
}

function batched(g: GraphBuilder, a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
  const swapLast = (value: Value, swap: boolean) => {
    const rank = value.shape.length;
    const perm = Array.from({ length: rank }, (_, i) => (swap && i >= rank - 2 ? 2 * rank - 3 - i : i));
    return g.plain(swap ? g.transpose(value, perm) : value);
  };
  const left = swapLast(a, transposeA);
  const right = swapLast(b, transposeB);
  const rank = Math.max(left.shape.length, right.shape.length);
  const outer = Array.from({ length: rank - 2 }, (_, i) => {
    const x = left.shape[i - rank + left.shape.length] ?? 1;
    const y = right.shape[i - rank + right.shape.length] ?? 1;
    return x === 1 ? y : x;
  });
  return g.emit('MatMul', [left, right], 'float32', { shape: [...outer, left.shape.at(-2)!, right.shape.at(-1)!] });
}
