// What comes back from a question in GraphQL: data, and what went wrong with parts of it. The same from a server and
// from this process.

import { ERROR_CODES, type ErrorCode, GanymedeError } from '../errors.js';

export interface Answer<Data> {
  readonly data: Data;
  /** Each with the path of the field that has none: names, and indices of lists. */
  readonly errors: readonly Refused[];
}

export interface Refused {
  readonly path: readonly (string | number)[];
  readonly error: GanymedeError;
}

/** As GraphQL over HTTP writes it: https://graphql.github.io/graphql-over-http/draft/ */
export interface Reply {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[] | undefined;
    readonly extensions?: { readonly code?: unknown; readonly details?: unknown };
  }[];
}

/** @throws GanymedeError the first refusal, where there is no data at all */
export function answerOf<Data>({ data, errors = [] }: Reply): Answer<Data> {
  const refused = errors.map(({ message, path = [], extensions }) => ({ path, error: asError(message, extensions) }));
  if (data !== null && data !== undefined) return { data: data as Data, errors: refused };
  throw (
    refused[0]?.error ?? new GanymedeError('INTERNAL_SERVER_ERROR', 'Expected data or errors but received neither.')
  );
}

/** Whether it is refused for what it asks for in all, so that its parts may be asked for. */
export function isTooMuch({ code, details }: GanymedeError): boolean {
  return code === 'PAYLOAD_TOO_LARGE' || (code === 'BAD_USER_INPUT' && details['resource'] !== undefined);
}

const PASSING: ReadonlySet<string> = new Set<ErrorCode>(['QUEUE_FULL', 'DEADLINE_EXCEEDED']);

/** Whether the same may be answered a little later. */
export function mayPass(code: string): boolean {
  return PASSING.has(code);
}

export function asError(message: string, extensions: { readonly code?: unknown; readonly details?: unknown } = {}) {
  const { code, details } = extensions;
  const known = typeof code === 'string' && Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : undefined;
  return new GanymedeError(known ?? 'INTERNAL_SERVER_ERROR', message, {
    ...(typeof details === 'object' && details !== null && { details: details as Record<string, unknown> }),
  });
}
