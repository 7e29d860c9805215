// GraphQL over HTTP to the letter: the audits of graphql-http, which the GraphQL foundation keeps beside the spec.
// https://github.com/graphql/graphql-http#audits

import { serverAudits } from 'graphql-http';
import { beforeAll, expect, test } from 'vitest';
import { useServer } from './harness.js';

const server = useServer();
let url = '';

beforeAll(async () => {
  url = `${await server.current.app.listen({ host: '127.0.0.1', port: 0 })}/graphql`;
});

/** As a client does that is no form on somebody else's page: see the rules against cross-site requests. */
const audits = serverAudits({
  url: () => url,
  fetchFn: (input: string, init?: RequestInit) =>
    fetch(input, { ...init, headers: { ...init?.headers, 'apollo-require-preflight': 'yes' } }),
});

test('there are audits', () => expect(audits).toHaveLength(61));

test.each(audits.map((audit) => [audit.name, audit] as const))('%s', async (_, audit) => {
  const result = await audit.fn();
  expect(result.status, 'reason' in result ? result.reason : '').toBe('ok');
});
