// Who may, seen from outside: the program as it is started, asked over HTTP and WebSocket by whoever shows what.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createKey, keyFileOf, revokeKey } from '../../src/access/keys.js';
import { ROLES, type Role } from '../../src/access/role.js';
import { type Served, startServer } from '../examples/serving.js';
import { shippedVersion } from '../shipped.js';

/** A picture of a shipped model. */
const MNIST_7 = `/images/mnist/${shippedVersion('mnist')}/7.png`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-access-'));
  for (const model of ['ring8', 'mnist'])
    await cp(`checkpoints/${model}`, join(folder, 'models', model), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

function start(data: string, settings: Record<string, string> = {}): Promise<Served> {
  return startServer({
    CHECKPOINTS: join(folder, 'models'),
    DATA: join(folder, data),
    LOG_LEVEL: 'silent',
    ...settings,
  });
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly code: string | undefined;
}

/** Over a connection of its own: of several processes on one port the next one answers. */
async function ask(url: string, query: string, key?: string, headers: Record<string, string> = {}): Promise<Reply> {
  const sent = request(`${url}/graphql`, {
    agent: false,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }), ...headers },
  });
  sent.end(JSON.stringify({ query }));
  const [reply] = (await once(sent, 'response')) as [IncomingMessage];
  const { data, errors } = (await json(reply)) as { data: Reply['data']; errors?: { extensions: { code: string } }[] };
  return { status: reply.statusCode!, headers: reply.headers, data, code: errors?.[0]?.extensions.code };
}

/** What becomes of the file of keys is in force by then. */
function withinFiveSeconds(see: () => Promise<void>): Promise<void> {
  return vi.waitFor(see, { timeout: 5000 });
}

/** The next one; fails if the connection is closed before. */
function message(socket: WebSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('message', (data) => resolve(String(data)));
    socket.once('close', (code) => reject(new Error(`Expected a message but the connection was closed: ${code}`)));
  });
}

/** With headers that fetch does not let anybody set. */
function raw(url: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { headers }, (reply) => resolve(reply.resume().statusCode!));
    sent.on('error', reject).end();
  });
}

const MODELS = '{ models { name } }';

