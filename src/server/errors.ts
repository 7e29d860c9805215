// Every error on its way out, by GraphQL or by plain HTTP: a deliberate refusal keeps its code, message and details;
// everything else becomes INTERNAL_SERVER_ERROR with the request's id, and its original goes to the log only.

import type { ApolloServerPlugin } from '@apollo/server';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import type { FastifyBaseLogger, FastifyError, FastifyInstance } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { type ErrorCode, GanymedeError } from '../errors.js';
import type { RequestContext } from '../resolvers/scope.js';

/** Refusals of a document by Apollo or graphql-js. Their messages speak of the client's own text, so they may leave. */
const PROTOCOL_CODES: ReadonlySet<unknown> = new Set(
  Object.values(ApolloServerErrorCode).filter((code) => code !== ApolloServerErrorCode.INTERNAL_SERVER_ERROR),
);

/** Codes whose status is not 400. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  MODEL_NOT_FOUND: 404,
  VERSION_NOT_FOUND: 404,
  CAPABILITY_MISSING: 404,
  NOT_FOUND: 404,
  RUN_IN_USE: 409,
  PAYLOAD_TOO_LARGE: 413,
  IMAGE_TOO_LARGE: 413,
  UNSUPPORTED_IMAGE: 415,
  QUEUE_FULL: 503,
  DEADLINE_EXCEEDED: 503,
  CANCELLED: 503,
  SHUTTING_DOWN: 503,
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

export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const { path, extensions } = formatted;
  const message = shortened(formatted.message);
  const locations = formatted.locations?.slice(0, MAX_LOCATIONS);
  const requestId = typeof error === 'object' && error !== null ? requestIds.get(error) : undefined;
  const where = { ...(locations && { locations }), ...(path && { path }) };
  if (isProtocolError(formatted)) return { message, ...where, extensions: { code: extensions?.['code'], requestId } };
  return { ...toBody(originalOf(error), requestId), ...where };
}

/** Notes request ids and logs what gets masked: once each, however many fields it failed. */
export function errorPlugin(logger: Pick<FastifyBaseLogger, 'error'>): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      return {
        async didEncounterErrors({ errors, contextValue }) {
          const { requestId } = contextValue.scope;
          const logged = new Set<unknown>();
          for (const error of errors) {
            requestIds.set(error, requestId);
            const original = originalOf(error);
            if (logged.has(original)) continue;
            logged.add(original);
            if (original instanceof GanymedeError) logFault(logger, original, requestId);
            else if (!PROTOCOL_CODES.has(error.extensions['code'])) {
              logger.error({ err: original, requestId, path: error.path }, 'A resolver failed.');
            }
          }
        },
      };
    },
  };
}

/** Plain HTTP: the same `{ errors: [{ message, extensions }] }` as GraphQL, with the status that fits the code. */
export function installErrorHandlers(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const refusal = fromFastify(error);
    if (!(refusal instanceof GanymedeError)) {
      request.log.error({ err: error, requestId: request.id }, 'A request failed.');
    } else {
      logFault(request.log, refusal, request.id);
    }
    const status = statusOf(refusal, error.statusCode);
    if (status === 503) reply.header('retry-after', '1');
    return reply
      .code(status)
      .header('cache-control', 'no-store')
      .send({ errors: [toBody(refusal, request.id)] });
  });
  app.setNotFoundHandler((request) => {
    throw new GanymedeError(
      'NOT_FOUND',
      `Expected an address of this server but received ${request.method} ${request.url.slice(0, 200)}. GraphQL takes GET and POST at /graphql.`,
    );
  });
}

/** `own` is what Fastify chose for its own refusals, such as 415. */
function statusOf(refusal: Error, own: number | undefined): number {
  if (!(refusal instanceof GanymedeError)) return 500;
  return STATUS[refusal.code] ?? (own !== undefined && own >= 400 && own < 500 ? own : 400);
}

function toBody(original: unknown, requestId: string | undefined): GraphQLFormattedError {
  if (!(original instanceof GanymedeError)) {
    return { message: 'Internal server error', extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } };
  }
  const { code, message, details } = original;
  const more = Object.keys(details).length > 0 ? { details } : {};
  return { message: shortened(message), extensions: { code, ...more, requestId } };
}

/** Faults on our side are logged even though their typed error reaches the client: someone has to see them. */
function logFault(logger: Pick<FastifyBaseLogger, 'error'>, error: GanymedeError, requestId: string): void {
  if (error.code === 'ENGINE_FAILED' || error.code === 'NOT_FINITE' || error.code === 'INTERNAL_SERVER_ERROR') {
    logger.error({ err: error, requestId }, error.message);
  }
}

/** What Fastify itself refuses, in our terms: a wrong length, a broken body, an unknown media type. */
function fromFastify(error: FastifyError): Error {
  if (error instanceof GanymedeError) return error;
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new GanymedeError('PAYLOAD_TOO_LARGE', 'Expected a smaller request body. Split the request.', {
      cause: error,
    });
  }
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
