// Mixed styles: of "styled", which is told of no class, and of "whole", which is. Of both each pair of rows of an image
// follows the style of a layer of its own, so the rows of a mix are those of the images of its sources.

import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { fromBase64 } from '../../src/base64.js';
import { labelFromSeed } from '../../src/models/labels.js';
import { latent } from '../../src/models/latent.js';
import { useServer } from '../server/harness.js';
import { TINY_LABELS } from '../server/tiny-gan.js';
import {
  CLASSES,
  HEIGHT,
  LATENT,
  LAYERS,
  STYLE,
  tinyImage,
  tinyStyles,
  tinySynthesis,
  WIDTH,
} from '../server/tiny-graphs.js';

const server = useServer({ models: ['styled', 'whole'] });

const PRIOR = { kind: 'uniform', low: -2, high: 2 } as const;
const zOf = (seed: number) => latent(seed, LATENT, PRIOR);
/** Pixels of an image that follow one layer. */
const ROWS = (HEIGHT / LAYERS) * WIDTH;
const rowsOf = (image: Float32Array, layer: number) => [...image.slice(layer * ROWS, (layer + 1) * ROWS)];

const mix = (args: string, fields = 'tensor { data }', model = 'styled') =>
  `{ mixStyles(model: "${model}", ${args}) { ${fields} } }`;
const gridOf = (args: string, fields = 'dataUri', model = 'styled') =>
  `{ mixStylesGrid(model: "${model}", ${args}) { ${fields} } }`;

async function made(args: string, model = 'styled'): Promise<number[]> {
  const { data, errors } = await server.current.query(mix(args, 'tensor { data }', model));
  expect(errors).toBeUndefined();
  return [...fromBase64(data.mixStyles.tensor.data)!];
}

function expectClose(received: readonly number[], wanted: readonly number[]): void {
  expect(received).toHaveLength(wanted.length);
  received.forEach((value, i) => {
    expect(value, `at ${i}`).toBeCloseTo(wanted[i]!, 5);
  });
}

function bytesOf(dataUri: string): Buffer {
  return Buffer.from(dataUri.slice(dataUri.indexOf(',') + 1), 'base64');
}

async function fetched(address: string) {
  const { pathname, search } = new URL(address);
  return server.current.app.inject({ method: 'GET', url: pathname + search });
}

describe('Model.styles', () => {
  test('says how many layers there are and how long their styles, and nothing of a model without', async () => {
    const { data } = await server.current.query<Record<'styled' | 'tiny', { styles: unknown; capabilities: string[] }>>(
      '{ styled: model(name: "styled") { styles { layers size } capabilities } tiny: model(name: "tiny") { styles { layers } capabilities } }',
    );
    expect(data.styled).toEqual({
      styles: { layers: LAYERS, size: STYLE },
      capabilities: ['generate', 'map', 'synthesize'],
    });
    expect(data.tiny.styles).toBeNull();
  });
});

