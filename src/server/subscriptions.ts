// GraphQL over WebSocket at /graphql, by the protocol graphql-transport-ws
// (https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md). Subscriptions only: queries and mutations have
// HTTP, with all its limits. A client that reads slowly is waited for, which costs nobody else anything.

import { randomUUID } from 'node:crypto';
import websocket, { type WebSocket } from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { CloseCode, handleProtocols, makeServer, type Server, type SubscribePayload } from 'graphql-ws';
import { expected, GanymedeError } from '../errors.js';
import { admit } from '../resolvers/roles.js';
import type { RequestContext, RequestScope } from '../resolvers/scope.js';
import { checkVariables } from '../resolvers/variables.js';
import type { Asking } from './actor.js';
import { MAX_TOKENS } from './apollo.js';
import { type ErrorOptions, errorFormatter, type Faults } from './errors.js';

export interface SubscriptionParts extends ErrorOptions {
  readonly schema: GraphQLSchema;
  readonly faults: Faults;
  /** Of one operation, which lasts as long as its subscription. */
  readonly scopeOf: (asked: Identified, requestId: string) => RequestScope;
  /** Who asks, by the `Authorization` of connection_init, or else of the request that opened the connection. */
  readonly identify: (request: FastifyRequest, authorization: string | undefined) => Promise<Asking>;
  /** Whether a text may be asked; absent, any may. */
  readonly isAllowed?: ((query: string) => boolean) | undefined;
}

/** A document with its variables; nothing larger is a subscription. */
const MAX_MESSAGE_BYTES = 64 * 1024;

/** At once, of one connection. */
const MAX_SUBSCRIPTIONS = 64;

/** For `connection_init` to come. */
const INIT_MS = 3000;

/** How often a silent connection is asked whether anyone is there; one that does not answer by the next time is cut. */
const PING_MS = 12_000;

/** How often it is seen whether those who are connected may still be: a key that was revoked ends what it began. */
const LOOK_MS = 500;

/** A reason for closing has at most 123 bytes. RFC 6455 §5.5 */
const MAX_REASON = 123;

interface Connection {
  readonly request: FastifyRequest;
  /** Fires when the connection ends. */
  readonly signal: AbortSignal;
  readonly close: (code: number, reason: string) => void;
  /** Known once connection_init was accepted. */
  asking?: Asking;
}

/** A connection of somebody who may be there. */
export type Identified = Connection & { readonly asking: Asking };

/** To be called within the plugin that has /graphql, before its routes. */
export async function takeWebSockets(app: FastifyInstance): Promise<void> {
  await app.register(websocket, { options: { maxPayload: MAX_MESSAGE_BYTES, handleProtocols }, preClose: sayGoodbye });
}

/** A code of WebSocket itself: an endpoint goes away, and a client may look for another. */
const GOING_AWAY = 1001;

/** The server ends: so do its WebSockets. Nobody waits for a client that does not say goodbye in turn. */
function sayGoodbye(this: FastifyInstance, done: () => void): void {
  const { websocketServer } = this;
  for (const client of websocketServer.clients) client.close(GOING_AWAY, 'The server stops');
  websocketServer.close();
  done();
}

/** The handler of the route's WebSockets. */
export function subscriptionHandler(
  app: FastifyInstance,
  parts: SubscriptionParts,
): (socket: WebSocket, request: FastifyRequest) => void {
  const server = protocolServer(parts);
  const connections = new Set<Connection>();
  closeThoseRefused(app, connections);
  return (socket, request) => {
    const leaving = new AbortController();
    const connection: Connection = {
      request,
      signal: leaving.signal,
      close: (code, reason) => {
        leaving.abort(); // a client that does not close its side hears nothing more either
        socket.close(code, shortened(reason));
      },
    };
    connections.add(connection);
    const closed = server.opened(
      {
        protocol: socket.protocol,
        send: (data) => sent(socket, data),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) => {
          socket.on('message', (data) => {
            take(String(data)).catch((error: unknown) => {
              request.log.error({ err: error }, 'A fault of the server.');
              socket.close(CloseCode.InternalServerError, 'Internal server error');
            });
          });
        },
      },
      connection,
    );
    const pings = ping(socket);
    socket.on('error', () => socket.terminate()); // a message too long, or a connection that broke
    socket.once('close', (code, reason) => {
      clearInterval(pings);
      connections.delete(connection);
      leaving.abort();
      void closed(code, String(reason));
    });
  };
}

function closeThoseRefused(app: FastifyInstance, connections: ReadonlySet<Connection>): void {
  const look = setInterval(() => {
    for (const { asking, close } of connections) {
      if (asking && !asking.who.isGood())
        close(CloseCode.Forbidden, 'Forbidden: the key or token is no longer in force');
    }
  }, LOOK_MS);
  look.unref();
  app.addHook('onClose', async () => clearInterval(look));
}

function shortened(reason: string): string {
  let text = reason;
  while (Buffer.byteLength(text) > MAX_REASON) text = text.slice(0, -1);
  return text;
}

/** Resolves when the system has taken it, so that a slow reader holds its own source up. */
function sent(socket: WebSocket, data: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    socket.send(data, (error) => (error ? reject(error) : resolve()));
  });
}

