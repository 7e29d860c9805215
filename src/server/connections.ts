// How long a client may take and how much it may make the server keep. A head or a body that dribbles in, an answer
// that nobody reads and a connection that does nothing are cut; a client that has said all it will say (a half-closed
// connection) still gets its answer. What is wrong below HTTP is answered in the form of every other refusal.

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Config } from '../config.js';
import { GanymedeError } from '../errors.js';
import { MAX_BODY_BYTES } from '../limits.js';
import { bodyTooLarge, discardsBodyOf, isGoneOnWith } from './bodies.js';
import { refusalBody } from './errors.js';
import { HeldBytes } from './held-bytes.js';
import { hostFault } from './host.js';

export type ConnectionLimits = Pick<Config, 'requestSeconds' | 'responseSeconds' | 'maxConnections' | 'maxHeldBytes'>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its bodies go to the disk as they come, and are bounded there: nothing of them is kept. */
    streams?: boolean;
  }
}

/** A head is a few hundred bytes: whoever needs longer is not a slow line. */
const HEAD_SECONDS = 10;

/** How often what is overdue is looked for. */
const SWEEP_MS = 1000;

/** What a client below HTTP gets to read its refusal in. */
const LINGER_MS = 1000;

/** When a half-closed connection is asked whether anyone is there: soon, to free what it holds, then now and then. */
const PROBES_MS = [50, 100, 500];

/** Options of Fastify. */
export function connectionOptions({ requestSeconds }: ConnectionLimits) {
  return {
    requestTimeout: requestSeconds * 1000, // from the first byte of the head to the last of the body
    http: {
      headersTimeout: Math.min(HEAD_SECONDS, requestSeconds) * 1000,
      connectionsCheckingInterval: SWEEP_MS,
      requireHostHeader: false, // host.ts does, in our form
      insecureHTTPParser: false, // whatever NODE_OPTIONS says: leniency is what request smuggling lives on
    } satisfies ServerOptions,
  };
}

export function installConnectionLimits(app: FastifyInstance, limits: ConnectionLimits): HeldBytes {
  const held = new HeldBytes(limits.maxHeldBytes);
  countBodies(app, held);
  countAnswers(app, held, limits.responseSeconds * 1000);
  cutSlowReaders(app, held);
  answerHalfClosed(app);
  app.server.maxConnections = limits.maxConnections;
  app.server.on('drop', () => app.server.closeIdleConnections()); // the next comer finds room
  app.server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    refuse(socket, 400, `Expected GET or POST but received ${request.method}, which is for proxies.`, 'BAD_USER_INPUT');
  });
  return held;
}

/** Refuses what can be refused from the head alone, before a byte of the body is kept. */
function countBodies(app: FastifyInstance, held: HeldBytes): void {
  app.addHook('onRequest', ({ raw, routeOptions }, reply, done) => {
    const fault = hostFault(raw);
    if (fault) {
      reply.header('connection', 'close'); // who asks one thing of two hosts may mean what follows for another
      throw fault;
    }
    if (routeOptions.config.streams) return done();
    const bytes = bodyBytes(raw);
    if (bytes > MAX_BODY_BYTES) throw bodyTooLarge(bytes);
    if (bytes > 0) reply.raw.once('close', held.take(bytes, raw.socket, { waits: () => !raw.complete }));
    done();
  });
}

