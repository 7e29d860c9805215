// Documents that clients name instead of sending: by id, by digest, by GET with a tag, and nothing else where the
// settings say so.

import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createSchema } from '../../src/resolvers/schema.js';
import { CONSOLE_DOCUMENTS } from '../../src/server/pages.js';
import { readPersisted } from '../../src/server/persisted.js';
import { useServer } from './harness.js';

const SAMPLE = 'query Sample($seed: Seed) { sample(model: "tiny", seed: $seed) { seed image { url } } }';
const SCORED = '{ sample(model: "blind", seed: 1) { seed score { logit } } }';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const folder = mkdtempSync(join(tmpdir(), 'ganymede-persisted-'));
const persistedDocuments = join(folder, 'persisted-documents.json');
const sha1 = createHash('sha1').update(SAMPLE).digest('hex'); // what GraphQL Code Generator's ids are by default
writeFileSync(persistedDocuments, JSON.stringify({ [sha1]: SAMPLE, 'scored-1': SCORED }));
afterAll(() => rm(folder, { recursive: true }));

const both = useServer({ persistedDocuments });
const only = useServer({ persistedDocuments, persistedOnly: true, introspection: true });
const neither = useServer();
beforeEach(() => both.current.engine.forget());

type Server = typeof both;

async function post(server: Server, body: object) {
  return server.current.post(JSON.stringify(body));
}

async function get(server: Server, parameters: Record<string, string>, headers: Record<string, string> = {}) {
  const url = `/graphql?${new URLSearchParams(parameters)}`;
  return server.current.app.inject({ url, headers: { 'apollo-require-preflight': 'true', ...headers } });
}

const extensions = (hash: string) => ({ persistedQuery: { version: 1, sha256Hash: hash } });