describe('a server without keys', () => {
  let served: Served;
  beforeAll(async () => {
    served = await start('open');
  });
  afterAll(() => served.stop());

  const ADDRESSES = ['/', '/livez', '/readyz', '/graphiql', MNIST_7, '/graphql?query={__typename}', '/none'];

  test.each(ADDRESSES)('gives %s to nobody who names another host, or comes from another page', async (path) => {
    const port = new URL(served.url).port;
    for (const host of ['evil.example', `localhost.evil.example:${port}`, '192.168.0.1', '127.0.0.1.evil.example']) {
      expect(await raw(served.url, path, { host })).toBe(403);
    }
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example']) {
      expect(await raw(served.url, path, { origin })).toBe(403);
    }
    expect(await raw(served.url, path, { host: `LOCALHOST:${port}`, origin: 'http://localhost:5173' })).not.toBe(403);
  });

  test('takes whoever is on this machine for its admin', async () => {
    expect((await ask(served.url, '{ jobs { totalCount } }')).data).toEqual({ jobs: { totalCount: 0 } });
  });

  test('takes nobody any more once there is a key, and ends what they had open', async () => {
    const socket = new WebSocket(`${served.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const closed = once(socket, 'close');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await message(socket);
    const { key } = await createKey(join(folder, 'open'), { name: 'first', role: 'viewer' });
    await withinFiveSeconds(async () => expect((await ask(served.url, MODELS)).status).toBe(401));
    expect((await closed)[0]).toBe(4403);
    expect((await ask(served.url, MODELS, key)).status).toBe(200);
    await revokeKey(join(folder, 'open'), 'first');
    await withinFiveSeconds(async () => expect((await ask(served.url, MODELS, key)).status).toBe(401));
    expect((await ask(served.url, MODELS)).status).toBe(401); // without any in force it is open to nobody
  });
});

describe.each([
  ['one process', {}],
  ['several processes', { CLUSTER: '2' }],
])('a server with keys, of %s,', (kind, settings) => {
  const isAlone = kind === 'one process';
  let served: Served;
  let keys: Record<Role, string>;
  const data = () => join(folder, kind);
  beforeAll(async () => {
    const made = ROLES.map(
      async (role) => [role, (await createKey(data(), { name: `the ${role}`, role })).key] as const,
    );
    keys = Object.fromEntries(await Promise.all(made)) as Record<Role, string>;
    served = await start(kind, settings);
  });
  afterAll(() => served.stop());

  const SCORE = '{ score(model: "ring8", points: [[1, 2]]) { __typename } }';
  const ALLOWED: readonly (readonly [string, Role])[] = [
    [MODELS, 'viewer'],
    ['{ a: sample(model: "mnist", seed: 1) { seed } }', 'viewer'],
    ['{ ...A } fragment A on Query { ... { models { name } } }', 'viewer'],
    [SCORE, 'scorer'],
    ['{ ...A } fragment A on Query { harmless: score(model: "ring8", points: [[1, 2]]) { __typename } }', 'scorer'],
    ['{ interpolate(model: "mnist", waypoints: [{ image: "x" }, { seed: 1 }]) { frames { seed } } }', 'scorer'],
    ['{ recipes { list { name } } audit: jobs { totalCount } }', 'admin'],
    ['mutation { rollback(model: "none") { version } }', 'admin'],
  ];

  test.each(ALLOWED)('answers %s to no less than a %s, the first time and again', async (query, needed) => {
    for (const _ of ['first', 'again']) {
      for (const role of ROLES) {
        const { status, code } = await ask(served.url, query, keys[role]);
        const may = ROLES.indexOf(role) >= ROLES.indexOf(needed);
        expect([role, status === 403 && code === 'FORBIDDEN']).toEqual([role, !may]);
      }
      const nobody = await ask(served.url, query);
      expect([nobody.status, nobody.code]).toEqual([401, 'UNAUTHENTICATED']);
      expect(nobody.headers['www-authenticate']).toMatch(/^Bearer/);
    }
  });

  test('refuses a mutation of which one field is not allowed as a whole', async () => {
    const { data: answer } = await ask(served.url, `{ models { name } jobs { totalCount } }`, keys.viewer);
    expect(answer ?? null).toBeNull();
  });

  test.each<[string, string, number, number, number]>([
    [MNIST_7, 'GET', 401, 200, 200],
    ['/images', 'POST', 401, 403, 400],
    ['/jobs/x/pictures/1.png', 'GET', 401, 403, 403],
    ['/livez', 'GET', 200, 200, 200],
    ['/readyz', 'GET', 200, 200, 200],
    ['/', 'GET', 200, 200, 200],
  ])('judges %s by %s', async (path, method, nobody, viewer, scorer) => {
    const status = async (key?: string) => {
      const headers = {
        ...(key && { authorization: `Bearer ${key}` }),
        ...(method === 'POST' && { 'content-type': 'image/png' }),
      };
      const reply = await fetch(`${served.url}${path}`, { method, headers, ...(method === 'POST' && { body: 'x' }) });
      if (path.startsWith('/images/') && reply.ok) expect(reply.headers.get('cache-control')).toMatch(/^private/);
      await reply.arrayBuffer();
      return reply.status;
    };
    expect([await status(), await status(keys.viewer), await status(keys.scorer)]).toEqual([nobody, viewer, scorer]);
  });

  test.each<[string, (key: string) => string[], string]>([
    ['two keys', (key) => [`Authorization: Bearer ${key}`, 'authorization: Bearer x'], '400'],
    ['a key twice', (key) => [`Authorization: Bearer ${key}`, `AUTHORIZATION: Bearer ${key}`], '400'],
    ['another scheme', (key) => [`Authorization: Basic ${key}`], '401'],
    ['a key and more', (key) => [`Authorization: Bearer ${key}, Bearer ${key}`], '401'],
    ['a key that is cut', (key) => [`Authorization: Bearer ${key.slice(0, -1)}`], '401'],
    ['a longer one', (key) => [`Authorization: Bearer ${key}A`], '401'],
    ['a very long one', () => [`Authorization: Bearer ${'a'.repeat(10_000)}`], '401'],
    ['nothing behind the scheme', () => ['Authorization: Bearer '], '401'],
    ['its digest', (key) => [`Authorization: Bearer sha256:${key}`], '401'],
    ['odd letters of the scheme', (key) => [`aUTHORIZATION: bEARER   ${key}`], '200'],
  ])('that is sent %s answers as it should', async (_, headersOf, status) => {
    const body = JSON.stringify({ query: MODELS });
    const head = ['POST /graphql HTTP/1.1', 'Host: 127.0.0.1', 'Content-Type: application/json', 'Connection: close'];
    const text = [...head, ...headersOf(keys.viewer), `Content-Length: ${body.length}`, '', body].join('\r\n');
    const { hostname, port } = new URL(served.url);
    const socket = connect(Number(port), hostname);
    socket.end(text);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    expect(answer.split(' ')[1]).toBe(status);
    expect(answer).not.toContain(keys.viewer);
  });

  test('takes a new key, and drops a revoked one with its subscriptions, without a restart', async () => {
    const { key } = await createKey(data(), { name: 'brief', role: 'admin' });
    await everywhere(async () => expect((await ask(served.url, MODELS, key)).status).toBe(200));
    const socket = new WebSocket(`${served.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const closed = once(socket, 'close');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { Authorization: `Bearer ${key}` } }));
    expect(await message(socket)).toContain('connection_ack');
    const subscription = isAlone ? 'subscription { jobsChanged { id } }' : 'subscription { modelActivated { model } }';
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: subscription } }));
    await revokeKey(data(), 'brief');
    expect((await closed)[0]).toBe(4403);
    await everywhere(async () => expect((await ask(served.url, MODELS, key)).code).toBe('UNAUTHENTICATED'));
  });

  /** Processes of a cluster take turns; each must have seen it. */
  function everywhere(see: () => Promise<void>): Promise<void> {
    return withinFiveSeconds(async () => {
      for (let i = 0; i < (isAlone ? 1 : 4); i++) await see();
    });
  }

  test('goes on with the keys that it knows while their file is spoilt', async () => {
    const good = await readFile(keyFileOf(data()), 'utf8');
    await writeFile(keyFileOf(data()), '{');
    await createKey(data(), { name: 'x', role: 'admin' }).then(
      () => expect.unreachable(),
      (error: unknown) => expect(error).toMatchObject({ code: 'KEYS_INVALID' }),
    );
    for (let i = 0; i < 4; i++) expect((await ask(served.url, MODELS, keys.viewer)).status).toBe(200);
    await writeFile(keyFileOf(data()), good);
  });

  test.each<[string, (key: string) => object | undefined, number]>([
    ['no key', () => undefined, 4403],
    ['a wrong key', () => ({ Authorization: 'Bearer gnm_wrong' }), 4403],
    ['a key that is no text', () => ({ Authorization: 7 }), 4403],
    ['two keys', (key) => ({ Authorization: `Bearer ${key}`, authorization: `Bearer ${key}` }), 4403],
  ])('closes a connection that is begun with %s', async (_, payloadOf, code) => {
    const socket = new WebSocket(`${served.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const closed = once(socket, 'close');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: payloadOf(keys.admin) }));
    expect((await closed)[0]).toBe(code);
  });

  test('tells a subscriber of too low a role so, and keeps the connection', async () => {
    const socket = new WebSocket(`${served.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${keys.viewer}` } }));
    await message(socket);
    socket.send(
      JSON.stringify({ id: '1', type: 'subscribe', payload: { query: 'subscription { jobsChanged { id } }' } }),
    );
    expect(await message(socket)).toMatch(/"type":"error".*FORBIDDEN/);
    socket.send(JSON.stringify({ type: 'ping' }));
    expect(await message(socket)).toContain('pong');
    socket.close();
  });
});

describe('how much', () => {
  test('a key may ask for is counted by cost, told, and refused with when to come back', async () => {
    const { key } = await createKey(join(folder, 'rates'), { name: 'a', role: 'viewer' });
    const other = await createKey(join(folder, 'rates'), { name: 'b', role: 'viewer' });
    const served = await start('rates', { RATE_LIMIT: 'viewer=300' });
    const dear = '{ sample(model: "mnist", seed: 1, count: 200) { score { logit } } }'; // 400 of 1,024 rows
    const first = await ask(served.url, dear, key);
    expect(first.headers['ratelimit-policy']).toBe('"points";q=300;w=60');
    expect(first.headers['ratelimit']).toMatch(/^"points";r=0;t=\d+$/);
    const second = await ask(served.url, dear, key);
    expect([second.status, second.code]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(30);
    expect((await fetch(`${served.url}${MNIST_7}`, { headers: { authorization: `Bearer ${key}` } })).status).toBe(429);
    expect((await ask(served.url, dear, other.key)).status).toBe(200); // each for itself
    await served.stop();
  });
});

describe('a server that others reach', () => {
  const run = promisify(execFile);
  const settings = (more: Record<string, string>) => ({
    ...process.env,
    ...{ PORT: '0', CHECKPOINTS: join(folder, 'models'), DATA: join(folder, 'none') },
    ...more,
  });

  test.each([{ HOST: '0.0.0.0' }, { PUBLIC_URL: 'https://gan.example.com' }])(
    'does not start without a key (%o), and says what to do',
    async (where) => {
      await expect(run(process.execPath, ['dist/main.js'], { env: settings(where) })).rejects.toMatchObject({
        stderr: expect.stringMatching(/ganymede keys create .* AUTH=none/s),
      });
    },
  );

  test('and is open to anybody by AUTH=none lets them look and score, and change nothing', async () => {
    const served = await start('anybody', { HOST: '0.0.0.0', AUTH: 'none' });
    expect((await ask(served.url, MODELS)).status).toBe(200);
    expect((await ask(served.url, '{ score(model: "ring8", points: [[1, 2]]) { __typename } }')).status).toBe(200);
    expect((await ask(served.url, '{ jobs { totalCount } }')).code).toBe('UNAUTHENTICATED');
    const proxied = await ask(served.url, MODELS, undefined, { authorization: 'Basic b2Y6YQ==' });
    expect(proxied.status).toBe(200); // it was for the proxy before
    const { key } = await createKey(join(folder, 'anybody'), { name: 'boss', role: 'admin' });
    await vi.waitFor(
      async () => expect((await ask(served.url, '{ jobs { totalCount } }', key)).status).toBe(200),
      20_000,
    );
    await served.stop();
  });

  test('and whose file of keys is spoilt does not start', async () => {
    await createKey(join(folder, 'spoilt'), { name: 'a', role: 'admin' });
    await writeFile(keyFileOf(join(folder, 'spoilt')), '{"version":1}');
    const env = settings({ HOST: '0.0.0.0', DATA: join(folder, 'spoilt') });
    await expect(run(process.execPath, ['dist/main.js'], { env })).rejects.toMatchObject({
      stderr: expect.stringContaining('to be the file of keys'),
    });
  });
});

test('no key is in the log, whatever its level, nor in an error', async () => {
  const { key } = await createKey(join(folder, 'quiet'), { name: 'a', role: 'viewer' });
  const { startLogged } = await import('./logged.js');
  const served = await startLogged({
    CHECKPOINTS: join(folder, 'models'),
    DATA: join(folder, 'quiet'),
    UPLOADS: join(folder, 'uploads'),
    LOG_LEVEL: 'trace',
  });
  await ask(served.url, MODELS, key);
  await ask(served.url, '{ jobs { totalCount } }', key);
  await ask(served.url, MODELS, `${key}x`);
  await ask(served.url, MODELS, undefined, { authorization: `Digest ${key}` });
  const { hostname, port } = new URL(served.url);
  const socket = connect(Number(port), hostname);
  socket.end(`GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nbroken\r\n\r\n`);
  for await (const _ of socket);
  await served.stop();
  expect(served.log()).toContain('UNAUTHENTICATED');
  expect(served.log()).not.toContain(key);
});
