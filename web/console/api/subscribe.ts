// Subscriptions, over one WebSocket that is opened with the first and closed with the last. A connection that was lost
// comes back by itself, and what was subscribed to with it.

import { type Client, createClient } from 'graphql-ws';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Document } from './ask';
import { isLost, noAnswer } from './connection';
import { authorization, key } from './key';
import { Refusal } from './refusal';
import { useStore } from './store';

let client: Client | undefined;

key.watch(() => {
  void client?.dispose();
  client = undefined; // the next subscription says who asks now
});

const address = () => new URL('graphql', document.baseURI).href.replace(/^http/, 'ws');

/** Whoever may not connect is told so for good: 4403, PROTOCOL.md of graphql-ws. */
const FORBIDDEN = 4403;

function connect(): Client {
  return createClient({
    url: address,
    connectionParams: () => authorization(),
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: (reason) => (reason as CloseEvent).code !== FORBIDDEN,
    on: {
      connected: () => isLost.set(false),
      closed: (event) => {
        const { code, wasClean } = event as CloseEvent;
        if (!wasClean && code !== FORBIDDEN) noAnswer();
      },
    },
  });
}

export interface Listener<Result> {
  readonly onValue: (value: Result) => void;
  readonly onProblem: (problem: Error) => void;
}

/** Returns what ends it. */
export function subscribe<Result, Variables>(
  document: Document<Result, Variables>,
  variables: Variables,
  { onValue, onProblem }: Listener<Result>,
): () => void {
  client ??= connect();
  return client.subscribe<Result>(
    { query: document.toString(), variables: variables as Record<string, unknown> },
    {
      next: ({ data, errors }) => {
        if (errors?.[0]) onProblem(refusalOf(errors[0]));
        else if (data) onValue(data);
      },
      error: (fault) => onProblem(problemOf(fault)),
      complete: () => {},
    },
  );
}

/** Told of each value while the page shows it. `variables` null: nothing is subscribed to yet. */
export function useSubscription<Result, Variables>(
  document: Document<Result, Variables>,
  variables: Variables | null,
  onValue: (value: Result) => void,
): Error | undefined {
  const [problem, setProblem] = useState<Error>();
  const latest = useRef(onValue);
  latest.current = onValue;
  const question = JSON.stringify(variables);
  const asker = useStore(key);
  useEffect(() => {
    setProblem(undefined);
    const asked = JSON.parse(question) as Variables | null;
    if (asked === null) return;
    return subscribe(document, asked, { onValue: (value) => latest.current(value), onProblem: setProblem });
  }, [document, question, asker]);
  return problem;
}

function problemOf(fault: unknown): Error {
  if (Array.isArray(fault)) return refusalOf(fault[0]);
  if (fault instanceof Error) return fault;
  return new Refusal((fault as CloseEvent).reason || 'The server ended the subscription.', 'UNAUTHENTICATED', null);
}

function refusalOf({ message, extensions }: { message: string; extensions?: Readonly<Record<string, unknown>> }) {
  return new Refusal(message, String(extensions?.['code'] ?? ''), null, extensions?.['details']);
}
