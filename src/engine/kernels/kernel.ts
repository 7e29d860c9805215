// What a kernel mapping is: a TensorFlow.js kernel call in, ONNX nodes out. Shapes are as TensorFlow.js sees them.

import { GanymedeError } from '../../errors.js';
import type { GraphBuilder, Value } from '../graph.js';

export type Inputs = Readonly<Record<string, Value>>;
export type Attributes = Readonly<Record<string, unknown>>;
export type Kernel = (graph: GraphBuilder, inputs: Inputs, attributes: Attributes) => Value | Value[];

/** The named input of a kernel call. */
export function input(inputs: Inputs, name: string): Value {
  const value = inputs[name];
  if (!value)
    throw new GanymedeError(
      'TRACE_UNSUPPORTED',
      `Expected an input "${name}" but the call has ${Object.keys(inputs).join(', ')}.`,
    );
  return value;
}

/** All inputs of a call that takes a list, in order. */
export function inputList(inputs: Inputs): Value[] {
  return Object.keys(inputs)
    .sort((a, b) => Number(a) - Number(b))
    .map((name) => input(inputs, name));
}

/** Reads an attribute as the type that TensorFlow.js documents for it. */
export function attribute<T>(attributes: Attributes, name: string): T {
  return attributes[name] as T;
}

/** Axes as non-negative numbers; all axes when TensorFlow.js leaves them out. */
export function axesOf(axis: number | readonly number[] | undefined | null, rank: number): number[] {
  if (axis === undefined || axis === null) return Array.from({ length: rank }, (_, i) => i);
  const list = typeof axis === 'number' ? [axis] : axis;
  return list.map((a) => (a < 0 ? a + rank : a));
}

export function unsupported(what: string, received: unknown): GanymedeError {
  return new GanymedeError('TRACE_UNSUPPORTED', `Expected ${what} but received ${JSON.stringify(received)}.`);
}
