// Generators of other tools become versions that are served: small graphs whose values are worked out by hand.

import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeProto, encodeProto, tensor } from '../../src/engine/onnx-proto.js';
import { float32 } from '../../src/engine/tensor.js';
import { encodeImage } from '../../src/images/image.js';
import { expectClose, floats, type Graph, input, integers, onnx, Site, step } from './graphs.js';

let site: Site;
beforeEach(async () => {
  site = await Site.open();
});
afterEach(() => site.close());

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** z [N, 12] → a picture of 2 × 2 pixels with three channels, by one operator and a Reshape. */
function generator(operator: string, shape: readonly number[], more: Partial<Graph> = {}): Graph {
  return {
    inputs: [input('noise', [-1, 12])],
    outputs: [input('picture', [-1, ...shape])],
    nodes: [step(operator, ['noise'], 'a'), step('Reshape', ['a', 'shape'], 'picture')],
    constants: { shape: integers(-1, ...shape) },
    ...more,
  };
}

/** image [N, 3, 2, 2] → the sum of its values, and what is made of it. */
function discriminator(...nodes: Graph['nodes']): Graph {
  return {
    inputs: [input('img', [-1, 3, 2, 2])],
    outputs: [input('validity', [-1, 1])],
    nodes: [step('Reshape', ['img', 'flat'], 'row'), step('MatMul', ['row', 'ones'], 'sum'), ...nodes],
    constants: { flat: integers(-1, 12), ones: floats([12, 1], new Array(12).fill(1)) },
  };
}
const AS_IT_IS = step('Identity', ['sum'], 'validity');

const twelve = Array.from({ length: 12 }, (_, i) => (i - 6) / 4);
const z = float32([1, 12], twelve);

