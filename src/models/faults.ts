// Faults of a checkpoint, gathered: whoever mends one hears of all at once, not of the next at the next start.

import { GanymedeError } from '../errors.js';

/** Most that one message spells out: a broken folder may hold thousands. */
const MOST = 20;

/** Sentences of one message. */
export function sentences(all: readonly string[]): string {
  const shown = all.slice(0, MOST).join(' ');
  return all.length > MOST ? `${shown} And ${all.length - MOST} more.` : shown;
}

/** One error for several; undefined for none. Its details list those of each. */
export function together(faults: readonly GanymedeError[]): GanymedeError | undefined {
  if (faults.length <= 1) return faults[0];
  return new GanymedeError('CHECKPOINT_INVALID', sentences(faults.map(({ message }) => message)), {
    cause: faults[0],
    details: { ...faults[0]!.details, faults: faults.slice(0, MOST).map(({ details }) => details) },
  });
}

/**
 * Does the work for each item, one after another, and throws what it refused with CHECKPOINT_INVALID at the end, as one
 * error. Any other error, such as that of an engine that stops, says nothing of the checkpoint and is thrown at once.
 */
export async function forAll<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const faults: GanymedeError[] = [];
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      if (!isFault(error)) throw error;
      faults.push(error);
    }
  }
  const error = together(faults);
  if (error) throw error;
}

export function isFault(error: unknown): error is GanymedeError {
  return error instanceof GanymedeError && error.code === 'CHECKPOINT_INVALID';
}
