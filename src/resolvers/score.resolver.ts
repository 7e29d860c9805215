// Scores of images or points that a client sends, shown to the model's scorer. Images are decoded and brought to
// its size first. Each entry has an answer of its own: one that cannot be used leaves the others theirs.

import { Args, ArgsType, Ctx, Field, Float, Query, Resolver } from 'type-graphql';
import { expected, GanymedeError } from '../errors.js';
import { checkLength, LIMITS, rangeOf } from '../limits.js';
import { imageOf } from '../models/example.js';
import type { Model } from '../models/model.js';
import { scoredLabels } from '../pictures/label-choice.js';
import { entries, type ImageError, orImageError } from './image-error.type.js';
import { ModelArgs, modelOf } from './model.resolver.js';
import { type ImageSource, ImageSourceScalar } from './scalars.js';
import type { RequestScope } from './scope.js';
import { ScoreType } from './score.type.js';

const ScoreResult = orImageError('ScoreResult', ScoreType, 'Score');

@ArgsType()
class ScoreArgs extends ModelArgs {
  @Field(() => [ImageSourceScalar], {
    nullable: true,
    description:
      `For a model of images: ${rangeOf(LIMITS.images)} of them. ` +
      'Other sizes and colours are converted to what the model was trained on.',
  })
  readonly images?: readonly ImageSource[] | null;

  @Field(() => [[Float]], {
    nullable: true,
    description:
      `For a model of points: ${rangeOf(LIMITS.points)} of them, each of \`Model.pointSize\` coordinates, finite in float32. ` +
      'Exactly one of images and points is given.',
  })
  readonly points?: readonly (readonly number[])[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Classes that the examples are taken for, of `Model.labels`: one for all, or one each. ' +
      'A FITTED scorer that knows classes may be asked without; a GAME one that is told of them has to be told. ' +
      'Others refuse them: `Scoring.takesLabel` and `needsLabel`.',
  })
  readonly labels?: readonly string[] | null;
}

@Resolver()
export class ScoreResolver {
  @Query(() => [ScoreResult], {
    description:
      'What the scorer says of each image or point, in order. One that cannot be used is an ImageError in its place.',
  })
  async score(
    @Ctx('scope') scope: RequestScope,
    @Args(() => ScoreArgs) args: ScoreArgs,
  ): Promise<(ScoreType | ImageError)[]> {
    const model = modelOf(scope, args);
    const { count, read } = examplesOf(args, model, scope);
    const labels = await scoredLabels(args.labels, count, model); // before the images, which cost more
    const scores = await model.scoreEach(await read(), { signal: scope.signal, labels });
    return entries(
      scores.map((score) => (score instanceof Error ? score : scope.scored(score, model))),
      scope,
    );
  }
}

interface Examples {
  readonly count: number;
  readonly read: () => Promise<(Float32Array | GanymedeError)[]>;
}

/** Exactly one of images and points, and that which the model knows. */
function examplesOf({ images, points }: ScoreArgs, model: Model, scope: RequestScope): Examples {
  if (images != null && points == null) {
    const sources = checkLength('images', images);
    const spec = imageOf(model.manifest);
    return { count: sources.length, read: () => scope.sentImages.readEach(sources, spec) };
  }
  if (points != null && images == null) {
    const list = checkLength('points', points);
    if (!model.manifest.point) throw notOfPoints(model);
    return { count: list.length, read: async () => list.map((point) => Float32Array.from(point)) };
  }
  throw expected('exactly one of images and points', images == null ? 'neither' : 'both');
}

function notOfPoints({ name, version }: Model): GanymedeError {
  return new GanymedeError(
    'CAPABILITY_MISSING',
    `Expected a model of points but ${name} version ${version} makes images. Send images.`,
    { details: { model: name, version } },
  );
}
