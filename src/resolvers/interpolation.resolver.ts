// The query `interpolate`: a path through waypoints in latent space, as single samples or as an animation.

import { Args, ArgsType, Ctx, Field, Float, InputType, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { checkInteger, checkLength, checkTruncation, LIMITS, rangeOf, TRUNCATION } from '../limits.js';
import type { Model } from '../models/model.js';
import { askedLabel, labelChoice, labelOf } from '../pictures/label-choice.js';
import { pathSeed, readWaypoint } from '../pictures/latents.js';
import { type AnimationSubject, drawsOf } from '../pictures/picture.js';
import { LABEL_DESCRIPTION, LABELS_DESCRIPTION, LabelWeightInput } from './draw.args.js';
import { Image } from './image.type.js';
import { ModelArgs, modelOf } from './model.resolver.js';
import { Sample, SIZE_DESCRIPTION } from './sample.type.js';
import { AnimationFormat, InterpolationMethod, type LatentInput, LatentScalar, SeedScalar } from './scalars.js';
import type { RequestScope } from './scope.js';

@InputType('Waypoint', { description: 'A point that an interpolation passes: exactly one of seed and z.' })
class WaypointInput {
  @Field(() => SeedScalar, { nullable: true, description: `In ${rangeOf(LIMITS.seed)}.` })
  readonly seed?: number | null;

  @Field(() => LatentScalar, { nullable: true, description: 'Finite numbers.' })
  readonly z?: LatentInput | null;
}

@ArgsType()
class InterpolateArgs extends ModelArgs {
  @Field(() => [WaypointInput], { description: `${rangeOf(LIMITS.waypoints)} of them.` })
  readonly waypoints!: readonly WaypointInput[];

  @Field(() => Int, {
    defaultValue: 16,
    description: `Frames in all, in ${rangeOf(LIMITS.steps)}, at equal distances along the whole path.`,
  })
  readonly steps!: number;

  @Field(() => InterpolationMethod, { defaultValue: InterpolationMethod.SLERP })
  readonly method!: AnimationSubject['method'];

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether the path returns to the first waypoint; its frame is not repeated, so that it can run round.',
  })
  readonly loop!: boolean;

  @Field(() => Float, { defaultValue: 1, description: `In ${rangeOf(TRUNCATION)}, for waypoints given as seeds.` })
  readonly truncation!: number;

  @Field(() => String, {
    nullable: true,
    description: `${LABEL_DESCRIPTION} The whole path has one class. Left out: that drawn from the seed of the first waypoint; if that is a z, it must be given.`,
  })
  readonly label?: string | null;

  @Field(() => [LabelWeightInput], { nullable: true, description: LABELS_DESCRIPTION })
  readonly labels?: readonly LabelWeightInput[] | null;
}

@ArgsType()
class AnimationArgs {
  @Field(() => AnimationFormat, { defaultValue: AnimationFormat.WEBP })
  readonly format!: (typeof AnimationFormat)[keyof typeof AnimationFormat];

  @Field(() => Int, { defaultValue: 12, description: `Frames per second, in ${rangeOf(LIMITS.fps)}.` })
  readonly fps!: number;

  @Field(() => Int, { nullable: true, description: SIZE_DESCRIPTION })
  readonly size?: number | null;
}

type Path = Omit<AnimationSubject, 'kind' | 'fps'>;

@ObjectType({ description: 'A path through latent space.' })
class Interpolation {
  readonly #scope: RequestScope;
  readonly #model: Model;
  readonly #path: Path;
  #frames: readonly Sample[] | undefined;

  constructor(scope: RequestScope, model: Model, path: Path) {
    this.#scope = scope;
    this.#model = model;
    this.#path = path;
  }

  @Field(() => [Sample], { description: 'The frames in order. Their seed is null: most lie between seeds.' })
  get frames(): readonly Sample[] {
    const path: AnimationSubject = { kind: 'animation', fps: 1, ...this.#path };
    this.#frames ??= drawsOf(path, this.#model).map(
      (draw) => new Sample(this.#scope, this.#model, { kind: 'latent', ...draw }),
    );
    return this.#frames;
  }

  @Field(() => Image, {
    nullable: true,
    description:
      'The frames as one animated image. It plays for ever if the path loops, else once. Null, with an error, if a frame is not finite, and with CAPABILITY_MISSING for a model of points.',
  })
  animation(@Args(() => AnimationArgs) { format, fps, size }: AnimationArgs): Image {
    const subject: AnimationSubject = { kind: 'animation', fps: checkInteger('fps', fps), ...this.#path };
    const picture = { subject, format, ...(size != null && { size: checkInteger('size', size) }) };
    return new Image(this.#scope, this.#model, picture, () => Promise.all(this.frames.map((frame) => frame.example())));
  }
}

@Resolver()
export class InterpolationResolver {
  @Query(() => Interpolation, { description: 'A path through waypoints in latent space.' })
  async interpolate(
    @Ctx('scope') scope: RequestScope,
    @Args(() => InterpolateArgs) args: InterpolateArgs,
  ): Promise<Interpolation> {
    const model = modelOf(scope, args);
    const waypoints = checkLength('waypoints', args.waypoints).map((waypoint, i) =>
      readWaypoint(waypoint, model, `waypoints[${i}]`),
    );
    const steps = checkInteger('steps', args.steps);
    const truncation = checkTruncation(args.truncation);
    const label = labelOf(await labelChoice(askedLabel(args), model), pathSeed(waypoints), model);
    const { method, loop } = args;
    return new Interpolation(scope, model, { waypoints, steps, method, loop, truncation, label });
  }
}
