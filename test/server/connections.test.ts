// What a stranger may write to the port below the level of a client library. Times and memory are in
// test/attack/connections.test.ts.

import { once } from 'node:events';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { MAX_BODY_BYTES } from '../../src/limits.js';
import { useServer } from './harness.js';
import { codeIn, exchange, open, post, readAll, repliesIn } from './raw-http.js';

const server = useServer();
let port = 0;
beforeAll(async () => {
  port = Number(new URL(await server.current.app.listen({ host: '127.0.0.1', port: 0 })).port);
});

const CLOSE = 'Connection: close';
const QUERY = JSON.stringify({ query: '{ sample(model: "tiny", seed: 1) { image { bytes url } } }' });

describe('a client that says no more', () => {
  test('gets its answer, however long that takes', async () => {
    const release = server.current.engine.hold();
    const socket = await open(port);
    socket.end(post(QUERY));
    let text = '';
    socket.on('data', (chunk) => (text += chunk));
    // The server has noticed and asks whether anyone is there.
    await vi.waitFor(() => expect(text).toMatch(/^HTTP\/1\.1 102 Processing\r\n\r\n/), 20_000);
    release();
    await once(socket, 'close');
    const [reply, ...more] = repliesIn(text);
    expect(more).toEqual([]);
    expect(reply?.status).toBe(200);
    expect(JSON.parse(reply?.body ?? '').data.sample[0].image.bytes).toBeGreaterThan(0);
  });

  test('gets the answers to all that it asked', async () => {
    const socket = await open(port);
    socket.end(`GET /livez HTTP/1.1\r\nHost: x\r\n\r\n${post(QUERY)}GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n`);
    const replies = repliesIn(await readAll(socket));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(replies[2]?.body).toMatch('"status":"ready"');
  });
});

