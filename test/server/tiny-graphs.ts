// The smallest network for each named graph of a checkpoint, twice: as ONNX nodes, and as a formula for one row, which
// is the independent reference of the tests. An image is 1×6×8 pixels (8 wide) in [0, 1], a point 2 numbers, z 4
// numbers.
//   generate  image = sigmoid(z · W), or point = z · P
//   score     logit = 8 · (mean of the image) − 4, or x + y
//   scorer    logit = 4 · (mean of the image) − 2, or half of x + y; familiarity = −logit; of a conditional model
//             given = logit + index of the class, and classes = ln softmax(x · C)
//   features  x · F, 3 numbers    encode  x · E, 4 numbers    classify  x · C, 3 numbers
//   inpaint   mask · image + (1 − mask) · sigmoid(z · W)
//   map       w = [z, class] for each of 3 layers, the class zeros where it is not told
//   synthesize  as generate, but each third of the values, two rows of an image, by the style of its own layer
// Told of a class, generate and inpaint add a row of U before the sigmoid, score adds 10 · (index of the class) to the
// logit, and encode adds a row of V.

import type { OnnxNode } from '../../src/engine/onnx.js';
import { float32, type HostTensor, sizeOf } from '../../src/engine/tensor.js';
import type { Capability } from '../../src/models/capabilities.js';

export const LATENT = 4;
export const WIDTH = 8;
export const HEIGHT = 6;
export const CLASSES = 3;
export const LAYERS = 3;
/** Numbers of a style. */
export const STYLE = LATENT + CLASSES;
const PIXELS = WIDTH * HEIGHT;
const FEATURES = 3;

type Shape = readonly number[];
type Example = 'image' | 'point';
type Row = Readonly<Record<string, Float32Array>>;

/** The class of a row by index, or the weights of all classes as graphs take them. */
type Told = number | Float32Array;

interface Onnx {
  readonly initializers: Readonly<Record<string, HostTensor>>;
  readonly nodes: readonly OnnxNode[];
}

/** Shapes are those of one row. */
export interface TinyGraph {
  readonly inputs: (example: Example) => Readonly<Record<string, Shape>>;
  readonly outputs: (example: Example, told: boolean) => Readonly<Record<string, Shape>>;
  /** One row of each output; `label` is undefined where the graph is not told of classes. */
  readonly row: (inputs: Row, example: Example, label: Told | undefined) => Readonly<Record<string, ArrayLike<number>>>;
  readonly onnx: (example: Example, told: boolean) => Onnx;
}

/** Row-major [rows, columns]. */
const matrix = (rows: number, columns: number, entry: (i: number) => number): HostTensor =>
  float32(
    [rows, columns],
    Float32Array.from({ length: rows * columns }, (_, i) => entry(i)),
  );

const W = matrix(LATENT, PIXELS, (i) => Math.sin(i + 1));
const U = matrix(CLASSES, PIXELS, (i) => 2 * Math.cos(3 * i + 1));
const P = float32([LATENT, 2], Float32Array.of(1, 0, 0, 1, 0.5, -0.5, 2, 0.25));
const TENS = float32([CLASSES, 1], [0, 10, 20]);
const V = matrix(CLASSES, LATENT, (i) => i - 5);
/** [LAYERS · STYLE, values]: each style's rows are those of W and U, or of P, at the values of its layer. */
const S = (example: Example) => {
  const size = sizeOf(shapeOf(example));
  const whole = example === 'image' ? [...floats(W), ...floats(U)] : floats(P);
  return matrix(LAYERS * STYLE, size, (i) => {
    const [row, value] = [Math.floor(i / size), i % size];
    return Math.floor(row / STYLE) === layerOf(value, size) ? (whole[(row % STYLE) * size + value] ?? 0) : 0;
  });
};
/** Repeats so many numbers in each style, from place `at` of it on. */
const repeat = (size: number, at: number) =>
  matrix(size, LAYERS * STYLE, (i) => {
    const [row, column] = [Math.floor(i / (LAYERS * STYLE)), i % (LAYERS * STYLE)];
    return Number(column % STYLE === at + row);
  });