describe('a generator', () => {
  it('with channels last is served with channels first, in the range of its last operator', async () => {
    const imported = await site.import(generator('Sigmoid', [2, 2, 3]));
    const { image } = await site.run(imported, 'generate', { z });
    expect(image!.shape).toEqual([1, 3, 2, 2]);
    const planes = [0, 1, 2].flatMap((channel) => [0, 1, 2, 3].map((pixel) => twelve[3 * pixel + channel]!));
    expectClose(image!, planes.map(sigmoid));
    const manifest = await site.manifest(imported);
    expect(manifest).toMatchObject({
      latent: { size: 12, prior: { kind: 'normal' } },
      image: { width: 2, height: 2, channels: 3, range: [0, 1] },
      license: 'CC0-1.0',
    });
    expect(Object.keys(manifest.files)).toContain('samples.png');
  });

  it('that is scaled after its last operator has the range that follows', async () => {
    const graph = generator('Tanh', [3, 2, 2], {
      nodes: [
        step('Tanh', ['noise'], 'a'),
        step('Mul', ['a', 'half'], 'b'),
        step('Add', ['b', 'half'], 'c'),
        step('Reshape', ['c', 'shape'], 'picture'),
      ],
      constants: { shape: integers(-1, 3, 2, 2), half: floats([], [0.5]) },
    });
    expect((await site.manifest(await site.import(graph))).image.range).toEqual([0, 1]);
  });

  it('with transparency lies on black', async () => {
    const graph: Graph = {
      inputs: [input('z', [-1, 16])],
      outputs: [input('rgba', [-1, 4, 2, 2])],
      nodes: [step('Sigmoid', ['z'], 'a'), step('Reshape', ['a', 'shape'], 'rgba')],
      constants: { shape: integers(-1, 4, 2, 2) },
    };
    const latent = Array.from({ length: 16 }, (_, i) => (i - 8) / 5);
    const { image } = await site.run(await site.import(graph), 'generate', { z: float32([1, 16], latent) });
    const wanted = latent.slice(0, 12).map((value, i) => sigmoid(value) * sigmoid(latent[12 + (i % 4)]!));
    expectClose(image!, wanted);
  });

  it('that was exported for one row serves as many as are asked for, where its nodes do', async () => {
    const graph = generator('Tanh', [3, 2, 2], { batch: 1 });
    const imported = await site.import(graph);
    expect(imported.decisions).toContainEqual(
      expect.objectContaining({ what: 'generator, batch', is: 'any number of rows at once' }),
    );
  });

  it('whose nodes were made for one row runs one row at a time', async () => {
    const graph = generator('Tanh', [3, 2, 2], { batch: 1, constants: { shape: integers(1, 3, 2, 2) } });
    const imported = await site.import(graph);
    expect(imported.decisions).toContainEqual(
      expect.objectContaining({ what: 'generator, batch', is: 'one row at a time' }),
    );
    const rows = float32([3, 12], [...twelve, ...twelve.map((x) => -x), ...twelve.map((x) => x / 2)]);
    const { image } = await site.run(imported, 'generate', { z: rows });
    expectClose(image!, [...rows.data].map(Number).map(Math.tanh));
  });

  it('that takes statistics of the batch is refused, with the way to export it', async () => {
    const graph = generator('Tanh', [3, 2, 2], {
      nodes: [
        step('ReduceMean', ['noise', 'rows'], 'mean'),
        step('Sub', ['noise', 'mean'], 'a'),
        step('Tanh', ['a'], 'b'),
        step('Reshape', ['b', 'shape'], 'picture'),
      ],
      constants: { shape: integers(-1, 3, 2, 2), rows: integers(0) },
    });
    await expect(site.import(graph)).rejects.toMatchObject({
      code: 'GRAPH_REFUSED',
      message: expect.stringContaining('call model.eval() before the export'),
    });
  });

  it('that gives the same for every latent is refused', async () => {
    const graph = generator('Tanh', [3, 2, 2], {
      nodes: [step('Mul', ['noise', 'zero'], 'a'), step('Reshape', ['a', 'shape'], 'picture')],
      constants: { shape: integers(-1, 3, 2, 2), zero: floats([], [0]) },
    });
    await expect(site.import(graph)).rejects.toMatchObject({ code: 'GRAPH_REFUSED' });
  });

  it('of which some samples are not finite is refused', async () => {
    const graph = generator('Sqrt', [3, 2, 2]);
    await expect(site.import(graph, { range: [0, 1] })).rejects.toMatchObject({
      code: 'GRAPH_REFUSED',
      message: expect.stringContaining('finite'),
    });
  });

  it('with several outputs is served by the largest, or the one that is named', async () => {
    const pyramid = generator('Tanh', [3, 2, 2], {
      outputs: [input('small', [-1, 3, 1, 1]), input('picture', [-1, 3, 2, 2])],
      nodes: [
        step('Tanh', ['noise'], 'a'),
        step('Reshape', ['a', 'shape'], 'picture'),
        step('GlobalAveragePool', ['picture'], 'small'),
      ],
    });
    expect((await site.manifest(await site.import(pyramid))).image).toMatchObject({ width: 2, height: 2 });
    await expect(site.import(pyramid, { output: 'medium' })).rejects.toThrow('--output');
  });

  it('needs a licence, which no graph tells, before anything else is done', async () => {
    await expect(site.import(generator('Tanh', [3, 2, 2]), { license: ' ' })).rejects.toMatchObject({
      code: 'IMPORT_UNDECIDED',
      details: { flag: '--license NAME' },
    });
  });

  it('is only looked at by a dry run', async () => {
    const sheet = join(site.folder, 'sheet.png');
    const { path } = await site.import(generator('Tanh', [3, 2, 2]), { dryRun: true, sheet });
    expect(path).toBeNull();
    expect((await readFile(sheet)).subarray(1, 4).toString()).toBe('PNG');
  });
});

