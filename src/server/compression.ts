// Compresses JSON on its way out for clients that accept it. Images are compressed as they are. Compression can betray
// a secret that stands beside text of an attacker's choosing (BREACH); answers hold no secret: no session, no key, no
// token, and whoever may read an answer across origins is named.

import { promisify } from 'node:util';
import { brotliCompress, brotliCompressSync, constants, gzip, gzipSync, type ZlibOptions } from 'node:zlib';
import type { FastifyInstance, FastifyReply } from 'fastify';
import pLimit from 'p-limit';
import { vary } from './cors.js';

type Encoding = keyof typeof ENCODERS;

/** The first wins where a client likes several as well. Of 70 kB of latents both make 30 in half a millisecond. */
const ENCODERS = {
  br: encoder(brotliCompress, brotliCompressSync, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  gzip: encoder(gzip, gzipSync, { level: 1 } satisfies ZlibOptions),
};

/** Less saves no packet. */
const LEAST_BYTES = 1024;

/** What takes a quarter of a millisecond is done at once; more, by another thread. */
const AT_ONCE_BYTES = 2 ** 15;

/** Libuv has four threads, of which images take three. */
const inTurn = pLimit(1);

/** To be called before answers are counted (connections.ts): what is compressed is kept, not the text. */
export function installCompression(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (typeof payload !== 'string' || !isJson(reply) || request.method === 'HEAD') return done(null, payload);
    vary(reply, 'accept-encoding');
    const encoding = preferred(request.headers['accept-encoding']);
    const bytes = encoding === undefined ? 0 : Buffer.byteLength(payload);
    if (encoding === undefined || bytes < LEAST_BYTES) return done(null, payload);
    reply.header('content-encoding', encoding).removeHeader('content-length');
    const { now, later } = ENCODERS[encoding];
    if (bytes <= AT_ONCE_BYTES) return done(null, now(payload));
    inTurn(() => later(payload)).then((packed) => done(null, packed), done);
  });
}

/** Of what a client accepts the one that it likes best. RFC 9110 §12.5.3. */
export function preferred(accepted: string | undefined): Encoding | undefined {
  if (accepted === undefined) return undefined;
  const weights = new Map(
    accepted.split(',').map((one) => {
      const [name = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
      return [name, Number(weight)] as const;
    }),
  );
  const weightOf = (encoding: Encoding) => weights.get(encoding) ?? weights.get('*') ?? 0;
  const known = Object.keys(ENCODERS) as Encoding[];
  const best = known.reduce((best, one) => (weightOf(one) > weightOf(best) ? one : best));
  return weightOf(best) > 0 ? best : undefined;
}

function isJson(reply: FastifyReply): boolean {
  const type = reply.getHeader('content-type');
  return typeof type === 'string' && /^application\/([\w.-]+\+)?json\b/.test(type);
}

function encoder<Options>(
  later: (text: string, options: Options, done: (error: Error | null, result: Buffer) => void) => void,
  now: (text: string, options: Options) => Buffer,
  options: Options,
) {
  const promised = promisify(later);
  return { now: (text: string) => now(text, options), later: (text: string) => promised(text, options) };
}
