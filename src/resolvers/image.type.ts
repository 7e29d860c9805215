// The Image type: a picture whose fields cost only what is selected. `url`, `width`, `height` and `format` follow from
// the request. Only `dataUri` and `bytes` generate and encode the image, once for both.

import { Field, Int, ObjectType } from 'type-graphql';
import { GanymedeError } from '../errors.js';
import { FORMATS } from '../images/image.js';
import { MAX_URL_LENGTH } from '../limits.js';
import type { Model } from '../models/model.js';
import { addressOf } from '../pictures/address.js';
import { checkFormat, dimensionsOf, encodePicture, type Format, type Picture } from '../pictures/picture.js';
import { ImageFormat } from './scalars.js';
import type { RequestScope } from './scope.js';

@ObjectType({ description: 'An image. Only `dataUri` and `bytes` make and encode it.' })
export class Image {
  readonly #scope: RequestScope;
  readonly #model: Model;
  readonly #picture: Picture;
  readonly #frames: () => Promise<readonly Float32Array[]>;
  #encoded: Promise<Uint8Array> | undefined;

  /** `frames` makes the [C, H, W] values; it is called at most once, and only if bytes are needed. */
  constructor(scope: RequestScope, model: Model, picture: Picture, frames: () => Promise<readonly Float32Array[]>) {
    this.#scope = scope;
    this.#model = model;
    this.#picture = picture;
    this.#frames = frames;
    checkFormat(picture);
    dimensionsOf(picture, model);
  }

  @Field(() => String, {
    nullable: true,
    description:
      'An HTTP GET of this address returns the same bytes as `dataUri`. It never changes, so it may be cached for ever. ' +
      `Null, with an error, when it would be longer than ${MAX_URL_LENGTH} characters, as many explicit latents make it.`,
  })
  get url(): string {
    const url = this.#scope.origin + addressOf(this.#picture, this.#model);
    if (url.length <= MAX_URL_LENGTH) return url;
    throw new GanymedeError(
      'BAD_USER_INPUT',
      `Expected an address of at most ${MAX_URL_LENGTH} characters but received one of ${url.length}. Select dataUri, or use seeds.`,
      { details: { limit: MAX_URL_LENGTH } },
    );
  }

  @Field(() => String, { description: 'The image itself as `data:<media type>;base64,…`.' })
  get dataUri(): Promise<string> {
    return this.#encode().then((bytes) => dataUriOf(bytes, this.#picture.format, this.#scope));
  }

  @Field(() => Int, { description: 'Width in pixels; of NPY and F32 that of each sample.' })
  get width(): number {
    return dimensionsOf(this.#picture, this.#model).width;
  }

  @Field(() => Int, { description: 'Height in pixels; of NPY and F32 that of each sample.' })
  get height(): number {
    return dimensionsOf(this.#picture, this.#model).height;
  }

  @Field(() => Int, { description: 'Length of the encoded image in bytes.' })
  get bytes(): Promise<number> {
    return this.#encode().then((bytes) => bytes.length);
  }

  @Field(() => ImageFormat)
  get format(): Format {
    return this.#picture.format;
  }

  #encode(): Promise<Uint8Array> {
    this.#encoded ??= this.#make();
    return this.#encoded;
  }

  async #make(): Promise<Uint8Array> {
    const frames = await this.#frames();
    return encodePicture(this.#picture, this.#model, frames, { signal: this.#scope.signal });
  }
}

/** Only now is known how long it gets; its pixels were paid for with the document. */
export function dataUriOf(bytes: Uint8Array, format: Format, { account }: RequestScope): string {
  account.spend({ bytes: Math.ceil(bytes.length / 3) * 4 });
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return `data:${FORMATS[format].mimeType};base64,${base64}`;
}
