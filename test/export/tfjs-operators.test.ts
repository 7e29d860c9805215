// Each operator that a graph model of TensorFlow.js can say, in a graph of that operator alone: what TensorFlow.js
// gives is what ONNX Runtime gives. And what it cannot say is refused by name.

import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import * as tf from '../../src/engine/tf.js';
import '@tensorflow/tfjs-backend-cpu';
import { readFile } from 'node:fs/promises';
import { encodeModel } from '../../src/engine/onnx.js';
import {
  type AttributeProto,
  attribute,
  changed,
  decodeProto,
  encodeProto,
  graphProto,
  node,
  type TensorProto,
  tensor,
  valueInfo,
} from '../../src/engine/onnx-proto.js';
import { sizeOf } from '../../src/engine/tensor.js';
import type { PlainGraph } from '../../src/export/plain.js';
import { tfjsModel, writeTfjs } from '../../src/export/tfjs.js';
import { OPERATORS } from '../../src/export/tfjs-operators.js';
import { int, ints } from '../../src/import/nodes.js';
import { type Manifest, parseManifest } from '../../src/models/manifest.js';
import { warmUpFeeds } from '../../src/models/warm-up.js';
import { withFolder } from './exported.js';

let engine: Engine;
let manifest: Manifest;
beforeAll(async () => {
  await tf.setBackend('cpu');
  engine = await Engine.start();
  const text = await readFile('docs/checkpoints.md', 'utf8');
  manifest = parseManifest(/```json\n([\s\S]*?)```/.exec(text)![1]!, 'docs/checkpoints.md');
});
afterAll(() => engine.close());

/** A constant: numbers of a sine, so that no two are alike, or whole numbers. */
type Constant =
  | { readonly floats: readonly number[] }
  | { readonly integers: readonly number[] }
  | { readonly values: readonly number[] };

interface Case {
  readonly op: string;
  /** Of the input, behind the rows. */
  readonly row: readonly number[];
  /** Further inputs; null for one that is left out. */
  readonly constants?: readonly (Constant | null)[];
  readonly attributes?: readonly AttributeProto[];
  /** The input is there twice. */
  readonly twice?: boolean;
  /** Computed before the operator, so that it is not below 0. */
  readonly before?: string;
}

const float = (name: string, f: number) => attribute({ name, type: 1, f });
const text = (name: string, value: string) => attribute({ name, type: 3, s: Buffer.from(value) });
const floats = (...shape: number[]): Constant => ({ floats: shape });
const integers = (...values: number[]): Constant => ({ integers: values });
const values = (...numbers: number[]): Constant => ({ values: numbers });
const IMAGE = [3, 6, 5];

