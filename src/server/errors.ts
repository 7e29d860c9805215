// Every error on its way out, by GraphQL or by plain HTTP: a deliberate refusal keeps its code, message and details;
// everything else becomes INTERNAL_SERVER_ERROR with the request's id, and its original goes to the log only. The log
// has one line for each request that failed, and never what the client sent.

import type { ApolloServerPlugin } from '@apollo/server';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { type ErrorCode, GanymedeError } from '../errors.js';
import type { RequestContext, RequestScope } from '../resolvers/scope.js';
import { bodyTooLarge, discardBody } from './bodies.js';
import type { PathHider } from './paths.js';

/** Refusals of a document by Apollo or graphql-js. Their messages speak of the client's own text, so they may leave. */
const PROTOCOL_CODES: ReadonlySet<unknown> = new Set(
  Object.values(ApolloServerErrorCode).filter((code) => code !== ApolloServerErrorCode.INTERNAL_SERVER_ERROR),
);

/** Codes whose status is not 400. */
export const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  MODEL_NOT_FOUND: 404,
  VERSION_NOT_FOUND: 404,
  CAPABILITY_MISSING: 404,
  NOT_FOUND: 404,
  UPLOAD_NOT_FOUND: 404,
  UPLOAD_CONFLICT: 409,
  UPLOAD_INCOMPLETE: 409,
  RUN_IN_USE: 409,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  KEYS_INVALID: 500,
  JWKS_UNAVAILABLE: 503,
  JOB_NOT_FOUND: 404,
  JOB_STATE: 409,
  DATASET_NOT_FOUND: 404,
  DATASET_EXISTS: 409,
  DATASET_IN_USE: 409,
  VERSION_ACTIVE: 409,
  JOB_CRASHED: 500,
  JOB_MEMORY: 500,
  JOB_TIMEOUT: 500,
  JOB_DISK: 500,
  IDEMPOTENCY_KEY_REUSED: 409,
  FILE_UNUSABLE: 500,
  INSUFFICIENT_STORAGE: 507,
  STORE_INVALID: 500,
  STORE_UNAVAILABLE: 503,
  PAYLOAD_TOO_LARGE: 413,
  IMAGE_TOO_LARGE: 413,
  UNSUPPORTED_IMAGE: 415,
  QUEUE_FULL: 503,
  DEADLINE_EXCEEDED: 503,
  CANCELLED: 503,
  SHUTTING_DOWN: 503,
  UPLOADS_UNAVAILABLE: 503,
  ENGINE_FAILED: 503,
  DEVICE_UNAVAILABLE: 503,
  NOT_FINITE: 500,
  INTERNAL_SERVER_ERROR: 500,
};

/** Errors do not know their request; the plugin below notes it before `formatError` is called. */
const requestIds = new WeakMap<object, string>();

/** Enough for any message of ours; graphql-js repeats what the client wrote, names of a megabyte included. */
const MAX_MESSAGE = 1000;

/** A field that a document repeats has a location for each time. */
const MAX_LOCATIONS = 5;

/** Graphql-js proposes names of the schema, in values of variables too, where Apollo's own switch does not look. */
const SUGGESTION = / ?Did you mean [^?]*\?/g;

export interface ErrorOptions {
  /** Where the schema may not be asked for, no error tells of it either. */
  readonly introspection: boolean;
  /** Paths of this machine on their way to a stranger. */
  readonly hidePaths: PathHider;
}

export function errorFormatter({ introspection, hidePaths }: ErrorOptions) {
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const message = introspection ? formatted.message : formatted.message.replace(SUGGESTION, '');
    return formatError({ ...formatted, message }, error, hidePaths);
  };
}

function formatError(formatted: GraphQLFormattedError, error: unknown, hidePaths: PathHider): GraphQLFormattedError {
  const { path, extensions } = formatted;
  const message = shortened(formatted.message);
  const locations = formatted.locations?.slice(0, MAX_LOCATIONS);
  const requestId = typeof error === 'object' && error !== null ? requestIds.get(error) : undefined;
  const where = { ...(locations && { locations }), ...(path && { path }) };
  if (isProtocolError(formatted)) return { message, ...where, extensions: { code: extensions?.['code'], requestId } };
  return { ...toBody(originalOf(error), requestId, hidePaths), ...where };
}

