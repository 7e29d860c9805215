// Bad input through the whole server. `refusal` also checks each time that the server still answers afterwards.

import { beforeEach, describe, expect, test } from 'vitest';
import { useServer } from '../server/harness.js';

const server = useServer();
beforeEach(() => server.current.engine.forget());

const sample = (args: string) => `{ sample(model: "tiny", ${args}) { seed z } }`;

describe('models and versions', () => {
  test('refuses an unknown model and names those that are served', async () => {
    const { message, extensions, path } = await server.current.refusal('{ sample(model: "mnits") { seed } }');
    expect(extensions.code).toBe('MODEL_NOT_FOUND');
    expect(message).toMatch('mnits');
    expect(extensions.details).toEqual({ models: ['blind', 'tiny'] });
    expect(path).toEqual(['sample']);
  });

  test.each(['model(name: "../tiny") { name }', 'model(name: "") { name }', 'model(name: "__proto__") { name }'])(
    'refuses the name in %s',
    async (field) => {
      expect((await server.current.refusal(`{ ${field} }`)).extensions.code).toBe('MODEL_NOT_FOUND');
    },
  );

  test.each([3, 0, -1])('refuses version %i, which is not served', async (version) => {
    const { extensions } = await server.current.refusal(`{ model(name: "tiny", version: ${version}) { name } }`);
    expect(extensions.code).toBe('VERSION_NOT_FOUND');
    expect(extensions.details).toEqual({ model: 'tiny', version, versions: [1, 2] });
  });
});

