// Latents, seeds and waypoints that a client sent, checked against the model's latent size and the range of seeds.

import { expected, GanymedeError } from '../errors.js';
import { checkInteger } from '../limits.js';
import { type Latent, MAX_SEED, validateLatent } from '../models/latent.js';
import type { Model } from '../models/model.js';
import type { WaypointPlace } from './picture.js';

/** `name` says where it stood, such as "z[3]". */
export function readLatent(values: Latent | readonly number[], model: Model, name: string): Latent {
  try {
    return validateLatent(values, model.manifest.latent.size);
  } catch (error) {
    if (!(error instanceof GanymedeError)) throw error;
    const { code, message, details } = error;
    throw new GanymedeError(code, `${name}: ${message}`, { details: { ...details, argument: name }, cause: error });
  }
}

/** The seed that the class of a whole path is drawn from: that of its first waypoint, if it is one. */
export function pathSeed([first]: readonly WaypointPlace[]): number | undefined {
  return first && 'seed' in first ? first.seed : undefined;
}

/** The first of `count` seeds; the last of them must be a seed too. */
export function checkSeeds(seed: number, count: number): number {
  checkInteger('seed', seed);
  if (seed + count - 1 <= MAX_SEED) return seed;
  throw expected(`seed + count − 1 to be at most ${MAX_SEED}`, seed + count - 1);
}
