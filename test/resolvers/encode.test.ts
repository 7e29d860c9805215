import sharp from 'sharp';
import { beforeEach, describe, expect, test } from 'vitest';
import { useServer } from '../server/harness.js';
import { HEIGHT, tinyImage, tinyLatent, WIDTH } from '../server/tiny-graphs.js';

const server = useServer({ models: ['whole', 'named'] });
beforeEach(() => server.current.engine.forget());

const PIXELS = WIDTH * HEIGHT;
const QUERY = `query ($model: String! = "whole", $images: [ImageSource!]!, $labels: [String!], $refine: Int) {
  encode(model: $model, images: $images, labels: $labels, refine: $refine) { __typename
    ... on Encoding { z zBase64 label error refined { steps before after } reconstruction { z label image { url bytes } } }
    ... on ImageError { index code message } } }`;

async function flat(level: number): Promise<string> {
  const background = { r: level, g: level, b: level };
  const image = sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background } });
  return (await image.png().toBuffer()).toString('base64');
}
const image = (level: number) => new Float32Array(PIXELS).fill(Math.fround(level / 255));

describe('encode', () => {
  test('gives z of each image, and what the model makes of it again, with its error', async () => {
    const images = [await flat(255), await flat(51)];
    const { data, errors } = await server.current.query(QUERY, { images, labels: ['gamma', 'alpha'] });
    expect(errors).toBeUndefined();
    for (const [i, level] of [255, 51].entries()) {
      const encoding = data.encode[i]!;
      const label = [2, 0][i]!;
      const z = tinyLatent(image(level), label);
      expect(encoding.z).toEqual([...z].map((value) => expect.closeTo(value, 4)));
      expect(encoding.label).toBe(['gamma', 'alpha'][i]);
      expect(encoding.reconstruction).toMatchObject({ z: encoding.z, label: encoding.label });
      expect(encoding.refined).toBeNull();
      const bytes = Buffer.from(encoding.zBase64, 'base64');
      expect([0, 4, 8, 12].map((at) => bytes.readFloatLE(at))).toEqual(encoding.z.map(Math.fround));
      const made = tinyImage(Float32Array.from(encoding.z), label);
      const error = made.reduce((sum, value) => sum + (value - level / 255) ** 2, 0) / PIXELS;
      expect(encoding.error).toBeCloseTo(error, 5);
    }
  });

  test('gives an address that holds z exactly', async () => {
    const { data } = await server.current.query(QUERY, { images: [await flat(90)], labels: ['beta'] });
    const { zBase64, reconstruction } = data.encode[0];
    const { pathname, searchParams } = new URL(reconstruction.image.url);
    expect(Buffer.from(searchParams.get('z')!, 'base64url').toString('base64')).toBe(zBase64);
    const reply = await server.current.app.inject({ url: `${pathname}?${searchParams}` });
    expect(reply.statusCode).toBe(200);
    expect(reply.rawPayload.length).toBe(reconstruction.image.bytes);
  });

  test('makes a reconstruction once for its error and its image', async () => {
    await server.current.query(QUERY, { images: [await flat(90)], labels: ['beta'] });
    expect(server.current.engine.runs).toEqual([
      { graph: 'encode', rows: 1 },
      { graph: 'generate', rows: 1 },
    ]);
  });

  test('answers an image that cannot be read as an error of its own entry', async () => {
    const images = ['no image', await flat(51)];
    const { data } = await server.current.query(QUERY, { images, labels: ['beta', 'alpha'] });
    expect(data.encode[0]).toMatchObject({ __typename: 'ImageError', index: 0, code: 'INVALID_IMAGE' });
    // The label of the second stays its own.
    expect(data.encode[1].z[0]).toBeCloseTo(tinyLatent(image(51), 0)[0]!, 4);
  });
});

describe('encode refuses', () => {
  test('labels that are missing, too many or unknown', async () => {
    const images = [await flat(0), await flat(1)];
    for (const [labels, message] of [
      [undefined, /labels, for the encoder of whole is conditional.*Its classes are alpha, beta, gamma/],
      [['alpha', 'beta', 'gamma'], /1 or 2 labels but received 3/],
      [['delta'], /a class of whole as label but received "delta"/],
    ] as const) {
      const { extensions, message: said } = await server.current.refusal(QUERY, { images, labels });
      expect(extensions.code).toBe('BAD_USER_INPUT');
      expect(said).toMatch(message);
    }
  });

  test('a model without an encoder, with what to do', async () => {
    const { extensions, message } = await server.current.refusal(QUERY, { model: 'tiny', images: [await flat(0)] });
    expect(extensions.code).toBe('CAPABILITY_MISSING');
    expect(message).toMatch(/refine: 200.*fit encoder/);
  });

  test('steps outside their range, no images, and more steps than one request may take', async () => {
    const images = [await flat(0)];
    for (const refine of [0, -1, 1001]) {
      const { message } = await server.current.refusal(QUERY, { images, labels: ['beta'], refine });
      expect(message).toMatch(/refine to be an integer in \[1, 1000\]/);
    }
    expect((await server.current.refusal(QUERY, { images: [], labels: ['beta'] })).message).toMatch(/1 to 1000 images/);
    const many = Array.from({ length: 9 }, () => images[0]);
    const { message, extensions } = await server.current.refusal(QUERY, {
      images: many,
      labels: ['beta'],
      refine: 1000,
    });
    expect(message).toMatch(/at most 8192 steps of refinement.* 9000/);
    expect(extensions.details).toMatchObject({ resource: 'steps', limit: 8192, asked: 9000 });
    expect(server.current.engine.runs.filter(({ graph }) => graph === 'encode')).toEqual([]);
  });
});
