// The checks of graphql-cop (https://github.com/dolevf/graphql-cop), written from what its pages say each one asks and
// what it takes for a finding. With introspection off none may find anything; with it on, as on a developer's machine,
// what the editor needs is there by design.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startVictim, type Victim } from './victim.js';

type Send = (path: string, init?: RequestInit) => Promise<string>;

/** True where it finds what it looks for. */
type Check = (send: Send) => Promise<boolean>;

const JSON_TYPE = { 'content-type': 'application/json' };

const query = (send: Send, text: string, headers: Record<string, string> = {}): Promise<string> =>
  send('/graphql', { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify({ query: text }) });

const dataOf = (text: string): Record<string, unknown> => {
  const reply: unknown = JSON.parse(text);
  return (reply as { data?: Record<string, unknown> | null }).data ?? {};
};

const CHECKS: Readonly<Record<string, Check>> = {
  'Alias Overloading': async (send) => {
    const aliases = Array.from({ length: 101 }, (_, i) => `alias${i}:__typename`).join(' ');
    return 'alias100' in dataOf(await query(send, `query cop { ${aliases} }`));
  },
  'Array-based Query Batching': async (send) => {
    const body = JSON.stringify(Array(10).fill({ query: 'query cop { __typename }' }));
    const reply: unknown = JSON.parse(await send('/graphql', { method: 'POST', headers: JSON_TYPE, body }));
    return Array.isArray(reply) && reply.length >= 10;
  },
  'Directive Overloading': async (send) => {
    const reply = JSON.parse(await query(send, `query cop { __typename ${'@aa'.repeat(10)} }`));
    return (reply.errors as unknown[] | undefined)?.length === 10;
  },
  'Field Duplication': async (send) =>
    '__typename' in dataOf(await query(send, `query cop { ${'__typename \n'.repeat(500)} }`)),
  'Introspection Query Enabled': async (send) =>
    '__schema' in dataOf(await query(send, 'query cop { __schema { types { name fields { name } } } }')),
  'Introspection-based Circular Query': async (send) => {
    const circle = `${'fields { type { '.repeat(4)} name ${'} } '.repeat(4)}`;
    return '__schema' in dataOf(await query(send, `query cop { __schema { types { ${circle} } } }`));
  },
  'GraphQL Explorer Exposed': async (send) => {
    const paths = ['/', '/graphql', '/graphiql', '/playground', '/console', '/graphql/console', '/altair', '/explorer'];
    const pages = await Promise.all(paths.map((path) => send(path, { headers: { accept: 'text/html' } })));
    return pages.some((page) =>
      /graphiql\.min|<title>\s*(GraphiQL|GraphQL Playground|Altair)|id="graphiql"/i.test(page),
    );
  },
  'GET Method Query Support': async (send) =>
    '__typename' in dataOf(await send(`/graphql?query=${encodeURIComponent('query cop { __typename }')}`)),
  'Mutation is allowed over GET': async (send) =>
    '__typename' in dataOf(await send(`/graphql?query=${encodeURIComponent('mutation cop { __typename }')}`)),
  'POST based url-encoded query': async (send) => {
    const body = new URLSearchParams({ query: 'query cop { __typename }' });
    return '__typename' in dataOf(await send('/graphql', { method: 'POST', body }));
  },
  'Trace Mode': async (send) => {
    const text = await query(send, 'query cop { __typename }', { 'x-apollo-tracing': '1' });
    return /"(tracing|ftv1)"/.test(text);
  },
  'Field Suggestions': async (send) =>
    /did you mean/i.test(await query(send, 'query cop { __schema { directive } modles { name } }')),
  'Unhandled Errors Detection': async (send) =>
    /"(exception|stacktrace)"|\.js:\d+/.test(await query(send, 'qwerty cop { abc }')),
};

async function findings(victim: Victim): Promise<string[]> {
  const send: Send = async (path, init) => (await fetch(`${victim.origin}${path}`, init)).text();
  const found = Object.entries(CHECKS).map(async ([name, check]) => ((await check(send)) ? [name] : []));
  return (await Promise.all(found)).flat();
}

describe.each([
  ['off', []],
  // The editor and its schema are what it is on for. Suggestions name nothing that the schema does not tell already.
  ['on', ['Introspection Query Enabled', 'GraphQL Explorer Exposed', 'Field Suggestions']],
])('graphql-cop with introspection %s', (introspection, byDesign) => {
  let victim: Victim;
  beforeAll(async () => {
    victim = await startVictim({ INTROSPECTION: introspection });
  });
  afterAll(() => victim.stop());

  test(`finds ${byDesign.length === 0 ? 'nothing' : 'only what introspection is for'}`, async () => {
    expect((await findings(victim)).sort()).toEqual([...byDesign].sort());
  });
});
