// Latents of images that a client sends in place of a seed or a z: read, then shown to the model's encoder.

import { GanymedeError } from '../errors.js';
import { imageOf } from '../models/example.js';
import { encodeEach } from '../models/inference.js';
import type { Latent } from '../models/latent.js';
import type { Model } from '../models/model.js';
import type { Label } from '../pictures/label-choice.js';
import type { ImageSource } from './scalars.js';
import type { RequestScope } from './scope.js';

export interface ImageToEncode {
  readonly image: ImageSource;
  /** For an encoder that is told of classes; others are not told. */
  readonly label: Label;
  /** Where it stood, such as "waypoints[2].image". */
  readonly name: string;
}

/**
 * One latent each, in order. An image that cannot be read refuses them all.
 * @throws GanymedeError CAPABILITY_MISSING for a model without an encoder, before an image is read
 */
export async function encodedImages(
  scope: RequestScope,
  model: Model,
  sent: readonly ImageToEncode[],
): Promise<Latent[]> {
  if (sent.length === 0) return [];
  const told = await model.takesLabel('encode');
  const images = await scope.sentImages.readEach(
    sent.map(({ image }) => image),
    imageOf(model.manifest),
  );
  for (const [i, image] of images.entries()) if (image instanceof GanymedeError) throw named(image, sent[i]!.name);
  const labels = told ? sent.map(({ label, name }) => label ?? missing(name, model)) : undefined;
  const latents = await encodeEach(model, images, { signal: scope.signal, labels });
  return latents.map((z, i) => {
    if (z instanceof GanymedeError) throw named(z, sent[i]!.name);
    if (z instanceof Error) throw z;
    return Float32Array.from(z);
  });
}

function named(error: GanymedeError, argument: string): GanymedeError {
  return new GanymedeError(error.code, `${argument}: ${error.message}`, {
    details: { ...error.details, argument },
    cause: error,
  });
}

function missing(argument: string, { name }: Model): never {
  throw new GanymedeError(
    'BAD_USER_INPUT',
    `Expected a z in place of ${argument}, for the encoder of ${name} is told of classes and its generator is not.`,
    { details: { argument } },
  );
}
