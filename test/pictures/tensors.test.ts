// Pixels as the network made them: by GraphQL in base64, and at the addresses of images as .npy and .f32, read back by
// a parser written from NumPy's description and by NumPy itself.

import { spawnSync } from 'node:child_process';
import type { LightMyRequestResponse } from 'fastify';
import { describe, expect, test } from 'vitest';
import { latent } from '../../src/models/latent.js';
import { useServer } from '../server/harness.js';
import { HEIGHT, LATENT, tinyImage, tinyPoint, WIDTH } from '../server/tiny-graphs.js';

const server = useServer({ models: ['ring'] });
const PRIOR = { kind: 'uniform', low: -2, high: 2 } as const;
const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;

function get(url: string): Promise<LightMyRequestResponse> {
  return server.current.app.inject({ url: url.replace(/^https?:\/\/[^/]+/, '') });
}

function floats(bytes: Buffer): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

/** Version 1.0: magic, a little-endian length, a Python dict that ends in a line feed, the numbers. */
function readNpy(file: Buffer): { shape: number[]; values: Float32Array } {
  expect(file.toString('latin1', 0, 8)).toBe('\x93NUMPY\x01\x00');
  const start = 10 + file.readUInt16LE(8);
  expect(start % 64).toBe(0);
  const header = /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(([\d, ]+)\), \} *\n$/.exec(
    file.toString('latin1', 10, start),
  );
  return { shape: header![1]!.split(',').map(Number), values: floats(file.subarray(start)) };
}

/** Of a seed of the tiny GAN. */
function made(seed: number): Float32Array {
  return tinyImage(latent(seed, LATENT, PRIOR));
}

function expectClose(values: Float32Array, expected: readonly number[]): void {
  expect(values).toHaveLength(expected.length);
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
}

describe('Sample.tensor', () => {
  test('is what the generator made, with its shape and what stands for black and white', async () => {
    const { data } = await server.current.query(
      '{ sample(model: "tiny", seed: 7, count: 2) { tensor { data shape range } } }',
    );
    for (const [i, { tensor }] of data.sample.entries()) {
      expect(tensor).toMatchObject({ shape: [1, HEIGHT, WIDTH], range: [0, 1] });
      expectClose(floats(Buffer.from(tensor.data, 'base64')), [...made(7 + i)]);
    }
  });

  test('shares the one generated image with other fields', async () => {
    server.current.engine.forget();
    await server.current.query('{ sample(model: "tiny", seed: 7) { tensor { data } image { bytes } } }');
    expect(server.current.engine.runs).toEqual([{ graph: 'generate', rows: 1 }]);
  });

  test('of a model of points is its coordinates, without a range', async () => {
    const { data } = await server.current.query('{ sample(model: "ring", seed: 7) { tensor { data shape range } } }');
    const { tensor } = data.sample[0];
    expect(tensor).toMatchObject({ shape: [2], range: null });
    expectClose(floats(Buffer.from(tensor.data, 'base64')), tinyPoint(latent(7, LATENT, PRIOR)));
  });
});

describe('zBase64', () => {
  test('is z bit for bit, and makes the same sample when it is sent back', async () => {
    const sent = await server.current.query('{ sample(model: "tiny", seed: 7) { zBase64 tensor { data } } }');
    const { zBase64, tensor } = sent.data.sample[0];
    expect(floats(Buffer.from(zBase64, 'base64'))).toEqual(latent(7, LATENT, PRIOR));
    const query = 'query ($z: [Latent!]) { sample(model: "tiny", z: $z) { zBase64 tensor { data } } }';
    const again = await server.current.query(query, { z: [zBase64] });
    expect(again.data.sample[0]).toEqual({ zBase64, tensor });
    const path = `{ interpolate(model: "tiny", waypoints: [{ z: "${zBase64}" }, { seed: 8 }]) { frames { zBase64 } } }`;
    expect((await server.current.query(path)).data.interpolate.frames[0].zBase64).toBe(zBase64);
  });

  test.each([
    ['AAAA', 'BAD_USER_INPUT'], // three bytes
    ['AACAPw==', 'INVALID_LATENT'], // one number of four
    ['AACAfwAAAAAAAAAAAAAAAA==', 'INVALID_LATENT'], // +Infinity, 0, 0, 0
    ['', 'INVALID_LATENT'],
  ])('that is wrong is refused: %j', async (z, code) => {
    const query = 'query ($z: [Latent!]) { sample(model: "tiny", z: $z) { zBase64 } }';
    expect((await server.current.refusal(query, { z: [z] })).extensions.code).toBe(code);
  });
});