describe('other inputs', () => {
  /** A table of a row for each class, added to z. */
  const conditional = (dtype: 'int64' | 'int32', shape: readonly number[]): Graph => ({
    inputs: [input('z', [-1, 12]), input('labels', shape, dtype)],
    outputs: [input('picture', [-1, 3, 2, 2])],
    nodes: [
      step('Gather', ['table', 'labels'], 'rows'),
      step('Reshape', ['rows', 'flat'], 'own'),
      step('Add', ['z', 'own'], 'a'),
      step('Tanh', ['a'], 'b'),
      step('Reshape', ['b', 'shape'], 'picture'),
    ],
    constants: {
      table: floats(
        [3, 12],
        Array.from({ length: 36 }, (_, i) => Math.floor(i / 12)),
      ),
      flat: integers(-1, 12),
      shape: integers(-1, 3, 2, 2),
    },
  });

  it('a class that is an index needs the number of classes, and the refusal names the flag', async () => {
    await expect(site.import(conditional('int64', [-1]))).rejects.toMatchObject({
      code: 'IMPORT_UNDECIDED',
      message: expect.stringMatching(/table has 3 rows.*--labels n/),
    });
  });

  it.each<['int64' | 'int32', readonly number[]]>([
    ['int64', [-1]],
    ['int32', [-1, 1]],
  ])('a class of %s %j is taken from one-hot rows', async (dtype, shape) => {
    const imported = await site.import(conditional(dtype, shape), { labels: '3' });
    expect((await site.manifest(imported)).labels).toEqual(['0', '1', '2']);
    const label = float32([1, 3], [0, 0, 1]);
    const { image } = await site.run(imported, 'generate', { z, label });
    expectClose(
      image!,
      twelve.map((value) => Math.tanh(value + 2)),
    );
  });

  it('names of classes come from a file, a line each', async () => {
    const file = join(site.folder, 'names.txt');
    await writeFile(file, 'cat\ndog\n\nowl\n');
    const imported = await site.import(conditional('int64', [-1]), { labels: file });
    expect((await site.manifest(imported)).labels).toEqual(['cat', 'dog', 'owl']);
  });

  it('more classes than the table has are refused', async () => {
    await expect(site.import(conditional('int64', [-1]), { labels: '4' })).rejects.toThrow('at most 3');
  });

  const scaled: Graph = generator('Tanh', [3, 2, 2], {
    inputs: [input('z', [-1, 12]), input('truncation_psi', [])],
    nodes: [
      step('Mul', ['z', 'truncation_psi'], 'a'),
      step('Tanh', ['a'], 'b'),
      step('Reshape', ['b', 'shape'], 'picture'),
    ],
  });

  it('a number whose value nobody knows is asked for by name', async () => {
    await expect(site.import(scaled)).rejects.toMatchObject({
      code: 'IMPORT_UNDECIDED',
      message: expect.stringContaining('--set truncation_psi=0.7'),
    });
  });

  it('a number that was said is always that', async () => {
    const imported = await site.import(scaled, { set: { truncation_psi: 0.5 } });
    const { image } = await site.run(imported, 'generate', { z });
    expectClose(
      image!,
      twelve.map((value) => Math.tanh(value / 2)),
    );
  });
});

describe('a discriminator', () => {
  const theirs = generator('Tanh', [3, 2, 2]);
  const pictures = float32([2, 12 / 4, 2, 2], [...twelve, ...twelve.map((x) => x / 3 + 0.5)]);
  const sums = [0, 1].map(
    (row) => [...pictures.data.slice(12 * row, 12 * row + 12)].reduce((a, b) => Number(a) + Number(b), 0) as number,
  );

  async function logits(d: Graph, options: Parameters<Site['import']>[1] = {}) {
    const imported = await site.import(theirs, { discriminator: await site.write('d.onnx', d), ...options });
    const { logit } = await site.run(imported, 'score', {
      image: { ...pictures, data: pictures.data.slice() } as typeof pictures,
    });
    const { graphs } = await site.manifest(imported);
    return { logit: logit!, densityRatio: graphs.score.densityRatio };
  }

  it('that ends in a sigmoid is served by what the sigmoid is taken of', async () => {
    const { logit, densityRatio } = await logits(discriminator(step('Sigmoid', ['sum'], 'validity')));
    expectClose(
      logit,
      sums.map((sum) => sum),
      5,
    );
    expect(densityRatio).toBe('logit');
  });

  it('whose probability comes of something else is served as ln p/(1 − p)', async () => {
    const d = discriminator(step('HardSigmoid', ['sum'], 'validity'));
    const { logit } = await logits(d, { score: 'probability' });
    const p = 0.2 * sums[0]! + 0.5;
    expectClose(logit, [Math.log(p / (1 - p))], 4);
    expect(Number(logit.data[1])).toBeGreaterThan(15); // p = 1, and still a number
  });

  it('that ends in neither is a critic, from which no probability follows, unless something else is said', async () => {
    expect(await logits(discriminator(AS_IT_IS))).toMatchObject({ densityRatio: 'none' });
    expect(await logits(discriminator(AS_IT_IS), { score: 'logit' })).toMatchObject({ densityRatio: 'logit' });
  });

  it('that scores what is real low is turned round', async () => {
    const { logit } = await logits(discriminator(AS_IT_IS), { real: 'low' });
    expectClose(
      logit,
      sums.map((sum) => -sum),
      5,
    );
  });

  it('is found to be the wrong way round by real examples', async () => {
    // Samples of a normal prior through tanh have a mean of 0, and these are all but white.
    const examples = join(site.folder, 'examples');
    await mkdir(examples);
    for (let i = 0; i < 8; i++) {
      const pixels = { width: 2, height: 2, channels: 3, data: new Uint8Array(12).fill(240 + i) } as const;
      await writeFile(join(examples, `${i}.png`), await encodeImage(pixels, { format: 'png' }));
    }
    const turned = discriminator(step('Neg', ['sum'], 'validity'));
    await expect(logits(turned, { examples })).rejects.toMatchObject({
      code: 'IMPORT_UNDECIDED',
      message: expect.stringContaining('--real low'),
    });
    const { logit } = await logits(turned, { examples, real: 'low' });
    expectClose(logit, sums, 5);
    await logits(discriminator(AS_IT_IS), { examples });
  });

  it('is shown images in the range on which it was trained', async () => {
    const { logit } = await logits(discriminator(AS_IT_IS), { dRange: [0, 255] });
    expectClose(
      logit,
      sums.map((sum) => 127.5 * (sum + 12)),
      2,
    );
  });

  it('with a second output is served by the one of one number', async () => {
    const d = discriminator(AS_IT_IS);
    const both = {
      ...d,
      outputs: [input('features', [-1, 12]), ...d.outputs],
      nodes: [...d.nodes, step('Identity', ['row'], 'features')],
    };
    const { logit } = await logits(both);
    expectClose(
      logit,
      sums.map((sum) => sum),
      5,
    );
  });

  it('of other images than the generator makes is refused', async () => {
    const other: Graph = {
      inputs: [input('img', [-1, 3, 4, 4])],
      outputs: [input('validity', [-1, 3, 1, 1])],
      nodes: [step('GlobalAveragePool', ['img'], 'validity')],
    };
    await expect(logits(other)).rejects.toMatchObject({ code: 'GRAPH_REFUSED' });
  });
});

