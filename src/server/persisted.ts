// Documents that clients name instead of sending: a file of id → document, as GraphQL Code Generator writes it. A
// request that names one is made into the request that sends it, before anything else sees it.
// https://github.com/graphql/graphql-over-http, appendix "Persisted Documents"; `extensions.persistedQuery` is
// Apollo's.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type GraphQLSchema, parse, validate } from 'graphql';
import { z } from 'zod';
import type { Config } from '../config.js';
import { expected, GanymedeError, messageOf } from '../errors.js';
import { MAX_TOKENS } from './apollo.js';
import { vary } from './cors.js';
import { matches } from './etags.js';

export type PersistedOptions = Partial<Pick<Config, 'persistedDocuments' | 'persistedOnly'>>;

/** Ids as the appendix has them: a prefix or none, and characters that an address leaves alone. */
const ID = /^([\w.~-]+:)?[\w.~-]+$/;

const Documents = z.record(z.string(), z.string());

type Json = Readonly<Record<string, unknown>>;

/** What of a request says which document it wants. */
interface Named {
  readonly query: unknown;
  readonly documentId: unknown;
  /** Apollo's name for an id. */
  readonly hash: unknown;
}

export class PersistedDocuments {
  /** By id, and by the digest of the text, with and without its prefix. */
  readonly #byId: ReadonlyMap<string, string>;
  readonly #texts: ReadonlySet<string>;

  constructor(documents: Readonly<Record<string, string>>) {
    const entries = Object.entries(documents);
    const digests = entries.map(([, text]) => [createHash('sha256').update(text).digest('hex'), text] as const);
    const prefixed = digests.map(([digest, text]) => [`sha256:${digest}`, text] as const);
    this.#byId = new Map([...digests, ...prefixed, ...entries]);
    this.#texts = new Set(Object.values(documents));
  }

  find(id: string): string | undefined {
    return this.#byId.get(id);
  }

  has(text: string): boolean {
    return this.#texts.has(text);
  }
}

/** @throws GanymedeError CONFIG_INVALID with every fault of a file */
export async function readPersisted(paths: readonly string[], schema: GraphQLSchema): Promise<PersistedDocuments> {
  const files = await Promise.all(paths.map((path) => readDocuments(path, schema)));
  return new PersistedDocuments(Object.assign({}, ...files));
}

async function readDocuments(path: string, schema: GraphQLSchema): Promise<z.infer<typeof Documents>> {
  const documents = await readFile(path, 'utf8')
    .then((text) => Documents.parse(JSON.parse(text)))
    .catch((error: unknown) => {
      const what = error instanceof z.ZodError ? 'other JSON' : messageOf(error);
      throw invalid(path, 'a file of JSON that maps ids to documents', what);
    });
  const faults = Object.entries(documents).flatMap(([id, text]) => faultOf(id, text, schema) ?? []);
  if (faults.length > 0) throw invalid(path, 'documents that the schema knows', faults.join('; '));
  return documents;
}

function faultOf(id: string, text: string, schema: GraphQLSchema): string | undefined {
  if (!ID.test(id)) return `the id "${id}", which has other characters than letters, digits and - . _ ~`;
  try {
    const [fault] = validate(schema, parse(text, { maxTokens: MAX_TOKENS }));
    return fault && `${id}: ${fault.message}`;
  } catch (error) {
    return `${id}: ${messageOf(error)}`;
  }
}

function invalid(path: string, what: string, received: string): GanymedeError {
  return new GanymedeError('CONFIG_INVALID', `Expected ${path} to hold ${what} but received ${received}.`);
}

/** Requests whose document was named. */
const named = new WeakSet<FastifyRequest>();

/** Without documents, a request that names one is refused; with `only`, so is one that sends another. */
export function takePersisted(app: FastifyInstance, documents: PersistedDocuments | undefined, only: boolean): void {
  app.addHook('preHandler', (request, _, done) => {
    takeNamed(request, documents, only);
    done();
  });
}

