// The wording in which all readers of data refuse a file, and name those that they leave out.
import { GanymedeError } from '../errors.js';

/** "Expected X in FILE but received Y." */
export function invalid(file: string, wanted: string, received: string, cause?: unknown): GanymedeError {
  return new GanymedeError('DATASET_INVALID', `Expected ${wanted} in ${file} but received ${received}.`, {
    cause,
    details: { file },
  });
}

/** Named in a sentence. */
const NAMED = 3;

/** "a, b, c and 4 more", of `count` files of which some are named. */
export function someOf(names: readonly string[], count = names.length): string {
  const more = count > NAMED ? ` and ${count - NAMED} more` : '';
  return `${names.slice(0, NAMED).join(', ')}${more}`;
}
