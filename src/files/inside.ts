// Whether a path lies inside a folder once every symbolic link on the way is followed.
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';

/** The real path where it is the folder or lies below it; null otherwise. Both must exist. */
export async function realPathInside(path: string, folder: string): Promise<string | null> {
  const [real, root] = await Promise.all([realpath(path), realpath(folder)]);
  const way = relative(root, real);
  const outside = way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
  return outside ? null : real;
}
