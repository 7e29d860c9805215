// Samples: drawn from seeds or explicit latents, alone, in a grid, or along a path. Arguments are checked here; the
// Sample and Image types do the work when their fields are selected.

import { randomInt } from 'node:crypto';
import { Args, ArgsType, Ctx, Field, Float, InputType, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { expected } from '../errors.js';
import { checkInteger, checkLength, checkTruncation, LIMITS, rangeOf, TRUNCATION } from '../limits.js';
import type { Model } from '../models/model.js';
import { type LabelChoice, labelChoice, labelOf } from '../pictures/label-choice.js';
import { checkSeeds, pathSeed, readLatent, readWaypoint } from '../pictures/latents.js';
import { type AnimationSubject, drawsOf, type GridSubject } from '../pictures/picture.js';
import { Image } from './image.type.js';
import { ModelArgs, modelOf } from './model.resolver.js';
import { Sample, SIZE_DESCRIPTION } from './sample.type.js';
import {
  AnimationFormat,
  InterpolationMethod,
  type LatentInput,
  LatentScalar,
  SeedScalar,
  StillFormat,
} from './scalars.js';
import type { RequestScope } from './scope.js';

const SEED_DESCRIPTION = `In ${rangeOf(LIMITS.seed)}; sample i has seed + i, which must stay in the range. Left out: a random one.`;

const LABEL_DESCRIPTION = 'One of `Model.labels`, for a conditional model only.';

@ArgsType()
class DrawArgs extends ModelArgs {
  @Field(() => SeedScalar, { nullable: true, description: SEED_DESCRIPTION })
  readonly seed?: number | null;

  @Field(() => Float, {
    defaultValue: 1,
    description: `In ${rangeOf(TRUNCATION)}: scales latents of seeds toward the prior’s mean. 1 is the whole prior, 0 its mean.`,
  })
  readonly truncation!: number;

  @Field(() => String, {
    nullable: true,
    description: `${LABEL_DESCRIPTION} Left out: each sample’s class is drawn from its seed, evenly.`,
  })
  readonly label?: string | null;
}

@ArgsType()
class SampleArgs extends DrawArgs {
  @Field(() => Int, {
    nullable: true,
    description: `How many samples, in ${rangeOf(LIMITS.count)}. Left out: 1, or as many as z has.`,
  })
  readonly count?: number | null;

  @Field(() => [LatentScalar], {
    nullable: true,
    description: `Explicit latents, ${rangeOf(LIMITS.count)} of them, instead of count, seed and truncation. Numbers must be finite. A conditional model needs a label beside them.`,
  })
  readonly z?: readonly LatentInput[] | null;
}

@ArgsType()
class GridArgs extends DrawArgs {
  @Field(() => Int, { defaultValue: 4, description: `In ${rangeOf(LIMITS.rows)}.` })
  readonly rows!: number;

  @Field(() => Int, { defaultValue: 4, description: `In ${rangeOf(LIMITS.columns)}.` })
  readonly columns!: number;

  @Field(() => StillFormat, { defaultValue: StillFormat.PNG })
  readonly format!: (typeof StillFormat)[keyof typeof StillFormat];

  @Field(() => Int, { nullable: true, description: SIZE_DESCRIPTION })
  readonly size?: number | null;
}

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
    description:
      'The frames as one animated image. It plays for ever if the path loops, else once. Refused with CAPABILITY_MISSING for a model of points.',
  })
  animation(@Args(() => AnimationArgs) { format, fps, size }: AnimationArgs): Image {
    const subject: AnimationSubject = { kind: 'animation', fps: checkInteger('fps', fps), ...this.#path };
    const picture = { subject, format, ...(size != null && { size: checkInteger('size', size) }) };
    return new Image(this.#scope, this.#model, picture, () => Promise.all(this.frames.map((frame) => frame.example())));
  }
}

@Resolver()
export class SampleResolver {
  @Query(() => [Sample], { description: 'Samples of a model, from seeds or from explicit latents.' })
  async sample(@Ctx('scope') scope: RequestScope, @Args(() => SampleArgs) args: SampleArgs): Promise<Sample[]> {
    const model = modelOf(scope, args);
    const choice = await labelChoice(args.label ?? undefined, model);
    if (args.z != null) return samplesOfLatents(scope, model, args, args.z, choice);
    const count = checkInteger('count', args.count ?? 1);
    const truncation = checkTruncation(args.truncation);
    const first = firstSeed(args.seed, count);
    return Array.from({ length: count }, (_, i) => {
      const seed = first + i;
      return new Sample(scope, model, { kind: 'seed', seed, truncation, label: labelOf(choice, seed, model) });
    });
  }

  @Query(() => Image, {
    description:
      'Samples in rows and columns as one image. Its `url` tells the seed. Refused with CAPABILITY_MISSING for a model of points.',
  })
  async sampleGrid(@Ctx('scope') scope: RequestScope, @Args(() => GridArgs) args: GridArgs): Promise<Image> {
    const model = modelOf(scope, args);
    const rows = checkInteger('rows', args.rows);
    const columns = checkInteger('columns', args.columns);
    const truncation = checkTruncation(args.truncation);
    const subject: GridSubject = {
      kind: 'grid',
      seed: firstSeed(args.seed, rows * columns),
      truncation,
      rows,
      columns,
      label: await labelChoice(args.label ?? undefined, model),
    };
    const picture = {
      subject,
      format: args.format,
      ...(args.size != null && { size: checkInteger('size', args.size) }),
    };
    return new Image(scope, model, picture, () => scope.generate(model, drawsOf(subject, model)));
  }

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
    const label = labelOf(await labelChoice(args.label ?? undefined, model), pathSeed(waypoints), model);
    const { method, loop } = args;
    return new Interpolation(scope, model, { waypoints, steps, method, loop, truncation, label });
  }
}

/** What cannot go together is refused, not ignored: a silently dropped seed would be taken for the one in use. */
function samplesOfLatents(
  scope: RequestScope,
  model: Model,
  { seed, count, truncation }: SampleArgs,
  latents: readonly LatentInput[],
  choice: LabelChoice,
): Sample[] {
  if (seed != null) throw expected('either z or seed', 'both');
  if (truncation !== 1) throw expected('no truncation beside z', truncation);
  if (count != null && count !== latents.length)
    throw expected(`count to be the ${latents.length} of z, or left out`, count);
  checkInteger('count', latents.length);
  const label = labelOf(choice, undefined, model);
  return latents.map(
    ({ values }, i) => new Sample(scope, model, { kind: 'latent', z: readLatent(values, model, `z[${i}]`), label }),
  );
}

function firstSeed(seed: number | null | undefined, count: number): number {
  return seed == null ? randomInt(LIMITS.seed.most - count + 2) : checkSeeds(seed, count);
}
