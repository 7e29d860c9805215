// The truncation that somebody asks for, which is refused where it would change nothing.

import { expected, GanymedeError } from '../errors.js';
import { checkTruncation } from '../limits.js';
import type { Manifest } from '../models/manifest.js';
import type { Model } from '../models/model.js';
import { truncationOf } from '../models/truncation.js';
import type { WaypointPlace } from './picture.js';

/** @throws GanymedeError BAD_USER_INPUT for what is outside [0, 1]; CAPABILITY_MISSING where it would change nothing */
export function truncationFor(manifest: Manifest, value: number): number {
  if (checkTruncation(value) === 1 || truncationOf(manifest) !== 'none') return value;
  const { model, version } = manifest;
  throw new GanymedeError(
    'CAPABILITY_MISSING',
    `Expected no truncation for ${model} version ${version} but received ${value}: its generator gives the same however near a latent is to the middle. Leave it out.`,
    { details: { model, version, capability: 'truncation' } },
  );
}

/** Of explicit latents. @throws GanymedeError where it would be dropped in silence */
export function explicitTruncation(value: number, { manifest }: Model): number {
  if (value === 1 || truncationOf(manifest) === 'input') return truncationFor(manifest, value);
  throw expected(`no truncation without a seed, as that of ${manifest.model} is about how latents are drawn,`, value);
}

/** Of a path, of which some waypoints may be seeds. @throws GanymedeError where it would change nothing */
export function pathTruncation(value: number, waypoints: readonly WaypointPlace[], model: Model): number {
  const isDrawn = waypoints.some((waypoint) => 'seed' in waypoint);
  return isDrawn ? truncationFor(model.manifest, value) : explicitTruncation(value, model);
}
