// The quick way for a POST whose document was asked before. Apollo parses, validates and judges a document the first
// time; after that only what a new request can change is looked at: its variables and what they cost. A request that is
// unusual in any way, or about to be refused, goes to Apollo like a first one, so that every refusal is told there.

import type { FastifyRequest } from 'fastify';
import {
  type DocumentNode,
  execute,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { GanymedeError } from '../errors.js';
import { stringify } from '../resolvers/numbers.js';
import { admit } from '../resolvers/roles.js';
import type { RequestContext, RequestScope } from '../resolvers/scope.js';
import type { DamagedImage } from '../resolvers/sent-images.js';
import { areSound } from '../resolvers/variables.js';
import { bounded } from './bounded-errors.js';
import { Recent } from './documents.js';
import { type ErrorOptions, errorFormatter, type Faults } from './errors.js';
import type { Traffic } from './traffic.js';

/** A request as GraphQL over HTTP has it, read as far as it is usual. */
export interface Asked {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
  readonly mediaType: string;
}

/** A document that Apollo has let through, and the operation of it that was named. */
interface Prepared {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

export interface PreparedOptions extends ErrorOptions {
  readonly schema: GraphQLSchema;
  readonly faults: Faults;
  readonly traffic?: Traffic | undefined;
}

/** What an `accept` gets; any other is for Apollo to negotiate. */
const JSON_TYPE = 'application/json; charset=utf-8';
const GRAPHQL_TYPE = 'application/graphql-response+json; charset=utf-8';
const MEDIA_TYPES: ReadonlyMap<string | undefined, string> = new Map([
  [undefined, JSON_TYPE],
  ['*/*', JSON_TYPE],
  ['application/json', JSON_TYPE],
  ['application/json, */*', JSON_TYPE],
  ['application/graphql-response+json', GRAPHQL_TYPE],
  ['application/graphql-response+json, application/json', GRAPHQL_TYPE],
  ['application/graphql-response+json,application/json;q=0.9', GRAPHQL_TYPE],
]);

/** A page can send none of these to another origin without asking first: no forged request comes this way. */
const JSON_BODY = /^application\/json(; ?charset=utf-8)?$/i;

const KEYS: ReadonlySet<string> = new Set(['query', 'variables', 'operationName']);

/** Undefined for what Apollo should see. */
export function readAsked({ method, headers, body }: FastifyRequest): Asked | undefined {
  const mediaType = MEDIA_TYPES.get(headers.accept);
  if (method !== 'POST' || mediaType === undefined || !JSON_BODY.test(headers['content-type'] ?? '')) return undefined;
  if (typeof body !== 'object' || body === null || !Object.keys(body).every((key) => KEYS.has(key))) return undefined;
  const { query, variables, operationName } = body as Readonly<Record<string, unknown>>;
  if (typeof query !== 'string' || (operationName != null && typeof operationName !== 'string')) return undefined;
  if (variables != null && (typeof variables !== 'object' || Array.isArray(variables))) return undefined;
  return {
    query,
    variables: (variables ?? {}) as Readonly<Record<string, unknown>>,
    operationName: operationName ?? undefined,
    mediaType,
  };
}

export class PreparedOperations {
  readonly #options: PreparedOptions;
  readonly #format: ReturnType<typeof errorFormatter>;
  readonly #prepared = new Recent<Prepared>();

  constructor(options: PreparedOptions) {
    this.#options = options;
    this.#format = errorFormatter(options);
  }

  get size(): number {
    return this.#prepared.size;
  }

  /** To be called once Apollo has let an operation through to its resolvers. */
  remember(asked: Asked, document: DocumentNode, operation: OperationDefinitionNode): void {
    this.#prepared.set(keyOf(asked), { document, operation });
  }

  /** Undefined for what was not asked before. */
  find(asked: Asked): Prepared | undefined {
    return this.#prepared.get(keyOf(asked));
  }

  /**
   * The answer as JSON, with status 200; undefined if it is to be refused, and so for Apollo, in a scope of its own.
   */
  async answer({ variables }: Asked, prepared: Prepared, scope: RequestScope): Promise<string | undefined> {
    if (!this.#admit(variables, prepared, scope)) return undefined;
    await scope.turn();
    const { schema, traffic } = this.#options;
    const contextValue: RequestContext = { scope };
    const { document, operation } = prepared;
    const operationName = operation.name?.value ?? null;
    const result = await execute({ schema, document, contextValue, variableValues: variables, operationName });
    const errors = result.errors && this.#formatted(result.errors, scope);
    const { data = null } = result;
    traffic?.answered(operation.operation, errors ? { errors, data } : { data });
    await scope.turn();
    const extensions = extensionsOf(scope);
    return `${stringify({ errors: errors && bounded(errors, scope.requestId), data, ...(extensions && { extensions }) })}\n`;
  }

  #admit(variables: Asked['variables'], { document, operation }: Prepared, scope: RequestScope): boolean {
    const { schema } = this.#options;
    try {
      if (!areSound(schema, operation, variables)) return false;
      admit({ schema, document, operation, variables, models: scope.repository }, scope);
      return true;
    } catch (error) {
      if (error instanceof GanymedeError) return false;
      throw error;
    }
  }

  /** As Apollo's own: an error without a code is a fault of the server. */
  #formatted(errors: readonly GraphQLError[], scope: RequestScope): GraphQLFormattedError[] {
    this.#options.faults.note(errors, scope);
    return errors.map((error) => {
      const extensions = { ...error.extensions, code: error.extensions['code'] ?? 'INTERNAL_SERVER_ERROR' };
      return this.#format({ ...error.toJSON(), extensions }, error);
    });
  }
}

/** What a reply says besides its data: images that were read although they are damaged. */
export function extensionsOf({ sentImages }: RequestScope): { damagedImages: readonly DamagedImage[] } | undefined {
  return sentImages.damaged.length > 0 ? { damagedImages: sentImages.damaged } : undefined;
}

/** A name holds no line break. */
function keyOf({ query, operationName }: Asked): string {
  return `${operationName ?? ''}\n${query}`;
}
