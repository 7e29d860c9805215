// /graphql: what was asked before goes the quick way (prepared.ts), everything else through Apollo, and subscriptions
// over WebSockets (subscriptions.ts).

import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { WebsocketHandler } from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import type { RequestContext, RequestScope } from '../resolvers/scope.js';
import { type Asked, type PreparedOperations, readAsked } from './prepared.js';

export interface GraphQLParts {
  /** Started. */
  readonly apollo: ApolloServer<RequestContext>;
  readonly prepared: PreparedOperations;
  readonly scopeOf: (request: FastifyRequest, reply: FastifyReply) => RequestScope;
  /** Takes the WebSockets. */
  readonly subscriptions: WebsocketHandler;
}

export function installGraphQL(app: FastifyInstance, { apollo, prepared, scopeOf, subscriptions }: GraphQLParts): void {
  const throughApollo = (asked: Asked | undefined) =>
    fastifyApolloHandler(apollo, {
      context: async (request: FastifyRequest, reply: FastifyReply) => ({
        scope: scopeOf(request, reply),
        onAccepted: asked && ((document, operation) => prepared.remember(asked, document, operation)),
      }),
    });
  const handler: RouteHandlerMethod = async function (request, reply) {
    const asked = readAsked(request);
    const known = asked && prepared.find(asked);
    const answer = known && (await prepared.answer(asked, known, scopeOf(request, reply)));
    if (asked && answer !== undefined) return reply.header('content-type', asked.mediaType).send(answer);
    return throughApollo(asked).call(this, request, reply);
  };
  app.route({ method: ['POST', 'OPTIONS'], url: '/graphql', handler });
  app.route({ method: 'GET', url: '/graphql', handler, wsHandler: subscriptions });
}
