// The Sample type: one latent of one model, of one class if it has any, and what can be made of it. Nothing is made
// before its field is selected; image and score share one generated image through the request's loaders.

import { Args, ArgsType, Field, Float, Int, ObjectType } from 'type-graphql';
import { toBase64 } from '../base64.js';
import { checkInteger, LIMITS, rangeOf } from '../limits.js';
import { exampleOf } from '../models/example.js';
import type { Latent } from '../models/latent.js';
import type { Model } from '../models/model.js';
import { labelName, namedShares } from '../pictures/label-choice.js';
import { type Draw, drawsOf, type Subject } from '../pictures/picture.js';
import { Image } from './image.type.js';
import { shortDecimal } from './numbers.js';
import { LatentScalar, SeedScalar, StillFormat } from './scalars.js';
import type { Drawn, RequestScope } from './scope.js';
import { ScoreType } from './score.type.js';

export const SIZE_DESCRIPTION =
  `Height in pixels in ${rangeOf(LIMITS.size)}; the width follows. Left out: as the model makes it. ` +
  'Enlarging repeats pixels (nearest neighbour), reducing averages them. Not with NPY and F32.';

@ObjectType({ description: 'The values of an image or a point as the network made them.' })
export class Tensor {
  readonly #values: Float32Array;

  @Field(() => [Int], { description: '[channels, height, width] of an image, [coordinates] of a point.' })
  readonly shape: readonly number[];

  @Field(() => [Float], {
    nullable: true,
    description: 'What stands for black and for white, as [low, high]. Null for a point.',
  })
  readonly range: readonly number[] | null;

  constructor(values: Float32Array, { manifest }: Model) {
    this.#values = values;
    this.shape = exampleOf(manifest).shape;
    this.range = manifest.image?.range ?? null;
  }

  @Field(() => String, { description: 'Float32, little-endian, the last axis running fastest, as base64.' })
  get data(): string {
    return toBase64(this.#values);
  }
}

@ArgsType()
export class ImageArgs {
  @Field(() => StillFormat, { defaultValue: StillFormat.PNG })
  readonly format!: (typeof StillFormat)[keyof typeof StillFormat];

  @Field(() => Int, { nullable: true, description: SIZE_DESCRIPTION })
  readonly size?: number | null;
}

@ObjectType({ description: 'A class and its weight; the weights of a sample add up to 1.' })
class LabelShare {
  @Field(() => String)
  readonly label!: string;

  @Field(() => Float)
  readonly weight!: number;
}

type SampleSubject = Extract<Subject, { kind: 'seed' | 'latent' }>;

@ObjectType({ description: 'One latent and what the model makes of it. Each field is computed only when selected.' })
export class Sample implements Drawn {
  readonly model: Model;
  readonly #scope: RequestScope;
  readonly #subject: SampleSubject;
  #draw: Draw | undefined;

  constructor(scope: RequestScope, model: Model, subject: SampleSubject) {
    this.#scope = scope;
    this.model = model;
    this.#subject = subject;
  }

  @Field(() => SeedScalar, {
    nullable: true,
    description:
      'The same seed, model, version, truncation and label give the same sample. Null for a sample of an explicit latent.',
  })
  get seed(): number | null {
    return this.#subject.kind === 'seed' ? this.#subject.seed : null;
  }

  @Field(() => LatentScalar, { description: 'The latent vector; truncation is applied where it is about latents.' })
  get z(): Latent {
    return this.draw.z;
  }

  @Field(() => String, { description: 'The same in bulk: its float32 numbers, little-endian, as base64.' })
  get zBase64(): string {
    return toBase64(this.draw.z);
  }

  @Field(() => String, {
    nullable: true,
    description:
      'Its class, one of `Model.labels`. Null for a mixture, and if the model’s generator is not conditional.',
  })
  get label(): string | null {
    return labelName(this.#subject.label, this.model);
  }

  @Field(() => [LabelShare], {
    nullable: true,
    description: 'The classes that it is of, in the order of `Model.labels`; null where there are none.',
  })
  get labels(): readonly LabelShare[] | null {
    return namedShares(this.#subject.label, this.model);
  }

  @Field(() => [Float], {
    nullable: true,
    description: 'What a model of points makes of it: `Model.pointSize` coordinates. Null for a model of images.',
  })
  get point(): Promise<number[]> | null {
    return this.model.manifest.point ? this.example().then((point) => Array.from(point, shortDecimal)) : null;
  }

  @Field(() => Image, {
    nullable: true,
    description: 'Null, with the error CAPABILITY_MISSING, for a model of points.',
  })
  image(@Args(() => ImageArgs) { format, size }: ImageArgs): Image {
    const picture = { subject: this.#subject, format, ...(size != null && { size: checkInteger('size', size) }) };
    return new Image(this.#scope, this.model, picture, async () => [await this.example()]);
  }

  @Field(() => Tensor, {
    nullable: true,
    description: 'What the network made, before any rounding. Null, with an error, if it is not finite.',
  })
  get tensor(): Promise<Tensor> {
    return this.example().then((values) => new Tensor(values, this.model));
  }

  @Field(() => ScoreType, {
    nullable: true,
    description:
      'What the scorer says of the generated image or point, as one of its label. Of a mixture a GAME scorer that is told ' +
      'of classes is told as the generator is, and a FITTED one says what it says without a class. Null, with an error, ' +
      'if the model cannot score.',
  })
  get score(): Promise<ScoreType> {
    return this.#scope.scores.load(this).then((score) => this.#scope.scored(score, this.model));
  }

  get draw(): Draw {
    this.#draw ??= drawsOf(this.#subject, this.model)[0] as Draw;
    return this.#draw;
  }

  /** [C, H, W] in the manifest's range, or the coordinates of a point. */
  example(): Promise<Float32Array> {
    return this.#scope.examples.load(this);
  }
}
