// GET /images/…: the bytes behind every `Image.url`. An address holds all that a picture is made of and names a
// version, so what it returns never changes and may be cached for ever. The server keeps no state for it.

import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { expected } from '../errors.js';
import { FORMATS } from '../images/image.js';
import type { Model } from '../models/model.js';
import { addressOf, readAddress } from '../pictures/address.js';
import { rowsOf } from '../pictures/mixes.js';
import { encodePicture, encodingPrice } from '../pictures/picture.js';
import type { RequestScope } from '../resolvers/scope.js';
import { matches } from './etags.js';

interface ImageRoute {
  Params: { model: string; version: string; file: string };
  Querystring: Record<string, unknown>;
}

export function installImages(
  app: FastifyInstance,
  scopeOf: (request: FastifyRequest, reply: FastifyReply) => RequestScope,
  /** Whether caches between may keep them for everybody. */
  isPublic: () => boolean,
): void {
  app.get<ImageRoute>('/images/:model/:version/:file', async (request, reply) => {
    const { params, query } = request;
    const scope = scopeOf(request, reply);
    const model = scope.repository.get(params.model, readVersion(params.version));
    const picture = await readAddress(params.file, query, model);
    const encoded = encodingPrice(picture, model); // refuses what would be too wide

    const etag = etagOf(model, addressOf(picture, model));
    const lasting = {
      etag,
      'cache-control': `${isPublic() ? 'public' : 'private'}, max-age=31536000, immutable`,
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin', // images are there to be embedded
    };
    if (matches(request.headers['if-none-match'], etag)) return reply.headers(lasting).code(304).send();

    scope.account.spend({ rows: rowsOf(picture.subject), encoded });
    scope.charge();
    const frames = await scope.frames(model, picture.subject);
    const bytes = await encodePicture(picture, model, frames, { signal: scope.signal });
    return reply
      .headers(lasting) // only now: a failure must not be cached
      .type(FORMATS[picture.format].mimeType)
      .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  });
}

/** An address without a concrete version would change its meaning when a new one is published. */
export function readVersion(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw expected('a version, an integer from 1, in the address', text);
}

/**
 * What the bytes follow from: the weights' digest and the address. So a client that has the image already gets its 304
 * without anything being generated; and weights replaced under the same version get another tag.
 */
function etagOf(model: Model, address: string): string {
  const digest = createHash('sha256');
  for (const { sha256 } of Object.values(model.manifest.files)) digest.update(sha256);
  return `"${digest.update(address).digest('base64url').slice(0, 27)}"`;
}
