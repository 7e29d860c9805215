// The wording that all readers of data refuse a file with.
import { GanymedeError } from '../errors.js';

/** "Expected X in FILE but received Y." */
export function invalid(file: string, wanted: string, received: string, cause?: unknown): GanymedeError {
  return new GanymedeError('DATASET_INVALID', `Expected ${wanted} in ${file} but received ${received}.`, {
    cause,
    details: { file },
  });
}
