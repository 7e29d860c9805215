// Kernels that move elements without changing them: reshape, transpose, slice, pad, concat, gather, tile, one-hot.

import { type GraphBuilder, plainOrder, type Value } from '../graph.js';
import { sizeOf } from '../tensor.js';
import * as tf from '../tf.js';
import { Arithmetic, dtypeOf } from './elementwise.js';
import { attribute, axesOf, input, inputList, type Kernel, unsupported } from './kernel.js';

export const shapeKernels: Record<string, Kernel> = {
  Reshape: (g, inputs, attributes) => {
    const x = input(inputs, 'x');
    return g.reshape(x, tf.util.inferFromImplicitShape(attribute<number[]>(attributes, 'shape'), sizeOf(x.shape)));
  },
  ExpandDims: (g, inputs, attributes) => {
    const x = input(inputs, 'input');
    const [axis] = axesOf(attribute<number>(attributes, 'dim'), x.shape.length + 1);
    return g.reshape(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
  },
  Transpose: (g, inputs, attributes) => g.transpose(input(inputs, 'x'), attribute<number[]>(attributes, 'perm')),
  Tile: (g, inputs, attributes) => {
    const x = input(inputs, 'x');
    const repeats = attribute<number[]>(attributes, 'reps');
    const shape = x.shape.map((size, i) => size * repeats[i]!);
    // Repeating an axis of size 1 is a broadcast.
    if (repeats.every((times, i) => times === 1 || x.shape[i] === 1)) return g.broadcastTo(x, shape);
    return g.emit('Tile', [g.plain(x), g.shapeTensor(repeats)], x.dtype, { shape });
  },
  Concat: (g, inputs, attributes) => {
    const values = inputList(inputs).filter((value) => sizeOf(value.shape) > 0);
    const first = values[0]!;
    const [axis] = axesOf(attribute<number>(attributes, 'axis'), first.shape.length);
    return concat(g, values, axis!);
  },
  Pack: (g, inputs, attributes) => {
    const values = inputList(inputs);
    const [axis] = axesOf(attribute<number>(attributes, 'axis'), values[0]!.shape.length + 1);
    return concat(
      g,
      values.map((value) => g.reshape(value, [...value.shape.slice(0, axis), 1, ...value.shape.slice(axis)])),
      axis!,
    );
  },
  Unpack: (g, inputs, attributes) => {
    const x = input(inputs, 'value');
    const [axis] = axesOf(attribute<number>(attributes, 'axis'), x.shape.length);
    const shape = x.shape.filter((_, i) => i !== axis);
    return Array.from({ length: x.shape[axis!]! }, (_, i) =>
      g.reshape(slice(g, x, one(x, axis!, i), one(x, axis!, i + 1, 1)), shape),
    );
  },
  SplitV: (g, inputs, attributes) => {
    const x = input(inputs, 'x');
    const [axis] = axesOf(attribute<number>(attributes, 'axis'), x.shape.length);
    const sizes = tf.backend_util.prepareSplitSize(
      { shape: [...x.shape] } as tf.Tensor,
      attribute<number | number[]>(attributes, 'numOrSizeSplits'),
      axis,
    );
    let start = 0;
    return sizes.map((size) => {
      const part = slice(g, x, one(x, axis!, start), one(x, axis!, start + size, 1));
      start += size;
      return part;
    });
  },
  Slice: (g, inputs, attributes) => {
    const x = input(inputs, 'x');
    // As TensorFlow.js got them from its caller: numbers, short lists, and -1 for the rest of an axis.
    const given = <T>(name: string) => attribute<number | T>(attributes, name);
    const [begin, size] = tf.slice_util.parseSliceParams(
      { shape: [...x.shape], rank: x.shape.length } as tf.Tensor,
      given<number[]>('begin'),
      given<number[]>('size'),
    ) as [number[], number[]];
    return slice(
      g,
      x,
      begin,
      begin.map((from, i) => from + size[i]!),
    );
  },
  StridedSlice: (g, inputs, attributes) => {
    const x = input(inputs, 'x');
    const mask = (name: string) => attribute<number>(attributes, name);
    const info = tf.slice_util.sliceInfo(
      [...x.shape],
      attribute<number[]>(attributes, 'begin'),
      attribute<number[]>(attributes, 'end'),
      attribute<number[]>(attributes, 'strides'),
      mask('beginMask'),
      mask('endMask'),
      mask('ellipsisMask'),
      mask('newAxisMask'),
      mask('shrinkAxisMask'),
    );
    const stop = info.end.map((end, i) => (info.strides[i]! < 0 && end < 0 ? -x.shape[i]! - 1 : end));
    return g.reshape(slice(g, x, info.begin, stop, info.strides), info.finalShape);
  },
  Reverse: (g, inputs, attributes) => {
    const x = input(inputs, 'x');
    return reverse(g, x, axesOf(attribute<number[]>(attributes, 'dims'), x.shape.length));
  },
  FlipLeftRight: (g, inputs) => reverse(g, input(inputs, 'image'), [2]),
  PadV2: (g, inputs, attributes) => {
    const x = input(inputs, 'x');
    return pad(
      g,
      x,
      attribute<[number, number][]>(attributes, 'paddings'),
      'constant',
      attribute<number>(attributes, 'constantValue'),
    );
  },
  MirrorPad: (g, inputs, attributes) => {
    const mode = attribute<string>(attributes, 'mode');
    const paddings = attribute<[number, number][]>(attributes, 'paddings');
    const x = input(inputs, 'x');
    if (mode === 'reflect') return pad(g, x, paddings, 'reflect');
    // Symmetric padding repeats the edge itself: concatenate reversed borders, axis by axis.
    return paddings.reduce((value, [before, after], axis) => {
      const size = value.shape[axis]!;
      const reversed = (from: number, to: number) =>
        slice(g, value, one(value, axis, from), endAt(value, axis, to), strideAt(value, axis, -1));
      const parts = [
        ...(before > 0 ? [reversed(before - 1, -size - 1)] : []),
        value,
        ...(after > 0 ? [reversed(size - 1, after === size ? -size - 1 : size - 1 - after)] : []),
      ];
      return parts.length === 1 ? value : concat(g, parts, axis);
    }, x);
  },
  GatherV2: (g, inputs, attributes) => {
    const x = g.plain(input(inputs, 'x'));
    const indices = g.plain(input(inputs, 'indices'));
    const [axis] = axesOf(attribute<number>(attributes, 'axis'), x.shape.length);
    const batch = attribute<number | undefined>(attributes, 'batchDims') ?? 0;
    if (batch === 0) {
      const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis! + 1)];
      return g.emit('Gather', [x, indices], x.dtype, { shape }, { axis: axis! });
    }
    // GatherND reads along the axis right after the batch: [B…, A, P…, R…] at [B…, I…, 1] gives [B…, I…, P…, R…].
    const axes = plainOrder(x.shape.length);
    const first = g.plain(
      g.transpose(x, [...axes.slice(0, batch), axis!, ...axes.slice(batch).filter((a) => a !== axis)]),
    );
    const where = new Arithmetic(g).cast(g.reshape(indices, [...indices.shape, 1]), 'int64');
    const shape = [...indices.shape, ...first.shape.slice(batch + 1)];
    const picked = g.emit('GatherND', [first, where], x.dtype, { shape }, { batch_dims: batch });
    const [i, p] = [indices.shape.length, indices.shape.length + axis! - batch];
    const out = plainOrder(shape.length);
    return g.transpose(picked, [...out.slice(0, batch), ...out.slice(i, p), ...out.slice(batch, i), ...out.slice(p)]);
  },
  GatherNd: (g, inputs) => {
    const x = g.plain(input(inputs, 'params'));
    const indices = g.plain(input(inputs, 'indices'));
    const depth = indices.shape.at(-1)!;
    const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(depth)];
    if (depth === 1) {
      // Rows, which Gather finds without adding up where they are.
      return g.emit('Gather', [x, g.reshape(indices, indices.shape.slice(0, -1))], x.dtype, { shape }, { axis: 0 });
    }
    return g.emit('GatherND', [x, new Arithmetic(g).cast(indices, 'int64')], x.dtype, { shape });
  },
  ScatterNd: (g, inputs, attributes) => {
    const shape = attribute<number[]>(attributes, 'shape');
    return scatterAdd(g, shape, g.plain(input(inputs, 'indices')), g.plain(input(inputs, 'updates')));
  },
  TensorScatterUpdate: (g, inputs) => {
    const tensor = g.plain(input(inputs, 'tensor'));
    const where = new Arithmetic(g).cast(g.plain(input(inputs, 'indices')), 'int64');
    const updates = g.plain(input(inputs, 'updates'));
    return g.emit('ScatterND', [tensor, where, updates], tensor.dtype, { shape: tensor.shape });
  },
  UnsortedSegmentSum: (g, inputs, attributes) => {
    const x = g.plain(input(inputs, 'x'));
    const ids = g.plain(input(inputs, 'segmentIds'));
    const segments = attribute<number>(attributes, 'numSegments');
    // One extra segment collects the elements whose number is outside [0, segments): they belong nowhere in TensorFlow,
    // and ONNX would count negative numbers from the end.
    const m = new Arithmetic(g);
    const end = m.number(segments, 'int32');
    const outside = m.compare(
      'Or',
      m.compare('Less', ids, m.number(0, 'int32')),
      m.compare('GreaterOrEqual', ids, end),
    );
    const kept = m.where(outside, end, ids);
    const rest = x.shape.slice(ids.shape.length);
    const sums = scatterAdd(g, [segments + 1, ...rest], g.plain(g.reshape(kept, [...ids.shape, 1])), x);
    return slice(g, sums, one(sums, 0, 0), one(sums, 0, segments, 1));
  },
  OneHot: (g, inputs, attributes) => {
    const indices = g.plain(input(inputs, 'indices'));
    const depth = attribute<number>(attributes, 'depth');
    const [on, off] = [attribute<number>(attributes, 'onValue'), attribute<number>(attributes, 'offValue')];
    const m = new Arithmetic(g);
    const classes = g.constant({
      dtype: 'int32',
      shape: [depth],
      data: Int32Array.from({ length: depth }, (_, i) => i),
    });
    const hit = m.compare('Equal', m.cast(g.reshape(indices, [...indices.shape, 1]), 'int32'), classes);
    const dtype = dtypeOf(attribute<string | undefined>(attributes, 'dtype') ?? 'int32');
    return m.where(hit, m.number(on, dtype), m.number(off, dtype));
  },
  Fill: (g, _inputs, attributes) => {
    const dtype = dtypeOf(attribute<string | undefined>(attributes, 'dtype') ?? 'float32');
    return g.splat(attribute<number>(attributes, 'value'), dtype, attribute<number[]>(attributes, 'shape'));
  },
  ZerosLike: (g, inputs) => likeWith(g, input(inputs, 'x'), 0),
  OnesLike: (g, inputs) => likeWith(g, input(inputs, 'x'), 1),
  DepthToSpace: (g, inputs, attributes) => {
    // [N, H, W, b·b·C] → [N, H·b, W·b, C], blocks row by row.
    const x = input(inputs, 'x');
    const block = attribute<number>(attributes, 'blockSize');
    if (attribute<string>(attributes, 'dataFormat') !== 'NHWC') throw unsupported('dataFormat NHWC', attributes);
    const [n, h, w, c] = x.shape as [number, number, number, number];
    const split = g.reshape(x, [n, h, w, block, block, c / (block * block)]);
    return g.reshape(g.transpose(split, [0, 1, 3, 2, 4, 5]), [n, h * block, w * block, c / (block * block)]);
  },
  SpaceToBatchND: (g, inputs, attributes) => {
    const x = input(inputs, 'x');
    const block = attribute<number[]>(attributes, 'blockShape');
    const paddings = attribute<[number, number][]>(attributes, 'paddings');
    const untouched = x.shape.slice(1 + block.length).map((): [number, number] => [0, 0]);
    const padded = pad(g, x, [[0, 0], ...paddings, ...untouched]);
    const [n, ...sizes] = padded.shape as [number, ...number[]];
    const rest = sizes.splice(block.length);
    // [N, H/b, b, W/b, b, C] → [b, b, N, H/b, W/b, C] → [b·b·N, H/b, W/b, C]
    const split = g.reshape(padded, [n, ...sizes.flatMap((size, i) => [size / block[i]!, block[i]!]), ...rest]);
    const outer = block.map((_, i) => 2 * i + 1);
    const inner = block.map((_, i) => 2 * i + 2);
    const last = rest.map((_, i) => 2 * block.length + 1 + i);
    const shape = [n * block.reduce((a, b) => a * b, 1), ...sizes.map((size, i) => size / block[i]!), ...rest];
    return g.reshape(g.transpose(split, [...inner, 0, ...outer, ...last]), shape);
  },
  BatchToSpaceND: (g, inputs, attributes) => {
    const x = input(inputs, 'x');
    const block = attribute<number[]>(attributes, 'blockShape');
    const crops = attribute<[number, number][]>(attributes, 'crops');
    const [total, ...sizes] = x.shape as [number, ...number[]];
    const rest = sizes.splice(block.length);
    const n = total / block.reduce((a, b) => a * b, 1);
    // [b·b·N, H, W, C] → [b, b, N, H, W, C] → [N, H, b, W, b, C] → [N, H·b, W·b, C]
    const split = g.reshape(x, [...block, n, ...sizes, ...rest]);
    const woven = sizes.flatMap((_, i) => [block.length + 1 + i, i]);
    const last = rest.map((_, i) => 2 * block.length + 1 + i);
    const merged = g.reshape(g.transpose(split, [block.length, ...woven, ...last]), [
      n,
      ...sizes.map((size, i) => size * block[i]!),
      ...rest,
    ]);
    const from = merged.shape.map((_, i) => crops[i - 1]?.[0] ?? 0);
    return slice(
      g,
      merged,
      from,
      merged.shape.map((size, i) => size - (crops[i - 1]?.[1] ?? 0)),
    );
  },
  LinSpace: (g, _inputs, attributes) => {
    const [start, stop] = [attribute<number>(attributes, 'start'), attribute<number>(attributes, 'stop')];
    const count = attribute<number>(attributes, 'num');
    const step = count === 1 ? 0 : (stop - start) / (count - 1);
    const data = Float32Array.from({ length: count }, (_, i) => start + i * step);
    return g.constant({ dtype: 'float32', shape: [count], data });
  },
  Range: (g, _inputs, attributes) => {
    const [start, stop] = [attribute<number>(attributes, 'start'), attribute<number>(attributes, 'stop')];
    const step = attribute<number>(attributes, 'step');
    const values = Array.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_, i) => start + i * step);
    const shape = [values.length];
    return attribute<string>(attributes, 'dtype') === 'int32'
      ? g.constant({ dtype: 'int32', shape, data: Int32Array.from(values) })
      : g.constant({ dtype: 'float32', shape, data: Float32Array.from(values) });
  },
  Diag: (g, inputs) => {
    const x = g.plain(input(inputs, 'x'));
    const size = sizeOf(x.shape);
    const eye = Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
    const square = g.constant({ dtype: 'float32', shape: [size, size], data: eye });
    return g.reshape(new Arithmetic(g).mul(square, g.reshape(x, [size])), [...x.shape, ...x.shape]);
  },
};

