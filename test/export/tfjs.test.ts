// Graph models of TensorFlow.js that `export --for tfjs` writes, loaded by TensorFlow.js itself and held against the
// served graphs; and what cannot be said so.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHIPPED_CHECKPOINTS } from '../../src/config.js';
import { Engine } from '../../src/engine/engine.js';
import * as tf from '../../src/engine/tf.js';
import '@tensorflow/tfjs-backend-cpu';
import type { HostTensors } from '../../src/engine/tensor.js';
import { openVersion } from '../../src/models/activate.js';
import type { Capability } from '../../src/models/capabilities.js';
import { warmUpFeeds } from '../../src/models/warm-up.js';
import { exported, SHIPPED, withFolder } from './exported.js';

/** Of 1, or of the largest number that an output has. */
const TOLERANCE = 1e-5;

let engine: Engine;
beforeAll(async () => {
  await tf.setBackend('cpu');
  engine = await Engine.start();
});
afterAll(() => engine.close());

interface ModelJson {
  readonly modelTopology: object;
  readonly userDefinedMetadata: Record<string, unknown>;
  readonly signature: Record<'inputs' | 'outputs', Record<string, { readonly name: string }>>;
  readonly weightsManifest: readonly [
    { readonly paths: readonly [string]; readonly weights: tf.io.WeightsManifestEntry[] },
  ];
}

async function opened(folder: string) {
  const json = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as ModelJson;
  const [{ paths, weights: weightSpecs }] = json.weightsManifest;
  const weightData = new Uint8Array(await readFile(join(folder, paths[0]))).buffer;
  const load = async () => ({ modelTopology: json.modelTopology, weightSpecs, weightData });
  return { json, model: await loadGraphModel({ load }) };
}

/** What it gives, by name. */
function run({ json, model }: Awaited<ReturnType<typeof opened>>, feeds: HostTensors) {
  const inputs = Object.entries(feeds).map(([name, { data, shape }]) => {
    return [json.signature.inputs[name]!.name.replace(/:0$/, ''), tf.tensor(data as Float32Array, [...shape])];
  });
  const names = Object.keys(json.signature.outputs);
  const results = model.execute(
    Object.fromEntries(inputs) as tf.NamedTensorMap,
    names.map((name) => json.signature.outputs[name]!.name),
  );
  return new Map([results].flat().map((result, i) => [names[i]!, result]));
}

describe.each(SHIPPED)('%s in TensorFlow.js', (name) => {
  it('gives what is served, graph by graph, within 10⁻⁵', { timeout: 60_000 }, async () => {
    const checkpoint = await openVersion([SHIPPED_CHECKPOINTS], name);
    await withFolder(async (folder) => {
      const { graphs } = await exported(name, 'tfjs', join(folder, name));
      for (const { capability } of graphs) {
        const served = await engine.load(capability, await checkpoint.graph(capability));
        const feeds = () => warmUpFeeds(served, checkpoint.manifest, [3, 4]);
        const page = await opened(join(folder, name, capability));
        const given = run(page, feeds());
        for (const [output, { data, shape }] of Object.entries(await served.run(feeds()))) {
          const result = given.get(output)!;
          const [a, b] = [[...data].map(Number), [...result.dataSync()]];
          expect(result.shape).toEqual(shape);
          const most = Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
          expect(most / Math.max(1, ...a.map(Math.abs)), `${capability}, ${output}`).toBeLessThan(TOLERANCE);
        }
        expect(page.json.userDefinedMetadata).toMatchObject({ model: name, license: checkpoint.manifest.license });
        await served.release();
      }
    });
  });
});

it('takes any number of rows', async () => {
  await withFolder(async (folder) => {
    const { manifest } = await exported('glyphs', 'tfjs', join(folder, 'glyphs'));
    const page = await opened(join(folder, 'glyphs', 'generate' satisfies Capability));
    const rows = (count: number) => {
      const feeds = warmUpFeeds(
        { inputs: INPUTS },
        manifest,
        Array.from({ length: count }, (_, i) => i),
      );
      return run(page, feeds).get('image')!;
    };
    expect([1, 5].map((count) => rows(count).shape)).toEqual([1, 5].map((count) => [count, 1, 28, 28]));
    expect([...rows(5).dataSync()].slice(0, 784)).toEqual([...rows(1).dataSync()]);
  });
});

const INPUTS = {
  z: { dtype: 'float32', shape: [-1, 64] },
  label: { dtype: 'float32', shape: [-1, 36] },
} as const;