function takeNamed(request: FastifyRequest, documents: PersistedDocuments | undefined, only: boolean): void {
  const asked = readNamed(request);
  if (!asked) return;
  const text = textOf(asked, documents);
  if (text !== undefined) {
    named.add(request);
    send(text, request);
    return;
  }
  if (only && typeof asked.query === 'string' && !documents?.has(asked.query)) throw persistedOnly();
  if (documents && asked.hash !== undefined) send(asked.query, request); // Apollo would refuse the extension itself
}

/**
 * Answers to a GET of a named document may be kept, and are asked for again each time: a new version of a model may
 * take over. The tag is that of the body, so it says nothing that the body does not. To be called before what
 * compresses.
 */
export function tagPersisted(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const isNamed = request.method === 'GET' && named.has(request);
    done(
      null,
      isNamed && typeof payload === 'string' && isWhole(reply, payload) ? tagged(request, reply, payload) : payload,
    );
  });
}

/** The payload, or null where the client has it already. */
function tagged(request: FastifyRequest, reply: FastifyReply, payload: string): string | null {
  const tag = `W/"${createHash('sha256').update(payload).digest('base64url').slice(0, 27)}"`; // weak: of any encoding
  vary(reply, 'accept');
  reply.headers({ etag: tag, 'cache-control': 'no-cache' });
  if (!matches(request.headers['if-none-match'], tag)) return payload;
  vary(reply, 'accept-encoding'); // as with the body, which is not there to be compressed
  reply.code(304).removeHeader('content-type');
  return null;
}

/** Without errors, which Apollo writes first. */
function isWhole({ statusCode }: FastifyReply, payload: string): boolean {
  return statusCode === 200 && payload.startsWith('{"data"');
}

function readNamed(request: FastifyRequest): Named | undefined {
  const asked = request.method === 'POST' ? request.body : parametersOf(request);
  if (!isObject(asked)) return undefined; // Apollo says what is wrong
  const { query, documentId } = asked;
  const extensions = typeof asked['extensions'] === 'string' ? parsed(asked['extensions']) : asked['extensions'];
  const persisted = isObject(extensions) ? extensions['persistedQuery'] : undefined;
  return { query, documentId, hash: isObject(persisted) ? persisted['sha256Hash'] : undefined };
}

/** Read as Apollo reads them, so that both see the same. It refuses one that comes twice, but for ours. */
function parametersOf({ url }: FastifyRequest): Json {
  const parameters = new URL(url, 'http://host/').searchParams;
  const ids = parameters.getAll('documentId');
  return { ...Object.fromEntries(parameters), ...(ids.length > 1 && { documentId: ids }) };
}

/** Undefined where the request sends its document, or names one as Apollo does to a server that has none. */
function textOf({ query, documentId, hash }: Named, documents: PersistedDocuments | undefined): string | undefined {
  if (documentId !== undefined) {
    if (typeof documentId !== 'string') throw expected('documentId to be one text', documentId);
    if (query !== undefined) throw expected('either query or documentId', 'both');
    return documents?.find(documentId) ?? refuse(documentId);
  }
  if (query !== undefined || typeof hash !== 'string' || !documents) return undefined;
  return documents.find(hash) ?? refuse(hash);
}

/** As if the request had sent it. */
function send(query: unknown, request: FastifyRequest): void {
  if (request.method === 'POST') {
    const { documentId, extensions, ...rest } = request.body as Json;
    request.body = { ...rest, query };
    return;
  }
  const parameters = new URL(request.url, 'http://host/').searchParams;
  for (const name of ['documentId', 'extensions']) parameters.delete(name);
  parameters.set('query', `${query}`);
  request.raw.url = `${request.url.split('?')[0]}?${parameters}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Apollo says what is wrong
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(id: string): never {
  throw expected(
    'the id of a persisted document that this server has',
    id,
    'PERSISTED_QUERY_NOT_FOUND',
    'Send the document itself, or start the server with the file that was written with this client.',
  );
}

function persistedOnly(): GanymedeError {
  return new GanymedeError(
    'PERSISTED_QUERIES_ONLY',
    'Expected the documentId of a persisted document but received a document, and this server runs no others.',
  );
}
