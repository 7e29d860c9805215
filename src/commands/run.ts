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

/** Something that Ctrl-C and SIGTERM stop by a signal. */
export async function stoppable<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    return await work(stop.signal);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
