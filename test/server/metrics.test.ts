// /metrics against what was sent: a client that counts every byte that it receives, and every number compared.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { encodePng } from '../../src/images/png.js';
import { METRICS } from '../../src/server/metrics.js';
import { growth, readExposition } from './exposition.js';
import { useServer } from './harness.js';

const server = useServer({ metrics: { where: 'local' } });
let port = 0;
beforeAll(async () => {
  port = Number(new URL(await server.current.app.listen({ host: '127.0.0.1', port: 0 })).port);
});

/** All that came on a connection until the server closed it. */
async function exchange(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  socket.destroy();
  return Buffer.concat(chunks).toString('latin1');
}

async function open(): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

function message(method: string, path: string, body = '', headers: readonly string[] = []): string {
  const length = body === '' ? [] : [`content-length: ${Buffer.byteLength(body)}`];
  return [`${method} ${path} HTTP/1.1`, 'host: localhost', ...length, ...headers, '', body].join('\r\n');
}

/** On a connection of its own. `bytes`: all that came, head included. */
async function ask(
  method: string,
  path: string,
  body?: string,
  headers: readonly string[] = [],
): Promise<{ status: number; bytes: number; head: string; body: string }> {
  const socket = await open();
  socket.write(message(method, path, body, ['connection: close', ...headers]));
  const text = await exchange(socket);
  const [head = '', ...rest] = text.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), bytes: text.length, head, body: rest.join('\r\n\r\n') };
}

/** The sum of their bytes. */
async function times(count: number, send: () => Promise<{ bytes: number }>): Promise<number> {
  let bytes = 0;
  for (let i = 0; i < count; i++) bytes += (await send()).bytes;
  return bytes;
}

async function readMetrics() {
  await vi.waitFor(() => expect(server.current.traffic.inFlight).toBe(0), 20_000);
  const reply = await ask('GET', '/metrics');
  expect(reply.status).toBe(200);
  return { ...readExposition(reply.body), bytes: reply.bytes };
}

/** Without times, which nobody knows beforehand, and without what the process does besides. */
function counted(grown: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(grown).filter(
      ([key]) => key.startsWith('ganymede_') && !/_bucket|_seconds_sum|http_connections/.test(key),
    ),
  );
}

const JSON_BODY = ['content-type: application/json'];
const graphql = (query: string) => ask('POST', '/graphql', JSON.stringify({ query }), JSON_BODY);

/** Bytes by which the server asks whether a client whose sending side is shut still reads. */
const PROBE = 'HTTP/1.1 102 Processing\r\n\r\n'.length;

/** Runs of each graph when its version is loaded. */
const WARM_UPS = 4;

function graphNumbers(
  version: string,
  graph: string,
  { batches, rows, warmUps }: { batches: number; rows: number; warmUps: number },
): Record<string, number> {
  const labels = `{model="tiny",version="${version}",graph="${graph}"}`;
  return {
    [`ganymede_batch_rows_count${labels}`]: batches,
    [`ganymede_batch_rows_sum${labels}`]: rows,
    [`ganymede_queue_wait_seconds_count${labels}`]: batches,
    [`ganymede_engine_run_seconds_count${labels}`]: batches + warmUps,
  };
}

