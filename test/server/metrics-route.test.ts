import { pino } from 'pino';
import { afterAll, describe, expect, test } from 'vitest';
import { metricsServer } from '../../src/server/metrics-route.js';
import { useServer } from './harness.js';

const KEY = 'a-key-of-16-chars-or-more';
const local = useServer({ metrics: { where: 'local' } });
const keyed = useServer({ metrics: { where: 'key', key: KEY } });
const elsewhere = useServer({ metrics: { where: 'port', port: 9464 } });
const nowhere = useServer({ metrics: { where: 'nowhere' } });

const get = (server: typeof local, headers: Record<string, string> = {}) =>
  server.current.app.inject({ method: 'GET', url: '/metrics', headers });

async function expectUnknown(reply: ReturnType<typeof get>): Promise<void> {
  const { statusCode, headers, body } = await reply;
  expect(statusCode).toBe(404);
  expect(JSON.parse(body).errors[0].extensions.code).toBe('NOT_FOUND');
  expect(headers['www-authenticate']).toBeUndefined();
}

describe('a server that listens on loopback', () => {
  test.each(['localhost', 'localhost:4000', '127.0.0.1:4000', '127.8.0.1', '[::1]:4000'])(
    'shows /metrics to this machine, which calls it %s',
    async (host) => {
      const { statusCode, headers, body } = await get(local, { host });
      expect(statusCode).toBe(200);
      expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
      expect(headers['cache-control']).toBe('no-store');
      expect(body).toMatch(/^ganymede_engine_healthy 1$/m);
    },
  );

  test.each([
    ['a page whose name was pointed at this machine', { host: 'evil.example' }],
    ['a name that begins alike', { host: '127.0.0.1.evil.example' }],
    ['a client that a proxy forwards', { host: 'localhost', 'x-forwarded-for': '203.0.113.9' }],
    ['… by the other header', { host: 'localhost', forwarded: 'for=203.0.113.9' }],
  ])('has no such address for %s', (_, headers) => expectUnknown(get(local, headers)));
});

describe('with a key', () => {
  test.each([`Bearer ${KEY}`, `bearer ${KEY}`])('whoever sends it may read: %s', async (authorization) => {
    expect((await get(keyed, { host: 'gan.example', authorization })).statusCode).toBe(200);
  });

  test.each([
    ['no key', {}],
    ['no key, from this machine', { host: 'localhost' }],
    ['another key', { authorization: `Bearer ${'x'.repeat(KEY.length)}` }],
    ['a part of it', { authorization: `Bearer ${KEY.slice(0, -1)}` }],
    ['more than it', { authorization: `Bearer ${KEY}x` }],
    ['an empty one', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: `Basic ${KEY}` }],
    ['the key alone', { authorization: KEY }],
  ])('there is no such address with %s', (_, headers) => expectUnknown(get(keyed, headers)));
});

test('nowhere means nowhere, and so does a port of its own on the other', async () => {
  await expectUnknown(get(nowhere));
  await expectUnknown(get(elsewhere));
});

describe('a port of its own', () => {
  const servers: { close(): Promise<unknown> }[] = [];
  afterAll(() => Promise.all(servers.map((server) => server.close())));
  const start = (key?: string) => {
    const app = metricsServer(elsewhere.current.metrics, key, pino({ level: 'silent' }));
    servers.push(app);
    return app;
  };

  test('shows the numbers of the server beside it, and nothing else', async () => {
    const app = start();
    await elsewhere.current.query('{ models { name } }');
    const reply = await app.inject({ url: '/metrics', headers: { host: 'gan.example' } });
    expect(reply.statusCode).toBe(200);
    expect(reply.body).toMatch(/^ganymede_graphql_operations_total\{kind="query",outcome="ok"\} 1$/m);
    expect((await app.inject('/graphql')).statusCode).toBe(404);
  });

  test('asks for the key if there is one', async () => {
    const app = start(KEY);
    expect((await app.inject('/metrics')).statusCode).toBe(404);
    expect((await app.inject({ url: '/metrics', headers: { authorization: `Bearer ${KEY}` } })).statusCode).toBe(200);
  });
});
