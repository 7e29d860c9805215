// Directions of real checkpoints on the real engine: those of the tiny GANs, whose layers are known.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cutAt, operationsOf } from '../../src/engine/cut.js';
import { Engine } from '../../src/engine/engine.js';
import { encodeModel, type OnnxNode } from '../../src/engine/onnx.js';
import { float32 } from '../../src/engine/tensor.js';
import { findDirections } from '../../src/models/directions.js';
import { firstLayerOf } from '../../src/models/first-layer.js';
import { factorised } from '../../src/models/principal.js';
import { ModelRepository } from '../../src/models/repository.js';
import { writeTinyGan } from '../server/tiny-gan.js';
import { LATENT, tinyLayer } from '../server/tiny-graphs.js';
import { manifestOf } from './checkpoints.js';

let root = '';
let engine: Engine;
let repository: ModelRepository;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ganymede-directions-'));
  for (const model of ['tiny', 'letters', 'ring']) await writeTinyGan(root, { model });
  engine = await Engine.start({ workers: 1, threadsPerWorker: 1 });
  repository = await ModelRepository.open(root, engine);
});
afterAll(async () => {
  await repository.close();
  await engine.close();
  await rm(root, { recursive: true, force: true });
});

const unit = (i: number) => new Float32Array(LATENT).fill(1, i, i + 1);
const layerOf = (example: 'image' | 'point') => {
  const rows = Array.from({ length: LATENT }, (_, i) => [...tinyLayer(unit(i), example)]);
  return { count: LATENT, data: Float32Array.from(rows.flat()) };
};

/** A generator of these nodes; `weights` is the identity of two dimensions. */
function onnxOf(nodes: readonly OnnxNode[], output: string): Uint8Array {
  return encodeModel({
    name: 'generate',
    nodes,
    inputs: [{ name: 'z', dtype: 'float32', shape: [-1, 2] }],
    outputs: [{ name: output, dtype: 'float32', shape: [-1, 2] }],
    initializers: new Map([
      ['weights', float32([2, 2], [1, 0, 0, 1])],
      ['unused', float32([2], [1, 1])],
    ]),
  });
}

const node = (op: string, inputs: string[], output: string): OnnxNode => ({
  op,
  inputs,
  outputs: [output],
  attributes: {},
});

describe('directions of a checkpoint', () => {
  test.each([
    ['tiny', 'image'],
    ['letters', 'image'],
    ['ring', 'point'],
  ] as const)('by factorisation of %s are those of its first layer, whatever the class', async (name, example) => {
    const found = await repository.get(name).directions('factorised');
    const wanted = factorised(layerOf(example), LATENT);
    expect(found).toHaveLength(wanted.length);
    for (const [k, { vector, eigenvalue }] of wanted.entries()) {
      expect(found[k]!.eigenvalue / eigenvalue).toBeCloseTo(1, 4);
      vector.forEach((value, i) => {
        expect(found[k]!.vector[i]).toBeCloseTo(value, 3);
      });
    }
  });

  test.each(['tiny', 'letters', 'ring'])('by principal components of %s are as many as z has numbers', async (name) => {
    const found = await repository.get(name).directions('pca');
    expect(found).toHaveLength(name === 'ring' ? 2 : LATENT); // points of the ring have two coordinates
    for (const { vector } of found) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  });

  test('are found once', async () => {
    const model = repository.get('tiny');
    expect(await model.directions('factorised')).toBe(await model.directions('factorised'));
  });

  test('are refused once the version is released', async () => {
    const another = await ModelRepository.open(root, engine);
    const model = another.get('tiny');
    await another.close();
    await expect(model.directions('pca')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});

describe('a generator', () => {
  const find = (onnx: Uint8Array, size = 2) => {
    const manifest = manifestOf('odd', 1, { 'generate.onnx': '' });
    const source = { manifest: { ...manifest, latent: { ...manifest.latent, size } }, onnx, engine };
    return findDirections('factorised', { ...source, signal: new AbortController().signal });
  };

  test('whose z is multiplied by nothing is refused', async () => {
    const onnx = onnxOf([node('Tanh', ['z'], 'image')], 'image');
    await expect(find(onnx)).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
      message: expect.stringMatching(/a layer that multiplies z by weights but received none/),
    });
  });

  test('whose first layer is not linear in z is refused, as one that normalises z before', async () => {
    const nodes = [node('Tanh', ['z'], 'bent'), node('MatMul', ['bent', 'weights'], 'image')];
    await expect(find(onnxOf(nodes, 'image'))).rejects.toMatchObject({
      code: 'CAPABILITY_MISSING',
      message: expect.stringMatching(/linear in z/),
    });
  });

  test('of a very long latent is refused', async () => {
    await expect(find(new Uint8Array(), 513)).rejects.toThrow(
      /a latent of at most 512 numbers but received one of 513/,
    );
  });

  test('that does not come to an end of its layers has its activations behind the first nonlinearity', () => {
    const nodes = [
      node('Identity', ['z'], 'same'),
      node('MatMul', ['same', 'weights'], 'layer'),
      node('Add', ['layer', 'unused'], 'shifted'),
      node('Relu', ['shifted'], 'activations'),
      node('Tanh', ['activations'], 'image'),
    ];
    expect(firstLayerOf(onnxOf(nodes, 'image'))).toEqual({ output: 'layer', activations: 'activations' });
    expect(firstLayerOf(onnxOf(nodes.slice(0, 2), 'layer'))).toEqual({ output: 'layer', activations: 'layer' });
  });
});

describe('a graph cut off at a tensor', () => {
  test('has what the tensor needs and no more', async () => {
    const nodes = [
      node('MatMul', ['z', 'weights'], 'layer'),
      node('Add', ['layer', 'unused'], 'shifted'),
      node('Relu', ['shifted'], 'image'),
    ];
    const cut = cutAt(onnxOf(nodes, 'image'), 'layer');
    expect(operationsOf(cut).map(({ operator }) => operator)).toEqual(['MatMul', 'Cast']);
    expect(Buffer.from(cut).includes('unused')).toBe(false);
    const graph = await engine.load('cut', cut);
    const outputs = await graph.run({ z: float32([1, 2], [3, 4]) });
    expect(Array.from(Object.values(outputs)[0]!.data, Number)).toEqual([3, 4]);
    await graph.release();
  });
});