describe('/metrics', () => {
  test('counts exactly the requests that were sent, how they ended, what they spent and the bytes they got', async () => {
    const png = Buffer.from(await encodePng({ width: 1, height: 1, channels: 1, data: Uint8Array.of(7) }));
    const before = await readMetrics();

    const names = await times(3, () => graphql('{ models { name } }'));
    const samples = await times(2, () =>
      graphql('{ sample(model: "tiny", count: 4, seed: 1) { image { dataUri } score { logit } } }'),
    );
    const webp = await graphql('{ sample(model: "tiny", seed: 1) { image(format: WEBP, size: 8) { dataUri } } }');
    const older = await graphql('{ sample(model: "tiny", version: 1, seed: 1) { score { logit } } }');
    const partial = await times(2, () => graphql('{ sample(model: "blind", seed: 1) { seed score { logit } } }'));
    const failed = await graphql('{ sample(model: "nobody") { seed } }');
    const unparsed = await times(2, () => graphql('{ models { '));
    const invalid = await graphql('{ nothing }');
    const uri = (bytes: Buffer) => `data:image/png;base64,${bytes.toString('base64')}`;
    const scored = await graphql(
      `{ score(model: "tiny", images: ["${uri(png)}", "${uri(png)}"]) { ... on Score { logit } } }`,
    );
    const forged = await ask('POST', '/graphql', JSON.stringify({ query: '{ models { name } }' }), [
      'content-type: text/plain',
    ]);
    const garbled = await ask('POST', '/graphql', '{"query":', JSON_BODY);
    const image = await ask('GET', '/images/tiny/2/1.png');
    const [, etag] = /\netag: (\S+)/.exec(image.head) ?? [];
    const unchanged = await ask('GET', '/images/tiny/2/1.png', undefined, [`if-none-match: ${etag}`]);
    const stranger = await ask('GET', '/images/nobody/1/1.png');
    const unknown = await times(3, () => ask('GET', '/no/such/place?of=mine'));
    const broken = await ask('GET', '/%zz');
    const put = await ask('PUT', '/graphql', '{}', JSON_BODY);
    const head = await ask('HEAD', '/livez');

    // Two on one connection.
    const kept = await open();
    kept.write(message('GET', '/livez'));
    const [first] = (await once(kept, 'data')) as [Buffer];
    kept.write(message('GET', '/livez', '', ['connection: close']));
    const livez = first.length + (await exchange(kept)).length;

    // No HTTP at all.
    const noise = await open();
    noise.write('hello?\r\n\r\n');
    await exchange(noise);

    // Two that leave while their work waits.
    const release = server.current.engine.hold();
    const leaver = await open();
    const query = '{ sample(model: "tiny", count: 7, seed: 1) { image { bytes } } }';
    leaver.write(message('POST', '/graphql', JSON.stringify({ query }), JSON_BODY));
    await vi.waitFor(() => expect(server.current.repository.get('tiny').stats().generate?.queued).toBe(7), 20_000);
    leaver.destroy();
    await vi.waitFor(() => expect(server.current.traffic.errors.graphql.get('CANCELLED')).toBeGreaterThan(0), 20_000);
    const other = await open();
    other.write(message('GET', '/images/tiny/2/1.png'));
    await vi.waitFor(() => expect(server.current.repository.get('tiny').stats().generate?.queued).toBe(1), 20_000);
    other.destroy();
    await vi.waitFor(() => expect(server.current.traffic.errors.http.get('CANCELLED')).toBeGreaterThan(0), 20_000);
    release();

    const after = await readMetrics();
    const post = 'method="POST",route="/graphql"';
    const pictures = 'method="GET",route="/images/:model/:version/:file"';
    const none = (method: string) => `method="${method}",route="none"`;
    expect(counted(growth(before.series, after.series))).toEqual({
      [`ganymede_http_requests_total{${post},status="200"}`]: 3 + 2 + 1 + 1 + 2 + 1 + 2 + 1 + 1,
      [`ganymede_http_requests_total{${post},status="400"}`]: 1 + 1,
      [`ganymede_http_requests_total{${post},status="aborted"}`]: 1,
      [`ganymede_http_requests_total{${pictures},status="200"}`]: 1,
      [`ganymede_http_requests_total{${pictures},status="aborted"}`]: 1,
      [`ganymede_http_requests_total{${pictures},status="304"}`]: 1,
      [`ganymede_http_requests_total{${pictures},status="404"}`]: 1,
      [`ganymede_http_requests_total{${none('GET')},status="404"}`]: 3,
      [`ganymede_http_requests_total{${none('GET')},status="400"}`]: 1,
      [`ganymede_http_requests_total{${none('other')},status="404"}`]: 1,
      'ganymede_http_requests_total{method="HEAD",route="/livez",status="200"}': 1,
      'ganymede_http_requests_total{method="GET",route="/livez",status="200"}': 2,
      'ganymede_http_requests_total{method="GET",route="/metrics",status="200"}': 1,
      ganymede_http_broken_requests_total: 1,

      [`ganymede_http_request_seconds_count{${post}}`]: 17,
      [`ganymede_http_request_seconds_count{${pictures}}`]: 4,
      [`ganymede_http_request_seconds_count{${none('GET')}}`]: 4,
      [`ganymede_http_request_seconds_count{${none('other')}}`]: 1,
      'ganymede_http_request_seconds_count{method="HEAD",route="/livez"}': 1,
      'ganymede_http_request_seconds_count{method="GET",route="/livez"}': 2,
      'ganymede_http_request_seconds_count{method="GET",route="/metrics"}': 1,

      [`ganymede_http_sent_bytes_total{${post}}`]:
        PROBE +
        names +
        samples +
        webp.bytes +
        older.bytes +
        partial +
        failed.bytes +
        unparsed +
        invalid.bytes +
        scored.bytes +
        forged.bytes +
        garbled.bytes,
      [`ganymede_http_sent_bytes_total{${pictures}}`]: PROBE + image.bytes + unchanged.bytes + stranger.bytes,
      [`ganymede_http_sent_bytes_total{${none('GET')}}`]: unknown + broken.bytes,
      [`ganymede_http_sent_bytes_total{${none('other')}}`]: put.bytes,
      'ganymede_http_sent_bytes_total{method="HEAD",route="/livez"}': head.bytes,
      'ganymede_http_sent_bytes_total{method="GET",route="/livez"}': livez,
      'ganymede_http_sent_bytes_total{method="GET",route="/metrics"}': before.bytes,

      'ganymede_graphql_operations_total{kind="query",outcome="ok"}': 3 + 2 + 1 + 1 + 1,
      'ganymede_graphql_operations_total{kind="query",outcome="partial"}': 2 + 1,
      'ganymede_graphql_operations_total{kind="query",outcome="failed"}': 1,
      'ganymede_graphql_operations_total{kind="unknown",outcome="failed"}': 2 + 1,

      'ganymede_errors_total{face="graphql",code="CAPABILITY_MISSING"}': 2,
      'ganymede_errors_total{face="graphql",code="MODEL_NOT_FOUND"}': 1,
      'ganymede_errors_total{face="graphql",code="GRAPHQL_PARSE_FAILED"}': 2,
      'ganymede_errors_total{face="graphql",code="GRAPHQL_VALIDATION_FAILED"}': 1,
      'ganymede_errors_total{face="graphql",code="BAD_REQUEST"}': 1,
      'ganymede_errors_total{face="graphql",code="CANCELLED"}': 7,
      'ganymede_errors_total{face="http",code="CANCELLED"}': 1,
      'ganymede_errors_total{face="http",code="BAD_USER_INPUT"}': 1 + 1,
      'ganymede_errors_total{face="http",code="MODEL_NOT_FOUND"}': 1,
      'ganymede_errors_total{face="http",code="NOT_FOUND"}': 3 + 1,

      // Each sample is a row, its score one more; what was refused before it was priced is none.
      'ganymede_spent_total{resource="rows"}': 34,
      'ganymede_spent_total{resource="decoded"}': 8192 + 1, // a PNG and its pixel
      'ganymede_spent_total{resource="encoded"}': expect.any(Number),
      'ganymede_spent_total{resource="fields"}': expect.any(Number),
      'ganymede_spent_total{resource="bytes"}': expect.any(Number),

      'ganymede_model_loaded{model="tiny",version="1"}': 1,
      ...graphNumbers('1', 'generate', { batches: 1, rows: 1, warmUps: WARM_UPS }),
      ...graphNumbers('1', 'score', { batches: 1, rows: 1, warmUps: WARM_UPS }),
      ...graphNumbers('2', 'generate', { batches: 2 + 1 + 1, rows: 2 * 4 + 1 + 1, warmUps: 0 }),
      ...graphNumbers('2', 'score', { batches: 2 + 1, rows: 2 * 4 + 2, warmUps: 0 }),

      'ganymede_image_encode_seconds_count{format="png"}': 2 * 4 + 1,
      'ganymede_image_encode_seconds_count{format="webp"}': 1,
      'ganymede_image_decode_seconds_count{format="png"}': 1, // one image, twice
      ganymede_image_wait_seconds_count: 1 + 1,
    });
  });

  test('names only what is known: a stranger adds no series', async () => {
    const before = await readMetrics();
    for (const path of ['/a', '/b/c', '/images/x/1/1.png', '/images/tiny/77/1.png', '/graphql?query=%7Bnope%7D']) {
      for (const method of ['GET', 'DELETE', 'PROPFIND', 'POST']) await ask(method, path);
    }
    await graphql('query Secret { alias: sample(model: "Secret") { seed } }');
    const middle = await readMetrics();
    for (let i = 0; i < 20; i++) {
      await ask('GET', `/stranger/${i}`);
      await ask('GET', `/images/stranger${i}/${i + 1}/${i}.png?x=${i}`);
      await ask('GET', `/images/tiny/${i + 100}/1.png`);
      await ask('REPORT', `/stranger/${i}`);
      await graphql(`query Stranger${i} { stranger${i}: sample(model: "stranger${i}", version: ${i + 1}) { seed } }`);
    }
    const after = await readMetrics();
    expect([...after.series.keys()].filter((key) => !middle.series.has(key))).toEqual([]);
    expect(after.series.size).toBeGreaterThan(before.series.size); // new pairs of method, route and status
    expect([...after.series.keys()].filter((key) => /stranger|secret|nope/i.test(key))).toEqual([]);
  });

  test('follows the conventions of Prometheus: a kind, a sentence and a unit for each name', async () => {
    const { families } = await readMetrics();
    const ours = [...families].filter(([name]) => name.startsWith('ganymede_'));
    expect(new Map(ours.map(([name, { type }]) => [name, type]))).toEqual(METRICS);
    for (const [name, { type, help }] of ours) {
      expect(help, name).toMatch(/^[A-Z0-9].*\.$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      if (type === 'histogram') expect(name).toMatch(/_(seconds|rows)$/);
    }
  });

  test('buckets grow up to the count', async () => {
    const { series, families } = await readMetrics();
    const histograms = [...families].filter(([name, { type }]) => type === 'histogram' && name.startsWith('ganymede_'));
    for (const [name] of histograms) {
      const counts = [...series].filter(([key]) => key.startsWith(`${name}_count`));
      for (const [key, count] of counts) {
        const labels = key.slice(`${name}_count`.length).replace(/[{}]/g, '');
        const of = `${name}_bucket{${labels === '' ? '' : `${labels},`}le=`;
        const buckets = [...series].filter(([bucket]) => bucket.startsWith(of)).map(([, value]) => value);
        expect(buckets, key).toEqual(buckets.toSorted((a, b) => a - b));
        expect(buckets.at(-1), key).toBe(count);
      }
    }
  });

  test('shows the event loop and the memory of the process', async () => {
    const { series } = await readMetrics();
    expect(series.get('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    expect(series.get('process_resident_memory_bytes')).toBeGreaterThan(1e7);
  });
});

test('the log has a line for each request, with its id and numbers, and nothing that the client wrote', async () => {
  const { log } = server.current;
  const from = log.length;
  await ask('GET', '/secret/path?token=secret', undefined, ['x-secret: secret', 'cookie: secret']);
  await graphql('query Secret { secret: sample(model: "secret") { seed } }');
  const { bytes } = await ask('GET', '/images/tiny/2/3.png?secret=1');
  await vi.waitFor(() => expect(server.current.traffic.inFlight).toBe(0), 20_000);
  const lines = log.slice(from).filter(({ msg }) => msg === 'request');
  const common = { level: 30, time: expect.any(Number), pid: expect.any(Number), hostname: expect.any(String) };
  const line = {
    ...common,
    msg: 'request',
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    ms: expect.any(Number),
  };
  expect(lines).toEqual([
    { ...line, method: 'GET', route: 'none', status: 404, bytes: expect.any(Number) },
    { ...line, method: 'POST', route: '/graphql', status: 200, bytes: expect.any(Number) },
    { ...line, method: 'GET', route: '/images/:model/:version/:file', status: 400, bytes },
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/secret/i);
});
