// Graphs of other tools taken apart into operations of ours: what comes out is what ONNX Runtime gives for the graph
// itself, and gradients pass.

import { describe, expect, it } from 'vitest';
import { exportGraph } from '../../src/engine/export.js';
import { Session } from '../../src/engine/session.js';
import { float32, type HostTensors, sizeOf } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { buildNetwork } from '../../src/networks/build.js';
import { type Rebuilt, rebuild } from '../../src/networks/rebuilt.js';
import { floats, type Graph, input, integers, onnx, step } from '../import/graphs.js';

const wave = (size: number, offset = 0) => Array.from({ length: size }, (_, i) => Math.sin(0.37 * (i + offset)));
const tensor = (...shape: number[]) => floats(shape, wave(sizeOf(shape), shape.length));
const positive = (size: number) =>
  floats(
    [size],
    wave(size).map((value) => value * value + 0.5),
  );

/** Rows of every input; classes in turn. */
function feedsOf(graph: Graph, count: number): HostTensors {
  return Object.fromEntries(
    graph.inputs.map(({ name, shape }) => {
      const row = shape.slice(1);
      const values =
        name === 'label'
          ? Array.from({ length: count * row[0]! }, (_, i) => Number(i % row[0]! === Math.floor(i / row[0]!) % row[0]!))
          : wave(count * sizeOf(row));
      return [name, float32([count, ...row], values)];
    }),
  );
}

function rebuilt(graph: Graph): Promise<Rebuilt> {
  const feeds = (count: number) => feedsOf(graph, count);
  return rebuild({ onnx: onnx(graph), name: 'generator', input: 'z', output: 'y', feeds });
}

/** What the graph gives for five rows, what the network gives, and the slope of its sum by z. */
async function compared(graph: Graph) {
  const { config, weights } = await rebuilt(graph);
  const place = { input: graph.inputs[0]!.shape.slice(1), output: [1] };
  const network = buildNetwork(config, { name: 'generator', ...place });
  const traced = exportGraph(
    (params, { z, ...more }) => {
      const pass = more['label'] ? { label: more['label'] } : {};
      const made = tf.add(network.apply(params, z!, pass), 0);
      return { made, slope: tf.grad((at) => tf.sum(network.apply(params, at, pass)))(z!) };
    },
    {
      params: weights,
      inputs: Object.fromEntries(graph.inputs.map(({ name, shape }) => [name, { dtype: 'float32', shape }])),
      name: 'rebuilt',
    },
  );
  const [theirs, ours] = [await Session.load(onnx(graph)), await Session.load(traced)];
  const wanted = (await theirs.run(feedsOf(graph, 5)))['y']!;
  const { made, slope } = await ours.run(feedsOf(graph, 5));
  await Promise.all([theirs.release(), ours.release()]);
  return { wanted, made: made!, slope: slope!, network, weights };
}

function expectEqual({ wanted, made, slope }: Awaited<ReturnType<typeof compared>>): void {
  expect(made.shape).toEqual(wanted.shape);
  for (const [i, value] of wanted.data.entries()) expect(Number(made.data[i])).toBeCloseTo(Number(value), 5);
  expect([...slope.data].every((value) => Number.isFinite(Number(value)))).toBe(true);
  expect([...slope.data].some((value) => Number(value) !== 0)).toBe(true);
}

const DECONVOLUTION: Graph = {
  inputs: [input('z', [-1, 6])],
  outputs: [input('y', [-1, 3, 8, 8])],
  nodes: [
    step('Gemm', ['z', 'w', 'b'], 'a', { transB: 1 }),
    step('Reshape', ['a', 'maps'], 'c'),
    step('ConvTranspose', ['c', 'up'], 'd', { strides: [2, 2], pads: [1, 1, 1, 1], kernel_shape: [4, 4] }),
    step('BatchNormalization', ['d', 'scale', 'shift', 'mean', 'variance'], 'e', { epsilon: { float: 1e-3 } }),
    step('LeakyRelu', ['e'], 'f', { alpha: { float: 0.3 } }),
    step('Conv', ['f', 'last', 'bias'], 'g', { pads: [1, 1, 1, 1], kernel_shape: [3, 3] }),
    step('Tanh', ['g'], 'y'),
  ],
  constants: {
    ...{
      w: tensor(64, 6),
      b: tensor(64),
      maps: integers(-1, 4, 4, 4),
      up: tensor(4, 5, 4, 4),
      last: tensor(3, 5, 3, 3),
    },
    ...{ bias: tensor(3), scale: tensor(5), shift: tensor(5), mean: tensor(5), variance: positive(5) },
  },
};

