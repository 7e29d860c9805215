// POST /images: an image sent ahead, as the raw body of the request. Its header is read and judged at once. The answer
// has an id, which every argument that takes an image takes as "upload:<id>" for an hour.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { openImage } from '../images/image.js';
import type { Uploads } from '../images/uploads.js';
import { Account } from '../resolvers/account.js';
import type { SentAhead } from '../resolvers/sent-images.js';
import type { Askers } from './actor.js';
import type { HeldBytes } from './held-bytes.js';

/** A page of another site may send neither without asking first. */
const MEDIA_TYPES = /^(image\/[\w.+-]+|application\/octet-stream)\s*(;|$)/i;

/** How often uploads that have expired are removed where no new ones come. */
const SWEEP_MS = 600_000;

export async function installUploads(
  app: FastifyInstance,
  uploads: Uploads,
  { askers, signalOf }: { readonly askers: Askers; readonly signalOf: (request: FastifyRequest) => AbortSignal },
): Promise<void> {
  await app.register(async (images) => {
    images.removeAllContentTypeParsers();
    images.addContentTypeParser(MEDIA_TYPES, { parseAs: 'buffer' }, async (_: FastifyRequest, body: Buffer) => body);
    images.post<{ Body: Buffer }>('/images', async (request, reply) => {
      const bytes = request.body ?? new Uint8Array();
      const account = new Account();
      account.spend({ uploaded: bytes.length });
      askers.of(request).charge(account.points);
      const { width, height, kind } = await openImage(bytes, { signal: signalOf(request) });
      const { id, expires } = await uploads.keep(bytes, request.ip);
      reply.code(201).header('cache-control', 'no-store');
      return { id, width, height, format: kind.toUpperCase(), expires };
    });
  });
  const sweep = setInterval(() => {
    uploads.sweep().catch((error: unknown) => app.log.error({ err: error }, 'Old uploads could not be removed.'));
  }, SWEEP_MS);
  sweep.unref();
  app.addHook('onClose', async () => clearInterval(sweep));
}

/** What a request reads of uploads is held as its body is. */
export function sentAhead(uploads: Uploads, held: HeldBytes, { raw, request }: FastifyReply): SentAhead {
  return {
    bytesOf: (id) => uploads.bytesOf(id),
    read: (id) => uploads.read(id),
    hold(bytes) {
      const release = held.take(bytes, request.raw.socket, { waits: () => false });
      raw.once('close', release);
    },
  };
}
