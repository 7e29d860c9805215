// Directions of a latent space, and samples moved along them. The tiny model's prior is uniform on [−2, 2], so one
// standard deviation is 4/√12.

import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { latent, moved } from '../../src/models/latent.js';
import { useServer } from '../server/harness.js';
import type { Reply } from '../server/replies.js';
import { HEIGHT, LATENT, tinyImage, tinyLatent, WIDTH } from '../server/tiny-graphs.js';

const server = useServer({ models: ['letters', 'whole', 'ring'] });

const PRIOR = { kind: 'uniform', low: -2, high: 2 } as const;
const DEVIATION = 4 / Math.sqrt(12);
const zOf = (seed: number) => latent(seed, LATENT, PRIOR);
const edit = (args: string, fields = 'z', model = 'tiny') => `{ edit(model: "${model}", ${args}) { ${fields} } }`;
const ALONG = '{ direction: { method: FACTORISED, index: 0 }, strengths: [0] }';

function bytesOf(dataUri: string): Buffer {
  return Buffer.from(dataUri.slice(dataUri.indexOf(',') + 1), 'base64');
}

describe('latentDirections', () => {
  test.each(['FACTORISED', 'PCA'])('by %s are unit vectors, the strongest first', async (method) => {
    const { data, errors } = await server.current.query(
      `{ latentDirections(model: "tiny", method: ${method}, count: 2) { method index vector eigenvalue share } }`,
    );
    expect(errors).toBeUndefined();
    const directions = data.latentDirections;
    expect(directions.map((one) => one.index)).toEqual([0, 1]);
    directions.forEach(({ vector, eigenvalue, method: own, share }, i) => {
      expect(own).toBe(method);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
      const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(Math.max(...vector)).toBeCloseTo(largest, 5);
      expect(share).toBeLessThanOrEqual(1);
      if (i > 0) expect(eigenvalue).toBeLessThanOrEqual(directions[i - 1]!.eigenvalue);
    });
  });

  test('are no more than there are', async () => {
    const { data } = await server.current.query('{ latentDirections(model: "tiny", count: 64) { index } }');
    expect(data.latentDirections).toHaveLength(2); // its matrix, of sines, is of rank 2
  });

  test.each([0, 65, -1])('refuses a count of %i', async (count) => {
    const { message } = await server.current.refusal(`{ latentDirections(model: "tiny", count: ${count}) { index } }`);
    expect(message).toBe(`Expected directions to be an integer in [1, 64] but received ${count}.`);
  });

  test('refuses an unknown method', async () => {
    const { errors } = await server.current.query('{ latentDirections(model: "tiny", method: MAGIC) { index } }');
    expect(errors?.[0]?.message).toMatch(/"MAGIC" does not exist in "DirectionMethod"/);
  });
});

