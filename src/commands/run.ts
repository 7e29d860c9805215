// A long work on the command line: its events become lines, Ctrl-C and SIGTERM stop it cleanly, a second one ends it at
// once.
import type { Work } from '../work.js';
import { presenter } from './present.js';

/**
 * `load` brings the work when it is wanted: TensorFlow.js takes a third of a second that other commands should not wait
 * for.
 */
export function runs<Options, Result>(load: () => Promise<Work<Options, Result>>): (options: Options) => Promise<void> {
  return (options) =>
    stoppable(async (signal) => {
      const work = await load();
      await work(options, { signal, onEvent: presenter(process.stdout) });
    });
}

/** Status of a work that was stopped, as a shell reports Ctrl-C. */
export const STOPPED = 130;

const running = new Set<AbortController>();

/** Stops what runs as Ctrl-C does. Whether anything does. */
export function stopAll(reason: Error): boolean {
  for (const stop of running) stop.abort(reason);
  return running.size > 0;
}

/** Something that Ctrl-C and SIGTERM stop by a signal. */
export async function stoppable<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  running.add(stop);
  try {
    return await work(stop.signal);
  } finally {
    running.delete(stop);
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
