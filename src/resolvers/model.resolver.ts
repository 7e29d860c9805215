// Models: what is served, and what each can do. It reads manifests and runs nothing.

import {
  Args,
  ArgsType,
  Ctx,
  Field,
  FieldResolver,
  Float,
  Int,
  ObjectType,
  Query,
  Resolver,
  Root,
  registerEnumType,
} from 'type-graphql';
import type { Model } from '../models/model.js';
import type { RequestScope } from './scope.js';

export const PriorKind = { UNIFORM: 'uniform', NORMAL: 'normal' } as const;
registerEnumType(PriorKind, { name: 'PriorKind', description: 'The distribution of each number of a latent.' });

@ObjectType({ description: 'The distribution that latents are drawn from, independently in each dimension.' })
class Prior {
  @Field(() => PriorKind, { description: 'NORMAL is the standard normal distribution.' })
  readonly kind!: (typeof PriorKind)[keyof typeof PriorKind];

  @Field(() => Float, { nullable: true, description: 'Lower end of a uniform prior.' })
  readonly low?: number;

  @Field(() => Float, { nullable: true, description: 'Upper end of a uniform prior.' })
  readonly high?: number;
}

@ObjectType({ description: 'The form of the images that a model makes and scores.' })
class ImageShape {
  @Field(() => Int, { description: 'Pixels.' })
  readonly width!: number;

  @Field(() => Int, { description: 'Pixels.' })
  readonly height!: number;

  @Field(() => Int, { description: '1 for grey, 3 for RGB.' })
  readonly channels!: number;
}

@ObjectType('Model', { description: 'A version of a model that this server has loaded.' })
export class ModelType {
  @Field(() => String)
  readonly name!: string;

  @Field(() => Int)
  readonly version!: number;

  @Field(() => String)
  readonly title!: string;

  @Field(() => String)
  readonly description!: string;

  @Field(() => String, { description: 'License of the weights.' })
  readonly license!: string;

  @Field(() => String, { description: 'When the checkpoint was made: ISO 8601.' })
  readonly created!: string;

  @Field(() => [String], { description: 'What the model can do: "generate", "score", …' })
  readonly capabilities!: readonly string[];

  @Field(() => Int, { description: 'Numbers in a latent vector.' })
  readonly latentSize!: number;

  @Field(() => Prior)
  readonly prior!: Prior;

  @Field(() => ImageShape, { nullable: true, description: 'Null for a model of points.' })
  readonly image?: ImageShape | undefined;

  @Field(() => Int, {
    nullable: true,
    description: 'Coordinates of a point, 1 to 64, for a model of points. Null for a model of images.',
  })
  readonly pointSize?: number | undefined;

  @Field(() => [String], {
    nullable: true,
    description: 'Names of the classes of a conditional model. Null for a model without classes.',
  })
  readonly labels?: readonly string[] | undefined;
}

@ArgsType()
export class ModelArgs {
  @Field(() => String, { description: 'Name of a model, as `models` lists them.' })
  readonly model!: string;

  @Field(() => Int, { nullable: true, description: 'A version of it, from 1; left out, the latest.' })
  readonly version?: number | null;
}

@ArgsType()
class ModelByNameArgs {
  @Field(() => String, { description: 'As `models` lists them.' })
  readonly name!: string;

  @Field(() => Int, { nullable: true, description: 'From 1; left out, the latest.' })
  readonly version?: number | null;
}

@Resolver(() => ModelType)
export class ModelResolver {
  @Query(() => [ModelType], { description: 'The latest version of each model, by name.' })
  models(@Ctx('scope') scope: RequestScope): ModelType[] {
    return scope.repository.list().map(describe);
  }

  @Query(() => ModelType, { description: 'One model. Refused with MODEL_NOT_FOUND or VERSION_NOT_FOUND.' })
  model(@Ctx('scope') scope: RequestScope, @Args(() => ModelByNameArgs) { name, version }: ModelByNameArgs): ModelType {
    return describe(scope.repository.get(name, version ?? undefined));
  }

  @FieldResolver(() => [Int], { description: 'All versions of it that are served, oldest first.' })
  versions(@Ctx('scope') scope: RequestScope, @Root() { name }: ModelType): number[] {
    return scope.repository.versions(name).map((model) => model.version);
  }
}

/** The model that a field's arguments name. */
export function modelOf(scope: RequestScope, { model, version }: ModelArgs): Model {
  return scope.repository.get(model, version ?? undefined);
}

/** A model never changes while it is served, so its description is made once. */
const descriptions = new WeakMap<Model, ModelType>();

function describe(model: Model): ModelType {
  let description = descriptions.get(model);
  if (!description) {
    const { title, description: text, license, created, latent, image, point, labels } = model.manifest;
    const { name, version, capabilities } = model;
    description = {
      name,
      version,
      title,
      description: text,
      license,
      created,
      capabilities,
      latentSize: latent.size,
      prior: latent.prior,
      image,
      pointSize: point?.size,
      labels,
    };
    descriptions.set(model, description);
  }
  return description;
}