describe('edit', () => {
  test('moves a seed along a vector by standard deviations, and leaves it at 0 as it was', async () => {
    const { data, errors } = await server.current.query(
      edit('seed: 3, edits: [{ vector: [0, 5, 0, 0], strengths: [0, 0.25, -0.25] }]', 'seed z image { url dataUri }'),
    );
    expect(errors).toBeUndefined();
    const z = zOf(3);
    expect(data.edit.map((sample) => Float32Array.from(sample.z))).toEqual(
      [0, 0.25, -0.25].map((strength) => z.map((value, i) => (i === 1 ? value + strength * DEVIATION : value))),
    );
    expect(data.edit[0].seed).toBeNull();
    for (const { z: own, image } of data.edit) {
      const { pathname, search } = new URL(image.url);
      const reply = await server.current.app.inject({ method: 'GET', url: pathname + search });
      expect(reply.rawPayload.equals(bytesOf(image.dataUri))).toBe(true);
      const levels = Array.from(await sharp(reply.rawPayload).extractChannel(0).raw().toBuffer());
      expect(levels).toEqual(Array.from(tinyImage(Float32Array.from(own)), (value) => Math.round(value * 255)));
    }
  });

  test('moves along directions that were found, several at once', async () => {
    const { data } = await server.current.query<Pick<Reply, 'latentDirections' | 'edit'>>(
      `{ latentDirections(model: "tiny") { vector }
         edit(model: "tiny", z: [0.1, 0.2, 0.3, 0.4], edits: [
           { direction: { method: FACTORISED, index: 0 }, strengths: [-0.5, 0, 0.5] }
           { direction: { method: FACTORISED, index: 1 }, strengths: 0.25 }
         ]) { z } }`,
    );
    const [first, second] = data.latentDirections.map(({ vector }) => Float32Array.from(vector));
    const z = Float32Array.of(0.1, 0.2, 0.3, 0.4);
    const wanted = [-0.5, 0, 0.5].map((strength) =>
      moved(
        z,
        [
          { direction: first!, strength },
          { direction: second!, strength: 0.25 },
        ],
        PRIOR,
      ),
    );
    expect(data.edit.map((sample) => Float32Array.from(sample.z))).toEqual(wanted);
  });

  test('stops at the bounds of a uniform prior, and does not pull back what lay outside', async () => {
    const { data } = await server.current.query(
      edit('z: [0, 3, -1.5, 3], edits: [{ vector: [1, 1, -1, -1], strengths: [20, 0] }]'),
    );
    expect(data.edit[0].z).toEqual([2, 3, -2, -2]);
    expect(data.edit[1].z).toEqual([0, 3, -1.5, 3]);
  });

  test('moves what the encoder finds for an image, told of its class', async () => {
    const level = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i * 37) % 256);
    const png = await sharp(level, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } })
      .png()
      .toBuffer();
    const { data, errors } = await server.current.query(
      edit(`image: "${png.toString('base64')}", label: "gamma", edits: [${ALONG}]`, 'z label', 'whole'),
    );
    expect(errors).toBeUndefined();
    const wanted = tinyLatent(
      Float32Array.from(level, (value) => value / 255),
      2,
    );
    data.edit[0].z.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i]!, 4);
    });
    expect(data.edit[0].label).toBe('gamma');
  });

  test('keeps the class of the seed', async () => {
    const { data } = await server.current.query<Record<'sample' | 'edit', Reply['sample']>>(
      `{ sample(model: "letters", seed: 7) { z label } edit(model: "letters", seed: 7, edits: [${ALONG}]) { z label } }`,
    );
    expect(data.edit).toEqual(data.sample);
  });

  test.each([
    ['nothing to move', `edits: [${ALONG}]`, /exactly one of seed, z and image but received "none"/],
    [
      'a seed and a z',
      `seed: 1, z: [1, 2, 3, 4], edits: [${ALONG}]`,
      /exactly one of seed, z and image but received "several"/,
    ],
    ['truncation of a z', `z: [1, 2, 3, 4], truncation: 0.5, edits: [${ALONG}]`, /no truncation without a seed/],
    ['no edits', 'seed: 1, edits: []', /1 to 32 edits but received 0/],
    ['33 edits', `seed: 1, edits: [${ALONG.repeat(33)}]`, /1 to 32 edits but received 33/],
    ['no strengths', 'seed: 1, edits: [{ vector: [1, 0, 0, 0], strengths: [] }]', /1 to 64 strengths but received 0/],
    [
      '65 strengths',
      `seed: 1, edits: [{ vector: [1, 0, 0, 0], strengths: [${'1 '.repeat(65)}] }]`,
      /1 to 64 strengths/,
    ],
    [
      'a strength beyond its range',
      'seed: 1, edits: [{ vector: [1, 0, 0, 0], strengths: [0, 20.5] }]',
      /^Expected edits\[0\]\.strengths\[1\] in \[-20, 20\] but received 20\.5/,
    ],
    [
      'an infinite strength',
      'seed: 1, edits: [{ vector: [1, 0, 0, 0], strengths: [1e999] }]',
      /strengths\[0\] in \[-20, 20\]/,
    ],
    [
      'different numbers of strengths',
      'seed: 1, edits: [{ vector: [1, 0, 0, 0], strengths: [1, 2] }, { vector: [1, 0, 0, 0], strengths: [1, 2, 3] }]',
      /1 or 3 strengths in each edit but received "2, 3"/,
    ],
    [
      'an edit without a direction',
      'seed: 1, edits: [{ strengths: 1 }]',
      /edits\[0\] to have exactly one of direction and vector/,
    ],
    [
      'an unknown direction',
      'seed: 1, edits: [{ direction: { method: PCA, index: 4 }, strengths: 1 }]',
      /edits\[0\]\.direction\.index to be an integer in \[0, 3\] but received 4/,
    ],
    [
      'a negative direction',
      'seed: 1, edits: [{ direction: { method: PCA, index: -1 }, strengths: 1 }]',
      /index to be an integer/,
    ],
    [
      'a vector of zeros',
      'seed: 1, edits: [{ vector: [0, 0, 0, 0], strengths: 1 }]',
      /edits\[0\]\.vector to have a direction/,
    ],
    [
      'a vector of another length',
      'seed: 1, edits: [{ vector: [1, 0], strengths: 1 }]',
      /^edits\[0\]\.vector: Expected a latent of 4 values/,
    ],
    [
      'a vector that is not finite',
      'seed: 1, edits: [{ vector: [1, 0, 0, 1e999], strengths: 1 }]',
      /^edits\[0\]\.vector: /,
    ],
    ['an image without an encoder', `image: "AAAA", edits: [${ALONG}]`, /to have the graph "encode"/],
    ['a label of a model without classes', `seed: 1, label: "a", edits: [${ALONG}]`, /is not conditional/],
  ])('refuses %s', async (_, args, message) => {
    expect((await server.current.refusal(edit(args))).message).toMatch(message);
  });

  test('of points moves them too', async () => {
    const { data, errors } = await server.current.query(
      edit('seed: 1, edits: [{ direction: { method: FACTORISED, index: 0 }, strengths: [0, 1] }]', 'point', 'ring'),
    );
    expect(errors).toBeUndefined();
    expect(data.edit[0].point).not.toEqual(data.edit[1].point);
  });
});
