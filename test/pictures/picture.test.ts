// Images, grids, animations and their addresses: what GraphQL gives as a data URI, the address gives over HTTP.

import sharp from 'sharp';
import { beforeEach, describe, expect, test } from 'vitest';
import { interpolation, latent } from '../../src/models/latent.js';
import { useServer } from '../server/harness.js';
import { HEIGHT, LATENT, tinyImage, WIDTH } from '../server/tiny-graphs.js';

const server = useServer();
beforeEach(() => server.current.engine.forget());

const PRIOR = { kind: 'uniform', low: -2, high: 2 } as const;
const FIELDS = '{ url dataUri bytes width height format }';

function bytesOf(dataUri: string): Buffer {
  return Buffer.from(dataUri.slice(dataUri.indexOf(',') + 1), 'base64');
}

function get(url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') {
  const { pathname, search } = new URL(url);
  return server.current.app.inject({ method, url: pathname + search, headers });
}

/** Grey levels of an image file, row by row. */
async function levels(file: Buffer): Promise<number[]> {
  return Array.from(await sharp(file).extractChannel(0).raw().toBuffer());
}

function expectedLevels(z: Float32Array): number[] {
  return Array.from(tinyImage(z), (value) => Math.round(value * 255));
}

interface Animation {
  readonly delays: readonly number[]; // milliseconds, one a frame
  readonly playsForever: boolean;
}

async function readWebp(file: Buffer): Promise<Animation> {
  const { delay = [], loop } = await sharp(file).metadata();
  return { delays: delay, playsForever: loop === 0 };
}

/** By hand: the program lets sharp write GIFs, not read them. Graphic control extensions and the Netscape loop. */
function readGif(file: Buffer): Animation {
  expect(file.subarray(0, 6).toString('latin1')).toBe('GIF89a');
  const delays: number[] = [];
  for (let at = file.indexOf('21f904', 0, 'hex'); at >= 0; at = file.indexOf('21f904', at + 1, 'hex')) {
    delays.push(file.readUInt16LE(at + 4) * 10);
  }
  const netscape = file.indexOf('NETSCAPE2.0');
  return { delays, playsForever: netscape > 0 && file.readUInt16LE(netscape + 13) === 0 };
}

/** Frame controls are 26 bytes, the delay at 20; the chunk acTL says how often it plays. Its frames: apng.test.ts. */
function readApng(file: Buffer): Animation {
  const delays: number[] = [];
  for (let at = file.indexOf('fcTL'); at >= 0; at = file.indexOf('fcTL', at + 1)) {
    delays.push(file.readUInt16BE(at + 4 + 20));
  }
  return { delays, playsForever: file.readUInt32BE(file.indexOf('acTL') + 8) === 0 };
}

const READERS: Readonly<Record<string, (file: Buffer) => Animation | Promise<Animation>>> = {
  WEBP: readWebp,
  GIF: readGif,
  APNG: readApng,
};

describe('the image of a sample', () => {
  test('is what the generator makes of its z', async () => {
    const { data } = await server.current.query(
      '{ sample(model: "tiny", seed: 11) { image { dataUri width height } } }',
    );
    const { dataUri, width, height } = data.sample[0].image;
    expect(dataUri).toMatch(/^data:image\/png;base64,/);
    expect([width, height]).toEqual([WIDTH, HEIGHT]);
    expect(await levels(bytesOf(dataUri))).toEqual(expectedLevels(latent(11, LATENT, PRIOR)));
  });

  test.each([
    ['PNG', 'png', 'image/png'],
    ['WEBP', 'webp', 'image/webp'],
    ['JPEG', 'jpg', 'image/jpeg'],
    ['AVIF', 'avif', 'image/avif'],
  ])('as %s has the same bytes at its address, of the stated size', async (format, extension, mimeType) => {
    const { data, errors } = await server.current.query(
      `{ sample(model: "tiny", seed: 4, truncation: 0.7) { image(format: ${format}, size: 24) ${FIELDS} } }`,
    );
    expect(errors).toBeUndefined();
    const { image } = data.sample[0];
    expect(image).toMatchObject({ format, width: 32, height: 24 });
    expect(image.url).toBe(`http://localhost:80/images/tiny/2/4.${extension}?truncation=0.7&size=24`);
    const reply = await get(image.url);
    expect(reply.statusCode).toBe(200);
    expect(reply.headers['content-type']).toBe(mimeType);
    expect(reply.rawPayload.equals(bytesOf(image.dataUri))).toBe(true);
    expect(image.bytes).toBe(reply.rawPayload.length);
    const { width, height } = await sharp(reply.rawPayload).metadata();
    expect([width, height]).toEqual([32, 24]);
  });

  test('of an explicit latent has an address that carries the latent', async () => {
    const { data } = await server.current.query(
      `{ sample(model: "tiny", z: [[0.1, -2, 3e-5, 0]]) { image ${FIELDS} } }`,
    );
    const { image } = data.sample[0];
    expect(new URL(image.url).pathname).toBe('/images/tiny/2/latent.png');
    expect((await get(image.url)).rawPayload.equals(bytesOf(image.dataUri))).toBe(true);
  });
});

