// Asks a server over HTTP.

import { GanymedeError, messageOf } from '../errors.js';
import type { Reply } from './answer.js';

export type Ask = (query: string, variables: Readonly<Record<string, unknown>>) => Promise<Reply>;

/** `server`: the address of a server, such as http://localhost:4000, with or without /graphql. */
export function overHttp(server: string, signal: AbortSignal | undefined): Ask {
  const url = endpointOf(server);
  return async (query, variables) => {
    const body = JSON.stringify({ query, variables });
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    let response: Response;
    try {
      response = await fetch(url, { method: 'POST', headers, body, ...(signal && { signal }) });
    } catch (cause) {
      signal?.throwIfAborted();
      throw unreachable(url, reasonOf(cause), cause);
    }
    try {
      return (await response.json()) as Reply;
    } catch (cause) {
      signal?.throwIfAborted();
      const type = response.headers.get('content-type') ?? 'no content type';
      throw unreachable(url, `status ${response.status} with ${type}`, cause);
    }
  };
}

function endpointOf(server: string): string {
  const text = /^[a-z]+:\/\//i.test(server) ? server : `http://${server}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new GanymedeError(
      'BAD_USER_INPUT',
      `Expected --server to be the address of a server, such as http://localhost:4000, but received "${server}".`,
    );
  }
  url.pathname = url.pathname.replace(/\/*(graphql)?\/*$/, '/graphql');
  return url.href;
}

/** fetch says "fetch failed" of everything; why is in its cause. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof AggregateError ? messageOf(cause.errors[0]) : messageOf(cause ?? error);
}

function unreachable(url: string, received: string, cause: unknown): GanymedeError {
  return new GanymedeError(
    'SERVER_UNREACHABLE',
    `Expected a server of Ganymede at ${url} but received: ${received}. Start one with npx ganymede serve, or leave --server out.`,
    { cause },
  );
}
