// Serving graphs: the function that training uses, exported once with a dynamic batch dimension, gives the eager result
// at every batch size, and is ONNX that other tools accept.

import '@tensorflow/tfjs-backend-cpu';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { exportGraph } from '../../src/engine/export.js';
import { describeModel, OPSET, PRODUCER } from '../../src/engine/onnx.js';
import { Session } from '../../src/engine/session.js';
import type { DType, HostTensor, HostTensors, TensorSpecs } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { hostTensor, type Tensors, tensorOf } from '../../src/engine/tracer.js';
import { drawn, expectClose, mulberry32 } from './traced.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

interface Network {
  readonly params: Record<string, readonly number[]>;
  readonly inputs: TensorSpecs;
  readonly forward: (params: Tensors, inputs: Tensors) => Tensors;
}

const z: TensorSpecs = { z: { dtype: 'float32', shape: [-1, 8] } };
const images: TensorSpecs = { image: { dtype: 'float32', shape: [-1, 3, 8, 8] } };
const nhwc = (x: tf.Tensor) => tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D;
const nchw = (x: tf.Tensor) => tf.transpose(x, [0, 3, 1, 2]);
const normal = (x: tf.Tensor, p: Tensors, name: string): tf.Tensor =>
  tf.batchNorm(
    x as tf.Tensor4D,
    p[`${name}/mean`] as tf.Tensor1D,
    tf.square(p[`${name}/deviation`]!) as tf.Tensor1D,
    p[`${name}/offset`] as tf.Tensor1D,
    p[`${name}/scale`] as tf.Tensor1D,
    1e-3,
  );
const normalParams = (name: string, size: number) =>
  Object.fromEntries(['mean', 'deviation', 'offset', 'scale'].map((part) => [`${name}/${part}`, [size]]));

const networks: Record<string, Network> = {
  'dense generator, conditional': {
    params: {
      'one/kernel': [12, 40],
      'one/bias': [40],
      ...normalParams('norm', 40),
      'two/kernel': [40, 192],
      'two/bias': [192],
    },
    inputs: { ...z, label: { dtype: 'float32', shape: [-1, 4] } },
    forward: (p, { z, label }) => {
      const x = tf.concat([z!, label!], 1);
      const hidden = tf.leakyRelu(
        normal(tf.add(tf.matMul(x as tf.Tensor2D, p['one/kernel'] as tf.Tensor2D), p['one/bias']!), p, 'norm'),
        0.2,
      );
      const pixels = tf.tanh(tf.add(tf.matMul(hidden as tf.Tensor2D, p['two/kernel'] as tf.Tensor2D), p['two/bias']!));
      return { image: nchw(tf.reshape(pixels, [-1, 8, 8, 3])) };
    },
  },
  'convolutional generator': {
    params: {
      dense: [8, 64],
      up: [4, 4, 12, 16],
      ...normalParams('norm', 12),
      mix: [3, 3, 12, 3],
    },
    inputs: z,
    forward: (p, { z }) => {
      const start = tf.reshape(tf.matMul(z as tf.Tensor2D, p['dense'] as tf.Tensor2D), [-1, 2, 2, 16]) as tf.Tensor4D;
      const size: [number, number, number, number] = [start.shape[0], 4, 4, 12];
      const up = tf.conv2dTranspose(start, p['up'] as tf.Tensor4D, size, 2, 'same');
      const grown = tf.image.resizeNearestNeighbor(tf.relu(normal(up, p, 'norm')) as tf.Tensor4D, [8, 8]);
      return { image: nchw(tf.tanh(tf.conv2d(grown, p['mix'] as tf.Tensor4D, 1, 'same'))) };
    },
  },
  'convolutional discriminator': {
    params: { one: [4, 4, 3, 12], ...normalParams('norm', 12), two: [3, 3, 12, 16], dense: [65, 1] },
    inputs: images,
    forward: (p, { image }) => {
      const one = tf.leakyRelu(normal(tf.conv2d(nhwc(image!), p['one'] as tf.Tensor4D, 2, 'same'), p, 'norm'), 0.2);
      const two = tf.leakyRelu(tf.conv2d(one as tf.Tensor4D, p['two'] as tf.Tensor4D, 2, 'same'), 0.2);
      const deviation = tf.mean(tf.sqrt(tf.add(tf.moments(two, 0).variance, 1e-8)));
      const flat = tf.reshape(two, [-1, 64]);
      const spread = tf.broadcastTo(tf.reshape(deviation, [1, 1]), [flat.shape[0]!, 1]);
      const logit = tf.matMul(tf.concat([flat, spread], 1) as tf.Tensor2D, p['dense'] as tf.Tensor2D);
      return { logit: tf.reshape(logit, [-1]), features: flat };
    },
  },
  'resampling and blocks': {
    params: { mix: [1, 1, 3, 8] },
    inputs: images,
    forward: (p, { image }) => {
      const x = nhwc(image!);
      const pooled = tf.avgPool(x, 2, 2, 'same');
      const shuffled = tf.depthToSpace(tf.conv2d(pooled, p['mix'] as tf.Tensor4D, 1, 'same'), 2);
      const smooth = tf.image.resizeBilinear(x, [5, 7], false, true);
      return { shuffled: nchw(shuffled), smooth: nchw(smooth), peak: tf.max(tf.maxPool(x, 3, 2, 'same'), [1, 2]) };
    },
  },
  'embedding, layer norm and attention': {
    params: { table: [5, 6], query: [6, 6], key: [6, 6] },
    inputs: { tokens: { dtype: 'int32', shape: [-1, 4] } },
    forward: (p, { tokens }) => {
      const x = tf.gather(p['table']!, tokens as tf.Tensor1D); // [N, 4, 6]
      const { mean, variance } = tf.moments(x, -1, true);
      const normed = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
      const project = (name: string) =>
        tf.reshape(tf.matMul(tf.reshape(normed, [-1, 6]), p[name] as tf.Tensor2D), [-1, 4, 6]);
      const weights = tf.softmax(tf.matMul(project('query'), project('key'), false, true));
      return { mixed: tf.matMul(weights, normed), chosen: tf.oneHot(tf.argMax(normed, 2), 6, 1, 0, 'float32') };
    },
  },
};

