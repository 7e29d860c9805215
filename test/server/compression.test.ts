// JSON of a kilobyte and more is compressed for those who accept it; what comes out is what went in.

import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { preferred } from '../../src/server/compression.js';
import { useServer } from './harness.js';

const server = useServer();

function ask(count: number, encoding: string | undefined, fields = 'seed z') {
  const headers = {
    'content-type': 'application/json',
    ...(encoding !== undefined && { 'accept-encoding': encoding }),
  };
  const payload = JSON.stringify({ query: `{ sample(model: "tiny", seed: 1, count: ${count}) { ${fields} } }` });
  return server.current.app.inject({ method: 'POST', url: '/graphql', headers, payload });
}

const UNPACK = { br: brotliDecompressSync, gzip: gunzipSync };

describe('JSON', () => {
  test.each([
    ['br', 64],
    ['gzip', 64],
    ['br', 256], // the answer twice over 32 kB is compressed by another thread
    ['gzip', 256],
  ] as const)('is compressed by %s, %i samples', async (encoding, count) => {
    const fields = count > 64 ? 'seed z a: z b: z c: z image { url }' : 'seed z';
    const [plain, packed] = await Promise.all([ask(count, undefined, fields), ask(count, encoding, fields)]);
    expect(packed.headers).toMatchObject({ 'content-encoding': encoding, vary: 'origin, accept-encoding' });
    expect(packed.headers['content-length']).toBe(`${packed.rawPayload.length}`);
    expect(UNPACK[encoding](packed.rawPayload).toString()).toBe(plain.payload);
    expect(packed.rawPayload.length).toBeLessThan(plain.rawPayload.length / 2);
    if (count > 64) expect(plain.rawPayload.length).toBeGreaterThan(2 ** 15);
  });

  test('is sent as it is to who does not accept it, and says that this would have mattered', async () => {
    for (const encoding of [undefined, 'identity', 'deflate, zstd', 'br;q=0, gzip;q=0']) {
      const reply = await ask(64, encoding);
      expect(reply.headers).not.toHaveProperty('content-encoding');
      expect(reply.headers['vary']).toContain('accept-encoding');
      expect(reply.json().data.sample).toHaveLength(64);
    }
  });

  test('of less than a kilobyte is sent as it is', async () => {
    const reply = await ask(1, 'br');
    expect(reply.rawPayload.length).toBeLessThan(1024);
    expect(reply.headers).not.toHaveProperty('content-encoding');
  });

  test('of a refusal is compressed as well', async () => {
    const headers = { 'content-type': 'application/json', 'accept-encoding': 'gzip' };
    const payload = JSON.stringify({
      query: `{ ${Array.from({ length: 9 }, (_, i) => `${'wrong'.repeat(9)}${i}`).join(' ')} }`,
    });
    const reply = await server.current.app.inject({ method: 'POST', url: '/graphql', headers, payload });
    expect(JSON.parse(gunzipSync(reply.rawPayload).toString()).errors.length).toBeGreaterThan(1);
  });
});

test.each(['/images/tiny/1/1.png?size=1024', '/images/tiny/1/grid.npy?seed=1&rows=9&columns=9', '/docs/README.md'])(
  'what is no JSON is sent as it is: %s',
  async (url) => {
    const reply = await server.current.app.inject({ url, headers: { 'accept-encoding': 'br, gzip' } });
    expect(reply.statusCode).toBe(200);
    expect(reply.rawPayload.length).toBeGreaterThan(1024);
    expect(reply.headers).not.toHaveProperty('content-encoding');
  },
);

test.each([
  [undefined, undefined],
  ['', undefined],
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip, deflate', 'gzip'],
  ['GZIP', 'gzip'],
  ['br;q=0.5, gzip', 'gzip'],
  ['br;q=0.5, gzip;q=0.5', 'br'],
  ['*', 'br'],
  ['*;q=0, gzip', 'gzip'],
  ['br;q=0, *', 'gzip'],
  ['identity', undefined],
  ['gzip;q=0', undefined],
  ['gzip; q=0.000', undefined],
  ['br;q=x', undefined],
  [',;;q=,', undefined],
])('of %j the best is %s', (accepted, best) => {
  expect(preferred(accepted)).toBe(best);
});
