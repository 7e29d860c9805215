// What may be asked for at all: queries. Whatever else a client sends is refused by a code that it can act on, never as
// a fault of the server.

import { describe, expect, test } from 'vitest';
import { useServer } from './harness.js';

const server = useServer();

describe('an operation that the schema has no type for', () => {
  test.each([
    ['a mutation', { query: 'mutation { train }' }, 'mutation'],
    ['a mutation of nothing but its type name', { query: 'mutation { __typename }' }, 'mutation'],
    ['a mutation that asks for the schema', { query: 'mutation { __schema { queryType { name } } }' }, 'mutation'],
    ['a subscription', { query: 'subscription { progress }' }, 'subscription'],
    ['one among others', { query: 'query A { __typename } mutation B { train }', operationName: 'B' }, 'mutation'],
    ['one with a fragment', { query: 'subscription { ...F } fragment F on Query { __typename }' }, 'subscription'],
  ])('is refused: %s', async (_, body, received) => {
    const reply = await server.current.post(JSON.stringify(body));
    expect(reply.status).toBe(400);
    expect(reply).not.toHaveProperty('data');
    const { message, extensions } = await server.current.onlyError(reply);
    expect(extensions.code).toBe('BAD_USER_INPUT');
    expect(message).toBe(
      `Expected a query, for this server has nothing else, but received "${received}". Begin the document with "query"; the schema lists what there is to ask for.`,
    );
    expect(server.current.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  test('does no harm to a query beside it', async () => {
    const body = { query: 'query A { __typename } mutation B { train }', operationName: 'A' };
    const { data } = await server.current.post(JSON.stringify(body));
    expect(data).toEqual({ __typename: 'Query' });
  });

  test.each(['mutation{train}', 'subscription{progress}', 'query A{__typename} mutation B{train}&operationName=B'])(
    'is 405 by GET: %s',
    async (query) => {
      const reply = await server.current.app.inject({
        method: 'GET',
        url: `/graphql?query=${query.replaceAll(' ', '%20')}`,
        headers: { 'apollo-require-preflight': 'yes' },
      });
      expect(reply.statusCode).toBe(405);
      expect(reply.json().errors[0].extensions.code).toBe('BAD_REQUEST');
    },
  );
});

test.each([
  ['nothing', '', 'BAD_REQUEST'],
  ['only a comment', '# hello', 'GRAPHQL_PARSE_FAILED'],
  ['only a fragment', 'fragment F on Query { __typename }', 'GRAPHQL_VALIDATION_FAILED'],
  ['only a type', 'type A { b: Int }', 'GRAPHQL_VALIDATION_FAILED'],
  ['two queries and no choice', 'query A { __typename } query B { __typename }', 'OPERATION_RESOLUTION_FAILURE'],
  ['a variable that was not sent', 'query ($x: String!) { model(name: $x) { name } }', 'BAD_USER_INPUT'],
])('a document of %s is refused', async (_, query, code) => {
  const reply = await server.current.query(query);
  expect(reply.status).toBe(400);
  expect((await server.current.onlyError(reply)).extensions.code).toBe(code);
});

test.each(['mutation { train }', '{ __typename }'])('a batch is refused whatever it holds: %s', async (query) => {
  const reply = await server.current.post(JSON.stringify([{ query }, { query }]));
  expect(reply.status).toBe(400);
  expect((await server.current.onlyError(reply)).extensions.code).toBe('BAD_REQUEST');
});
