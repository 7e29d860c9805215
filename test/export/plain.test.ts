// The graphs of the shipped models, exported: what they give is what the served ones give, and no file holds what
// others stumble over.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHIPPED_CHECKPOINTS } from '../../src/config.js';
import { Engine } from '../../src/engine/engine.js';
import { decodeProto, type Model } from '../../src/engine/onnx-proto.js';
import { openVersion } from '../../src/models/activate.js';
import type { Capability } from '../../src/models/capabilities.js';
import { warmUpFeeds } from '../../src/models/warm-up.js';
import { exported, SHIPPED, withFolder } from './exported.js';

const FLOAT16 = 10;

let engine: Engine;
beforeAll(async () => {
  engine = await Engine.start();
});
afterAll(() => engine.close());

interface Written {
  readonly graph: Capability;
  readonly onnx: Uint8Array;
  readonly model: Model;
}

function written(name: string): Promise<Written[]> {
  return withFolder(async (folder) => {
    const out = join(folder, 'graphs');
    const { graphs } = await exported(name, 'onnx', out);
    return Promise.all(
      graphs.map(async ({ capability }) => {
        const onnx = await readFile(join(out, `${capability}.onnx`));
        return { graph: capability, onnx, model: decodeProto(onnx) };
      }),
    );
  });
}

describe.each(SHIPPED)('%s, exported', (name) => {
  let files: Written[];
  beforeAll(async () => {
    files = await written(name);
  });

  it('gives what is served: to the bit, but where an operator is written out, within 10⁻⁶ of the largest number', async () => {
    const checkpoint = await openVersion([SHIPPED_CHECKPOINTS], name);
    for (const { graph, onnx } of files) {
      const bytes = await checkpoint.graph(graph);
      const hasAsinh = decodeProto(bytes).graph.node.some(({ opType }) => opType === 'Asinh');
      const [served, plain] = [await engine.load('served', bytes), await engine.load('plain', onnx)];
      const rows = [5, 6, 7, 8, 9];
      const wanted = await served.run(warmUpFeeds(served, checkpoint.manifest, rows));
      const given = await plain.run(warmUpFeeds(plain, checkpoint.manifest, rows));
      for (const [output, { shape, data }] of Object.entries(wanted)) {
        const [a, b] = [[...data].map(Number), [...given[output]!.data].map(Number)];
        const most = Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
        expect(given[output]!.shape).toEqual(shape);
        expect(most / Math.max(1, ...a.map(Math.abs)), `${graph}, ${output}`).toBeLessThanOrEqual(hasAsinh ? 1e-6 : 0);
      }
      await Promise.all([served.release(), plain.release()]);
    }
  });

  it('has no casts, no halves, and asks nowhere for the number of rows', () => {
    for (const { model } of files) {
      const operators = model.graph.node.map(({ opType }) => opType);
      expect(operators.filter((each) => ['Cast', 'Shape', 'Expand', 'Identity'].includes(each))).toEqual([]);
      expect(model.graph.initializer.filter(({ dataType }) => dataType === FLOAT16)).toEqual([]);
    }
  });

  it('names each node once, after its layer, and no weight alike', () => {
    for (const { model } of files) {
      const nodes = model.graph.node.map((each) => each.name);
      const weights = model.graph.initializer.map((each) => each.name);
      expect(new Set([...nodes, ...weights]).size).toBe(nodes.length + weights.length);
      expect(
        nodes.every((each) => /^[a-z][\w/]*\/[A-Z]\w*$/.test(each)),
        nodes.join(', '),
      ).toBe(true);
    }
  });

  it('says of itself what one has to know', async () => {
    const { manifest } = await openVersion([SHIPPED_CHECKPOINTS], name);
    for (const { graph, model } of files) {
      const facts = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
      expect(facts).toMatchObject({ model: name, version: `${manifest.version}`, graph, license: manifest.license });
      expect(facts['title']).toBe(manifest.title);
      expect(JSON.parse(facts['prior']!)).toEqual(manifest.latent.prior);
      expect(JSON.parse(facts['latent_size']!)).toBe(manifest.latent.size);
      expect(facts['labels'] === undefined ? undefined : JSON.parse(facts['labels'])).toEqual(manifest.labels);
      const about = JSON.parse(facts['image'] ?? facts['point']!);
      expect(about).toEqual(manifest.image ?? manifest.point);
      for (const port of [...model.graph.input, ...model.graph.output]) expect(port.docString).toMatch(/\[N/);
    }
  });
});

it('a layer’s name tells what it does', async () => {
  const [generate] = await written('mnist-conditional');
  const nodes = generate!.model.graph.node.map(({ name }) => name);
  expect(nodes).toEqual(
    [
      ...[
        'label/MatMul',
        'label/Concat',
        'dense/MatMul',
        'dense/Add',
        'dense/Reshape',
        'dense/norm/Mul',
        'dense/norm/Add',
      ],
      ...['dense/norm/Relu', 'deconv1/ConvTranspose', 'deconv1/Add', 'deconv1/norm/Mul', 'deconv1/norm/Add'],
      ...['deconv1/norm/Relu', 'image/ConvTranspose', 'image/Add', 'image/Tanh'],
    ].map((each) => `generator/${each}`),
  );
});