const CASES: readonly Case[] = [
  ...['Abs', 'Ceil', 'Cos', 'Elu', 'Erf', 'Exp', 'Floor', 'Identity', 'LeakyRelu', 'Neg', 'Relu', 'Round'].map(
    (op) => ({ op, row: [4] }),
  ),
  ...['Sigmoid', 'Sign', 'Sin', 'Softplus', 'Tanh', 'Reciprocal'].map((op) => ({ op, row: [4] })),
  ...['Log', 'Sqrt'].map((op) => ({ op, row: [4], before: 'Exp' })),
  ...['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min'].map((op) => ({ op, row: [3, 4], constants: [floats(3, 1)] })),
  { op: 'Pow', row: [4], before: 'Exp', constants: [values(1.5)] },
  { op: 'Max', row: [4], constants: [floats(4), floats(1)] },
  { op: 'LeakyRelu', row: [4], attributes: [float('alpha', 0.3)] },
  {
    op: 'BatchNormalization',
    row: IMAGE,
    constants: [floats(3), floats(3), floats(3), values(0.5, 1, 2)],
    attributes: [float('epsilon', 0.01)],
  },
  { op: 'BatchNormalization', row: [3], constants: [floats(3), floats(3), floats(3), values(0.5, 1, 2)] },
  { op: 'Clip', row: [4], constants: [values(-0.5), values(0.5)] },
  { op: 'Clip', row: [4], constants: [null, values(0.5)] },
  { op: 'Concat', row: [3, 2], twice: true, attributes: [int('axis', 1)] },
  { op: 'Concat', row: [3, 2], twice: true, attributes: [int('axis', -1)] },
  { op: 'Conv', row: IMAGE, constants: [floats(4, 3, 3, 2)] },
  {
    op: 'Conv',
    row: IMAGE,
    constants: [floats(4, 3, 3, 2), floats(4)],
    attributes: [ints('pads', [1, 0, 2, 1]), ints('strides', [2, 1])],
  },
  { op: 'Conv', row: IMAGE, constants: [floats(4, 3, 2, 2)], attributes: [ints('dilations', [2, 3])] },
  {
    op: 'ConvTranspose',
    row: IMAGE,
    constants: [floats(3, 4, 4, 3)],
    attributes: [ints('pads', [1, 1, 1, 1]), ints('strides', [2, 2])],
  },
  {
    op: 'ConvTranspose',
    row: IMAGE,
    constants: [floats(3, 4, 3, 3), floats(4)],
    attributes: [ints('pads', [1, 0, 1, 0]), ints('strides', [2, 2]), ints('output_padding', [1, 1])],
  },
  {
    op: 'ConvTranspose',
    row: IMAGE,
    constants: [floats(3, 4, 5, 5)],
    attributes: [ints('pads', [1, 1, 2, 2]), ints('strides', [2, 3])],
  },
  { op: 'Flatten', row: IMAGE, attributes: [int('axis', 1)] },
  { op: 'Gemm', row: [3], constants: [floats(3, 5)] },
  {
    op: 'Gemm',
    row: [3],
    constants: [floats(5, 3), floats(5)],
    attributes: [int('transB', 1), float('alpha', 0.5), float('beta', 2)],
  },
  { op: 'MatMul', row: [3], constants: [floats(3, 5)] },
  { op: 'MatMul', row: [2, 3], constants: [floats(3, 5)] },
  { op: 'Pad', row: IMAGE, constants: [integers(0, 1, 0, 2, 0, 0, 3, 1), values(0.25)] },
  { op: 'Pad', row: IMAGE, constants: [integers(0, 0, 1, 1, 0, 0, 1, 1)] },
  ...['ReduceMax', 'ReduceMean', 'ReduceMin'].map((op) => ({
    op,
    row: [3, 4],
    attributes: [ints('axes', [-1]), int('keepdims', 0)],
  })),
  { op: 'ReduceMean', row: [3, 4], attributes: [ints('axes', [1, 2])] },
  { op: 'ReduceSum', row: [3, 4], constants: [integers(1)], attributes: [int('keepdims', 0)] },
  { op: 'Reshape', row: [3, 4], constants: [integers(0, 2, -1)] },
  {
    op: 'Resize',
    row: IMAGE,
    constants: [null, values(1, 1, 2, 3)],
    attributes: [
      text('mode', 'nearest'),
      text('coordinate_transformation_mode', 'asymmetric'),
      text('nearest_mode', 'floor'),
    ],
  },
  { op: 'Slice', row: [5, 4], constants: [integers(1, -3), integers(3, 9), integers(1, 2)] },
  { op: 'Slice', row: [5], constants: [integers(0), integers(-1), integers(-1)] },
  { op: 'Softmax', row: [3, 4] },
  { op: 'Squeeze', row: [1, 4], constants: [integers(1)] },
  { op: 'Transpose', row: IMAGE, attributes: [ints('perm', [0, 3, 1, 2])] },
  { op: 'Unsqueeze', row: [4], constants: [integers(1)] },
];

function stored(name: string, constant: Constant): TensorProto {
  if ('integers' in constant) {
    const rawData = new Uint8Array(BigInt64Array.from(constant.integers, BigInt).buffer);
    return tensor({ name, dims: [constant.integers.length], dataType: 7, rawData });
  }
  const shape = 'floats' in constant ? constant.floats : constant.values.length === 1 ? [] : [constant.values.length];
  const numbers =
    'values' in constant ? constant.values : Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i + 1) + 0.1);
  return tensor({ name, dims: [...shape], dataType: 1, rawData: new Uint8Array(Float32Array.from(numbers).buffer) });
}

