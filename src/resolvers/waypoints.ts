// The waypoints of a path as a client sends them. What a waypoint leaves out, its place or its class, it has from the
// one before it; the first ones have it from the first that tells.

import { Field, InputType } from 'type-graphql';
import { expected } from '../errors.js';
import { checkInteger, checkLength, LIMITS, rangeOf } from '../limits.js';
import type { Model } from '../models/model.js';
import { type AskedLabel, askedLabel, type Label, labelChoice, labelOf } from '../pictures/label-choice.js';
import { pathSeed, readLatent } from '../pictures/latents.js';
import type { Waypoint, WaypointPlace } from '../pictures/picture.js';
import { LabelWeightInput } from './draw.args.js';
import { encodedImages } from './encoded-images.js';
import { type ImageSource, ImageSourceScalar, type LatentInput, LatentScalar, SeedScalar } from './scalars.js';
import type { RequestScope } from './scope.js';

@InputType('Waypoint', {
  description:
    'A point that an interpolation passes: exactly one of seed, z and image, and for a conditional model its class. ' +
    'One that has only a class is where the waypoint before it is, and one that has only a place is of the class of that waypoint.',
})
export class WaypointInput {
  @Field(() => SeedScalar, { nullable: true, description: `In ${rangeOf(LIMITS.seed)}.` })
  readonly seed?: number | null;

  @Field(() => LatentScalar, { nullable: true, description: 'Finite numbers.' })
  readonly z?: LatentInput | null;

  @Field(() => ImageSourceScalar, {
    nullable: true,
    description: 'Its z is what the model’s encoder finds for it. CAPABILITY_MISSING for a model without one.',
  })
  readonly image?: ImageSource | null;

  @Field(() => String, { nullable: true, description: 'One of `Model.labels`, instead of a label of the path.' })
  readonly label?: string | null;

  @Field(() => [LabelWeightInput], { nullable: true, description: 'A mixture, as that of a path.' })
  readonly labels?: readonly LabelWeightInput[] | null;
}

/** `asked`: the class of the whole path, if the client gave one. */
export async function readWaypoints(
  scope: RequestScope,
  model: Model,
  sent: readonly WaypointInput[],
  asked: AskedLabel,
): Promise<Waypoint[]> {
  checkLength('waypoints', sent);
  const labels = await labelsOf(sent, asked, model);
  const places = await placesOf(scope, model, sent, labels);
  return places.map((place, i) => ({ ...place, label: labels[i]! }));
}

/** Those that waypoints have, or else one for the whole path, drawn from the seed it starts from if need be. */
async function labelsOf(sent: readonly WaypointInput[], asked: AskedLabel, model: Model): Promise<Label[]> {
  const own = sent.map((waypoint) => askedLabel(waypoint));
  if (own.every((label) => label === undefined)) {
    const label = labelOf(await labelChoice(asked, model), pathSeed(seedsOf(sent)), model);
    return sent.map(() => label);
  }
  if (asked !== undefined) throw expected('classes of the path or of its waypoints', 'both');
  const told = own.map(async (label) =>
    label === undefined ? undefined : labelOf(await labelChoice(label, model), undefined, model),
  );
  return carriedOn(await Promise.all(told));
}

async function placesOf(
  scope: RequestScope,
  model: Model,
  sent: readonly WaypointInput[],
  labels: readonly Label[],
): Promise<WaypointPlace[]> {
  const places = sent.map((waypoint, i) => placeOf(waypoint, model, `waypoints[${i}]`));
  if (places.every((place) => place === undefined)) {
    throw expected('waypoints of which one has a seed, a z or an image', 'classes alone');
  }
  const images = places.flatMap((place, i) =>
    place && 'image' in place ? [{ image: place.image, label: labels[i]!, name: `waypoints[${i}].image` }] : [],
  );
  const latents = (await encodedImages(scope, model, images)).values();
  return carriedOn(places.map((place) => (place && 'image' in place ? { z: latents.next().value! } : place)));
}

/** Undefined for a waypoint that has only a class. */
function placeOf(
  waypoint: WaypointInput,
  model: Model,
  name: string,
): WaypointPlace | { readonly image: ImageSource } | undefined {
  const { seed, z, image } = waypoint;
  const given = [seed, z, image].filter((one) => one != null).length;
  if (given === 0 && askedLabel(waypoint) !== undefined) return undefined;
  if (given !== 1) {
    throw expected(
      `${name} to have exactly one of seed, z and image, or a class alone`,
      given === 0 ? 'none' : 'several',
    );
  }
  if (seed != null) return { seed: checkInteger('seed', seed) };
  return z != null ? { z: readLatent(z.values, model, `${name}.z`) } : { image: image! };
}

/** As far as `pathSeed` asks: only a seed can tell a class. */
function seedsOf([first]: readonly WaypointInput[]): WaypointPlace[] {
  return first?.seed == null ? [] : [{ seed: checkInteger('seed', first.seed) }];
}

/** One that is undefined is the one before it, or before the first one that is not, that one. At least one is. */
function carriedOn<T>(list: readonly (T | undefined)[]): T[] {
  let last = list.find((one) => one !== undefined)!;
  return list.map((one) => {
    last = one ?? last;
    return last;
  });
}
