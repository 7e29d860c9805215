// The HTTP server: GraphQL at /graphql, images at /images/…, pages for people at / and /graphiql, health at /livez and
// /readyz. It is given its parts and never listens by itself, so that tests can drive it without a port. It computes
// nothing: the engine's threads do.

import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import { Access } from '../access/access.js';
import { CONNECTION_DEFAULTS, type Config } from '../config.js';
import type { GraphEngine } from '../engine/engine.js';
import type { Uploads } from '../images/uploads.js';
import type { Desk } from '../jobs/desk.js';
import { MAX_BODY_BYTES } from '../limits.js';
import type { ModelRepository } from '../models/repository.js';
import { createSchema } from '../resolvers/schema.js';
import { RequestScope } from '../resolvers/scope.js';
import { VERSION } from '../version.js';
import { Askers, type Asking } from './actor.js';
import { createApollo } from './apollo.js';
import { installCompression } from './compression.js';
import {
  type ConnectionLimits,
  clientErrorHandler,
  connectionOptions,
  installConnectionLimits,
} from './connections.js';
import { type CorsOptions, installCors } from './cors.js';
import { installDataUploads } from './data-uploads.js';
import { installDatasetPreviews } from './datasets.js';
import { Faults, installErrorHandlers, installFailureLog, noteCode, refuseAddress } from './errors.js';
import { installGraphQL } from './graphql.js';
import { installImages } from './images.js';
import { installJobPictures } from './jobs.js';
import type { Metrics } from './metrics.js';
import { installMetrics } from './metrics-route.js';
import { installModelPictures } from './model-pictures.js';
import { takeMultipart } from './multipart.js';
import { installOpenInference } from './open-inference.js';
import { CONSOLE_DOCUMENTS, installPages, redirectBrowsers } from './pages.js';
import { pathHider } from './paths.js';
import { type PersistedOptions, readPersisted, tagPersisted, takePersisted } from './persisted.js';
import { PreparedOperations } from './prepared.js';
import { subscriptionHandler, takeWebSockets } from './subscriptions.js';
import type { Traffic } from './traffic.js';
import { installUploads, sentAhead } from './uploads.js';

export interface ServerParts {
  readonly repository: Pick<ModelRepository, 'list' | 'enter' | 'get' | 'versions'>;
  readonly engine: Pick<GraphEngine, 'device' | 'workers' | 'threadsPerWorker' | 'healthy' | 'remote'>;
  readonly config: Pick<Config, 'introspection' | 'publicUrl'> &
    Partial<Pick<Config, 'checkpoints' | 'metrics' | 'rates'> & ConnectionLimits & CorsOptions & PersistedOptions>;
  /** What clients send ahead; absent, nothing is taken. */
  readonly uploads?: Uploads;
  readonly logger: FastifyBaseLogger;
  /** Who may ask; absent, anybody may look and score. */
  readonly access?: Access;
  /** Where jobs are asked for; absent, this server takes none. */
  readonly desk?: Desk;
  /** Counts what goes over the wire, and logs it; absent, nobody does. */
  readonly traffic?: Traffic;
  /** What admins are shown, and /metrics, if the settings want it here. */
  readonly metrics?: Metrics;
  /** True once the process was told to stop: /readyz answers 503, so that a balancer looks elsewhere. */
  isDraining?(): boolean;
}

/** Unless settings say otherwise. */
const NO_OTHER_PAGES: CorsOptions = { corsOrigins: [], loopbackOrigins: false };

