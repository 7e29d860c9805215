// Scores of images that a client sends: decoded, brought to the model's size, and shown to its discriminator.

import { Args, ArgsType, Ctx, Field, Query, Resolver } from 'type-graphql';
import { GanymedeError } from '../errors.js';
import { decodeImage, fromPixels } from '../images/image.js';
import type { Score } from '../models/density.js';
import { imageOf } from '../models/example.js';
import { checkLength, LIMITS, rangeOf } from './limits.js';
import { ModelArgs, modelOf } from './model.resolver.js';
import { ScoreType } from './sample.type.js';
import type { RequestScope } from './scope.js';

@ArgsType()
class ScoreArgs extends ModelArgs {
  @Field(() => [String], {
    description:
      `${rangeOf(LIMITS.images)} images as base64 or data URIs: PNG, JPEG, WebP or AVIF, not animated. ` +
      'Other sizes and colours are converted to what the model was trained on. One that cannot be read refuses them all; `details.index` says which.',
  })
  readonly images!: readonly string[];
}

@Resolver()
export class ScoreResolver {
  @Query(() => [ScoreType], { description: 'What the discriminator says of each image, in order.' })
  async score(@Ctx('scope') scope: RequestScope, @Args(() => ScoreArgs) args: ScoreArgs): Promise<Score[]> {
    const model = modelOf(scope, args);
    const sources = checkLength('images', args.images);
    const image = imageOf(model.manifest);
    const images = await Promise.all(
      sources.map(async (source, index) => {
        try {
          return fromPixels(await decodeImage(bytesOf(source), image), image.range);
        } catch (error) {
          throw withIndex(error, index);
        }
      }),
    );
    return model.score(images, { signal: scope.signal });
  }
}

const DATA_URI = /^data:[^,]{0,100};base64,/i;

/** Node's decoder skips what is not base64, which would turn a slip into a puzzle; so the length is checked too. */
function bytesOf(source: string): Uint8Array {
  const text = source.slice(DATA_URI.exec(source)?.[0].length ?? 0);
  const bytes = Buffer.from(text, 'base64');
  const unpadded = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length;
  if (bytes.length > 0 && bytes.length === Math.floor((unpadded * 3) / 4)) return bytes;
  throw new GanymedeError(
    'INVALID_IMAGE',
    'Expected an image as base64 or as a data URI in base64 but received other text.',
  );
}

function withIndex(error: unknown, index: number): unknown {
  if (!(error instanceof GanymedeError)) return error;
  return new GanymedeError(error.code, `images[${index}]: ${error.message}`, {
    details: { ...error.details, index },
    cause: error,
  });
}
