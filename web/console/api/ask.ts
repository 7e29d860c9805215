// The client: one POST for each question. Types of variables and of answers come with the document. Every address is
// relative to the page, so that the server may lie below a folder of somebody's site.

import type { TypedDocumentString } from '../gql/graphql';
import { questionOf } from './bodies';
import { noAnswer } from './connection';
import { authorization } from './key';
import { NoAnswer, refusalIn } from './refusal';

export type Document<Result, Variables> = TypedDocumentString<Result, Variables>;

/** @throws Refusal, the first of the answer; NoAnswer; what `signal` was aborted with */
export async function ask<Result, Variables>(
  document: Document<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Result> {
  const reply = await send('graphql', {
    method: 'POST',
    ...questionOf(document.toString(), variables),
    ...(signal && { signal }),
  });
  const body = (await reply.json()) as { data: Result };
  const refusal = refusalIn(body, reply);
  if (refusal) throw refusal;
  return body.data;
}

/** A picture or another file of the server. @throws as `ask` does */
export async function download(address: string, signal?: AbortSignal): Promise<Blob> {
  const reply = await send(address, signal ? { signal } : {});
  if (reply.ok) return reply.blob();
  throw refusalIn(await reply.json().catch(() => null), reply);
}

/** With the key, if there is one. @throws NoAnswer; what `signal` was aborted with */
export async function send(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, { ...init, headers: { ...init.headers, ...authorization() } });
  } catch (cause) {
    init.signal?.throwIfAborted();
    noAnswer();
    throw new NoAnswer(cause);
  }
}
