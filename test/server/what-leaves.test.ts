// What errors tell a stranger, and what the log keeps of a stranger's request.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ERROR_CODES, type ErrorCode, GanymedeError } from '../../src/errors.js';
import { type Harness, useServer } from './harness.js';

const server = useServer();
const closed = useServer({ introspection: false });
afterEach(() => server.current.engine.forget());

describe('a file of this machine', () => {
  // Version 1 is loaded on first use, so a client is the one to learn of it.
  test('that is not what was published is named by model, version and name, and the log has the path', async () => {
    const { root, log } = server.current;
    const file = join(root, 'tiny/1/generate.onnx');
    await writeFile(file, 'not what was hashed');
    const { message, extensions } = await first(
      server.current,
      '{ sample(model: "tiny", version: 1) { image { bytes } } }',
    );
    expect(extensions.code).toBe('CHECKPOINT_INVALID');
    expect(message).toMatch('Expected tiny/1/generate.onnx to have');
    expect(JSON.stringify({ message, extensions })).not.toMatch(root);
    const line = log.find(({ requestId, err }) => requestId === extensions.requestId && err !== undefined);
    expect(JSON.stringify(line)).toMatch(file);
  });

  test.each(Object.keys(ERROR_CODES) as ErrorCode[])(
    'does not leave by %s, neither by its text nor by its details',
    async (code) => {
      const { root, app, engine } = server.current;
      const file = join(root, 'tiny/2/generate.onnx');
      engine.failure = new GanymedeError(code, `Expected ${file} to load.`, { details: { files: [{ file }] } });
      const { message, extensions } = await first(
        server.current,
        '{ sample(model: "tiny", seed: 1) { image { bytes } } }',
      );
      const image = await app.inject({ method: 'GET', url: '/images/tiny/2/1.png' });
      for (const text of [JSON.stringify({ message, extensions }), image.body]) {
        expect(text).toMatch(code);
        expect(text).not.toMatch(root);
      }
    },
  );
});

describe('a misspelt name', () => {
  test.each([
    ['in a document', '{ sampel(model: "tiny") { seed } }', {}],
    ['of an argument', '{ sample(model: "tiny", sead: 1) { seed } }', {}],
    ['of an enum', '{ sample(model: "tiny") { image(format: PNGG) { url } } }', {}],
    [
      'of an enum in a variable',
      'query ($f: StillFormat!) { sample(model: "tiny") { image(format: $f) { url } } }',
      { f: 'PNGG' },
    ],
  ])(
    '%s is answered with a proposal where the schema may be asked for, and nowhere else',
    async (_, query, variables) => {
      const told = await first(server.current, query, variables);
      expect(told.message).toMatch('Did you mean');
      const untold = await first(closed.current, query, variables);
      expect(untold.extensions.code).toBe(told.extensions.code);
      expect(untold.message).not.toMatch(/Did you mean|"PNG"|"sample"/);
    },
  );
});

describe('the log', () => {
  const SECRET = 'sesame';

  test('has one line for each request that failed, and nothing of what it said', async () => {
    const { app, log } = server.current;
    const json = { 'content-type': 'application/json' };
    const graphql = (query: string, variables?: object) =>
      app.inject({ method: 'POST', url: '/graphql', headers: json, payload: JSON.stringify({ query, variables }) });
    const before = log.length;
    const image = Buffer.from(`${SECRET} is no image`).toString('base64');
    const inPart = 'query ($i: [ImageSource!]!) { score(model: "tiny", images: $i) { ... on ImageError { code } } }';
    await graphql(inPart, { i: [image] }); // one image of a list fails, and the request does not
    const replies = [
      await graphql(`{ ${SECRET} }`),
      await graphql(`{ ${SECRET} `),
      await graphql(`{ ${SECRET}: sample(model: "${SECRET}") { seed } }`),
      await graphql('query ($m: String!) { sample(model: $m) { seed } }', { m: SECRET }),
      await graphql('query ($m: Int!) { sample(model: "tiny", count: $m) { seed } }', { m: SECRET }),
      await graphql('query ($i: [ImageSource!]!) { score(model: "blind", images: $i) { __typename } }', { i: [image] }),
      await app.inject({ method: 'POST', url: '/graphql', headers: json, payload: `{"${SECRET}": ` }),
      await app.inject({
        method: 'POST',
        url: '/graphql',
        headers: { 'content-type': `text/${SECRET}` },
        payload: 'x',
      }),
      await app.inject({ method: 'GET', url: `/graphql?query={${SECRET}}` }),
      await app.inject({ method: 'GET', url: `/images/tiny/2/${SECRET}.png?z=${SECRET}` }),
      await app.inject({ method: 'GET', url: `/${SECRET}` }),
      await app.inject({ method: 'GET', url: `/%zz${SECRET}` }),
      await app.inject({ method: 'GET', url: '/livez', headers: { host: `${SECRET}/` } }),
    ];
    server.current.engine.failure = new Error('out of order');
    replies.push(await graphql(`{ ${SECRET}: sample(model: "tiny", seed: 1) { score { logit } } }`));
    expect(replies.filter((reply) => reply.json().errors === undefined)).toEqual([]);

    const lines = log.slice(before);
    expect(JSON.stringify(lines)).not.toMatch(SECRET);
    expect(JSON.stringify(lines)).not.toMatch(image);
    const [part, ...failed] = lines.filter(({ msg }) => msg === 'A request failed.');
    expect(part).toMatchObject({ level: 40, codes: ['INVALID_IMAGE'], status: 200 });
    expect(failed).toHaveLength(replies.length);
    expect(failed[2]).toMatchObject({
      level: 40,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      method: 'POST',
      route: '/graphql',
      codes: ['MODEL_NOT_FOUND'],
      status: 200,
      ms: expect.any(Number),
    });
    expect(failed.at(-1)).toMatchObject({ level: 50, codes: ['INTERNAL_SERVER_ERROR'], status: 200 });
    expect(failed[9]).toMatchObject({ level: 40, method: 'GET', route: '/images/:model/:version/:file', status: 400 });
  });

  test('has no line above info for a request that did not fail', async () => {
    const before = server.current.log.length;
    await server.current.expectAlive();
    expect(server.current.log.slice(before).filter(({ level }) => Number(level) > 30)).toEqual([]);
  });
});

async function first(harness: Harness, query: string, variables?: object) {
  const { errors, data } = await harness.query(query, variables);
  const [error] = errors ?? [];
  if (!error) throw new Error(`Expected an error but received ${JSON.stringify(data)}`);
  return error;
}