describe('mixStyles', () => {
  test('of one sample is that sample', async () => {
    expectClose(await made('styles: [{ seed: 3 }]'), [...tinyImage(zOf(3))]);
  });

  test('takes each layer from the last sample that names it', async () => {
    const [base, coarse, fine] = [tinyImage(zOf(1)), tinyImage(zOf(2)), tinyImage(zOf(7))];
    expectClose(await made('styles: [{ seed: 1 }, { seed: 2, layers: [0] }]'), [
      ...rowsOf(coarse, 0),
      ...rowsOf(base, 1),
      ...rowsOf(base, 2),
    ]);
    expectClose(await made('styles: [{ seed: 1 }, { seed: 2, layers: [0, 2] }, { seed: 7, layers: 2 }]'), [
      ...rowsOf(coarse, 0),
      ...rowsOf(base, 1),
      ...rowsOf(fine, 2),
    ]);
  });

  test('takes explicit latents, and says whose styles each layer has', async () => {
    const { data, errors } = await server.current.query(
      mix(
        'styles: [{ z: [1, 0, -1, 0.5], layers: [2] }, { seed: 4, layers: [0, 1] }]',
        'sources { seed label layers } tensor { shape data }',
      ),
    );
    expect(errors).toBeUndefined();
    expect(data.mixStyles.sources).toEqual([
      { seed: 4, label: null, layers: [0, 1] },
      { seed: null, label: null, layers: [2] },
    ]);
    expect(data.mixStyles.tensor.shape).toEqual([1, HEIGHT, WIDTH]);
    expectClose(
      [...fromBase64(data.mixStyles.tensor.data)!].slice(2 * ROWS),
      rowsOf(tinyImage(Float32Array.of(1, 0, -1, 0.5)), 2),
    );
  });

  test('tells each sample of its own class, or of that of its seed', async () => {
    const { data, errors } = await server.current.query(
      mix(
        'styles: [{ seed: 3 }, { seed: 3, label: "gamma", layers: [1] }]',
        'sources { label } tensor { data }',
        'whole',
      ),
    );
    expect(errors).toBeUndefined();
    const own = labelFromSeed(3, CLASSES);
    expect(data.mixStyles.sources).toEqual([{ label: TINY_LABELS[own] }, { label: 'gamma' }]);
    const [base, other] = [tinyImage(zOf(3), own), tinyImage(zOf(3), 2)];
    expectClose(
      [...fromBase64(data.mixStyles.tensor.data)!],
      [...rowsOf(base, 0), ...rowsOf(other, 1), ...rowsOf(base, 2)],
    );
  });

  test('takes mixtures of classes', async () => {
    const half = 'labels: [{ label: "alpha", weight: 1 }, { label: "beta", weight: 1 }]';
    expectClose(await made(`styles: [{ seed: 3, ${half} }]`, 'whole'), [
      ...tinyImage(zOf(3), Float32Array.of(0.5, 0.5, 0)),
    ]);
  });

  test('draws styles toward the mean of their class', async () => {
    const label = 2;
    const mean = new Float64Array(LAYERS * STYLE);
    for (let seed = 0; seed < 1024; seed++)
      for (const [i, value] of tinyStyles(zOf(seed), label).entries()) mean[i]! += value / 1024;
    const wanted = (truncation: number) =>
      tinySynthesis(tinyStyles(zOf(9), label).map((value, i) => mean[i]! + truncation * (value - mean[i]!)));
    for (const truncation of [0, 0.3, 1]) {
      const args = `styles: [{ seed: 9, label: "gamma" }], truncation: ${truncation}`;
      expectClose(await made(args, 'whole'), [...wanted(truncation)]);
    }
    expectClose([...wanted(1)], [...tinyImage(zOf(9), label)]);
  });

  test('draws toward more means at once than a queue has room for', async () => {
    const source = (weight: number) =>
      `{ seed: 1, labels: [{ label: "alpha", weight: 1 }, { label: "beta", weight: ${weight} }] }`;
    const columns = Array.from({ length: 9 }, (_, i) => source(i + 1)).join(' ');
    const { data, errors } = await server.current.query(
      gridOf(`rows: { seed: 1 }, columns: [${columns}], truncation: 0.5`, 'bytes', 'whole'),
    );
    expect(errors).toBeUndefined();
    expect(data.mixStylesGrid.bytes).toBeGreaterThan(0);
  });

  test('gives an address under which lie the same bytes, for ever', async () => {
    const { data } = await server.current.query(
      mix(
        'styles: [{ seed: 1 }, { seed: 2, layers: [0] }], truncation: 0.5',
        'image(size: 12) { url dataUri width height }',
      ),
    );
    const { url, dataUri, width, height } = data.mixStyles.image;
    expect(new URL(url).pathname + new URL(url).search).toBe(
      '/images/styled/1/mix.png?sources=2,1&layers=0,1,1&truncation=0.5&size=12',
    );
    expect([width, height]).toEqual([16, 12]);
    const reply = await fetched(url);
    expect(reply.headers['cache-control']).toContain('immutable');
    expect(reply.rawPayload.equals(bytesOf(dataUri))).toBe(true);
  });

  test('makes one batch of each graph of several mixes', async () => {
    await server.current.repository.get('styled').load();
    server.current.engine.forget();
    const one = (seed: number) =>
      `m${seed}: mixStyles(model: "styled", styles: [{ seed: ${seed} }]) { tensor { data } }`;
    await server.current.query(`{ ${[1, 2, 3].map(one).join(' ')} }`);
    const rows = (graph: string) => server.current.engine.runs.filter((run) => run.graph === graph);
    expect(rows('synthesize').reduce((sum, run) => sum + run.rows, 0)).toBe(3);
    expect(rows('map').reduce((sum, run) => sum + run.rows, 0)).toBe(3);
    expect(rows('synthesize').length).toBeLessThan(3);
  });
});

