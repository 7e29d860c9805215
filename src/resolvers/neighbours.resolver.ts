// The query `neighbours`: the training images nearest to a sample or to an image that a client sends. It shows whether
// a generator made something new or remembered, as Figure 2 of the paper does (Goodfellow et al. 2014).

import { Args, ArgsType, Ctx, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { expected } from '../errors.js';
import { checkInteger, LIMITS, rangeOf, TRUNCATION } from '../limits.js';
import { imageOf } from '../models/example.js';
import type { Model } from '../models/model.js';
import { nearestAmong } from '../models/nearest.js';
import type { NeighbourSpace } from '../models/neighbour-spaces.js';
import type { Neighbours as Index, Neighbour as Near } from '../models/neighbours.js';
import { labelChoice, labelOf } from '../pictures/label-choice.js';
import { readLatent } from '../pictures/latents.js';
import { type Draw, drawOf } from '../pictures/picture.js';
import { explicitTruncation, truncationFor } from '../pictures/truncation.js';
import { LABEL_DESCRIPTION } from './draw.args.js';
import { InlineImage, InlineImageArgs } from './inline-image.type.js';
import { ModelArgs, modelOf } from './model.resolver.js';
import {
  type ImageSource,
  ImageSourceScalar,
  type LatentInput,
  LatentScalar,
  NeighbourSpaceEnum,
  SeedScalar,
} from './scalars.js';
import type { RequestScope } from './scope.js';

@ArgsType()
class NeighboursArgs extends ModelArgs {
  @Field(() => SeedScalar, {
    nullable: true,
    description: `Of the sample of this seed, in ${rangeOf(LIMITS.seed)}. Exactly one of seed, z and image is given.`,
  })
  readonly seed?: number | null;

  @Field(() => LatentScalar, { nullable: true, description: 'Of the sample of this latent.' })
  readonly z?: LatentInput | null;

  @Field(() => ImageSourceScalar, { nullable: true, description: 'Of this image, brought to the model’s size.' })
  readonly image?: ImageSource | null;

  @Field(() => Float, {
    defaultValue: 1,
    description: `In ${rangeOf(TRUNCATION)}, for a seed; of a model that takes it (\`Model.truncation\`) for z as well.`,
  })
  readonly truncation!: number;

  @Field(() => String, {
    nullable: true,
    description: `${LABEL_DESCRIPTION} Of the sample; left out, that of the seed. Refused beside an image.`,
  })
  readonly label?: string | null;

  @Field(() => Int, {
    defaultValue: 5,
    description: `How many, in ${rangeOf(LIMITS.neighbours)}, or all where there are fewer.`,
  })
  readonly count!: number;
}

@ObjectType({ description: 'A training image near to another.' })
class Neighbour {
  readonly #index: Index;
  readonly #near: Near;
  readonly #scope: RequestScope;
  readonly #model: Model;

  constructor(near: Near, index: Index, scope: RequestScope, model: Model) {
    this.#near = near;
    this.#index = index;
    this.#scope = scope;
    this.#model = model;
  }

  @Field(() => Int, { description: 'Its place among the training examples, from 0.' })
  get index(): number {
    return this.#near.place;
  }

  @Field(() => Boolean, {
    description:
      'Whether it is that example mirrored, of a model that was trained on mirrored ones too; so is its image.',
  })
  get mirrored(): boolean {
    return this.#near.mirrored;
  }

  @Field(() => Float, {
    description: 'Euclidean distance: of pixels with black at 0 and full intensity at 1, or of features.',
  })
  get distance(): number {
    return this.#near.distance;
  }

  @Field(() => String, { nullable: true, description: 'Its class, if the data has classes.' })
  get label(): string | null {
    return this.#near.label;
  }

  @Field(() => InlineImage)
  image(@Args(() => InlineImageArgs) how: InlineImageArgs): InlineImage {
    const frame = this.#index.imageOf(this.#near.row, imageOf(this.#model.manifest).range);
    return new InlineImage(this.#scope, this.#model, frame, how);
  }
}

@ObjectType({ description: 'The training images nearest to one image.' })
class Neighbours {
  @Field(() => NeighbourSpaceEnum, { description: 'What distances are of.' })
  readonly space!: NeighbourSpace;

  @Field(() => Int, { description: 'Training images in the index, mirrored ones among them.' })
  readonly examples!: number;

  @Field(() => String, { description: 'What the data is called.' })
  readonly dataset!: string;

  @Field(() => [Neighbour], { description: 'The nearest first.' })
  readonly nearest!: readonly Neighbour[];
}

@Resolver()
export class NeighboursResolver {
  @Query(() => Neighbours, {
    description:
      'The training images nearest to a sample or an image. Refused with CAPABILITY_MISSING if nobody wrote an index beside the version, ' +
      'and with INDEX_MISMATCH if it is of another.',
  })
  async neighbours(
    @Ctx('scope') scope: RequestScope,
    @Args(() => NeighboursArgs) args: NeighboursArgs,
  ): Promise<Neighbours> {
    const model = modelOf(scope, args);
    imageOf(model.manifest);
    const count = checkInteger('neighbours', args.count, 'count');
    const read = await exampleOf(args, model, scope);
    return model.withNeighbours(async (opened) => {
      const [near] = await nearestAmong(opened, model, [await read()], count, { signal: scope.signal });
      if (!near || near instanceof Error) throw near;
      const { space, dataset, images } = opened.index;
      return {
        space,
        examples: images.shape[0]!,
        dataset: dataset.name,
        nearest: near.map((one) => new Neighbour(one, opened, scope, model)),
      };
    });
  }
}

/** What it is near to; all that can be refused of the arguments is refused before an image is made or read. */
async function exampleOf(
  { seed, z, image, label, truncation }: NeighboursArgs,
  model: Model,
  scope: RequestScope,
): Promise<() => Promise<Float32Array>> {
  const given = [seed, z, image].filter((one) => one != null).length;
  if (given !== 1) throw expected('exactly one of seed, z and image', given === 0 ? 'none' : `${given} of them`);
  if (image != null) {
    if (truncation !== 1) throw expected('no truncation beside an image', truncation);
    if (label != null) throw expected('no label beside an image', label);
    return () => scope.sentImages.readOne(image, imageOf(model.manifest), 'image');
  }
  const draw = await drawnOf(seed ?? undefined, z, model, { label, truncation });
  return () => scope.examples.load({ model, draw });
}

async function drawnOf(
  seed: number | undefined,
  z: LatentInput | null | undefined,
  model: Model,
  { label, truncation }: { label: string | null | undefined; truncation: number },
): Promise<Draw> {
  const choice = await labelChoice(label ?? undefined, model);
  const own = labelOf(choice, seed, model);
  if (seed === undefined)
    return drawOf(readLatent(z!.values, model, 'z'), own, explicitTruncation(truncation, model), model);
  const asked = truncationFor(model.manifest, truncation);
  const [drawn] = model.latents({ seed: checkInteger('seed', seed), count: 1, truncation: asked });
  return drawOf(drawn!, own, asked, model);
}