/** Notes request ids and codes, and logs what someone has to see: once each, however many fields it failed. */
export class Faults {
  readonly #logger: Pick<FastifyBaseLogger, 'error'>;

  constructor(logger: Pick<FastifyBaseLogger, 'error'>) {
    this.#logger = logger;
  }

  /** Before they are formatted. */
  note(errors: readonly GraphQLError[], scope: RequestScope): void {
    const { requestId } = scope;
    for (const error of errors) {
      requestIds.set(error, requestId);
      const code = error.extensions['code'];
      if (PROTOCOL_CODES.has(code)) scope.onFailure?.(String(code));
    }
    const originals = errors.filter((error) => !PROTOCOL_CODES.has(error.extensions['code'])).map(originalOf);
    for (const original of new Set(originals)) {
      scope.onFailure?.(codeOf(original));
      logFault(this.#logger, original, requestId);
    }
  }
}

export function errorPlugin(faults: Faults): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      return {
        async didEncounterErrors({ errors, contextValue: { scope } }) {
          faults.note(errors, scope);
        },
      };
    },
  };
}

/** Codes of what failed of a request: most have none. */
const codesOf = new WeakMap<FastifyRequest, Set<string>>();

/** GraphQL tells a request's scope what failed, and HTTP writes the line. */
export function noteCode(request: FastifyRequest, code: string): void {
  const codes = codesOf.get(request);
  if (codes) codes.add(code);
  else codesOf.set(request, new Set([code]));
}

/**
 * One line for each request that failed, wholly or in one field. It has the route, not the address, which may hold a
 * query.
 */
export function installFailureLog(app: FastifyInstance): void {
  app.addHook('onResponse', (request, reply, done) => {
    done();
    const { statusCode: status } = reply;
    const codes = [...(codesOf.get(request) ?? [])];
    if (status < 400 && codes.length === 0) return;
    const level = status >= 500 || codes.some((code) => SERVER_FAULTS.has(code)) ? 'error' : 'warn';
    const { method, routeOptions } = request;
    const line = {
      method,
      route: routeOptions.url ?? 'none',
      codes,
      status,
      ms: Math.round(reply.elapsedTime),
    };
    request.log[level](line, FAILED);
  });
}

/** What the log says of each, once. */
const FAILED = 'A request failed.';

/** A refusal may repeat what the client wrote, and take the place of an answer of another type. */
const REFUSAL_HEADERS = {
  'cache-control': 'no-store',
  'content-type': 'application/json; charset=utf-8',
  'x-content-type-options': 'nosniff',
};

/** Plain HTTP: the same `{ errors: [{ message, extensions }] }` as GraphQL, with the status that fits the code. */
export function installErrorHandlers(app: FastifyInstance, hidePaths: PathHider): void {
  installErrorHandler(app, hidePaths, (error) => ({ errors: [error] }));
  app.setNotFoundHandler((request) => {
    throw new GanymedeError(
      'NOT_FOUND',
      `Expected an address of this server but received ${request.method} ${request.url.slice(0, 200)}. GraphQL takes GET and POST at /graphql.`,
    );
  });
}

/** `form`: the body of a refusal. */
export function installErrorHandler(
  app: FastifyInstance,
  hidePaths: PathHider,
  form: (error: GraphQLFormattedError) => object,
): void {
  app.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const refusal = fromFastify(error);
    logFault(request.log, refusal, request.id);
    noteCode(request, codeOf(refusal));
    await undefined; // a request without a body is complete once the hooks are done with its head
    if (!request.raw.complete) reply.removeHeader('connection'); // not before the rest of the body is read
    await discardBody(request, reply);
    const status = statusOf(refusal, error.statusCode);
    const seconds = status === 503 ? 1 : waitOf(refusal);
    if (seconds !== undefined) reply.header('retry-after', `${seconds}`);
    return reply
      .code(status)
      .headers(REFUSAL_HEADERS)
      .send(form(toBody(refusal, request.id, hidePaths)));
  });
}

