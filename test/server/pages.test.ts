// The pages for people: what they hold, what their headers allow, and that a browser finds them.

import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { homePage } from '../../src/server/home.js';
import { useServer } from './harness.js';

const server = useServer({ models: ['letters', 'ring'] });
const secretive = useServer({ introspection: false });
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

function get(url: string, accept = BROWSER, { current } = server) {
  return current.app.inject({ method: 'GET', url, headers: { accept } });
}

/** Directive → sources. */
function policyOf(headers: Record<string, unknown>): Record<string, string[]> {
  const directives = String(headers['content-security-policy']).split(';');
  return Object.fromEntries(
    directives.map((each) => each.trim().split(' ')).map(([name, ...sources]) => [name, sources]),
  );
}

/** Every address that a page names, relative to the server's root. */
function addressesOf(html: string): string[] {
  const found = Array.from(html.matchAll(/(?:href|src)="([^"]+)"/g), ([, address]) => address as string);
  return found.map((address) => address.replaceAll('&amp;', '&').replace(/^\.\//, ''));
}

describe('the page at /', () => {
  test('shows each model with what it makes and can do, and the picture of one sample', async () => {
    const { statusCode, headers, body } = await get('/');
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    for (const name of ['blind', 'letters', 'ring', 'tiny']) expect(body).toMatch(`<code>${name}</code>`);
    expect(body).toMatch(
      '<img src="images/tiny/2/42.png?size=210" width="280" height="210" alt="A sample of A tiny GAN, seed 42"',
    );
    expect(body).toMatch('points of 2 coordinates');
    expect(body).toMatch('grey images, 8 × 6 pixels, of 3 classes');
    expect(body).toMatch('curl -s http://localhost:80/graphql');
  });

  test('names no address but relative ones that answer 200', async () => {
    const addresses = addressesOf((await get('/')).body);
    expect(addresses.length).toBeGreaterThan(15);
    for (const address of addresses) {
      expect(address).not.toMatch(/^\/|^[a-z]+:/);
      expect((await get(`/${address}`)).statusCode, address).toBe(200);
    }
  });

  test('may run no script, show only images of this server, and stand in nobody’s frame', async () => {
    const { headers, body } = await get('/');
    expect(policyOf(headers)).toEqual({
      'default-src': ["'none'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
      'style-src': ["'self'"],
      'img-src': ["'self'"],
    });
    expect(body).not.toMatch(/<script|style=|<style|\son\w+=/);
  });

  test('is refused, as JSON that no browser takes for a page, by an address that is none', async () => {
    const headers = { host: "x'><script>alert(1)</script>", accept: BROWSER };
    const reply = await server.current.app.inject({ method: 'GET', url: '/', headers });
    expect(reply.statusCode).toBe(400);
    expect(reply.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
  });

  test('shows the text of a manifest as text', async () => {
    const model = server.current.repository.get('tiny');
    const manifest = { ...model.manifest, title: '<script>alert("x")</script>', description: `'"&{{models}}` };
    const hostile = Object.assign(Object.create(model), { manifest });
    const options = { frame: '{{models}}', origin: '', graphiql: true, persistedOnly: false, documents: [] };
    const html = homePage({ ...options, models: [hostile] });
    expect(html).not.toMatch('<script');
    expect(html).toMatch('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;');
    expect(html).toMatch('&#39;&quot;&amp;{{models}}');
  });
});

describe('GraphiQL', () => {
  test('comes from this server alone', async () => {
    const { statusCode, headers, body } = await get('/graphiql');
    expect(statusCode).toBe(200);
    const policy = policyOf(headers);
    expect(policy['default-src']).toEqual(["'none'"]);
    expect(policy['script-src']).toEqual(["'self'"]);
    expect(policy['connect-src']).toEqual(["'self'"]);
    expect(body).not.toMatch(/<script>|https?:/);
    for (const address of addressesOf(body)) expect((await get(`/${address}`)).statusCode, address).toBe(200);
  });

  test('has every file that was bundled for it, typed, and cached for ever', async () => {
    const names = await readdir(fileURLToPath(new URL('../../dist/web/assets', import.meta.url)));
    expect(names.some((name) => name.includes('worker'))).toBe(true);
    for (const name of names) {
      const { statusCode, headers } = await get(`/assets/${name}`);
      expect(statusCode).toBe(200);
      expect(headers['content-type'], name).not.toBe('application/octet-stream');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cache-control']).toMatch('immutable');
    }
  });

  test('is not served without introspection, and no page links to it', async () => {
    expect((await get('/graphiql', BROWSER, secretive)).statusCode).toBe(404);
    expect((await get('/', BROWSER, secretive)).body).not.toMatch('graphiql');
  });
});

describe('a browser that opens /graphql', () => {
  test('lands on GraphiQL, or on the page at / where there is none', async () => {
    const [open, closed] = [await get('/graphql'), await get('/graphql', BROWSER, secretive)];
    expect([open.statusCode, open.headers['location']]).toEqual([302, './graphiql']);
    expect([closed.statusCode, closed.headers['location']]).toEqual([302, './']);
  });

  test('with a query runs nothing: it is refused as a cross-site request', async () => {
    server.current.engine.forget();
    const query = encodeURIComponent('{ sample(model: "tiny", seed: 1) { image { bytes } } }');
    const { statusCode, body } = await get(`/graphql?query=${query}`);
    expect(statusCode).toBe(400);
    expect(body).toMatch('Cross-Site Request Forgery');
    expect(server.current.engine.runs).toEqual([]);
  });

  test('is told from a client that takes JSON', async () => {
    expect((await get('/graphql', 'application/json')).statusCode).toBe(400);
    expect((await get('/graphql', '*/*')).statusCode).toBe(400);
  });
});

describe('only files of a known list are served', () => {
  test.each([
    '/assets/nothing.js',
    '/assets/..%2F..%2Fpackage.json',
    '/assets/%2e%2e%2findex.html',
    '/assets/',
    '/docs/package.json',
    '/docs/..%2F..%2Fpackage.json',
    '/docs/constructor',
    '/assets/__proto__',
  ])('%s is not found', async (url) => {
    const { statusCode, json } = await get(url);
    expect(statusCode).toBe(404);
    expect(json().errors[0].extensions.code).toBe('NOT_FOUND');
  });

  test('a document comes as plain text, which no browser runs', async () => {
    const { headers, body } = await get('/docs/ERRORS.md');
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(body).toBe(await readFile(new URL('../../ERRORS.md', import.meta.url), 'utf8'));
  });
});
