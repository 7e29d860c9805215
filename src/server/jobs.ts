// GET /jobs/<id>/pictures/<n>.png: the pictures that jobs made while they ran, for those who may see jobs.
// until-<n>.webp is all of them up to that one, as an animation.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { expected } from '../errors.js';
import { FORMATS } from '../images/image.js';
import type { JobRecords } from '../jobs/engine.js';
import { type JobPicture, picturesOf } from '../jobs/pictures.js';
import { MAX_ENCODED_PIXELS_PER_REQUEST } from '../limits.js';
import { encodeLearning, learningName, pictureAt, readLearning } from '../pictures/learning.js';
import type { RequestScope } from '../resolvers/scope.js';
import { Recent } from './recent.js';

interface PictureRoute {
  Params: { id: string; file: string };
  Querystring: Record<string, unknown>;
}

/** Of animations that stay in memory. */
const RECENT_BYTES = 2 ** 25;

export function installJobPictures(
  app: FastifyInstance,
  scopeOf: (request: FastifyRequest, reply: FastifyReply) => RequestScope,
): void {
  const recent = new Recent(RECENT_BYTES);
  app.get<PictureRoute>('/jobs/:id/pictures/:file', async (request, reply) => {
    const { params, query } = request;
    const scope = scopeOf(request, reply);
    scope.admin();
    const { store } = await scope.desk().open();
    const { id } = await store.job(params.id);
    const learning = readLearning(params.file, query);
    const pictures = await picturesUntil(store, id, learning?.until ?? numberOf(params.file));
    const newest = pictures.at(-1);
    if (!newest) throw expected('the address of a picture of a job', params.file, 'NOT_FOUND');
    if (!learning) return send(reply, 'png', await pictureAt(newest.event.path));
    scope.account.spend({ encoded: MAX_ENCODED_PIXELS_PER_REQUEST }); // one takes all that a request may encode
    const made = await recent.get(`${id}/${learningName(learning)}`, () =>
      encodeLearning(
        pictures.map(
          ({ event }) =>
            () =>
              pictureAt(event.path),
        ),
        learning,
      ),
    );
    return send(reply, learning.format, Buffer.from(made.buffer, made.byteOffset, made.byteLength));
  });
}

/** Undefined for the name of something else. */
function numberOf(file: string): number | undefined {
  const [, number] = /^([1-9]\d{0,8})\.png$/.exec(file) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** None where no picture has the number. */
async function picturesUntil(
  store: JobRecords,
  id: string,
  number: number | undefined,
): Promise<readonly JobPicture[]> {
  const all = await picturesOf(store, id);
  return all.slice(0, all.findIndex(({ seq }) => seq === number) + 1);
}

/** What an address shows never changes. */
function send(reply: FastifyReply, format: keyof typeof FORMATS, bytes: Buffer): FastifyReply {
  return reply
    .headers({ 'cache-control': 'private, max-age=31536000, immutable', 'x-content-type-options': 'nosniff' })
    .type(FORMATS[format].mimeType)
    .send(bytes);
}