/** Seconds after which the same may be asked again; undefined where waiting does not help. */
export function waitOf(refusal: Error): number | undefined {
  const wait = refusal instanceof GanymedeError ? refusal.details['retryAfterSeconds'] : undefined;
  return typeof wait === 'number' ? wait : undefined;
}

/** For addresses that reach no route: broken escapes, names of more than 100 characters. No hook runs for them. */
export function refuseAddress(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = fromFastify(error);
  const status = statusOf(refusal, error.statusCode);
  const codes = [codeOf(refusal)];
  request.log.warn({ method: request.method, route: 'none', codes, status }, FAILED);
  const body = { errors: [toBody(refusal, request.id, (value) => value)] };
  reply.code(status).headers(REFUSAL_HEADERS).send(body);
}

/** `own` is what Fastify chose for its own refusals, such as 415. */
function statusOf(refusal: Error, own: number | undefined): number {
  if (!(refusal instanceof GanymedeError)) return 500;
  return STATUS[refusal.code] ?? (own !== undefined && own >= 400 && own < 500 ? own : 400);
}

/** For what is refused before there is a request. */
export function refusalBody(refusal: GanymedeError, requestId: string) {
  return { errors: [toBody(refusal, requestId, (value) => value)] };
}

function toBody(original: unknown, requestId: string | undefined, hidePaths: PathHider): GraphQLFormattedError {
  if (!(original instanceof GanymedeError)) {
    return { message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } };
  }
  const { code } = original;
  const about = code === 'BAD_USER_INPUT' || code === 'NOT_FOUND' ? 'client' : 'server';
  const details = Object.keys(original.details).length > 0 ? { details: hidePaths(original.details, about) } : {};
  return { message: shortened(hidePaths(original.message, about)), extensions: { code, ...details, requestId } };
}

/** Faults on our side are logged although their typed error reaches the client: someone has to see them. */
const SERVER_FAULTS: ReadonlySet<string> = new Set<ErrorCode>([
  'CHECKPOINT_INVALID',
  'DEVICE_UNAVAILABLE',
  'ENGINE_FAILED',
  'INDEX_MISMATCH',
  'INTERNAL_SERVER_ERROR',
  'JWKS_UNAVAILABLE',
  'KEYS_INVALID',
  'NOT_FINITE',
  'TRACE_UNSUPPORTED',
  'UPLOADS_UNAVAILABLE',
]);

function logFault(logger: Pick<FastifyBaseLogger, 'error'>, error: unknown, requestId: string): void {
  if (SERVER_FAULTS.has(codeOf(error))) logger.error({ err: error, requestId }, 'A fault of the server.');
}

/** What is not a refusal of ours gets masked. */
function codeOf(original: unknown): ErrorCode {
  return original instanceof GanymedeError ? original.code : 'INTERNAL_SERVER_ERROR';
}

/** What Fastify itself refuses, in our terms: a wrong length, a broken body, an unknown media type. */
export function fromFastify(error: FastifyError): Error {
  if (error instanceof GanymedeError) return error;
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge();
  const status = error.statusCode ?? 500;
  return status >= 400 && status < 500 ? new GanymedeError('BAD_USER_INPUT', error.message, { cause: error }) : error;
}

function shortened(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE - 1)}…`;
}

function isProtocolError({ extensions }: GraphQLFormattedError): boolean {
  return PROTOCOL_CODES.has(extensions?.['code']);
}

/** graphql-js wraps what a resolver throws, to add the path; a wrapper may be wrapped again. */
function originalOf(error: unknown): unknown {
  let inner = error;
  while (inner instanceof GraphQLError && inner.originalError !== undefined) inner = inner.originalError;
  return inner;
}
