// A model of points, "ring": 4 numbers of z make 2 coordinates, and their sum is the discriminator's logit.

import { beforeEach, describe, expect, test } from 'vitest';
import { latent } from '../../src/models/latent.js';
import { useServer } from '../server/harness.js';
import { LATENT, tinyPoint } from '../server/tiny-graphs.js';

const server = useServer({ models: ['ring'] });
beforeEach(async () => {
  await server.current.repository.get('ring').load();
  server.current.engine.forget();
});

const PRIOR = { kind: 'uniform', low: -2, high: 2 } as const;

describe('a model of points', () => {
  test('says how many coordinates a point has, and that it has no images', async () => {
    const { data } = await server.current.query(
      '{ ring: model(name: "ring") { pointSize image { width } labels } tiny: model(name: "tiny") { pointSize } }',
    );
    expect(data).toEqual({ ring: { pointSize: 2, image: null, labels: null }, tiny: { pointSize: null } });
  });

  test('samples points and scores them, generating each once and all in one batch', async () => {
    const { data, errors } = await server.current.query(
      '{ sample(model: "ring", seed: 3, count: 5, truncation: 0.5) { seed label point score { logit probability } } }',
    );
    expect(errors).toBeUndefined();
    for (const { seed, label, point, score } of data.sample) {
      const [x, y] = tinyPoint(latent(seed, LATENT, PRIOR, 0.5));
      expect(label).toBeNull();
      expect(point).toHaveLength(2);
      expect(point[0]).toBeCloseTo(x, 5);
      expect(point[1]).toBeCloseTo(y, 5);
      expect(score.logit).toBeCloseTo(x + y, 5);
      expect(score.probability).toBeCloseTo(1 / (1 + Math.exp(-x - y)), 5);
    }
    expect(server.current.engine.runs).toEqual([
      { graph: 'generate', rows: 5 },
      { graph: 'score', rows: 5 },
    ]);
  });

  test('makes points of explicit latents and along a path', async () => {
    const { data, errors } = await server.current.query(
      `{ sample(model: "ring", z: [[1, 2, 4, 0]]) { point }
         interpolate(model: "ring", waypoints: [{ z: [1, 2, 4, 0] }, { z: [0, 0, 0, 4] }], steps: 3, method: LINEAR) { frames { point } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data.sample).toEqual([{ point: [3, 0] }]); // 1 + 0.5 · 4, 2 − 0.5 · 4
    // The middle is (0.5, 1, 2, 2): 0.5 + 1 + 4, 1 − 1 + 0.5.
    expect(data.interpolate.frames).toEqual([{ point: [3, 0] }, { point: [5.5, 0.5] }, { point: [8, 1] }]);
  });

  test('selecting only seed and z runs no graph', async () => {
    await server.current.query('{ sample(model: "ring", seed: 1) { seed z } }');
    expect(server.current.engine.runs).toEqual([]);
  });

  test('scores points that a client sends, in order', async () => {
    const { data, errors } = await server.current.query(
      '{ score(model: "ring", points: [[1, 2], [-0.5, 0.25], [3e5, 0]]) { ... on Score { logit logDensityRatio } } }',
    );
    expect(errors).toBeUndefined();
    expect(data.score.map(({ logit }) => logit)).toEqual([3, -0.25, 3e5]);
    expect(data.score[0].logDensityRatio).toBe(3);
  });

  test('gives a generated point the score of its sample', async () => {
    const { data } = await server.current.query('{ sample(model: "ring", seed: 8) { point score { logit } } }');
    const [{ point, score }] = data.sample;
    const again = await server.current.query(
      'query ($p: [[Float!]!]) { score(model: "ring", points: $p) { ... on Score { logit } } }',
      {
        p: [point],
      },
    );
    expect(again.data.score).toEqual([score]);
  });
});

test('a sample of a model of images has no point, and nothing runs for it', async () => {
  const { data, errors } = await server.current.query('{ sample(model: "tiny", seed: 1) { seed point } }');
  expect(errors).toBeUndefined();
  expect(data.sample).toEqual([{ seed: 1, point: null }]);
  expect(server.current.engine.runs).toEqual([]);
});

test('asked for an image, too, a point still comes, with null and an error in place of the image', async () => {
  const { data, errors } = await server.current.query('{ sample(model: "ring", seed: 1) { point image { url } } }');
  expect(data.sample).toEqual([{ point: [expect.any(Number), expect.any(Number)], image: null }]);
  expect(errors).toHaveLength(1);
  expect(errors![0]).toMatchObject({ path: ['sample', 0, 'image'], extensions: { code: 'CAPABILITY_MISSING' } });
});

describe('a model of points refuses', () => {
  test.each([
    'sampleGrid(model: "ring", seed: 1) { url }',
    'interpolate(model: "ring", waypoints: [{ seed: 1 }, { seed: 2 }]) { animation { url } }',
    'score(model: "ring", images: ["aGVsbG8="]) { ... on Score { logit } }',
  ])('pixels, with CAPABILITY_MISSING: %s', async (field) => {
    const { message, extensions } = await server.current.refusal(`{ ${field} }`);
    expect(extensions.code).toBe('CAPABILITY_MISSING');
    expect(message).toBe('Expected a model of images but ring version 1 makes points, which have no pixels.');
  });

  test.each(['1.png', 'latent.png?z=AAAAAAAAAAAAAAAAAAAAAA', 'grid.png?seed=1&rows=2&columns=2'])(
    'the address of an image: %s',
    async (file) => {
      const reply = await server.current.app.inject({ method: 'GET', url: `/images/ring/1/${file}` });
      expect(reply.statusCode).toBe(404);
      expect(reply.json().errors[0].extensions.code).toBe('CAPABILITY_MISSING');
      await server.current.expectAlive();
    },
  );

  test.each([
    ['a point of one coordinate', '[[1, 2], [1]]', 'Expected point 1 to have 2 values but received "1 values".'],
    ['a point of three', '[[1, 2, 3]]', 'Expected point 0 to have 2 values but received "3 values".'],
    ['a point of none', '[[]]', 'Expected point 0 to have 2 values but received "0 values".'],
    ['a number, which GraphQL takes for a list', '1', 'Expected point 0 to have 2 values but received "1 values".'],
    ['an infinite one', '[[1e999, 0]]', 'Expected point 0 to have finite values but received "Infinity at index 0".'],
    [
      'one that is infinite in float32',
      '[[0, 0], [0, -1e39]]',
      'Expected point 1 to have finite values but received "-Infinity at index 1".',
    ],
  ])('%s, in its place', async (_, points, message) => {
    const fields = '__typename ... on ImageError { index code message }';
    const { data, errors } = await server.current.query(`{ score(model: "ring", points: ${points}) { ${fields} } }`);
    expect(errors).toBeUndefined();
    const index = Number(/point (\d)/.exec(message)![1]);
    expect(data.score[index]).toEqual({ __typename: 'ImageError', index, code: 'BAD_USER_INPUT', message });
    expect(data.score.filter((one) => '__typename' in one && one.__typename === 'ImageError')).toHaveLength(1);
    await server.current.expectAlive();
  });

  test('no points at all', async () => {
    const { message, extensions } = await server.current.refusal('{ score(model: "ring", points: []) { __typename } }');
    expect(extensions.code).toBe('BAD_USER_INPUT');
    expect(message).toBe('Expected 1 to 1024 points but received 0.');
  });

  test('more points than it takes at once', async () => {
    const query = 'query ($p: [[Float!]!]) { score(model: "ring", points: $p) { ... on Score { logit } } }';
    const { message } = await server.current.refusal(query, { p: Array(1025).fill([0, 0]) });
    expect(message).toBe('Expected 1 to 1024 points but received 1025.');
    const most = await server.current.query(query, { p: Array(1024).fill([0, 0]) });
    expect(most.data.score).toHaveLength(1024);
  });

  test.each(['null', '[[null, 1]]', '[["1", 1]]', '[[true, 1]]', '[[[1], 1]]', '{}', '[[1e999, 1]]'])(
    'points that are no numbers, as a variable: %s',
    async (points) => {
      const query = 'query ($p: [[Float!]!]!) { score(model: "ring", points: $p) { ... on Score { logit } } }';
      const body = `{"query":${JSON.stringify(query)},"variables":{"p":${points}}}`;
      const { extensions } = await server.current.onlyError(await server.current.post(body));
      expect(extensions.code).toBe('BAD_USER_INPUT');
    },
  );

  test('a label', async () => {
    const { message } = await server.current.refusal('{ sample(model: "ring", label: "0") { seed } }');
    expect(message).toBe('Expected no label, for the generator of ring is not conditional, but received "0".');
  });
});

describe('score refuses', () => {
  test.each(['', 'images: ["aGVsbG8="], points: [[1, 2]]', 'images: null'])(
    'anything but exactly one of images and points: %j',
    async (args) => {
      const { message, extensions } = await server.current.refusal(
        `{ score(model: "ring", ${args}) { ... on Score { logit } } }`,
      );
      expect(extensions.code).toBe('BAD_USER_INPUT');
      expect(message).toMatch(/^Expected exactly one of images and points but received "(neither|both)"\.$/);
    },
  );

  test('points for a model of images', async () => {
    const { message, extensions } = await server.current.refusal(
      '{ score(model: "tiny", points: [[1, 2]]) { ... on Score { logit } } }',
    );
    expect(extensions.code).toBe('CAPABILITY_MISSING');
    expect(message).toBe('Expected a model of points but tiny version 2 makes images. Send images.');
  });
});
