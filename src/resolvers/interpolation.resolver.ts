// The query `interpolate`: a path through waypoints in latent space, as single samples or as an animation.

import { Args, ArgsType, Ctx, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { checkInteger, LIMITS, rangeOf, TRUNCATION } from '../limits.js';
import type { Model } from '../models/model.js';
import { askedLabel } from '../pictures/label-choice.js';
import { type AnimationSubject, drawsAlong, type Path, type StripSubject } from '../pictures/picture.js';
import { pathTruncation } from '../pictures/truncation.js';
import { LABEL_DESCRIPTION, LABELS_DESCRIPTION, LabelWeightInput } from './draw.args.js';
import { Image } from './image.type.js';
import { ModelArgs, modelOf } from './model.resolver.js';
import { Sample, SIZE_DESCRIPTION } from './sample.type.js';
import { AnimationFormat, InterpolationMethod, StillFormat } from './scalars.js';
import type { RequestScope } from './scope.js';
import { readWaypoints, WaypointInput } from './waypoints.js';

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
  readonly method!: Path['method'];

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether the path returns to the first waypoint; its frame is not repeated, so that it can run round.',
  })
  readonly loop!: boolean;

  @Field(() => Float, {
    defaultValue: 1,
    description: `In ${rangeOf(TRUNCATION)}, for waypoints given as seeds; of a model that takes it (\`Model.truncation\`) for all frames.`,
  })
  readonly truncation!: number;

  @Field(() => String, {
    nullable: true,
    description: `${LABEL_DESCRIPTION} The class of the whole path, where its waypoints have none of their own. Left out: that drawn from the seed of the first waypoint; if that is not a seed, it must be given.`,
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

@ArgsType()
class StripArgs {
  @Field(() => Int, {
    nullable: true,
    description: `Frames, in ${rangeOf(LIMITS.steps)}, at equal distances along the whole path. Left out: all that the path has.`,
  })
  readonly steps?: number | null;

  @Field(() => Int, { nullable: true, description: `In ${rangeOf(LIMITS.columns)}. Left out: as many as are allowed.` })
  readonly columns?: number | null;

  @Field(() => StillFormat, { defaultValue: StillFormat.PNG })
  readonly format!: (typeof StillFormat)[keyof typeof StillFormat];

  @Field(() => Int, { nullable: true, description: SIZE_DESCRIPTION })
  readonly size?: number | null;
}

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
    this.#frames ??= drawsAlong(this.#path, this.#model).map(
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
    return new Image(this.#scope, this.#model, picture, () => this.#made());
  }

  @Field(() => Image, {
    nullable: true,
    description: 'Frames side by side, row by row, as one still image: a contact strip. Null as `animation` is.',
  })
  strip(@Args(() => StripArgs) { steps: asked, columns, format, size }: StripArgs): Image {
    const steps = asked == null ? this.#path.steps : checkInteger('steps', asked);
    const across = checkInteger('columns', columns ?? LIMITS.columns.most);
    const subject: StripSubject = { kind: 'strip', ...this.#path, steps, columns: Math.min(across, steps) };
    const picture = { subject, format, ...(size != null && { size: checkInteger('size', size) }) };
    const all = steps === this.#path.steps;
    return new Image(this.#scope, this.#model, picture, () =>
      all ? this.#made() : this.#scope.generate(this.#model, drawsAlong(subject, this.#model)),
    );
  }

  #made(): Promise<Float32Array[]> {
    return Promise.all(this.frames.map((frame) => frame.example()));
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
    const steps = checkInteger('steps', args.steps);
    const waypoints = await readWaypoints(scope, model, args.waypoints, askedLabel(args));
    const truncation = pathTruncation(args.truncation, waypoints, model);
    const { method, loop } = args;
    return new Interpolation(scope, model, { waypoints, steps, method, loop, truncation });
  }
}
