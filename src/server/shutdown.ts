// How the process ends. Told to stop, it gives what runs a stated time and then ends whatever runs: native code on
// another thread holds `process.exit` up until it is done, a busy event loop holds up every timer. So the last step is
// a signal that nothing holds up, sent by a thread of its own.

import { Worker } from 'node:worker_threads';
import type { FastifyBaseLogger } from 'fastify';

export interface ShutdownOptions {
  /** From the first signal to the end, whatever runs. */
  readonly graceMs: number;
  readonly logger: Pick<FastifyBaseLogger, 'warn' | 'fatal'>;
  /** Answers what is in flight, then frees what is held. */
  close(): Promise<void>;
}

/** On a signal the process closes and ends with status 0. After the grace, or on a second signal, it is killed. */
export function stopOnSignals(options: ShutdownOptions): void {
  const stop = stopper(options);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
}

/** What stops the process as a signal would. */
export function stopper({ graceMs, logger, close }: ShutdownOptions): () => void {
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) {
      logger.warn('Asked to stop twice: ended at once.');
      process.kill(process.pid, 'SIGKILL');
    }
    stopping = true;
    killAfter(graceMs);
    await close();
    // No process.exit: it would wait for native work too, and with the thread that watches ended already.
    process.exitCode = 0;
  };
  return () => {
    stop().catch((error: unknown) => {
      logger.fatal({ err: error }, 'The server did not stop cleanly.');
      process.exitCode = 1;
    });
  };
}

/** It lives as long as the process at most, and does not keep it alive. */
function killAfter(ms: number): void {
  const watch = `setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${ms});`;
  new Worker(watch, { eval: true, execArgv: [], stderr: true }).unref();
}