/** Of an example of so many values. */
const F = (size: number) => matrix(size, FEATURES, (i) => Math.cos(i + 1));
const E = (size: number) => matrix(size, LATENT, (i) => Math.cos(2 * i + 1));
const C = (size: number) => matrix(size, CLASSES, (i) => Math.cos(5 * i + 1));

export function tinyImage(z: Float32Array, label?: Told): Float32Array {
  return product(z, W).map((sum, p) => 1 / (1 + Math.exp(-sum - classOf(U, label, p))));
}

/** What the first layer of a generator gives. */
export function tinyLayer(z: Float32Array, example: Example): Float32Array {
  return product(z, example === 'image' ? W : P);
}

export function tinyPoint(z: Float32Array): [number, number] {
  const [x, y] = product(z, P);
  return [x as number, y as number];
}

export function tinyLogit(image: Float32Array, label?: Told): number {
  return (8 * sum(image)) / PIXELS - 4 + classOf(TENS, label, 0);
}

/** What the scorer gives, speaking of classes too; images and points alike. */
export function tinyScores(example: Float32Array): Readonly<Record<string, number[]>> {
  const logit = example.length === PIXELS ? tinyLogit(example) / 2 : sum(example) / 2;
  const logits = [...tinyClasses(example)];
  const whole = Math.log(logits.reduce((total, value) => total + Math.exp(value), 0));
  return {
    logit: [logit],
    familiarity: [-logit],
    given: Array.from({ length: CLASSES }, (_, index) => logit + index),
    classes: logits.map((value) => value - whole),
  };
}

/** Images and points alike. */
export function tinyFeatures(example: Float32Array): Float32Array {
  return product(example, F(example.length));
}

export function tinyLatent(example: Float32Array, label?: Told): Float32Array {
  return product(example, E(example.length)).map((value, k) => value + classOf(V, label, k));
}

export function tinyClasses(example: Float32Array): Float32Array {
  return product(example, C(example.length));
}

export function tinyCompletion(image: Float32Array, mask: Float32Array, z: Float32Array, label?: Told): Float32Array {
  const drawn = tinyImage(z, label);
  return image.map((value, p) => (mask[p] ? value : (drawn[p] as number)));
}

/** w of z, flat. */
export function tinyStyles(z: Float32Array, label?: Told): Float32Array {
  const told = Array.from({ length: CLASSES }, (_, k) => (typeof label === 'object' ? label[k] : Number(k === label)));
  const style = [...z, ...told];
  return Float32Array.from({ length: LAYERS * STYLE }, (_, i) => Number(style[i % STYLE]));
}

/** The image whose pairs of rows follow the styles in w. */
export function tinySynthesis(w: Float32Array): Float32Array {
  return product(w, S('image')).map((total) => 1 / (1 + Math.exp(-total)));
}

const shapeOf = (example: Example): Shape => (example === 'image' ? [1, HEIGHT, WIDTH] : [2]);