/** Elements from `begin` up to `end`, not included; negative strides walk down and may end at -size - 1. */
export function slice(
  g: GraphBuilder,
  x: Value,
  begin: readonly number[],
  end: readonly number[],
  strides: readonly number[] = x.shape.map(() => 1),
): Value {
  const shape = x.shape.map((size, i) => {
    const stride = strides[i]!;
    const stop = stride < 0 && end[i]! < 0 ? end[i]! + size : end[i]!;
    return Math.max(0, Math.ceil((stop - begin[i]!) / stride));
  });
  const changed = plainOrder(x.shape.length).filter((i) => shape[i] !== x.shape[i] || strides[i] !== 1);
  if (changed.length === 0) return x;
  if (x.splat !== undefined) return g.splat(x.splat, x.dtype, shape);
  // Works on the layout as it is; an axis still to be broadcast is the same everywhere and stays as it is.
  const axes = changed.filter((axis) => x.dims[x.order.indexOf(axis)] === x.shape[axis]);
  const dims = x.order.map((axis, i) => (axes.includes(axis) ? shape[axis]! : x.dims[i]!));
  if (axes.length === 0) return { ...x, shape };
  const pick = (values: readonly number[]) => g.ints(axes.map((axis) => values[axis]!));
  const inMemory = g.ints(axes.map((axis) => x.order.indexOf(axis)));
  return g.emit('Slice', [x, pick(begin), pick(end), inMemory, pick(strides)], x.dtype, {
    shape,
    order: x.order,
    dims,
  });
}