describe('mixStyles refuses', () => {
  test.each([
    ['a model without styles', 'styles: [{ seed: 1 }]', 'tiny', 'CAPABILITY_MISSING', /to have the graph "map"/],
    ['no styles', 'styles: []', 'styled', 'BAD_USER_INPUT', /Expected 1 to 64 styles but received 0/],
    [
      'neither seed nor z',
      'styles: [{ layers: [0] }]',
      'styled',
      'BAD_USER_INPUT',
      /styles\[0\] to have exactly one of seed and z but received "neither"/,
    ],
    ['both', 'styles: [{ seed: 1, z: [0, 0, 0, 0] }]', 'styled', 'BAD_USER_INPUT', /but received "both"/],
    ['a seed out of range', 'styles: [{ seed: -1 }]', 'styled', 'BAD_USER_INPUT', /styles\[0\].seed to be an integer/],
    [
      'a z of another length',
      'styles: [{ z: [1] }]',
      'styled',
      'INVALID_LATENT',
      /styles\[0\].z: Expected a latent of 4 values/,
    ],
    [
      'a layer that there is not',
      'styles: [{ seed: 1 }, { seed: 2, layers: [3] }]',
      'styled',
      'BAD_USER_INPUT',
      /styles\[1\].layers to be integers in \[0, 2\], as the model has 3 layers, but received 3/,
    ],
    [
      'a layer below 0',
      'styles: [{ seed: 1 }, { seed: 2, layers: [-1] }]',
      'styled',
      'BAD_USER_INPUT',
      /but received -1/,
    ],
    [
      'a layer twice',
      'styles: [{ seed: 1 }, { seed: 2, layers: [1, 1] }]',
      'styled',
      'BAD_USER_INPUT',
      /different layers but received "1 twice"/,
    ],
    [
      'an empty list of layers',
      'styles: [{ seed: 1 }, { seed: 2, layers: [] }]',
      'styled',
      'BAD_USER_INPUT',
      /to name a layer, or to be left out/,
    ],
    [
      'a layer that nobody names',
      'styles: [{ seed: 1, layers: [0, 2] }]',
      'styled',
      'BAD_USER_INPUT',
      /styles for each of the layers 0 to 2 but received "none for layer 1"/,
    ],
    [
      'a sample that is left no layer',
      'styles: [{ seed: 1 }, { seed: 2 }]',
      'styled',
      'BAD_USER_INPUT',
      /styles\[0\] to keep a layer/,
    ],
    [
      'a truncation above 1',
      'styles: [{ seed: 1 }], truncation: 1.5',
      'styled',
      'BAD_USER_INPUT',
      /truncation in \[0, 1\]/,
    ],
    ['a class of a model without', 'styles: [{ seed: 1, label: "beta" }]', 'styled', 'BAD_USER_INPUT', /no label/],
    [
      'an unknown class',
      'styles: [{ seed: 1, label: "delta" }]',
      'whole',
      'BAD_USER_INPUT',
      /a class of whole as label/,
    ],
    [
      'a z without a class where there are classes',
      'styles: [{ z: [0, 0, 0, 0] }]',
      'whole',
      'BAD_USER_INPUT',
      /a label beside z/,
    ],
  ])('%s', async (_, args, model, code, message) => {
    const refusal = await server.current.refusal(mix(args, 'tensor { data }', model));
    expect(refusal.extensions.code).toBe(code);
    expect(refusal.message).toMatch(message);
  });
});

