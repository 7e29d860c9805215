// The queries `mixStyles` and `mixStylesGrid`: examples whose layers have the styles of several samples, where a
// generator has layers of styles.

import { Args, ArgsType, Ctx, Field, Float, InputType, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { expected } from '../errors.js';
import { checkInteger, checkLength, checkTruncation, LIMITS, rangeOf, TRUNCATION } from '../limits.js';
import type { Model } from '../models/model.js';
import { type StyleShape, stylesOf } from '../models/styles.js';
import { askedLabel, labelChoice, labelName, labelOf } from '../pictures/label-choice.js';
import { readLatent } from '../pictures/latents.js';
import { checkLayers, mixOf } from '../pictures/mixes.js';
import type { MixesSubject, MixSubject, Waypoint } from '../pictures/picture.js';
import { LABEL_DESCRIPTION, LABELS_DESCRIPTION, LabelWeightInput } from './draw.args.js';
import { Image } from './image.type.js';
import { ModelArgs, modelOf } from './model.resolver.js';
import { ImageArgs, SIZE_DESCRIPTION, Tensor } from './sample.type.js';
import { type LatentInput, LatentScalar, SeedScalar, StillFormat } from './scalars.js';
import type { RequestScope } from './scope.js';

@InputType('StyleSource', { description: 'A sample whose styles are taken: exactly one of seed and z.' })
class StyleSourceInput {
  @Field(() => SeedScalar, { nullable: true, description: `In ${rangeOf(LIMITS.seed)}.` })
  readonly seed?: number | null;

  @Field(() => LatentScalar, { nullable: true, description: 'A conditional model needs label or labels beside it.' })
  readonly z?: LatentInput | null;

  @Field(() => String, {
    nullable: true,
    description: `${LABEL_DESCRIPTION} Left out: drawn from the seed, evenly.`,
  })
  readonly label?: string | null;

  @Field(() => [LabelWeightInput], { nullable: true, description: LABELS_DESCRIPTION })
  readonly labels?: readonly LabelWeightInput[] | null;
}

@InputType('StylePart', { description: 'A sample and the layers that have its styles.' })
class StylePartInput extends StyleSourceInput {
  @Field(() => [Int], {
    nullable: true,
    description: 'Different ones, from 0 to one less than `Model.styles.layers`. Left out: all of them.',
  })
  readonly layers?: readonly number[] | null;
}

const TRUNCATION_DESCRIPTION =
  `In ${rangeOf(TRUNCATION)}: ψ, which draws styles toward their mean, w ← mean + ψ (w − mean). The mean is that of a fixed sample of the ` +
  'prior, of the same class. It is about styles, where `truncation` elsewhere is about z.';

@ArgsType()
class MixStylesArgs extends ModelArgs {
  @Field(() => [StylePartInput], {
    description: `${rangeOf(LIMITS.styles)} of them. A layer has the style of the last one that names it, and each of them must keep a layer.`,
  })
  readonly styles!: readonly StylePartInput[];

  @Field(() => Float, { defaultValue: 1, description: TRUNCATION_DESCRIPTION })
  readonly truncation!: number;
}

@ArgsType()
class MixStylesGridArgs extends ModelArgs {
  @Field(() => [StyleSourceInput], {
    description: `${rangeOf(LIMITS.rows)} of them, whose styles the other layers have.`,
  })
  readonly rows!: readonly StyleSourceInput[];

  @Field(() => [StyleSourceInput], {
    description: `${rangeOf(LIMITS.columns)} of them, whose styles the layers that are named have.`,
  })
  readonly columns!: readonly StyleSourceInput[];

  @Field(() => [Int], {
    nullable: true,
    description:
      'The layers that have the styles of the columns: different ones, from 0 to one less than `Model.styles.layers`. Left out: the first half, rounded up.',
  })
  readonly layers?: readonly number[] | null;

  @Field(() => Boolean, {
    defaultValue: true,
    description: 'Whether each column begins and each row begins with its own sample, unmixed. The corner is black.',
  })
  readonly originals!: boolean;

  @Field(() => Float, { defaultValue: 1, description: TRUNCATION_DESCRIPTION })
  readonly truncation!: number;

  @Field(() => StillFormat, { defaultValue: StillFormat.PNG })
  readonly format!: (typeof StillFormat)[keyof typeof StillFormat];

  @Field(() => Int, { nullable: true, description: SIZE_DESCRIPTION })
  readonly size?: number | null;
}

@ObjectType({ description: 'A sample that is part of a mix.' })
class MixedSample {
  @Field(() => SeedScalar, { nullable: true, description: 'Null for an explicit latent.' })
  readonly seed!: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Its class, one of `Model.labels`. Null for a mixture, and if the model’s generator is not conditional.',
  })
  readonly label!: string | null;

  @Field(() => [Int], { description: 'Those that have its styles, the coarsest first.' })
  readonly layers!: readonly number[];
}

