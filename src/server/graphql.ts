// /graphql: what was asked before goes the quick way (prepared.ts), everything else through Apollo.

import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RequestContext, RequestScope } from '../resolvers/scope.js';
import { type Asked, type PreparedOperations, readAsked } from './prepared.js';

export interface GraphQLParts {
  /** Started. */
  readonly apollo: ApolloServer<RequestContext>;
  readonly prepared: PreparedOperations;
  readonly scopeOf: (request: FastifyRequest, reply: FastifyReply) => RequestScope;
}

export function installGraphQL(app: FastifyInstance, { apollo, prepared, scopeOf }: GraphQLParts): void {
  const throughApollo = (asked: Asked | undefined) =>
    fastifyApolloHandler(apollo, {
      context: async (request: FastifyRequest, reply: FastifyReply) => ({
        scope: scopeOf(request, reply),
        onAccepted: asked && ((document, operation) => prepared.remember(asked, document, operation)),
      }),
    });
  app.route({
    method: ['GET', 'POST', 'OPTIONS'],
    url: '/graphql',
    async handler(request, reply) {
      const asked = readAsked(request);
      const known = asked && prepared.find(asked);
      const answer = known && (await prepared.answer(asked, known, scopeOf(request, reply)));
      if (asked && answer !== undefined) return reply.header('content-type', asked.mediaType).send(answer);
      return throughApollo(asked).call(this, request, reply);
    },
  });
}
