// What a trace refuses, and that it says what to do instead. After any failure the engine and TensorFlow.js go on.

import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/engine/graph.js';
import * as tf from '../../src/engine/tf.js';
import { type Tensors, trace } from '../../src/engine/tracer.js';
import { GanymedeError } from '../../src/errors.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Traces a program of one input x [2, 4, 4, 3]. */
function traced(program: (x: tf.Tensor4D) => tf.Tensor | Tensors) {
  const graph = new GraphBuilder();
  const x = graph.input('x', { dtype: 'float32', shape: [2, 4, 4, 3] });
  return trace(graph, (lift) => {
    const result = program(lift(x) as tf.Tensor4D);
    return result instanceof tf.Tensor ? { y: result } : result;
  });
}

function refusal(program: (x: tf.Tensor4D) => tf.Tensor | Tensors): GanymedeError {
  try {
    traced(program);
  } catch (error) {
    if (error instanceof GanymedeError) return error;
    throw error;
  }
  throw new Error('Expected the trace to be refused.');
}

// Whatever a test did, the backend of before is active again and computes, and the next trace works.
afterEach(() => {
  expect(tf.getBackend()).toBe('cpu');
  expect(tf.add(1, 2).dataSync()[0]).toBe(3);
  expect(traced((x) => tf.add(x, 1))['y']!.shape).toEqual([2, 4, 4, 3]);
});

describe('a kernel that a graph cannot hold', () => {
  test.each<[string, string, (x: tf.Tensor4D) => tf.Tensor]>([
    ['CropAndResize', 'tf.cropAndResize', (x) => tf.image.cropAndResize(x, [[0, 0, 1, 1]], [0], [2, 2])],
    ['FFT', 'tf.fft', (x) => tf.spectral.fft(tf.complex(tf.reshape(x, [8, 12]), tf.zeros([8, 12])))],
    ['LRN', 'tf.localResponseNormalization', (x) => tf.localResponseNormalization(x)],
    [
      'Conv3D',
      'tf.conv3d',
      (x) => tf.conv3d(tf.reshape(x, [1, 2, 4, 4, 3]) as tf.Tensor5D, tf.zeros([1, 1, 1, 3, 1]), 1, 'same'),
    ],
    ['Unique', 'tf.unique', (x) => tf.unique(tf.reshape(x, [-1])).values],
  ])('%s is named, with %s that asked for it', (kernel, op, program) => {
    const { code, message } = refusal(program);
    expect(code).toBe('TRACE_UNSUPPORTED');
    // tf.complex comes before tf.fft and is missing, too.
    const first = kernel === 'FFT' ? ['Complex', 'tf.complex'] : [kernel, op];
    expect(message).toBe(
      `Expected a kernel that a graph can hold but received ${first[0]}, asked for by ${first[1]}. ` +
        'See docs/engine.md for the list, or express it with other ops.',
    );
  });
});

describe('a value read back', () => {
  test.each<[string, (x: tf.Tensor4D) => tf.Tensor]>([
    ['dataSync', (x) => tf.mul(x, tf.mean(x).dataSync()[0]!)],
    ['arraySync', (x) => tf.mul(x, tf.mean(x).arraySync() as number)],
    ['array equality', (x) => tf.mul(x, Number(tf.util.arraysEqual(x.dataSync(), [1])))],
  ])('by %s is refused', (_, program) => {
    const { code, message } = refusal(program);
    expect(code).toBe('TRACE_UNSUPPORTED');
    expect(message).toContain('not to read values back');
    expect(message).toContain('Return the tensor as an output and read it after the run.');
  });

  test('by data() is refused, too', async () => {
    let pending: Promise<unknown> = Promise.resolve();
    traced((x) => {
      pending = tf.mean(x).data();
      pending.catch(() => undefined);
      return x;
    });
    await expect(pending).rejects.toThrow('not to read values back');
  });
});

describe('randomness', () => {
  test.each<[string, (x: tf.Tensor4D) => tf.Tensor]>([
    ['tf.randomNormal', (x) => tf.add(x, tf.randomNormal(x.shape))],
    ['tf.randomUniform', (x) => tf.add(x, tf.randomUniform(x.shape))],
    ['tf.truncatedNormal', (x) => tf.add(x, tf.truncatedNormal(x.shape))],
    ['tf.randomGamma', (x) => tf.add(x, tf.randomGamma(x.shape, 1))],
    ['tf.randomStandardNormal', (x) => tf.add(x, tf.randomStandardNormal(x.shape))],
    ['tf.randomUniformInt', (x) => tf.add(x, tf.cast(tf.randomUniformInt(x.shape, 0, 5), 'float32'))],
    [
      'tf.rand',
      (x) =>
        tf.add(
          x,
          tf.rand(x.shape, () => 0.5),
        ),
    ],
    ['tf.dropout', (x) => tf.dropout(x, 0.5)],
    ['tf.multinomial', (x) => tf.multinomial(tf.reshape(x, [8, 12]) as tf.Tensor2D, 2)],
  ])('drawn by %s is refused by that name', (op, program) => {
    const { code, message } = refusal(program);
    expect(code).toBe('TRACE_UNSUPPORTED');
    expect(message).toBe(
      `Expected no randomness inside a traced function but received ${op}, which would be frozen into the graph. ` +
        'Make the noise an input of the function.',
    );
  });
});

describe('tensors out of place', () => {
  test('one of an earlier trace is refused inside a later one', () => {
    let kept: tf.Tensor | undefined;
    traced((x) => {
      kept = tf.keep(tf.add(x, 1));
      return kept;
    });
    expect(refusal((x) => tf.add(x, kept!)).message).toContain('one of another trace');
  });

  test('a constant made on another backend before the trace moves into it', () => {
    const weights = tf.tensor1d([1, 2, 3]);
    expect(traced((x) => tf.mul(x, weights))['y']!.shape).toEqual([2, 4, 4, 3]);
  });

  test('a trace inside a trace is refused', () => {
    expect(refusal((x) => ({ x, ...traced((y) => y) }) as unknown as Tensors).message).toContain('one trace at a time');
  });

  test('any other error of the program comes through as it is', () => {
    expect(() =>
      traced(() => {
        throw new RangeError('mine');
      }),
    ).toThrow(new RangeError('mine'));
  });
});
