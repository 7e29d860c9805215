// Graph models of TensorFlow.js, against TensorFlow.js itself on its plain CPU backend, and those that we write
// ourselves.

import '@tensorflow/tfjs-backend-cpu';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SHIPPED_CHECKPOINTS } from '../../src/config.js';
import { float32 } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { TfNodes, type Value } from '../../src/export/tfjs-nodes.js';
import { openVersion } from '../../src/models/activate.js';
import { warmUpFeeds } from '../../src/models/warm-up.js';
import { exported } from '../export/exported.js';
import { expectClose, Site } from './graphs.js';

let site: Site;
beforeEach(async () => {
  site = await Site.open();
  tf.setBackend('cpu');
});
afterEach(() => site.close());

const INT = { T: { type: 'DT_INT32' } };
const list = (...values: number[]) => ({ list: { i: values.map(String) } });
const word = (text: string) => ({ s: Buffer.from(text).toString('base64') });
const wave = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(1.7 * i + 1) / 2);

/** A latent of 6 numbers, and the nodes around it. */
function started(rows = -1): { out: TfNodes; z: Value } {
  const out = new TfNodes(['image']);
  return { out, z: out.input({ name: 'z', shape: [rows, 6] }) };
}

/** As Keras writes it: the shapes for Reshape and the transposed convolution come from shapes, rows and all. */
function convolutional(rows?: number): TfNodes {
  const { out, z } = started(rows);
  const fused = { fused_ops: { list: { s: ['BiasAdd', 'Relu'].map((each) => word(each).s) } }, num_args: { i: '1' } };
  const inner = [z, out.floats(wave(48), [6, 8], 'inner/kernel'), out.floats(wave(8), [8], 'inner/bias')];
  const first = out.add('_FusedMatMul', inner, [], { ...fused, transpose_a: { b: false }, transpose_b: { b: false } });
  const product = out.add('MatMul', [first, out.floats(wave(8 * 32), [8, 32], 'kernel')], []);
  const dense = out.add('BiasAdd', [product, out.floats(wave(32), [32], 'bias')], [], { data_format: word('NHWC') });
  const image = out.add('Reshape', [dense, shapeOf(out, dense, [4, 4, 2])], []);
  const size = out.add('Mul', [sizesOf(out, image), out.integers([2, 2])], [], INT);
  const large = out.add('ResizeNearestNeighbor', [image, size], [], { align_corners: { b: false } });
  const filter = out.floats(wave(3 * 3 * 4 * 2), [3, 3, 4, 2], 'filter');
  const attr = {
    strides: list(1, 2, 2, 1),
    padding: word('SAME'),
    data_format: word('NHWC'),
    dilations: list(1, 1, 1, 1),
  };
  const wide = out.add('Conv2DBackpropInput', [shapeOf(out, large, [16, 16, 4]), filter, large], [], attr);
  const mixed = out.add('Conv2D', [wide, out.floats(wave(12), [1, 1, 4, 3], 'mix')], [], {
    ...attr,
    strides: list(1, 1, 1, 1),
  });
  out.output('image', out.add('Tanh', [mixed], []));
  return out;
}

const PART = {
  ...INT,
  begin_mask: { i: '0' },
  end_mask: { i: '0' },
  ellipsis_mask: { i: '0' },
  new_axis_mask: { i: '0' },
};

/** Height and width: Shape, StridedSlice. */
function sizesOf(out: TfNodes, image: Value): Value {
  const ends = [[1], [3], [1]].map((each) => out.integers(each));
  return out.add('StridedSlice', [out.add('Shape', [image], [], INT), ...ends], [], {
    ...PART,
    shrink_axis_mask: { i: '0' },
  });
}

