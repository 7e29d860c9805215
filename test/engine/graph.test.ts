// What a trace leaves out of its graph: transposes between convolutions, broadcasts that an operator carries out
// itself, the same node twice, nodes that nobody reads, and arithmetic with 0 and 1.

import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { broadcastShapes, GraphBuilder } from '../../src/engine/graph.js';
import type { OnnxGraph } from '../../src/engine/onnx.js';
import { describeModel, encodeModel } from '../../src/engine/onnx.js';
import { float32, permute } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { type Tensors, trace } from '../../src/engine/tracer.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** The graph of a program over float32 inputs of the given shapes. */
function graphOf(shapes: Record<string, readonly number[]>, program: (x: Tensors) => Tensors): OnnxGraph {
  const graph = new GraphBuilder();
  const inputs = Object.entries(shapes).map(
    ([name, shape]) => [name, graph.input(name, { dtype: 'float32', shape })] as const,
  );
  const results = trace(graph, (lift) =>
    program(Object.fromEntries(inputs.map(([name, value]) => [name, lift(value)]))),
  );
  return graph.finish('test', new Map(Object.entries(results).map(([name, value]) => [name, graph.plain(value)])));
}

function operators(graph: OnnxGraph): string[] {
  return graph.nodes.map(({ op }) => op);
}

const x = [2, 3];

describe('left out of a graph', () => {
  test('transposes between convolutions, activations, normalisation and pooling', () => {
    const shapes = { image: [2, 8, 8, 3], one: [3, 3, 3, 4], two: [3, 3, 4, 5], bias: [4] };
    const graph = graphOf(shapes, ({ image, one, two, bias }) => {
      const first = tf.conv2d(image as tf.Tensor4D, one as tf.Tensor4D, 2, 'same');
      const hidden = tf.leakyRelu(tf.add(first, bias!), 0.2);
      const { mean, variance } = tf.moments(hidden, [1, 2], true);
      const normed = tf.div(tf.sub(hidden, mean), tf.sqrt(tf.add(variance, 1e-5)));
      const pooled = tf.avgPool(normed as tf.Tensor4D, 2, 2, 'same');
      return { y: tf.conv2d(pooled, two as tf.Tensor4D, 1, 'same') };
    });
    // The image in, two filters in, the result out: nothing between.
    expect(operators(graph).filter((op) => op === 'Transpose')).toHaveLength(4);
  });

  test('an operand that is transposed becomes a flag of the product', () => {
    const graph = graphOf({ a: [4, 3], b: [5, 3] }, ({ a, b }) => ({
      y: tf.matMul(tf.transpose(tf.transpose(a!)), tf.transpose(b!)),
    }));
    expect(operators(graph)).toEqual(['Gemm']);
  });

  test('what is computed twice', () => {
    const graph = graphOf({ x }, ({ x }) => ({ y: tf.add(tf.exp(x!), tf.mul(tf.exp(x!), 3)) }));
    expect(operators(graph)).toEqual(['Exp', 'Mul', 'Add']);
  });

  test('the output that a gradient computes again', () => {
    const graph = graphOf({ x }, ({ x }) => {
      const { value, grad } = tf.valueAndGrad((a) => tf.sum(tf.tanh(a)))(x!);
      return { value, grad };
    });
    expect(operators(graph).filter((op) => op === 'Tanh')).toHaveLength(1);
  });

  test('what nobody reads', () => {
    const graph = graphOf({ x, unused: [4] }, ({ x, unused }) => {
      tf.exp(unused!);
      return { y: tf.neg(x!) };
    });
    expect(operators(graph)).toEqual(['Neg']);
    expect(graph.initializers.size).toBe(0);
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x', 'unused']); // inputs are the caller's to say
  });

  test('sums with 0, products and quotients with 1, and products with 0', () => {
    const graph = graphOf({ x }, ({ x }) => {
      const same = tf.div(tf.mul(tf.add(tf.sub(x!, 0), tf.zeros([2, 3])), tf.ones([3])), 1);
      return { y: tf.neg(tf.add(same, tf.mul(x!, tf.zerosLike(x!)))) };
    });
    expect(operators(graph)).toEqual(['Neg']);
  });

  test('broadcasts that the next operator does itself', () => {
    const graph = graphOf({ x, row: [3] }, ({ x, row }) => ({ y: tf.mul(x!, tf.broadcastTo(row!, [2, 3])) }));
    expect(operators(graph)).toEqual(['Reshape', 'Mul']); // to [1, 3], which moves nothing
  });

  test('moves of axes of size 1', () => {
    const graph = graphOf({ x: [1, 4, 1] }, ({ x }) => ({ y: tf.neg(tf.transpose(x!, [1, 2, 0])) }));
    expect(operators(graph)).not.toContain('Transpose');
  });
});

test('every input says in which order of axes it was wanted', () => {
  const graph = new GraphBuilder();
  const image = graph.input('image', { dtype: 'float32', shape: [1, 4, 4, 2] }, [0, 3, 1, 2]);
  const filter = graph.input('filter', { dtype: 'float32', shape: [3, 3, 2, 2] });
  trace(graph, (lift) => ({ y: tf.conv2d(lift(image) as tf.Tensor4D, lift(filter) as tf.Tensor4D, 1, 'same') }));
  expect(graph.wantedOrder).toEqual(new Map([['filter', [3, 2, 0, 1]]]));
});

test('one value may leave under two names, and an input or a constant may leave as it is', () => {
  const graph = graphOf({ x }, ({ x }) => {
    const y = tf.exp(x!);
    return { one: y, two: y, same: x!, fixed: tf.tensor1d([1, 2, 3]) };
  });
  expect(graph.outputs).toEqual([
    { name: 'one', dtype: 'float32', shape: [2, 3] },
    { name: 'two', dtype: 'float32', shape: [2, 3] },
    { name: 'same', dtype: 'float32', shape: [2, 3] },
    { name: 'fixed', dtype: 'float32', shape: [3] },
  ]);
  expect(operators(graph)).toEqual(['Exp', 'Identity', 'Identity', 'Identity']);
});

test('shapes that do not broadcast are refused', () => {
  expect(broadcastShapes([2, 1, 3], [4, 1])).toEqual([2, 4, 3]);
  expect(() => broadcastShapes([2], [3])).toThrow('Expected shapes that broadcast but received [2] and [3].');
});

test('a host tensor permutes as transpose does', () => {
  const tensor = float32([2, 3], [1, 2, 3, 4, 5, 6]);
  expect(permute(tensor, [1, 0])).toEqual(float32([3, 2], [1, 4, 2, 5, 3, 6]));
  expect(() => float32([2, 3], [1])).toThrow('Expected 6 values for shape [2, 3] but received 1.');
});

test('a graph reads back as it was written', () => {
  const graph = graphOf({ x }, ({ x }) => ({ y: tf.add(x!, tf.tensor1d([1, 2, 3])) }));
  const { operators: ops, inputs, outputs, initializers } = describeModel(encodeModel({ ...graph, doc: 'Adds.' }));
  expect(ops).toEqual(['Add']);
  expect(inputs).toEqual([{ name: 'x', dtype: 'float32', shape: [2, 3] }]);
  expect(outputs).toEqual([{ name: 'y', dtype: 'float32', shape: [2, 3] }]);
  expect([...initializers.values()]).toEqual([{ dtype: 'float32', shape: [3] }]);
});
