// Each operator of ONNX as nodes of a graph model of TensorFlow.js, one entry of a table each. Shapes are those that a
// run gave. Images lie as [N, C, H, W] in ONNX; convolutions of TensorFlow.js want [N, H, W, C] on every backend, so
// each stands between two transpositions.

import type { AttributeProto, NodeProto } from '../engine/onnx-proto.js';
import { type HostTensor, permute } from '../engine/tensor.js';
import { numberOf } from '../import/types.js';
import { INT32, integerList, type TfNodes, type Value, word } from './tfjs-nodes.js';

/** A node, what it reads, and where to write. */
export interface Operation {
  readonly node: NodeProto;
  readonly out: TfNodes;
  /** The shape of its first output, −1 for the rows. */
  readonly shape: readonly number[];
  /** Wanted for what it gives. */
  readonly name: string;
  /** Input i as a value. */
  value(i: number): Value;
  /** Input i if it is a constant; undefined where there is no such input. */
  constant(i: number): HostTensor | undefined;
  /** That it cannot be said. */
  refuse(why: string): never;
}

type Writer = (operation: Operation) => Value;

const unary =
  (op: string): Writer =>
  ({ out, value, shape, name }) =>
    out.add(op, [value(0)], shape, {}, name);

const binary =
  (op: string): Writer =>
  ({ out, value, shape, name, node }) => {
    const rest = node.input.slice(1).map((_, i) => value(i + 1));
    return rest.reduce(
      (result, each, i) => out.add(op, [result, each], i === rest.length - 1 ? shape : [], {}, name),
      value(0),
    );
  };

const reduction =
  (op: string): Writer =>
  (operation) => {
    const { out, value, shape, name, constant } = operation;
    const rank = value(0).shape.length;
    const given = attributeOf(operation, 'axes')?.ints.map(numberOf) ?? numbersOf(constant(1));
    const axes = (given.length > 0 ? given : Array.from({ length: rank }, (_, i) => i)).map(
      (axis) => (axis + rank) % rank,
    );
    const attr = { ...INT32('Tidx'), keep_dims: { b: integer(operation, 'keepdims', 1) === 1 } };
    return out.add(op, [value(0), out.integers(axes)], shape, attr, name);
  };

