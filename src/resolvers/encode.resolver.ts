// The query `encode`: z of images that a client sends, and what the generator makes of it again. An image alone tells
// no z, so an encoder guesses, and descent along the generator's gradient comes nearer.

import { Args, ArgsType, Ctx, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { toBase64 } from '../base64.js';
import { GanymedeError } from '../errors.js';
import { checkInteger, checkLength, LIMITS, rangeOf } from '../limits.js';
import type { Capability } from '../models/capabilities.js';
import { type Encoded, invertEach, START_SEEDS } from '../models/encoding.js';
import { imageOf } from '../models/example.js';
import type { Latent } from '../models/latent.js';
import type { Model } from '../models/model.js';
import { meanSquaredError } from '../models/refinement.js';
import { exampleLabels } from '../pictures/label-choice.js';
import { entries, type ImageError, orImageError } from './image-error.type.js';
import { ImagesArgs, imagesOf } from './images.args.js';
import { modelOf } from './model.resolver.js';
import { Sample } from './sample.type.js';
import { LatentScalar } from './scalars.js';
import type { RequestScope } from './scope.js';

@ObjectType({
  description: 'What descent gained. Errors are mean squared differences, black at 0 and full intensity at 1.',
})
class Refinement {
  @Field(() => Int)
  readonly steps!: number;

  @Field(() => Float, { description: 'The error where descent began.' })
  readonly before!: number;

  @Field(() => Float, { description: 'The least error on the way, which is that of z.' })
  readonly after!: number;
}

@ObjectType({ description: 'A latent from which the model makes something like an image that was sent.' })
class Encoding {
  @Field(() => Refinement, { nullable: true, description: 'Null where no steps were asked for.' })
  readonly refined: Encoded['refined'];

  @Field(() => Sample, {
    description: 'What the model makes of z. The address of its image holds z exactly, and may be kept for ever.',
  })
  readonly reconstruction: Sample;

  readonly #image: Float32Array;

  constructor(image: Float32Array, reconstruction: Sample, refined: Encoded['refined']) {
    this.refined = refined;
    this.reconstruction = reconstruction;
    this.#image = image;
  }

  @Field(() => LatentScalar)
  get z(): Latent {
    return this.reconstruction.z;
  }

  @Field(() => String, { description: 'z as base64 of float32, little-endian.' })
  get zBase64(): string {
    return toBase64(this.reconstruction.z);
  }

  @Field(() => String, { nullable: true, description: 'The class that it was encoded as. Null without classes.' })
  get label(): string | null {
    return this.reconstruction.label;
  }

  @Field(() => Float, {
    nullable: true,
    description: 'Mean squared difference of the reconstruction from the image, black at 0 and full intensity at 1.',
  })
  get error(): Promise<number> {
    const { reconstruction } = this;
    return reconstruction.example().then((made) => meanSquaredError(made, this.#image, reconstruction.model));
  }
}

const EncodeResult = orImageError('EncodeResult', Encoding, 'Encoding');

@ArgsType()
class EncodeArgs extends ImagesArgs {
  @Field(() => [String], {
    nullable: true,
    description:
      'Classes of the images, of `Model.labels`: one for all, or one each. ' +
      'Required if the model’s generator or encoder is conditional, refused otherwise.',
  })
  readonly labels?: readonly string[] | null;

  @Field(() => Int, {
    nullable: true,
    description:
      `Steps of descent along the generator’s gradient, in ${rangeOf(LIMITS.refine)}, that go on from what the encoder says. ` +
      `A model without an encoder begins at the nearest of its samples of seeds 0 to ${START_SEEDS - 1}, and needs them.`,
  })
  readonly refine?: number | null;
}

@Resolver()
export class EncodeResolver {
  @Query(() => [EncodeResult], {
    description:
      'z of each image, in order, and what the model makes of it. ' +
      'Refused with CAPABILITY_MISSING if the model has no encoder and no refinement is asked for, or cannot be had.',
  })
  async encode(
    @Ctx('scope') scope: RequestScope,
    @Args(() => EncodeArgs) args: EncodeArgs,
  ): Promise<(Encoding | ImageError)[]> {
    const model = modelOf(scope, args);
    const { length } = checkLength('images', args.images);
    const steps = args.refine == null ? 0 : checkInteger('refine', args.refine);
    imageOf(model.manifest);
    if (steps === 0 && !model.has('encode')) throw noEncoder(model);
    const labels = await labelsFor(args.labels, length, model); // before the images, which cost more
    const images = await imagesOf(args, model, scope);
    const encoded = await invertEach(model, images, { steps, labels, signal: scope.signal });
    return entries(
      encoded.map((each, i) => {
        if (each instanceof Error) return each;
        const sample = new Sample(scope, model, { kind: 'latent', z: each.z, label: labels?.[i] ?? null });
        return new Encoding(images[i] as Float32Array, sample, each.refined);
      }),
      scope,
    );
  }
}

/** One class for each image if either network is told of classes. */
async function labelsFor(
  labels: readonly string[] | null | undefined,
  count: number,
  model: Model,
): Promise<number[] | undefined> {
  const graphs = (['encode', 'generate'] as const satisfies readonly Capability[]).filter((graph) => model.has(graph));
  for (const graph of graphs) if (await model.takesLabel(graph)) return exampleLabels(labels, count, model, graph);
  return exampleLabels(labels, count, model, graphs[0] ?? 'generate');
}

function noEncoder({ name, version }: Model): GanymedeError {
  return new GanymedeError(
    'CAPABILITY_MISSING',
    `Expected ${name} version ${version} to have an encoder but it has none. Ask with refine: 200, which needs none, or add one with "npx ganymede fit encoder".`,
    { details: { model: name, version, capability: 'encode' } },
  );
}
