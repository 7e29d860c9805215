// Models that are told of classes: "letters", whose both graphs are; "halfway", whose generator alone is; and "named",
// which names classes and is told of none.

import sharp from 'sharp';
import { beforeEach, describe, expect, test } from 'vitest';
import { labelFromSeed } from '../../src/models/labels.js';
import { latent } from '../../src/models/latent.js';
import { useServer } from '../server/harness.js';
import type { Reply } from '../server/replies.js';
import { TINY_LABELS } from '../server/tiny-gan.js';
import { HEIGHT, LATENT, tinyImage, tinyLogit, WIDTH } from '../server/tiny-graphs.js';

const server = useServer({ models: ['letters', 'halfway', 'named'] });
beforeEach(async () => {
  // A model with classes loads on first use; its warm-up is no run of a test.
  await Promise.all(['letters', 'halfway', 'named'].map((name) => server.current.repository.get(name).load()));
  server.current.engine.forget();
});

const PRIOR = { kind: 'uniform', low: -2, high: 2 } as const;
const drawn = (seed: number) => labelFromSeed(seed, TINY_LABELS.length);
const imageOf = (seed: number, label: number) => tinyImage(latent(seed, LATENT, PRIOR), label);

function bytesOf(dataUri: string): Buffer {
  return Buffer.from(dataUri.slice(dataUri.indexOf(',') + 1), 'base64');
}

function get(url: string) {
  const { pathname, search } = new URL(url, 'http://x');
  return server.current.app.inject({ method: 'GET', url: pathname + search });
}

async function levels(file: Buffer): Promise<number[]> {
  return Array.from(await sharp(file).extractChannel(0).raw().toBuffer());
}

const rounded = (image: Float32Array) => Array.from(image, (value) => Math.round(value * 255));

describe('the graphs of a model', () => {
  test('say which of them are told of a class, and load nothing for it of a version that is not active', async () => {
    const told = async (model: string) => {
      const { data } = await server.current.query<{
        model: { graphs: { capability: string; takesLabel: boolean }[] };
      }>(`{ model(name: "${model}") { graphs { capability takesLabel } } }`);
      return data.model.graphs.filter(({ takesLabel }) => takesLabel).map(({ capability }) => capability);
    };
    expect(await told('letters')).toEqual(['GENERATE', 'SCORE']);
    expect(await told('halfway')).toEqual(['GENERATE']);
    expect(await told('named')).toEqual([]); // its classes are those of a classifier
    await server.current.query('{ model(name: "tiny", version: 1) { graphs { takesLabel } } }');
    expect(server.current.repository.get('tiny', 1).stats()).toEqual({});
  });
});

