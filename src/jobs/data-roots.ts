// Which data a job may read: what is built in, and what lies under the folders that the settings allow. A path that
// leads out of them, by dots or by a link, is refused; where it is not there, no more is said than that.

import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { parseAddress } from '../datasets/address.js';
import { GanymedeError } from '../errors.js';

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
    `Expected builtin:<name>, or the path of data ${where}, but received ${JSON.stringify(address.slice(0, 200))}.`,
    { details: { dataset: address.slice(0, 200) } },
  );
}

/** The real path where it is there and inside of the real root; null otherwise. */
async function insideOf(root: string, path: string): Promise<string | null> {
  const [realRoot, real] = await Promise.all([realOrNull(root), realOrNull(resolve(path))]);
  if (realRoot === null || real === null) return null;
  const way = relative(realRoot, real);
  const outside = way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
  return outside ? null : real;
}

async function realOrNull(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'].includes(code ?? ''))
      return null;
    throw error;
  }
}
