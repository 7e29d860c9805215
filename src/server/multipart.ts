// Requests in several parts: files beside a GraphQL request, each in the place of a null among its variables.
// https://github.com/jaydenseric/graphql-multipart-request-spec, one operation a request. A page may send such a
// request to any server without asking, so it must have a header that it may not send without asking.

import { buffer } from 'node:stream/consumers';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { expected, GanymedeError, messageOf } from '../errors.js';
import { LIMITS } from '../limits.js';
import { SentFile } from '../resolvers/sent-file.js';
import { rounds } from '../rounds.js';

/** As Apollo has them. */
const PREFLIGHTED = ['apollo-require-preflight', 'x-apollo-operation-name'];

/** One image for each place that takes one. */
const MAX_FILES = LIMITS.images.most;

/**
 * Of a field: a kilobyte for each file. What has more to say than that goes as JSON, which is read ten times as fast.
 */
const MAX_FIELD_BYTES = 2 ** 20;

/** Of a body, read in one step of the event loop. */
const STEP_BYTES = 2 ** 18;

type Json = Record<string, unknown>;
type ParseJson = (text: string) => Promise<unknown>;

interface Parts {
  readonly fields: ReadonlyMap<string, string>;
  /** By the name of their part. */
  readonly files: ReadonlyMap<string, SentFile>;
}

/** The body of a handler is then as if the request had been JSON. */
export function takeMultipart(app: FastifyInstance): void {
  const parseJson = jsonParserOf(app);
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      if (!PREFLIGHTED.some((name) => request.headers[name])) throw mayBeForged();
      return withFiles(await partsOf(request.headers['content-type'] ?? '', body), parseJson);
    },
  );
}

/** Fastify's own, which refuses `__proto__`. */
function jsonParserOf(app: FastifyInstance): ParseJson {
  const parse = app.getDefaultJsonParser('error', 'error');
  return (text) =>
    new Promise((resolve, reject) => {
      parse({} as FastifyRequest, text, (error, value) => (error ? reject(error) : resolve(value)));
    });
}

async function partsOf(contentType: string, body: Buffer): Promise<Parts> {
  const fields = new Map<string, string>();
  const files = new Map<string, Promise<SentFile>>();
  const parser = parserOf(contentType);
  const done = new Promise<void>((resolve, reject) => {
    const refuse = (reason: string) => reject(malformed(reason));
    parser.once('finish', resolve);
    parser.once('error', (error: unknown) => refuse(messageOf(error)));
    parser.once('fieldsLimit', () => refuse('more fields than operations and map'));
    for (const limit of ['filesLimit', 'partsLimit']) parser.once(limit, () => refuse(`more than ${MAX_FILES} files`));
    parser.on('field', (name, value, _, truncated) => {
      if (truncated) refuse(`the field "${name}" of more than ${MAX_FIELD_BYTES} bytes`);
      if (fields.has(name)) refuse(`the field "${name}" twice`);
      fields.set(name, value);
    });
    parser.on('file', (name, stream) => {
      if (files.has(name)) refuse(`the file "${name}" twice`);
      const file = buffer(stream).then((bytes) => new SentFile(bytes));
      file.catch((error: unknown) => refuse(messageOf(error)));
      files.set(name, file);
    });
  });
  await Promise.all([done, feed(parser, body)]);
  const read = Array.from(files, async ([name, file]) => [name, await file] as const);
  return { fields, files: new Map(await Promise.all(read)) };
}

function parserOf(contentType: string): BusboyInstance {
  const headers: BusboyHeaders = { 'content-type': contentType };
  const limits = { fields: 2, files: MAX_FILES, parts: MAX_FILES + 2, fieldSize: MAX_FIELD_BYTES, headerPairs: 16 };
  try {
    return new Busboy({ headers, limits });
  } catch (error) {
    throw malformed(messageOf(error)); // no boundary
  }
}

async function feed(parser: BusboyInstance, body: Buffer): Promise<void> {
  for (let at = 0; at < body.length; at += STEP_BYTES) {
    if (at > 0) await rounds.next();
    if (parser.destroyed) return;
    parser.write(body.subarray(at, at + STEP_BYTES));
  }
  parser.end();
}

/** The request, with files where its map says. */
async function withFiles({ fields, files }: Parts, parseJson: ParseJson): Promise<unknown> {
  const operations = await jsonOf('operations', fields, parseJson);
  const map = await jsonOf('map', fields, parseJson);
  const places = Object.entries(map).flatMap(([name, paths]) => placesOf(name, paths));
  if (places.length > MAX_FILES) throw malformed(`a map of more than ${MAX_FILES} places`);
  const unplaced = [...files.keys()].find((name) => !Object.hasOwn(map, name));
  if (unplaced !== undefined) throw malformed(`the file "${unplaced}", which the map does not name`);
  for (const { name, path } of places) {
    const file = files.get(name);
    if (!file) throw malformed(`a map that names "${name}", of which there is no file`);
    put(file, path, operations);
  }
  return operations;
}

async function jsonOf(name: string, fields: Parts['fields'], parseJson: ParseJson): Promise<Json> {
  const text = fields.get(name);
  if (text === undefined) throw malformed(`no field "${name}"`);
  const value = await parseJson(text).catch((error: unknown) => {
    throw malformed(`a field "${name}" that is not JSON: ${messageOf(error)}`);
  });
  if (isObject(value) && !Array.isArray(value)) return value;
  throw malformed(`a field "${name}" that is no object`);
}

function placesOf(name: string, paths: unknown): { name: string; path: string }[] {
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === 'string')) {
    throw malformed(`a map in which "${name}" is no list of paths`);
  }
  return paths.map((path: string) => ({ name, path }));
}

/** Only in the place of a null that is there: no path reaches what the request has not written. */
function put(file: SentFile, path: string, operations: Json): void {
  const keys = path.split('.');
  const last = keys.pop()!;
  let parent: unknown = operations;
  for (const key of keys) parent = isObject(parent) && Object.hasOwn(parent, key) ? parent[key] : undefined;
  if (keys[0] !== 'variables' || !isObject(parent) || !Object.hasOwn(parent, last) || parent[last] !== null) {
    throw malformed(`a map that names "${path.slice(0, 80)}", where no null is`);
  }
  parent[last] = file;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

function malformed(received: string): GanymedeError {
  return new GanymedeError(
    'BAD_USER_INPUT',
    `Expected a multipart request of the fields operations and map and of the files that the map names but received ${received}.`,
  );
}

function mayBeForged(): GanymedeError {
  return expected(`one of the headers ${PREFLIGHTED.join(' and ')} with a multipart request`, 'neither');
}
