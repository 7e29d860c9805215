// A full disk, in our words.

import { GanymedeError } from '../errors.js';

const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Whatever else was thrown stays as it is. */
export function fullOr(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (!FULL.has(code)) return error;
  return new GanymedeError(
    'INSUFFICIENT_STORAGE',
    `Expected room on the disk of DATA but received ${code}. Free some, and send the same again.`,
    { cause: error },
  );
}