describe('count, seed, truncation', () => {
  test.each([0, -1, 257, 1_000_000_000])('refuses count %i', async (count) => {
    const { message, extensions } = await server.current.refusal(sample(`count: ${count}`));
    expect(extensions.code).toBe('BAD_USER_INPUT');
    expect(message).toBe(`Expected count to be an integer in [1, 256] but received ${count}.`);
  });

  test('refuses a count that is not an Int, as a variable', async () => {
    const { extensions } = await server.current.refusal(
      'query ($n: Int) { sample(model: "tiny", count: $n) { seed } }',
      {
        n: 1.5,
      },
    );
    expect(extensions.code).toBe('BAD_USER_INPUT');
  });

  test.each(['1.0000001', '-0.1', '1e999', '-1e999'])('refuses truncation %s', async (truncation) => {
    const { message, extensions } = await server.current.refusal(sample(`truncation: ${truncation}`));
    expect(extensions.code).toBe('BAD_USER_INPUT');
    expect(message).toMatch(/^Expected truncation in \[0, 1\] but received /);
  });

  test.each(['-1', '4294967296'])('refuses seed %s from a literal and from a variable alike', async (seed) => {
    const literal = await server.current.refusal(sample(`seed: ${seed}`));
    const variable = await server.current.refusal('query ($s: Seed) { sample(model: "tiny", seed: $s) { seed } }', {
      s: Number(seed),
    });
    expect(literal.message).toBe(`Expected seed to be an integer in [0, 4294967295] but received ${seed}.`);
    expect(variable.message).toBe(literal.message);
    expect(variable.extensions.code).toBe('BAD_USER_INPUT');
  });

  test('refuses a run of seeds that would pass the largest seed', async () => {
    const { message } = await server.current.refusal(sample('seed: 4294967295, count: 2'));
    expect(message).toBe('Expected seed + count − 1 to be at most 4294967295 but received 4294967296.');
  });

  test.each([1.5, '1', true, null])('refuses seed %j as a variable of a required Seed', async (s) => {
    const query = 'query ($s: Seed!) { sample(model: "tiny", seed: $s) { seed } }';
    expect((await server.current.refusal(query, { s })).extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('z', () => {
  const query = 'query ($z: [Latent!]) { sample(model: "tiny", z: $z) { image { bytes } } }';
  const raw = (z: string) => server.current.post(`{"query":${JSON.stringify(query)},"variables":{"z":${z}}}`);

  test.each([
    ['too short', '[[1, 2, 3]]'],
    ['too long', '[[1, 2, 3, 4, 5]]'],
    ['empty', '[[]]'],
    ['infinite in JSON', '[[1, 2, 3, 1e999]]'],
    ['infinite in float32', '[[1, 2, 3, 1e39]]'],
    ['null, as JSON writes NaN', '[[1, 2, 3, null]]'],
    ['a string', '[[1, 2, 3, "4"]]'],
    ['wrong in the second latent', '[[1, 2, 3, 4], [1, 2, 3, -1e999]]'],
  ])('refuses a latent that is %s', async (_, z) => {
    const { extensions, path } = await server.current.onlyError(await raw(z));
    expect(extensions.code).toBe('INVALID_LATENT');
    expect(path).toEqual(['sample']);
  });

  test.each(['1e999', '1e39', 'NaN', 'null', '"1"', '{}'])('refuses the literal %s in a latent', async (value) => {
    const { extensions } = await server.current.refusal(`{ sample(model: "tiny", z: [[1, 2, 3, ${value}]]) { seed } }`);
    expect(extensions.code).toBe('INVALID_LATENT');
  });

  test('says which latent and which number are wrong', async () => {
    const { message, extensions } = await server.current.onlyError(await raw('[[1, 2, 3, 4], [1, 1e999, 3, 4]]'));
    expect(message).toMatch(/^z\[1\]: .*received Infinity at index 1/);
    expect(extensions.details).toMatchObject({ argument: 'z[1]', index: 1 });
  });

  test.each([
    ['seed', 'z: [[1, 2, 3, 4]], seed: 1'],
    ['truncation', 'z: [[1, 2, 3, 4]], truncation: 0.5'],
    ['another count', 'z: [[1, 2, 3, 4]], count: 2'],
    ['no latents at all', 'z: []'],
  ])('refuses z together with %s', async (_, args) => {
    expect((await server.current.refusal(sample(args))).extensions.code).toBe('BAD_USER_INPUT');
  });

  test('refuses a latent that is not a list', async () => {
    const { extensions } = await server.current.onlyError(await raw('[7]'));
    expect(extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('interpolate', () => {
  const interpolate = (args: string) => `{ interpolate(model: "tiny", ${args}) { frames { z } } }`;

  test.each([
    ['no waypoint', 'waypoints: []', /2 to 64 waypoints but received 0/],
    ['one waypoint', 'waypoints: [{ seed: 1 }]', /2 to 64 waypoints but received 1/],
    ['65 waypoints', `waypoints: [${'{ seed: 1 } '.repeat(65)}]`, /2 to 64 waypoints but received 65/],
    ['an empty waypoint', 'waypoints: [{ seed: 1 }, {}]', /waypoints\[1\] to have exactly one of seed, z and image/],
    [
      'a waypoint of both',
      'waypoints: [{ seed: 1, z: [1, 2, 3, 4] }, { seed: 1 }]',
      /waypoints\[0\] to have exactly one/,
    ],
    [
      'a waypoint of an image and a seed',
      'waypoints: [{ seed: 1 }, { seed: 2, image: "AAAA" }]',
      /waypoints\[1\] to have exactly one/,
    ],
    ['a class where there are none', 'waypoints: [{ seed: 1, label: "a" }, { seed: 2 }]', /is not conditional/],
    ['one step', 'waypoints: [{ seed: 1 }, { seed: 2 }], steps: 1', /steps to be an integer in \[2, 512\]/],
    ['513 steps', 'waypoints: [{ seed: 1 }, { seed: 2 }], steps: 513', /steps to be an integer in \[2, 512\]/],
    ['a seed out of range', 'waypoints: [{ seed: -1 }, { seed: 2 }]', /seed to be an integer/],
    ['truncation out of range', 'waypoints: [{ seed: 1 }, { seed: 2 }], truncation: 2', /truncation in \[0, 1\]/],
  ])('refuses %s', async (_, args, message) => {
    const refusal = await server.current.refusal(interpolate(args));
    expect(refusal.extensions.code).toBe('BAD_USER_INPUT');
    expect(refusal.message).toMatch(message);
  });

  test('refuses a waypoint whose z has the wrong length', async () => {
    const { message, extensions } = await server.current.refusal(
      interpolate('waypoints: [{ z: [1, 2, 3, 4] }, { z: [1, 2] }]'),
    );
    expect(extensions.code).toBe('INVALID_LATENT');
    expect(message).toMatch(/^waypoints\[1\]\.z: /);
  });
});

describe('images and grids', () => {
  test.each([0, -1, 1025])('refuses an image of size %i', async (size) => {
    const { errors } = await server.current.query(`{ sample(model: "tiny") { image(size: ${size}) { url } } }`);
    expect(errors?.[0]?.message).toBe(`Expected size to be an integer in [1, 1024] but received ${size}.`);
    await server.current.expectAlive();
  });

  test.each(['rows: 0', 'rows: 17', 'columns: -1', 'columns: 1000000000'])('refuses a grid with %s', async (args) => {
    const { extensions } = await server.current.refusal(`{ sampleGrid(model: "tiny", ${args}) { url } }`);
    expect(extensions.code).toBe('BAD_USER_INPUT');
  });

  test('refuses a request that would encode more pixels than one request may', async () => {
    const { errors } = await server.current.query(
      '{ sample(model: "tiny", count: 40) { image(size: 1024) { bytes } } }',
    );
    expect(errors?.[0]?.message).toMatch(/at most 33554432 encoded pixels/);
    await server.current.expectAlive();
  });

  test('refuses a request whose aliases would generate more samples than one request may', async () => {
    const fields = [1, 2, 3, 4, 5].map((i) => `a${i}: sample(model: "tiny", count: 256) { score { logit } }`).join(' ');
    const { errors } = await server.current.query(`{ ${fields} }`);
    expect(errors?.[0]?.message).toMatch(/at most 1024 generated samples/);
    await server.current.expectAlive();
  });
});
