// Asks a server over HTTP, by undici's own fetch: that of Node 20 waits for ever for a connection that was closed
// before it was used, as a port does that is forwarded to nobody.

import { fetch, type RequestInit, type Response } from 'undici';
import { GanymedeError, messageOf } from '../errors.js';
import type { Reply } from './answer.js';

export type Ask = (query: string, variables: Readonly<Record<string, unknown>>) => Promise<Reply>;

export interface HttpOptions {
  /** A key of the server, or a token. It goes into a header and nowhere else. */
  readonly key?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `server`: the address of a server, such as http://localhost:4000, with or without /graphql. */
export function overHttp(server: string, { key, signal }: HttpOptions = {}): Ask {
  const url = endpointOf(server);
  const authorization = key === undefined ? {} : { authorization: bearer(key) };
  return async (query, variables) => {
    const body = JSON.stringify({ query, variables });
    const headers = { 'content-type': 'application/json', accept: 'application/json', ...authorization };
    const response = await fetched(url, { method: 'POST', headers, body, ...(signal && { signal }) });
    try {
      return (await response.json()) as Reply;
    } catch (cause) {
      signal?.throwIfAborted();
      const type = response.headers.get('content-type') ?? 'no content type';
      throw unreachable(url, `status ${response.status} with ${type}`, cause);
    }
  };
}

/** @throws GanymedeError SERVER_UNREACHABLE where there is no answer */
export async function fetched(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    init.signal?.throwIfAborted();
    throw unreachable(url, reasonOf(cause), cause);
  }
}

/** The header `Authorization` for a key. @throws GanymedeError BAD_USER_INPUT, without the key */
export function bearer(key: string): string {
  if (/^[\x21-\x7e]+$/.test(key)) return `Bearer ${key}`;
  throw new GanymedeError(
    'BAD_USER_INPUT',
    'Expected a key of printable ASCII without spaces but received one with other characters, which is not shown.',
  );
}

export function endpointOf(server: string): string {
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
