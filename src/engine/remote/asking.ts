// One other server over HTTP: connections that are kept, a deadline for each question, a bound on each answer, and one
// more try where a connection was lost. That is safe, because a run changes nothing.

import { type Dispatcher, Pool } from 'undici';
import { GanymedeError, messageOf } from '../../errors.js';
import { EngineUnavailable } from '../unavailable.js';
import { JSON_LENGTH } from './wire.js';

export interface AskingOptions {
  /** http:// or https://, with the folder in which `/v2` is. */
  readonly url: string;
  /** Goes into a header and nowhere else. */
  readonly key?: string | undefined;
  readonly connections: number;
}

export interface Ask {
  readonly method: 'GET' | 'POST';
  /** Behind `/v2`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Of the answer. */
  readonly mostBytes: number;
  /** For all of it, the second try included. */
  readonly deadlineMs: number;
}

export interface Answer {
  readonly status: number;
  readonly jsonLength: string | undefined;
  readonly body: Buffer;
}

const CONNECT_MS = 5000;

export class Asking {
  readonly #pool: Pool;
  readonly #folder: string;
  readonly #headers: Readonly<Record<string, string>>;
  #retries = 0;

  constructor({ url, key, connections }: AskingOptions) {
    const { origin, pathname } = new URL(url);
    this.#pool = new Pool(origin, { connections, pipelining: 1, connect: { timeout: CONNECT_MS } });
    this.#folder = pathname.replace(/\/+$/, '');
    this.#headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  }

  get retries(): number {
    return this.#retries;
  }

  /** @throws EngineUnavailable without an answer; GanymedeError ENGINE_FAILED for one that is too long */
  async ask(question: Ask): Promise<Answer> {
    const signal = AbortSignal.timeout(question.deadlineMs);
    try {
      return await this.#once(question, signal);
    } catch (error) {
      if (!wasLost(error)) throw failure(error, question, signal);
    }
    this.#retries++;
    try {
      return await this.#once(question, signal);
    } catch (error) {
      throw failure(error, question, signal);
    }
  }

  /** Lets what was asked be answered. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #once({ method, path, headers, body, mostBytes, deadlineMs }: Ask, signal: AbortSignal): Promise<Answer> {
    const reply = await this.#pool.request({
      ...{ method, path: `${this.#folder}/v2${path}`, signal },
      ...{ headersTimeout: deadlineMs, bodyTimeout: deadlineMs },
      headers: { ...this.#headers, ...headers },
      body: body ?? null,
    });
    const length = reply.headers[JSON_LENGTH];
    return {
      status: reply.statusCode,
      jsonLength: Array.isArray(length) ? length.join() : length,
      body: await upTo(reply, mostBytes),
    };
  }
}

async function upTo({ headers, body }: Dispatcher.ResponseData, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = Number(headers['content-length'] ?? 0) || 0;
  let received = 0;
  if (length <= most) {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      received += chunk.length;
      length = Math.max(length, received);
      if (length > most) break; // which ends the connection
      chunks.push(chunk);
    }
  }
  if (length <= most) return Buffer.concat(chunks);
  body.on('error', () => {}).destroy();
  throw new GanymedeError(
    'ENGINE_FAILED',
    `Expected an answer of at most ${most} bytes from the inference server but received ${length} or more.`,
  );
}

/** The connection ended before the answer was whole. */
function wasLost(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(codeOf(error));
}

function failure(error: unknown, { deadlineMs }: Ask, signal: AbortSignal): GanymedeError {
  if (error instanceof GanymedeError) return error;
  const isLate = signal.aborted || /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/.test(codeOf(error));
  const received = isLate ? `none after ${deadlineMs / 1000} s` : `none: ${reasonOf(error)}`;
  return new EngineUnavailable(
    `Expected an answer from the inference server but received ${received}. Try again in a moment.`,
    { cause: error },
  );
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code ?? '');
}

/**
 * A code where there is one: the messages of the system name addresses, which are nobody's business but the admin's.
 */
function reasonOf(error: unknown): string {
  return codeOf(error) || messageOf(error);
}