function reverse(g: GraphBuilder, x: Value, axes: readonly number[]): Value {
  const at = (reversed: (size: number) => number, kept: (size: number) => number) =>
    x.shape.map((size, i) => (axes.includes(i) ? reversed(size) : kept(size)));
  return slice(
    g,
    x,
    at(
      (size) => size - 1,
      () => 0,
    ),
    at(
      (size) => -size - 1,
      (size) => size,
    ),
    at(
      () => -1,
      () => 1,
    ),
  );
}

export function concat(g: GraphBuilder, values: readonly Value[], axis: number): Value {
  if (values.length === 1) return values[0]!;
  const order = values.reduce((a, b) => (sizeOf(b.shape) > sizeOf(a.shape) ? b : a)).order;
  const arranged = values.map((value) => g.arrange(value, order));
  const shape = arranged[0]!.shape.map((size, i) =>
    i === axis ? arranged.reduce((sum, value) => sum + value.shape[axis]!, 0) : size,
  );
  return g.emit('Concat', arranged, arranged[0]!.dtype, { shape, order }, { axis: order.indexOf(axis) });
}

export function pad(
  g: GraphBuilder,
  x: Value,
  paddings: readonly (readonly [number, number])[],
  mode: 'constant' | 'reflect' = 'constant',
  fill = 0,
): Value {
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x;
  const full = g.expand(x);
  const shape = x.shape.map((size, i) => size + paddings[i]![0] + paddings[i]![1]);
  const pads = g.ints([
    ...full.order.map((axis) => paddings[axis]![0]),
    ...full.order.map((axis) => paddings[axis]![1]),
  ]);
  const value = mode === 'constant' ? [g.splat(fill, x.dtype)] : [];
  return g.emit('Pad', [full, pads, ...value], x.dtype, { shape, order: full.order }, { mode });
}

