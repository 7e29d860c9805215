// Apollo Server, set up for requests from anybody: limits on documents, no landing page from a CDN, no reports to
// Apollo's cloud, and no shutdown of its own accord.

import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { FastifyBaseLogger } from 'fastify';
import { GraphQLError, type GraphQLSchema, type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import { expected, GanymedeError } from '../errors.js';
import { admit } from '../resolvers/roles.js';
import type { RequestContext } from '../resolvers/scope.js';
import { checkVariables } from '../resolvers/variables.js';
import { boundErrors } from './bounded-errors.js';
import { RecentDocuments } from './documents.js';
import { type ErrorOptions, errorFormatter, errorPlugin, type Faults, STATUS, waitOf } from './errors.js';
import { extensionsOf } from './prepared.js';
import type { Traffic } from './traffic.js';

/** A document of 100 literal numbers, which is one latent, takes about 120 tokens; variables take none. */
export const MAX_TOKENS = 1000;
const MAX_VALIDATION_ERRORS = 5;
const MAX_RECURSIVE_SELECTIONS = 1000;

export interface ApolloOptions extends ErrorOptions {
  readonly schema: GraphQLSchema;
  readonly logger: FastifyBaseLogger;
  readonly faults: Faults;
  /** Counts operations; absent, nobody does. */
  readonly traffic?: Traffic | undefined;
}

export function createApollo({
  schema,
  introspection,
  hidePaths,
  logger,
  faults,
  traffic,
}: ApolloOptions): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    schema,
    introspection,
    hideSchemaDetailsFromClientErrors: !introspection,
    includeStacktraceInErrorResponses: false,
    formatError: errorFormatter({ introspection, hidePaths }),
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    documentStore: new RecentDocuments(),
    stopOnTerminationSignals: false, // main.ts owns the order in which things stop
    parseOptions: { maxTokens: MAX_TOKENS },
    validationOptions: { maxErrors: MAX_VALIDATION_ERRORS },
    maxRecursiveSelections: MAX_RECURSIVE_SELECTIONS,
    logger,
    plugins: [
      errorPlugin(faults),
      refuseSubscriptions,
      priceDocuments,
      boundErrors(traffic),
      statusForLegacyClients,
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(), // would start by itself if APOLLO_KEY were set
      ApolloServerPluginCacheControlDisabled(), // wraps every field otherwise
    ],
  });
}

/** Graphql-js would run one once, and answer with nothing that happened. */
const refuseSubscriptions: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation }) {
        if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return;
        const refusal = expected(
          'a query or a mutation',
          operation.operation,
          'BAD_USER_INPUT',
          'Subscriptions go over a WebSocket at the same address, by the protocol graphql-transport-ws.',
        );
        throw refused(refusal, operation);
      },
    };
  },
};

/** What a document and its variables ask for in all is known before a resolver runs, and is paid for here. */
const priceDocuments: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ schema, document, operation, request, contextValue: { scope, onAccepted } }) {
        if (!operation) return;
        const variables = request.variables ?? {};
        try {
          checkVariables(schema, operation, variables);
          admit({ schema, document, operation, variables, models: scope.repository }, scope);
        } catch (error) {
          throw error instanceof GanymedeError ? refused(error, operation) : error;
        }
        onAccepted?.(document, operation);
        await scope.turn();
      },
      async willSendResponse({ contextValue: { scope }, response: { body } }) {
        const told = extensionsOf(scope);
        if (told && body.kind === 'single') body.singleResult.extensions = { ...body.singleResult.extensions, ...told };
        await scope.turn(); // to be written as JSON
      },
    };
  },
};

/** Without a code of its own, so that it goes out as any refusal of ours does, details included. */
function refused(refusal: GanymedeError, operation: OperationDefinitionNode): GraphQLError {
  const wait = waitOf(refusal);
  const headers = wait === undefined ? undefined : new HeaderMap([['retry-after', `${wait}`]]);
  return new GraphQLError(refusal.message, {
    nodes: operation,
    originalError: refusal,
    extensions: { http: { status: STATUS[refusal.code] ?? 400, ...(headers && { headers }) } },
  });
}

const REFUSED_DOCUMENT: ReadonlySet<unknown> = new Set([
  ApolloServerErrorCode.GRAPHQL_PARSE_FAILED,
  ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED,
  ApolloServerErrorCode.BAD_USER_INPUT,
]);

/**
 * GraphQL over HTTP, section "application/json": a well-formed request whose document is refused SHOULD get 200 from a
 * client that does not accept `application/graphql-response+json`, for a legacy client cannot tell our 400 from a
 * proxy's. https://graphql.github.io/graphql-over-http/draft/#sec-application-json
 */
const statusForLegacyClients: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ request, response }) {
        if (response.http.status !== 400 || response.body.kind !== 'single') return;
        if (request.http?.headers.get('accept')?.includes('application/graphql-response+json')) return;
        const code = response.body.singleResult.errors?.[0]?.extensions?.['code'];
        if (REFUSED_DOCUMENT.has(code)) response.http.status = 200;
      },
    };
  },
};
