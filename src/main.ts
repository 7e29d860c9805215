// The server's composition root: settings → engine → models → HTTP → listen, and the way back on a signal. The one
// place that constructs the parts. People read stdout; the log, JSON by pino, goes to stderr.

import { closeSync, openSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { type Logger, pino } from 'pino';
import { type Config, readConfig, SHIPPED_CHECKPOINTS } from './config.js';
import type { GraphEngine } from './engine/engine.js';
import { GanymedeError, messageOf } from './errors.js';
import { refusalOf } from './files/unusable.js';
import type { Desk } from './jobs/desk.js';
import { isMember, type Membership, membership, Processes } from './server/cluster.js';
import type { Metrics } from './server/metrics.js';
import { stopOnSignals, stopper } from './server/shutdown.js';

/** A stop takes no longer, whatever runs. */
const GRACE_MS = 10_000;

/** What of it is kept for freeing models and threads. */
const LAST_MS = 1000;

try {
  const config = readConfig(process.env);
  await (config.cluster > 1 && !isMember() ? lead(config) : serve(config, membership()));
} catch (error) {
  const refusal = error instanceof GanymedeError ? error : refusalOf(error);
  process.stderr.write(`Ganymede cannot start. ${refusal?.message ?? stackOf(error)}\n`);
  if (isMember()) process.exit(1); // its channel to the first process would keep it
  process.exitCode = 1;
}

/** The first of several processes. */
async function lead(config: Config): Promise<void> {
  const logger = loggerOf(config);
  const program = fileURLToPath(import.meta.url);
  const { processes, welcome } = await Processes.start({ program, count: config.cluster, logger });
  refreshOnSignal(async () => processes.refresh(), logger);
  // Each process ends itself in time; this one waits a little longer.
  stopOnSignals({ graceMs: GRACE_MS + LAST_MS, logger, close: () => processes.stop() });
  process.stdout.write(welcome); // last: who reads it may send a signal at once
}

function loggerOf({ logLevel }: Config): Logger {
  const logger = pino({ level: logLevel }, pino.destination({ fd: 2, sync: true }));
  process.removeAllListeners('warning'); // Node's own listener would print text between the lines of JSON
  process.on('warning', (warning) => logger.warn({ err: warning }, 'Node warns.'));
  return logger;
}

/** `member`: of several processes on one port. */
async function serve(config: Config, member: Membership | undefined): Promise<void> {
  const logger = loggerOf(config);
  // Loading the HTTP side takes half a second of this thread; meanwhile the engine's threads start on their own.
  const starting = startEngine(config, logger);
  const modules = Promise.all([
    import('./models/repository.js'),
    import('./images/uploads.js'),
    import('./models/versions.js'),
    import('./server/server.js'),
    import('./server/welcome.js'),
    import('./server/metrics.js'),
    import('./server/traffic.js'),
    import('./jobs/desk.js'),
    import('./access/access.js'),
  ]);
  const [
    engine,
    [
      { ModelRepository },
      { Uploads },
      { keepNumbers, sweepModels },
      { buildServer },
      { welcome },
      { Metrics },
      { Traffic },
      { Desk },
      { Access },
    ],
  ] = await Promise.all([starting, modules]).catch(async (error: unknown) => {
    await starting.then(
      (engine) => engine.close(),
      () => undefined,
    ); // its threads would keep the process alive
    throw error;
  });
  let draining = false;
  let watch: FastifyInstance | undefined;
  try {
    const access = await Access.open({ ...config, isForThisMachine: config.loopbackOrigins, log: logger });
    const written = config.checkpoints[0]!;
    // Before an address of a version is given out. What comes with the program is put back whole by installing it.
    const keep = async () => (resolve(written) === SHIPPED_CHECKPOINTS ? undefined : keepNumbers(written));
    let desk: Desk | undefined;
    const repository = await ModelRepository.open(config.checkpoints, engine, {
      log: logger,
      onSwaps: (swaps) => desk?.took(swaps),
    });
    await keep();
    await sweepModels(written);
    const traffic = new Traffic(logger);
    const others = member && (() => member.gather());
    const metrics = new Metrics({ repository, engine, traffic, ...(others && { others }) });
    const uploads = new Uploads(config.uploads);
    desk = member && !config.redis ? undefined : new Desk({ ...config, repository, log: logger });
    if (desk) await startJobs(desk, config, logger);
    const parts = { repository, engine, config, access, uploads, logger, traffic, metrics, ...(desk && { desk }) };
    const app = await buildServer({ ...parts, isDraining: () => draining });
    watch = await listenForMetrics(metrics, config, logger);
    await listen(app, config, 'PORT');
    const [bound] = app.addresses();
    const port = typeof bound === 'object' ? bound.port : config.port;
    const url = config.publicUrl ?? `http://${reachable(config.host)}:${port}`;

    const refresh = async (): Promise<void> => {
      await keep();
      const swaps = await repository.refresh();
      logger.info({ swaps, problems: repository.problems.length }, 'Looked at the models again.');
    };
    followEngine(engine, refresh, logger);
    const close = async (): Promise<void> => {
      draining = true;
      // What is still unanswered shortly before the end learns of it by its connection's.
      const cut = setTimeout(() => app.server.closeAllConnections(), GRACE_MS - LAST_MS);
      await app.close(); // no new connections; returns when the last request is answered
      clearTimeout(cut);
      await watch?.close();
      access.close();
      await desk?.close();
      await repository.close();
      await engine.close();
      member?.leave();
    };
    const greeting = welcome(url, repository.list(), config, access);
    const shutdown = { graceMs: GRACE_MS, logger, close };
    if (member) {
      const lookAgain = () => void refresh().catch((error: unknown) => notRefreshed(error, logger));
      member.obey({ stop: stopper(shutdown), refresh: lookAgain, numbers: () => metrics.numbers() });
      member.ready(greeting);
    } else {
      refreshOnSignal(refresh, logger);
      stopOnSignals(shutdown);
      process.stdout.write(greeting); // last: who reads it may send a signal at once
    }
  } catch (error) {
    await watch?.close(); // it would keep a process alive that serves nobody, and so would the engine's threads
    await engine.close();
    throw error;
  }
}

async function startEngine(config: Config, logger: Logger): Promise<GraphEngine> {
  const { remote, workers } = config;
  const { Engine } = await import('./engine/engine.js');
  const local = (workers?: number) =>
    Engine.start({
      device: config.device,
      ...(workers !== undefined && { workers }),
      threadsPerWorker: config.threadsPerWorker ?? threadsOf(config),
      onWorkerCrash: (error) => logger.error({ err: error }, 'A worker crashed and is being replaced.'),
    });
  if (!remote) return local(workers);
  const { RemoteEngine } = await import('./engine/remote/remote-engine.js');
  const engine = await RemoteEngine.start({ ...remote, workers, local });
  const { address } = remote;
  if (!engine.healthy) logger.warn({ engine: address }, 'The server that runs the graphs is not ready.');
  return engine;
}

/** Versions that could not be loaded are tried again when the server that runs the graphs is back, or has them. */
function followEngine(engine: GraphEngine, refresh: () => Promise<void>, logger: Logger): void {
  engine.follow?.(({ ready, appeared }) => {
    const news = { engine: engine.remote?.address, appeared };
    if (!ready) return logger.warn(news, 'The server that runs the graphs is not ready.');
    logger.info(news, 'The server that runs the graphs is ready.');
    refresh().catch((error: unknown) => notRefreshed(error, logger));
  });
}

/**
 * SIGHUP: what is new among the models takes over. A look that fails leaves everything as it is. A terminal that is
 * closed sends the same signal to what was started in it, and then it means what it means to every program: the end.
 */
function refreshOnSignal(refresh: () => Promise<void>, logger: Logger): void {
  const inTerminal = [0, 1, 2].some((fd) => isatty(fd)); // none of them under nohup
  process.on('SIGHUP', () => {
    if (inTerminal && !hasTerminal()) {
      process.removeAllListeners('SIGHUP');
      process.kill(process.pid, 'SIGHUP');
      return;
    }
    refresh().catch((error: unknown) => notRefreshed(error, logger));
  });
}

function notRefreshed(error: unknown, logger: Logger): void {
  logger.error({ err: error }, 'The models could not be looked at again.');
}

/** All cores but one, which is for HTTP, shared out among processes and workers. */
function threadsOf({ cluster, workers = 1 }: Config): number {
  const cores = cluster > 1 ? availableParallelism() : availableParallelism() - 1;
  return Math.max(1, Math.floor(cores / (cluster * workers)));
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false; // ENXIO: this process has none
  }
}

