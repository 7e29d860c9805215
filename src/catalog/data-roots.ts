// Which data a job may read: what is built in, and what lies under the folders that the settings allow. A path that
// leads out of them, by dots or by a link, is refused; where it is not there, no more is said than that.

import { isAbsolute, join, resolve } from 'node:path';
import { parseAddress } from '../datasets/address.js';
import { GanymedeError } from '../errors.js';
import { realPathInside } from '../files/inside.js';

/**
 * The address that a work opens, for one that a client gave: `builtin:<name>`, or a path, absolute or from one of the
 * roots, each perhaps with settings behind commas. @throws GanymedeError DATASET_INVALID
 */
export async function allowedData(address: string, roots: readonly string[]): Promise<string> {
  const { path, builtin } = parseAddress(address);
  if (builtin) return address;
  for (const root of roots) {
    const found = await insideOf(root, isAbsolute(path) ? path : join(root, path));
    if (found !== null) return `${found}${address.slice(path.length)}`;
  }
  const where = roots.length === 0 ? 'and no folder of data is allowed here (DATA_ROOTS)' : 'under the allowed folders';
  throw new GanymedeError(
    'DATASET_INVALID',
    `Expected the name of a data set, builtin:<name>, or the path of data ${where}, but received ${JSON.stringify(address.slice(0, 200))}.`,
    { details: { dataset: address.slice(0, 200) } },
  );
}

/** The real path where it is there and inside of the root; null otherwise. */
async function insideOf(root: string, path: string): Promise<string | null> {
  try {
    return await realPathInside(resolve(path), root);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (NOT_THERE.has(code)) return null;
    throw error;
  }
}

const NOT_THERE: ReadonlySet<string | undefined> = new Set([
  ...['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'],
]);