export const TINY_GRAPHS: Readonly<Record<Capability, TinyGraph>> = {
  generate: {
    inputs: () => ({ z: [LATENT] }),
    outputs: (example) => ({ [example]: shapeOf(example) }),
    row: ({ z }, example, label) => ({ [example]: example === 'image' ? tinyImage(z!, label) : tinyPoint(z!) }),
    onnx: (example, told) =>
      example === 'image'
        ? drawing('image', told)
        : { initializers: { P }, nodes: [node('MatMul', ['z', 'P'], 'point')] },
  },
  score: {
    inputs: (example) => ({ [example]: shapeOf(example) }),
    outputs: () => ({ logit: [] }),
    row: (inputs, example, label) => ({
      logit: [example === 'image' ? tinyLogit(inputs['image']!, label) : sum(inputs['point']!)],
    }),
    onnx: (example, told) => (example === 'image' ? scaledMean(told) : sumOfPoint()),
  },
  scorer: {
    inputs: (example) => ({ [example]: shapeOf(example) }),
    outputs: (_, told) => ({ logit: [], familiarity: [], ...(told && { given: [CLASSES], classes: [CLASSES] }) }),
    row: (inputs, example) => tinyScores(inputs[example]!),
    onnx: scoring,
  },
  features: readout('features', FEATURES, F, tinyFeatures),
  encode: readout('z', LATENT, E, tinyLatent),
  classify: readout('logits', CLASSES, C, tinyClasses),
  inpaint: {
    inputs: () => ({ image: shapeOf('image'), mask: shapeOf('image'), z: [LATENT] }),
    outputs: () => ({ completed: shapeOf('image') }),
    row: ({ image, mask, z }, _, label) => ({ completed: tinyCompletion(image!, mask!, z!, label) }),
    onnx: (_, told) => completion(told),
  },
  map: {
    inputs: () => ({ z: [LATENT] }),
    outputs: () => ({ w: [LAYERS, STYLE] }),
    row: ({ z }, _, label) => ({ w: tinyStyles(z!, label) }),
    onnx: (_, told) => mapping(told),
  },
  synthesize: {
    inputs: () => ({ w: [LAYERS, STYLE] }),
    outputs: (example) => ({ [example]: shapeOf(example) }),
    row: ({ w }, example) => ({ [example]: example === 'image' ? tinySynthesis(w!) : product(w!, S('point')) }),
    onnx: synthesis,
  },
};

/** Which of the layers decides on a value. */
function layerOf(value: number, size: number): number {
  return Math.floor((value * LAYERS) / size);
}

function mapping(told: boolean): Onnx {
  return {
    initializers: {
      zs: repeat(LATENT, 0),
      shape: int64([-1, LAYERS, STYLE]),
      ...(told && { labels: repeat(CLASSES, LATENT) }),
    },
    nodes: [
      node('MatMul', ['z', 'zs'], told ? 'untold' : 'flat'),
      ...(told ? [node('MatMul', ['label', 'labels'], 'class'), node('Add', ['untold', 'class'], 'flat')] : []),
      node('Reshape', ['flat', 'shape'], 'w'),
    ],
  };
}

function synthesis(example: Example): Onnx {
  return {
    initializers: { S: S(example), flat: int64([-1, LAYERS * STYLE]), shape: int64([-1, ...shapeOf(example)]) },
    nodes: [
      node('Reshape', ['w', 'flat'], 'styles'),
      node('MatMul', ['styles', 'S'], 'total'),
      ...(example === 'image' ? [node('Sigmoid', ['total'], 'values')] : []),
      node('Reshape', [example === 'image' ? 'values' : 'total', 'shape'], example),
    ],
  };
}

/** A graph that multiplies the flattened example by one matrix. Only that of z is ever told of classes. */
function readout(
  output: string,
  size: number,
  weights: (size: number) => HostTensor,
  row: (example: Float32Array, label?: Told) => Float32Array,
): TinyGraph {
  return {
    inputs: (example) => ({ [example]: shapeOf(example) }),
    outputs: () => ({ [output]: [size] }),
    row: (inputs, example, label) => ({ [output]: row(inputs[example]!, label) }),
    onnx: (example, told) => ({
      initializers: {
        weights: weights(sizeOf(shapeOf(example))),
        flat: int64([-1, sizeOf(shapeOf(example))]),
        ...(told && { V }),
      },
      nodes: [
        node('Reshape', [example, 'flat'], 'row'),
        node('MatMul', ['row', 'weights'], told ? 'untold' : output),
        ...(told ? [node('MatMul', ['label', 'V'], 'class'), node('Add', ['untold', 'class'], output)] : []),
      ],
    }),
  };
}

/** The image of z under the name `output`. */
function drawing(output: string, told: boolean): Onnx {
  return {
    initializers: { W, shape: int64([-1, ...shapeOf('image')]), ...(told && { U }) },
    nodes: [
      node('MatMul', ['z', 'W'], 'sum'),
      ...(told ? [node('MatMul', ['label', 'U'], 'class'), node('Add', ['sum', 'class'], 'told')] : []),
      node('Sigmoid', [told ? 'told' : 'sum'], 'flat'),
      node('Reshape', ['flat', 'shape'], output),
    ],
  };
}

