// What a browser is told about whose pages may read our answers, and that it is never told more.

import type { LightMyRequestResponse } from 'fastify';
import { describe, expect, test } from 'vitest';
import { Access } from '../../src/access/access.js';
import { welcome } from '../../src/server/welcome.js';
import { useServer } from './harness.js';

const NAMED = 'https://www.example.com';
const server = useServer({ corsOrigins: [NAMED], loopbackOrigins: true });
const QUERY = JSON.stringify({ query: '{ sample(model: "tiny", seed: 1) { seed } }' });

type Headers = Record<string, string>;

function post(headers: Headers, payload = QUERY): Promise<LightMyRequestResponse> {
  return server.current.app.inject({ method: 'POST', url: '/graphql', headers, payload });
}

function preflight(url: string, headers: Headers): Promise<LightMyRequestResponse> {
  const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,x-mine' };
  return server.current.app.inject({ method: 'OPTIONS', url, headers: { ...asked, ...headers } });
}

const MINE = [NAMED, 'http://localhost:5173', 'http://127.0.0.1:3000', 'https://localhost', 'http://[::1]:8080'];
const NOT_MINE = [
  'https://example.com',
  'http://www.example.com',
  'https://www.example.com:8443',
  'https://www.example.com.evil.example',
  'https://evil.example',
  'http://localhost.evil.example',
  'http://127.evil.example',
  'http://localhost:5173.evil.example',
  'null',
];

describe('GraphQL', () => {
  test.each(MINE)('answers a page of %s, which may read the answer and the request’s id', async (origin) => {
    const reply = await post({ origin, 'content-type': 'application/json' });
    expect(reply.json().data.sample).toEqual([{ seed: 1 }]);
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-expose-headers': expect.stringContaining('x-request-id'),
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(reply.headers['vary']).toContain('origin');
    expect(reply.headers).not.toHaveProperty('access-control-allow-credentials');
  });

  test.each(MINE)('lets a page of %s send JSON and headers of its own', async (origin) => {
    const reply = await preflight('/graphql', { origin });
    expect(reply.statusCode).toBe(204);
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-allow-headers': 'content-type,x-mine',
      'access-control-max-age': '600',
      vary: 'origin, access-control-request-headers',
    });
    expect(reply.headers).not.toHaveProperty('access-control-allow-credentials');
  });

  test.each(NOT_MINE)('tells the browser nothing for a page of %s', async (origin) => {
    for (const reply of [await preflight('/graphql', { origin }), await post({ origin })]) {
      expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(reply.headers['vary']).toContain('origin'); // a cache must not show it to another page
      expect(reply.statusCode).toBeGreaterThanOrEqual(400);
    }
  });

  test('sends a refusal that the page may read, whatever refuses', async () => {
    const headers = { origin: NAMED, 'content-type': 'application/json' };
    const document = await post(headers, '{"query":"{ nonsense }"}');
    const body = await post(headers, '{');
    const length = await post({ ...headers, 'content-length': '99999999' });
    expect([document, body, length].map(({ statusCode }) => statusCode)).toEqual([200, 400, 413]);
    for (const reply of [document, body, length]) {
      expect(reply.headers['access-control-allow-origin']).toBe(NAMED);
      expect(reply.json().errors[0].extensions.requestId).toBe(reply.headers['x-request-id']);
    }
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', undefined])(
    'does not run what any page may send without asking: a POST of %s',
    async (type) => {
      server.current.engine.forget();
      const query = JSON.stringify({ query: '{ sample(model: "tiny", seed: 1) { image { bytes } } }' });
      for (const origin of [NAMED, 'https://evil.example']) {
        const reply = await post({ origin, ...(type !== undefined && { 'content-type': type }) }, query);
        expect(reply.statusCode).toBeGreaterThanOrEqual(400);
      }
      expect(server.current.engine.runs).toEqual([]);
    },
  );

  test('does not run what any page may ask for without asking: a GET', async () => {
    server.current.engine.forget();
    const query = encodeURIComponent('{ sample(model: "tiny", seed: 1) { image { bytes } } }');
    const reply = await server.current.app.inject({ url: `/graphql?query=${query}`, headers: { origin: NAMED } });
    expect(reply.statusCode).toBe(400);
    expect(server.current.engine.runs).toEqual([]);
  });

  test('keeps that the redirect of browsers depends on what they accept', async () => {
    const reply = await server.current.app.inject({ url: '/graphql', headers: { accept: 'text/html' } });
    expect(reply.headers['vary']).toBe('origin, accept');
  });
});

describe('pictures', () => {
  test('are for pages of any origin, and one copy in a cache serves them all', async () => {
    for (const origin of [NAMED, 'https://evil.example', 'null']) {
      const reply = await server.current.app.inject({ url: '/images/tiny/1/1.png', headers: { origin } });
      expect(reply.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
      });
      expect(reply.headers).not.toHaveProperty('vary');
    }
  });

  test('may be asked for with headers of the page’s own', async () => {
    const reply = await preflight('/images/tiny/1/1.png', { origin: 'https://evil.example' });
    expect(reply.statusCode).toBe(204);
    expect(reply.headers['access-control-allow-origin']).toBe('*');
  });
});

test.each(['/livez', '/readyz', '/', '/nowhere'])('%s is no other page’s business', async (url) => {
  const reply = await server.current.app.inject({ url, headers: { origin: NAMED } });
  expect(reply.headers).not.toHaveProperty('access-control-allow-origin');
});

describe('a server without origins', () => {
  const closed = useServer();

  test.each(MINE)('tells a page of %s nothing', async (origin) => {
    const headers = { origin, 'content-type': 'application/json' };
    const reply = await closed.current.app.inject({ method: 'POST', url: '/graphql', headers, payload: QUERY });
    expect(reply.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

test('the welcome says whose pages may ask', () => {
  const models = server.current.repository.list();
  const tell = (corsOrigins: readonly string[], loopbackOrigins: boolean) =>
    welcome('http://localhost:4000', models, { corsOrigins, loopbackOrigins }, Access.forAnybody());
  expect(tell([], true)).toContain('Scripts may ask from pages of this machine, on any port.');
  expect(tell([NAMED], true)).toContain(`pages of this machine, on any port, and of ${NAMED}.`);
  expect(tell([NAMED], false)).toContain(`pages of ${NAMED}.`);
  expect(tell([], false)).not.toContain('Scripts may ask');
});