describe('a graph is rebuilt as a network that gives the same', () => {
  it('of dense layers, transposed convolutions, norms, convolutions and activations', async () => {
    const found = await compared(DECONVOLUTION);
    expectEqual(found);
    expect(found.network.stages).toEqual(['generator/dense1/', 'generator/deconv1/', 'generator/conv1/']);
    expect(found.network.fate('generator/norm1/mean')).toBe('following');
    expect(found.network.fate('generator/norm1/scale')).toBe('trained');
  });

  it('of sizes that the graph computes from the shape of what goes in', async () => {
    expectEqual(
      await compared({
        inputs: [input('z', [-1, 6])],
        outputs: [input('y', [-1, 2, 3])],
        nodes: [
          step('Shape', ['z'], 'shape'),
          step('Gather', ['shape', 'first'], 'rows'),
          step('Concat', ['rows', 'rest'], 'wanted', { axis: 0 }),
          step('MatMul', ['z', 'w'], 'a'),
          step('Sigmoid', ['a'], 'b'),
          step('Reshape', ['b', 'wanted'], 'y'),
        ],
        constants: { w: tensor(6, 6), first: integers(0), rest: integers(2, 3) },
      }),
    );
  });

  it('of nearest neighbours and of what surrounds images with zeros', async () => {
    expectEqual(
      await compared({
        inputs: [input('z', [-1, 8])],
        outputs: [input('y', [-1, 1, 4, 4])],
        nodes: [
          step('Reshape', ['z', 'maps'], 'a'),
          step('Resize', ['a', '', 'scales'], 'b'),
          step('Pad', ['b', 'around'], 'c'),
          step('Conv', ['c', 'w'], 'd', { kernel_shape: [3, 3] }),
          step('Mul', ['d', 'half'], 'y'),
        ],
        constants: {
          ...{ maps: integers(-1, 2, 2, 2), scales: floats([4], [1, 1, 2, 2]), w: tensor(1, 2, 3, 3) },
          ...{ around: integers(0, 0, 1, 1, 0, 0, 1, 1), half: floats([], [0.5]) },
        },
      }),
    );
  });

  it('of a blur of each channel, between whose pixels zeros were put', async () => {
    expectEqual(
      await compared({
        inputs: [input('z', [-1, 8])],
        outputs: [input('y', [-1, 2, 3, 3])],
        nodes: [
          step('Reshape', ['z', 'apart'], 'a'),
          step('Pad', ['a', 'between'], 'b'),
          step('Reshape', ['b', 'maps'], 'c'),
          step('Conv', ['c', 'blur'], 'y', { kernel_shape: [2, 2], group: 2 }),
        ],
        constants: {
          ...{ apart: integers(-1, 2, 2, 1, 2, 1), between: integers(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1) },
          ...{ maps: integers(-1, 2, 4, 4), blur: tensor(2, 1, 2, 2) },
        },
      }),
    );
  });

  it('told of a class by a table, whose rows are looked up by its index', async () => {
    const found = await compared({
      inputs: [input('z', [-1, 4]), input('label', [-1, 3])],
      outputs: [input('y', [-1, 2])],
      nodes: [
        step('ArgMax', ['label'], 'index', { axis: 1, keepdims: 0 }),
        step('Gather', ['table', 'index'], 'row'),
        step('Concat', ['z', 'row'], 'both', { axis: 1 }),
        step('Gemm', ['both', 'w'], 'a'),
        step('Tanh', ['a'], 'y'),
      ],
      constants: { table: tensor(5, 2), w: tensor(6, 2) },
    });
    expectEqual(found);
    expect(found.weights['generator/dense1/weight']?.shape).toEqual([3, 2]); // of five rows the classes have three
  });
});

describe('a graph that no layers of ours make is refused by the operator that stands in the way', () => {
  it.each([
    ['Round', step('Round', ['z'], 'y')],
    ['CumSum', step('CumSum', ['z', 'axis'], 'y')],
  ])('%s', async (operator, node) => {
    const graph: Graph = {
      inputs: [input('z', [-1, 4])],
      outputs: [input('y', [-1, 4])],
      nodes: [node],
      constants: { axis: integers(1) },
    };
    await expect(rebuilt(graph)).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
      message: expect.stringContaining(operator),
      details: { operator },
    });
  });
});