it('an encoder is served from images to latents', async () => {
  const encoder: Graph = {
    inputs: [input('image', [-1, 3, 2, 2])],
    outputs: [input('logvar', [-1, 12]), input('mu', [-1, 12])],
    nodes: [
      step('Reshape', ['image', 'flat'], 'row'),
      step('Mul', ['row', 'two'], 'mu'),
      step('Neg', ['row'], 'logvar'),
    ],
    constants: { flat: integers(-1, 12), two: floats([], [2]) },
  };
  const imported = await site.import(generator('Tanh', [3, 2, 2]), { encoder: await site.write('e.onnx', encoder) });
  const result = await site.run(imported, 'encode', { image: float32([1, 3, 2, 2], twelve) });
  expect([...result['z']!.data].map(Number)).toEqual(twelve.map((value) => 2 * value));
});

describe('weights in files of their own', () => {
  /** z times a diagonal that lies in a file. */
  function outside(location: string): Uint8Array {
    const graph = generator('Tanh', [3, 2, 2], {
      nodes: [
        step('Mul', ['noise', 'scale'], 'a'),
        step('Tanh', ['a'], 'b'),
        step('Reshape', ['b', 'shape'], 'picture'),
      ],
      constants: { shape: integers(-1, 3, 2, 2), scale: floats([12], new Array(12).fill(1)) },
    });
    const model = decodeProto(onnx(graph));
    model.graph.initializer = model.graph.initializer.map((each) =>
      each.name === 'scale'
        ? tensor({
            name: 'scale',
            dims: [12],
            dataType: 1,
            dataLocation: 1,
            externalData: [
              { key: 'location', value: location },
              { key: 'offset', value: '4' },
            ],
          })
        : each,
    );
    return encodeProto(model);
  }
  const bytes = new Uint8Array(Float32Array.from([9, ...new Array(12).fill(0.5)]).buffer);

  it('beside the model are brought in', async () => {
    await writeFile(join(site.folder, 'weights.bin'), bytes);
    const imported = await site.import(outside('weights.bin'));
    const { image } = await site.run(imported, 'generate', { z });
    expectClose(
      image!,
      twelve.map((value) => Math.tanh(value / 2)),
    );
  });

  it.each(['../secret.bin', '/etc/hostname', 'link.bin', 'gone.bin', 'short.bin'])(
    'at %s are not read',
    async (location) => {
      await mkdir(join(site.folder, 'model'));
      await writeFile(join(site.folder, 'secret.bin'), bytes);
      await writeFile(join(site.folder, 'model', 'short.bin'), bytes.subarray(0, 40));
      await symlink('../secret.bin', join(site.folder, 'model', 'link.bin'));
      const path = await site.write('model/g.onnx', outside(location));
      await expect(site.importFile(path)).rejects.toMatchObject({ code: 'GRAPH_REFUSED' });
    },
  );
});

it.each([
  ['model.pt', 'torch.onnx.export'],
  ['model.h5', 'tf2onnx'],
])('%s is refused unread, with the way to an ONNX file', async (name, way) => {
  await expect(site.importFile(join(site.folder, name))).rejects.toMatchObject({
    code: 'GRAPH_REFUSED',
    message: expect.stringContaining(way),
  });
});

it('bytes that are no model are refused', async () => {
  await expect(site.import(Buffer.from('no model at all'))).rejects.toMatchObject({ code: 'GRAPH_REFUSED' });
});