/** The rows of a value, before the sizes: Shape, StridedSlice, Pack. */
function shapeOf(out: TfNodes, value: Value, sizes: readonly number[]): Value {
  const ends = [[0], [1], [1]].map((each) => out.integers(each));
  const shape = out.add('Shape', [value], [], INT);
  const rows = out.add('StridedSlice', [shape, ...ends], [], { ...PART, shrink_axis_mask: { i: '1' } });
  const rest = sizes.map((each) => out.integers([each], []));
  return out.add('Pack', [rows, ...rest], [], { ...INT, N: { i: `${sizes.length + 1}` }, axis: { i: '0' } });
}

const OUTPUTS = { picture: { name: 'image:0' } };

function modelJson(out: TfNodes, outputs: object = OUTPUTS) {
  const info = { dtype: 'DT_FLOAT', tensorShape: { dim: [{ size: '-1' }, { size: '6' }] } };
  const half = out.data.length / 2;
  return {
    format: 'graph-model',
    signature: { inputs: { latent: { name: 'z:0', ...info } }, outputs },
    modelTopology: { node: out.nodes, library: {}, versions: { producer: 1087 } },
    weightsManifest: [{ paths: ['group1-shard1of2.bin', 'group1-shard2of2.bin'], weights: out.weights }],
    parts: [out.data.subarray(0, half), out.data.subarray(half)],
  };
}

async function save(out: TfNodes, outputs: object = OUTPUTS): Promise<string> {
  const { parts, ...json } = modelJson(out, outputs);
  const folder = join(site.folder, 'theirs');
  await mkdir(folder);
  for (const [i, part] of parts.entries()) await writeFile(join(folder, json.weightsManifest[0]!.paths[i]!), part);
  await writeFile(join(folder, 'model.json'), JSON.stringify(json));
  return join(folder, 'model.json');
}

/** What TensorFlow.js gives for it. */
async function wanted(out: TfNodes, z: Float32Array): Promise<tf.Tensor> {
  const { modelTopology, weightsManifest } = modelJson(out);
  const weightData = new Uint8Array(out.data).buffer;
  const weightSpecs = weightsManifest[0]!.weights as unknown as tf.io.WeightsManifestEntry[];
  tf.setBackend('cpu');
  const model = await loadGraphModel({ load: async () => ({ modelTopology, weightSpecs, weightData }) });
  return model.execute({ z: tf.tensor(z, [z.length / 6, 6]) }, 'image') as tf.Tensor;
}

it('a generator whose shapes are computed from shapes gives what TensorFlow.js gives for it', async () => {
  const z = wave(3 * 6);
  const imported = await site.importFile(await save(convolutional()));
  const image = tf.transpose(await wanted(convolutional(), z), [0, 3, 1, 2]);
  const served = await site.run(imported, 'generate', { z: float32([3, 6], z) });
  expect(served.image!.shape).toEqual([3, 3, 16, 16]);
  expectClose(served.image!, [...image.dataSync()], 5);
});

it('of several outputs, the one that --output names', async () => {
  const both = convolutional();
  both.output('other', both.add('Neg', [{ name: 'image', shape: [] }], []));
  const file = await save(both, { picture: { name: 'image:0' }, negative: { name: 'other:0' } });
  const z = wave(2 * 6);
  const imported = await site.importFile(file, { output: 'negative' });
  const image = tf.transpose(await wanted(convolutional(), z), [0, 3, 1, 2]);
  const served = await site.run(imported, 'generate', { z: float32([2, 6], z) });
  expectClose(
    served.image!,
    [...image.dataSync()].map((each) => -each),
    5,
  );
});

it('a model for one row at a time serves any number of them', async () => {
  const z = wave(3 * 6);
  const imported = await site.importFile(await save(convolutional(1)));
  const image = tf.transpose(await wanted(convolutional(), z), [0, 3, 1, 2]);
  const served = await site.run(imported, 'generate', { z: float32([3, 6], z) });
  expectClose(served.image!, [...image.dataSync()], 5);
});

