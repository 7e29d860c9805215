// GET /jobs/<id>/pictures/<n>.png: the pictures that jobs made while they ran, for those who may see jobs.

import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { expected, GanymedeError } from '../errors.js';
import type { RequestScope } from '../resolvers/scope.js';

interface PictureRoute {
  Params: { id: string; file: string };
}

export function installJobPictures(
  app: FastifyInstance,
  scopeOf: (request: FastifyRequest, reply: FastifyReply) => RequestScope,
): void {
  app.get<PictureRoute>('/jobs/:id/pictures/:file', async (request, reply) => {
    const { params } = request;
    const scope = scopeOf(request, reply);
    scope.admin();
    const { store } = await scope.desk().open();
    const seq = Number(/^([1-9]\d{0,8})\.png$/.exec(params.file)?.[1] ?? Number.NaN);
    const [found] = Number.isNaN(seq)
      ? []
      : await store.events((await store.job(params.id)).id, { from: seq - 1, first: 1 });
    if (found?.event.kind !== 'picture') throw expected('the address of a picture of a job', params.file, 'NOT_FOUND');
    const bytes = await pictureAt(found.event.path);
    return reply
      .headers({ 'cache-control': 'private, max-age=31536000, immutable', 'x-content-type-options': 'nosniff' })
      .type('image/png')
      .send(bytes);
  });
}

async function pictureAt(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new GanymedeError('NOT_FOUND', 'Expected a picture that is still there but its run was removed.', { cause });
  }
}