describe('sampleGrid', () => {
  test('is one image of rows and columns with the samples of its seeds, two pixels apart', async () => {
    const { data } = await server.current.query(
      `{ sampleGrid(model: "tiny", rows: 2, columns: 3, seed: 20) ${FIELDS} }`,
    );
    const { width, height, dataUri, url } = data.sampleGrid;
    expect([width, height]).toEqual([3 * WIDTH + 4, 2 * HEIGHT + 2]);
    expect(server.current.engine.runs).toEqual([{ graph: 'generate', rows: 6 }]);
    const lastCell = sharp(bytesOf(dataUri)).extract({ left: 20, top: 8, width: WIDTH, height: HEIGHT }).png();
    expect(await levels(await lastCell.toBuffer())).toEqual(expectedLevels(latent(25, LATENT, PRIOR)));
    expect((await get(url)).rawPayload.equals(bytesOf(dataUri))).toBe(true);
  });

  test('without a seed draws one, and its address names it', async () => {
    const { data } = await server.current.query('{ sampleGrid(model: "tiny") { url dataUri } }');
    expect(new URL(data.sampleGrid.url).searchParams.get('seed')).toMatch(/^\d+$/);
    expect((await get(data.sampleGrid.url)).rawPayload.equals(bytesOf(data.sampleGrid.dataUri))).toBe(true);
  });
});

describe('interpolate', () => {
  test('gives latents from the first waypoint to the last', async () => {
    const { data } = await server.current.query(
      '{ interpolate(model: "tiny", waypoints: [{ seed: 1 }, { z: [1, 2, 3, 4] }], steps: 5, method: LINEAR) { frames { seed z } } }',
    );
    const ends = [latent(1, LATENT, PRIOR), Float32Array.from([1, 2, 3, 4])];
    const expected = interpolation(ends, 5, 'linear');
    expect(data.interpolate.frames.map(({ z }) => Float32Array.from(z))).toEqual(expected);
    expect(data.interpolate.frames[0].seed).toBeNull();
  });

  test('as frames and as an animation generates each frame once', async () => {
    const { data, errors } = await server.current.query(
      `{ interpolate(model: "tiny", waypoints: [{ seed: 1 }, { seed: 2 }, { seed: 3 }], steps: 9, loop: true) { frames { score { logit } } animation(format: WEBP, size: 12) ${FIELDS} } }`,
    );
    expect(errors).toBeUndefined();
    expect(server.current.engine.runs).toEqual([
      { graph: 'generate', rows: 9 },
      { graph: 'score', rows: 9 },
    ]);
    expect(data.interpolate.animation).toMatchObject({ width: 16, height: 12, format: 'WEBP' });
  });

  test.each(['WEBP', 'GIF', 'APNG'])(
    'as a looping %s has the same bytes at its address, with as many frames as steps',
    async (format) => {
      const { data } = await server.current.query(
        `{ interpolate(model: "tiny", waypoints: [{ seed: 1 }, { z: [0.5, 1, -1, 2] }], steps: 6, loop: true) { animation(format: ${format}, fps: 10, size: 24) ${FIELDS} } }`,
      );
      const { url, dataUri } = data.interpolate.animation;
      const reply = await get(url);
      expect(reply.statusCode).toBe(200);
      expect(reply.rawPayload.equals(bytesOf(dataUri))).toBe(true);
      const { delays, playsForever } = await READERS[format]!(reply.rawPayload);
      expect(delays).toEqual(Array(6).fill(100));
      expect(playsForever).toBe(true);
    },
  );
});