function ping(socket: WebSocket): NodeJS.Timeout {
  let isThere = true;
  socket.on('pong', () => {
    isThere = true;
  });
  return setInterval(() => {
    if (!isThere) return socket.terminate();
    isThere = false;
    socket.ping();
  }, PING_MS).unref();
}

function protocolServer(parts: SubscriptionParts): Server<Connection> {
  const { schema, faults } = parts;
  const format = errorFormatter(parts);
  /** By the message that asked. */
  const scopes = new WeakMap<object, RequestScope>();
  const formatted = (errors: readonly GraphQLError[], asked: object): GraphQLFormattedError[] => {
    const scope = scopes.get(asked);
    if (scope) faults.note(errors, scope);
    return errors.map((error) => format(error.toJSON(), error));
  };
  return makeServer<Record<string, unknown>, Connection>({
    schema,
    connectionInitWaitTimeout: INIT_MS,
    onConnect: ({ extra, connectionParams }) => isAccepted(parts, extra, connectionParams),
    onSubscribe: ({ extra, subscriptions }, _, asked) => {
      const scope = parts.scopeOf(extra as Identified, randomUUID()); // onConnect comes first
      scopes.set(asked, scope);
      try {
        if (Object.keys(subscriptions).length > MAX_SUBSCRIPTIONS) throw tooMany();
        return accepted(parts, scope, asked);
      } catch (error) {
        return error instanceof Refusals ? error.errors : [asGraphQLError(error)];
      }
    },
    onNext: (_, __, asked, ___, { errors, data = null }) => ({
      data,
      ...(errors && { errors: formatted(errors, asked) }),
    }),
    onError: (_, __, asked, errors) => formatted(errors, asked),
  });
}

/** PROTOCOL.md: who may not connect is closed with 4403. The provider of tokens being out of reach is not for ever. */
async function isAccepted(
  { identify }: SubscriptionParts,
  connection: Connection,
  payload: Readonly<Record<string, unknown>> | undefined,
): Promise<boolean> {
  try {
    const asking = await identify(connection.request, authorizationIn(payload));
    if (!asking.who.actor) throw new GanymedeError('UNAUTHENTICATED', NO_KEY);
    connection.asking = asking;
    return true;
  } catch (error) {
    if (!(error instanceof GanymedeError)) throw error;
    const isPassing = error.code === 'JWKS_UNAVAILABLE';
    connection.close(isPassing ? TRY_AGAIN_LATER : CloseCode.Forbidden, `${error.code}: ${error.message}`);
    return false;
  }
}

const NO_KEY = 'Expected "Authorization": "Bearer <key>" in the payload of connection_init but received none';

/** RFC 6455, as registered at IANA. */
const TRY_AGAIN_LATER = 1013;

/** @throws GanymedeError where it is no text, or comes twice */
function authorizationIn(payload: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const found = Object.entries(payload ?? {}).filter(([name]) => name.toLowerCase() === 'authorization');
  if (found.length > 1)
    throw expected('one Authorization in the payload of connection_init', `${found.length} of them`);
  const value = found[0]?.[1];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw expected('Authorization in the payload of connection_init to be a text', typeof value);
}

/** Errors of a document, several at once. */
class Refusals extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super('refused');
  }
}

/** What may run, as graphql-js takes it; as over HTTP it is bounded, valid and paid for before anything runs. */
function accepted(parts: SubscriptionParts, scope: RequestScope, asked: SubscribePayload): ExecutionArgs {
  const { schema, introspection, isAllowed } = parts;
  const { query, operationName } = asked;
  const variables = asked.variables ?? {};
  if (isAllowed && !isAllowed(query)) {
    throw new GanymedeError(
      'BAD_USER_INPUT',
      'Expected one of the documents that this server knows, but received another.',
    );
  }
  const document = parsed(query);
  check(schema, document, introspection);
  const operation = getOperationAST(document, operationName ?? null);
  if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) {
    throw expected(
      'a subscription, for queries and mutations go over HTTP,',
      operation?.operation ?? 'no operation of that name',
    );
  }
  checkVariables(schema, operation, variables);
  admit({ schema, document, operation, variables, models: scope.repository }, scope);
  const contextValue: RequestContext = { scope };
  return { schema, document, variableValues: variables, operationName: operationName ?? null, contextValue };
}

function check(schema: GraphQLSchema, document: DocumentNode, introspection: boolean): void {
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const errors = validate(schema, document, rules, { maxErrors: 5 });
  if (errors.length > 0) throw new Refusals(errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')));
}

function parsed(query: string): DocumentNode {
  try {
    return parse(query, { maxTokens: MAX_TOKENS });
  } catch (error) {
    throw error instanceof GraphQLError ? coded(error, 'GRAPHQL_PARSE_FAILED') : error;
  }
}

/** With the code that Apollo gives such an error over HTTP. */
function coded({ message, nodes, source, positions }: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(message, {
    ...{ nodes: nodes ?? null, source: source ?? null, positions: positions ?? null },
    extensions: { code },
  });
}

function tooMany(): GanymedeError {
  return new GanymedeError(
    'BAD_USER_INPUT',
    `Expected at most ${MAX_SUBSCRIPTIONS} subscriptions of a connection. End some, or open another.`,
  );
}

function asGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const original = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(original.message, { originalError: original });
}
