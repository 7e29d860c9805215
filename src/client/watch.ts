// Watches a job of a server over a WebSocket (graphql-transport-ws), and goes on where it was when the connection
// breaks or the server is begun again.

import { setTimeout } from 'node:timers/promises';
import { type Client, CloseCode, createClient } from 'graphql-ws/client';
import { WebSocket } from 'ws';
import { GanymedeError, messageOf } from '../errors.js';
import { asError, type Reply } from './answer.js';
import type { ServerAddress } from './client.js';
import { bearer, endpointOf } from './http.js';
import { FACTS, type JobFacts, Refusals } from './jobs.js';

export interface JobUpdate {
  readonly seq: number;
  /** Null for progress alone. */
  readonly kind: string | null;
  readonly text: string | null;
  /** The numbers of a metric, a point each. */
  readonly metrics: readonly {
    readonly name: string;
    readonly at: readonly number[];
    readonly values: readonly number[];
  }[];
  readonly preview: { readonly at: number; readonly url: string } | null;
  /** As it is by now. */
  readonly job: JobFacts;
}

export interface WatchOptions extends ServerAddress {
  readonly id: string;
  /** The number of the last event that is known; 0 without it. */
  readonly from?: number | undefined;
  readonly signal: AbortSignal;
  /** Told when the connection broke; it is opened again. */
  readonly onLost?: () => void;
  /** For how long a server that is gone is waited for, in seconds. */
  readonly patience?: number | undefined;
}

export const ENDED: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);

const WATCH = `subscription Watch($id: ID!, $from: Int!) {
  jobProgress(id: $id, from: $from) {
    seq kind text metrics { name at values } preview { at url } job { ${FACTS} }
  }
}`;

/**
 * What happened and what happens, until the job is over or the signal fires. @throws Refusals, or GanymedeError
 * SERVER_UNREACHABLE once patience is at its end
 */
export async function* watchJob(options: WatchOptions): AsyncGenerator<JobUpdate> {
  const { id, from = 0, signal, patience = PATIENCE } = options;
  let seq = from;
  const variables = {
    id,
    get from() {
      return seq; // the client reads it anew whenever it subscribes again
    },
  };
  const client = connect({ ...options, patience });
  try {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        for await (const update of updatesOf(client, variables, signal)) {
          [seq, attempt] = [update.seq, 0];
          yield update;
          if (update.kind === null && ENDED.has(update.job.state)) return;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!isStarting(error) || attempt >= attemptsWithin(patience)) throw refusalOf(error, options);
      }
      await pause(attempt, signal); // the server ended the subscription, and not the job
    }
  } finally {
    Promise.resolve(client.dispose()).catch(() => {}); // it may be connecting to nobody
  }
}

async function* updatesOf(
  client: Client,
  variables: Record<string, unknown>,
  signal: AbortSignal,
): AsyncGenerator<JobUpdate> {
  const updates = client.iterate<{ jobProgress: JobUpdate }>({ query: WATCH, variables });
  const leave = () => void updates.return?.();
  signal.addEventListener('abort', leave, { once: true });
  try {
    for await (const { data, errors } of updates) {
      if (errors) throw errors;
      yield data!.jobProgress;
    }
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** For how long a server that is gone is waited for, in seconds. */
const PATIENCE = 300;

/** Seconds before the first attempt to connect again; then twice as long each time, up to the last. */
const [FIRST_WAIT, LAST_WAIT] = [0.5, 5] as const;

function waitBefore(attempt: number): number {
  return Math.min(LAST_WAIT, FIRST_WAIT * 2 ** attempt);
}

function attemptsWithin(seconds: number): number {
  let attempts = 0;
  for (let waited = waitBefore(0); waited <= seconds; waited += waitBefore(attempts)) attempts++;
  return attempts;
}

/** Resolves early when the signal fires. */
async function pause(attempt: number, signal: AbortSignal): Promise<void> {
  await setTimeout(1000 * waitBefore(attempt), undefined, { signal }).catch(() => {});
}

/** A server that answers no ping for so long is gone, though its connection stands. */
const PING_MS = 15_000;
const PONG_MS = 10_000;

function connect({ server, key, onLost, patience, signal }: WatchOptions & { readonly patience: number }): Client {
  let unanswered: NodeJS.Timeout | undefined;
  let [wasConnected, isLost] = [false, false];
  const client = createClient({
    url: endpointOf(server).replace(/^http/, 'ws'),
    webSocketImpl: socketWith(key),
    keepAlive: PING_MS,
    retryAttempts: attemptsWithin(patience),
    retryWait: (attempt) => pause(attempt, signal),
    shouldRetry: (why) => wasConnected && !isShutOut(why), // who never answered is not there
    on: {
      connected: () => {
        [wasConnected, isLost] = [true, false];
      },
      ping: (received) => {
        if (!received) unanswered = globalThis.setTimeout(() => client.terminate(), PONG_MS);
      },
      pong: () => clearTimeout(unanswered),
      closed: (event) => {
        clearTimeout(unanswered);
        const isNews = wasConnected && !isLost && (event as { code?: number }).code !== 1000 && !signal.aborted;
        isLost ||= isNews;
        if (isNews) onLost?.();
      },
    },
  });
  return client;
}

/** The client opens sockets by address and protocol alone. */
function socketWith(key: string | undefined) {
  const headers = key === undefined ? {} : { authorization: bearer(key) };
  return class extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { headers });
    }
  };
}

/** Close codes of PROTOCOL.md for whoever may not be there: the same key would be refused again. */
function isShutOut(why: unknown): boolean {
  const { code } = why as { code?: unknown };
  return code === CloseCode.Unauthorized || code === CloseCode.Forbidden;
}

/** Codes of a server that is beginning or ending: the next moment it answers. */
const PASSING: ReadonlySet<unknown> = new Set(['SHUTTING_DOWN', 'RUN_IN_USE', 'QUEUE_FULL']);

function isStarting(error: unknown): boolean {
  return isRefused(error) && error.every(({ extensions }) => PASSING.has(extensions?.code));
}

function isRefused(error: unknown): error is NonNullable<Reply['errors']> {
  return Array.isArray(error);
}

function refusalOf(error: unknown, { server, id }: WatchOptions): Error {
  if (isRefused(error)) return new Refusals(error.map(({ message, extensions }) => asError(message, extensions)));
  const { code, reason } = error as { code?: unknown; reason?: string };
  if (isShutOut(error)) return new GanymedeError('FORBIDDEN', reason || 'Expected somebody who may watch jobs.');
  const came = typeof code === 'number' ? `close code ${code}${reason ? ` (${reason})` : ''}` : messageOf(error);
  return new GanymedeError(
    'SERVER_UNREACHABLE',
    `Expected ${endpointOf(server)} to tell of job ${id} but received: ${came}. The job does not need this command; watch it again with: npx ganymede jobs watch ${id}`,
    { cause: error },
  );
}