const BATCHES = [1, 3, 64];

describe.each(Object.keys(networks))('%s', (name) => {
  const { inputs, forward } = networks[name]!;
  const params = paramsOf(name);
  const options = { params, inputs, name: 'network', doc: `A small ${name}.` };

  test('gives the eager result at batch 1, 3 and 64', async () => {
    const session = await Session.load(exportGraph(forward, options));
    for (const batch of BATCHES) {
      const feeds = feedsOf(inputs, batch);
      const wanted = eager(forward, params, feeds);
      const results = await session.run(feeds);
      expect(Object.keys(results).sort()).toEqual(Object.keys(wanted).sort());
      for (const [output, tensor] of Object.entries(wanted)) {
        expect(tensor.shape[0]).toBe(batch);
        expectClose(results[output]!, tensor, 1e-4, `${output} at batch ${batch}`);
      }
    }
    await session.release();
  });

  test('says what it is: opset, producer, doc and a batch dimension everywhere', () => {
    const { opset, producer, doc, ...model } = describeModel(exportGraph(forward, options));
    expect({ opset, producer, doc }).toEqual({ opset: OPSET, producer: PRODUCER, doc: `A small ${name}.` });
    expect(model.inputs).toEqual(Object.entries(inputs).map(([id, spec]) => ({ name: id, ...spec })));
    expect(model.outputs.map(({ shape }) => shape[0])).toEqual(model.outputs.map(() => -1));
  });

  test('stored in float16 it takes half the bytes and stays close', async () => {
    const full = exportGraph(forward, options);
    const halved = exportGraph(forward, { ...options, float16Weights: true });
    const stored = [...describeModel(halved).initializers.values()];
    const large = Object.values(params).filter(({ data }) => data.length >= 1024);
    expect(stored.filter(({ dtype }) => dtype === 'float16')).toHaveLength(large.length);
    if (large.length > 0) expect(halved.length).toBeLessThan(0.75 * full.length);
    const session = await Session.load(halved);
    const feeds = feedsOf(inputs, 3);
    const results = await session.run(feeds);
    // float16 keeps 11 bits of each weight; the error grows with the layers.
    for (const [output, tensor] of Object.entries(eager(forward, params, feeds))) {
      expectClose(results[output]!, tensor, 2e-2, output);
    }
    await session.release();
  });

  const checker = spawnSync('python3', ['-c', 'import onnx']);
  const why = checker.status === 0 ? '' : " (skipped: python3 has no package 'onnx')";
  test.skipIf(why !== '')(`passes the ONNX checker, shapes included${why}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'ganymede-onnx-'));
    try {
      const file = join(folder, 'model.onnx');
      writeFileSync(file, exportGraph(forward, options));
      const program = 'import onnx, sys; onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)';
      const { status, stderr } = spawnSync('python3', ['-c', program, file], { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('weights keep their names, and nothing but the images themselves is transposed', () => {
  const { forward, inputs } = networks['convolutional generator']!;
  const model = describeModel(exportGraph(forward, { params: paramsOf('convolutional generator'), inputs, name: 'g' }));
  expect([...model.initializers.keys()]).toEqual(
    expect.arrayContaining(['dense', 'norm/scale', 'mix/3201', 'up/3201']),
  );
  // One: from [N, 2·2·16] as TensorFlow.js lays it out to channels first.
  expect(model.operators.filter((op) => op === 'Transpose')).toHaveLength(1);
});

describe('a forward function that depends on the batch size is refused', () => {
  const params: HostTensors = {};
  test.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ['a sum divided by it', (x) => tf.div(tf.sum(x, 0, true), x.shape[0]!)],
    ['a constant as long as the batch', (x) => tf.mul(x, tf.reshape(tf.range(0, x.shape[0]!), [-1, 1]))],
    ['a slice counted from its end', (x) => tf.slice(x, [0, 0], [x.shape[0]! - 1, 8])],
    ['a scale made from it', (x) => tf.mul(x, Math.fround(1 / x.shape[0]!))],
  ])('%s', (_, f) => {
    const forward = (_params: Tensors, inputs: Tensors) => ({ y: f(inputs['z']!) });
    expect(() => exportGraph(forward, { params, inputs: z, name: 'fixed' })).toThrow(
      /^Expected a forward function that works at any batch size but constant ".*" depends on it\. Use -1 in reshape/,
    );
  });
});

test('an output named like an input is refused', () => {
  const forward = (_params: Tensors, inputs: Tensors) => ({ z: tf.neg(inputs['z']!) });
  expect(() => exportGraph(forward, { params: {}, inputs: z, name: 'same' })).toThrow('but "z" is both.');
});

function paramsOf(name: string): HostTensors {
  const random = mulberry32(5);
  return Object.fromEntries(
    Object.entries(networks[name]!.params).map(([id, shape]) => {
      const positive = id.endsWith('deviation') || id.endsWith('scale');
      return [id, drawn(random, shape, positive ? { low: 0.5, high: 1.5 } : { low: -0.3, high: 0.3 })];
    }),
  );
}

function feedsOf(inputs: TensorSpecs, batch: number): HostTensors {
  const random = mulberry32(batch);
  return Object.fromEntries(
    Object.entries(inputs).map(([id, { dtype, shape }]) => {
      const full = shape.map((size) => (size === -1 ? batch : size));
      return [
        id,
        drawn(random, full, {
          dtype: dtype as 'float32' & DType,
          low: dtype === 'int32' ? 0 : -2,
          high: dtype === 'int32' ? 5 : 2,
        }),
      ];
    }),
  );
}

function eager(forward: Network['forward'], params: HostTensors, feeds: HostTensors): HostTensors {
  return tf.tidy(() => {
    const lifted = (tensors: HostTensors) =>
      Object.fromEntries(Object.entries(tensors).map(([id, tensor]) => [id, tensorOf(tensor)]));
    const outputs = Object.entries(forward(lifted(params), lifted(feeds))).map(([id, tensor]): [string, HostTensor] => [
      id,
      hostTensor(tensor.dataSync(), tensor.shape, tensor.dtype),
    ]);
    return Object.fromEntries(outputs) as unknown as tf.TensorContainer;
  }) as unknown as HostTensors;
}