describe('a document', () => {
  test.each([
    ['the id in the file', { documentId: sha1 }],
    ['its digest', { documentId: `sha256:${sha256(SAMPLE)}` }],
    ['its digest, as Apollo’s clients write it', { extensions: extensions(sha256(SAMPLE)) }],
    ['the id in the file, as Apollo’s clients write it', { extensions: extensions(sha1) }],
  ])('is run by %s, by POST and by GET', async (_, named) => {
    const variables = { seed: 7 };
    const posted = await post(both, { ...named, variables, operationName: 'Sample' });
    expect(posted).toMatchObject({ status: 200, data: { sample: [{ seed: 7 }] } });
    const texts = 'extensions' in named ? { extensions: JSON.stringify(named.extensions) } : named;
    const got = await get(both, { ...texts, variables: JSON.stringify(variables) } as Record<string, string>);
    expect(got.json()).toEqual({ data: posted.data });
  });

  test('may be sent as text as well, and with the digest that Apollo’s clients add to it', async () => {
    const query = '{ sample(model: "tiny", seed: 3) { seed } }';
    for (const body of [{ query }, { query, extensions: extensions(sha256(query)) }]) {
      expect((await post(both, body)).data).toEqual({ sample: [{ seed: 3 }] });
    }
  });

  test('that is named and unknown is refused, by a code that Apollo’s clients know', async () => {
    for (const named of [{ documentId: 'other' }, { extensions: extensions('other') }]) {
      const reply = await post(both, named);
      expect(reply.status).toBe(400);
      const error = await both.current.onlyError(reply);
      expect(error.extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');
      expect(error.message).toContain('"other"');
    }
  });

  test.each(['__proto__', 'constructor', 'toString', '', ' ', sha1.toUpperCase(), `sha1:${sha1}`, 'x'.repeat(9000)])(
    'is not found by the id %j',
    async (documentId) => {
      const reply = await post(both, { documentId });
      expect(reply.errors?.[0]?.extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');
    },
  );

  test.each([
    [{ documentId: sha1, query: SAMPLE }, 'Expected either query or documentId but received "both".'],
    [{ documentId: 1 }, 'Expected documentId to be one text but received 1.'],
    [{ documentId: null }, 'Expected documentId to be one text but received null.'],
    [{ documentId: [sha1] }, 'Expected documentId to be one text'],
  ])('is refused where it is named as %j', async (body, message) => {
    const { message: said, extensions } = await both.current.onlyError(await post(both, body));
    expect(said).toContain(message);
    expect(extensions.code).toBe('BAD_USER_INPUT');
  });

  test('named twice in an address is refused', async () => {
    const url = `/graphql?documentId=${sha1}&documentId=scored-1`;
    const reply = await both.current.app.inject({ url, headers: { 'apollo-require-preflight': 'true' } });
    expect(reply.statusCode).toBe(400);
  });

  test('is not run for a page of another site, which could send such a GET unasked', async () => {
    const reply = await both.current.app.inject({ url: `/graphql?documentId=${sha1}` });
    expect(reply.statusCode).toBe(400);
    expect(reply.json().errors[0].message).toContain('Cross-Site Request Forgery');
  });

  test('named to a server that has none is refused', async () => {
    expect((await post(neither, { documentId: sha1 })).errors?.[0]?.extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');
    const apollo = await post(neither, { extensions: extensions(sha1) });
    expect(apollo.errors?.[0]?.extensions.code).toBe('PERSISTED_QUERY_NOT_SUPPORTED'); // its clients then send the text
  });
});

describe('an answer to a GET of a named document', () => {
  const named = { documentId: sha1, variables: '{"seed":7}' };

  test('has a tag, and is not sent again to who has it', async () => {
    const first = await get(both, named);
    expect(first.headers).toMatchObject({
      'cache-control': 'no-cache',
      etag: expect.stringMatching(/^W\/"[\w-]{27}"$/),
    });
    expect(first.headers['vary']).toBe('origin, accept, accept-encoding');
    const etag = first.headers['etag'] as string;
    for (const header of [etag, etag.slice(2), `"other", ${etag}`, '*']) {
      const second = await get(both, named, { 'if-none-match': header });
      expect([second.statusCode, second.payload]).toEqual([304, '']);
      expect(second.headers).toMatchObject({ etag, 'cache-control': 'no-cache' });
      expect(second.headers).not.toHaveProperty('content-type');
      expect(second.headers['vary']).toBe('origin, accept, accept-encoding');
    }
    const other = await get(both, { ...named, variables: '{"seed":8}' }, { 'if-none-match': etag });
    expect(other.statusCode).toBe(200);
    expect(other.headers['etag']).not.toBe(etag);
  });

  test('of samples that nobody has seen has another tag each time', async () => {
    const tags = [await get(both, { documentId: sha1 }), await get(both, { documentId: sha1 })];
    expect(tags[0]!.headers['etag']).not.toBe(tags[1]!.headers['etag']);
  });

  test('is not kept if a field of it failed, or all of it', async () => {
    const partly = await get(both, { documentId: 'scored-1' });
    const wholly = await get(both, { ...named, variables: '{"seed":-1}' });
    const unknown = await get(both, { documentId: 'other' });
    for (const reply of [partly, wholly, unknown]) {
      expect(reply.json().errors).toBeDefined();
      expect(reply.headers).not.toHaveProperty('etag');
    }
  });

  test('sent as text has no tag', async () => {
    const reply = await get(both, { query: '{ sample(model: "tiny", seed: 7) { seed } }' });
    expect(reply.statusCode).toBe(200);
    expect(reply.headers).not.toHaveProperty('etag');
  });
});

describe('a server of persisted documents only', () => {
  test('runs them, named or sent to the letter', async () => {
    const variables = { seed: 7 };
    expect((await post(only, { documentId: sha1, variables })).data.sample[0].seed).toBe(7);
    expect((await post(only, { query: SAMPLE, variables })).data.sample[0].seed).toBe(7);
  });

  test.each([
    ['another document', { query: '{ models { name } }' }],
    ['one of them with a blank more', { query: `${SAMPLE} ` }],
    ['the question for the schema', { query: getIntrospectionQuery() }],
    [
      'a document under the digest of another',
      { query: '{ models { name } }', extensions: extensions(sha256(SAMPLE)) },
    ],
  ])('refuses %s', async (_, body) => {
    const posted = await post(only, body);
    expect(posted.errors?.[0]?.extensions.code).toBe('PERSISTED_QUERIES_ONLY');
    const got = await get(only, { query: body.query });
    expect(got.json().errors[0].extensions.code).toBe('PERSISTED_QUERIES_ONLY');
  });

  test.each([
    '/graphql?%71uery={models{name}}',
    '/graphql?x#&query={models{name}}',
    '/graphql?documentId=&query={models{name}}',
    `/graphql?documentId=${sha1}&query={models{name}}`,
    '/graphql?query={models{name}}&query={models{name}}',
    `/graphql?documentId=${sha1}&extensions={"persistedQuery":1}&%2571uery={models{name}}`,
  ])('runs nothing else by any way to write an address: %s', async (url) => {
    const headers = { 'apollo-require-preflight': 'true' };
    const reply = await only.current.app.inject({ url, headers });
    expect(reply.payload).not.toContain('"models"');
  });

  test('runs nothing else by a request in several parts', async () => {
    const part = (name: string, text: string) =>
      `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`;
    const payload = `${part('operations', '{"query":"{ models { name } }"}')}${part('map', '{}')}--x--\r\n`;
    const headers = { 'content-type': 'multipart/form-data; boundary=x', 'apollo-require-preflight': 'true' };
    const reply = await only.current.app.inject({ method: 'POST', url: '/graphql', headers, payload });
    expect(reply.json().errors[0].extensions.code).toBe('PERSISTED_QUERIES_ONLY');
  });

  test('has no GraphiQL, and answers what its console was built to ask', async () => {
    expect((await only.current.app.inject({ url: '/graphiql' })).statusCode).toBe(404);
    const documents: Record<string, string> = JSON.parse(await readFile(CONSOLE_DOCUMENTS, 'utf8'));
    const query = Object.values(documents).find((text) => text.includes('query Who'))!;
    expect(await post(only, { query })).toMatchObject({
      status: 200,
      data: { server: { caller: { role: 'SCORER' } } },
    });
    expect(await post(only, { query: `${query} ` })).toMatchObject({
      errors: [{ extensions: { code: 'PERSISTED_QUERIES_ONLY' } }],
    });
  });
});

describe('a file', () => {
  const read = (content: string) => {
    const path = join(folder, 'file.json');
    writeFileSync(path, content);
    return readPersisted([path], createSchema());
  };

  test.each([
    ['{', 'JSON'],
    ['[]', 'ids to documents but received other JSON'],
    ['{"a": 1}', 'ids to documents but received other JSON'],
    [JSON.stringify({ a: '{ nonsense }', b: '{', 'c d': SAMPLE }), 'a: Cannot query field "nonsense"'],
    [JSON.stringify({ a: '{ nonsense }', b: '{', 'c d': SAMPLE }), 'b: Syntax Error'],
    [JSON.stringify({ a: '{ nonsense }', b: '{', 'c d': SAMPLE }), 'the id "c d"'],
    [JSON.stringify({ a: `{ ${'models { name } '.repeat(400)} }` }), 'a: Syntax Error: Document contains more'],
  ])('%s is refused at the start, with every fault', async (content, message) => {
    await expect(read(content)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message),
    });
  });

  test('that is missing is refused at the start', async () => {
    await expect(readPersisted([join(folder, 'none.json')], createSchema())).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('ENOENT'),
    });
  });
});
