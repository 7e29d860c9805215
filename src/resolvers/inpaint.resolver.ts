// The query `inpaint`: completions of an image of which a part is hidden. What is known comes back bit for bit, as the
// 8-bit pixels that the image has once it is brought to the model's size.

import { Args, ArgsType, Ctx, Field, InputType, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { expected } from '../errors.js';
import { checkInteger, LIMITS, rangeOf } from '../limits.js';
import { type ImageSpec, imageOf } from '../models/example.js';
import { completeEach } from '../models/inference.js';
import { type Label, labelChoice, labelName, labelOf } from '../pictures/label-choice.js';
import { checkMask, type Half, otherHalf, outsideOf, type Rectangle, whiteOf } from '../pictures/mask.js';
import { firstSeed, LABEL_DESCRIPTION } from './draw.args.js';
import { entries, type ImageError, orImageError } from './image-error.type.js';
import { InlineImage, InlineImageArgs } from './inline-image.type.js';
import { ModelArgs, modelOf } from './model.resolver.js';
import { HalfOfImage, type ImageSource, ImageSourceScalar, SeedScalar } from './scalars.js';
import type { RequestScope } from './scope.js';

@InputType('Rectangle', {
  description: 'Pixels of the image as the model has it, `Model.image`. The whole rectangle lies within it.',
})
class RectangleInput implements Rectangle {
  @Field(() => Int, { description: 'Left edge, from 0.' })
  readonly x!: number;

  @Field(() => Int, { description: 'Upper edge, from 0.' })
  readonly y!: number;

  @Field(() => Int)
  readonly width!: number;

  @Field(() => Int)
  readonly height!: number;
}

const MASK_IMAGE =
  'Grey as of Rec. 601, transparent is black, and half the intensity counts as white. ' +
  'Another size is brought to that of the model as images are, scaled to cover it and cropped to the centre, but by nearest neighbour.';

@InputType('Mask', { description: 'Which pixels are hidden, so that the model completes them: exactly one of these.' })
class MaskInput {
  @Field(() => ImageSourceScalar, { nullable: true, description: `White where pixels are hidden. ${MASK_IMAGE}` })
  readonly hidden?: ImageSource | null;

  @Field(() => ImageSourceScalar, { nullable: true, description: `White where pixels are known. ${MASK_IMAGE}` })
  readonly known?: ImageSource | null;

  @Field(() => RectangleInput, { nullable: true, description: 'Hides what is inside.' })
  readonly rectangle?: Rectangle | null;

  @Field(() => HalfOfImage, {
    nullable: true,
    description: 'Hides a half. Of an odd number of rows or columns the middle one belongs to TOP or LEFT.',
  })
  readonly half?: Half | null;
}

@ArgsType()
class InpaintArgs extends ModelArgs {
  @Field(() => ImageSourceScalar, {
    description: 'Other sizes and colours are converted to what the model was trained on, as in `score`.',
  })
  readonly image!: ImageSource;

  @Field(() => MaskInput)
  readonly mask!: MaskInput;

  @Field(() => Int, { defaultValue: 1, description: `How many completions, in ${rangeOf(LIMITS.count)}.` })
  readonly count!: number;

  @Field(() => SeedScalar, {
    nullable: true,
    description: `In ${rangeOf(LIMITS.seed)}; completion i has seed + i, which must stay in the range. Left out: a random one.`,
  })
  readonly seed?: number | null;

  @Field(() => String, {
    nullable: true,
    description: `${LABEL_DESCRIPTION} Where the inpainter is told of classes and this is left out, each completion’s class is drawn from its seed.`,
  })
  readonly label?: string | null;
}

@ObjectType({ description: 'One way in which an image may go on where it is hidden.' })
class Completion {
  @Field(() => SeedScalar, { description: 'The same image, mask, seed, model and version give the same completion.' })
  readonly seed!: number;

  @Field(() => String, { nullable: true, description: 'Its class, if the model’s inpainter is told of classes.' })
  readonly label!: string | null;

  readonly inline!: (args: InlineImageArgs) => InlineImage;

  @Field(() => InlineImage, {
    description: 'The whole image. It has no address, because none could hold the image that was sent.',
  })
  image(@Args(() => InlineImageArgs) args: InlineImageArgs): InlineImage {
    return this.inline(args);
  }

  constructor(seed: number, label: string | null, inline: Completion['inline']) {
    this.seed = seed;
    this.label = label;
    this.inline = inline;
  }
}

const InpaintResult = orImageError('InpaintResult', Completion, 'Completion');

@Resolver()
export class InpaintResolver {
  @Query(() => [InpaintResult], {
    description:
      'Completions of an image, one a seed. One that does not come out finite is an ImageError in its place. ' +
      'Refused with CAPABILITY_MISSING if the model has no inpainter.',
  })
  async inpaint(
    @Ctx('scope') scope: RequestScope,
    @Args(() => InpaintArgs) args: InpaintArgs,
  ): Promise<(Completion | ImageError)[]> {
    const model = modelOf(scope, args);
    const image = imageOf(model.manifest);
    model.require('inpaint');
    const count = checkInteger('count', args.count);
    const first = firstSeed(args.seed, count);
    const choice = await labelChoice(args.label ?? undefined, model, 'inpaint');
    const known = checkMask(await readMask(args.mask, image, scope));
    const pixels = await scope.sentImages.readOne(args.image, image, 'image');
    const seeds = Array.from({ length: count }, (_, i) => first + i);
    const labels = seeds.map((seed) => labelOf(choice, seed, model));
    const latents = model.latents({ seed: first, count });
    const completed = await completeEach(model, pixels, known, latents, { signal: scope.signal, ...told(labels) });
    return entries(
      completed.map((made, i) => {
        if (made instanceof Error) return made;
        const inline = (how: InlineImageArgs) => new InlineImage(scope, model, made, how);
        return new Completion(seeds[i]!, labelName(labels[i]!, model), inline);
      }),
      scope,
    );
  }
}

async function readMask(
  { hidden, known, rectangle, half }: MaskInput,
  image: ImageSpec,
  scope: RequestScope,
): Promise<Float32Array> {
  if (rectangle) return outsideOf(rectangle, image);
  if (half) return otherHalf(half, image);
  if (hidden) return whiteOf(await scope.sentImages.readGrey(hidden, 'mask.hidden'), 'hidden', image);
  if (known) return whiteOf(await scope.sentImages.readGrey(known, 'mask.known'), 'known', image);
  throw expected('exactly one of hidden, known, rectangle and half as mask', 'none');
}

/** Nothing for an inpainter that is not told of classes. */
function told(labels: readonly Label[]): { labels?: Exclude<Label, null>[] } {
  const classes = labels.flatMap((label) => (label === null ? [] : [label]));
  return classes.length === 0 ? {} : { labels: classes };
}