/** One without a length may become as long as any. */
function bodyBytes({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return MAX_BODY_BYTES;
  return Number(headers['content-length'] ?? 0);
}

/** An answer is counted until the system's buffers have taken all of it. */
function countAnswers(app: FastifyInstance, held: HeldBytes, mostMs: number): void {
  const terms = { waits: () => true, mostMs };
  app.addHook('onSend', ({ raw }, reply, payload, done) => {
    reply.raw.once('close', held.take(sizeOf(payload), raw.socket, terms));
    done(null, payload);
  });
}

/** A stream sends no faster than its client reads, and so keeps next to nothing. */
function sizeOf(payload: unknown): number {
  return typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.byteLength(payload) : 0;
}

function cutSlowReaders(app: FastifyInstance, held: HeldBytes): void {
  const sweep = setInterval(() => {
    const cut = held.cutOverdue();
    if (cut > 0) app.log.warn({ connections: cut }, 'Clients that did not read their answers in time were cut off.');
  }, SWEEP_MS);
  sweep.unref();
  app.addHook('onClose', async () => clearInterval(sweep));
}

/**
 * Node would drop the requests of a client that shuts down its sending side. A client that has gone looks the same at
 * first; but it answers whatever is sent to it with a reset. So while an answer is being made, the connection is sent
 * `102 Processing`, which every client of HTTP/1.1 must skip (RFC 9110 §15.2).
 */
function answerHalfClosed(app: FastifyInstance): void {
  Object.assign(app.server, { httpAllowHalfOpen: true }); // of Node's own code; a test holds that it still works
  app.server.on('connection', (socket: Socket) => {
    pending.set(socket, new Set());
    socket.once('end', () => probe(socket));
  });
  app.addHook('onRequest', ({ raw: { socket } }, { raw: response }, done) => {
    const answers = pending.get(socket);
    answers?.add(response);
    response.once('close', () => answers?.delete(response));
    done();
  });
}

/** Answers that each connection waits for, in the order of their requests. */
const pending = new WeakMap<Socket, Set<ServerResponse>>();

function nextAnswer(socket: Socket): ServerResponse | undefined {
  return pending.get(socket)?.values().next().value;
}

function probe(socket: Socket, times = 0): void {
  const wait = PROBES_MS[Math.min(times, PROBES_MS.length - 1)];
  setTimeout(() => {
    const response = nextAnswer(socket);
    if (!response || response.req.httpVersionMinor === 0) return; // HTTP/1.0 knows no 102
    if (!response.headersSent) response.writeProcessing();
    probe(socket, times + 1);
  }, wait).unref();
}

interface ClientError extends Error {
  readonly code?: string;
}

/** What Node's parser and its timeouts refuse, before there is a request. The log never has the bytes that came. */
export function clientErrorHandler(logger: Pick<FastifyBaseLogger, 'warn'>, { requestSeconds }: ConnectionLimits) {
  return (error: ClientError, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || !socket.writable) return void socket.destroy();
    if (refused.has(socket)) return;
    // Silence: it has said nothing, or has its answer already, or a part of it.
    const silent =
      socket.bytesRead === 0 || discardsBodyOf(socket) || isGoneOnWith(socket) || nextAnswer(socket)?.headersSent;
    if (silent) return void socket.destroy();
    const { status, code, message } = explain(error, requestSeconds);
    const requestId = refuse(socket, status, message, code);
    logger.warn({ requestId, code, status, reason: error.code }, 'A request failed.');
  };
}

/** Connections that get their last answer. */
const refused = new WeakSet<Duplex>();

function explain({ code }: ClientError, requestSeconds: number) {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        status: 408,
        code: 'DEADLINE_EXCEEDED',
        message: `Expected the head of a request within ${Math.min(HEAD_SECONDS, requestSeconds)} s and all of it within ${requestSeconds} s.`,
      } as const;
    case 'HPE_HEADER_OVERFLOW':
      return {
        status: 431,
        code: 'PAYLOAD_TOO_LARGE',
        message: 'Expected a request head of at most 16384 bytes. Send long queries as the body of a POST.',
      } as const;
    default:
      return {
        status: 400,
        code: 'BAD_USER_INPUT',
        message: `Expected a request of HTTP/1.1 but received what cannot be read as one (${code}).`,
      } as const;
  }
}

const REASONS = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Request Header Fields Too Large' } as const;

/** Answers without a request to answer, lets the client read it, and closes. Returns the id that the answer names. */
function refuse(socket: Duplex, status: keyof typeof REASONS, message: string, code: GanymedeError['code']): string {
  refused.add(socket);
  const requestId = randomUUID();
  const body = JSON.stringify(refusalBody(new GanymedeError(code, message), requestId));
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status]}\r\nConnection: close\r\nCache-Control: no-store\r\n` +
      `Content-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  socket.resume();
  const close = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(close));
  socket.on('error', () => socket.destroy()); // it may leave without reading
  return requestId;
}
