// Who asks, found out before anything else is done, and how much is left to them. A server that takes whoever reaches
// it on its machine for its admin must see that nobody else does: a page of the web that a browser on this machine
// shows may send requests, too. It is told apart by its `Origin`, or, where it gave its own name the address of this
// machine (DNS rebinding), by `Host`.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Access, Who } from '../access/access.js';
import { type Bucket, Buckets } from '../access/allowance.js';
import { requireRole } from '../access/role.js';
import type { Config } from '../config.js';
import { expected, GanymedeError } from '../errors.js';
import { isLoopbackOrigin } from './cors.js';
import { hostFault } from './host.js';
import { ROLE_AT } from './routes.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; absent where anybody may. */
    asking: Asking | undefined;
  }
}

/** Points a minute, by role; one that is left out has no limit. */
export type Rates = Config['rates'];

export interface AskingOptions {
  readonly access: Access;
  readonly rates: Rates;
  /** Pages of the web that may ask an open server, as anybody may. */
  readonly corsOrigins: readonly string[];
}

/** Who asks, and what they may still ask for. */
export class Asking {
  readonly who: Who;
  readonly bucket: Bucket | undefined;
  #charged = 0;
  #isTooSoon = false;

  constructor(who: Who, bucket: Bucket | undefined) {
    this.who = who;
    this.bucket = bucket;
  }

  /** Before it runs. @throws GanymedeError RATE_LIMITED */
  charge(points: number): void {
    this.#isTooSoon = true;
    this.bucket?.take(points);
    this.#isTooSoon = false;
    this.#charged += points;
  }

  /** Once it is over: what it came to beyond its price, and a point for one that was refused for something else. */
  settle(points: number): void {
    if (this.#isTooSoon) return;
    const owed = this.#charged === 0 ? 1 : points - this.#charged;
    if (owed <= 0) return;
    this.bucket?.settle(owed);
    this.#charged += owed;
  }
}

export class Askers {
  readonly #options: AskingOptions;
  readonly #buckets = new Buckets();

  constructor(options: AskingOptions) {
    this.#options = options;
  }

  /** To be called before anything answers, preflights of CORS included. */
  refuseStrangers(app: FastifyInstance): void {
    app.addHook('onRequest', (request, _, done) => {
      const { access, corsOrigins } = this.#options;
      const isJudged = access.isOpen && !hostFault(request.raw); // of the fault it is told further on
      done(isJudged ? strangeness(request, corsOrigins) : undefined);
    });
  }

  /** To be called after what a page needs to read a refusal. */
  install(app: FastifyInstance): void {
    app.decorateRequest('asking', undefined);
    app.addHook('onRoute', ({ url }) => void roleAt(url));
    app.addHook('onRequest', (request, _, done) => {
      const waits = this.#letIn(request); // what it throws is Fastify's to tell
      if (waits) waits.then(() => done(), done);
      else done();
    });
    app.addHook('onSend', (request, reply, payload, done) => {
      this.#tell(request, reply);
      done(null, payload);
    });
    app.addHook('onResponse', (request, _, done) => {
      request.asking?.settle(0);
      done();
    });
  }

  /** @throws GanymedeError UNAUTHENTICATED, and BAD_USER_INPUT where two headers say who asks */
  identify(request: FastifyRequest, authorization: string | undefined): Who | Promise<Who> {
    requireOne(request);
    const { access } = this.#options;
    if (access.isOpen) return isLoopback(request.headers.origin) ? access.local() : access.nobody();
    return access.identify(authorization);
  }

  of(request: FastifyRequest): Asking {
    return request.asking ?? this.asking(this.#options.access.nobody(), request);
  }

  asking(who: Who, request: FastifyRequest): Asking {
    const { actor, id } = who;
    const kind = actor === undefined || actor.anonymous ? 'anonymous' : actor.role;
    const perMinute = this.#options.access.isOpen ? undefined : this.#options.rates[kind];
    return new Asking(
      who,
      perMinute === undefined ? undefined : this.#buckets.of(id ?? networkOf(request.ip), perMinute),
    );
  }

  /** Whether anybody may see what a viewer may, so that caches between may keep it for all. */
  get isPublic(): boolean {
    return this.#options.access.anonymous !== undefined;
  }

  /** Undefined where that is known at once: only a token takes longer. */
  #letIn(request: FastifyRequest): Promise<void> | undefined {
    const { url } = request.routeOptions;
    const role = url === undefined ? 'open' : roleAt(url);
    if (role === 'open') return undefined;
    const letIn = (who: Who): void => {
      request.asking = this.asking(who, request);
      if (role !== 'fields') requireRole(who.actor, role, `${request.method} ${url}`);
    };
    const who = this.identify(request, request.headers.authorization);
    return who instanceof Promise ? who.then(letIn) : void letIn(who);
  }

  /** RFC 9110 §11.6.1 and draft-ietf-httpapi-ratelimit-headers. */
  #tell(request: FastifyRequest, reply: FastifyReply): void {
    if (reply.statusCode === 401) reply.header('www-authenticate', 'Bearer realm="ganymede"');
    const bucket = request.asking?.bucket;
    if (!bucket) return;
    const { perMinute, points } = bucket;
    const left = Math.max(0, Math.floor(points));
    reply.header('ratelimit-policy', `"points";q=${perMinute};w=60`);
    reply.header('ratelimit', `"points";r=${left};t=${bucket.secondsUntil(perMinute)}`);
  }
}

function roleAt(url: string): (typeof ROLE_AT)[string] {
  if (Object.hasOwn(ROLE_AT, url)) return ROLE_AT[url]!;
  throw new GanymedeError('FORBIDDEN', `Expected an address that somebody may ask for but ${url} has no role yet.`);
}

/** Of another machine, as far as can be told: not over its own address, by its own name, from a page of its own. */
function strangeness({ headers, ip }: FastifyRequest, corsOrigins: readonly string[]): GanymedeError | undefined {
  const { host, origin } = headers; // HTTP/1.0 may have no host, and no browser speaks it
  const byName = host === undefined || isLoopbackOrigin(`http://${host.toLowerCase()}`);
  if (!byName || !/^(127\.|::1$|::ffff:127\.)/.test(ip))
    return stranger('a Host of this machine, such as localhost,', host);
  if (isLoopback(origin) || corsOrigins.includes(origin!)) return undefined;
  return stranger('no Origin, or one of this machine or of CORS_ORIGIN,', origin);
}

function isLoopback(origin: string | undefined): boolean {
  return origin === undefined || isLoopbackOrigin(origin);
}

function stranger(what: string, received: string | undefined): GanymedeError {
  const next = 'This server has no keys and is for its own machine alone; "npx ganymede keys create" makes one.';
  return expected(what, received, 'FORBIDDEN', next);
}

/** Node keeps the first of several, and what stands before the server may have kept another. */
function requireOne({ headers, raw: { rawHeaders } }: FastifyRequest): void {
  if (headers.authorization === undefined) return;
  const count = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'authorization').length;
  if (count > 1) throw expected('one Authorization header', `${count} of them`);
}

/** An IPv4 address; of IPv6 the network, of which whoever has one has all addresses. */
export function networkOf(ip: string): string {
  const address = ip.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!address.includes(':')) return address;
  const [before = [], after = []] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = new Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}
