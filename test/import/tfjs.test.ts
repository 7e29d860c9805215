// Layers models of TensorFlow.js, against TensorFlow.js itself on its plain CPU backend.

import '@tensorflow/tfjs-backend-cpu';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as layers from '@tensorflow/tfjs-layers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { float32 } from '../../src/engine/tensor.js';
import * as tf from '../../src/engine/tf.js';
import { expectClose, Site } from './graphs.js';

let site: Site;
beforeEach(async () => {
  site = await Site.open();
  tf.setBackend('cpu');
});
afterEach(() => site.close());

/** As the tutorials have it: dense, normalised, then two transposed convolutions. */
function generator(): layers.Sequential {
  const model = layers.sequential();
  model.add(layers.layers.dense({ units: 4 * 4 * 6, inputShape: [10], useBias: false }));
  model.add(layers.layers.batchNormalization());
  model.add(layers.layers.leakyReLU({ alpha: 0.2 }));
  model.add(layers.layers.reshape({ targetShape: [4, 4, 6] }));
  model.add(layers.layers.dropout({ rate: 0.3 }));
  model.add(
    layers.layers.conv2dTranspose({ filters: 5, kernelSize: 5, strides: 2, padding: 'same', activation: 'relu' }),
  );
  model.add(
    layers.layers.conv2dTranspose({ filters: 3, kernelSize: 5, strides: 2, padding: 'same', activation: 'tanh' }),
  );
  // Statistics as training leaves them, which are neither 0 nor 1.
  model.setWeights(
    model.getWeights().map((weight, i) => tf.abs(tf.randomNormal(weight.shape, 0.1, 0.3, 'float32', i + 1))),
  );
  return model;
}

async function save(model: layers.Sequential, name: string): Promise<string> {
  const folder = join(site.folder, name);
  await mkdir(folder);
  const handler = tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
    const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
    await writeFile(
      join(folder, 'model.json'),
      JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest }),
    );
    await writeFile(join(folder, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer));
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  });
  await model.save(handler);
  return join(folder, 'model.json');
}

it('a generator gives what TensorFlow.js gives for it', async () => {
  const model = generator();
  const imported = await site.importFile(await save(model, 'generator'));
  const z = Float32Array.from({ length: 20 }, (_, i) => Math.sin(0.37 * i));
  tf.setBackend('cpu');
  const wanted = tf.transpose(model.predict(tf.tensor2d(z, [2, 10])) as tf.Tensor, [0, 3, 1, 2]);
  const { image } = await site.run(imported, 'generate', { z: float32([2, 10], z) });
  expect(image!.shape).toEqual([2, 3, 16, 16]);
  expectClose(image!, [...wanted.dataSync()], 5);
});

it('weights outside its folder are not read', async () => {
  const file = await save(generator(), 'generator');
  const topology = {
    format: 'layers-model',
    modelTopology: {},
    weightsManifest: [{ paths: ['../secret.bin'], weights: [] }],
  };
  await writeFile(join(site.folder, 'secret.bin'), 'secret');
  await writeFile(file, JSON.stringify(topology));
  await expect(site.importFile(file)).rejects.toMatchObject({
    code: 'GRAPH_REFUSED',
    message: expect.stringContaining('leads out of it'),
  });
});

it('weights of another size than the file lists are refused', async () => {
  const file = await save(generator(), 'generator');
  await appendFile(join(dirname(file), 'weights.bin'), 'more');
  await expect(site.importFile(file)).rejects.toMatchObject({
    code: 'GRAPH_REFUSED',
    message: expect.stringMatching(/bytes of weights, as .* lists them but received/),
  });
});
