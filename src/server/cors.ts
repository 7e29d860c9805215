// Whose pages a browser lets read our answers (CORS). GraphQL and uploads are for the origins that the settings name,
// and for pages of this machine while the server is for this machine alone; pictures are for any page, so that a canvas
// which shows one stays readable. Cookies are never asked for. The protocol:
// https://fetch.spec.whatwg.org/#http-cors-protocol

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config.js';

export type CorsOptions = Pick<Config, 'corsOrigins' | 'loopbackOrigins'>;

/** Seconds that a browser need not ask again; a change of settings is seen no later. */
const PREFLIGHT_SECONDS = '600';

/** Headers that scripts of other origins may read besides those that they always may. */
const EXPOSED = 'etag, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id';

/** Of what is sent in pieces, too. */
const EXPOSED_OF_UPLOADS =
  `${EXPOSED}, location, upload-offset, upload-length, upload-metadata, upload-expires, ` +
  'tus-resumable, tus-version, tus-extension, tus-max-size';

/** As browsers write it: scheme, host and port, in lower case. */
const LOOPBACK_ORIGIN = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/;

/** Of this machine: nobody else can have such a page. */
export function isLoopbackOrigin(origin: string): boolean {
  return LOOPBACK_ORIGIN.test(origin);
}

/** To be called before hooks that refuse: a page is to read its refusal, too. */
export function installCors(app: FastifyInstance, options: CorsOptions): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    const readers = readersOf(request.url);
    if (readers === 'named') vary(reply, 'origin'); // also where none is allowed: the next one may be
    const origin = readers && allowedOrigin(request, readers, options);
    if (origin === undefined) return done();
    const exposed = isUpload(request) ? EXPOSED_OF_UPLOADS : EXPOSED;
    reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': exposed });
    if (isPreflight(request)) return void allow(request, reply);
    done();
  });
}

/** Adds to what other hooks said that an answer depends on. */
export function vary(reply: FastifyReply, header: string): void {
  const known = reply.getHeader('vary');
  reply.header('vary', known === undefined ? header : `${known}, ${header}`);
}

/** Undefined for what is no page's business: other pages, health, metrics. */
function readersOf(url: string): 'all' | 'named' | undefined {
  if (url.startsWith('/images/')) return 'all';
  return /^\/(graphql|images)(\?|$)/.test(url) || isUpload({ url }) ? 'named' : undefined;
}

/** Of data, in pieces. */
function isUpload({ url }: Pick<FastifyRequest, 'url'>): boolean {
  return /^\/uploads([/?]|$)/.test(url);
}

function allowedOrigin(
  { headers: { origin } }: FastifyRequest,
  readers: 'all' | 'named',
  { corsOrigins, loopbackOrigins }: CorsOptions,
): string | undefined {
  if (readers === 'all') return '*';
  if (origin === undefined) return undefined;
  const allowed = corsOrigins.includes(origin) || (loopbackOrigins && isLoopbackOrigin(origin));
  return allowed ? origin : undefined;
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
}

/** Any header: what a page may send is bounded by who may ask at all. */
function allow(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { headers } = request;
  const methods = isUpload(request) ? 'POST, HEAD, PATCH, DELETE' : 'GET, HEAD, POST';
  vary(reply, 'access-control-request-headers');
  const asked = headers['access-control-request-headers'];
  if (asked !== undefined) reply.header('access-control-allow-headers', asked);
  return reply
    .headers({ 'access-control-allow-methods': methods, 'access-control-max-age': PREFLIGHT_SECONDS })
    .code(204)
    .send();
}
