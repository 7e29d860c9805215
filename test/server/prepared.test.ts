// What was asked before goes past Apollo, and nobody can tell: the second answer to a document is held against the
// first.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PreparedOperations } from '../../src/server/prepared.js';
import { useServer } from './harness.js';

const server = useServer();

const answer = vi.spyOn(PreparedOperations.prototype, 'answer');

afterEach(() => {
  answer.mockClear();
});

interface Sent {
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

/** Status, headers and body, without what is each request's own. */
async function ask({ body, headers = {} }: Sent) {
  const reply = await server.current.app.inject({
    method: 'POST',
    url: '/graphql',
    headers: { 'content-type': 'application/json', ...headers },
    payload: JSON.stringify(body),
  });
  const { date, 'x-request-id': requestId, ...rest } = reply.headers;
  return { status: reply.statusCode, headers: rest, body: reply.body.replaceAll(String(requestId), 'an id') };
}

const SAMPLE = 'query ($seed: Seed) { sample(model: "tiny", seed: $seed) { seed z image { dataUri url } } }';

const ANSWERED: Readonly<Record<string, Sent>> = {
  'a sample': { body: { query: SAMPLE, variables: { seed: 7 } } },
  'a document without variables': { body: { query: '{ models { name versions } }', variables: null } },
  'one of two operations by its name': {
    body: { query: 'query A { models { name } } query B { model(name: "tiny") { title } }', operationName: 'B' },
  },
  'fragments, aliases and @include': {
    body: {
      query:
        'query ($yes: Boolean = true) { a: sample(model: "tiny", seed: 1) { ...F @include(if: $yes) } } fragment F on Sample { seed __typename }',
    },
  },
  'a field that fails beside one that does not': {
    body: { query: '{ sample(model: "blind", seed: 1) { seed score { logit } } models { name } }' },
  },
  'a root field that fails': { body: { query: '{ model(name: "nobody") { title } }' } },
  'many errors alike': { body: { query: '{ sample(model: "blind", seed: 1, count: 40) { score { logit } } }' } },
  'introspection where it is on': { body: { query: '{ __schema { queryType { name } } }' } },
};

describe('an answer to what was asked before', () => {
  it.each(Object.entries(ANSWERED))('is the same as the first: %s', async (_, sent) => {
    for (const accept of ['*/*', 'application/json', 'application/graphql-response+json']) {
      const asked = { ...sent, headers: { accept } };
      const first = await ask(asked);
      const again = await ask(asked);
      expect(again).toEqual(first);
    }
    expect(answer).toHaveBeenCalledTimes(5); // all but the very first
  });

  it('follows its own variables', async () => {
    const bodies = await Promise.all(
      [1, 2].map(async (seed) => (await ask({ body: { query: SAMPLE, variables: { seed } } })).body),
    );
    expect(bodies.map((body) => JSON.parse(body).data.sample[0].seed)).toEqual([1, 2]);
  });

  it('counts in /metrics and spends as any other', async () => {
    const before = { ...server.current.traffic.operations.query };
    await ask({ body: { query: SAMPLE, variables: { seed: 1 } } });
    await ask({ body: { query: SAMPLE, variables: { seed: 1 } } });
    expect(server.current.traffic.operations.query.ok).toBe(before.ok + 2);
  });

  it.each([
    ['variables of a wrong type', { query: SAMPLE, variables: { seed: 'seven' } }],
    [
      'variables with two faults',
      {
        query:
          'query ($a: Seed, $b: Seed) { a: sample(model: "tiny", seed: $a) { seed } b: sample(model: "tiny", seed: $b) { seed } }',
        variables: { a: [], b: {} },
      },
    ],
    [
      'more than a request may ask for',
      {
        query: 'query ($n: Int) { sample(model: "tiny", count: $n) { a: image(size: 1024) { bytes } } }',
        variables: { n: 256 },
      },
    ],
  ])('is the same refusal as the first time: %s', async (_, body) => {
    const good = { ...body, variables: {} };
    const first = await ask({ body });
    expect(first.body).toContain('BAD_USER_INPUT');
    await ask({ body: good });
    await ask({ body: good });
    const again = await ask({ body });
    expect(again).toEqual(first);
  });
});

describe('past Apollo goes nothing', () => {
  it.each([
    ['that a page could send unasked', { headers: { 'content-type': 'text/plain' } }],
    ['that wants another type of answer', { headers: { accept: 'text/html' } }],
    ['with extensions', { body: { query: SAMPLE, variables: { seed: 3 }, extensions: {} } }],
    ['in a batch', { body: [{ query: SAMPLE }] }],
    ['with variables that are no object', { body: { query: SAMPLE, variables: [] } }],
    ['with a query that is no text', { body: { query: 7 } }],
  ] as const)('%s', async (_, odd: { body?: unknown; headers?: Record<string, string> }) => {
    const body = { query: SAMPLE, variables: { seed: 3 } };
    await ask({ body });
    answer.mockClear();
    const sent = { body, ...odd };
    const first = await ask(sent);
    expect(await ask(sent)).toEqual(first);
    expect(answer).not.toHaveBeenCalled();
  });

  it('that was refused', async () => {
    for (let i = 0; i < 2; i++) await ask({ body: { query: '{ nothing }' } });
    expect(answer).not.toHaveBeenCalled();
  });
});

describe('where introspection is off', () => {
  const closed = useServer({ introspection: false });

  it('it stays off, however often it is asked for', async () => {
    for (let i = 0; i < 3; i++) {
      const { data, errors } = await closed.current.query('{ __schema { queryType { name } } }');
      expect(data).toBeUndefined();
      expect(errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    }
    expect(answer).not.toHaveBeenCalled();
  });
});
