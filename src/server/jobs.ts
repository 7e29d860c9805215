// GET /jobs/<id>/pictures/<n>.png: the pictures that jobs made while they ran, for those who may see jobs.
// until-<n>.webp is all of them up to that one, as an animation.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { expected } from '../errors.js';
import type { JobRecords } from '../jobs/engine.js';
import { type JobPicture, picturesOf } from '../jobs/pictures.js';
import { pictureAt, readLearning } from '../pictures/learning.js';
import type { RequestScope } from '../resolvers/scope.js';
import { Animations, sendForEver } from './learning.js';

interface PictureRoute {
  Params: { id: string; file: string };
  Querystring: Record<string, unknown>;
}

export function installJobPictures(
  app: FastifyInstance,
  scopeOf: (request: FastifyRequest, reply: FastifyReply) => RequestScope,
): void {
  const animations = new Animations();
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
    if (!learning) return sendForEver(reply, 'png', await pictureAt(newest.event.path), 'private');
    const frames = pictures.map(
      ({ event }) =>
        () =>
          pictureAt(event.path),
    );
    return sendForEver(reply, learning.format, await animations.of(id, frames, learning, scope.account), 'private');
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
