// Integers that are known while a graph is traced, computed at once: programs by other hands derive the shapes of
// their tensors from other shapes, and TensorFlow.js reads those back. Scalars and lists alone, which shapes are.

import type { Value } from '../graph.js';
import type { HostTensor } from '../tensor.js';
import * as tf from '../tf.js';
import { attribute, axesOf } from './kernel.js';

/** Of more elements there are no shapes. */
const MOST = 64;

interface Integers {
  readonly values: readonly number[];
  /** 0 for a scalar, 1 for a list. */
  readonly rank: number;
}

type Attributes = Readonly<Record<string, unknown>>;
type Fold = (inputs: readonly Integers[], attributes: Attributes) => Integers | undefined;

/** What the kernel gives, if all that goes in is known and it is one of these. */
export function folded(
  name: string,
  inputs: Readonly<Record<string, Value>>,
  attributes: object,
): HostTensor | undefined {
  const fold = Object.hasOwn(FOLDS, name) ? FOLDS[name] : undefined;
  if (!fold) return undefined;
  const known = Object.values(inputs).map(integersOf);
  if (known.length === 0 || !known.every((each) => each !== undefined)) return undefined;
  const result = fold(known, attributes as Attributes);
  if (!result?.values.every((value) => Number.isInteger(value) && Math.abs(value) < 2 ** 31)) return undefined;
  return {
    dtype: 'int32',
    shape: result.rank === 0 ? [] : [result.values.length],
    data: Int32Array.from(result.values),
  };
}

function integersOf({ dtype, shape, splat, constant }: Value): Integers | undefined {
  const count = shape[0] ?? 1;
  if (dtype !== 'int32' || shape.length > 1 || count > MOST || !constant) return undefined;
  const values = splat === undefined ? Array.from(constant.data, Number) : Array<number>(count).fill(splat);
  return { values, rank: shape.length };
}

const FOLDS: Readonly<Record<string, Fold>> = {
  Add: elementwise((a, b) => a + b),
  Sub: elementwise((a, b) => a - b),
  Multiply: elementwise((a, b) => a * b),
  FloorDiv: elementwise((a, b) => Math.floor(a / b)),
  Maximum: elementwise(Math.max),
  Minimum: elementwise(Math.min),
  Cast: ([x], attributes) => (attribute<string>(attributes, 'dtype') === 'int32' ? x : undefined),
  Pack: (parts) => (parts.every(({ rank }) => rank === 0) ? list(parts) : undefined),
  Concat: list,
  Sum: reduction((values) => values.reduce((a, b) => a + b, 0)),
  Prod: reduction((values) => values.reduce((a, b) => a * b, 1)),
  GatherV2: ([x, where]) =>
    x?.rank === 1 && where
      ? { values: where.values.map((at) => x.values[at] ?? Number.NaN), rank: where.rank }
      : undefined,
  Slice: ([x], attributes) => {
    if (x?.rank !== 1) return undefined;
    const given = (name: string) => [attribute<number | number[]>(attributes, name)].flat();
    const [begin, size] = [given('begin')[0]!, given('size')[0] ?? -1];
    return { values: x.values.slice(begin, size < 0 ? undefined : begin + size), rank: 1 };
  },
  StridedSlice: stridedSlice,
};

function elementwise(of: (a: number, b: number) => number): Fold {
  return ([a, b]) => {
    if (!a || !b || (a.values.length !== b.values.length && a.values.length !== 1 && b.values.length !== 1)) return;
    const count = Math.max(a.values.length, b.values.length);
    const at = ({ values }: Integers, i: number) => values[values.length === 1 ? 0 : i]!;
    return { values: Array.from({ length: count }, (_, i) => of(at(a, i), at(b, i))), rank: Math.max(a.rank, b.rank) };
  };
}

function list(parts: readonly Integers[]): Integers {
  return { values: parts.flatMap(({ values }) => values), rank: 1 };
}

/** Of a list along its one axis, or none; TensorFlow.js keeps a size of 1 by a reshape of its own. */
function reduction(of: (values: readonly number[]) => number): Fold {
  return ([x], attributes) => {
    if (!x || axesOf(attribute<number | number[] | undefined>(attributes, 'axis'), x.rank).length === 0) return x;
    const kept = attributes.keepDims === true ? 1 : 0;
    return x.rank === 1 ? { values: [of(x.values)], rank: kept } : undefined;
  };
}

function stridedSlice([x]: readonly Integers[], attributes: Attributes): Integers | undefined {
  if (x?.rank !== 1) return undefined;
  const given = (name: string) => attribute<number[]>(attributes, name);
  const mask = (name: string) => attribute<number>(attributes, name);
  const { begin, end, strides, finalShape } = tf.slice_util.sliceInfo(
    [x.values.length],
    given('begin'),
    given('end'),
    given('strides'),
    mask('beginMask'),
    mask('endMask'),
    mask('ellipsisMask'),
    mask('newAxisMask'),
    mask('shrinkAxisMask'),
  );
  const [from, to, step] = [begin[0]!, end[0]!, strides[0]!];
  const values: number[] = [];
  for (let i = from; step > 0 ? i < to : i > to; i += step) if (i in x.values) values.push(x.values[i]!);
  return finalShape.length > 1 ? undefined : { values, rank: finalShape.length };
}
