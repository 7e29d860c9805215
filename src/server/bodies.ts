// Bodies of requests that are refused: what the refusal says, and how its sender comes to read it.

import type { Duplex } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GanymedeError } from '../errors.js';
import { MAX_BODY_BYTES } from '../limits.js';

/** What is read of a refused body and thrown away. */
const MAX_DISCARDED_BYTES = 64 * 2 ** 20;

/** `bytes`: its length, if the client said it. */
export function bodyTooLarge(bytes?: number): GanymedeError {
  const received = bytes === undefined ? 'a longer one' : `one of ${bytes}`;
  return new GanymedeError(
    'PAYLOAD_TOO_LARGE',
    `Expected a request body of at most ${MAX_BODY_BYTES} bytes but received ${received}. Split the request.`,
    { details: { limit: MAX_BODY_BYTES, ...(bytes !== undefined && { bytes }) } },
  );
}

/**
 * A client that is still sending would not see its refusal if the connection were closed now: it would see a broken
 * pipe. So the rest is read and thrown away, up to a bound; the request's own time goes on running. Done when the
 * answer may be sent: at once, or, where Node closes the connection right behind it, when the rest has come.
 */
export async function discardBody({ raw }: FastifyRequest, { raw: response }: FastifyReply): Promise<void> {
  if (raw.complete || raw.destroyed) return;
  const { socket } = raw;
  discarding.add(socket);
  let bytes = 0;
  raw.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_DISCARDED_BYTES) socket.destroy();
  });
  raw.once('end', () => discarding.delete(socket));
  if (!response.shouldKeepAlive) await new Promise((resolve) => raw.once('close', resolve));
}

/** Whether the connection's request was answered before its body had come. */
export function discardsBodyOf(socket: Duplex): boolean {
  return discarding.has(socket);
}

const discarding = new WeakSet<Duplex>();

/**
 * For a request whose client goes on by itself wherever it is cut off: when its time is over it is cut without a word,
 * since such clients take a refusal for final. Returns what ends that.
 */
export function goesOnLater(socket: Duplex): () => void {
  continued.add(socket);
  return () => continued.delete(socket);
}

export function isGoneOnWith(socket: Duplex): boolean {
  return continued.has(socket);
}

const continued = new WeakSet<Duplex>();
