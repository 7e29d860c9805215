// GET /datasets/<name>/<digest>.png: the sheet of a data set, for those who may see data. The address names the digest
// of the data, so what it returns never changes.

import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { expected } from '../errors.js';
import type { RequestScope } from '../resolvers/scope.js';
import { sendForEver } from './learning.js';

interface PreviewRoute {
  Params: { name: string; file: string };
}

export function installDatasetPreviews(
  app: FastifyInstance,
  scopeOf: (request: FastifyRequest, reply: FastifyReply) => RequestScope,
): void {
  app.get<PreviewRoute>('/datasets/:name/:file', async (request, reply) => {
    const { name, file } = request.params;
    const scope = scopeOf(request, reply);
    scope.admin();
    const { catalog } = scope.desk();
    const record = await catalog.get(name);
    if (file !== `${record.sha256.slice(0, 16)}.png`) throw expected('the preview of a data set', file, 'NOT_FOUND');
    const png = await readFile(catalog.previewOf(record)).catch(async (error: unknown) => {
      await catalog.get(name); // which says so where it was removed meanwhile
      throw error;
    });
    return sendForEver(reply, 'png', png, 'private');
  });
}