describe('GET /images', () => {
  test('may be cached for ever, is not sniffed, and answers 304 without running a graph', async () => {
    const first = await get('http://x/images/tiny/1/42.png');
    expect(first.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(first.headers['x-content-type-options']).toBe('nosniff');
    const etag = first.headers['etag'] as string;
    expect(etag).toMatch(/^"[\w-]{20,}"$/);
    server.current.engine.forget();
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const second = await get('http://x/images/tiny/1/42.png', { 'if-none-match': header });
      expect(second.statusCode).toBe(304);
      expect(second.rawPayload).toHaveLength(0);
      expect(second.headers['etag']).toBe(etag);
    }
    expect(server.current.engine.runs).toEqual([]);
    expect((await get('http://x/images/tiny/1/42.png', { 'if-none-match': '"other"' })).statusCode).toBe(200);
  });

  test('gives every picture a tag of its own', async () => {
    const paths = ['1/42.png', '2/42.png', '1/43.png', '1/42.webp', '1/42.png?size=12', '1/42.png?truncation=0.5'];
    const tags = await Promise.all(
      paths.map(async (path) => (await get(`http://x/images/tiny/${path}`)).headers['etag']),
    );
    // The two versions hold the same weights here, and differ in their addresses all the same.
    expect(new Set(tags).size).toBe(paths.length);
  });

  test('answers HEAD with the headers of GET and no body', async () => {
    const [head, whole] = await Promise.all([
      get('http://x/images/tiny/1/42.png', {}, 'HEAD'),
      get('http://x/images/tiny/1/42.png'),
    ]);
    expect(head.statusCode).toBe(200);
    expect(head.rawPayload).toHaveLength(0);
    expect(head.headers['etag']).toBe(whole.headers['etag']);
    expect(head.headers['content-length']).toBe(`${whole.rawPayload.length}`);
  });

  test.each([
    ['/images/mnits/1/1.png', 404, 'MODEL_NOT_FOUND'],
    ['/images/tiny/9/1.png', 404, 'VERSION_NOT_FOUND'],
    ['/images/tiny/latest/1.png', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/01/1.png', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/1.bmp', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/1.gif', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/png', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/.png', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/-1.png', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/007.png', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/4294967296.png', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/1.png?size=0', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/1.png?size=1025', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/1.png?size=12&size=13', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/1.png?truncation=1.5', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/1.png?truncation=NaN', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/1.png?truncation=0.50', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/1.png?cachebuster=1', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/latent.png', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/latent.png?z=AAAA', 400, 'INVALID_LATENT'],
    ['/images/tiny/1/latent.png?z=AACAfwAAAAAAAAAAAAAAAA', 400, 'INVALID_LATENT'], // +Infinity, 0, 0, 0
    ['/images/tiny/1/latent.png?z=AAAAAAAAAAAAAAAAAAAAAA==', 400, 'INVALID_LATENT'],
    ['/images/tiny/1/grid.png?seed=1', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/grid.png?seed=1&rows=1000000000&columns=1', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/grid.png?seed=4294967295&rows=2&columns=1', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/interpolation.webp?waypoints=1&steps=4&method=slerp&loop=false&fps=12', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/interpolation.png?waypoints=1,2&steps=4&method=slerp&loop=false&fps=12', 400, 'BAD_USER_INPUT'],
    ['/images/tiny/1/interpolation.gif?waypoints=1,2&steps=4&method=magic&loop=false&fps=12', 400, 'BAD_USER_INPUT'],
    [
      '/images/tiny/1/interpolation.gif?waypoints=1,2&steps=512&method=slerp&loop=true&fps=12&size=1024',
      400,
      'BAD_USER_INPUT',
    ],
    ['/images/%2e%2e/1/1.png', 404, 'MODEL_NOT_FOUND'],
    ['/images/tiny/1', 404, 'NOT_FOUND'],
  ])('refuses %s with %i %s as JSON, not to be cached', async (path, status, code) => {
    const reply = await get(`http://x${path}`.replace('%2e%2e', '%252e%252e'));
    expect(reply.statusCode).toBe(status);
    const [{ message, extensions }] = reply.json().errors;
    expect(extensions.code).toBe(code);
    expect(extensions.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(message).toMatch(/^(Expected|z: Expected)/);
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(reply.headers['etag']).toBeUndefined();
    await server.current.expectAlive();
  });

  test('a failure of the engine is 503 and is not cached', async () => {
    const { GanymedeError } = await import('../../src/errors.js');
    server.current.engine.failure = new GanymedeError('ENGINE_FAILED', 'The worker crashed.');
    const reply = await get('http://x/images/tiny/1/42.png');
    expect(reply.statusCode).toBe(503);
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(reply.headers['etag']).toBeUndefined();
    expect(reply.headers['retry-after']).toBe('1');
  });
});