interface Path {
  readonly url: string;
  readonly query?: string;
  readonly shape: readonly number[];
}

const PATHS: readonly Path[] = [
  { url: '/images/tiny/1/7', shape: [1, HEIGHT, WIDTH] },
  { url: '/images/tiny/1/grid', query: '?seed=7&rows=2&columns=3', shape: [6, 1, HEIGHT, WIDTH] },
  {
    url: '/images/tiny/1/interpolation',
    query: '?waypoints=7,8&steps=5&method=linear&loop=false&fps=12',
    shape: [5, 1, HEIGHT, WIDTH],
  },
];

describe.each(PATHS)('$url', ({ url, query = '', shape }) => {
  test('as .npy has a header that tells its shape, and begins with what the generator made', async () => {
    const reply = await get(`${url}.npy${query}`);
    expect(reply.headers['content-type']).toBe('application/octet-stream');
    const array = readNpy(reply.rawPayload);
    expect(array.shape).toEqual(shape);
    expect(array.values).toHaveLength(shape.reduce((size, length) => size * length));
    expectClose(array.values.subarray(0, WIDTH * HEIGHT), [...made(7)]);
  });

  test('as .f32 has the same numbers without the header', async () => {
    const [npy, f32] = await Promise.all([get(`${url}.npy${query}`), get(`${url}.f32${query}`)]);
    expect(floats(f32.rawPayload)).toEqual(readNpy(npy.rawPayload).values);
  });

  test.skipIf(!hasNumpy)('as .npy is read by NumPy (skipped without Python and NumPy)', async () => {
    const { rawPayload } = await get(`${url}.npy${query}`);
    const program = 'import io, json, sys, numpy as n; a = n.load(io.BytesIO(sys.stdin.buffer.read())); ';
    const python = spawnSync(
      'python3',
      ['-c', `${program}print(json.dumps([a.shape, str(a.dtype), a.ravel().tolist()]))`],
      {
        input: rawPayload,
      },
    );
    const values = [...readNpy(rawPayload).values];
    expect(JSON.parse(python.stdout.toString())).toEqual([shape, 'float32', values]);
  });

  test('has no size', async () => {
    const reply = await get(`${url}.npy${query === '' ? '?' : `${query}&`}size=12`);
    expect(reply.statusCode).toBe(400);
    expect(reply.json().errors[0].message).toContain('Expected no size beside npy');
  });
});

describe('as a format of GraphQL', () => {
  test('has the same bytes at its address, and the size of each sample', async () => {
    const { data } = await server.current.query(
      '{ sampleGrid(model: "tiny", seed: 7, rows: 2, columns: 3, format: NPY) { url dataUri bytes width height format } }',
    );
    const { url, dataUri, ...rest } = data.sampleGrid;
    const reply = await get(url);
    expect(dataUri).toBe(`data:application/octet-stream;base64,${reply.rawPayload.toString('base64')}`);
    expect(rest).toEqual({ bytes: reply.rawPayload.length, width: WIDTH, height: HEIGHT, format: 'NPY' });
  });

  test.each([
    'sample(model: "tiny", seed: 1) { image(format: F32, size: 12) { url } }',
    'sampleGrid(model: "tiny", seed: 1, format: NPY, size: 12) { url }',
  ])('takes no size: %s', async (field) => {
    expect((await server.current.refusal(`{ ${field} }`)).message).toContain('no size beside');
  });
});