it('what is exported for TensorFlow.js comes back: the same samples within 10⁻⁵', async () => {
  const folder = join(site.folder, 'exported');
  await exported('mnist-conditional', 'tfjs', folder);
  const imported = await site.importFile(join(folder, 'generate', 'model.json'));
  const checkpoint = await openVersion([SHIPPED_CHECKPOINTS], 'mnist-conditional');
  const ours = await site.engine.load('ours', await checkpoint.graph('generate'));
  const feeds = warmUpFeeds(ours, checkpoint.manifest, [3, 4, 5]);
  const again = await site.run(imported, 'generate', feeds);
  const { image } = await ours.run(feeds);
  await ours.release();
  expect(again.image!.shape).toEqual(image!.shape);
  expectClose(again.image!, [...image!.data].map(Number), 5);
});

describe('refused is', () => {
  const refusal = async (file: Promise<string> | string) => {
    const error = await site.importFile(await file).catch((each: unknown) => each);
    expect(error).toMatchObject({ code: 'GRAPH_REFUSED' });
    return (error as Error).message;
  };
  const with1 = (op: string, name = 'theirs') => {
    const { out, z } = started();
    out.output('image', out.add(op, [z], [], {}, name));
    return save(out);
  };
  const TF2ONNX = 'tf2onnx.convert --tfjs';

  it.each([
    ['While', 'without loops and branches'],
    ['Switch', 'without loops and branches'],
    ['TensorListReserve', 'without lists of tensors'],
    ['LookupTableFindV2', 'without tables'],
    ['StringSplit', 'of numbers alone'],
    ['NonMaxSuppressionV4', 'with shapes that are known beforehand'],
  ])('%s, by its name and that of its node', async (op, what) => {
    const message = await refusal(with1(op));
    expect(message).toContain(`to compute ${what} but received "${op}" (node "theirs").`);
    expect(message).toContain(TF2ONNX);
  });

  it.each(['MadeUpOp', 'constructor'])('an operator that nobody knows: %s', async (op) => {
    const message = await refusal(with1(op));
    expect(message).toContain(`operator "${op}" (node "theirs"): `);
    expect(message).toContain(TF2ONNX);
  });

  it('an operator that graphs here do not hold, by its name in the file', async () => {
    const { out, z } = started();
    const angles = out.add('RFFT', [out.add('Tanh', [z], []), out.integers([6])], [], {}, 'angles');
    out.output('image', out.add('Relu', [angles], []));
    const message = await refusal(save(out));
    expect(message).toContain('operator "RFFT" (node "angles"): ');
    expect(message).toContain(TF2ONNX);
  });

  it('noise drawn inside', async () => {
    const { out, z } = started();
    const noise = out.add('RandomStandardNormal', [out.integers([1, 6])], [], { dtype: { type: 'DT_FLOAT' } });
    out.output('image', out.add('AddV2', [z, noise], []));
    expect(await refusal(save(out))).toContain('Make the noise an input');
  });

  it('a shape that depends on what is fed', async () => {
    const { out, z } = started();
    const sizes = out.add('Cast', [z], [], { SrcT: { type: 'DT_FLOAT' }, DstT: { type: 'DT_INT32' } });
    out.output('image', out.add('Reshape', [z, sizes], []));
    const message = await refusal(save(out));
    expect(message).toContain('operator "Reshape" (node "Reshape"): a shape or size depends on what is fed.');
    expect(message).toContain(TF2ONNX);
  });

  it('a model whose second shard is missing', async () => {
    const file = await save(convolutional());
    await rm(join(dirname(file), 'group1-shard2of2.bin'));
    expect(await refusal(file)).toContain('group1-shard2of2.bin');
  });

  it.each([
    ['no topology', { format: 'graph-model' }],
    ['no nodes', { format: 'graph-model', modelTopology: {}, weightsManifest: [] }],
    [
      'weights of text',
      {
        ...{ format: 'graph-model', modelTopology: { node: [] } },
        weightsManifest: [{ paths: [], weights: [{ name: 'a', shape: [1], dtype: 'string' }] }],
      },
    ],
  ])('a file with %s', async (_, json) => {
    expect(await refusal(site.write('model.json', Buffer.from(JSON.stringify(json))))).toContain(TF2ONNX);
  });
});
