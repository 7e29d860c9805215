// What may be asked for at all over HTTP: queries, and mutations by POST. Whatever else a client sends is refused by a
// code that it can act on, never as a fault of the server.

import { describe, expect, test } from 'vitest';
import { useServer } from './harness.js';

const server = useServer();

const SUBSCRIPTION = 'subscription { jobsChanged { id } }';
const MUTATION = 'mutation { refreshModels { model } }';

describe('a subscription over HTTP', () => {
  test.each([
    ['alone', { query: SUBSCRIPTION }],
    ['among others', { query: `query A { __typename } ${SUBSCRIPTION.replace('{', 'B {')}`, operationName: 'B' }],
  ])('is told where to go: %s', async (_, body) => {
    const reply = await server.current.post(JSON.stringify(body));
    expect(reply.status).toBe(400);
    expect(reply).not.toHaveProperty('data');
    const { message, extensions } = await server.current.onlyError(reply);
    expect(extensions.code).toBe('BAD_USER_INPUT');
    expect(message).toMatch(
      'Expected a query or a mutation but received "subscription". Subscriptions go over a WebSocket',
    );
    expect(server.current.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  test('does no harm to a query beside it', async () => {
    const body = { query: `query A { __typename } ${SUBSCRIPTION.replace('{', 'B {')}`, operationName: 'A' };
    const { data } = await server.current.post(JSON.stringify(body));
    expect(data).toEqual({ __typename: 'Query' });
  });
});

test.each([MUTATION, SUBSCRIPTION, `query A{__typename} ${MUTATION.replace('{', 'B{')}&operationName=B`])(
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

test('a mutation that there is not is refused as any unknown field', async () => {
  const reply = await server.current.query('mutation { nothing }');
  expect((await server.current.onlyError(reply)).extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
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
