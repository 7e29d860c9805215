// The models that come with the project, without their numbers: these grow whenever one is made better.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const SHIPPED = fileURLToPath(new URL('../checkpoints', import.meta.url));

/** The newest version that is shipped of a model. */
export function shippedVersion(model: string): number {
  return Math.max(...readdirSync(join(SHIPPED, model)).map(Number).filter(Number.isInteger));
}

/** Its folder. */
export function shippedFolder(model: string): string {
  return join(SHIPPED, model, String(shippedVersion(model)));
}