/**
 * Zeros of `shape` with each update added at its index; repeated indices add up. Not by ScatterND, whose threads lose
 * updates of the same place on the processor (ONNX Runtime 1.30): ScatterElements goes through them one by one.
 */
function scatterAdd(g: GraphBuilder, shape: readonly number[], indices: Value, updates: Value): Value {
  const depth = indices.shape.at(-1)!;
  const count = sizeOf(indices.shape.slice(0, -1));
  const [rows, width] = [sizeOf(shape.slice(0, depth)), sizeOf(shape.slice(depth))];
  const zeros = g.plain(g.splat(0, updates.dtype, [rows, width]));
  const row = rowOf(g, g.reshape(indices, [count, depth]), shape.slice(0, depth));
  const where = g.plain(g.expand(g.broadcastTo(row, [count, width])));
  const added = g.reshape(updates, [count, width]);
  const sums = g.emit('ScatterElements', [zeros, where, added], updates.dtype, { shape: [rows, width] }, ADD);
  return g.reshape(sums, shape);
}

const ADD = { axis: 0, reduction: 'add' } as const;

/** Of indices [N, depth] into axes of those sizes, the numbers of the rows that they mean together: [N, 1]. */
function rowOf(g: GraphBuilder, indices: Value, sizes: readonly number[]): Value {
  const m = new Arithmetic(g);
  const whole = m.cast(indices, 'int32');
  return sizes
    .map((_, axis) => slice(g, whole, [0, axis], [indices.shape[0]!, axis + 1]))
    .reduce((row, index, axis) => m.add(m.mul(row, m.number(sizes[axis]!, 'int32')), index));
}

function likeWith(g: GraphBuilder, x: Value, fill: number): Value {
  return g.splat(fill, x.dtype, x.shape);
}

/** Where a slice along one axis begins (kind 0: 0 on all other axes) or ends (kind 1: the full size on all others). */
function one(x: Value, axis: number, at: number, kind: 0 | 1 = 0): number[] {
  return x.shape.map((size, i) => (i === axis ? at : kind === 0 ? 0 : size));
}

function endAt(x: Value, axis: number, at: number): number[] {
  return one(x, axis, at, 1);
}

function strideAt(x: Value, axis: number, stride: number): number[] {
  return x.shape.map((_, i) => (i === axis ? stride : 1));
}
