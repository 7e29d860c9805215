// How many errors a reply carries. One fault may fail hundreds of fields, and its text would come with each of them; so
// a few are sent, and one more entry says how many were left out. The failed fields are null in `data` all the same.
// `traffic` counts them all.

import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import type { RequestContext } from '../resolvers/scope.js';
import type { Traffic } from './traffic.js';

/** Errors with the same code and message. */
export const MAX_ALIKE = 5;

/** Errors of any kind, besides the entry that counts the others. */
export const MAX_ERRORS = 20;

export function boundErrors(traffic?: Traffic): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ operation, response: { body }, contextValue }) {
          if (body.kind !== 'single') return;
          traffic?.answered(operation?.operation, body.singleResult);
          if (body.singleResult.errors === undefined) return;
          body.singleResult.errors = bounded(body.singleResult.errors, contextValue.scope.requestId);
        },
      };
    },
    invalidRequestWasReceived: async () => traffic?.refused('graphql', 'BAD_REQUEST'),
    unexpectedErrorProcessingRequest: async () => traffic?.refused('graphql', 'INTERNAL_SERVER_ERROR'),
  };
}

/** The same list if it is short enough. */
export function bounded(errors: readonly GraphQLFormattedError[], requestId: string): readonly GraphQLFormattedError[] {
  const kept: GraphQLFormattedError[] = [];
  const left: GraphQLFormattedError[] = [];
  const seen = new Map<string, number>();
  for (const error of errors) {
    const kind = `${codeOf(error)} ${error.message}`;
    const count = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, count);
    (count <= MAX_ALIKE && kept.length < MAX_ERRORS ? kept : left).push(error);
  }
  return left.length === 0 ? errors : [...kept, countOf(left, requestId)];
}

function countOf(left: readonly GraphQLFormattedError[], requestId: string): GraphQLFormattedError {
  const codes: Record<string, number> = {};
  for (const error of left) codes[codeOf(error)] = (codes[codeOf(error)] ?? 0) + 1;
  const list = Object.entries(codes).map(([code, count]) => `${count} × ${code}`);
  return {
    message: `More errors than are listed here: ${list.join(', ')}. Mend those that are listed first.`,
    extensions: { code: 'ERRORS_OMITTED', details: { omitted: left.length, codes }, requestId },
  };
}

function codeOf({ extensions }: GraphQLFormattedError): string {
  return String(extensions?.['code']);
}