describe('whom a request is addressed to', () => {
  test.each([
    ['two hosts', 'GET /livez HTTP/1.1\r\nHost: a\r\nHost: a'],
    ['no host', 'GET /livez HTTP/1.1'],
    ['an empty host', 'GET /livez HTTP/1.1\r\nHost:'],
    ['a tag', 'GET /livez HTTP/1.1\r\nHost: evil/"><script>'],
    ['a path', 'GET /livez HTTP/1.1\r\nHost: evil/path'],
    ['a user', 'GET /livez HTTP/1.1\r\nHost: me@evil'],
    ['a list', 'GET /livez HTTP/1.1\r\nHost: a, b'],
    ['an escape', 'GET /livez HTTP/1.1\r\nHost: a%0d%0ab'],
    ['a port that is none', 'GET /livez HTTP/1.1\r\nHost: a:port'],
    ['a target of another host', 'GET http://evil/livez HTTP/1.1\r\nHost: a'],
    ['a target with a user', 'GET http://a@evil/livez HTTP/1.1\r\nHost: a'],
  ])('%s is refused, and the connection closed', async (_, head) => {
    const [reply, ...more] = await exchange(port, `${head}\r\n\r\n`);
    expect(more).toEqual([]);
    expect(reply?.status).toBe(400);
    expect(reply?.head).toMatch(/^connection: close$/im); // at once, not when it has been idle for long
    expect(codeIn(reply)).toBe('BAD_USER_INPUT');
  });

  test.each([
    ['a name', 'GET /livez HTTP/1.1\r\nHost: gan.example'],
    ['a name and a port', 'GET /livez HTTP/1.1\r\nHost: my_gan-1.example:8080'],
    ['IPv4', 'GET /livez HTTP/1.1\r\nHost: 127.0.0.1:4000'],
    ['IPv6', 'GET /livez HTTP/1.1\r\nHost: [::1]:4000'],
    ['none, in HTTP/1.0', 'GET /livez HTTP/1.0'],
    ['a target of the same host', 'GET http://A:80/livez HTTP/1.1\r\nHost: a:80'],
  ])('%s is answered', async (_, head) => {
    const [reply] = await exchange(port, `${head}\r\n${CLOSE}\r\n\r\n`);
    expect(reply?.status).toBe(200);
  });

  test('is what Host says, whatever X-Forwarded-… says', async () => {
    const forwarded = ['X-Forwarded-Host: evil', 'X-Forwarded-Proto: https', 'Forwarded: host=evil', CLOSE];
    const [reply] = await exchange(port, post(QUERY, ...forwarded));
    expect(JSON.parse(reply?.body ?? '').data.sample[0].image.url).toMatch(/^http:\/\/localhost\/images\//);
  });
});

describe('methods', () => {
  test.each([
    ['TRACE /graphql', 404, 'NOT_FOUND'],
    ['PUT /graphql', 404, 'NOT_FOUND'],
    ['DELETE /images/tiny/1/1.png', 404, 'NOT_FOUND'],
    ['OPTIONS *', 404, 'NOT_FOUND'],
    ['CONNECT evil:443', 400, 'BAD_USER_INPUT'],
    ['BREW /coffee', 400, 'BAD_USER_INPUT'],
    ['GET /%zz', 400, 'BAD_USER_INPUT'],
    ['GET nonsense', 400, 'BAD_USER_INPUT'],
    [`GET /${'x'.repeat(20_000)}`, 431, 'PAYLOAD_TOO_LARGE'],
  ])('%s is refused in the form of every refusal', async (line, status, code) => {
    const [reply, ...more] = await exchange(port, `${line} HTTP/1.1\r\nHost: x\r\n${CLOSE}\r\n\r\n`);
    expect(more).toEqual([]);
    expect(reply?.status).toBe(status);
    expect(codeIn(reply)).toBe(code);
  });
});

describe('requests in one packet', () => {
  test('are answered in their order', async () => {
    const get = (path: string, ...more: string[]) =>
      `GET ${path} HTTP/1.1\r\n${['Host: x', ...more].join('\r\n')}\r\n\r\n`;
    const replies = await exchange(port, `${get('/readyz')}${post(QUERY)}${get('/nowhere')}${get('/livez', CLOSE)}`);
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 404, 200]);
  });

  const smuggled = 'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n';
  test.each([
    ['a length and chunks', ['Content-Length: 4', 'Transfer-Encoding: chunked'], `0\r\n\r\n${smuggled}`],
    ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 4'], `0\r\n\r\n${smuggled}`],
    ['two lengths', ['Content-Length: 4', 'Content-Length: 0'], `null${smuggled}`],
    ['a length of two', ['Content-Length: 4, 0'], `null${smuggled}`],
    ['a length with a sign', ['Content-Length: +4'], `null${smuggled}`],
    ['an encoding that is none', ['Transfer-Encoding: xchunked'], `0\r\n\r\n${smuggled}`],
    ['chunks that are not last', ['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${smuggled}`],
    ['a space before the colon', ['Content-Length : 4'], `null${smuggled}`],
    ['a folded header', ['X: a', ' Content-Length: 4'], `null${smuggled}`],
    ['a chunk whose size is none', ['Transfer-Encoding: chunked'], `g\r\nnull\r\n0\r\n\r\n${smuggled}`],
  ])('with %s hide no other request', async (_, headers, rest) => {
    const head = ['POST /graphql HTTP/1.1', 'Host: x', 'Content-Type: application/json', ...headers].join('\r\n');
    const replies = await exchange(port, `${head}\r\n\r\n${rest}`);
    expect(replies.map(({ status }) => status)).toEqual([400]);
    expect(codeIn(replies[0])).toBe('BAD_USER_INPUT');
  });
});

describe('a server that has all the connections that it may', () => {
  const few = useServer({ maxConnections: 3 });

  test('closes those that do nothing, so that the next comer but one finds room', async () => {
    const { app } = few.current;
    const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const idle = await Promise.all([1, 2, 3].map(() => open(Number(port))));
    const closed = Promise.all(idle.map((socket) => once(socket, 'close')));
    for (const socket of idle) {
      socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
      await once(socket, 'data');
    }
    const dropped = await open(Number(port));
    await once(dropped.resume(), 'close');
    await closed;
    const [reply] = await exchange(Number(port), `GET /livez HTTP/1.1\r\nHost: x\r\n${CLOSE}\r\n\r\n`);
    expect(reply?.status).toBe(200);
  });
});

describe('a body that is too large', () => {
  const BYTES = MAX_BODY_BYTES + 2 ** 20;

  test('is refused with its size and the limit, and a client that sends all of it first reads so', async () => {
    const [reply] = await exchange(port, post(' '.repeat(BYTES), CLOSE));
    expect(reply?.status).toBe(413);
    expect(JSON.parse(reply?.body ?? '').errors[0]).toMatchObject({
      message: `Expected a request body of at most ${MAX_BODY_BYTES} bytes but received one of ${BYTES}. Split the request.`,
      extensions: { code: 'PAYLOAD_TOO_LARGE', details: { limit: MAX_BODY_BYTES, bytes: BYTES } },
    });
  });

  test('is refused with the limit where it comes in chunks', async () => {
    const head = ['POST /graphql HTTP/1.1', 'Host: x', 'Content-Type: application/json', 'Transfer-Encoding: chunked'];
    const chunk = `100000\r\n${' '.repeat(2 ** 20)}\r\n`;
    const socket = await open(port);
    socket.end(`${head.join('\r\n')}\r\n\r\n${chunk.repeat(BYTES / 2 ** 20)}0\r\n\r\n`);
    const [reply] = repliesIn(await readAll(socket));
    expect(reply?.status).toBe(413);
    expect(reply?.body).toMatch(`at most ${MAX_BODY_BYTES} bytes`);
  });

  test('may go on over the same connection once it has come', async () => {
    const replies = await exchange(port, `${post(' '.repeat(BYTES))}${post(QUERY, CLOSE)}`);
    expect(replies.map(({ status }) => status)).toEqual([413, 200]);
  });

  test('is cut when it does not end', async () => {
    const socket = await open(port);
    socket.on('error', () => {}); // a reset: it is still sending
    socket.write(
      'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000000000\r\n\r\n',
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(repliesIn(first.toString())[0]?.status).toBe(413);
    const chunk = Buffer.alloc(2 ** 20, ' ');
    let sent = 0;
    const more = () => {
      while (!socket.destroyed && sent < 1000 && socket.write(chunk)) sent++;
    };
    socket.on('drain', more);
    more();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(sent).toBeLessThan(1000);
  });
});
