// What goes over the wire, counted as plain numbers, and a line of the log for each request. Labels are bounded: routes
// are patterns, methods and codes come of known lists. Neither numbers nor lines hold anything that a client wrote.

import type { Server, Socket } from 'node:net';
import { promisify } from 'node:util';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { FormattedExecutionResult } from 'graphql';
import { ERROR_CODES, GanymedeError } from '../errors.js';
import { Distribution, SECONDS } from '../measures.js';
import { type Account, RESOURCES, type Resource } from '../resolvers/account.js';
import { fromFastify } from './errors.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** What a request of GraphQL or of an image has spent. */
    account: Account | undefined;
  }
}

/** One method of one route. */
export interface RouteTraffic {
  /** Status, or "aborted" where the client left before its answer was sent → requests. */
  readonly statuses: ReadonlyMap<number | 'aborted', number>;
  readonly seconds: Distribution;
  /** Bytes written to sockets, heads included. */
  readonly bytes: number;
}

/** `failed`: no data; `partial`: some fields are null with an error. */
export type Outcome = 'ok' | 'partial' | 'failed';

type Answer = Pick<FormattedExecutionResult, 'errors' | 'data'>;

/** By whose rules an error is told. */
export type Face = 'graphql' | 'http';

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);

/** Codes that Apollo and Fastify add to ours. */
const CODES = new Set([...Object.keys(ERROR_CODES), ...Object.values(ApolloServerErrorCode), 'BAD_REQUEST']);
const UNKNOWN_CODE = 'OTHER';

export class Traffic {
  /** Requests being answered. */
  inFlight = 0;
  /** Connections whose bytes were not HTTP, or came too slowly. */
  broken = 0;
  /** Kind of operation, "unknown" where the document was refused before that was clear → outcome → operations. */
  readonly operations = { query: outcomes(), mutation: outcomes(), subscription: outcomes(), unknown: outcomes() };
  /** Errors of requests, before a reply leaves out those that are alike. */
  readonly errors: Readonly<Record<Face, ReadonlyMap<string, number>>> = { graphql: allCodes(), http: allCodes() };
  /** What requests asked for, up to where they were refused. */
  readonly spent = Object.fromEntries(Object.keys(RESOURCES).map((name) => [name, 0])) as Record<Resource, number>;
  readonly #routes = new Map<string, Map<string, Route>>();
  /** Bytes of a connection that are counted already. */
  readonly #counted = new WeakMap<Socket, number>();
  readonly #log: Pick<FastifyBaseLogger, 'info'>;
  #server: Server | undefined;

  constructor(log: Pick<FastifyBaseLogger, 'info'>) {
    this.#log = log;
  }

  /** Pattern → method → traffic. */
  get routes(): ReadonlyMap<string, ReadonlyMap<string, RouteTraffic>> {
    return this.#routes;
  }

  /** Adds up what a request has spent once it has ended. */
  settle(request: FastifyRequest, account: Account): void {
    request.account = account;
  }

  /** Counts an operation and its errors. */
  answered(kind: keyof Traffic['operations'] = 'unknown', { errors, data }: Answer): void {
    const outcome = errors === undefined ? 'ok' : data ? 'partial' : 'failed';
    this.operations[kind][outcome]++;
    for (const { extensions } of errors ?? []) this.refused('graphql', extensions?.['code']);
  }

  /** Counts an error. */
  refused(face: Face, code: unknown): void {
    const known = typeof code === 'string' && CODES.has(code) ? code : UNKNOWN_CODE;
    add(this.errors[face] as Map<string, number>, known, 1);
  }

  /** To be called before routes are added. */
  watch(app: FastifyInstance): void {
    this.#server = app.server;
    app.decorateRequest('account', undefined);
    app.addHook('onRequest', (request, reply, done) => {
      this.#begin(request, reply);
      done();
    });
    app.addHook('onError', (_request, _reply, error, done) => {
      this.#refusedByHttp(error);
      done();
    });
    app.server.on('clientError', ({ code }: NodeJS.ErrnoException) => {
      if (code !== 'ECONNRESET' && code !== 'EPIPE') this.broken++; // one that left broke nothing
    });
  }

  /** Those that are open. */
  async connections(): Promise<number> {
    const server = this.#server;
    return server ? promisify(server.getConnections.bind(server))() : 0;
  }

  /** For a request that Fastify refuses before any hook runs. */
  beginRefused(request: FastifyRequest, reply: FastifyReply, error: FastifyError): void {
    this.#begin(request, reply);
    this.#refusedByHttp(error);
  }

  /** Counts a request once its response has ended, one way or the other. */
  #begin(request: FastifyRequest, reply: FastifyReply): void {
    this.inFlight++;
    const started = performance.now();
    reply.raw.on('close', () => this.#end(request, reply, (performance.now() - started) / 1000));
  }

  #refusedByHttp(error: FastifyError): void {
    const refusal = fromFastify(error);
    this.refused('http', refusal instanceof GanymedeError ? refusal.code : 'INTERNAL_SERVER_ERROR');
  }

  #end(request: FastifyRequest, reply: FastifyReply, seconds: number): void {
    this.inFlight--;
    this.#addSpent(request.account);
    const method = METHODS.has(request.method) ? request.method : 'other';
    const pattern = request.routeOptions.url ?? 'none';
    const status = reply.raw.writableFinished ? reply.raw.statusCode : 'aborted';
    const bytes = this.#bytesOf(request.raw.socket);
    const route = this.#routeOf(pattern, method);
    route.bytes += bytes;
    route.seconds.add(seconds);
    add(route.statuses, status, 1);
    const ms = Math.round(seconds * 1e6) / 1000;
    this.#log.info({ requestId: request.id, method, route: pattern, status, ms, bytes }, 'request');
  }

  #addSpent(account: Account | undefined): void {
    if (!account) return;
    for (const resource in account.spent) this.spent[resource as Resource] += account.spent[resource as Resource];
  }

  /** Written to a connection since it was last asked about. A test without a port has none. */
  #bytesOf(socket: Socket): number {
    const written = socket.bytesWritten ?? 0;
    const bytes = written - (this.#counted.get(socket) ?? 0);
    this.#counted.set(socket, written);
    return bytes;
  }

  #routeOf(pattern: string, method: string): Route {
    const methods = this.#routes.get(pattern) ?? new Map<string, Route>();
    const route = methods.get(method) ?? { statuses: new Map(), seconds: new Distribution(SECONDS), bytes: 0 };
    if (route.seconds.count === 0) this.#routes.set(pattern, methods.set(method, route));
    return route;
  }
}

interface Route extends RouteTraffic {
  readonly statuses: Map<number | 'aborted', number>;
  bytes: number;
}

function outcomes(): Record<Outcome, number> {
  return { ok: 0, partial: 0, failed: 0 };
}

/** From nought on, so that the first error of a kind is an increase. */
function allCodes(): ReadonlyMap<string, number> {
  return new Map([...CODES, UNKNOWN_CODE].map((code) => [code, 0]));
}

function add<K>(counts: Map<K, number>, key: K, amount: number): void {
  counts.set(key, (counts.get(key) ?? 0) + amount);
}
