// The work of `ganymede interpolate`: a path through the latents of some seeds as one animation.

import { mkdir } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { expected } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { FORMATS } from '../images/image.js';
import { type Asking, asks, imageOf } from './asking.js';
import { bytesOfUri } from './data-uri.js';

export interface InterpolateOptions extends Asking {
  readonly seeds: readonly number[];
  /** Its extension names the format. */
  readonly out: string;
  readonly trunc: number;
  readonly class?: string;
  readonly steps: number;
  readonly fps: number;
  readonly method: string;
  readonly loop?: boolean;
  readonly size?: number;
}

const INTERPOLATE = `query Interpolate($model: String!, $version: Int, $waypoints: [Waypoint!]!, $steps: Int!, $loop: Boolean!,
    $method: InterpolationMethod!, $trunc: Float!, $label: String, $format: AnimationFormat!, $fps: Int!, $size: Int) {
  interpolate(model: $model, version: $version, waypoints: $waypoints, steps: $steps, loop: $loop, method: $method,
              truncation: $trunc, label: $label) {
    animation(format: $format, fps: $fps, size: $size) { dataUri }
  }
}`;

export const interpolate = asks<InterpolateOptions>(async (options, { client, facts, report, variables }) => {
  imageOf(facts, options);
  const { seeds, out, steps, fps, trunc } = options;
  const { data, errors } = await client.ask<{ interpolate: { animation: { dataUri: string } | null } }>(INTERPOLATE, {
    ...{ ...variables, steps, fps, trunc },
    waypoints: seeds.map((seed) => ({ seed })),
    format: formatOf(out),
    method: options.method.toUpperCase(),
    loop: options.loop ?? false,
    label: options.class ?? null,
    size: options.size ?? null,
  });
  const { animation } = data.interpolate;
  if (!animation) throw errors[0]!.error;
  await mkdir(dirname(out), { recursive: true });
  await writeFileAtomically(out, bytesOfUri(animation.dataUri));
  report.picture(out);
  return { done: 1, failed: 0 };
});

function formatOf(path: string): string {
  const extension = extname(path).slice(1).toLowerCase();
  const animated = Object.entries(FORMATS).filter(([, { animated }]) => animated);
  const found = animated.find(([, format]) => format.extension === extension);
  if (found) return found[0].toUpperCase();
  const known = animated.map(([, format]) => `.${format.extension}`).join(', ');
  throw expected(`--out to end in one of ${known}`, path);
}