@ObjectType({ description: 'An example whose layers have styles of several samples.' })
class StyleMix {
  readonly #scope: RequestScope;
  readonly #model: Model;
  readonly #subject: MixSubject;
  #made: Promise<Float32Array[]> | undefined;

  constructor(scope: RequestScope, model: Model, subject: MixSubject) {
    this.#scope = scope;
    this.#model = model;
    this.#subject = subject;
  }

  @Field(() => [MixedSample], {
    description: 'Whose styles it has, in the order in which the layers have them; equal samples once.',
  })
  get sources(): MixedSample[] {
    const { sources, layers } = this.#subject;
    return sources.map((source, index) => ({
      seed: 'seed' in source ? source.seed : null,
      label: labelName(source.label, this.#model),
      layers: layers.flatMap((own, layer) => (own === index ? [layer] : [])),
    }));
  }

  @Field(() => Image, {
    nullable: true,
    description: 'Null, with the error CAPABILITY_MISSING, for a model of points.',
  })
  image(@Args(() => ImageArgs) { format, size }: ImageArgs): Image {
    const picture = { subject: this.#subject, format, ...(size != null && { size: checkInteger('size', size) }) };
    return new Image(this.#scope, this.#model, picture, () => this.#make());
  }

  @Field(() => Tensor, {
    nullable: true,
    description: 'What the network made, before any rounding. Null, with an error, if it is not finite.',
  })
  get tensor(): Promise<Tensor> {
    return this.#make().then(([values]) => new Tensor(values!, this.#model));
  }

  #make(): Promise<Float32Array[]> {
    this.#made ??= this.#scope.frames(this.#model, this.#subject);
    return this.#made;
  }
}

@Resolver()
export class StylesResolver {
  @Query(() => StyleMix, {
    description:
      'One example whose layers have the styles of several samples: coarse ones decide on its form, fine ones on its details. ' +
      'CAPABILITY_MISSING for a model without `styles`.',
  })
  async mixStyles(
    @Ctx('scope') scope: RequestScope,
    @Args(() => MixStylesArgs) args: MixStylesArgs,
  ): Promise<StyleMix> {
    const model = modelOf(scope, args);
    const shape = stylesOf(model);
    const truncation = checkTruncation(args.truncation);
    checkLength('styles', args.styles);
    const sources = await sourcesOf(args.styles, model, 'styles');
    const parts = args.styles.map(({ layers }, i) => ({
      source: sources[i]!,
      layers: layers == null ? undefined : checkLayers(layers, shape, `styles[${i}].layers`),
    }));
    return new StyleMix(scope, model, { kind: 'mix', ...mixOf(parts, shape), truncation });
  }

  @Query(() => Image, {
    nullable: true,
    description:
      'Each of several samples mixed with each of others, as one image: in row i and column j the layers that are named have ' +
      'the styles of column j and the others those of row i. Null, with an error, if one is not finite, and with ' +
      'CAPABILITY_MISSING for a model without `styles` or of points.',
  })
  async mixStylesGrid(
    @Ctx('scope') scope: RequestScope,
    @Args(() => MixStylesGridArgs) args: MixStylesGridArgs,
  ): Promise<Image> {
    const model = modelOf(scope, args);
    const shape = stylesOf(model);
    checkInteger('rows', args.rows.length, 'the number of rows');
    checkInteger('columns', args.columns.length, 'the number of columns');
    const subject: MixesSubject = {
      kind: 'mixes',
      rows: await sourcesOf(args.rows, model, 'rows'),
      columns: await sourcesOf(args.columns, model, 'columns'),
      layers: args.layers == null ? firstHalf(shape) : checkLayers(args.layers, shape, 'layers'),
      truncation: checkTruncation(args.truncation),
      originals: args.originals,
    };
    const { format, size } = args;
    const picture = { subject, format, ...(size != null && { size: checkInteger('size', size) }) };
    return new Image(scope, model, picture, () => scope.frames(model, subject));
  }
}

function sourcesOf(sent: readonly StyleSourceInput[], model: Model, name: string): Promise<Waypoint[]> {
  return Promise.all(sent.map((source, i) => sourceOf(source, model, `${name}[${i}]`)));
}

async function sourceOf(sent: StyleSourceInput, model: Model, name: string): Promise<Waypoint> {
  const { seed, z } = sent;
  if ((seed == null) === (z == null)) {
    throw expected(`${name} to have exactly one of seed and z`, seed == null ? 'neither' : 'both');
  }
  const choice = await labelChoice(askedLabel(sent), model);
  if (z != null) {
    return { z: readLatent(z.values, model, `${name}.z`), label: labelOf(choice, undefined, model) };
  }
  return { seed: checkInteger('seed', seed!, `${name}.seed`), label: labelOf(choice, seed!, model) };
}

function firstHalf({ layers }: StyleShape): number[] {
  return Array.from({ length: Math.ceil(layers / 2) }, (_, layer) => layer);
}