describe('sample of a conditional model', () => {
  test('is of the class asked for, and scored as one of it', async () => {
    const { data, errors } = await server.current.query(
      '{ sample(model: "letters", seed: 5, count: 2, label: "gamma") { seed label score { logit } image { dataUri } } }',
    );
    expect(errors).toBeUndefined();
    for (const { seed, label, score, image } of data.sample) {
      expect(label).toBe('gamma');
      expect(score.logit).toBeCloseTo(tinyLogit(imageOf(seed, 2), 2), 4);
      expect(await levels(bytesOf(image.dataUri))).toEqual(rounded(imageOf(seed, 2)));
    }
  });

  test('without a label is of the class of its seed, the same alone as among others', async () => {
    const { data } = await server.current.query(
      '{ sample(model: "letters", seed: 0, count: 12) { seed label z score { logit } } }',
    );
    const labels = data.sample.map(({ label }) => label);
    expect(labels).toEqual(Array.from({ length: 12 }, (_, seed) => TINY_LABELS[drawn(seed)]));
    expect(new Set(labels)).toEqual(new Set(TINY_LABELS)); // or the test would show little
    for (const { seed, score } of data.sample) {
      expect(score.logit).toBeCloseTo(tinyLogit(imageOf(seed, drawn(seed)), drawn(seed)), 4);
    }
    const alone = await server.current.query('{ sample(model: "letters", seed: 7) { seed label z score { logit } } }');
    expect(alone.data.sample[0]).toEqual(data.sample[7]);
  });

  test('keeps the z of its seed whatever the label', async () => {
    const { data } = await server.current.query<Record<'a' | 'b', Reply['sample']>>(
      '{ a: sample(model: "letters", seed: 3, label: "alpha") { z } b: sample(model: "letters", seed: 3) { z } }',
    );
    expect(Float32Array.from(data.a[0].z)).toEqual(latent(3, LATENT, PRIOR));
    expect(data.b).toEqual(data.a);
  });

  test('of explicit latents takes one label for them all', async () => {
    const { data, errors } = await server.current.query(
      '{ sample(model: "letters", z: [[1, 0, -1, 2], [0, 0, 0, 0]], label: "beta") { label score { logit } } }',
    );
    expect(errors).toBeUndefined();
    expect(data.sample[1].label).toBe('beta');
    const image = tinyImage(Float32Array.of(1, 0, -1, 2), 1);
    expect(data.sample[0].score.logit).toBeCloseTo(tinyLogit(image, 1), 4);
  });

  test('of many classes is one batch', async () => {
    const { errors } = await server.current.query(
      `{ drawn: sample(model: "letters", seed: 0, count: 5) { score { logit } }
         alpha: sample(model: "letters", seed: 0, count: 2, label: "alpha") { score { logit } }
         gamma: sample(model: "letters", z: [[1, 1, 1, 1]], label: "gamma") { score { logit } } }`,
    );
    expect(errors).toBeUndefined();
    expect(server.current.engine.runs).toEqual([
      { graph: 'generate', rows: 8 },
      { graph: 'score', rows: 8 },
    ]);
  });

  test('selecting only label, seed and url runs no graph', async () => {
    const { data } = await server.current.query(
      '{ sample(model: "letters", seed: 9) { label seed image { url } } model(name: "letters") { labels } }',
    );
    expect(data.model.labels).toEqual(TINY_LABELS);
    expect(data.sample[0].label).toBe(TINY_LABELS[drawn(9)]);
    expect(server.current.engine.runs).toEqual([]);
  });

  test('is scored without its label by a discriminator that is not told of classes', async () => {
    const { data, errors } = await server.current.query(
      '{ sample(model: "halfway", seed: 5, label: "gamma") { label score { logit } } }',
    );
    expect(errors).toBeUndefined();
    expect(data.sample[0].label).toBe('gamma');
    expect(data.sample[0].score.logit).toBeCloseTo(tinyLogit(imageOf(5, 2)), 4);
  });
});

