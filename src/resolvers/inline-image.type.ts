// The InlineImage type: an image that has no address, because it shows what no address can hold: a picture that a
// client sent, or an example of the data. It is in the answer or nowhere.

import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import { checkInteger } from '../limits.js';
import type { Model } from '../models/model.js';
import { dimensionsOf, encodeFrame, type Format } from '../pictures/picture.js';
import { dataUriOf } from './image.type.js';
import { SIZE_DESCRIPTION } from './sample.type.js';
import { ImageFormat, StillFormat } from './scalars.js';
import type { RequestScope } from './scope.js';

@ArgsType()
export class InlineImageArgs {
  @Field(() => StillFormat, { defaultValue: StillFormat.PNG })
  readonly format!: (typeof StillFormat)[keyof typeof StillFormat];

  @Field(() => Int, { nullable: true, description: SIZE_DESCRIPTION })
  readonly size?: number | null;
}

@ObjectType({
  description:
    'An image without an address: what it shows, a picture that was sent or an example of the data, no address could hold. ' +
    'Only `dataUri` and `bytes` encode it.',
})
export class InlineImage {
  readonly #scope: RequestScope;
  readonly #model: Model;
  readonly #frame: Float32Array;
  readonly #how: { readonly format: Exclude<Format, 'gif' | 'apng'>; readonly size?: number };
  #encoded: Promise<Uint8Array> | undefined;

  /** `frame`: [C, H, W] in the model's range. */
  constructor(scope: RequestScope, model: Model, frame: Float32Array, { format, size }: InlineImageArgs) {
    this.#scope = scope;
    this.#model = model;
    this.#frame = frame;
    this.#how = { format, ...(size != null && { size: checkInteger('size', size) }) };
  }

  @Field(() => String, { description: 'The image itself as `data:<media type>;base64,…`.' })
  get dataUri(): Promise<string> {
    return this.#encode().then((bytes) => dataUriOf(bytes, this.#how.format, this.#scope));
  }

  @Field(() => Int, { description: 'Width in pixels.' })
  get width(): number {
    return this.#dimensions.width;
  }

  @Field(() => Int, { description: 'Height in pixels.' })
  get height(): number {
    return this.#dimensions.height;
  }

  @Field(() => Int, { description: 'Length of the encoded image in bytes.' })
  get bytes(): Promise<number> {
    return this.#encode().then((bytes) => bytes.length);
  }

  @Field(() => ImageFormat)
  get format(): Format {
    return this.#how.format;
  }

  get #dimensions(): { width: number; height: number } {
    return dimensionsOf({ subject: { kind: 'latent' }, ...this.#how }, this.#model);
  }

  #encode(): Promise<Uint8Array> {
    this.#encoded ??= encodeFrame(this.#how, this.#model, this.#frame, { signal: this.#scope.signal });
    return this.#encoded;
  }
}
