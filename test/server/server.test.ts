import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { GanymedeError } from '../../src/errors.js';
import { MAX_BODY_BYTES } from '../../src/limits.js';
import { useServer } from './harness.js';

const server = useServer();
const awayServer = useServer({ publicUrl: `https://cdn.example/${'x'.repeat(8200)}` });
afterEach(() => {
  server.current.engine.forget();
  server.current.engine.healthy = true;
  vi.restoreAllMocks();
});

const SAMPLE = '{ sample(model: "tiny", seed: 1) { image { bytes } } }';

describe('health', () => {
  test('/livez and /readyz answer 200 when there is a model to serve', async () => {
    const [live, ready] = await Promise.all(
      ['/livez', '/readyz'].map((url) => server.current.app.inject({ method: 'GET', url })),
    );
    expect(live?.statusCode).toBe(200);
    expect(ready?.statusCode).toBe(200);
    expect(ready?.json()).toEqual({ status: 'ready', models: 2, workers: 1, threadsPerWorker: 1 });
  });

  test('/readyz answers 503 once the engine has given up, and /livez goes on', async () => {
    server.current.engine.healthy = false;
    const ready = await server.current.app.inject({ method: 'GET', url: '/readyz' });
    expect(ready.statusCode).toBe(503);
    expect(ready.json().status).toBe('engine failed');
    expect((await server.current.app.inject({ method: 'GET', url: '/livez' })).statusCode).toBe(200);
  });
});

describe('errors', () => {
  test('an unexpected failure is masked, and its original is in the log under the request id', async () => {
    server.current.engine.failure = new Error('secret path /etc/shadow');
    const { errors } = await server.current.query(SAMPLE);
    expect(errors).toHaveLength(1);
    const { message, extensions } = errors![0]!;
    expect(message).toBe('Internal server error');
    expect(Object.keys(extensions).sort()).toEqual(['code', 'requestId']);
    expect(extensions.code).toBe('INTERNAL_SERVER_ERROR');
    const line = server.current.log.find(({ requestId }) => requestId === extensions.requestId);
    expect(JSON.stringify(line)).toMatch('secret path /etc/shadow');
    server.current.engine.forget();
    await server.current.expectAlive();
  });

  test('a deliberate refusal keeps its code, message and details, and carries the request id', async () => {
    server.current.engine.failure = new GanymedeError('ENGINE_FAILED', 'The worker crashed.', { details: { a: 1 } });
    const { errors } = await server.current.query(SAMPLE);
    expect(errors![0]).toMatchObject({
      message: 'The worker crashed.',
      path: ['sample', 0, 'image', 'bytes'],
      extensions: { code: 'ENGINE_FAILED', details: { a: 1 }, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
  });

  test('a masked failure of plain HTTP is 500 without its message', async () => {
    vi.spyOn(server.current.repository, 'enter').mockImplementation(() => {
      throw new TypeError('secret');
    });
    const reply = await server.current.app.inject({ method: 'GET', url: '/images/tiny/1/1.png' });
    expect(reply.statusCode).toBe(500);
    expect(reply.body).not.toMatch('secret');
    expect(reply.json().errors[0].extensions.code).toBe('INTERNAL_SERVER_ERROR');
  });

  test('an unknown address is 404 in the same form', async () => {
    const reply = await server.current.app.inject({ method: 'GET', url: '/nothing/here' });
    expect(reply.statusCode).toBe(404);
    expect(reply.json().errors[0].extensions.code).toBe('NOT_FOUND');
  });

  test.each([
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ models { ', 'GRAPHQL_PARSE_FAILED'],
    ['{ sample(model: "tiny", count: "3") { seed } }', 'GRAPHQL_VALIDATION_FAILED'],
  ])('the document %s is refused with %s', async (query, code) => {
    const { status, errors } = await server.current.query(query);
    expect(status).toBe(400);
    expect(errors![0]!.extensions.code).toBe(code);
    expect(errors![0]!.extensions).not.toHaveProperty('stacktrace');
  });

  test('a refused document is 200 for a legacy client that accepts only application/json', async () => {
    const { status, errors } = await server.current.query('{ nothing }', {}, { accept: 'application/json' });
    expect(status).toBe(200);
    expect(errors![0]!.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});

describe('limits of a request', () => {
  test('a body over the limit is 413 PAYLOAD_TOO_LARGE, and the server goes on', async () => {
    const reply = await server.current.app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify({ query: '{ models { name } }', variables: { x: 'x'.repeat(MAX_BODY_BYTES) } }),
    });
    expect(reply.statusCode).toBe(413);
    expect(reply.json().errors[0].extensions.code).toBe('PAYLOAD_TOO_LARGE');
    await server.current.expectAlive();
  });

  test.each([
    ['no JSON', 'application/json', '{"query":', 400],
    ['a poisoned prototype', 'application/json', '{"query":"{__typename}","__proto__":{"a":1}}', 400],
    ['an array of operations', 'application/json', '[{"query":"{__typename}"}]', 400],
    ['another media type', 'application/xml', '<query/>', 415],
    ['plain text, as cross-site forms send it', 'text/plain', '{"query":"{__typename}"}', 400],
  ])('%s is refused', async (_, type, payload, status) => {
    const reply = await server.current.app.inject({
      method: 'POST',
      url: '/graphql',
      headers: { 'content-type': type },
      payload,
    });
    expect(reply.statusCode).toBe(status);
    expect(reply.json().errors).toHaveLength(1);
    await server.current.expectAlive();
  });

  test('a document of too many tokens is refused before it is run', async () => {
    const { status } = await server.current.query(`{ ${'__typename '.repeat(1200)} }`);
    expect(status).toBe(400);
    await server.current.expectAlive();
  });

  test('an address that would be too long is null with an error, and the data URI comes all the same', async () => {
    const { data, errors } = await awayServer.current.query(
      '{ sample(model: "tiny", seed: 1) { image { url dataUri } } }',
    );
    expect(data.sample[0].image.url).toBeNull();
    expect(data.sample[0].image.dataUri).toMatch(/^data:image\/png/);
    expect(errors![0]!.message).toMatch(/^Expected an address of at most 8192 characters/);
  });
});

describe('a client that leaves', () => {
  test('takes its work out of the queue, and the others get theirs', async () => {
    const { app, engine } = server.current;
    const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const release = engine.hold();
    const socket = connect(Number(url.port), '127.0.0.1');
    await once(socket, 'connect');
    const body = JSON.stringify({ query: '{ sample(model: "tiny", count: 7, seed: 1) { image { bytes } } }' });
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const queued = () => server.current.repository.get('tiny').stats().generate?.queued;
    await vi.waitFor(() => expect(queued()).toBe(7), 20_000);
    const other = server.current.query(SAMPLE);
    await vi.waitFor(() => expect(queued()).toBe(8), 20_000);
    socket.destroy();
    await vi.waitFor(() => expect(queued()).toBe(1), 20_000);
    release();
    expect((await other).errors).toBeUndefined();
    expect(engine.runs).toEqual([{ graph: 'generate', rows: 1 }]);
  });
});
