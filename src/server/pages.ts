// Pages for people: the console at `/`, GraphiQL and the documents, with the files that `npm run build` bundled from
// web/. Only files that were found at the start are served, so no request can name another. Nothing on these pages
// comes from another server, which their Content-Security-Policy enforces.

import { createReadStream, existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GanymedeError } from '../errors.js';
import { vary } from './cors.js';

export interface PagesOptions {
  /** Whether GraphiQL is served: it is of no use without introspection. */
  readonly graphiql: boolean;
}

/** The package's folder, which this file finds both as source and as built. */
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

/** What the console asks, for a server that runs no other documents than those of its clients. */
export const CONSOLE_DOCUMENTS = join(PACKAGE, 'dist/web/console-documents.json');

const NOTHING_ELSE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Pictures that took a key are fetched and shown as `blob:`; those that have no address come as `data:`. */
const CONSOLE_POLICY = [
  NOTHING_ELSE,
  "script-src 'self'; style-src 'self'; connect-src 'self'",
  "img-src 'self' blob: data:",
].join('; ');

/**
 * Monaco, GraphiQL's editor, writes `<style>` elements and `style` attributes, for which styles are unsafe-inline;
 * fonts and a few icons lie in style sheets as `data:`. Scripts, workers and requests are of this server alone.
 */
const GRAPHIQL_POLICY = [
  NOTHING_ELSE,
  "script-src 'self'; worker-src 'self'; connect-src 'self'",
  "style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:",
].join('; ');

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
};

export async function installPages(app: FastifyInstance, { graphiql }: PagesOptions): Promise<void> {
  const [frame, explorer, documents] = await Promise.all([
    readBuilt('dist/web/index.html'),
    readBuilt('dist/web/graphiql.html'),
    readDocuments(),
  ]);
  const home = filled(frame, { graphiql: graphiql ? GRAPHIQL_LINK : '', docs: documents.map(linkTo).join('\n') });
  app.get('/', (_, reply) => html(reply, CONSOLE_POLICY, home));
  if (graphiql) app.get('/graphiql', (_, reply) => html(reply, GRAPHIQL_POLICY, explorer));
  await installAssets(app);
  installDocuments(app, documents);
}

/**
 * A browser that is sent to /graphql without a query gets a page instead of an error. Whatever holds a query goes on to
 * GraphQL and its rules against cross-site requests.
 */
export function redirectBrowsers(app: FastifyInstance, { graphiql }: Pick<PagesOptions, 'graphiql'>): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (!isBrowserWithoutQuery(request)) return done();
    vary(reply, 'accept');
    reply.redirect(graphiql ? './graphiql' : './', 302);
  });
}

function isBrowserWithoutQuery({ method, headers, query }: FastifyRequest): boolean {
  if ((method !== 'GET' && method !== 'HEAD') || !headers.accept?.includes('text/html')) return false;
  return !['query', 'documentId', 'extensions'].some((name) => Object.hasOwn(query as object, name));
}

interface FileRoute {
  Params: { file: string };
}

/** What the pages load: the name of each file holds a digest of its content. */
async function installAssets(app: FastifyInstance): Promise<void> {
  const folder = join(PACKAGE, 'dist/web/assets');
  const assets = new Set(await readdir(folder));
  app.get<FileRoute>('/assets/:file', async ({ params: { file } }, reply) => {
    if (!assets.has(file)) throw notFound(`/assets/${file}`);
    const path = join(folder, file);
    return send(reply, MEDIA_TYPES[extname(file)] ?? 'application/octet-stream')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('content-length', (await stat(path)).size)
      .send(createReadStream(path));
  });
}

interface Document {
  readonly name: string;
  readonly title: string;
  readonly text: string;
}

function installDocuments(app: FastifyInstance, documents: readonly Document[]): void {
  app.get<FileRoute>('/docs/:file', async ({ params: { file } }, reply) => {
    const document = documents.find(({ name }) => name === file);
    if (!document) throw notFound(`/docs/${file}`);
    return send(reply, 'text/plain; charset=utf-8').header('cache-control', 'no-cache').send(document.text);
  });
}

const GRAPHIQL_LINK = '<a href="graphiql">GraphiQL</a>';

const linkTo = ({ name, title }: Document): string => `<li><a href="docs/${name}">${escaped(title)}</a></li>`;

/** A frame of web/ with its `{{parts}}`: every address is relative, so that the server may lie below a folder. */
function filled(frame: string, parts: Readonly<Record<string, string>>): string {
  return frame.replace(/\{\{(\w+)\}\}/g, (_, name: string) => parts[name] ?? '');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/**
 * The Markdown that came with the package, titled by its first heading. An image of a container may have left it out.
 */
async function readDocuments(): Promise<Document[]> {
  const docs = existsSync(join(PACKAGE, 'docs')) ? (await readdir(join(PACKAGE, 'docs'))).sort() : [];
  const paths = [
    'README.md',
    ...docs.filter((name) => name !== 'README.md').map((name) => `docs/${name}`),
    'ERRORS.md',
  ];
  const found = paths.filter((path) => path.endsWith('.md') && existsSync(join(PACKAGE, path)));
  return Promise.all(
    found.map(async (path) => {
      const text = await readFile(join(PACKAGE, path), 'utf8');
      return { name: basename(path), title: /^# (.+)$/m.exec(text)?.[1] ?? basename(path), text };
    }),
  );
}

async function readBuilt(path: string): Promise<string> {
  try {
    return await readFile(join(PACKAGE, path), 'utf8');
  } catch (error) {
    throw new GanymedeError('CONFIG_INVALID', `Expected the built pages but ${path} is missing. Run npm run build.`, {
      cause: error,
    });
  }
}

function html(reply: FastifyReply, policy: string, body: string): FastifyReply {
  return send(reply, 'text/html; charset=utf-8')
    .header('content-security-policy', policy)
    .header('cross-origin-opener-policy', 'same-origin')
    .header('cache-control', 'no-cache')
    .send(body);
}

function send(reply: FastifyReply, type: string): FastifyReply {
  return reply.type(type).header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer');
}

function notFound(address: string): GanymedeError {
  return new GanymedeError('NOT_FOUND', `Expected a file of this server but received ${address.slice(0, 200)}.`);
}