describe('a mixture of classes', () => {
  const MIXED = 'labels: [{ label: "gamma", weight: 3 }, { label: "alpha", weight: 1 }]';
  const weights = Float32Array.of(0.25, 0, 0.75);

  test('is what the generator is told, and the discriminator too', async () => {
    const { data, errors } = await server.current.query(
      `{ sample(model: "letters", seed: 5, ${MIXED}) { label labels { label weight } score { logit } image { dataUri } } }`,
    );
    expect(errors).toBeUndefined();
    const [{ label, labels, score, image }] = data.sample;
    expect(label).toBeNull();
    expect(labels).toEqual([
      { label: 'alpha', weight: 0.25 },
      { label: 'gamma', weight: 0.75 },
    ]);
    const made = tinyImage(latent(5, LATENT, PRIOR), weights);
    expect(await levels(bytesOf(image.dataUri))).toEqual(rounded(made));
    expect(score.logit).toBeCloseTo(tinyLogit(made, weights), 4);
  });

  test('has an address for its sample, its grid and its path, with the same bytes', async () => {
    const { data, errors } = await server.current.query(
      `{ sample(model: "letters", seed: 5, ${MIXED}) { image { url dataUri } }
         sampleGrid(model: "letters", seed: 5, ${MIXED}) { url dataUri }
         interpolate(model: "letters", waypoints: [{ seed: 1 }, { seed: 2 }], steps: 3, ${MIXED}) { frames { labels { weight } } animation { url dataUri } } }`,
    );
    expect(errors).toBeUndefined();
    for (const { url, dataUri } of [data.sample[0].image, data.sampleGrid, data.interpolate.animation]) {
      expect(url).toMatch(/labels=0:0.25~2:0.75/);
      expect((await get(url)).rawPayload.equals(bytesOf(dataUri))).toBe(true);
    }
    expect(data.interpolate.frames[1].labels.map(({ weight }) => weight)).toEqual([0.25, 0.75]);
  });

  test('of one class is that class, address and all', async () => {
    const { data } = await server.current.query<Record<'one' | 'mixed', Reply['sample']>>(
      `{ one: sample(model: "letters", seed: 5, label: "beta") { label labels { label weight } image { url dataUri } }
         mixed: sample(model: "letters", seed: 5, labels: [{ label: "beta", weight: 0.3 }, { label: "alpha", weight: 0 }]) { label labels { label weight } image { url dataUri } } }`,
    );
    expect(data.mixed).toEqual(data.one);
    expect(data.one[0].labels).toEqual([{ label: 'beta', weight: 1 }]);
  });

  test('is refused beside a label, and by a generator that is not told of classes', async () => {
    const both = await server.current.refusal(`{ sample(model: "letters", label: "beta", ${MIXED}) { seed } }`);
    expect(both.message).toBe('Expected either label or labels but received "both".');
    const untold = await server.current.refusal(`{ sample(model: "tiny", ${MIXED}) { seed } }`);
    expect(untold.message).toMatch(/^Expected no labels, for the generator of tiny is not conditional,/);
  });

  test.each([
    ['two of one class', 'labels=1:0.5~1:0.5'],
    ['one class', 'labels=1:1'],
    ['classes out of order', 'labels=2:0.5~1:0.5'],
    ['weights that do not add up', 'labels=1:0.5~2:0.4'],
    ['a weight of 0', 'labels=0:0~1:0.5~2:0.5'],
    ['a negative weight', 'labels=1:-1~2:2'],
    ['a weight that is no number', 'labels=1:NaN~2:0.5'],
    ['a weight in another form', 'labels=1:0.50~2:0.5'],
    ['a weight finer than is kept', 'labels=1:0.5000000001~2:0.4999999999'],
    ['a class that is none', 'labels=1:0.5~3:0.5'],
    ['a share in three parts', 'labels=1:0.5:1~2:0.5'],
    ['a label beside labels', 'label=1&labels=1:0.5~2:0.5'],
    ['nothing', 'labels='],
  ])('has one address only: %s is refused', async (_, query) => {
    const reply = await get(`/images/letters/1/4.png?${query}`);
    expect(reply.statusCode).toBe(400);
    expect(reply.json().errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('sample of a model that is not told of classes', () => {
  test.each(['tiny', 'named'])('has no label: %s', async (model) => {
    const { data, errors } = await server.current.query(
      `{ sample(model: "${model}", seed: 5) { label score { logit } image { url } } }`,
    );
    expect(errors).toBeUndefined();
    const [{ label, score, image }] = data.sample;
    expect(label).toBeNull();
    expect(score.logit).toBeCloseTo(tinyLogit(tinyImage(latent(5, LATENT, PRIOR))), 4);
    expect(image.url).not.toMatch('label');
  });
});

describe('pictures of a conditional model', () => {
  test.each([
    ['of a seed and a label', 'sample(model: "letters", seed: 4, label: "beta")', '/images/letters/1/4.png?label=1'],
    ['of a seed', 'sample(model: "letters", seed: 4)', `/images/letters/1/4.png?label=${drawn(4)}`],
    [
      'of an explicit latent',
      'sample(model: "letters", z: [[0, 0, 0, 0]], label: "gamma")',
      '/images/letters/1/latent.png?z=AAAAAAAAAAAAAAAAAAAAAA&label=2',
    ],
  ])('%s have the same bytes at their address, which names the class', async (_, field, address) => {
    const { data, errors } = await server.current.query(`{ ${field} { image { url dataUri } } }`);
    expect(errors).toBeUndefined();
    const { url, dataUri } = data.sample[0].image;
    expect(url).toBe(`http://localhost:80${address}`);
    const reply = await get(url);
    expect(reply.statusCode).toBe(200);
    expect(reply.rawPayload.equals(bytesOf(dataUri))).toBe(true);
  });

  test('without a label in the address are those of the class of the seed, under the same tag', async () => {
    const [left, named, other] = await Promise.all([
      get('/images/letters/1/4.png'),
      get(`/images/letters/1/4.png?label=${drawn(4)}`),
      get(`/images/letters/1/4.png?label=${(drawn(4) + 1) % 3}`),
    ]);
    expect(left.rawPayload.equals(named.rawPayload)).toBe(true);
    expect(left.headers['etag']).toBe(named.headers['etag']);
    expect(other.rawPayload.equals(named.rawPayload)).toBe(false);
    expect(other.headers['etag']).not.toBe(named.headers['etag']);
  });

  test('a grid without a label has each seed its own class; with one, that class throughout', async () => {
    const { data, errors } = await server.current.query<Record<'mixed' | 'same', Reply['sampleGrid']>>(
      `{ mixed: sampleGrid(model: "letters", seed: 0, rows: 1, columns: 4) { url dataUri }
         same: sampleGrid(model: "letters", seed: 0, rows: 1, columns: 4, label: "alpha") { url dataUri } }`,
    );
    expect(errors).toBeUndefined();
    expect(new URL(data.mixed.url).searchParams.has('label')).toBe(false);
    expect(new URL(data.same.url).searchParams.get('label')).toBe('0');
    for (const { url, dataUri } of [data.mixed, data.same]) {
      expect((await get(url)).rawPayload.equals(bytesOf(dataUri))).toBe(true);
    }
    const cell = async (dataUri: string, column: number) => {
      const region = { left: column * (WIDTH + 2), top: 0, width: WIDTH, height: HEIGHT };
      return levels(await sharp(bytesOf(dataUri)).extract(region).png().toBuffer());
    };
    for (let seed = 0; seed < 4; seed++) {
      expect(await cell(data.mixed.dataUri, seed)).toEqual(rounded(imageOf(seed, drawn(seed))));
      expect(await cell(data.same.dataUri, seed)).toEqual(rounded(imageOf(seed, 0)));
    }
  });

  test('a path is of one class: the one asked for, or that of the seed it starts from', async () => {
    const path = (first: string, label: string) =>
      `interpolate(model: "letters", waypoints: [${first}, { seed: 2 }], steps: 3${label}) { frames { label score { logit } } animation { url dataUri } }`;
    const { data, errors } = await server.current.query<Record<string, Reply['interpolate']>>(
      `{ drawn: ${path('{ seed: 0 }', '')} asked: ${path('{ seed: 0 }', ', label: "beta"')} ofZ: ${path('{ z: [1, 2, 3, 4] }', ', label: "alpha"')} }`,
    );
    expect(errors).toBeUndefined();
    const expected = { drawn: drawn(0), asked: 1, ofZ: 0 };
    expect(drawn(2)).not.toBe(drawn(0)); // or the test would show little
    for (const [name, label] of Object.entries(expected)) {
      const { frames, animation } = data[name]!;
      expect(frames.map((frame) => frame.label)).toEqual(Array(3).fill(TINY_LABELS[label]));
      expect(frames[2].score.logit).toBeCloseTo(tinyLogit(imageOf(2, label), label), 4);
      expect(new URL(animation.url).searchParams.get('label')).toBe(`${label}`);
      expect((await get(animation.url)).rawPayload.equals(bytesOf(animation.dataUri))).toBe(true);
    }
  });
});

describe('score by a conditional discriminator', () => {
  const QUERY = `query ($model: String!, $images: [ImageSource!]!, $labels: [String!]) {
    score(model: $model, images: $images, labels: $labels) { ... on Score { logit } } }`;
  const flat = async (level: number) => {
    const background = { r: level, g: level, b: level };
    const png = await sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background } })
      .png()
      .toBuffer();
    return png.toString('base64');
  };
  const variables = async (labels: unknown, model = 'letters') => ({
    model,
    labels,
    images: [await flat(255), await flat(0)],
  });

  test('takes one label for all images, or one each', async () => {
    const all = await server.current.query(QUERY, await variables(['beta']));
    const each = await server.current.query(QUERY, await variables(['gamma', 'alpha']));
    const logits = ({ data }: typeof all) => data.score.map(({ logit }) => logit);
    expect(logits(all)).toEqual([4 + 10, -4 + 10]);
    expect(logits(each)).toEqual([4 + 20, -4]);
  });

  test.each([
    ['no labels', null, /^Expected labels, for the discriminator of letters is conditional, but received nothing/],
    ['an empty list', [], /^Expected 1 or 2 labels but received 0\.$/],
    ['too many', ['alpha', 'beta', 'gamma'], /^Expected 1 or 2 labels but received 3\.$/],
    ['an unknown one', ['alpha', 'delta'], /but received "delta"\. Its classes are alpha, beta, gamma\.$/],
  ])('refuses %s', async (_, labels, message) => {
    const refusal = await server.current.refusal(QUERY, await variables(labels));
    expect(refusal.extensions.code).toBe('BAD_USER_INPUT');
    expect(refusal.message).toMatch(message);
  });

  test.each(['tiny', 'named', 'halfway'])('labels are refused by one that is not: %s', async (model) => {
    const { message, extensions } = await server.current.refusal(QUERY, await variables(['alpha'], model));
    expect(extensions.code).toBe('BAD_USER_INPUT');
    expect(message).toBe(
      `Expected no labels, for the discriminator of ${model} is not conditional, but received ["alpha"].`,
    );
    expect((await server.current.query(QUERY, await variables(null, model))).errors).toBeUndefined();
  });
});

describe('bad labels', () => {
  test.each([
    'sample(model: "letters", label: "delta") { seed }',
    'sample(model: "letters", label: "") { seed }',
    'sample(model: "letters", label: "0") { seed }',
    'sampleGrid(model: "letters", label: "ALPHA") { url }',
    'interpolate(model: "letters", label: "toString", waypoints: [{ seed: 1 }, { seed: 2 }]) { frames { seed } }',
  ])('are refused, naming the classes that there are: %s', async (field) => {
    const { message, extensions } = await server.current.refusal(`{ ${field} }`);
    expect(extensions.code).toBe('BAD_USER_INPUT');
    expect(message).toMatch(
      /^Expected a class of letters as label but received ".*"\. Its classes are alpha, beta, gamma\.$/,
    );
    expect(extensions.details).toEqual({ labels: TINY_LABELS, count: 3 });
  });

  test.each(['tiny', 'named'])('are any for a model that is not conditional: %s', async (model) => {
    for (const field of [
      `sample(model: "${model}", label: "alpha") { seed }`,
      `sampleGrid(model: "${model}", label: "alpha") { url }`,
      `interpolate(model: "${model}", label: "alpha", waypoints: [{ seed: 1 }, { seed: 2 }]) { frames { seed } }`,
    ]) {
      const { message, extensions } = await server.current.refusal(`{ ${field} }`);
      expect(extensions.code).toBe('BAD_USER_INPUT');
      expect(message).toBe(
        `Expected no label, for the generator of ${model} is not conditional, but received "alpha".`,
      );
    }
  });

  test.each([
    'sample(model: "letters", z: [[1, 2, 3, 4]]) { seed }',
    'interpolate(model: "letters", waypoints: [{ z: [1, 2, 3, 4] }, { seed: 2 }]) { frames { seed } }',
  ])('are none where there is no seed to draw one from: %s', async (field) => {
    const { message, extensions } = await server.current.refusal(`{ ${field} }`);
    expect(extensions.code).toBe('BAD_USER_INPUT');
    expect(message).toMatch(/^Expected a label beside z, for letters is conditional, but received nothing\./);
  });

  test.each([
    ['letters/1/1.png?label=3', /label to be an integer in \[0, 2\]/],
    ['letters/1/1.png?label=alpha', /label to be an integer without leading zeros/],
    ['letters/1/1.png?label=01', /label to be an integer without leading zeros/],
    ['letters/1/1.png?label=-1', /label to be an integer without leading zeros/],
    ['letters/1/1.png?label=', /label to be an integer without leading zeros/],
    ['letters/1/1.png?label=1&label=1', /the query parameter label once/],
    ['letters/1/latent.png?z=AAAAAAAAAAAAAAAAAAAAAA', /a label beside z/],
    ['letters/1/grid.png?seed=1&rows=1&columns=1&label=3', /label to be an integer in \[0, 2\]/],
    [
      'letters/1/interpolation.gif?waypoints=z:AAAAAAAAAAAAAAAAAAAAAA,1&steps=4&method=slerp&loop=false&fps=12',
      /a label beside z/,
    ],
    ['tiny/1/1.png?label=0', /no label, for the generator of tiny is not conditional/],
    ['named/1/1.png?label=0', /no label, for the generator of named is not conditional/],
  ])('are refused in an address: %s', async (path, message) => {
    const reply = await get(`/images/${path}`);
    expect(reply.statusCode).toBe(400);
    const [error] = reply.json().errors;
    expect(error.extensions.code).toBe('BAD_USER_INPUT');
    expect(error.message).toMatch(message);
    await server.current.expectAlive();
  });
});