export async function buildServer(parts: ServerParts): Promise<FastifyInstance> {
  const { repository, config, uploads, logger, traffic, metrics } = parts;
  const limits = { ...CONNECTION_DEFAULTS, ...config };
  const hidePaths = pathHider(config.checkpoints);
  const app = fastify({
    ...connectionOptions(limits),
    clientErrorHandler: clientErrorHandler(logger, limits),
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    bodyLimit: MAX_BODY_BYTES,
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle', // on close; requests in flight finish
    return503OnClosing: false, // so do those that come over a connection in use, which then closes
    frameworkErrors: (error, request, reply) => {
      traffic?.beginRefused(request, reply, error);
      refuseAddress(error, request, reply);
    },
  });
  traffic?.watch(app);
  const { access = Access.forAnybody() } = parts;
  const { corsOrigins = [], rates = {} } = config;
  const askers = new Askers({ access, rates, corsOrigins });
  askers.refuseStrangers(app);
  installCors(app, { ...NO_OTHER_PAGES, ...config });
  installErrorHandlers(app, hidePaths);
  installFailureLog(app);
  tagPersisted(app);
  installCompression(app);
  const held = installConnectionLimits(app, limits);
  askers.install(app);

  const originOf = ({ protocol, host }: FastifyRequest): string => config.publicUrl ?? `${protocol}://${host}`;
  const { device, workers, threadsPerWorker } = parts.engine;
  const common = (request: FastifyRequest, asking: Asking) => ({
    origin: originOf(request),
    server: { codeVersion: VERSION, device, workers, threadsPerWorker, engine: parts.engine },
    hidePaths: <T>(value: T) => hidePaths(value, 'server'),
    desk: parts.desk,
    metrics,
    actor: asking.who.actor,
    charge: (points: number) => asking.charge(points),
  });
  const scopeOf = (request: FastifyRequest, reply: FastifyReply): RequestScope => {
    const served = repository.enter(); // one state of the models for the whole request, freed no sooner than it ends
    if (reply.raw.closed) served.leave();
    else reply.raw.once('close', () => served.leave());
    const asking = askers.of(request);
    const scope = new RequestScope({
      ...common(request, asking),
      repository: served,
      requestId: request.id,
      uploads: uploads && sentAhead(uploads, held, reply),
      onFailure: (code) => noteCode(request, code),
      onFailedEntry: (code) => {
        noteCode(request, code);
        traffic?.refused('graphql', code);
      },
      signal: () => signalOf(request.raw.socket),
    });
    if (asking.bucket) reply.raw.once('close', () => asking.settle(scope.account.points));
    traffic?.settle(request, scope.account);
    return scope;
  };

  const { introspection, persistedDocuments, persistedOnly = false } = config;
  const schema = createSchema();
  const files = [persistedDocuments, persistedOnly ? CONSOLE_DOCUMENTS : undefined].filter(
    (file) => file !== undefined,
  );
  const persisted = files.length === 0 ? undefined : await readPersisted(files, schema);
  const faults = new Faults(logger);
  const apollo = createApollo({ schema, introspection, hidePaths, logger, faults, traffic });
  await apollo.start();
  const graphiql = introspection && !persistedOnly;
  await app.register(async (graphql) => {
    await takeWebSockets(graphql);
    redirectBrowsers(graphql, { graphiql });
    takeMultipart(graphql);
    takePersisted(graphql, persisted, persistedOnly);
    const prepared = new PreparedOperations({ schema, introspection, hidePaths, faults, traffic });
    const subscriptions = subscriptionHandler(graphql, {
      ...{ schema, introspection, hidePaths, faults },
      identify: async (request, authorization) =>
        askers.asking(await askers.identify(request, authorization ?? request.headers.authorization), request),
      scopeOf: ({ request, asking, signal }, requestId) =>
        new RequestScope({ ...common(request, asking), repository, requestId, signal: () => signal }),
      isAllowed: persistedOnly ? (query) => persisted?.has(query) ?? false : undefined,
    });
    installGraphQL(graphql, { apollo, prepared, scopeOf, subscriptions });
  });
  app.addHook('onClose', () => apollo.stop());
  closeConnectionsOnceIdle(app);
  installImages(app, scopeOf, () => askers.isPublic);
  if (uploads) await installUploads(app, uploads, { signalOf: ({ raw }) => signalOf(raw.socket), askers });
  installJobPictures(app, scopeOf);
  installModelPictures(app, scopeOf);
  installDatasetPreviews(app, scopeOf);
  if (parts.desk) await installDataUploads(app, { desk: parts.desk, scopeOf, originOf });
  const isDraining = () => parts.isDraining?.() ?? false;
  await installOpenInference(app, { scopeOf, engine: parts.engine, isDraining, hidePaths });
  installHealth(app, parts);
  if (metrics && config.metrics) installMetrics(app, metrics, config.metrics);
  await installPages(app, { graphiql });
  return app;
}

/** /livez: the event loop turns. /readyz: a model is there, the engine works, and the process is not stopping. */
function installHealth(app: FastifyInstance, { repository, engine, isDraining }: ServerParts): void {
  app.get('/livez', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_, reply) => {
    const models = repository.list().length;
    const status = isDraining?.()
      ? 'draining'
      : !engine.healthy
        ? engine.remote
          ? 'engine not ready'
          : 'engine failed'
        : models === 0
          ? 'no model'
          : 'ready';
    if (status !== 'ready') reply.code(503);
    const { workers, threadsPerWorker, remote } = engine;
    const where = remote && { engine: 'kserve' };
    return reply.header('cache-control', 'no-store').send({ status, models, workers, threadsPerWorker, ...where });
  });
}

/**
 * Fastify ends the connections that are idle at the moment it closes. One whose request was in flight then becomes idle
 * later, and would hold the close up for the whole keep-alive time, 72 s.
 */
function closeConnectionsOnceIdle(app: FastifyInstance): void {
  app.addHook('preClose', async () => {
    if (!app.server.listening) return;
    const sweep = setInterval(() => app.server.closeIdleConnections(), 20);
    app.server.once('close', () => clearInterval(sweep));
  });
}

/**
 * Fires when the client's connection closes. One signal serves all requests of a connection, because making one costs
 * as much as a small resolver; those that were answered no longer listen to it.
 */
function signalOf(socket: Socket): AbortSignal {
  let signal = signals.get(socket);
  if (!signal) {
    const controller = new AbortController();
    signal = controller.signal;
    signals.set(socket, signal);
    // A client may have gone while its body was still being parsed.
    if (socket.destroyed) controller.abort();
    else socket.once('close', () => controller.abort());
  }
  return signal;
}

const signals = new WeakMap<Socket, AbortSignal>();
