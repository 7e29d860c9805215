// /uploads: files of data, sent in pieces by the protocol tus 1.0.0 (https://tus.io/protocols/resumable-upload). A
// client whose connection breaks asks how much has come, and goes on there. @tus/server knows the protocol; what it is
// given and what it answers passes through here, so that refusals have our form, and bytes go to SentFiles.

import { Readable } from 'node:stream';
import { DataStore, type Lock, type Locker, Server, Upload } from '@tus/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SENT_FILES, SentFiles } from '../catalog/sent-files.js';
import { GanymedeError } from '../errors.js';
import type { Desk } from '../jobs/desk.js';
import type { RequestScope } from '../resolvers/scope.js';
import { goesOnLater } from './bodies.js';

const VERSION = '1.0.0';
const PIECE = 'application/offset+octet-stream';

/** How often files that have expired are removed where no new ones come. */
const SWEEP_MS = 600_000;

/** A request that another of its file waits for has so long to come to an end. */
const DRAIN_MS = 1000;

interface UploadRoute {
  Params: { id?: string };
  Body: Readable | null;
}

export interface DataUploadParts {
  readonly desk: Pick<Desk, 'sent' | 'sweepData'>;
  readonly scopeOf: (request: FastifyRequest, reply: FastifyReply) => RequestScope;
  /** The start of every address. */
  readonly originOf: (request: FastifyRequest) => string;
}

export async function installDataUploads(app: FastifyInstance, parts: DataUploadParts): Promise<void> {
  const { desk, scopeOf, originOf } = parts;
  const { sent } = desk;
  const tus = new Server({
    path: '/uploads',
    relativeLocation: true,
    datastore: new Store(sent),
    locker: new OneAtATime(),
    lockDrainTimeout: DRAIN_MS,
    maxSize: sent.mostBytes,
    namingFunction: () => SentFiles.newId(),
    onResponseError: (_, error) => {
      throw typed(error);
    },
  });
  await app.register(async (uploads) => {
    uploads.removeAllContentTypeParsers();
    uploads.addContentTypeParser(PIECE, async (_: FastifyRequest, payload: Readable) => payload);
    uploads.addHook('onRequest', async (request, reply) => {
      reply.headers({ 'tus-resumable': VERSION, 'cache-control': 'no-store' });
      const scope = scopeOf(request, reply);
      if (request.method === 'OPTIONS') return;
      scope.admin();
      refuseOtherVersions(request, reply);
    });
    const handler = async (request: FastifyRequest<UploadRoute>, reply: FastifyReply) => {
      await answer(tus, request, reply);
      const location = reply.getHeader('location');
      if (location !== undefined) reply.header('location', `${originOf(request)}${location}`);
      return reply.send();
    };
    const config = { streams: true };
    uploads.route<UploadRoute>({ method: ['POST', 'OPTIONS'], url: '/uploads', config, handler });
    uploads.route<UploadRoute>({
      method: ['HEAD', 'PATCH', 'DELETE', 'OPTIONS'],
      url: '/uploads/:id',
      config,
      handler,
    });
  });
  const sweepAll = () =>
    void desk.sweepData().catch((error: unknown) => app.log.error({ err: error }, 'Old uploads could not be removed.'));
  sweepAll();
  const sweep = setInterval(sweepAll, SWEEP_MS);
  sweep.unref();
  app.addHook('onClose', async () => clearInterval(sweep));
}

/** Of the request what the protocol speaks of, and of the answer, too. */
const ASKED = ['tus-resumable', 'upload-length', 'upload-offset', 'upload-metadata', 'upload-defer-length'] as const;
const MORE_ASKED = ['upload-concat', 'content-type', 'content-length'] as const;
const TOLD = /^(upload-|tus-|(location|connection)$)/;

