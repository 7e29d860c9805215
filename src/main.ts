// The server's composition root: settings → engine → models → HTTP → listen, and the way back on a signal. The one
// place that constructs the parts. People read stdout; the log, JSON by pino, goes to stderr.

import { pino } from 'pino';
import { type Config, readConfig } from './config.js';
import { GanymedeError, messageOf } from './errors.js';

/** What requests in flight get on a stop before their connections are cut. */
const GRACE_MS = 10_000;

try {
  await serve(readConfig(process.env));
} catch (error) {
  process.stderr.write(`Ganymede cannot start. ${error instanceof GanymedeError ? error.message : stackOf(error)}\n`);
  process.exitCode = 1;
}

async function serve(config: Config): Promise<void> {
  const logger = pino({ level: config.logLevel }, pino.destination({ fd: 2, sync: true }));
  // Loading the HTTP side takes half a second of this thread; meanwhile the engine's threads start on their own.
  const { Engine } = await import('./engine/engine.js');
  const starting = Engine.start({
    device: config.device,
    ...(config.workers !== undefined && { workers: config.workers }),
    ...(config.threadsPerWorker !== undefined && { threadsPerWorker: config.threadsPerWorker }),
    onWorkerCrash: (error) => logger.error({ err: error }, 'A worker crashed and is being replaced.'),
  });
  const modules = Promise.all([
    import('./models/repository.js'),
    import('./models/versions.js'),
    import('./server/server.js'),
    import('./server/welcome.js'),
  ]);
  const [engine, [{ ModelRepository }, { sweepModels }, { buildServer }, { welcome }]] = await Promise.all([
    starting,
    modules,
  ]);
  let draining = false;
  try {
    const repository = await ModelRepository.open(config.checkpoints, engine, { log: logger });
    await sweepModels(config.checkpoints);
    const app = await buildServer({ repository, engine, config, logger, isDraining: () => draining });
    await listen(app, config);
    const [bound] = app.addresses();
    const port = typeof bound === 'object' ? bound.port : config.port;
    process.stdout.write(welcome(config.publicUrl ?? `http://${reachable(config.host)}:${port}`, repository.list()));

    const stop = async (): Promise<void> => {
      if (draining) return app.server.closeAllConnections(); // asked twice: do not wait for anyone
      draining = true;
      const cut = setTimeout(() => app.server.closeAllConnections(), GRACE_MS);
      await app.close(); // no new connections; returns when the last request is answered
      clearTimeout(cut);
      await repository.close();
      await engine.close();
      process.exit(0);
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        stop().catch((error: unknown) => {
          logger.fatal({ err: error }, 'The server did not stop cleanly.');
          process.exit(1);
        });
      });
    }
  } catch (error) {
    await engine.close(); // its threads would keep a process alive that serves nobody
    throw error;
  }
}

async function listen(app: { listen(address: object): Promise<string> }, { host, port }: Config): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'EADDRINUSE'
        ? 'another program uses it. Stop that one, or set PORT'
        : code === 'EACCES'
          ? 'this user may not use it. Set PORT to 1024 or more'
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
