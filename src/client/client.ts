// A client of the public API with two transports: a server's HTTP, or the models in this process. Who asks cannot tell
// them apart.

import { setTimeout } from 'node:timers/promises';
import { readConfig } from '../config.js';
import { GanymedeError } from '../errors.js';
import { type Answer, answerOf, isTooMuch, mayPass } from './answer.js';
import { type Ask, overHttp } from './http.js';

export interface ClientOptions {
  /** The model that questions will be about. */
  readonly model: string;
  /** Address of a server; left out, the models are asked in this process. */
  readonly server?: string | undefined;
  /** A key of that server, or a token. */
  readonly key?: string | undefined;
  /** Folders of models, for this process; left out, those of CHECKPOINTS. */
  readonly checkpoints?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProblem?: (message: string) => void;
}

export interface Client {
  /** @throws GanymedeError where there is no answer at all; faults of parts come with the answer */
  ask<Data>(query: string, variables: Readonly<Record<string, unknown>>): Promise<Answer<Data>>;
  close(): Promise<void>;
}

export async function openClient(options: ClientOptions): Promise<Client> {
  const { server, key, model, signal, onProblem = () => {} } = options;
  if (server !== undefined) return clientAt({ server, key }, signal);
  const { checkpoints } = options;
  const config = readConfig({ ...process.env, ...(checkpoints !== undefined && { CHECKPOINTS: checkpoints }) });
  const { embedded } = await import('./embedded.js');
  const { ask, close } = await embedded({ model, config, signal, onProblem });
  return clientOf(ask, signal, close);
}

/** Seconds before the same is asked again, when a queue was full. */
const WAITS = [0.25, 0.5, 1, 2, 4, 8] as const;

/** A server, and as whom it is asked. */
export interface ServerAddress {
  readonly server: string;
  /** An API key, or a token. */
  readonly key?: string | undefined;
}

export function clientAt({ server, key }: ServerAddress, signal?: AbortSignal): Client {
  return clientOf(overHttp(server, { key, signal }), signal, async () => {});
}

export function clientOf(ask: Ask, signal: AbortSignal | undefined, close: () => Promise<void>): Client {
  return {
    ask: (query, variables) => patiently(async () => answerOf(await ask(query, variables)), signal),
    close,
  };
}

/** Again and again, later and later, while what refuses it may pass. */
export async function patiently<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (const seconds of WAITS) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof GanymedeError && mayPass(error.code))) throw error;
      await setTimeout(1000 * seconds, undefined, { signal });
    }
  }
  return work();
}

/**
 * Asks about a list at once, and where that is more than one request may be, about each half of it. One alone that is
 * too much has the refusal as its answer.
 */
export async function inHalves<T, R>(
  list: readonly T[],
  ask: (part: readonly T[]) => Promise<readonly R[]>,
): Promise<readonly (R | GanymedeError)[]> {
  try {
    return await ask(list);
  } catch (error) {
    if (!(error instanceof GanymedeError && isTooMuch(error))) throw error;
    if (list.length === 1) return [error];
    const middle = list.length >> 1;
    return [...(await inHalves(list.slice(0, middle), ask)), ...(await inHalves(list.slice(middle), ask))];
  }
}

/** Results in the order of the parts; `width` of them are worked on at a time, and no more are taken. */
export async function* ahead<T, R>(
  parts: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (part: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  for await (const part of parts) {
    const one = work(part);
    one.catch(() => {}); // it is thrown when its turn comes
    running.push(one);
    if (running.length === width) yield await running.shift()!;
  }
  for (const one of running) yield await one;
}
