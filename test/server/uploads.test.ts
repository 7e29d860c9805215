// POST /images, and what the ids that it gives are good for.

import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { MAX_BODY_BYTES, MAX_UPLOADED_BYTES_PER_REQUEST } from '../../src/limits.js';
import { png } from '../attack/png.js';
import { useServer } from './harness.js';
import { HEIGHT, WIDTH } from './tiny-graphs.js';

let now = 1.8e12;
const server = useServer({ now: () => now, corsOrigins: ['https://www.example.com'] });

const SCORE = `query ($images: [ImageSource!]!) { score(model: "tiny", images: $images) {
  ... on Score { logit } ... on ImageError { index code message } } }`;

function flat(level: number, format: 'png' | 'jpeg' | 'webp' | 'avif' = 'png'): Promise<Buffer> {
  const background = { r: level, g: level, b: level };
  return sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background } })
    .toFormat(format)
    .toBuffer();
}

async function upload(payload: Buffer | string, headers: Record<string, string> = { 'content-type': 'image/png' }) {
  const reply = await server.current.app.inject({ method: 'POST', url: '/images', headers, payload });
  return { status: reply.statusCode, headers: reply.headers, ...reply.json() };
}

describe('POST /images', () => {
  test.each(['png', 'jpeg', 'webp', 'avif'] as const)('takes %s and says what it is', async (format) => {
    const { status, id, ...rest } = await upload(await flat(255, format), { 'content-type': `image/${format}` });
    expect(status).toBe(201);
    expect(id).toMatch(/^[\w-]+$/);
    expect(rest).toMatchObject({ width: WIDTH, height: HEIGHT, format: format.toUpperCase() });
    expect(rest.expires).toBe(new Date(now + 3_600_000).toISOString());
    expect(rest.headers['cache-control']).toBe('no-store');
  });

  test('gives an id that stands for the image wherever one is taken', async () => {
    const [white, black] = [await upload(await flat(255)), await upload(await flat(0))];
    const images = [`upload:${white.id}`, `upload:${black.id}`, (await flat(255)).toString('base64')];
    const { data, errors } = await server.current.query(SCORE, { images });
    expect(errors).toBeUndefined();
    expect(data.score.map(({ logit }) => Math.round(logit * 1e4) / 1e4)).toEqual([4, -4, 4]);
    const literal = `{ score(model: "tiny", images: ["upload:${black.id}"]) { ... on Score { logit } } }`;
    expect((await server.current.query(literal)).data.score[0].logit).toBeCloseTo(-4, 4);
  });

  test('takes a body of bytes without a kind, and asks the bytes what they are', async () => {
    expect(await upload(await flat(255, 'webp'), { 'content-type': 'application/octet-stream' })).toMatchObject({
      status: 201,
      format: 'WEBP',
    });
    expect(await upload(await flat(255), { 'content-type': 'image/avif' })).toMatchObject({ format: 'PNG' });
  });

  test.each([
    ['text', Buffer.from('no image'), 400, 'INVALID_IMAGE'],
    ['nothing', Buffer.alloc(0), 400, 'INVALID_IMAGE'],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 415, 'UNSUPPORTED_IMAGE'],
    ['a header of a large image', png({ width: 60_000, height: 60_000 }, Buffer.alloc(8)), 413, 'IMAGE_TOO_LARGE'],
    ['too many bytes', Buffer.alloc(MAX_BODY_BYTES + 1), 413, 'PAYLOAD_TOO_LARGE'],
  ])('refuses %s at once', async (_, payload, status, code) => {
    const reply = await upload(payload);
    expect([reply.status, reply.errors[0].extensions.code]).toEqual([status, code]);
    await server.current.expectAlive();
  });

  test.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'refuses what a page of another site may send without asking: %s',
    async (type) => {
      const headers = { origin: 'https://evil.example', ...(type !== undefined && { 'content-type': type }) };
      const reply = await upload(await flat(255), headers as Record<string, string>);
      expect([reply.status, reply.errors[0].extensions.code]).toEqual([415, 'BAD_USER_INPUT']);
    },
  );

  test('refuses JSON, which is for GraphQL', async () => {
    expect((await upload('{}', { 'content-type': 'application/json' })).status).toBe(415);
  });

  test('answers pages that may ask', async () => {
    const headers = { origin: 'https://www.example.com', 'content-type': 'image/png' };
    expect((await upload(await flat(255), headers)).headers['access-control-allow-origin']).toBe(headers.origin);
  });
});

describe('an id', () => {
  test('that has expired, or that never was, fails its own entry alone', async () => {
    const { id, expires } = await upload(await flat(255));
    now += 3_600_000;
    const fresh = await upload(await flat(0));
    const images = [`upload:${id}`, `upload:${fresh.id}`, 'upload:../../etc/passwd', 'upload:'];
    const { data, errors } = await server.current.query(SCORE, { images });
    expect(errors).toBeUndefined();
    expect(data.score[1].logit).toBeCloseTo(-4, 4);
    const [late, , path, none] = data.score as readonly unknown[];
    expect(late).toMatchObject({ index: 0, code: 'UPLOAD_NOT_FOUND', message: expect.stringContaining(expires) });
    expect(path).toMatchObject({ index: 2, code: 'UPLOAD_NOT_FOUND' });
    expect(none).toMatchObject({ index: 3, code: 'UPLOAD_NOT_FOUND' });
  });

  test('is paid for by the bytes behind it before they are read, equal ones once', async () => {
    const large = png({ width: WIDTH, height: HEIGHT }, Buffer.alloc((WIDTH + 1) * HEIGHT), [Buffer.alloc(0)]);
    const padded = Buffer.concat([large, Buffer.alloc(9 * 2 ** 20)]); // what follows the end of a PNG is not read
    const ids = [];
    for (let i = 0; i < 4; i++) ids.push(`upload:${(await upload(padded)).id}`);
    const bytes = 4 * padded.length;
    expect(bytes).toBeGreaterThan(MAX_UPLOADED_BYTES_PER_REQUEST);
    const refusal = await server.current.refusal(SCORE, { images: ids });
    expect(refusal.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { resource: 'uploaded', limit: MAX_UPLOADED_BYTES_PER_REQUEST, asked: bytes },
    });
    const { errors } = await server.current.query(SCORE, { images: Array(8).fill(ids[0]) });
    expect(errors).toBeUndefined();
  });
});
