// A full disk, in our words.

import { GanymedeError } from '../errors.js';
import { isFull } from '../files/room.js';

/** Whatever else was thrown stays as it is. */
export function fullOr(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (!isFull(error) && code !== 'EFBIG') return error;
  return new GanymedeError(
    'INSUFFICIENT_STORAGE',
    `Expected room on the disk of DATA but received ${code}. Free some, and send the same again.`,
    { cause: error },
  );
}