describe('mixStylesGrid', () => {
  const SEEDS = 'rows: [{ seed: 1 }, { seed: 2 }], columns: [{ seed: 5 }, { seed: 6 }, { seed: 7 }], layers: [1]';

  test('has the layers of its columns and the others of its rows, with the samples before and above', async () => {
    const { data, errors } = await server.current.query(gridOf(`${SEEDS}, format: F32`));
    expect(errors).toBeUndefined();
    const bytes = bytesOf(data.mixStylesGrid.dataUri);
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const image = (seed: number) => tinyImage(zOf(seed));
    const mixed = (row: number, column: number) => [
      ...rowsOf(image(row), 0),
      ...rowsOf(image(column), 1),
      ...rowsOf(image(row), 2),
    ];
    expectClose(
      [...values],
      [
        ...new Array(HEIGHT * WIDTH).fill(0), // the corner, black
        ...[5, 6, 7].flatMap((seed) => [...image(seed)]),
        ...[1, 2].flatMap((row) => [...image(row), ...[5, 6, 7].flatMap((column) => mixed(row, column))]),
      ],
    );
  });

  test('is the same under its address, and without the samples as small as its mixes', async () => {
    const { data } = await server.current.query(gridOf(`${SEEDS}, originals: false`, 'url dataUri width height'));
    const { url, dataUri, width, height } = data.mixStylesGrid;
    expect(new URL(url).search).toBe('?rows=1,2&columns=5,6,7&layers=1&originals=false');
    expect([width, height]).toEqual([3 * (WIDTH + 2) - 2, 2 * (HEIGHT + 2) - 2]);
    const reply = await fetched(url);
    expect(reply.rawPayload.equals(bytesOf(dataUri))).toBe(true);
    expect(await sharp(reply.rawPayload).metadata()).toMatchObject({ width, height });
  });

  test('takes the first half of the layers from the columns, where none are named', async () => {
    const { data } = await server.current.query(gridOf('rows: { seed: 1 }, columns: { seed: 2 }', 'url'));
    expect(data.mixStylesGrid.url).toContain('layers=0,1&');
  });

  test.each([
    ['no rows', 'rows: [], columns: [{ seed: 1 }]', /the number of rows to be an integer in \[1, 16\] but received 0/],
    ['too many columns', `rows: [{ seed: 1 }], columns: [${'{ seed: 1 } '.repeat(17)}]`, /the number of columns/],
    [
      'layers out of range',
      'rows: [{ seed: 1 }], columns: [{ seed: 2 }], layers: [9]',
      /layers to be integers in \[0, 2\]/,
    ],
    ['a row of nothing', 'rows: [{}], columns: [{ seed: 2 }]', /rows\[0\] to have exactly one of seed and z/],
  ])('refuses %s', async (_, args, message) => {
    expect((await server.current.refusal(gridOf(args))).message).toMatch(message);
  });

  test('costs its samples and its mixes before anything is made', async () => {
    const many = Array.from({ length: 16 }, (_, seed) => `{ seed: ${seed} }`).join(' ');
    const one = (alias: string) =>
      `${alias}: mixStylesGrid(model: "styled", rows: [${many}], columns: [${many}]) { bytes }`;
    server.current.engine.forget();
    // 17² cells and 32 samples to map, each: 321 rows; 1,024 are allowed.
    expect((await server.current.query(`{ ${['a', 'b', 'c'].map(one).join(' ')} }`)).errors).toBeUndefined();
    server.current.engine.forget();
    const { errors } = await server.current.query(`{ ${['a', 'b', 'c', 'd'].map(one).join(' ')} }`);
    expect(errors?.[0]?.message).toMatch(/at most 1,?024 .*1,?284/);
    expect(server.current.engine.runs).toEqual([]);
  });
});

describe('an address of mixed styles', () => {
  const status = async (file: string) =>
    (await server.current.app.inject({ method: 'GET', url: `/images/styled/1/${file}` })).statusCode;

  test.each([
    ['sources out of order', 'mix.png?sources=2,1&layers=1,0,0'],
    ['a source that no layer has', 'mix.png?sources=2,1&layers=0,0,0'],
    ['the same source twice', 'mix.png?sources=2,2&layers=0,1,1'],
    ['too few layers', 'mix.png?sources=2,1&layers=0,1'],
    ['a source that there is not', 'mix.png?sources=2,1&layers=0,1,2'],
    ['layers out of order', 'mixes.png?rows=1&columns=2&layers=1,0&originals=true'],
    ['a parameter too many', 'mix.png?sources=2&layers=0,0,0&label=1'],
    ['an animation', 'mix.gif?sources=2&layers=0,0,0'],
  ])('with %s is refused, so that each picture has one', async (_, file) => {
    expect(await status(file)).toBe(400);
  });

  test('of a model without styles is refused', async () => {
    const reply = await server.current.app.inject({ method: 'GET', url: '/images/tiny/1/mix.png?sources=2&layers=0' });
    expect(reply.json()).toMatchObject({ errors: [{ extensions: { code: 'CAPABILITY_MISSING' } }] });
  });
});
