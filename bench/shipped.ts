// The models that come with the project, without their numbers: these grow whenever one is made better.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SHIPPED_CHECKPOINTS } from 'ganymede/config.js';
import { versionsAmong } from 'ganymede/models/numbers.js';

/** The newest version that is shipped of a model. */
export function shippedVersion(model: string): number {
  return versionsAmong(readdirSync(join(SHIPPED_CHECKPOINTS, model))).at(-1)!;
}

/** Its folder. */
export function shippedFolder(model: string): string {
  return join(SHIPPED_CHECKPOINTS, model, String(shippedVersion(model)));
}