export const OPERATORS: Readonly<Record<string, Writer>> = {
  Abs: unary('Abs'),
  Add: binary('AddV2'),
  BatchNormalization: batchNormalization,
  Ceil: unary('Ceil'),
  Clip: clip,
  Concat: concat,
  Conv: convolution,
  ConvTranspose: transposedConvolution,
  Cos: unary('Cos'),
  Div: binary('RealDiv'),
  Elu: (operation) =>
    float(operation, 'alpha', 1) === 1 ? unary('Elu')(operation) : operation.refuse('alpha other than 1'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Flatten: ({ out, value, shape, name }) => out.reshape(value(0), shape, name),
  Floor: unary('Floor'),
  Gemm: product,
  Identity: unary('Identity'),
  LeakyRelu: (operation) => {
    const { out, value, shape, name } = operation;
    return out.add('LeakyRelu', [value(0)], shape, { alpha: { f: float(operation, 'alpha', 0.01) } }, name);
  },
  Log: unary('Log'),
  MatMul: matMul,
  Max: binary('Maximum'),
  Min: binary('Minimum'),
  Mul: binary('Mul'),
  Neg: unary('Neg'),
  Pad: pad,
  Pow: binary('Pow'),
  Reciprocal: unary('Reciprocal'),
  ReduceMax: reduction('Max'),
  ReduceMean: reduction('Mean'),
  ReduceMin: reduction('Min'),
  ReduceSum: reduction('Sum'),
  Relu: unary('Relu'),
  Reshape: ({ out, value, shape, name }) => out.reshape(value(0), shape, name),
  Resize: nearest,
  Round: unary('Round'),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Slice: slice,
  Softmax: (operation) => {
    const rank = operation.shape.length;
    const axis = (integer(operation, 'axis', -1) + rank) % rank;
    return axis === rank - 1 ? unary('Softmax')(operation) : operation.refuse('an axis other than the last');
  },
  Softplus: unary('Softplus'),
  Sqrt: unary('Sqrt'),
  Squeeze: ({ out, value, shape, name }) => out.reshape(value(0), shape, name),
  Sub: binary('Sub'),
  Tanh: unary('Tanh'),
  Transpose: (operation) => {
    const { out, value, shape, name } = operation;
    const order = attributeOf(operation, 'perm')?.ints.map(numberOf) ?? shape.map((_, i) => shape.length - 1 - i);
    return out.add('Transpose', [value(0), out.integers(order)], shape, INT32('Tperm'), name);
  },
  Unsqueeze: ({ out, value, shape, name }) => out.reshape(value(0), shape, name),
};

const TO_NHWC = [0, 2, 3, 1];
const TO_NCHW = [0, 3, 1, 2];

/** Filters of ONNX are [out, in, H, W], those of TensorFlow [H, W, in, out]. */
function convolution(operation: Operation): Value {
  const { out, shape, name } = operation;
  const filter = filterOf(operation);
  const [outer, , high, wide] = filter.shape as [number, number, number, number];
  const [top, left, bottom, right] = padsOf(operation);
  const image = padded(out, out.transpose(operation.value(0), TO_NHWC), [top, bottom, left, right]);
  const strides = pair(operation, 'strides');
  const dilations = pair(operation, 'dilations');
  const attr = { ...windows(strides), dilations: integerList([1, ...dilations, 1]) };
  const weights = out.floats(
    floatsOf(permute(filter, [2, 3, 1, 0])),
    [high, wide, filter.shape[1]!, outer],
    `${name}/filter`,
  );
  const nhwc = TO_NHWC.map((axis) => shape[axis]!);
  const image2 = out.add('Conv2D', [image, weights], nhwc, attr, name);
  return out.transpose(withBias(operation, image2), TO_NCHW);
}

/**
 * The gradient of a convolution without padding, of which the edges are cut off that the padding would have hidden.
 * Filters of ONNX are [in, out, H, W], those of TensorFlow [H, W, out, in].
 */
function transposedConvolution(operation: Operation): Value {
  const { out, shape, name } = operation;
  if (pair(operation, 'dilations').some((each) => each !== 1)) operation.refuse('dilations');
  const filter = filterOf(operation);
  const [inner, outer, high, wide] = filter.shape as [number, number, number, number];
  const image = out.transpose(operation.value(0), TO_NHWC);
  const strides = pair(operation, 'strides');
  const [top, left] = padsOf(operation);
  const [, rows = 0, columns = 0] = image.shape;
  const [, , height = 0, width = 0] = shape;
  // What lies behind the last pixel, of an output padding, takes part in the full size.
  const full = [
    Math.max((rows - 1) * strides[0] + high, top + height),
    Math.max((columns - 1) * strides[1] + wide, left + width),
  ];
  if (full[0]! >= rows * strides[0] + high || full[1]! >= columns * strides[1] + wide)
    operation.refuse('this output_padding');
  const weights = out.floats(floatsOf(permute(filter, [2, 3, 1, 0])), [high, wide, outer, inner], `${name}/filter`);
  const size = rowsBefore(out, image, [...full, outer]);
  const whole = out.add('Conv2DBackpropInput', [size, weights, image], [-1, ...full, outer], windows(strides), name);
  const cut = out.add(
    'Slice',
    [whole, out.integers([0, top, left, 0]), out.integers([-1, height, width, outer])],
    [-1, height, width, outer],
    INT32('Index'),
  );
  return out.transpose(withBias(operation, cut), TO_NCHW);
}

/** The shape [rows, …] of a value with as many rows as this one. */
function rowsBefore(out: TfNodes, value: Value, rest: readonly number[]): string {
  const shape = out.add('Shape', [value], [value.shape.length], INT32('out_type'));
  const rows = out.add('Slice', [shape, out.integers([0]), out.integers([1])], [1], {
    ...INT32('T'),
    ...INT32('Index'),
  });
  const inputs = [rows, out.integers(rest), out.integers([0], [])];
  return out.add('ConcatV2', inputs, [1 + rest.length], { ...INT32('T'), ...INT32('Tidx'), N: { i: '2' } }).name;
}

function filterOf(operation: Operation): HostTensor {
  if (integer(operation, 'group', 1) !== 1) operation.refuse('groups of channels');
  const filter = operation.constant(1);
  if (filter?.shape.length !== 4) return operation.refuse('a filter that is no constant of a height and a width');
  return filter;
}

function windows(strides: readonly number[]) {
  return { strides: integerList([1, ...strides, 1]), padding: word('VALID'), data_format: word('NHWC') };
}

function withBias({ out, constant, name }: Operation, image: Value): Value {
  const bias = constant(2);
  if (!bias) return image;
  return out.add('AddV2', [image, out.floats(floatsOf(bias), bias.shape, `${name}/bias`)], image.shape);
}

/** Top, left, bottom, right. */
function padsOf(operation: Operation): [number, number, number, number] {
  const auto = attributeOf(operation, 'auto_pad');
  if (auto && !['NOTSET', 'VALID'].includes(Buffer.from(auto.s).toString())) operation.refuse('auto_pad');
  const [top = 0, left = 0, bottom = 0, right = 0] = attributeOf(operation, 'pads')?.ints.map(numberOf) ?? [];
  return [top, left, bottom, right];
}

/** [N, H, W, C] with zeros around. */
function padded(
  out: TfNodes,
  image: Value,
  [top, bottom, left, right]: readonly [number, number, number, number],
): Value {
  if (top + bottom + left + right === 0) return image;
  const [rows, height = 0, width = 0, channels = 0] = image.shape;
  const pads = out.integers([0, 0, top, bottom, left, right, 0, 0], [4, 2]);
  return out.add(
    'Pad',
    [image, pads],
    [rows!, height + top + bottom, width + left + right, channels],
    INT32('Tpaddings'),
  );
}

function pad(operation: Operation): Value {
  const { out, value, shape, name, constant, node } = operation;
  const mode = attributeOf(operation, 'mode');
  if (mode && Buffer.from(mode.s).toString() !== 'constant') operation.refuse('a mode other than "constant"');
  if (node.input.length > 3) operation.refuse('axes');
  const pads = numbersOf(constant(1));
  const rank = pads.length / 2;
  const pairs = Array.from({ length: rank }, (_, axis) => [pads[axis]!, pads[axis + rank]!]).flat();
  if (pairs.some((each) => each < 0)) operation.refuse('padding below 0');
  const fill = out.scalar(numbersOf(constant(2))[0] ?? 0);
  return out.add('PadV2', [value(0), out.integers(pairs, [rank, 2]), fill], shape, INT32('Tpaddings'), name);
}

function matMul(operation: Operation): Value {
  const { out, value, shape, name } = operation;
  const [a, b] = [value(0), value(1)];
  if (a.shape.length === 2 && b.shape.length === 2) return out.add('MatMul', [a, b], shape, PLAIN_PRODUCT, name);
  if (a.shape.length < 2 || b.shape.length < 2) operation.refuse('a vector');
  return out.add('BatchMatMulV2', [a, b], shape, { adj_x: { b: false }, adj_y: { b: false } }, name);
}

const PLAIN_PRODUCT = { transpose_a: { b: false }, transpose_b: { b: false } };

/** alpha · A B + beta · C. */
function product(operation: Operation): Value {
  const { out, value, shape, name, node } = operation;
  const turned = (name: string) => ({ b: integer(operation, name, 0) === 1 });
  const attr = { transpose_a: turned('transA'), transpose_b: turned('transB') };
  const scaled = (of: Value, by: number) => (by === 1 ? of : out.add('Mul', [of, out.scalar(by)], of.shape));
  const result = scaled(out.add('MatMul', [value(0), value(1)], shape, attr, name), float(operation, 'alpha', 1));
  if (!node.input[2]) return result;
  return out.add('AddV2', [result, scaled(value(2), float(operation, 'beta', 1))], shape, {}, name);
}

/** scale · (x − mean) / √(variance + ε) + offset, of which all but x is known. */
function batchNormalization(operation: Operation): Value {
  const { out, value, shape, name, constant } = operation;
  if (integer(operation, 'training_mode', 0) === 1) operation.refuse('training_mode');
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((i) => constant(i)?.data as Float32Array | undefined);
  if (!scale || !offset || !mean || !variance) return operation.refuse('statistics that are no constants');
  const epsilon = float(operation, 'epsilon', 1e-5);
  const factor = scale.map((each, i) => each / Math.sqrt(variance[i]! + epsilon));
  const shift = offset.map((each, i) => each - mean[i]! * factor[i]!);
  const form = [scale.length, ...shape.slice(2).map(() => 1)];
  const scaled = out.add('Mul', [value(0), out.floats(factor, form, `${name}/scale`)], shape);
  return out.add('AddV2', [scaled, out.floats(shift, form, `${name}/offset`)], shape, {}, name);
}

function clip(operation: Operation): Value {
  const { out, value, shape, name, constant, node } = operation;
  const bound = (i: number, attribute: string, otherwise: number) => {
    if (node.input[i] && !constant(i)) operation.refuse('bounds that are no constants');
    return numbersOf(constant(i))[0] ?? float(operation, attribute, otherwise);
  };
  const low = out.scalar(bound(1, 'min', -3.4028234663852886e38));
  const high = out.scalar(bound(2, 'max', 3.4028234663852886e38));
  return out.add('Maximum', [out.add('Minimum', [value(0), high], shape), low], shape, {}, name);
}

function concat(operation: Operation): Value {
  const { out, value, shape, name, node } = operation;
  const axis = (integer(operation, 'axis', 0) + shape.length) % shape.length;
  const parts = node.input.map((_, i) => value(i));
  const attr = { ...INT32('Tidx'), N: { i: `${parts.length}` } };
  return out.add('ConcatV2', [...parts, out.integers([axis], [])], shape, attr, name);
}

function slice(operation: Operation): Value {
  const { out, value, shape, name, constant } = operation;
  const size = value(0).shape;
  const [starts, ends] = [numbersOf(constant(1)), numbersOf(constant(2))];
  const axes = constant(3) ? numbersOf(constant(3)) : starts.map((_, i) => i);
  if (numbersOf(constant(4)).some((step) => step !== 1)) operation.refuse('steps other than 1');
  if (starts.length === 0 || ends.length === 0) operation.refuse('ends that are no constants');
  const begin = size.map(() => 0);
  axes.forEach((axis, i) => {
    const at = (axis + size.length) % size.length;
    if (size[at] === -1) operation.refuse('a part of the rows');
    begin[at] = Math.min(size[at]!, starts[i]! < 0 ? Math.max(0, starts[i]! + size[at]!) : starts[i]!);
  });
  return out.add('Slice', [value(0), out.integers(begin), out.integers(shape)], shape, INT32('Index'), name);
}

/** Of whole steps, where all modes that ONNX has for the nearest pixel agree. */
function nearest(operation: Operation): Value {
  const { out, value, shape, name } = operation;
  const mode = attributeOf(operation, 'mode');
  if (mode && Buffer.from(mode.s).toString() !== 'nearest') operation.refuse('a mode other than "nearest"');
  const [, channels, height = 0, width = 0] = value(0).shape;
  const [, kept, high = 0, wide = 0] = shape;
  if (shape.length !== 4 || channels !== kept || high % height !== 0 || wide % width !== 0)
    operation.refuse('a broken step');
  const attr = { align_corners: { b: false }, half_pixel_centers: { b: false } };
  const nhwc = out.transpose(value(0), TO_NHWC);
  const large = out.add(
    'ResizeNearestNeighbor',
    [nhwc, out.integers([high, wide])],
    TO_NHWC.map((axis) => shape[axis]!),
    attr,
    name,
  );
  return out.transpose(large, TO_NCHW);
}

function attributeOf({ node }: Operation, wanted: string): AttributeProto | undefined {
  return node.attribute.find(({ name }) => name === wanted);
}

function integer(operation: Operation, name: string, otherwise: number): number {
  const found = attributeOf(operation, name);
  return found ? numberOf(found.i) : otherwise;
}

function float(operation: Operation, name: string, otherwise: number): number {
  return attributeOf(operation, name)?.f ?? otherwise;
}

/** Of the height and of the width. */
function pair(operation: Operation, name: string): [number, number] {
  const [high = 1, wide = 1] = attributeOf(operation, name)?.ints.map(numberOf) ?? [];
  return [high, wide];
}

function numbersOf(tensor: HostTensor | undefined): number[] {
  return tensor ? [...tensor.data].map(Number) : [];
}

function floatsOf({ data }: HostTensor): Float32Array {
  return data as Float32Array;
}
