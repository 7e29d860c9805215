// GET /models/<name>/<version>/pictures/<step>.png: the previews that travel with a version. until-<step>.webp is all
// of them up to that one, as an animation.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { expected } from '../errors.js';
import type { FORMATS } from '../images/image.js';
import type { Model } from '../models/model.js';
import { type Preview, previewsOf } from '../models/records.js';
import { readLearning } from '../pictures/learning.js';
import type { RequestScope } from '../resolvers/scope.js';
import { readVersion } from './images.js';
import { Animations, sendForEver } from './learning.js';

interface PictureRoute {
  Params: { model: string; version: string; file: string };
  Querystring: Record<string, unknown>;
}

export function installModelPictures(
  app: FastifyInstance,
  scopeOf: (request: FastifyRequest, reply: FastifyReply) => RequestScope,
): void {
  const animations = new Animations();
  app.get<PictureRoute>('/models/:model/:version/pictures/:file', async (request, reply) => {
    const { params, query } = request;
    const scope = scopeOf(request, reply);
    const model = scope.repository.get(params.model, readVersion(params.version));
    const learning = readLearning(params.file, query);
    const previews = previewsUntil(model, learning?.until ?? stepOf(params.file));
    const newest = previews.at(-1);
    if (!newest) throw expected('the address of a preview of this version', params.file, 'NOT_FOUND');
    if (!learning) return send(reply, 'png', await read(model, newest));
    const frames = previews.map((each) => () => read(model, each));
    const whose = `${newest.sha256} ${model.name} ${model.version}`;
    return send(reply, learning.format, await animations.of(whose, frames, learning, scope.account));
  });
}

/** Undefined for the name of something else. */
function stepOf(file: string): number | undefined {
  const [, step] = /^(0|[1-9]\d{0,11})\.png$/.exec(file) ?? [];
  return step === undefined ? undefined : Number(step);
}

/** None where no preview has the step. */
function previewsUntil(model: Model, step: number | undefined): readonly Preview[] {
  const all = previewsOf(model.manifest);
  return all.slice(0, all.findIndex((each) => each.step === step) + 1);
}

async function read(model: Model, { file }: Preview): Promise<Uint8Array> {
  const bytes = await model.records?.preview(file);
  if (bytes) return bytes;
  throw expected('a version whose files are there', file, 'NOT_FOUND');
}

/** For any page, as images are. */
function send(reply: FastifyReply, format: keyof typeof FORMATS, bytes: Uint8Array): FastifyReply {
  reply.header('cross-origin-resource-policy', 'cross-origin');
  return sendForEver(reply, format, bytes, 'public');
}
