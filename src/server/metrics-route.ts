// GET /metrics, and who may read it: those who send the key, or, without one, this machine alone. Everybody else is
// told that there is no such address. On a port of its own it is for whoever reaches that port, unless there is a key.

import { createHash, timingSafeEqual } from 'node:crypto';
import { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, fastify, LogController } from 'fastify';
import type { MetricsConfig } from '../config.js';
import { GanymedeError } from '../errors.js';
import { installErrorHandlers } from './errors.js';
import type { Metrics } from './metrics.js';
import { pathHider } from './paths.js';

/** Beside GraphQL, if the settings say so. */
export function installMetrics(app: FastifyInstance, metrics: Metrics, config: MetricsConfig): void {
  if (config.where === 'local') install(app, metrics, isLocal);
  if (config.where === 'key') install(app, metrics, holderOf(config.key));
}

/** A server of its own, which its caller lets listen. */
export function metricsServer(metrics: Metrics, key: string | undefined, logger: FastifyBaseLogger): FastifyInstance {
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    requestTimeout: 10_000,
    bodyLimit: 1024,
  });
  installErrorHandlers(app, pathHider());
  install(app, metrics, key === undefined ? () => true : holderOf(key));
  return app;
}

function install(app: FastifyInstance, metrics: Metrics, mayRead: (request: FastifyRequest) => boolean): void {
  app.get('/metrics', async (request, reply) => {
    if (!mayRead(request)) {
      throw new GanymedeError('NOT_FOUND', 'Expected an address of this server but received GET /metrics.');
    }
    const text = await metrics.text();
    return reply.type(metrics.contentType).header('cache-control', 'no-store').send(text);
  });
}

/** Digests have one length, so that the comparison takes the same time whatever was sent. */
function holderOf(key: string): (request: FastifyRequest) => boolean {
  const wanted = digest(key);
  return ({ headers: { authorization = '' } }) => {
    const [, sent = ''] = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization) ?? [];
    return timingSafeEqual(digest(sent), wanted);
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * The server listens on loopback; yet a proxy may stand there too, and a page whose name was pointed at 127.0.0.1 asks
 * from this machine's own browser. The first adds a header, the second sends its own name.
 */
function isLocal({ host, headers }: FastifyRequest): boolean {
  if (headers['forwarded'] !== undefined || headers['x-forwarded-for'] !== undefined) return false;
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host);
}
