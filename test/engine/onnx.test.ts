// Weights stored as halves: rounding as IEEE 754 binary16 has it, to the nearest and to even where two are as near.

import { describe, expect, test } from 'vitest';
import { encodeModel, readWeights, toFloat16 } from '../../src/engine/onnx.js';

/** The value of a positive half by its definition: 1 sign bit, 5 of exponent (bias 15), 10 of fraction. */
function numberOf(half: number): number {
  const [exponent, fraction] = [half >>> 10, half & 0x3ff];
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const INFINITY = 0x7c00;
const positive = Array.from({ length: INFINITY }, (_, half) => half); // 0, subnormals, and up to 65504

/** Halves nearest to float32 values. */
const halves = (values: readonly number[]) => [...toFloat16(Float32Array.from(values))];

/** The float32 next to a positive one, by steps of its last place. */
function neighbour(value: number, steps: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  bits[0]! += steps;
  return new Float32Array(bits.buffer)[0]!;
}

describe('float16', () => {
  test('keeps every half as it is, of either sign', () => {
    expect(halves(positive.map(numberOf))).toEqual(positive);
    expect(halves(positive.map((half) => -numberOf(half)))).toEqual(positive.map((half) => half | 0x8000));
  });

  test('rounds what lies between two halves to the nearest, and the middle to the even one', () => {
    // Past the largest half the next would be 65536: from the middle on, 65520, it is infinity.
    const middles = positive.map((half) => (numberOf(half) + (half === INFINITY - 1 ? 65536 : numberOf(half + 1))) / 2);
    expect(halves(middles)).toEqual(positive.map((half) => half + (half % 2)));
    expect(halves(middles.map((value) => neighbour(value, -1)))).toEqual(positive);
    expect(halves(middles.map((value) => neighbour(value, 1)))).toEqual(positive.map((half) => half + 1));
  });

  test('has infinities, zeros of both signs, and what is not a number', () => {
    const [plus, minus, zero, minusZero, tiny] = halves([1e6, Number.NEGATIVE_INFINITY, 0, -0, -1e-40]);
    expect([plus, minus, zero, minusZero, tiny]).toEqual([0x7c00, 0xfc00, 0, 0x8000, 0x8000]);
    expect(halves([Number.NaN])[0]! & 0x7fff).toBeGreaterThan(INFINITY);
  });

  test('is read back from a model to the very values', () => {
    const all = Uint16Array.from(positive);
    const initializers = new Map([['w/float16', { dtype: 'float16' as const, shape: [all.length], data: all }]]);
    const model = encodeModel({ name: 'halves', nodes: [], inputs: [], outputs: [], initializers });
    expect([...readWeights(model).w!.data]).toEqual(positive.map(numberOf));
  });
});