/** The operator between an input "in" and an output "out", opset 17. */
async function alone({ op, row, constants = [], attributes = [], twice, before }: Case): Promise<PlainGraph> {
  const given = constants.map((each, i) => (each ? stored(`c${i}`, each) : null));
  const from = before ? 'before' : 'in';
  const input = [from, ...(twice ? [from] : []), ...given.map((each) => each?.name ?? '')];
  const graph = graphProto({
    name: op,
    node: [
      ...(before ? [node({ opType: before, name: 'first', input: ['in'], output: ['before'] })] : []),
      node({ opType: op, name: op, input, output: ['out'], attribute: [...attributes] }),
    ],
    initializer: given.filter((each) => each !== null),
    input: [valueInfo('in', 1, [-1, ...row])],
    output: [valueInfo('out', 1, null)],
  });
  const empty = encodeModel({ name: op, nodes: [], inputs: [], outputs: [], initializers: new Map() });
  const onnx = encodeProto(changed(decodeProto(empty), { graph, opsetImport: [{ domain: '', version: 17 }] }));
  const loaded = await engine.load(op, onnx);
  return { capability: 'features', onnx, inputs: loaded.inputs, outputs: loaded.outputs, difference: 0 };
}

describe('an operator', () => {
  it.each(CASES)('$op of [N, $row] $attributes.length', async (each) => {
    const plain = await alone(each);
    const { json, weights } = await tfjsModel(plain, manifest, engine);
    const { modelTopology, weightsManifest } = json as {
      modelTopology: object;
      weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[];
    };
    const load = async () => ({
      modelTopology,
      weightSpecs: weightsManifest[0]!.weights,
      weightData: new Uint8Array(weights).buffer,
    });
    const model = await loadGraphModel({ load });
    const native = await engine.load(each.op, plain.onnx);
    const feeds = () => warmUpFeeds(native, manifest, [0, 1, 2, 3]);
    const { data, shape } = (await native.run(feeds()))['out']!;
    const { in: given } = feeds();
    const result = model.execute({ in: tf.tensor(given!.data as Float32Array, [...given!.shape]) }, 'out') as tf.Tensor;
    expect(result.shape).toEqual(shape);
    const [a, b] = [[...data].map(Number), [...result.dataSync()]];
    for (const [i, value] of a.entries())
      expect(Math.abs(value - b[i]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
  });

  it('is tried, each of the table', () => {
    expect([...new Set(CASES.map(({ op }) => op))].sort()).toEqual(Object.keys(OPERATORS).sort());
  });
});

describe('what cannot be said', () => {
  const refusals: readonly (readonly [Case, RegExp])[] = [
    [{ op: 'Hardmax', row: [3] }, /received Hardmax \(graph "features"\)\. .*--for onnx/],
    [
      { op: 'Conv', row: [4, 5, 5], constants: [floats(4, 1, 3, 3)], attributes: [int('group', 4)] },
      /Conv with groups of channels/,
    ],
    [
      { op: 'Conv', row: IMAGE, constants: [floats(4, 3, 3, 3)], attributes: [text('auto_pad', 'SAME_UPPER')] },
      /Conv with auto_pad/,
    ],
    [{ op: 'Softmax', row: [3, 4], attributes: [int('axis', 1)] }, /Softmax with an axis other than the last/],
    [
      { op: 'Pad', row: [3], constants: [integers(0, 1, 0, 1)], attributes: [text('mode', 'reflect')] },
      /Pad with a mode/,
    ],
  ];

  it.each(refusals)('%s', async (each, message) => {
    const plain = await alone(each);
    await withFolder(async (folder) => {
      const writing = writeTfjs({ manifest, graphs: [plain] }, folder, engine);
      await expect(writing).rejects.toMatchObject({ code: 'EXPORT_REFUSED', message: expect.stringMatching(message) });
    });
  });
});
