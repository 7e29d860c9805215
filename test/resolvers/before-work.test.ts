// Requests that once took the server an hour, or the event loop seconds, are refused before anything is decoded,
// generated or encoded; and work that waits leaves with its client.

import { graphql } from 'graphql';
import sharp from 'sharp';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import * as codec from '../../src/images/sharp.js';
import { createSchema } from '../../src/resolvers/schema.js';
import { RequestScope } from '../../src/resolvers/scope.js';
import { useServer } from '../server/harness.js';

vi.mock('../../src/images/sharp.js', { spy: true });

const server = useServer();
beforeEach(() => {
  server.current.engine.forget();
  vi.clearAllMocks();
});

const aliases = (count: number, field: string) => Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(' ');

async function flat(format: 'png' | 'jpeg' | 'webp' | 'avif', width: number, height: number): Promise<string> {
  const image = sharp({ create: { width, height, channels: 3, background: '#204060' } });
  const encoded = format === 'avif' ? image.avif({ effort: 0 }) : image[format]();
  return (await encoded.toBuffer()).toString('base64');
}

function expectNoWork(): void {
  expect(server.current.engine.runs).toEqual([]);
  for (const work of [codec.readImage, codec.writeImage, codec.writeAnimation]) expect(work).not.toHaveBeenCalled();
}

describe('score refuses before it decodes', () => {
  test('65 aliases of the same 64 large AVIFs, without reading a header', async () => {
    const image = await flat('avif', 8192, 2048);
    const { errors, status } = await server.current.query(
      `query ($i: [ImageSource!]!) { ${aliases(65, 'score(model: "tiny", images: $i) { __typename }')} }`,
      { i: new Array(64).fill(image) },
    );
    expect(status).toBe(400);
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { resource: 'rows', limit: 1024 },
    });
    expect(codec.readHeader).not.toHaveBeenCalled();
    expectNoWork();
  });

  test.each([
    ['png', 1],
    ['avif', 3],
    ['webp', 2],
    ['jpeg', 0.5],
  ] as const)(
    'three %s images of more pixels together than one request may have, by their headers',
    async (format, weight) => {
      const side = Math.ceil(Math.sqrt(2 ** 24 / weight / 2.9));
      const images = await Promise.all([0, 1, 2].map((more) => flat(format, side + more, side)));
      const { extensions } = await refusedScore(images);
      expect(extensions.details).toMatchObject({ resource: 'decoded', limit: 2 ** 24 + 2 ** 16 });
      expect(codec.readHeader).toHaveBeenCalledTimes(3);
      expectNoWork();
    },
  );

  async function refusedScore(images: readonly string[]) {
    const { errors } = await server.current.query(
      'query ($i: [ImageSource!]!) { score(model: "tiny", images: $i) { ... on Score { logit } } }',
      { i: images },
    );
    return errors![0]!;
  }
});

test('an image that comes many times in a request is read and decoded once', async () => {
  const [one, other] = await Promise.all([flat('webp', 8, 6), flat('webp', 7, 5)]);
  const { data, errors } = await server.current.query<Record<string, { logit: number }[]>>(
    `query ($i: [ImageSource!]!) { ${aliases(5, 'score(model: "tiny", images: $i) { ... on Score { logit } }')} }`,
    { i: [one, other, one, one] },
  );
  expect(errors).toBeUndefined();
  expect(data['a4']).toHaveLength(4);
  expect(codec.readHeader).toHaveBeenCalledTimes(2);
  expect(codec.readImage).toHaveBeenCalledTimes(2);
});

describe('a document refuses before anything runs:', () => {
  const PATH = 'interpolate(model: "tiny", waypoints: [{ seed: 1 }, { seed: 2 }], steps: 512)';
  test.each([
    ['300 aliases of z over 512 frames', `{ ${PATH} { frames { ${aliases(300, 'z')} } } }`],
    ['101 aliases', `{ ${aliases(101, 'models { name }')} }`],
    ['500 repeats of a field', `{ sample(model: "tiny") { score { ${'logit '.repeat(500)} } } }`],
    [
      'one field too dear beside a cheap one',
      `{ sample(model: "tiny") { image { bytes } } ${PATH} { frames { score { logit } } more: frames { image(format: AVIF) { bytes } } } }`,
    ],
    [
      '25,600 encodings of a pixel',
      `{ sample(model: "tiny", count: 256) { ${aliases(60, 'image(size: 1, format: WEBP) { bytes }')} } }`,
    ],
  ])('%s', async (_, query) => {
    const { status, data, errors } = await server.current.query(query);
    expect(status).toBe(400);
    expect(data).toBeUndefined();
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expectNoWork();
  });
});

test('images that wait to be encoded are not, once their client has left', async () => {
  const leaving = new AbortController();
  const { repository } = server.current;
  const scope = new RequestScope({
    repository,
    requestId: '1',
    origin: '',
    server: { codeVersion: '0.0.0', device: 'cpu', workers: 1, threadsPerWorker: 1, engine: { healthy: true } },
    hidePaths: (value) => value,
    signal: () => leaving.signal,
  });
  let finish = (): void => {};
  const encoded = new Promise<Uint8Array>((resolve) => {
    finish = () => resolve(new Uint8Array(1));
  });
  vi.mocked(codec.writeImage).mockReturnValue(encoded);
  const source = '{ sample(model: "tiny", count: 20) { image(format: WEBP) { bytes } } }';
  const reply = graphql({ schema: createSchema(), source, contextValue: { scope } });
  await vi.waitFor(() => expect(codec.writeImage).toHaveBeenCalledTimes(2), 20_000); // one client has two places
  leaving.abort();
  finish();
  const { errors } = await reply;
  expect(errors).toHaveLength(18);
  expect(errors![0]!.originalError).toMatchObject({ code: 'CANCELLED' });
  expect(codec.writeImage).toHaveBeenCalledTimes(2);
  vi.mocked(codec.writeImage).mockRestore();
});
