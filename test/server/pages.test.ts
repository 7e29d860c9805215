// The pages for people: what they hold, what their headers allow, and that a browser finds them.

import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
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
  test('is the console, which a browser without scripts is told, with the documents and GraphiQL to go on to', async () => {
    const { statusCode, headers, body } = await get('/');
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(body).toMatch(/<noscript>.*answers\s+GraphQL.*<\/noscript>/s);
    expect(addressesOf(body)).toEqual(expect.arrayContaining(['graphiql', 'docs/README.md', 'docs/ERRORS.md']));
    expect(body).not.toMatch('{{');
  });

  test('names no address but relative ones that answer 200', async () => {
    const addresses = addressesOf((await get('/')).body);
    expect(addresses.length).toBeGreaterThan(15);
    for (const address of addresses) {
      expect(address).not.toMatch(/^\/|^[a-z]+:/);
      expect((await get(`/${address}`)).statusCode, address).toBe(200);
    }
  });

  test('may run scripts, ask and show pictures of this server alone, and stand in nobody’s frame', async () => {
    const { headers, body } = await get('/');
    expect(policyOf(headers)).toEqual({
      'default-src': ["'none'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'"],
      'connect-src': ["'self'"],
      'img-src': ["'self'", 'blob:', 'data:'],
    });
    expect(body).not.toMatch(/<script>|style=|<style|\son\w+=/);
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
    expect(addressesOf((await get('/', BROWSER, secretive)).body)).not.toContain('graphiql');
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