function completion(told: boolean): Onnx {
  const { initializers, nodes } = drawing('drawn', told);
  return {
    initializers: { ...initializers, one: float32([1], Float32Array.of(1)) },
    nodes: [
      ...nodes,
      node('Mul', ['mask', 'image'], 'known'),
      node('Sub', ['one', 'mask'], 'hole'),
      node('Mul', ['hole', 'drawn'], 'filled'),
      node('Add', ['known', 'filled'], 'completed'),
    ],
  };
}

function scaledMean(told: boolean): Onnx {
  return {
    initializers: {
      axes: int64([1, 2, 3]),
      eight: float32([1], Float32Array.of(8)),
      four: float32([1], Float32Array.of(4)),
      ...(told && { tens: float32([CLASSES], [0, 10, 20]) }), // [N, 3] · [3] → [N]
    },
    nodes: [
      { ...node('ReduceMean', ['image', 'axes'], 'mean'), attributes: { keepdims: 0 } },
      node('Mul', ['mean', 'eight'], 'scaled'),
      node('Sub', ['scaled', 'four'], told ? 'untold' : 'logit'),
      ...(told ? [node('MatMul', ['label', 'tens'], 'class'), node('Add', ['untold', 'class'], 'logit')] : []),
    ],
  };
}

function scoring(example: Example, told: boolean): Onnx {
  const size = sizeOf(shapeOf(example));
  const { initializers, nodes } = example === 'image' ? scaledMean(false) : sumOfPoint();
  return {
    initializers: {
      ...initializers,
      half: float32([1], Float32Array.of(0.5)),
      ...(told && {
        flat: int64([-1, size]),
        C: C(size),
        column: int64([1]),
        indices: float32([CLASSES], [0, 1, 2]),
      }),
    },
    nodes: [
      ...nodes.map((each) => ({ ...each, outputs: each.outputs.map((name) => (name === 'logit' ? 'whole' : name)) })),
      node('Mul', ['whole', 'half'], 'logit'),
      node('Neg', ['logit'], 'familiarity'),
      ...(told
        ? [
            node('Unsqueeze', ['logit', 'column'], 'each'),
            node('Add', ['each', 'indices'], 'given'),
            node('Reshape', [example, 'flat'], 'row'),
            node('MatMul', ['row', 'C'], 'logits'),
            { ...node('LogSoftmax', ['logits'], 'classes'), attributes: { axis: 1 } },
          ]
        : []),
    ],
  };
}

function sumOfPoint(): Onnx {
  const nodes = [{ ...node('ReduceSum', ['point', 'axes'], 'logit'), attributes: { keepdims: 0 } }];
  return { initializers: { axes: int64([1]) }, nodes };
}

function node(op: string, inputs: string[], output: string): OnnxNode {
  return { op, inputs, outputs: [output], attributes: {} };
}

function int64(values: readonly number[]): HostTensor {
  return { dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) };
}

function floats({ data }: HostTensor): number[] {
  return Array.from(data, Number);
}

/** x · weights, for one row. */
function product(x: Float32Array, weights: HostTensor): Float32Array {
  const columns = weights.shape[1] as number;
  const entries = weights.data as Float32Array;
  return Float32Array.from({ length: columns }, (_, column) =>
    x.reduce((total, value, row) => total + value * (entries[row * columns + column] as number), 0),
  );
}

/** What a class adds in a column, or several by their weights; nothing without one. */
function classOf(added: HostTensor, label: Told | undefined, column: number): number {
  if (label === undefined) return 0;
  const of = (index: number) => Number(added.data[index * (added.shape[1] as number) + column]);
  return typeof label === 'number' ? of(label) : label.reduce((total, weight, i) => total + weight * of(i), 0);
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