/**
 * Goes on with the jobs of the server before; on a full disk once there is room and somebody asks for jobs. Where the
 * settings name their folder, another server that works in it is a reason not to start; else this one only serves until
 * the folder is free.
 */
async function startJobs(desk: Desk, { dataIsNamed, redis }: Config, logger: Logger): Promise<void> {
  try {
    await (dataIsNamed && !redis ? desk.open() : desk.start());
  } catch (error) {
    const code = error instanceof GanymedeError ? error.code : undefined;
    if (code !== 'INSUFFICIENT_STORAGE' && (dataIsNamed || code !== 'RUN_IN_USE')) throw error;
    logger.warn({ reason: messageOf(error) }, 'Takes no jobs for now.');
  }
}

/** On a port of its own, if there is to be one. */
async function listenForMetrics(
  metrics: Metrics,
  { host, metrics: to }: Config,
  logger: Logger,
): Promise<FastifyInstance | undefined> {
  if (to.where !== 'port') return undefined;
  const { metricsServer } = await import('./server/metrics-route.js');
  const app = metricsServer(metrics, to.key, logger);
  await listen(app, { host, port: to.port }, 'METRICS_PORT');
  return app;
}

async function listen(
  app: { listen(address: object): Promise<string> },
  { host, port }: Pick<Config, 'host' | 'port'>,
  setting: string,
): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'EADDRINUSE'
        ? `another program uses it. Stop that one, or set ${setting}`
        : code === 'EACCES'
          ? `this user may not use it. Set ${setting} to 1024 or more`
          : messageOf(error);
    throw new GanymedeError('CONFIG_INVALID', `Expected port ${port} of ${host} to be free but received: ${reason}.`, {
      cause: error,
      details: { host, port },
    });
  }
}

/** The address to type: a server bound to every interface is reached by a concrete one. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
