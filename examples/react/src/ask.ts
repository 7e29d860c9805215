// The client: one POST for each question. Types of variables and of answers come with the document.

import type { TypedDocumentString } from './gql/graphql';

/** Where Ganymede is. Empty: where the page is, with /graphql passed on by Vite or by the web server of your site. */
const SERVER = import.meta.env.VITE_GANYMEDE ?? '';

/** Whether the server knows our operations, so that their names are enough. */
const PERSISTED = import.meta.env.VITE_PERSISTED === 'true';

/** What went wrong, in the server's words. `code` is one of ERRORS.md. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

export async function ask<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  signal: AbortSignal,
): Promise<Result> {
  const { data, errors } = await post<Reply<Result>>({ ...named(document), variables }, signal);
  if (errors?.[0]) throw new Refusal(errors[0].message, errors[0].extensions.code);
  return data;
}

interface Reply<Result> {
  readonly data: Result;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

const named = <Result, Variables>(document: TypedDocumentString<Result, Variables>) =>
  PERSISTED ? { documentId: document.__meta__?.['hash'] } : { query: document.toString() };

async function post<Answer>(body: object, signal: AbortSignal): Promise<Answer> {
  try {
    const reply = await fetch(`${SERVER}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
    return await reply.json();
  } catch (cause) {
    signal.throwIfAborted();
    throw new Error(`No answer from ${SERVER || location.origin}: is Ganymede running there?`, { cause });
  }
}
