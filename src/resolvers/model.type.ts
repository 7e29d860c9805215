// What the schema says of a version of a model: what its manifest holds, under the names of clients.

import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { Model } from '../models/model.js';
import { type Truncation, truncationOf } from '../models/truncation.js';

export const PriorKind = { UNIFORM: 'uniform', NORMAL: 'normal' } as const;
registerEnumType(PriorKind, { name: 'PriorKind', description: 'The distribution of each number of a latent.' });

const TruncationKind = { LATENT: 'latent', INPUT: 'input', NONE: 'none' } as const;
registerEnumType(TruncationKind, {
  name: 'TruncationKind',
  description: 'What truncation ψ is about.',
  valuesConfig: {
    LATENT: { description: 'Latents of seeds: z ← mean + ψ (z − mean), the mean that of the prior.' },
    INPUT: { description: 'The generator takes it, beside explicit latents too, and latents stay as they are drawn.' },
    NONE: { description: 'It would change nothing: any but 1 is refused.' },
  },
});

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

  @Field(() => Int, { description: '1 for grey, 3 for RGB, 4 for RGB and alpha.' })
  readonly channels!: number;
}

@ObjectType({ description: 'The layers of a generator that are each told of a style: what `mixStyles` mixes.' })
class StyleLayers {
  @Field(() => Int, { description: 'From 0, the coarsest, at the smallest size; the last one gives the colours.' })
  readonly layers!: number;

  @Field(() => Int, { description: 'Numbers in the style of a layer.' })
  readonly size!: number;
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

  @Field(() => [String], {
    description: 'What the model can do: "generate", "score", …; `graphs` says what each takes and gives.',
  })
  readonly capabilities!: readonly string[];

  @Field(() => Int, { description: 'Numbers in a latent vector.' })
  readonly latentSize!: number;

  @Field(() => Prior)
  readonly prior!: Prior;

  @Field(() => TruncationKind, {
    description: 'What the argument `truncation` of samples, grids, paths and edits is about.',
  })
  readonly truncation!: Truncation;

  @Field(() => StyleLayers, {
    nullable: true,
    description: 'Null for a model whose generator has no layers of styles.',
  })
  readonly styles?: { readonly layers: number; readonly size: number } | undefined;

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

  /** What it describes; no field of the schema. */
  readonly model!: Model;
}

/** A model never changes while it is served, so its description is made once. */
const descriptions = new WeakMap<Model, ModelType>();

export function describe(model: Model): ModelType {
  let description = descriptions.get(model);
  if (!description) {
    const { title, description: text, license, created, latent, styles, image, point, labels } = model.manifest;
    const { name, version, capabilities } = model;
    description = {
      ...{ model, name, version, title, description: text, license, created, capabilities, styles, image, labels },
      latentSize: latent.size,
      prior: latent.prior,
      truncation: truncationOf(model.manifest),
      pointSize: point?.size,
    };
    descriptions.set(model, description);
  }
  return description;
}