async function answer(tus: Server, request: FastifyRequest<UploadRoute>, reply: FastifyReply): Promise<void> {
  const { method, params, body, raw } = request;
  const headers = [...ASKED, ...MORE_ASKED].flatMap((name): [string, string][] => {
    const value = raw.headers[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  const url = `http://server/uploads${params.id === undefined ? '' : `/${encodeURIComponent(params.id)}`}`;
  const piece = body && pieceOf(body);
  const done = goesOnLater(raw.socket); // cut off in the middle, a client goes on by itself
  const init = { method, headers, ...(piece && { body: piece.stream, duplex: 'half' as const }) };
  const response = await tus.handleWeb(new Request(url, init)).finally(() => {
    done();
    piece?.leave();
  });
  if (response.status >= 400) throw refused(response.status, await response.text());
  for (const [name, value] of response.headers) if (TOLD.test(name)) reply.header(name, value);
  reply.code(response.status);
}

/** Nothing is read before it is asked for, so what is refused from its head alone is discarded as any other body. */
function pieceOf(body: Readable): { readonly stream: ReadableStream<Uint8Array>; leave(): void } {
  const chunks = body.iterator({ destroyOnReturn: false });
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const { value, done } = await chunks.next();
    if (done) controller.close();
    else controller.enqueue(value);
  };
  return {
    stream: new ReadableStream({ pull }, { highWaterMark: 0 }),
    leave: () => void chunks.return?.(),
  };
}

/** Another version is refused before anything else, with those that are spoken. */
function refuseOtherVersions({ headers }: FastifyRequest, reply: FastifyReply): void {
  const said = headers['tus-resumable'];
  if (said === VERSION) return;
  reply.header('tus-version', VERSION);
  throw refused(412, `Tus-Resumable: ${said ?? 'none'}`);
}

/** Status of the protocol → our code; with the others the status itself is told. */
const CODES: Readonly<Record<number, GanymedeError['code']>> = {
  404: 'UPLOAD_NOT_FOUND',
  409: 'UPLOAD_CONFLICT',
  410: 'UPLOAD_NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
};

const NEXT: Readonly<Partial<Record<GanymedeError['code'], string>>> = {
  UPLOAD_NOT_FOUND: 'It may have expired. Begin anew.',
  UPLOAD_CONFLICT: 'Ask by HEAD where it stands, and go on there.',
  PAYLOAD_TOO_LARGE: 'DATA_UPLOAD_MIB is the limit of a file; no piece may go beyond the length that was said.',
};

function refused(status: number, text: string): GanymedeError {
  const code = CODES[status] ?? 'BAD_USER_INPUT';
  const what = `Expected a request of tus ${VERSION} for a file that is being sent but received: ${text.trim()}.`;
  const error = new GanymedeError(code, `${what} ${NEXT[code] ?? 'The protocol: https://tus.io.'}`);
  return Object.assign(error, { statusCode: status }); // as Fastify's own errors have it
}

/** What the library throws is an object of its own, ours passes through it. */
function typed(error: Error | { readonly status_code: number; readonly body: string }): unknown {
  if (!('status_code' in error)) return error;
  const { status_code: status, body } = error;
  // It was cut off for another request of the same file, or waited too long for one.
  const isLocked = /lock/.test(body);
  return refused(isLocked ? 409 : status, body);
}

/** Refuses before it counts what it does not know; of bytes it knows only where they go. */
class Store extends DataStore {
  readonly #sent: SentFiles;

  constructor(sent: SentFiles) {
    super();
    this.#sent = sent;
    this.extensions = ['creation', 'creation-with-upload', 'termination', 'expiration'];
  }

  override async create(upload: Upload): Promise<Upload> {
    await this.#sent.create(upload.id, upload.size!, upload.metadata ?? {});
    return upload;
  }

  override async getUpload(id: string): Promise<Upload> {
    const { length, offset, metadata, created } = await this.#sent.get(id);
    return new Upload({ id, offset, size: length, metadata, creation_date: new Date(created).toISOString() });
  }

  override write(stream: Readable, id: string, offset: number): Promise<number> {
    return this.#sent.append(id, offset, stream);
  }

  override remove(id: string): Promise<void> {
    return this.#sent.remove(id);
  }

  override getExpiration(): number {
    return SENT_FILES.milliseconds;
  }
}

/**
 * Requests of one file wait for each other. Whoever comes asks the one before to end: its client has most likely lost
 * the connection, which this side does not know yet.
 */
class OneAtATime implements Locker {
  readonly #last = new Map<string, { readonly over: Promise<unknown>; readonly release: () => Promise<void> | void }>();

  newLock(id: string): Lock {
    let free: () => void = () => {};
    const lock: Lock['lock'] = async (signal, release) => {
      const before = this.#last.get(id);
      const over = new Promise<void>((resolve) => {
        free = resolve;
      });
      const mine = { over: Promise.all([before?.over, over]), release };
      this.#last.set(id, mine);
      void mine.over.then(() => this.#last.get(id) === mine && this.#last.delete(id));
      await before?.release();
      await Promise.race([before?.over, aborted(signal)]).catch((error: unknown) => {
        free(); // it was asked to leave before its turn came
        throw error;
      });
    };
    return { lock, unlock: async () => free() };
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
